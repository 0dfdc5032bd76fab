/*-------------------------------------------------------------------------
 *
 * table_writer.c
 *	  Writes rows of the served table: insert, update, delete.
 *
 * Policy: everything that an INSERT, UPDATE or DELETE would enforce is
 * enforced here, too (CHECK, NOT NULL, stored generated columns, every index,
 * exclusion constraints, foreign keys to the table), except row security,
 * which is for readers, and triggers of users, which were refused.  All writes
 * of a pass have one command id, that of its snapshot, so that the pass never
 * sees its own rows.  A row that another session changed after the snapshot
 * raises 40001; it is never skipped and never overwritten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/sysattr.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/result_rel.h"
#include "refresh/table_writer.h"

/* Limits of a batch of inserted rows: number and memory. */
#define BATCH_ROWS	1000
#define BATCH_BYTES (256 * 1024)

struct TableWriter
{
	Relation	rel;
	const RefreshTarget *target;
	Snapshot	snapshot;
	CommandId	cid;
	EState	   *estate;
	ResultRelInfo *result_rel;
	TupleTableSlot *new_slot;	/* a whole row of the table */
	ExprState **defaults;		/* by attribute; NULL if there is none */
	bool		has_stored_generated;

	/* rows to be inserted; NULL = one by one */
	TupleTableSlot **batch;
	int			batched;
	Size		batched_bytes;
	int			insert_options; /* of table_multi_insert() */
	BulkInsertState bulk;		/* NULL but for a new table */

	/* deferred rows: the table's columns and the tid of their old version */
	Bitmapset  *deferring_attrs;	/* offset as in sysattr.h; empty = not needed */
	Tuplestorestate *deferred;
	TupleTableSlot *deferred_slot;
};

static void init_result_rel(TableWriter *writer);
static void init_defaults(TableWriter *writer);
static void init_deferral(TableWriter *writer);
static void init_batch(TableWriter *writer);
static void flush_batch(TableWriter *writer);
static void defer_row(TableWriter *writer, ItemPointer old_tid);
static void insert_new_slot(TableWriter *writer, ItemPointer old_tid);
static void delete_tuple(TableWriter *writer, ItemPointer tid);
static void check_result(TableWriter *writer, TM_Result result);

TableWriter *
writer_open(Relation rel, const RefreshTarget *target, Snapshot snapshot, bool defer)
{
	TableWriter *writer = palloc0(sizeof(TableWriter));
	TupleConstr *constr = RelationGetDescr(rel)->constr;

	writer->rel = rel;
	writer->target = target;
	writer->snapshot = snapshot;
	writer->cid = GetCurrentCommandId(true);
	writer->has_stored_generated = constr != NULL && constr->has_generated_stored;
	writer->estate = CreateExecutorState();
	writer->estate->es_snapshot = snapshot;
	writer->estate->es_output_cid = writer->cid;
	init_result_rel(writer);
	init_defaults(writer);
	writer->new_slot = table_slot_create(rel, NULL);

	CheckCmdReplicaIdentity(rel, CMD_UPDATE);
	CheckCmdReplicaIdentity(rel, CMD_DELETE);
	if (defer)
		init_deferral(writer);
	if (writer->deferred == NULL)
		init_batch(writer);
	AfterTriggerBeginQuery();
	return writer;
}

/* The executor's descriptor of the relation that is written. */
static void
init_result_rel(TableWriter *writer)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < writer->target->desc->natts; i++)
		columns = bms_add_member(columns,
								 writer->target->attnums[i] - FirstLowInvalidHeapAttributeNumber);
	writer->result_rel = result_rel_open(writer->estate, writer->rel, columns);
}

/* Defaults of the columns that the owner added. */
static void
init_defaults(TableWriter *writer)
{
	TupleDesc	desc = RelationGetDescr(writer->rel);

	writer->defaults = palloc0(sizeof(ExprState *) * desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		Expr	   *expr;
		bool		of_result = false;

		for (int j = 0; j < writer->target->desc->natts && !of_result; j++)
			of_result = writer->target->attnums[j] == attr->attnum;
		if (of_result || attr->attisdropped || attr->attgenerated)
			continue;
		expr = (Expr *) build_column_default(writer->rel, attr->attnum);
		if (expr != NULL)
			writer->defaults[i] = ExecInitExpr(expression_planner(expr), NULL);
	}
}

/*
 * Attributes of an index for which the order of changes could matter.  An
 * index that contains the whole key can never refuse two rows of one result.
 */
static Bitmapset *
index_attrs(TableWriter *writer, Relation index, IndexInfo *info)
{
	Bitmapset  *attrs = NULL;
	bool		holds_key = writer->target->nkeys > 0 && info->ii_Unique &&
		info->ii_Predicate == NIL && info->ii_Expressions == NIL;

	if (RelationGetRelid(index) == writer->target->key_index)
		return NULL;
	for (int i = 0; i < info->ii_NumIndexKeyAttrs; i++)
	{
		if (info->ii_IndexAttrNumbers[i] != 0)
			attrs = bms_add_member(attrs,
								   info->ii_IndexAttrNumbers[i] - FirstLowInvalidHeapAttributeNumber);
	}
	for (int i = 0; i < writer->target->nkeys; i++)
		holds_key = holds_key &&
			bms_is_member(writer->target->keys[i].attnum - FirstLowInvalidHeapAttributeNumber, attrs);
	if (holds_key)
		return NULL;
	pull_varattnos((Node *) info->ii_Expressions, 1, &attrs);
	pull_varattnos((Node *) info->ii_Predicate, 1, &attrs);
	return attrs;
}

static void
init_deferral(TableWriter *writer)
{
	ResultRelInfo *result_rel = writer->result_rel;
	TupleDesc	table = RelationGetDescr(writer->rel);
	TupleDesc	desc;

	for (int i = 0; i < result_rel->ri_NumIndices; i++)
	{
		IndexInfo  *info = result_rel->ri_IndexRelationInfo[i];

		if (info->ii_Unique || info->ii_ExclusionOps != NULL)
			writer->deferring_attrs =
				bms_add_members(writer->deferring_attrs,
								index_attrs(writer, result_rel->ri_IndexRelationDescs[i], info));
	}
	if (bms_is_empty(writer->deferring_attrs))
		return;

	desc = CreateTemplateTupleDesc(table->natts + 1);
	for (int i = 1; i <= table->natts; i++)
		TupleDescCopyEntry(desc, i, table, i);
	TupleDescInitEntry(desc, table->natts + 1, "old_tid", TIDOID, -1, 0);
	writer->deferred_slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	writer->deferred = tuplestore_begin_heap(false, false, work_mem);
}

/*
 * Inserts can be batched unless a default reads the table, which must then
 * contain the rows.
 */
static void
init_batch(TableWriter *writer)
{
	for (int i = 0; i < RelationGetDescr(writer->rel)->natts; i++)
	{
		if (writer->defaults[i] != NULL &&
			contain_volatile_functions_not_nextval((Node *) writer->defaults[i]->expr))
			return;
	}
	writer->batch = palloc0(sizeof(TupleTableSlot *) * BATCH_ROWS);

	/*
	 * Nobody else can see a table that this subtransaction made, and a failure
	 * removes it: its rows can be frozen from the start, so that vacuum need
	 * not write them again.
	 */
	if (writer->rel->rd_createSubid == GetCurrentSubTransactionId())
	{
		writer->insert_options = TABLE_INSERT_FROZEN | TABLE_INSERT_SKIP_FSM;
		writer->bulk = GetBulkInsertState();
	}
}

/* The slot for the next row that is to be inserted. */
static TupleTableSlot *
insert_slot(TableWriter *writer)
{
	TupleTableSlot **slot;

	if (writer->batch == NULL)
		return writer->new_slot;
	slot = &writer->batch[writer->batched];
	if (*slot == NULL)
		*slot = table_slot_create(writer->rel, NULL);
	return *slot;
}

/* Adds the row in a slot of the batch, after checks and with copied values. */
static void
batch_row(TableWriter *writer, TupleTableSlot *slot)
{
	bool		should_free;

	slot->tts_tableOid = RelationGetRelid(writer->rel);
	if (writer->has_stored_generated)
		ExecComputeStoredGeneratedCompat(writer->result_rel, writer->estate, slot, CMD_INSERT);
	if (RelationGetDescr(writer->rel)->constr != NULL)
		ExecConstraints(writer->result_rel, slot, writer->estate);
	ExecMaterializeSlot(slot);
	writer->batched_bytes += ExecFetchSlotHeapTuple(slot, false, &should_free)->t_len;
	if (++writer->batched == BATCH_ROWS || writer->batched_bytes > BATCH_BYTES)
		flush_batch(writer);
}

static void
flush_batch(TableWriter *writer)
{
	MemoryContext old;

	if (writer->batched == 0)
		return;
	ResetPerTupleExprContext(writer->estate);
	old = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer->estate));
	table_multi_insert(writer->rel, writer->batch, writer->batched, writer->cid,
					   writer->insert_options, writer->bulk);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < writer->batched; i++)
	{
		TupleTableSlot *slot = writer->batch[i];
		List	   *recheck = NIL;

		if (writer->result_rel->ri_NumIndices > 0)
		{
			ResetPerTupleExprContext(writer->estate);
			recheck = ExecInsertIndexTuplesCompat(writer->result_rel, slot, writer->estate,
												  false, false, NULL, NIL, false);
		}
		ExecARInsertTriggers(writer->estate, writer->result_rel, slot, recheck, NULL);
		list_free(recheck);
		ExecClearTuple(slot);
	}
	writer->batched = 0;
	writer->batched_bytes = 0;
}

void
writer_insert(TableWriter *writer, TupleTableSlot *row)
{
	TupleTableSlot *slot = insert_slot(writer);
	const RefreshTarget *target = writer->target;
	ExprContext *econtext = GetPerTupleExprContext(writer->estate);

	ResetPerTupleExprContext(writer->estate);
	slot_getallattrs(row);
	ExecClearTuple(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		slot->tts_values[i] = (Datum) 0;
		slot->tts_isnull[i] = true;
		if (writer->defaults[i] != NULL)
			slot->tts_values[i] = ExecEvalExprSwitchContext(writer->defaults[i], econtext,
															&slot->tts_isnull[i]);
	}
	for (int i = 0; i < target->desc->natts; i++)
	{
		slot->tts_values[target->attnums[i] - 1] = row->tts_values[i];
		slot->tts_isnull[target->attnums[i] - 1] = row->tts_isnull[i];
	}
	ExecStoreVirtualTuple(slot);

	if (writer->batch != NULL)
		batch_row(writer, slot);
	else if (writer->deferred != NULL)
		defer_row(writer, NULL);
	else
		insert_new_slot(writer, NULL);
}

/* Did a column of a deferring index change? */
static bool
must_defer(TableWriter *writer, TupleTableSlot *old)
{
	TupleTableSlot *new = writer->new_slot;
	TupleDesc	desc = RelationGetDescr(writer->rel);
	int			member = -1;

	while ((member = bms_next_member(writer->deferring_attrs, member)) >= 0)
	{
		int			attno = member + FirstLowInvalidHeapAttributeNumber;
		Form_pg_attribute attr;

		if (attno <= 0)
			return true;		/* the whole row, in an expression */
		attr = TupleDescAttr(desc, attno - 1);
		if (old->tts_isnull[attno - 1] != new->tts_isnull[attno - 1])
			return true;
		if (!old->tts_isnull[attno - 1] &&
			!datum_image_eq(old->tts_values[attno - 1], new->tts_values[attno - 1],
							attr->attbyval, attr->attlen))
			return true;
	}
	return false;
}

void
writer_update(TableWriter *writer, TupleTableSlot *old, TupleTableSlot *row, const bool *changed)
{
	TupleTableSlot *slot = writer->new_slot;
	const RefreshTarget *target = writer->target;
	int			natts = slot->tts_tupleDescriptor->natts;
	TM_FailureData failure;
	LockTupleMode lockmode;
	UpdateIndexesCompat update_indexes;
	List	   *recheck = NIL;

	ResetPerTupleExprContext(writer->estate);
	slot_getallattrs(old);
	slot_getallattrs(row);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, old->tts_values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, old->tts_isnull, sizeof(bool) * natts);
	for (int i = 0; i < target->desc->natts; i++)
	{
		if (!changed[i])
			continue;
		slot->tts_values[target->attnums[i] - 1] = row->tts_values[i];
		slot->tts_isnull[target->attnums[i] - 1] = row->tts_isnull[i];
	}
	ExecStoreVirtualTuple(slot);

	if (writer->has_stored_generated)
	{
		ExecComputeStoredGeneratedCompat(writer->result_rel, writer->estate, slot, CMD_UPDATE);
		slot_getallattrs(slot);
	}
	if (writer->deferred != NULL && must_defer(writer, old))
	{
		delete_tuple(writer, &old->tts_tid);
		defer_row(writer, &old->tts_tid);
		return;
	}

	if (RelationGetDescr(writer->rel)->constr != NULL)
		ExecConstraints(writer->result_rel, slot, writer->estate);
	check_result(writer,
				 table_tuple_update(writer->rel, &old->tts_tid, slot, writer->cid,
									writer->snapshot, InvalidSnapshot, true,
									&failure, &lockmode, &update_indexes));
	if (writer->result_rel->ri_NumIndices > 0 && !UPDATE_INDEXES_NONE(update_indexes))
		recheck = ExecInsertIndexTuplesCompat(writer->result_rel, slot, writer->estate,
											  true, false, NULL, NIL,
											  UPDATE_INDEXES_SUMMARIZING(update_indexes));
	ExecARUpdateTriggersCompat(writer->estate, writer->result_rel, NULL, NULL,
							   &old->tts_tid, NULL, slot, recheck, NULL, false);
	list_free(recheck);
}

void
writer_delete(TableWriter *writer, TupleTableSlot *old)
{
	ResetPerTupleExprContext(writer->estate);
	delete_tuple(writer, &old->tts_tid);
	ExecARDeleteTriggersCompat(writer->estate, writer->result_rel, &old->tts_tid, NULL, NULL, false);
}

static void
delete_tuple(TableWriter *writer, ItemPointer tid)
{
	TM_FailureData failure;

	check_result(writer,
				 table_tuple_delete(writer->rel, tid, writer->cid, writer->snapshot,
									InvalidSnapshot, true, &failure, false));
}

/*
 * Writes the row in new_slot.  With old_tid it is the new version of a row
 * that was deleted only temporarily: for foreign keys that is an update,
 * otherwise ON DELETE CASCADE would delete the referencing rows.
 */
static void
insert_new_slot(TableWriter *writer, ItemPointer old_tid)
{
	TupleTableSlot *slot = writer->new_slot;
	List	   *recheck = NIL;

	slot->tts_tableOid = RelationGetRelid(writer->rel);
	if (writer->has_stored_generated)
		ExecComputeStoredGeneratedCompat(writer->result_rel, writer->estate, slot, CMD_INSERT);
	if (RelationGetDescr(writer->rel)->constr != NULL)
		ExecConstraints(writer->result_rel, slot, writer->estate);
	table_tuple_insert(writer->rel, slot, writer->cid, 0, NULL);
	if (writer->result_rel->ri_NumIndices > 0)
		recheck = ExecInsertIndexTuplesCompat(writer->result_rel, slot, writer->estate,
											  false, false, NULL, NIL, false);
	if (old_tid != NULL)
		ExecARUpdateTriggersCompat(writer->estate, writer->result_rel, NULL, NULL,
								   old_tid, NULL, slot, recheck, NULL, false);
	else
		ExecARInsertTriggers(writer->estate, writer->result_rel, slot, recheck, NULL);
	list_free(recheck);
}

/* Keeps the row in new_slot for writer_finish. */
static void
defer_row(TableWriter *writer, ItemPointer old_tid)
{
	TupleDesc	desc = writer->deferred_slot->tts_tupleDescriptor;
	TupleTableSlot *slot = writer->new_slot;
	Datum	   *values = palloc(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);

	slot_getallattrs(slot);
	memcpy(values, slot->tts_values, sizeof(Datum) * (desc->natts - 1));
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * (desc->natts - 1));
	values[desc->natts - 1] = PointerGetDatum(old_tid);
	nulls[desc->natts - 1] = old_tid == NULL;
	tuplestore_putvalues(writer->deferred, desc, values, nulls);
	pfree(values);
	pfree(nulls);
}

/*
 * All deletions are done: the deferred rows can no longer conflict with each
 * other.
 */
static void
write_deferred(TableWriter *writer)
{
	TupleTableSlot *from = writer->deferred_slot;
	TupleTableSlot *slot = writer->new_slot;
	int			natts = slot->tts_tupleDescriptor->natts;

	while (tuplestore_gettupleslot(writer->deferred, true, false, from))
	{
		ItemPointerData old_tid;
		bool		is_update;

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(writer->estate);
		slot_getallattrs(from);
		ExecClearTuple(slot);
		memcpy(slot->tts_values, from->tts_values, sizeof(Datum) * natts);
		memcpy(slot->tts_isnull, from->tts_isnull, sizeof(bool) * natts);
		ExecStoreVirtualTuple(slot);
		is_update = !from->tts_isnull[natts];
		if (is_update)
			ItemPointerCopy((ItemPointer) DatumGetPointer(from->tts_values[natts]), &old_tid);
		insert_new_slot(writer, is_update ? &old_tid : NULL);
	}
	tuplestore_end(writer->deferred);
	ExecDropSingleTupleTableSlot(from);
}

void
writer_finish(TableWriter *writer)
{
	if (writer->deferred != NULL)
		write_deferred(writer);
	flush_batch(writer);
	AfterTriggerEndQuery(writer->estate);
	for (int i = 0; writer->batch != NULL && i < BATCH_ROWS && writer->batch[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(writer->batch[i]);
	if (writer->bulk != NULL)
	{
		FreeBulkInsertState(writer->bulk);
		table_finish_bulk_insert(writer->rel, writer->insert_options);
	}

	/* the slots that triggers used; the relation itself is not the executor's */
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	ExecCloseIndices(writer->result_rel);
	ExecDropSingleTupleTableSlot(writer->new_slot);
	FreeExecutorState(writer->estate);
	pfree(writer);
}

/* Raises an error unless a row was changed. */
static void
check_result(TableWriter *writer, TM_Result result)
{
	if (result == TM_Ok)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not refresh \"%s\" because a row of it was changed meanwhile",
					writer->target->name),
			 errdetail("Another transaction %s a row while the refresh ran.",
					   result == TM_Deleted ? "deleted" : "changed"),
			 errhint("Refresh it again. Rows of a rollup should be changed in Redshift only.")));
}
