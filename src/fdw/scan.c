/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  A scan of live tables while it runs.
 *
 * Policy: rows stream: one is in memory at a time.  They are kept in a
 * tuplestore only where the executor says that it may want them again, or where
 * another scan needs the connection.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/monotonic.h"
#include "redshift/types.h"
#include "remote/execute.h"
#include "source/rows.h"

#include "fdw/live.h"
#include "fdw/live_check.h"
#include "fdw/live_session.h"
#include "fdw/scan.h"
#include "fdw/scan_text.h"

/* Longest wait for the number of a query, for EXPLAIN ANALYZE. */
#define QUERY_ID_TIMEOUT_MS 1000

typedef struct LiveScan
{
	LiveUse		use;			/* first: spool() gets it */
	ForeignScanState *node;
	ResourceOwner owner;		/* of the tuplestore's files */
	MemoryContext row_context;
	const char *sql;
	List	   *params;			/* ExprState */
	List	   *checks;
	int			max_rows;
	TupleDesc	remote_desc;	/* of the result's columns, as they are read */
	int			width;			/* columns of the scan that come from there */
	int		   *position;		/* where each of them stands in the scan's row, from 0 */
	LiveRecipe *recipe;
	bool		rewinds;		/* rows are kept from the first one on */
	bool		is_started;
	bool		is_whole;		/* the store has all rows since the start */
	RowReader  *reader;
	MemoryContext run_context;	/* of one statement */
	Tuplestorestate *store;
	TupleTableSlot *store_slot;
	Datum	   *values;			/* of the result's columns */
	bool	   *nulls;
	ScanFacts	facts;
} LiveScan;

static void spool(LiveUse *use);

/* The row that the result's columns are read as. */
static TupleDesc
remote_desc(LiveScan *scan, ForeignScan *plan, TupleDesc scan_desc, List *attnums)
{
	int			count = 0;
	int			next = 0;
	TupleDesc	desc;

	for (int i = 0; i < scan->width; i++)
		count += scan->recipe[i] == LIVE_AVERAGE ? 2 : 1;
	desc = CreateTemplateTupleDesc(count);
	for (int i = 0; i < scan->width; i++)
	{
		int			at = attnums != NIL ? list_nth_int(attnums, i) - 1 : i;
		Form_pg_attribute att = TupleDescAttr(scan_desc, at);

		scan->position[i] = at;
		if (scan->recipe[i] == LIVE_AVERAGE)
		{
			TupleDescInitEntry(desc, ++next, "sum", NUMERICOID, -1, 0);
			TupleDescInitEntry(desc, ++next, "count", INT8OID, -1, 0);
			continue;
		}
		TupleDescInitEntry(desc, ++next, plan->scan.scanrelid > 0 ? NameStr(att->attname) : NULL,
						   att->atttypid, att->atttypmod, 0);
	}
	return desc;
}

void
scan_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	List	   *attnums = list_nth(plan->fdw_private, LIVE_ATTNUMS);
	List	   *recipes = list_nth(plan->fdw_private, LIVE_RECIPES);
	Oid			userid = (Oid) intVal(list_nth(plan->fdw_private, LIVE_USER));
	LiveScan   *scan;
	ListCell   *lc;

	node->fdw_state = NULL;
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	scan = palloc0(sizeof(LiveScan));
	scan->node = node;
	scan->owner = CurrentResourceOwner;
	scan->use.spool = spool;
	scan->sql = strVal(list_nth(plan->fdw_private, LIVE_SQL));
	scan->checks = list_nth(plan->fdw_private, LIVE_CHECKS);
	scan->max_rows = intVal(list_nth(plan->fdw_private, LIVE_MAX_ROWS));
	scan->params = ExecInitExprList(plan->fdw_exprs, (PlanState *) node);
	scan->rewinds = (eflags & (EXEC_FLAG_REWIND | EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK)) != 0;
	scan->width = list_length(recipes);
	scan->position = palloc0(sizeof(int) * (scan->width + 1));
	scan->recipe = palloc0(sizeof(LiveRecipe) * (scan->width + 1));
	foreach(lc, recipes)
		scan->recipe[foreach_current_index(lc)] = lfirst_int(lc);
	scan->remote_desc = remote_desc(scan, plan, node->ss.ss_ScanTupleSlot->tts_tupleDescriptor, attnums);
	scan->values = palloc0(sizeof(Datum) * (scan->remote_desc->natts + 1));
	scan->nulls = palloc0(sizeof(bool) * (scan->remote_desc->natts + 1));
	scan->row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed live row", ALLOCSET_DEFAULT_SIZES);
	scan->run_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed live statement", ALLOCSET_DEFAULT_SIZES);
	session_join(&scan->use, estate, plan->fs_server, OidIsValid(userid) ? userid : GetUserId());
	node->fdw_state = scan;
}

/* Raises 42804 for a column that the scan's row cannot hold. */
static void
check_columns(LiveScan *scan, RemoteColumns *columns)
{
	for (int i = 0; i < scan->remote_desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(scan->remote_desc, i);

		if (i >= columns->count ||
			redshift_type_fits(columns->column[i].type, columns->column[i].typmod,
							   getBaseType(att->atttypid), att->atttypmod) != RS_FIT_YES)
			check_refuse(scan->node->ss.ss_currentRelation, NameStr(att->attname), att->atttypid, att->atttypmod,
						 i < columns->count ? &columns->column[i] : NULL);
	}
}

/* Adds what to do if a table in Redshift is not what it was. */
static void
add_hint(void *arg)
{
	if (geterrcode() == ERRCODE_UNDEFINED_COLUMN || geterrcode() == ERRCODE_UNDEFINED_TABLE)
		errhint("rsfed.refresh_foreign_schema() brings changed columns over to the foreign tables of a schema.");
}

/* Sends the statement. */
static void
start(LiveScan *scan)
{
	/* the caller's memory is that of a row */
	ExprContext *econtext = scan->node->ss.ps.ps_ExprContext;
	TimestampTz begun = monotonic_now();
	MemoryContext old = MemoryContextSwitchTo(scan->run_context);
	char	   *text = scan_text(scan->sql, scan->params, econtext);
	SourceConnection *source = session_take(&scan->use, scan->params != NIL, &scan->facts.is_new);
	RemoteColumns *columns;
	ErrorContextCallback callback = {.callback = add_hint, .previous = error_context_stack};

	error_context_stack = &callback;
	check_used_columns(source, scan->checks);
	scan->use.stream = remote_stream_open(source->conn, text, source->stall_timeout_ms);
	columns = remote_stream_columns(scan->use.stream);
	error_context_stack = callback.previous;
	if (scan->width > 0)
		check_columns(scan, columns);
	scan->reader = row_reader_create(columns, scan->remote_desc, NULL);
	if (scan->rewinds)
	{
		scan->store = tuplestore_begin_heap(false, false, work_mem);
		scan->is_whole = true;
	}
	MemoryContextSwitchTo(old);

	if (scan->facts.server == NULL)
		scan->facts.server = MemoryContextStrdup(GetMemoryChunkContext(scan), source->server);
	scan->facts.statements++;
	scan->facts.ms += (monotonic_now() - begun) / 1000.0;
	scan->is_started = true;
}

/* The query's number, if somebody looks; it may cost the connection's transaction. */
static void
ask_query_id(LiveScan *scan)
{
	bool		is_new;
	char	   *why;

	if (scan->node->ss.ps.instrument == NULL || session_in_block(&scan->use))
		return;
	(void) remote_query_id(session_take(&scan->use, false, &is_new)->conn, QUERY_ID_TIMEOUT_MS,
						   &scan->facts.query_id, &why);
	session_end_stream(&scan->use, false);
}

/* Lets go of the stream; "goes_on" if the statement will be sent again. */
static void
stop(LiveScan *scan, bool goes_on)
{
	if (scan->use.stream != NULL)
	{
		scan->facts.rows += remote_stream_rows(scan->use.stream);
		scan->facts.bytes += remote_stream_bytes(scan->use.stream);
	}
	session_end_stream(&scan->use, goes_on);
}

/* Sum and count, divided as the aggregate does. */
static Datum
average(Datum sum, Datum count)
{
	return DirectFunctionCall2(numeric_div, sum, DirectFunctionCall1(int8_numeric, count));
}

/* The row that was read, as the scan's row. */
static void
fill_slot(LiveScan *scan, TupleTableSlot *slot)
{
	int			next = 0;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	for (int i = 0; i < scan->width; i++)
	{
		int			at = scan->position[i];

		slot->tts_isnull[at] = scan->nulls[next];
		slot->tts_values[at] = scan->values[next];
		if (scan->recipe[i] == LIVE_AVERAGE)
		{
			if (!scan->nulls[next])
				slot->tts_values[at] = average(scan->values[next], scan->values[next + 1]);
			next++;
		}
		next++;
	}
	ExecStoreVirtualTuple(slot);
}

/* Raises 54000 for more rows than the table's option max_rows says. */
static void
check_max_rows(LiveScan *scan)
{
	if (scan->max_rows == 0 || remote_stream_rows(scan->use.stream) <= scan->max_rows)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("scan of foreign table \"%s\" returned more than %d rows",
					RelationGetRelationName(scan->node->ss.ss_currentRelation), scan->max_rows),
			 errdetail("The limit is the option max_rows of the table; the query was ended in Redshift."),
			 errhint("Add conditions that Redshift can apply, or raise the limit. EXPLAIN shows what is sent.")));
}

/* One row of the stream into the slot; false at its end.  Its values live until the next. */
static bool
read_row(LiveScan *scan, TupleTableSlot *slot)
{
	TimestampTz begun = monotonic_now();
	MemoryContext old;
	char	  **texts;
	int		   *lengths;
	bool		is_row = remote_stream_next(scan->use.stream, &texts, &lengths);

	scan->facts.ms += (monotonic_now() - begun) / 1000.0;
	if (!is_row)
	{
		stop(scan, false);
		ask_query_id(scan);
		return false;
	}
	check_max_rows(scan);
	MemoryContextReset(scan->row_context);
	old = MemoryContextSwitchTo(scan->row_context);
	row_reader_read(scan->reader, texts, lengths, scan->values, scan->nulls);
	fill_slot(scan, slot);
	MemoryContextSwitchTo(old);
	return true;
}

/* See LiveUse: another scan wants the connection. */
static void
spool(LiveUse *use)
{
	LiveScan   *scan = (LiveScan *) use;
	ResourceOwner saved = CurrentResourceOwner;
	MemoryContext old = MemoryContextSwitchTo(scan->run_context);
	/* not the scan's own, whose row may be in use */
	TupleTableSlot *slot = MakeSingleTupleTableSlot(scan->node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
													&TTSOpsVirtual);

	MemoryContext row_context = scan->row_context;

	CurrentResourceOwner = scan->owner;
	/* nor the context that it lives in */
	scan->row_context = AllocSetContextCreate(scan->run_context, "rsfed spooled row", ALLOCSET_DEFAULT_SIZES);
	if (scan->store == NULL)
		scan->store = tuplestore_begin_heap(false, false, work_mem);
	else
		/* a pointer at the end stays there while it is the active one, and would miss them */
		tuplestore_select_read_pointer(scan->store, tuplestore_alloc_read_pointer(scan->store, 0));
	while (read_row(scan, slot))
		tuplestore_puttupleslot(scan->store, slot);
	tuplestore_select_read_pointer(scan->store, 0);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(scan->row_context);
	scan->row_context = row_context;
	CurrentResourceOwner = saved;
	MemoryContextSwitchTo(old);
}

/* The next row of the store; false at its end. */
static bool
next_stored(LiveScan *scan, TupleTableSlot *slot)
{
	if (scan->store_slot == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));

		scan->store_slot = MakeSingleTupleTableSlot(slot->tts_tupleDescriptor, &TTSOpsMinimalTuple);
		MemoryContextSwitchTo(old);
	}
	if (!tuplestore_gettupleslot(scan->store, true, false, scan->store_slot))
		return false;
	slot_getallattrs(scan->store_slot);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, scan->store_slot->tts_values, slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memcpy(slot->tts_isnull, scan->store_slot->tts_isnull, slot->tts_tupleDescriptor->natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	return true;
}

TupleTableSlot *
scan_next(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (!scan->is_started)
		start(scan);
	if (scan->store != NULL && next_stored(scan, slot))
		return slot;
	ExecClearTuple(slot);
	if (scan->use.stream != NULL && read_row(scan, slot) && scan->store != NULL)
		tuplestore_puttupleslot(scan->store, slot);
	return slot;
}

/* Forgets what has come: the next row begins anew. */
static void
forget(LiveScan *scan, bool goes_on)
{
	stop(scan, goes_on);
	if (scan->store != NULL)
		tuplestore_end(scan->store);
	scan->store = NULL;
	scan->is_whole = false;
	scan->is_started = false;
}

void
scan_again(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	if (!scan->is_started)
		return;
	if (node->ss.ps.chgParam == NULL && scan->is_whole)
	{
		tuplestore_rescan(scan->store);
		return;
	}
	/* what is read again with the same parameters may be so once more */
	if (node->ss.ps.chgParam == NULL)
		scan->rewinds = true;
	forget(scan, true);
	MemoryContextReset(scan->run_context);
}

void
scan_end(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	if (scan == NULL)
		return;
	forget(scan, false);
	if (scan->store_slot != NULL)
		ExecDropSingleTupleTableSlot(scan->store_slot);
	session_leave(&scan->use);
}

const ScanFacts *
scan_facts(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	return scan ? &scan->facts : NULL;
}
