/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Method merge: by key, only what changed.
 *
 * Policy: what the walk of result and table side by side (walk.c) finds equal
 * byte by byte is not written; all else is written while the walk goes on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "refresh/engine.h"
#include "refresh/walk.h"
#include "refresh/writer.h"

/*
 * Redshift ignores trailing blanks where it groups, so which spelling a group
 * shows is by chance: said once a run, with the way out.  True if it was.
 */
static bool
look_for_blanks(Apply *apply, TupleTableSlot *row)
{
	const RefreshTarget *target = apply->target;

	for (int i = 0; i < target->nkeys; i++)
	{
		int			column = target->keys[i].column;
		Form_pg_attribute attr = TupleDescAttr(target->desc, column);
		const char *name = NameStr(attr->attname);
		bool		isnull;
		Datum		value;
		struct varlena *text;
		int			length;

		if (attr->atttypid != TEXTOID && attr->atttypid != VARCHAROID)
			continue;
		value = slot_getattr(row, column + 1, &isnull);
		if (isnull)
			continue;
		text = (struct varlena *) DatumGetPointer(value);
		length = VARSIZE_ANY_EXHDR(text);
		if (length == 0 || VARDATA_ANY(text)[length - 1] != ' ')
			continue;

		note_append(apply->note,
					"Values of key column \"%s\" have trailing blanks; write rtrim() in the query.",
					name);
		/* a worker's warning at each run would only fill the log */
		if (MyBackendType != B_BG_WORKER)
			ereport(WARNING,
					(errcode(ERRCODE_WARNING),
					 errmsg("values of key column \"%s\" of rollup \"%s\" have trailing blanks",
							name, target->name),
					 errdetail("Redshift takes 'a' and 'a ' as one value where it groups; which of them a group shows may change from run to run."),
					 errhint("Write rtrim(%s) AS %s in the query, and group by that.", name, name)));
		return true;
	}
	return false;
}

/* See Engine in engine.h. */
static void
merge_apply(Apply *apply)
{
	TableWriter *writer = writer_open(apply->rel, apply->target, apply->snapshot, true);
	bool		blanks_met = false;
	Walk		walk;
	WalkStep	step;

	walk_begin(&walk, apply->target, apply->rows, apply->rel, apply->snapshot);
	while ((step = walk_next(&walk)) != WALK_END)
	{
		if (step != WALK_EXTRA && !blanks_met)
			blanks_met = look_for_blanks(apply, walk.remote);
		if (step == WALK_MISSING)
		{
			target_check_nulls(apply->target, walk.remote);
			writer_insert(writer, walk.remote);
			apply->inserted++;
		}
		else if (step == WALK_EXTRA)
		{
			writer_delete(writer, walk.local);
			apply->deleted++;
		}
		else if (step == WALK_DIFFERENT)
		{
			target_check_nulls(apply->target, walk.remote);
			writer_update(writer, walk.local, walk.remote, walk.changed);
			apply->updated++;
		}
	}
	walk_end(&walk);
	writer_finish(writer);
}

const Engine merge_engine = {
	.name = "merge",
	.needs_key = true,
	.ordered = true,
	.apply = merge_apply,
};
