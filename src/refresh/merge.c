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
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "refresh/engine.h"
#include "refresh/keyed.h"
#include "refresh/writer.h"

typedef struct MergePass
{
	Apply	   *apply;
	const RefreshTarget *target;
	TableWriter *writer;
	KeyedRows	rows;			/* of the result */
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *local;		/* the present row of the table */
	bool	   *changed;		/* which columns of the present pair differ */
} MergePass;

static bool
next_local(MergePass *pass)
{
	RowScope   *scope = pass->apply->scope;

	while (index_getnext_slot(pass->scan, ForwardScanDirection, pass->local))
	{
		if (scope == NULL || scope_has_local(scope, pass->target, pass->local))
			return true;
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}

/* Fills "changed"; true if any column differs from what is stored. */
static bool
differs(MergePass *pass)
{
	TupleDesc	desc = pass->target->desc;
	TupleTableSlot *remote = pass->rows.row;
	bool		any = false;

	slot_getallattrs(pass->local);
	slot_getallattrs(remote);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		int			local = pass->target->attnums[i] - 1;
		bool		local_null = pass->local->tts_isnull[local];
		bool		remote_null = remote->tts_isnull[i];

		if (local_null || remote_null)
			pass->changed[i] = local_null != remote_null;
		else
			pass->changed[i] = !datum_image_eq(pass->local->tts_values[local],
											   remote->tts_values[i],
											   attr->attbyval, attr->attlen);
		any |= pass->changed[i];
	}
	return any;
}

static void
merge_begin(MergePass *pass, Apply *apply)
{
	const RefreshTarget *target = apply->target;
	ScanKey		scan_keys = palloc(sizeof(ScanKeyData) * 2 * target->nkeys);
	int			nkeys;

	memset(pass, 0, sizeof(MergePass));
	pass->apply = apply;
	pass->target = target;
	keyed_begin(&pass->rows, apply->rows, target, apply->note);
	pass->changed = palloc(sizeof(bool) * target->desc->natts);
	pass->local = table_slot_create(apply->rel, NULL);
	pass->writer = writer_open(apply->rel, target, apply->snapshot, true);
	pass->index = index_open(target->key_index, AccessShareLock);
	nkeys = scope_scan_keys(apply->scope, target, pass->index, scan_keys);
	pass->scan = index_beginscanCompat(apply->rel, pass->index, apply->snapshot, NULL, nkeys, 0);
	index_rescan(pass->scan, scan_keys, nkeys, NULL, 0);
}

static void
merge_end(MergePass *pass)
{
	index_endscan(pass->scan);
	index_close(pass->index, NoLock);
	ExecDropSingleTupleTableSlot(pass->local);
	writer_finish(pass->writer);
	keyed_end(&pass->rows);
}

/* See Engine in engine.h. */
static void
merge_apply(Apply *apply)
{
	MergePass	pass;
	bool		have_remote;
	bool		have_local;

	merge_begin(&pass, apply);
	have_remote = keyed_next(&pass.rows);
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
			order = keyed_compare(&pass.rows, pass.local, true);

		if (order < 0)
		{
			target_check_nulls(pass.target, pass.rows.row);
			writer_insert(pass.writer, pass.rows.row);
			apply->inserted++;
		}
		else if (order > 0)
		{
			writer_delete(pass.writer, pass.local);
			apply->deleted++;
		}
		else if (differs(&pass))
		{
			target_check_nulls(pass.target, pass.rows.row);
			writer_update(pass.writer, pass.local, pass.rows.row, pass.changed);
			apply->updated++;
		}
		if (order <= 0)
			have_remote = keyed_next(&pass.rows);
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
