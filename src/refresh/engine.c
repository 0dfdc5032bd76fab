/*-------------------------------------------------------------------------
 *
 * engine.c
 *	  The methods that there are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/errors.h"
#include "refresh/engine.h"

static const Engine *const engines[] = {&merge_engine, &replace_engine};

/* Methods that are known by name, so that the error can say so. */
static const char *const planned_methods[] = {"window", "part"};

const Engine *
engine_find(const char *method)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(engines); i++)
	{
		if (strcmp(engines[i]->name, method) == 0)
			return engines[i];
		names = lappend(names, unconstify(char *, engines[i]->name));
	}
	for (int i = 0; i < lengthof(planned_methods); i++)
	{
		if (strcmp(planned_methods[i], method) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("method \"%s\" is not available yet", method),
					 errhint("Use \"merge\" (by key, only what changed) or \"replace\" (no key: all out, all in).")));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method \"%s\" does not exist", method),
			 errhint("%s", unknown_name_hint(method, names, "methods"))));
}

void
note_append(StringInfo note, const char *format,...)
{
	if (note->len > 0)
		appendStringInfoChar(note, ' ');
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(note, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(note, needed);
	}
}
