/*-------------------------------------------------------------------------
 *
 * conninfo.c
 *	  Connection strings of libpq, as dblink is given them.
 *
 * Policy: libpq parses them.  Secrets do not leave this file, nor does libpq's
 * message, which may quote a part of the string.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "remote/conninfo.h"

bool
remote_conninfo_parse(const char *conninfo, List **pairs)
{
	char	   *message = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);

	*pairs = NIL;
	if (options == NULL)
	{
		if (message != NULL)
			PQfreemem(message);
		return false;
	}
	PG_TRY();
	{
		for (PQconninfoOption *option = options; option->keyword != NULL; option++)
		{
			ConninfoPair *pair;

			/* libpq marks parameters that must not be shown with a star */
			if (option->val == NULL || strchr(option->dispchar, '*') != NULL)
				continue;
			pair = palloc(sizeof(ConninfoPair));
			pair->keyword = pstrdup(option->keyword);
			pair->value = pstrdup(option->val);
			*pairs = lappend(*pairs, pair);
		}
	}
	PG_FINALLY();
	{
		PQconninfoFree(options);
	}
	PG_END_TRY();
	return true;
}
