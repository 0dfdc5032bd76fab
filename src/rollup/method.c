/*-------------------------------------------------------------------------
 *
 * method.c
 *	  The methods of a refresh.
 *
 * The engine of a method writes its rows (refresh/engine.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "base/errors.h"
#include "rollup/method.h"
#include "rollup/window.h"

static const Method methods[] = {
	{.name = "merge",.needs_key = true,.ordered = true},
	{.name = "window",.needs_key = true,.ordered = true,.validate = window_validate},
	{.name = "replace",.needs_key = false,.ordered = false},
};

const Method *
method_find(const char *name)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(methods); i++)
	{
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
		names = lappend(names, unconstify(char *, methods[i].name));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method \"%s\" does not exist", name),
			 errhint("%s", unknown_name_hint(name, names, "methods"))));
}
