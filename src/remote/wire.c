/*-------------------------------------------------------------------------
 *
 * wire.c
 *	  Converts text between the wire and the database's encoding.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "remote/internal.h"

#include "base/compat.h"

/*
 * Text from the wire in the database's encoding, palloc'd.  It may be cut or
 * in another encoding, and it is only for people: bytes that do not fit become
 * question marks instead of a second error.
 */
char *
from_wire(const char *text)
{
	int			length = strlen(text);
	char	   *copy = pnstrdup(text, length);

	if (!pg_verify_mbstr(PG_UTF8, copy, length, true))
	{
		for (char *c = copy; *c != '\0'; c++)
		{
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
		}
	}
	return pg_any_to_server(copy, length, PG_UTF8);
}

/* Text in the database's encoding as UTF8; palloc'd, or the text itself. */
char *
to_wire(const char *text)
{
	return (char *) pg_server_to_any(text, strlen(text), PG_UTF8);
}
