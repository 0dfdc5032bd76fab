/*-------------------------------------------------------------------------
 *
 * fetch.c
 *	  The result of a rollup's query, from the connection to the local rows.
 *
 * Policy: while Redshift works and rows arrive no snapshot is held here, not
 * even that of a catalog look-up, or a slow query would keep vacuum from every
 * table.  Values are read with the rights of the table's owner, because the
 * input function of a type may be anybody's code.
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
#include "base/options.h"
#include "base/settings.h"
#include "catalog/owner_scope.h"
#include "refresh/fetch.h"
#include "shmem/progress.h"
#include "source/rows.h"

/* A catalog snapshot that a look-up left behind is dropped every so many rows. */
#define ROWS_PER_CATALOG_SNAPSHOT 1024

Fetch *
fetch_open(const Rollup *rollup, const char *name, Oid owner, int64 run_id, bool keep)
{
	SourceRequest request = {
		.source = rollup->source,
		.userid = owner,
		.timezone = rollup->timezone,
		.writable = false,
		.keep = keep,
	};
	Fetch	   *fetch = palloc0(sizeof(Fetch));
	const char *query = psprintf("/* rsfed rollup %d */ %s", rollup->relation_id, rollup->query);

	fetch->rollup = rollup;
	fetch->name = name;

	progress_set_phase(PHASE_CONNECTING);
	source_check_usage(rollup->source, owner);
	fetch->source = source_connect(&request);
	remote_set_label(fetch->source->conn,
					 psprintf("rsfed:%s:" INT64_FORMAT, get_database_name(MyDatabaseId), run_id));

	progress_set_phase(PHASE_WAITING);
	fetch->as_of = GetCurrentTimestamp();
	fetch->stream = remote_stream_open(fetch->source->conn, query,
									   fetch->source->stall_timeout_ms);
	InvalidateCatalogSnapshot();
	fetch->columns = remote_stream_columns(fetch->stream);
	return fetch;
}

/* Raises 54000: somebody forgot the GROUP BY. */
static void
refuse_rows(Fetch *fetch, int64 max_rows, bool is_option)
{
	remote_stream_close(fetch->stream);
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("query of rollup \"%s\" returned more than " INT64_FORMAT " rows",
					fetch->name, max_rows),
			 errdetail("The limit is the %smax_result_rows; the query was ended in Redshift, nothing was changed here.",
					   is_option ? "rollup's option " : "setting rsfed."),
			 errhint("Is a GROUP BY missing? If so many rows are meant, give the rollup its own limit: options => '{\"max_result_rows\": ...}'.")));
}

/* Reading a domain's value may run a query of its own, which needs a snapshot. */
static bool
needs_snapshot(TupleDesc desc)
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
drain(Fetch *fetch, const RefreshTarget *target, RowReader *reader, RowSpill *spill)
{
	bool		is_option = option_is_set(fetch->rollup->options, "max_result_rows");
	int64		max_rows = is_option
		? option_int(OPTION_ROLLUP, fetch->rollup->options, "max_result_rows")
		: rsfed_max_result_rows;
	bool		snapshot = needs_snapshot(target->desc);
	Datum	   *values = palloc(sizeof(Datum) * target->desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * target->desc->natts);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	char	  **texts;
	int		   *lengths;
	int64		rows = 0;

	while (remote_stream_next(fetch->stream, &texts, &lengths))
	{
		if (rows == 0)
			progress_set_phase(PHASE_RECEIVING);
		if (++rows > max_rows && max_rows > 0)
			refuse_rows(fetch, max_rows, is_option);

		if (snapshot)
			PushActiveSnapshot(GetLatestSnapshot());
		MemoryContextSwitchTo(row_context);
		row_reader_read(reader, texts, lengths, values, nulls);
		MemoryContextSwitchTo(old);
		if (snapshot)
			PopActiveSnapshot();
		spill_put(spill, values, nulls);
		MemoryContextReset(row_context);

		if (rows % ROWS_PER_CATALOG_SNAPSHOT == 1)
		{
			InvalidateCatalogSnapshot();
			progress_set_rows(rows, remote_stream_bytes(fetch->stream));
		}
	}
	progress_set_rows(rows, remote_stream_bytes(fetch->stream));
	MemoryContextDelete(row_context);
}

RowSource *
fetch_rows(Fetch *fetch, const RefreshTarget *target, const int *ordinals, bool ordered)
{
	OwnerScope	scope;
	RowReader  *reader;
	RowSpill   *spill;
	RowSource  *rows;

	owner_scope_enter(&scope, target->owner, true);
	reader = row_reader_create(fetch->columns, target->desc, ordinals);
	spill = spill_begin(target, ordered);
	drain(fetch, target, reader, spill);
	rows = spill_finish(spill);
	owner_scope_leave(&scope);
	return rows;
}

void
fetch_close(Fetch *fetch)
{
	remote_stream_close(fetch->stream);
	source_release(fetch->source);
}
