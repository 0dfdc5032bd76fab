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

#include "base/compat.h"
#include "refresh/engine.h"
#include "refresh/walk.h"
#include "refresh/writer.h"

/* See Engine in engine.h. */
static void
merge_apply(Apply *apply)
{
	TableWriter *writer = writer_open(apply->rel, apply->target, apply->snapshot, true);
	Walk		walk;
	WalkStep	step;

	walk_begin(&walk, apply->target, apply->rows, apply->note, apply->rel, apply->snapshot,
			   apply->scope);
	while ((step = walk_next(&walk)) != WALK_END)
	{
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
