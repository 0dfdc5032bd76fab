/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Method merge: writes only the rows that changed, by key.
 *
 * Policy: rows that the walk along result and table (walk.c) finds equal are
 * not written; all others are written during the walk.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "refresh/apply.h"
#include "refresh/nulls.h"
#include "refresh/table_writer.h"
#include "refresh/walk.h"

/* See apply.h. */
void
merge_apply(Apply *apply)
{
	TableWriter *writer = writer_open(apply->rel, apply->target, apply->snapshot, true);
	NullCheck	nulls;
	bool		all_rows;
	Walk		walk;
	WalkStep	step;

	nulls_begin(&nulls, apply->target);
	all_rows = nulls_may_be_stored(&nulls);
	walk_begin(&walk, apply->target, apply->rows, &apply->run->note, apply->rel, apply->snapshot,
			   apply->scope);
	while ((step = walk_next(&walk)) != WALK_END)
	{
		if (step != WALK_EXTRA && (step != WALK_SAME || all_rows) &&
			!nulls_pass(&nulls, walk.remote))
			continue;
		if (step == WALK_MISSING)
		{
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
			writer_update(writer, walk.local, walk.remote, walk.changed);
			apply->updated++;
		}
	}
	walk_end(&walk);
	nulls_judge(&nulls, apply->run);
	writer_finish(writer);
}
