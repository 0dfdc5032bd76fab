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
#include "base/format.h"
#include "refresh/engine.h"

static const Engine *const engines[] = {&merge_engine, &window_engine, &replace_engine};

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
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method \"%s\" does not exist", method),
			 errhint("%s", unknown_name_hint(method, names, "methods"))));
}

void
note_append(StringInfo note, const char *format,...)
{
	va_list		args;

	if (note->len > 0)
		appendStringInfoChar(note, ' ');
	va_start(args, format);
	appendStringInfoString(note, format_arguments(format, args));
	va_end(args);
}
