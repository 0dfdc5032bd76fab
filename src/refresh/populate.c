/*-------------------------------------------------------------------------
 *
 * populate.c
 *	  The first content of a new rollup.
 *
 * Policy: nobody else can see the table yet, so its rows are written in the
 * fastest way: in batches, frozen, and without an index, which is built
 * afterwards.  They are still requested in the order of the key: then the heap
 * has the order in which every later merge reads it, and the order proves that
 * the key is unique.  If Redshift turns out to sort differently, the rows are
 * written as they arrive, and duplicates are searched at the end, because a
 * restart in another subtransaction would leave frozen rows behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/format.h"
#include "catalog/owner_scope.h"
#include "refresh/driver.h"
#include "refresh/gate.h"
#include "refresh/keyed.h"
#include "refresh/nulls.h"
#include "refresh/order.h"
#include "refresh/refresh_run.h"
#include "refresh/step.h"
#include "refresh/table_writer.h"
#include "rollup/description.h"
#include "rollup/table.h"
#include "shmem/progress.h"

/* Inserts rows without a key; returns their number. */
static int64
fill_unkeyed(TableWriter *writer, const RefreshTarget *target, RowSource *source,
			 NullCheck *nulls)
{
	TupleTableSlot *row = MakeSingleTupleTableSlot(target->desc, source->slot_ops);
	int64		inserted = 0;

	while (source->next(source, row))
	{
		CHECK_FOR_INTERRUPTS();
		if (!nulls_pass(nulls, row))
			continue;
		writer_insert(writer, row);
		inserted++;
	}
	ExecDropSingleTupleTableSlot(row);
	return inserted;
}

/*
 * Inserts the rows by their key; returns their number.  *disorder gets the
 * reason why they were not checked for duplicates, if there is one.
 */
static int64
fill_keyed(TableWriter *writer, const RefreshTarget *target, RowSource *source,
		   NullCheck *nulls, StringInfo note, const char **disorder)
{
	KeyedRows	rows;
	int64		inserted = 0;

	keyed_begin(&rows, source, target, note);
	rows.takes_disorder = true;
	while (keyed_next(&rows))
	{
		CHECK_FOR_INTERRUPTS();
		if (!nulls_pass(nulls, rows.row))
			continue;
		writer_insert(writer, rows.row);
		inserted++;
	}
	keyed_end(&rows);
	*disorder = rows.disorder;
	return inserted;
}

/* Writes the rows to the new table, as its owner. */
static int64
fill(RefreshRun *run, const Rollup *rollup, Relation rel, const RefreshTarget *target, RowSource *source,
	 const char **disorder)
{
	OwnerScope	scope;
	Gate	   *gate;
	TableWriter *writer;
	NullCheck	nulls;
	int64		inserted;

	owner_scope_enter(&scope, target->owner, true);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	gate = gate_open(run, rollup, rel);
	writer = writer_open(rel, target, GetActiveSnapshot(), false);
	nulls_begin(&nulls, target);
	if (target->nkeys > 0)
		inserted = fill_keyed(writer, target, source, &nulls, &run->note, disorder);
	else
		inserted = fill_unkeyed(writer, target, source, &nulls);
	nulls_judge(&nulls, run);
	writer_finish(writer);
	PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	gate_judge(gate, run, inserted, 0, 0);
	PopActiveSnapshot();
	owner_scope_leave(&scope);
	return inserted;
}

/* The key of the first row of SPI's result, in the format of messages. */
static char *
spi_key_text(const RefreshTarget *target)
{
	TupleTableSlot *row = MakeSingleTupleTableSlot(target->desc, &TTSOpsVirtual);

	ExecStoreAllNullTuple(row);
	for (int i = 0; i < target->nkeys; i++)
	{
		int			column = target->keys[i].column;

		row->tts_values[column] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
												i + 1, &row->tts_isnull[column]);
	}
	return target_key_text(target, row);
}

/* Raises 23505 for a key that the table holds more than once. */
static void
look_for_duplicates(const RefreshTarget *target)
{
	OwnerScope	scope;
	StringInfoData keys;
	bool		isnull;

	initStringInfo(&keys);
	for (int i = 0; i < target->nkeys; i++)
		appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(target->desc,
																target->keys[i].column)->attname)));

	owner_scope_enter(&scope, target->owner, true);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("SELECT %s, count(*) FROM %s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
							 keys.data, target->sql_name, keys.data), false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for duplicates in %s", target->sql_name);
	if (SPI_processed > 0)
		target_refuse_duplicate(target, spi_key_text(target),
								DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
															SPI_tuptable->tupdesc,
															target->nkeys + 1, &isnull)));
	SPI_finish();
	owner_scope_leave(&scope);
}

/* The new table, which has no index yet. */
static RefreshTarget *
describe_new_table(Relation rel, const Rollup *rollup)
{
	RefreshTarget *target = target_describe(rel, rollup, false);

	if (rollup->key != NIL)
		target_plan_key(target, rollup);
	return target;
}

/*
 * The rows as they arrive, if they need no order or Redshift sorts them;
 * otherwise sorted here.  *streams: they still have to be read from the
 * connection.
 */
static RowSource *
open_rows(Fetch *fetch, const RefreshTarget *target, const int *ordinals, bool in_order,
		  bool *streams)
{
	*streams = target->nkeys == 0 || (in_order && order_fits(target, ordinals));
	if (*streams)
		return fetch_stream(fetch, target, ordinals);
	return fetch_rows(fetch, target, ordinals, true);
}

/*
 * Asks for the rows and writes them; the fetch is closed.  *disorder as in
 * fill_keyed().
 */
static void
fetch_and_fill(RefreshRun *run, const Rollup *rollup, Relation rel, const RefreshTarget *target,
			   const char **disorder)
{
	RunStep    *step = step_begin(run, rollup, target);
	char	   *order = order_by_key(step->asked, target);
	Fetch	   *fetch = rollup_open_fetch(run, target, order);
	RowSource  *rows;
	bool		streams;
	int64		inserted;

	if (fetch == NULL)
	{
		rollup_count_changes(run, 0, 0, 0);
		return;
	}
	rows = open_rows(fetch, target,
					 description_match(rollup, fetch->columns, target, &run->note),
					 order != NULL, &streams);
	if (!streams)
		rollup_close_fetch(run, fetch);
	rows = scope_rows(step->scope, target, rows);

	progress_set_phase(PHASE_APPLYING);
	inserted = fill(run, rollup, rel, target, rows, disorder);
	rollup_count_changes(run, inserted, 0, 0);
	rows->end(rows);
	if (streams)
		rollup_close_fetch(run, fetch);
}

bool
refresh_populate(const RunRequest *request)
{
	RefreshRun *run = refresh_run_begin(request);
	Rollup	   *rollup = rollup_load(request->relation_id);
	Relation	rel;
	RefreshTarget *target;
	const char *disorder = NULL;

	refresh_serialize(run->relation->relid);
	run->outcome.definition = rollup->definition;
	rel = target_open(run->relation->relid, run->relation->relation_name, RowExclusiveLock);
	target = describe_new_table(rel, rollup);
	fetch_and_fill(run, rollup, rel, target, &disorder);
	relation_close(rel, NoLock);

	progress_set_phase(PHASE_APPLYING);
	if (disorder != NULL)
	{
		look_for_duplicates(target);
		rollup_sort_locally(rollup, disorder);
		note_append(&run->note, "Rows are sorted here, not in Redshift: %s.", disorder);
	}
	table_create_key(target->relid, rollup);
	table_analyze(target->relid);
	step_finish(run, rollup);
	refresh_run_end(run);
	return run->more;
}
