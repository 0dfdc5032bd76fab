/*-------------------------------------------------------------------------
 *
 * engine.c
 *	  The engine of each method.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "refresh/engine.h"

typedef struct Engine
{
	const char *name;			/* the name of the method */
	void		(*apply) (Apply *apply);
} Engine;

static const Engine engines[] = {
	{.name = "merge",.apply = merge_apply},
	/* a merge of the rows of a range; scope.c does the rest before */
	{.name = "window",.apply = merge_apply},
	{.name = "replace",.apply = replace_apply},
};

void
engine_apply(const Method *method, Apply *apply)
{
	for (int i = 0; i < lengthof(engines); i++)
	{
		if (strcmp(engines[i].name, method->name) == 0)
		{
			engines[i].apply(apply);
			return;
		}
	}
	elog(ERROR, "method \"%s\" has no engine", method->name);
}
