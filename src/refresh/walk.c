/*-------------------------------------------------------------------------
 *
 * walk.c
 *	  The rows of a result and those of its table, side by side.
 *
 * Policy: the rows of the result come in the order of the key, the local rows
 * are read in the same order through the key's index, and both are walked
 * side by side, once.  A NULL in the key is a value like any other, also
 * where the index (before PostgreSQL 15) does not see it so.  Other columns
 * are the same only if they are byte by byte.
 *
 * Nothing is written here: merge writes what the walk finds, compare shows it.
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
#include "refresh/walk.h"

/* The order of the key as a comparison; the one that the rows were sorted by. */
static SortSupport
key_order(const RefreshTarget *target)
{
	SortSupport keys = palloc0(sizeof(SortSupportData) * target->nkeys);

	for (int i = 0; i < target->nkeys; i++)
	{
		keys[i].ssup_cxt = CurrentMemoryContext;
		keys[i].ssup_collation = target->sort_collations[i];
		keys[i].ssup_nulls_first = target->sort_nulls_first[i];
		keys[i].ssup_attno = i + 1;
		PrepareSortSupportFromOrderingOp(target->sort_operators[i], &keys[i]);
	}
	return keys;
}

/*
 * Compares the key of a row of the result with that of another row, which
 * holds column i of the result in attnums[i] (NULL: in the same place).
 */
static int
compare_keys(Walk *walk, TupleTableSlot *row, TupleTableSlot *other, const AttrNumber *attnums)
{
	for (int i = 0; i < walk->target->nkeys; i++)
	{
		int			column = walk->target->keys[i].column;
		bool		null1;
		bool		null2;
		Datum		value1 = slot_getattr(row, column + 1, &null1);
		Datum		value2 = slot_getattr(other, attnums ? attnums[column] : column + 1, &null2);
		int			order = ApplySortComparator(value1, null1, value2, null2, &walk->keys[i]);

		if (order != 0)
			return order;
	}
	return 0;
}

/* Raises 23505: the row just read has the key of the one before. */
static void
refuse_duplicate(Walk *walk)
{
	char	   *key = target_key_text(walk->target, walk->remote);
	int64		times = 2;

	while (walk->remote_rows->next(walk->remote_rows, walk->remote) &&
		   compare_keys(walk, walk->remote, walk->previous, NULL) == 0)
		times++;
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("query of rollup \"%s\" returned more than one row for key %s",
					walk->target->name, key),
			 errdetail("It returned " INT64_FORMAT " rows with this key.", times),
			 errhint("Group the query by exactly these columns, or name the columns that identify a row with rsfed.alter_rollup(..., key => ...).")));
}

/* Moves on in the result; false at its end. */
static bool
next_remote(Walk *walk)
{
	TupleTableSlot *row = walk->previous;

	walk->previous = walk->remote;
	walk->remote = row;
	if (!walk->remote_rows->next(walk->remote_rows, walk->remote))
		return false;
	if (walk->local_rows == NULL && !TTS_EMPTY(walk->previous) &&
		compare_keys(walk, walk->remote, walk->previous, NULL) == 0)
		refuse_duplicate(walk);
	return true;
}

/* Moves on in the table; false at its end. */
static bool
next_local(Walk *walk)
{
	if (walk->local_rows != NULL)
		return walk->local_rows->next(walk->local_rows, walk->local);
	return index_getnext_slot(walk->scan, ForwardScanDirection, walk->local);
}

/* Fills "changed"; true if any column differs from what is stored. */
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
											   attr->attbyval, attr->attlen);
		any |= walk->changed[i];
	}
	return any;
}

static void
begin(Walk *walk, const RefreshTarget *target, RowSource *rows)
{
	memset(walk, 0, sizeof(Walk));
	walk->target = target;
	walk->remote_rows = rows;
	walk->keys = key_order(target);
	walk->changed = palloc0(sizeof(bool) * target->desc->natts);
	walk->remote = MakeSingleTupleTableSlot(target->desc, &TTSOpsMinimalTuple);
	walk->previous = MakeSingleTupleTableSlot(target->desc, &TTSOpsMinimalTuple);
	/* as if both sides had just been used up to here */
	walk->have_remote = walk->have_local = true;
	walk->step = WALK_SAME;
}

void
walk_begin(Walk *walk, const RefreshTarget *target, RowSource *rows, Relation rel,
		   Snapshot snapshot)
{
	begin(walk, target, rows);
	walk->local_attnums = target->attnums;
	walk->local = table_slot_create(rel, NULL);
	walk->index = index_open(target->key_index, AccessShareLock);
	walk->scan = index_beginscanCompat(rel, walk->index, snapshot, NULL, 0, 0);
	index_rescan(walk->scan, NULL, 0, NULL, 0);
}

void
walk_begin_unkeyed(Walk *walk, const RefreshTarget *target, RowSource *rows, RowSource *local_rows)
{
	begin(walk, target, rows);
	walk->local_rows = local_rows;
	walk->local_attnums = palloc(sizeof(AttrNumber) * target->desc->natts);
	for (int i = 0; i < target->desc->natts; i++)
		walk->local_attnums[i] = i + 1;
	walk->local = MakeSingleTupleTableSlot(target->desc, &TTSOpsMinimalTuple);
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
		order = compare_keys(walk, walk->remote, walk->local, walk->local_attnums);

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
	ExecDropSingleTupleTableSlot(walk->remote);
	ExecDropSingleTupleTableSlot(walk->previous);
}
