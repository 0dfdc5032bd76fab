/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  A scan of live tables while it runs.
 *
 * Policy: rows are streamed: one is in memory at a time.  They are kept in a
 * tuplestore only if the executor may request them again, or if another scan
 * needs the connection.
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

typedef struct LiveScan
{
	LiveUse		use;			/* must be first: spool() receives it */
	ForeignScanState *node;
	ResourceOwner owner;		/* of the tuplestore's files */
	MemoryContext row_context;
	const char *sql;
	List	   *params;			/* ExprState */
	ScanRules	rules;			/* of the parameters */
	bool		repeats;		/* sent again for other values of the
								 * parameters */
	List	   *checks;
	int			max_rows;
	TupleDesc	remote_desc;	/* row type for reading the result's columns */
	int			width;			/* number of columns that are read from
								 * Redshift */
	int		   *position;		/* position of each in the scan's row, from 0 */
	LiveRecipe *recipe;
	bool		rewinds;		/* rows are kept from the first one on */
	bool		polls;			/* no row is returned instead of waiting for
								 * one */
	bool		is_started;
	bool		is_again;		/* the next row is the first one again */
	bool		is_whole;		/* the store has all rows from the first one
								 * on */
	char	   *sent;			/* the statement; NULL = none was needed,
								 * since there are no rows */
	RowReader  *reader;
	MemoryContext run_context;	/* memory of one statement */
	Tuplestorestate *store;
	TupleTableSlot *store_slot;
	Datum	   *values;			/* of the result's columns */
	bool	   *nulls;
	int64		seen_rows;		/* rows of the scan before it, at the last
								 * check */
	int64		counted_rows;	/* rows of the stream that are included in
								 * "facts" */
	int64		counted_bytes;
	ScanFacts	facts;
} LiveScan;

static void spool(LiveUse *use);

/* The row type for reading the result's columns. */
static TupleDesc
remote_desc(LiveScan *scan, ForeignScan *plan, TupleDesc scan_desc, List *attnums)
{
	TupleDesc	desc = CreateTemplateTupleDesc(live_columns(list_nth(plan->fdw_private, LIVE_RECIPES)));
	int			next = 0;

	for (int i = 0; i < scan->width; i++)
	{
		int			at = attnums != NIL ? list_nth_int(attnums, i) - 1 : i;
		Form_pg_attribute att = TupleDescAttr(scan_desc, at);

		scan->position[i] = at;
		if (scan->recipe[i] != LIVE_COLUMN)
		{
			live_describe(scan->recipe[i], desc, &next);
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
	List	   *counts = list_nth(plan->fdw_private, LIVE_COUNTS);
	Oid			userid = (Oid) intVal(list_nth(plan->fdw_private, LIVE_USER));
	bool		keeps = intVal(list_nth(plan->fdw_private, LIVE_KEEPS)) != 0;
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
	scan->rules.limit = linitial_int(counts);
	scan->rules.offset = lsecond_int(counts);
	scan->rules.strict = list_nth(plan->fdw_private, LIVE_STRICT);
	scan->repeats = keeps && scan->params != NIL;
	scan->rewinds = keeps || (eflags & (EXEC_FLAG_REWIND | EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK)) != 0;
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

/* Raises 42804 for a column that does not fit the scan's row. */
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

/* Adds a hint if a table in Redshift has changed. */
static void
add_hint(void *arg)
{
	if (geterrcode() == ERRCODE_UNDEFINED_COLUMN || geterrcode() == ERRCODE_UNDEFINED_TABLE)
		errhint("rsfed.refresh_foreign_schema() brings changed columns over to the foreign tables of a schema.");
}

/* Sends a statement. */
static void
start(LiveScan *scan, const char *text)
{
	/* the caller's memory context is that of a row */
	TimestampTz begun = monotonic_now();
	MemoryContext old = MemoryContextSwitchTo(scan->run_context);
	SourceConnection *source = session_take(&scan->use, scan->repeats, &scan->facts.is_new);
	ErrorContextCallback callback = {.callback = add_hint, .previous = error_context_stack};

	error_context_stack = &callback;
	check_used_columns(source, scan->checks);
	error_context_stack = callback.previous;
	scan->sent = pstrdup(text);
	scan->reader = NULL;
	scan->use.stream = remote_stream_open(source->conn, scan->sent, source->stall_timeout_ms);
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
}

/* Waits for the description of the result. */
static void
describe(LiveScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(scan->run_context);
	ErrorContextCallback callback = {.callback = add_hint, .previous = error_context_stack};
	RemoteColumns *columns;

	error_context_stack = &callback;
	columns = remote_stream_columns(scan->use.stream);
	error_context_stack = callback.previous;
	if (scan->width > 0)
		check_columns(scan, columns);
	scan->reader = row_reader_create(columns, scan->remote_desc, NULL);
	MemoryContextSwitchTo(old);
}

/* Requests the query ID if EXPLAIN ANALYZE needs it. */
static void
ask_query_id(LiveScan *scan)
{
	bool		is_new;
	char	   *why;

	if (scan->node->ss.ps.instrument == NULL || !session_gives_ids(&scan->use))
		return;
	(void) remote_query_id(session_take(&scan->use, false, &is_new)->conn, SESSION_QUERY_ID_TIMEOUT_MS,
						   &scan->facts.query_id, &why);
	session_end_stream(&scan->use, false);
}

/* Adds the rows and bytes that were received since the last call. */
static void
count_stream(LiveScan *scan)
{
	int64		rows = remote_stream_rows(scan->use.stream);
	int64		bytes = remote_stream_bytes(scan->use.stream);

	scan->facts.rows += rows - scan->counted_rows;
	scan->facts.bytes += bytes - scan->counted_bytes;
	scan->counted_rows = rows;
	scan->counted_bytes = bytes;
}

/* Ends the stream; "goes_on": the statement will be sent again. */
static void
stop(LiveScan *scan, bool goes_on)
{
	if (scan->use.stream != NULL)
		count_stream(scan);
	scan->counted_rows = scan->counted_bytes = 0;
	session_end_stream(&scan->use, goes_on);
}

/* Stores the row that was read in the slot, as the scan's row. */
static void
fill_slot(LiveScan *scan, TupleTableSlot *slot)
{
	int			next = 0;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	for (int i = 0; i < scan->width; i++)
	{
		int			at = scan->position[i];

		slot->tts_values[at] = live_finish(scan->recipe[i], &scan->values[next], &scan->nulls[next],
										   &slot->tts_isnull[at]);
		next += live_width(scan->recipe[i]);
	}
	ExecStoreVirtualTuple(slot);
}

/* Raises 54000 for more rows than the option max_rows allows. */
static void
check_max_rows(LiveScan *scan)
{
	Relation	relation = scan->node->ss.ss_currentRelation;

	if (scan->max_rows == 0 || remote_stream_rows(scan->use.stream) <= scan->max_rows)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 relation ?
			 errmsg("scan of foreign table \"%s\" returned more than %d rows",
					RelationGetRelationName(relation), scan->max_rows) :
			 errmsg("scan of foreign tables returned more than %d rows", scan->max_rows),
			 errdetail("The limit is the option max_rows of a table or its server; the query was ended in Redshift."),
			 errhint("Add conditions that Redshift can apply, or raise the limit. EXPLAIN shows what is sent.")));
}

/*
 * Reads one row of the stream into the slot; false at its end.  The values are
 * valid until the next call.
 */
static bool
read_row(LiveScan *scan, TupleTableSlot *slot)
{
	TimestampTz begun = monotonic_now();
	MemoryContext old;
	char	  **texts;
	int		   *lengths;
	bool		is_row;

	if (scan->reader == NULL)
		describe(scan);
	is_row = remote_stream_next(scan->use.stream, &texts, &lengths);
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

/* See LiveUse: another scan needs the connection. */
static void
spool(LiveUse *use)
{
	LiveScan   *scan = (LiveScan *) use;
	ResourceOwner saved = CurrentResourceOwner;
	MemoryContext old = MemoryContextSwitchTo(scan->run_context);
	/* not the scan's own slot, whose row may be in use */
	TupleTableSlot *slot = MakeSingleTupleTableSlot(scan->node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
													&TTSOpsVirtual);
	MemoryContext row_context = scan->row_context;

	CurrentResourceOwner = scan->owner;
	/* nor the memory context of that row */
	scan->row_context = AllocSetContextCreate(scan->run_context, "rsfed spooled row", ALLOCSET_DEFAULT_SIZES);
	if (scan->store == NULL)
		scan->store = tuplestore_begin_heap(false, false, work_mem);
	/*
	 * an active read pointer that has reached the end does not see rows that
	 * are added
	 */
	tuplestore_select_read_pointer(scan->store, tuplestore_alloc_read_pointer(scan->store, EXEC_FLAG_REWIND));
	while (read_row(scan, slot))
		tuplestore_puttupleslot(scan->store, slot);
	tuplestore_select_read_pointer(scan->store, 0);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(scan->row_context);
	scan->row_context = row_context;
	CurrentResourceOwner = saved;
	MemoryContextSwitchTo(old);
}

/* Discards the rows received so far. */
static void
forget(LiveScan *scan, bool goes_on)
{
	stop(scan, goes_on);
	if (scan->store != NULL)
		tuplestore_end(scan->store);
	scan->store = NULL;
	scan->is_whole = false;
	scan->sent = NULL;
	MemoryContextReset(scan->run_context);
}

/* Reads the next row of the store; false at its end. */
static bool
next_stored(LiveScan *scan, TupleTableSlot *slot)
{
	/* a row from a file is freed with the next one, not with the executor's */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	bool		is_row;

	if (scan->store_slot == NULL)
		scan->store_slot = MakeSingleTupleTableSlot(slot->tts_tupleDescriptor, &TTSOpsMinimalTuple);
	/*
	 * while rows still arrive, spool() may write some of the store to a file,
	 * and free them
	 */
	is_row = tuplestore_gettupleslot(scan->store, true, scan->use.stream != NULL, scan->store_slot);
	MemoryContextSwitchTo(old);
	if (!is_row)
		return false;
	slot_getallattrs(scan->store_slot);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, scan->store_slot->tts_values, slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memcpy(slot->tts_isnull, scan->store_slot->tts_isnull, slot->tts_tupleDescriptor->natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	return true;
}

/*
 * Makes the next row the first one: from the store if the statement would be
 * the same, otherwise from a statement with the current values.
 */
static void
begin(LiveScan *scan)
{
	ExprContext *econtext = scan->node->ss.ps.ps_ExprContext;
	MemoryContext old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	char	   *text = scan_text(scan->sql, scan->params, &scan->rules, econtext);
	bool		is_same = scan->is_started && text != NULL && scan->sent != NULL && strcmp(text, scan->sent) == 0;

	MemoryContextSwitchTo(old);
	scan->is_again = false;
	if (is_same && scan->is_whole)
	{
		tuplestore_rescan(scan->store);
		return;
	}
	/* a scan that is repeated with the same values may be repeated again */
	if (is_same)
		scan->rewinds = true;
	if (scan->is_started)
		forget(scan, true);
	scan->is_started = true;
	if (text != NULL)
		start(scan, text);
}

TupleTableSlot *
scan_next(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;

	if (!scan->is_started || scan->is_again)
		begin(scan);
	if (scan->store != NULL && next_stored(scan, slot))
		return slot;
	ExecClearTuple(slot);
	if (scan->polls && !scan_is_ready(node))
		return slot;
	if (scan->use.stream != NULL && read_row(scan, slot) && scan->store != NULL)
		tuplestore_puttupleslot(scan->store, slot);
	return slot;
}

/* Parameters are evaluated when the next row is requested. */
void
scan_again(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	scan->is_again = true;
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

/* See scan.h. */
bool
scan_is_waiting(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	return scan->is_started && !scan->is_again;
}

/* See scan.h. */
struct AsyncRequest *
scan_in_way(ForeignScanState *node)
{
	LiveUse    *other = session_in_way(&((LiveScan *) node->fdw_state)->use);

	return other ? other->request : NULL;
}

/* See scan.h. */
bool
scan_sees_progress(ForeignScanState *node, ForeignScanState *other)
{
	LiveScan   *scan = node->fdw_state;
	int64		rows = scan_facts(other)->rows;
	bool		result = rows != scan->seen_rows;

	scan->seen_rows = rows;
	return result;
}

/* See scan.h. */
void
scan_send(ForeignScanState *node, struct AsyncRequest *request)
{
	LiveScan   *scan = node->fdw_state;

	scan->use.request = request;
	if (!scan_is_waiting(node))
		begin(scan);
}

/* See scan.h. */
void
scan_poll(ForeignScanState *node, bool polls)
{
	((LiveScan *) node->fdw_state)->polls = polls;
}

/* See scan.h. */
bool
scan_is_ready(ForeignScanState *node)
{
	RemoteStream *stream = ((LiveScan *) node->fdw_state)->use.stream;

	return stream == NULL || remote_stream_ready(stream);
}

/* See scan.h. */
bool
scan_is_over(ForeignScanState *node)
{
	return ((LiveScan *) node->fdw_state)->use.stream == NULL;
}

/* See scan.h. */
int
scan_socket(ForeignScanState *node, int *events)
{
	return remote_stream_socket(((LiveScan *) node->fdw_state)->use.stream, events);
}

const ScanFacts *
scan_facts(ForeignScanState *node)
{
	LiveScan   *scan = node->fdw_state;

	if (scan != NULL && scan->use.stream != NULL)
		count_stream(scan);
	return scan ? &scan->facts : NULL;
}
