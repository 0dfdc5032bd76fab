/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Method merge: by key, only what changed.
 *
 * Policy: the rows of the result come in the order of the key, the local rows
 * are read in the same order through the key's index, and both are walked
 * side by side, once.  A NULL in the key is a value like any other, also
 * where the index (before PostgreSQL 15) does not see it so.  What is equal
 * byte by byte is not written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/sortsupport.h"

#include "base/compat.h"
#include "refresh/engine.h"
#include "refresh/writer.h"

typedef struct MergePass
{
	Apply	   *apply;
	const RefreshTarget *target;
	TableWriter *writer;
	SortSupport keys;			/* how the key is ordered */
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *local;		/* the present row of the table */
	TupleTableSlot *remote;		/* the present row of the result */
	TupleTableSlot *previous;	/* the one before it */
	bool	   *changed;		/* which columns of the present pair differ */
	bool		blanks_met;
} MergePass;

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
 * Compares the key of a row of the result with that of another row: one of
 * the table (local) or of the result.
 */
static int
compare_keys(MergePass *pass, TupleTableSlot *row, TupleTableSlot *other, bool local)
{
	for (int i = 0; i < pass->target->nkeys; i++)
	{
		const TargetKey *key = &pass->target->keys[i];
		bool		null1;
		bool		null2;
		Datum		value1 = slot_getattr(row, key->column + 1, &null1);
		Datum		value2 = slot_getattr(other, local ? key->attnum : key->column + 1, &null2);
		int			order = ApplySortComparator(value1, null1, value2, null2, &pass->keys[i]);

		if (order != 0)
			return order;
	}
	return 0;
}

/* Raises 23505: the row just read has the key of the one before. */
static void
refuse_duplicate(MergePass *pass)
{
	Apply	   *apply = pass->apply;
	char	   *key = target_key_text(pass->target, pass->remote);
	int64		times = 2;

	while (apply->rows->next(apply->rows, pass->remote) &&
		   compare_keys(pass, pass->remote, pass->previous, false) == 0)
		times++;
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("query of rollup \"%s\" returned more than one row for key %s",
					pass->target->name, key),
			 errdetail("It returned " INT64_FORMAT " rows with this key.", times),
			 errhint("Group the query by exactly these columns, or name the columns that identify a row with rsfed.alter_rollup(..., key => ...).")));
}

/*
 * Redshift ignores trailing blanks where it groups, so which spelling a group
 * shows is by chance: said once a run, with the way out.
 */
static void
look_for_blanks(MergePass *pass)
{
	for (int i = 0; i < pass->target->nkeys; i++)
	{
		int			column = pass->target->keys[i].column;
		Form_pg_attribute attr = TupleDescAttr(pass->target->desc, column);
		const char *name = NameStr(attr->attname);
		bool		isnull;
		Datum		value;
		struct varlena *text;
		int			length;

		if (attr->atttypid != TEXTOID && attr->atttypid != VARCHAROID)
			continue;
		value = slot_getattr(pass->remote, column + 1, &isnull);
		if (isnull)
			continue;
		text = (struct varlena *) DatumGetPointer(value);
		length = VARSIZE_ANY_EXHDR(text);
		if (length == 0 || VARDATA_ANY(text)[length - 1] != ' ')
			continue;

		pass->blanks_met = true;
		note_append(pass->apply->note,
					"Values of key column \"%s\" have trailing blanks; write rtrim() in the query.",
					name);
		/* a worker's warning at each run would only fill the log */
		if (MyBackendType != B_BG_WORKER)
			ereport(WARNING,
					(errcode(ERRCODE_WARNING),
					 errmsg("values of key column \"%s\" of rollup \"%s\" have trailing blanks",
							name, pass->target->name),
					 errdetail("Redshift takes 'a' and 'a ' as one value where it groups; which of them a group shows may change from run to run."),
					 errhint("Write rtrim(%s) AS %s in the query, and group by that.", name, name)));
		return;
	}
}

/* Moves on in the result; false at its end. */
static bool
next_remote(MergePass *pass)
{
	TupleTableSlot *row = pass->previous;

	pass->previous = pass->remote;
	pass->remote = row;
	if (!pass->apply->rows->next(pass->apply->rows, pass->remote))
		return false;
	if (!TTS_EMPTY(pass->previous) &&
		compare_keys(pass, pass->remote, pass->previous, false) == 0)
		refuse_duplicate(pass);
	if (!pass->blanks_met)
		look_for_blanks(pass);
	return true;
}

static bool
next_local(MergePass *pass)
{
	return index_getnext_slot(pass->scan, ForwardScanDirection, pass->local);
}

/* Fills "changed"; true if any column differs from what is stored. */
static bool
differs(MergePass *pass)
{
	TupleDesc	desc = pass->target->desc;
	bool		any = false;

	slot_getallattrs(pass->local);
	slot_getallattrs(pass->remote);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		int			local = pass->target->attnums[i] - 1;
		bool		local_null = pass->local->tts_isnull[local];
		bool		remote_null = pass->remote->tts_isnull[i];

		if (local_null || remote_null)
			pass->changed[i] = local_null != remote_null;
		else
			pass->changed[i] = !datum_image_eq(pass->local->tts_values[local],
											   pass->remote->tts_values[i],
											   attr->attbyval, attr->attlen);
		any |= pass->changed[i];
	}
	return any;
}

static void
merge_begin(MergePass *pass, Apply *apply)
{
	const RefreshTarget *target = apply->target;

	memset(pass, 0, sizeof(MergePass));
	pass->apply = apply;
	pass->target = target;
	pass->keys = key_order(target);
	pass->changed = palloc(sizeof(bool) * target->desc->natts);
	pass->remote = MakeSingleTupleTableSlot(target->desc, &TTSOpsMinimalTuple);
	pass->previous = MakeSingleTupleTableSlot(target->desc, &TTSOpsMinimalTuple);
	pass->local = table_slot_create(apply->rel, NULL);
	pass->writer = writer_open(apply->rel, target, apply->snapshot, true);
	pass->index = index_open(target->key_index, AccessShareLock);
	pass->scan = index_beginscanCompat(apply->rel, pass->index, apply->snapshot, NULL, 0, 0);
	index_rescan(pass->scan, NULL, 0, NULL, 0);
}

static void
merge_end(MergePass *pass)
{
	index_endscan(pass->scan);
	index_close(pass->index, NoLock);
	ExecDropSingleTupleTableSlot(pass->local);
	writer_finish(pass->writer);
	ExecDropSingleTupleTableSlot(pass->remote);
	ExecDropSingleTupleTableSlot(pass->previous);
}

/* See Engine in engine.h. */
static void
merge_apply(Apply *apply)
{
	MergePass	pass;
	bool		have_remote;
	bool		have_local;

	merge_begin(&pass, apply);
	have_remote = next_remote(&pass);
	have_local = next_local(&pass);
	while (have_remote || have_local)
	{
		int			order;

		CHECK_FOR_INTERRUPTS();
		if (!have_local)
			order = -1;
		else if (!have_remote)
			order = 1;
		else
			order = compare_keys(&pass, pass.remote, pass.local, true);

		if (order < 0)
		{
			target_check_nulls(pass.target, pass.remote);
			writer_insert(pass.writer, pass.remote);
			apply->inserted++;
		}
		else if (order > 0)
		{
			writer_delete(pass.writer, pass.local);
			apply->deleted++;
		}
		else if (differs(&pass))
		{
			target_check_nulls(pass.target, pass.remote);
			writer_update(pass.writer, pass.local, pass.remote, pass.changed);
			apply->updated++;
		}
		if (order <= 0)
			have_remote = next_remote(&pass);
		if (order >= 0)
			have_local = next_local(&pass);
	}
	merge_end(&pass);
}

const Engine merge_engine = {
	.name = "merge",
	.needs_key = true,
	.ordered = true,
	.apply = merge_apply,
};
