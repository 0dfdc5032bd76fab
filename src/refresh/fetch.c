/*-------------------------------------------------------------------------
 *
 * fetch.c
 *	  Reads the result of a rollup's query, from the connection to the local
 *	  rows.
 *
 * Policy: no snapshot is held while Redshift works and rows arrive, not even
 * that of a catalog look-up; otherwise a slow query would hold back vacuum on
 * every table.  Values are read with the rights of the table's owner, because
 * the input function of a type may be code of another user.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/owner_scope.h"
#include "redshift/rewrite.h"
#include "refresh/fetch.h"
#include "remote/execute.h"
#include "shmem/progress.h"
#include "source/route.h"
#include "source/unable.h"
#include "source/unfit.h"

/*
 * The number of rows after which a left-over catalog snapshot is dropped and
 * the progress is updated.
 */
#define ROWS_PER_LOOK 1024

/* Longest wait for the id of a query that has ended. */
#define QUERY_ID_TIMEOUT_MS 2000

/*
 * The statement of a rollup: the same text at every run, for Redshift's result
 * cache.
 */
static char *
statement_text(const Rollup *rollup, const char *order)
{
	if (order == NULL)
		return psprintf("/* rsfed rollup %d */ %s", rollup->relation_id, rollup->query);
	return psprintf("/* rsfed rollup %d */ %s", rollup->relation_id,
					redshift_append_order(rollup->query, order));
}

/* The facts known without a connection. */
static Fetch *
make_fetch(const Rollup *rollup, const char *name)
{
	Fetch	   *fetch = palloc0(sizeof(Fetch));

	fetch->rollup = rollup;
	fetch->name = name;
	fetch->is_own_limit = option_is_set(rollup->options, "max_result_rows");
	fetch->max_rows = fetch->is_own_limit
		? option_int(OPTION_ROLLUP, rollup->options, "max_result_rows")
		: rsfed_max_result_rows;
	fetch->memory_kb = maintenance_work_mem;
	return fetch;
}

void
fetch_pass_over(SourceRoute *route, const Rollup *rollup, Oid owner)
{
	MemoryContext old;
	List	   *unfit;
	ListCell   *lc;

	if (route == NULL)
		return;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(route));
	unfit = source_unfit(rollup->source, rollup->query, owner, rollup->relation_id);
	foreach(lc, unfit)
	{
		if (!names_hold(route->unfit, lfirst(lc)))
			route->unfit = lappend(route->unfit, lfirst(lc));
	}
	MemoryContextSwitchTo(old);
}

Fetch *
fetch_connect(const Rollup *rollup, const char *name, Oid owner, int64 run_id, bool keep,
			  int remote_timeout_ms, SourceRoute *route)
{
	Fetch	   *fetch = make_fetch(rollup, name);

	fetch->request.source = rollup->source;
	fetch->request.userid = owner;
	fetch->request.timezone = rollup->timezone;
	fetch->request.label = psprintf("rsfed:%s:" INT64_FORMAT, get_database_name(MyDatabaseId), run_id);
	fetch->request.writable = false;
	fetch->request.keep = fetch->request.is_run = keep;
	fetch->request.route = route;
	fetch->request.statement_timeout_ms = remote_timeout_ms;

	progress_set_phase(PHASE_CONNECTING);
	/* a failure before it is sent is not caused by the query */
	if (route != NULL)
		route->asked = NULL;
	source_check_usage(rollup->source, owner);
	fetch_pass_over(route, rollup, owner);
	fetch->source = source_connect(&fetch->request);
	InvalidateCatalogSnapshot();
	return fetch;
}

Fetch *
fetch_join(const Fetch *host, const Rollup *rollup, const char *name)
{
	Fetch	   *fetch = make_fetch(rollup, name);

	fetch->request = host->request;
	fetch->request.timezone = rollup->timezone;
	fetch->source = host->source;
	fetch->is_guest = true;
	return fetch;
}

void
fetch_take_turn(Fetch *fetch)
{
	source_repin(fetch->source, &fetch->request);
	InvalidateCatalogSnapshot();
}

void
fetch_send(Fetch *fetch, const char *order)
{
	progress_set_phase(PHASE_WAITING);
	fetch->as_of = GetCurrentTimestamp();
	unable_note_asked(fetch->request.route, fetch->rollup->query, fetch->rollup->relation_id,
					  fetch->rollup->definition);
	fetch->stream = remote_stream_open(fetch->source->conn, statement_text(fetch->rollup, order),
									   fetch->source->stall_timeout_ms);
	InvalidateCatalogSnapshot();
	fetch->columns = remote_stream_columns(fetch->stream);
}

/* Raises 54000: probably the query lacks a GROUP BY. */
static void
refuse_rows(Fetch *fetch)
{
	remote_stream_close(fetch->stream);
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("query of rollup \"%s\" returned more than " INT64_FORMAT " rows",
					fetch->name, fetch->max_rows),
			 errdetail("The limit is the %smax_result_rows; the query was ended in Redshift, nothing was changed here.",
					   fetch->is_own_limit ? "rollup's option " : "setting rsfed."),
			 errhint("Check whether a GROUP BY is missing. If the rollup is meant to have so many rows, give it a limit of its own: options => '{\"max_result_rows\": ...}'.")));
}

static void
show_rows(Fetch *fetch)
{
	progress_set_rows(remote_stream_rows(fetch->stream), remote_stream_bytes(fetch->stream));
}

/*
 * Reads the next row of the result into values and nulls, allocated in the
 * given memory context; false at the end.
 */
static bool
next_row(Fetch *fetch, Datum *values, bool *nulls, MemoryContext context)
{
	MemoryContext old;
	char	  **texts;
	int		   *lengths;
	int64		rows;

	if (!remote_stream_next(fetch->stream, &texts, &lengths))
	{
		show_rows(fetch);
		return false;
	}
	rows = remote_stream_rows(fetch->stream);
	if (rows > fetch->max_rows && fetch->max_rows > 0)
		refuse_rows(fetch);
	if (rows % ROWS_PER_LOOK == 1)
	{
		if (rows == 1)
			progress_set_phase(PHASE_RECEIVING);
		InvalidateCatalogSnapshot();
		show_rows(fetch);
	}

	if (fetch->needs_snapshot)
		PushActiveSnapshot(GetLatestSnapshot());
	old = MemoryContextSwitchTo(context);
	row_reader_read(fetch->reader, texts, lengths, values, nulls);
	MemoryContextSwitchTo(old);
	if (fetch->needs_snapshot)
		PopActiveSnapshot();
	return true;
}

/* Reading a domain's value may run a query, which needs a snapshot. */
static bool
has_domain(TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (get_typtype(TupleDescAttr(desc, i)->atttypid) == TYPTYPE_DOMAIN)
			return true;
	}
	return false;
}

/* Moves every row of the stream into the spill. */
static void
drain(Fetch *fetch, const RefreshTarget *target, RowSpill *spill)
{
	Datum	   *values = palloc(sizeof(Datum) * target->desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * target->desc->natts);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed row",
													  ALLOCSET_DEFAULT_SIZES);

	fetch->needs_snapshot = has_domain(target->desc);
	while (next_row(fetch, values, nulls, row_context))
	{
		spill_put(spill, values, nulls);
		MemoryContextReset(row_context);
	}
	MemoryContextDelete(row_context);
}

RowSource *
fetch_rows(Fetch *fetch, const RefreshTarget *target, const int *ordinals, bool ordered)
{
	OwnerScope	scope;
	RowSpill   *spill;
	RowSource  *rows;

	owner_scope_enter(&scope, target->owner, true);
	fetch->reader = row_reader_create(fetch->columns, target->desc, ordinals);
	spill = spill_begin(target, ordered, fetch->memory_kb);
	drain(fetch, target, spill);
	rows = spill_finish(spill);
	owner_scope_leave(&scope);
	return rows;
}

/*
 * Rows straight from the connection.  The values of a row are in one of two
 * memory contexts, used alternately, so that a row and the previous one can be
 * compared without a copy.
 */
typedef struct StreamSource
{
	RowSource	source;			/* first, so that it can be cast back */
	Fetch	   *fetch;
	MemoryContext contexts[2];
	int			turn;
} StreamSource;

static bool
stream_next(RowSource *source, TupleTableSlot *slot)
{
	StreamSource *stream = (StreamSource *) source;
	MemoryContext context;

	stream->turn ^= 1;
	context = stream->contexts[stream->turn];
	ExecClearTuple(slot);
	MemoryContextReset(context);
	if (!next_row(stream->fetch, slot->tts_values, slot->tts_isnull, context))
		return false;
	ExecStoreVirtualTuple(slot);
	return true;
}

static void
stream_end(RowSource *source)
{
	StreamSource *stream = (StreamSource *) source;

	for (int i = 0; i < lengthof(stream->contexts); i++)
		MemoryContextDelete(stream->contexts[i]);
	pfree(stream);
}

RowSource *
fetch_stream(Fetch *fetch, const RefreshTarget *target, const int *ordinals)
{
	StreamSource *stream = palloc0(sizeof(StreamSource));

	fetch->reader = row_reader_create(fetch->columns, target->desc, ordinals);
	stream->source.desc = target->desc;
	stream->source.slot_ops = &TTSOpsVirtual;
	stream->source.is_unproven = true;
	stream->source.next = stream_next;
	stream->source.end = stream_end;
	stream->fetch = fetch;
	for (int i = 0; i < lengthof(stream->contexts); i++)
		stream->contexts[i] = AllocSetContextCreate(CurrentMemoryContext, "rsfed streamed row",
													ALLOCSET_SMALL_SIZES);
	return &stream->source;
}

/* Ends the stream; cancels the rest of it. */
static void
close_stream(Fetch *fetch)
{
	if (fetch->stream != NULL)
		remote_stream_close(fetch->stream);
	fetch->stream = NULL;
}

int64
fetch_query_id(Fetch *fetch, char **why)
{
	/*
	 * a joined fetch reads within a transaction, which needs the connection
	 * anyway
	 */
	int			silence_ms = fetch->is_guest ? fetch->source->stall_timeout_ms : QUERY_ID_TIMEOUT_MS;
	int64		id;

	close_stream(fetch);
	if (!remote_query_id(fetch->source->conn, silence_ms, &id, why) && fetch->is_guest)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("the transaction on Redshift server \"%s\" was lost", fetch->rollup->source),
				 errdetail("After the query of rollup \"%s\" it did not tell that query's id: %s.",
						   fetch->name, *why)));
	return id;
}

void
fetch_close(Fetch *fetch)
{
	close_stream(fetch);
	if (!fetch->is_guest)
		source_release(fetch->source);
}
