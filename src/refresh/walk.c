/*-------------------------------------------------------------------------
 *
 * walk.c
 *	  Compares the rows of a result and those of its table, side by side.
 *
 * Policy: the rows of the result arrive in the order of the key, the local
 * rows are read in the same order through the key's index, and both are walked
 * once, side by side.  A NULL in the key is a value like any other, even if
 * the index (before PostgreSQL 15) regards NULLs as distinct.  Other columns
 * are the same only if their bytes are equal, or if they are floats that agree
 * in the number of digits in the option float_digits.
 *
 * Nothing is written here: merge writes the differences, compare shows them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "refresh/digits.h"
#include "refresh/walk.h"

/* Advances in the result; false at its end. */
static bool
next_remote(Walk *walk)
{
	bool		found = keyed_next(&walk->remote_rows);

	walk->remote = walk->remote_rows.row;
	return found;
}

/* Advances in the table; false at its end. */
static bool
next_local(Walk *walk)
{
	if (walk->local_rows != NULL)
		return walk->local_rows->next(walk->local_rows, walk->local);
	while (index_getnext_slot(walk->scan, ForwardScanDirection, walk->local))
	{
		if (walk->scope == NULL || scope_has_local(walk->scope, walk->target, walk->local))
			return true;
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}

/* Fills "changed"; true if any column differs from the stored one. */
static bool
differs(Walk *walk)
{
	TupleDesc	desc = walk->target->desc;
	bool		any = false;

	slot_getallattrs(walk->local);
	slot_getallattrs(walk->remote);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		int			local = walk->local_attnums[i] - 1;
		bool		local_null = walk->local->tts_isnull[local];
		bool		remote_null = walk->remote->tts_isnull[i];

		if (local_null || remote_null)
			walk->changed[i] = local_null != remote_null;
		else
			walk->changed[i] = !datum_image_eq(walk->local->tts_values[local],
											   walk->remote->tts_values[i],
											   attr->attbyval, attr->attlen) &&
				(walk->target->digits[i] == 0 ||
				 !digits_agree(walk->local->tts_values[local], walk->remote->tts_values[i],
							   attr->attlen, walk->target->digits[i]));
		any |= walk->changed[i];
	}
	return any;
}

static void
begin(Walk *walk, const RefreshTarget *target, RowSource *rows, StringInfo note)
{
	memset(walk, 0, sizeof(Walk));
	walk->target = target;
	keyed_begin(&walk->remote_rows, rows, target, note);
	walk->changed = palloc0(sizeof(bool) * target->desc->natts);
	/* as if both sides had been consumed up to here */
	walk->have_remote = walk->have_local = true;
	walk->step = WALK_SAME;
}

void
walk_begin(Walk *walk, const RefreshTarget *target, RowSource *rows, StringInfo note,
		   Relation rel, Snapshot snapshot, RowScope *scope)
{
	ScanKey		keys = palloc(sizeof(ScanKeyData) * 2 * target->nkeys);
	int			nkeys;

	begin(walk, target, rows, note);
	walk->local_attnums = target->attnums;
	walk->local = table_slot_create(rel, NULL);
	walk->index = index_open(target->key_index, AccessShareLock);
	walk->scope = scope;
	nkeys = scope_scan_keys(scope, target, walk->index, keys);
	walk->scan = index_beginscanCompat(rel, walk->index, snapshot, NULL, nkeys, 0);
	index_rescan(walk->scan, keys, nkeys, NULL, 0);
}

void
walk_begin_unkeyed(Walk *walk, const RefreshTarget *target, RowSource *rows, RowSource *local_rows)
{
	begin(walk, target, rows, NULL);
	walk->remote_rows.takes_duplicates = true;
	walk->local_rows = local_rows;
	walk->local_attnums = palloc(sizeof(AttrNumber) * target->desc->natts);
	for (int i = 0; i < target->desc->natts; i++)
		walk->local_attnums[i] = i + 1;
	walk->local = MakeSingleTupleTableSlot(target->desc, local_rows->slot_ops);
}

WalkStep
walk_next(Walk *walk)
{
	int			order;

	CHECK_FOR_INTERRUPTS();
	if (walk->have_remote && walk->step != WALK_EXTRA)
		walk->have_remote = next_remote(walk);
	if (walk->have_local && walk->step != WALK_MISSING)
		walk->have_local = next_local(walk);

	if (!walk->have_remote && !walk->have_local)
		return walk->step = WALK_END;
	if (!walk->have_local)
		order = -1;
	else if (!walk->have_remote)
		order = 1;
	else
		order = keyed_compare(&walk->remote_rows, walk->local, walk->local_rows == NULL);

	if (order < 0)
		walk->step = WALK_MISSING;
	else if (order > 0)
		walk->step = WALK_EXTRA;
	else if (walk->local_rows != NULL)
		walk->step = WALK_SAME; /* all columns were compared, by their order */
	else
		walk->step = differs(walk) ? WALK_DIFFERENT : WALK_SAME;
	return walk->step;
}

void
walk_end(Walk *walk)
{
	if (walk->scan != NULL)
	{
		index_endscan(walk->scan);
		index_close(walk->index, NoLock);
	}
	ExecDropSingleTupleTableSlot(walk->local);
	keyed_end(&walk->remote_rows);
}
