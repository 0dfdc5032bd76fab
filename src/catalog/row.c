/*-------------------------------------------------------------------------
 *
 * row.c
 *	  Reads and writes single rows of rsfed's own tables without SQL.
 *
 * Policy: rows are looked up by an index, with the visibility of a statement
 * (read committed: the newest version, also after a wait for the row).  The
 * checks of INSERT and UPDATE are made: NOT NULL, CHECK, every index.  The
 * only triggers of these tables that could concern a run are those against
 * rows of a subscription (src/api/events.c), which affect no other session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/result_rel.h"
#include "catalog/direct.h"
#include "catalog/extension.h"
#include "catalog/row.h"

/*
 * Opens a table, which stays locked until the end of the transaction, as by a
 * statement.
 */
static Relation
open_table(DirectScan *scan, const char *table, const char *index, LOCKMODE lockmode)
{
	(void) extension_require();
	direct_open_table(scan, table, index, lockmode);
	return scan->table;
}

/* The same for writing; refused if a statement would be refused. */
static Relation
open_to_write(DirectScan *scan, const char *table, const char *command)
{
	PreventCommandIfReadOnly(command);
	PreventCommandIfParallelMode(command);
	return open_table(scan, table, NULL, RowExclusiveLock);
}

/* The number of a column, from 0. */
static int
column_number(TupleDesc desc, const char *column)
{
	return direct_column(desc, column) - 1;
}

/*
 * Begins a search for the keys.  The snapshot is that of a new statement in
 * this transaction, or the latest.
 */
static Snapshot
begin_scan(DirectScan *scan, int nkeys, const RowKey *keys, bool latest)
{
	Snapshot	snapshot;

	for (int i = 0; i < nkeys; i++)
		direct_key(scan, keys[i].column, keys[i].value);
	if (!IsInParallelMode())
		CommandCounterIncrement();
	snapshot = RegisterSnapshot(latest ? GetLatestSnapshot() : GetTransactionSnapshot());
	direct_begin(scan, snapshot);
	return snapshot;
}

/* Makes a row struct for a tuple, which it keeps; NULL: an empty row. */
static CatalogRow *
make_row(TupleDesc desc, HeapTuple tuple)
{
	CatalogRow *row = palloc0(sizeof(CatalogRow));

	row->desc = CreateTupleDescCopy(desc);
	row->tuple = tuple;
	row->values = palloc0(sizeof(Datum) * desc->natts);
	row->nulls = palloc(sizeof(bool) * desc->natts);
	row->given = palloc0(sizeof(bool) * desc->natts);
	if (tuple != NULL)
		heap_deform_tuple(tuple, row->desc, row->values, row->nulls);
	else
		memset(row->nulls, true, sizeof(bool) * desc->natts);
	return row;
}

/* Up to "limit" rows (0 = all). */
static List *
find(const char *table, const char *index, int nkeys, const RowKey *keys, bool latest, int limit)
{
	DirectScan	scan;
	TupleDesc	desc = RelationGetDescr(open_table(&scan, table, index, AccessShareLock));
	Snapshot	snapshot = begin_scan(&scan, nkeys, keys, latest);
	List	   *rows = NIL;

	while ((limit == 0 || list_length(rows) < limit) && direct_next(&scan))
	{
		/* later reads must not need a snapshot */
		HeapTuple	tuple = HeapTupleHasExternal(scan.tuple)
			? toast_flatten_tuple(scan.tuple, desc) : heap_copytuple(scan.tuple);

		rows = lappend(rows, make_row(desc, tuple));
	}
	direct_end(&scan);
	UnregisterSnapshot(snapshot);
	table_close(scan.table, NoLock);
	return rows;
}

CatalogRow *
row_find(const char *table, const char *index, int nkeys, const RowKey *keys)
{
	List	   *rows = find(table, index, nkeys, keys, false, 1);

	return rows == NIL ? NULL : linitial(rows);
}

List *
rows_find(const char *table, const char *index, int nkeys, const RowKey *keys)
{
	return find(table, index, nkeys, keys, false, 0);
}

List *
rows_find_latest(const char *table, const char *index, int nkeys, const RowKey *keys)
{
	return find(table, index, nkeys, keys, true, 0);
}

bool
rows_exist(const char *table)
{
	return find(table, NULL, 0, NULL, false, 1) != NIL;
}

bool
row_isnull(const CatalogRow *row, const char *column)
{
	return row->nulls[column_number(row->desc, column)];
}

Datum
row_datum(const CatalogRow *row, const char *column)
{
	int			i = column_number(row->desc, column);

	return row->nulls[i] ? (Datum) 0 : row->values[i];
}

int32
row_int32(const CatalogRow *row, const char *column)
{
	return (int32) row_int64(row, column);
}

int64
row_int64(const CatalogRow *row, const char *column)
{
	int			i = column_number(row->desc, column);

	if (row->nulls[i])
		return 0;
	switch (TupleDescAttr(row->desc, i)->atttypid)
	{
		case INT2OID:
			return DatumGetInt16(row->values[i]);
		case INT4OID:
			return DatumGetInt32(row->values[i]);
		default:
			return DatumGetInt64(row->values[i]);
	}
}

double
row_float8(const CatalogRow *row, const char *column)
{
	return row_isnull(row, column) ? 0 : DatumGetFloat8(row_datum(row, column));
}

bool
row_bool(const CatalogRow *row, const char *column)
{
	return DatumGetBool(row_datum(row, column));
}

Oid
row_oid(const CatalogRow *row, const char *column)
{
	return DatumGetObjectId(row_datum(row, column));
}

TimestampTz
row_time(const CatalogRow *row, const char *column)
{
	return row_isnull(row, column) ? 0 : DatumGetTimestampTz(row_datum(row, column));
}

char *
row_text(const CatalogRow *row, const char *column)
{
	int			i = column_number(row->desc, column);

	if (row->nulls[i])
		return NULL;
	if (TupleDescAttr(row->desc, i)->atttypid == NAMEOID)
		return pstrdup(NameStr(*DatumGetName(row->values[i])));
	return TextDatumGetCString(row->values[i]);
}

void
row_set(CatalogRow *row, const char *column, Datum value)
{
	int			i = column_number(row->desc, column);

	row->values[i] = value;
	row->nulls[i] = false;
	row->given[i] = true;
}

void
row_set_null(CatalogRow *row, const char *column)
{
	row_set(row, column, (Datum) 0);
	row->nulls[column_number(row->desc, column)] = true;
}

void
row_set_int(CatalogRow *row, const char *column, int64 value)
{
	switch (TupleDescAttr(row->desc, column_number(row->desc, column))->atttypid)
	{
		case INT2OID:
			if (value < PG_INT16_MIN || value > PG_INT16_MAX)
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("smallint out of range")));
			row_set(row, column, Int16GetDatum((int16) value));
			break;
		case INT4OID:
			row_set(row, column, Int32GetDatum((int32) value));
			break;
		default:
			row_set(row, column, Int64GetDatum(value));
			break;
	}
}

void
row_set_text(CatalogRow *row, const char *column, const char *value)
{
	if (value == NULL)
		row_set_null(row, column);
	else if (TupleDescAttr(row->desc, column_number(row->desc, column))->atttypid == NAMEOID)
		row_set(row, column, DirectFunctionCall1(namein, CStringGetDatum(value)));
	else
		row_set(row, column, CStringGetTextDatum(value));
}

void
row_set_time(CatalogRow *row, const char *column, TimestampTz value)
{
	if (value == 0)
		row_set_null(row, column);
	else
		row_set(row, column, TimestampTzGetDatum(value));
}

/* The row to be stored, in a slot of the table. */
static TupleTableSlot *
slot_of(Relation rel, const CatalogRow *row)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	int			natts = row->desc->natts;

	if (natts != RelationGetDescr(rel)->natts)
		elog(ERROR, "table %s was altered meanwhile", RelationGetRelationName(rel));
	memcpy(slot->tts_values, row->values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, row->nulls, sizeof(bool) * natts);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(rel);
	return slot;
}

/* The state to write one row, and its clean-up. */
typedef struct Writing
{
	EState	   *estate;
	ResultRelInfo *result_rel;
} Writing;

static void
begin_writing(Writing *writing, Relation rel)
{
	writing->estate = CreateExecutorState();
	writing->result_rel = result_rel_open(writing->estate, rel, NULL);
}

static void
end_writing(Writing *writing, TupleTableSlot *slot)
{
	ExecDropSingleTupleTableSlot(slot);
	ExecCloseIndices(writing->result_rel);
	FreeExecutorState(writing->estate);
	CommandCounterIncrement();
}

/*
 * Writes the new version of a row; not TM_Ok if another session changed it
 * first.
 */
static TM_Result
try_update(Relation rel, CatalogRow *row, Snapshot snapshot)
{
	Writing		writing;
	TupleTableSlot *slot = slot_of(rel, row);
	TM_FailureData failure;
	LockTupleMode lockmode;
	UpdateIndexesCompat update;
	TM_Result	result;

	begin_writing(&writing, rel);
	ExecConstraints(writing.result_rel, slot, writing.estate);
	result = table_tuple_update(rel, &row->tuple->t_self, slot, GetCurrentCommandId(true), snapshot,
								InvalidSnapshot, true, &failure, &lockmode, &update);
	if (result == TM_Ok && !UPDATE_INDEXES_NONE(update))
		(void) ExecInsertIndexTuplesCompat(writing.result_rel, slot, writing.estate, true, false,
										   NULL, NIL, UPDATE_INDEXES_SUMMARIZING(update));
	end_writing(&writing, slot);
	return result;
}

/*
 * The newest version of a row that others have changed, locked; NULL if it is
 * gone.  Raises 40001 if the isolation level does not allow to continue.
 */
static CatalogRow *
lock_newest(Relation rel, const CatalogRow *row, Snapshot snapshot)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TM_FailureData failure;
	ItemPointerData tid = row->tuple->t_self;
	CatalogRow *newest = NULL;
	TM_Result	result;

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	result = table_tuple_lock(rel, &tid, snapshot, slot, GetCurrentCommandId(true),
							  LockTupleNoKeyExclusive, LockWaitBlock,
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
	if (result == TM_Ok)
	{
		newest = make_row(RelationGetDescr(rel), ExecCopySlotHeapTuple(slot));
		newest->tuple->t_self = slot->tts_tid;
	}
	else if (result != TM_Deleted)
		elog(ERROR, "unexpected state %d of a row of table %s", (int) result,
			 RelationGetRelationName(rel));
	ExecDropSingleTupleTableSlot(slot);
	return newest;
}

bool
row_change(const char *table, int nkeys, const RowKey *keys, RowChange change, void *arg)
{
	DirectScan	scan;
	Relation	rel = open_to_write(&scan, table, "UPDATE");
	Snapshot	snapshot = begin_scan(&scan, nkeys, keys, false);
	CatalogRow *row = direct_next(&scan)
		? make_row(RelationGetDescr(rel), heap_copytuple(scan.tuple)) : NULL;

	direct_end(&scan);
	while (row != NULL && change(row, arg) && try_update(rel, row, snapshot) != TM_Ok)
		row = lock_newest(rel, row, snapshot);
	UnregisterSnapshot(snapshot);
	table_close(rel, NoLock);
	return row != NULL;
}

CatalogRow *
row_new(const char *table)
{
	DirectScan	scan;
	Relation	rel = open_to_write(&scan, table, "INSERT");
	CatalogRow *row = make_row(RelationGetDescr(rel), NULL);

	table_close(rel, NoLock);
	return row;
}

/*
 * Defaults of the columns without a value, including the numbers of identity
 * columns.
 */
static void
fill_defaults(Relation rel, CatalogRow *row, EState *estate)
{
	ExprContext *econtext = GetPerTupleExprContext(estate);

	for (int i = 0; i < row->desc->natts; i++)
	{
		Expr	   *expr;

		if (row->given[i] || TupleDescAttr(row->desc, i)->attisdropped)
			continue;
		expr = (Expr *) build_column_default(rel, i + 1);
		if (expr == NULL)
			continue;
		row->values[i] = ExecEvalExpr(ExecInitExpr(expression_planner(expr), NULL), econtext,
									  &row->nulls[i]);
	}
}

void
row_insert(const char *table, CatalogRow *row)
{
	DirectScan	scan;
	Relation	rel = open_to_write(&scan, table, "INSERT");
	Writing		writing;
	TupleTableSlot *slot;

	begin_writing(&writing, rel);
	fill_defaults(rel, row, writing.estate);
	slot = slot_of(rel, row);
	ExecConstraints(writing.result_rel, slot, writing.estate);
	table_tuple_insert(rel, slot, GetCurrentCommandId(true), 0, NULL);
	(void) ExecInsertIndexTuplesCompat(writing.result_rel, slot, writing.estate, false, false, NULL,
									   NIL, false);
	end_writing(&writing, slot);
	table_close(rel, NoLock);
}
