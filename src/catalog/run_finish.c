/*-------------------------------------------------------------------------
 *
 * run_finish.c
 *	  rsfed_catalog.run and .freshness: the outcome of an attempt.
 *
 * Policy: a run's outcome, the relation's counters and freshness, and the
 * notifications are written in the transaction of the content that they
 * describe.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "base/compat.h"
#include "base/writer.h"
#include "catalog/counter.h"
#include "catalog/event.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/row.h"
#include "catalog/run.h"

/* Is the run of that row at work in this process of this server? */
static bool
is_ours(const CatalogRow *row)
{
	char	   *writer = row_text(row, "writer");

	return row_int32(row, "pid") == MyProcPid && row_time(row, "backend_start") == MyStartTimestamp &&
		writer != NULL && strcmp(writer, writer_epoch()) == 0;
}

/* Arguments and results of write_run(). */
typedef struct Ending
{
	const RunOutcome *outcome;
	bool		anybodys;
	bool		written;
	CounterChange counted;
} Ending;

/* Stores a count; -1 means unknown. */
static void
set_count(CatalogRow *row, const char *column, int64 count)
{
	if (count < 0)
		row_set_null(row, column);
	else
		row_set_int(row, column, count);
}

/* Stores a number; 0 means unknown. */
static void
set_number(CatalogRow *row, const char *column, int64 number)
{
	set_count(row, column, number == 0 ? -1 : number);
}

/* RowChange of a run that ends. */
static bool
set_outcome(CatalogRow *row, void *arg)
{
	Ending	   *ending = arg;
	const RunOutcome *outcome = ending->outcome;
	const ErrorFields *error = outcome->error;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz started = row_time(row, "started_at");

	ending->written = strcmp(row_text(row, "status"), "running") == 0 &&
		(ending->anybodys || is_ours(row));
	if (!ending->written)
		return false;
	row_set_text(row, "status", outcome->status);
	row_set_time(row, "finished_at", now);
	row_set_time(row, "as_of", outcome->as_of);
	row_set_text(row, "server", outcome->server);
	row_set_text(row, "moved_from", outcome->moved_from);
	set_number(row, "remote_pid", outcome->remote_pid);
	set_number(row, "definition", outcome->definition);
	set_count(row, "rows_received", outcome->rows_received);
	set_count(row, "bytes_received", outcome->bytes_received);
	set_count(row, "rows_inserted", outcome->rows_inserted);
	set_count(row, "rows_updated", outcome->rows_updated);
	set_count(row, "rows_deleted", outcome->rows_deleted);
	row_set_text(row, "note", outcome->note);
	row_set_text(row, "phase", error ? outcome->phase : NULL);
	row_set_text(row, "sqlstate", error ? error->sqlstate : NULL);
	row_set_text(row, "message", error ? error->message : NULL);
	row_set_text(row, "detail", error ? error->detail : NULL);
	row_set_text(row, "hint", error ? error->hint : NULL);
	row_set_text(row, "context", error ? error->context : NULL);
	row_set_text(row, "label", outcome->label);
	set_number(row, "query_id", outcome->query_id);
	ending->counted = (CounterChange) {
		.status = outcome->status,
		.seconds = started == 0 ? 0 : Max(now - started, 0) / (double) USECS_PER_SEC,
		.rows_received = Max(outcome->rows_received, 0),
		.bytes_received = Max(outcome->bytes_received, 0),
		.rows_inserted = Max(outcome->rows_inserted, 0),
		.rows_updated = Max(outcome->rows_updated, 0),
		.rows_deleted = Max(outcome->rows_deleted, 0),
	};
	return true;
}

/*
 * Writes the outcome into the run's row, and into the counters of the relation;
 * false if the run had ended already, or (unless anybodys) is not at work in
 * this process of this server.
 */
static bool
write_run(int64 run_id, int32 relation_id, const RunOutcome *outcome, bool anybodys)
{
	RowKey		key = {"run_id", Int64GetDatum(run_id)};
	Ending		ending = {.outcome = outcome,.anybodys = anybodys};

	if (!row_change("run", 1, &key, set_outcome, &ending) || !ending.written)
		return false;
	counter_add(relation_id, &ending.counted);
	return true;
}

/*
 * Sends NOTIFY rsfed_published at commit; every listener may read it, so it
 * contains no values of rows.
 */
static void
notify_published(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	StringInfoData payload;
	char		as_of[MAXDATELEN + 1];

	initStringInfo(&payload);
	appendStringInfoString(&payload, "{\"relation\" : ");
	escape_json(&payload, quote_qualified_identifier(relation->schema_name, relation->relation_name));
	JsonEncodeDateTime(as_of, TimestampTzGetDatum(outcome->as_of), TIMESTAMPTZOID, NULL);
	appendStringInfo(&payload, ", \"run_id\" : " INT64_FORMAT ", \"as_of\" : \"%s\","
					 " \"inserted\" : " INT64_FORMAT ", \"updated\" : " INT64_FORMAT
					 ", \"deleted\" : " INT64_FORMAT "}",
					 run_id, as_of, Max(outcome->rows_inserted, 0), Max(outcome->rows_updated, 0),
					 Max(outcome->rows_deleted, 0));
	Async_Notify("rsfed_published", payload.data);
}

/* Arguments of write_success(), and the events to report. */
typedef struct Success
{
	int64		run_id;
	const RsfedRelation *relation;
	const RunOutcome *outcome;
	bool		changed;
	bool		recovered;
	bool		first;
} Success;

/* Is a relation that was late still late with content of that age? */
static bool
still_late(int32 relation_id, TimestampTz as_of)
{
	static const Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Datum		values[2] = {Int32GetDatum(relation_id), TimestampTzGetDatum(as_of)};
	CatalogAccess access;
	bool		late;

	catalog_open(&access);
	late = catalog_run(SPI_OK_SELECT,
					   "SELECT FROM rsfed_catalog.rollup u WHERE u.relation_id = $1"
					   " AND rsfed_catalog.late_at($2, u.max_age) <= clock_timestamp()",
					   2, types, values, NULL) > 0;
	catalog_close(&access);
	return late;
}

/*
 * RowChange of the freshness of new or confirmed content.  If only a part of a
 * relation is new, the rest is as old as before.
 */
static bool
set_success(CatalogRow *row, void *arg)
{
	Success    *success = arg;
	const RunOutcome *outcome = success->outcome;
	TimestampTz data_through = outcome->data_through == 0 ? outcome->as_of : outcome->data_through;
	bool		was_late = row_bool(row, "late");
	bool		is_late;

	row_set_int(row, "last_run_id", success->run_id);
	if (success->changed || row_isnull(row, "changed_at"))
		row_set_time(row, "changed_at", GetCurrentTimestamp());
	if (outcome->is_partial)
		return true;

	is_late = was_late && still_late(success->relation->relation_id, outcome->as_of);
	success->recovered = row_int32(row, "failures") > 0 || (was_late && !is_late);
	success->first = row_isnull(row, "as_of");
	row_set_time(row, "as_of", outcome->as_of);
	row_set_time(row, "data_through", data_through == DT_NOBEGIN ? 0 : data_through);
	row_set_null(row, "failing_since");
	row_set_int(row, "failures", 0);
	row_set(row, "refused", BoolGetDatum(false));
	row_set(row, "late", BoolGetDatum(is_late));
	row_set_null(row, "sqlstate");
	row_set_null(row, "message");
	return true;
}

/* May the relation become late? */
static bool
has_max_age(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *rollup = row_find("rollup", NULL, 1, &key);

	return rollup != NULL && !row_isnull(rollup, "max_age");
}

/*
 * Writes freshness after new or confirmed content, and finds the events to
 * report.  True if the relation recovered, or has its first content and may
 * become late.
 */
static bool
write_success(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome, bool changed)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation->relation_id)};
	Success		success = {run_id, relation, outcome, changed};

	if (!row_change("freshness", 1, &key, set_success, &success))
		return false;
	published_touch(relation->relation_id);
	if (success.recovered)
		run_notify_event(run_id, relation, "recovered", NULL);
	/* each member of a set reports for itself */
	if (changed && !relation->is_set)
		notify_published(run_id, relation, outcome);
	return success.recovered || (success.first && has_max_age(relation->relation_id));
}

/*
 * Writes freshness after a failure: the content is as old as before.  True at
 * the first failure in a row.
 */
static bool
write_failure(int64 run_id, int32 relation_id, const RunOutcome *outcome)
{
	static const Oid types[] = {INT4OID, INT8OID, TEXTOID, TEXTOID, BOOLOID};
	CatalogAccess access;
	Datum		values[5];
	bool		is_first;

	values[0] = Int32GetDatum(relation_id);
	values[1] = Int64GetDatum(run_id);
	values[2] = CStringGetTextDatum(outcome->error ? outcome->error->sqlstate : "XX000");
	values[3] = CStringGetTextDatum(outcome->error ? outcome->error->message : "");
	values[4] = BoolGetDatum(strcmp(outcome->status, "refused") == 0);

	catalog_open(&access);
	is_first = catalog_run(SPI_OK_UPDATE_RETURNING,
						   "UPDATE rsfed_catalog.freshness f SET last_run_id = $2, failures = f.failures + 1,"
						   " failing_since = COALESCE(f.failing_since, clock_timestamp()),"
						   " sqlstate = $3, message = $4, refused = $5"
						   " FROM rsfed_catalog.freshness o WHERE f.relation_id = $1 AND o.relation_id = $1"
						   " RETURNING f.failures = 1 OR f.refused <> o.refused",
						   5, types, values, NULL) == 1 && DatumGetBool(catalog_datum(0, 1));
	catalog_close(&access);
	published_touch(relation_id);
	return is_first;
}

/*
 * Writes outcome, freshness and notifications.  Sets *written to false and
 * writes nothing if the run had ended already.
 */
static bool
finish(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome, bool anybodys,
	   bool *written)
{
	bool		event = false;
	bool		published = strcmp(outcome->status, "published") == 0;
	const char *state = outcome->event;

	*written = write_run(run_id, relation->relation_id, outcome, anybodys);
	if (*written && (published || strcmp(outcome->status, "unchanged") == 0))
		event = write_success(run_id, relation, outcome, published);
	else if (*written && strcmp(outcome->status, "cancelled") != 0 && !outcome->of_change)
	{
		event = write_failure(run_id, relation->relation_id, outcome);
		if (state == NULL && event)
			state = strcmp(outcome->status, "refused") == 0 ? "refused" : "failing";
		if (state != NULL && state[0] != '\0')
			run_notify_event(run_id, relation, state, outcome->error ? outcome->error->sqlstate : NULL);
	}
	return event;
}

/* Raises unless the run is at work in this process of this server; locks its row. */
static void
require_ours(int64 run_id)
{
	static const Oid types[] = {INT8OID, INT4OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[4];

	values[0] = Int64GetDatum(run_id);
	values[1] = Int32GetDatum(MyProcPid);
	values[2] = TimestampTzGetDatum(MyStartTimestamp);
	values[3] = CStringGetTextDatum(writer_epoch());
	if (catalog_run(SPI_OK_SELECT,
					"SELECT FROM rsfed_catalog.run WHERE run_id = $1 AND status = 'running' AND pid = $2"
					" AND backend_start = $3 AND writer = $4 FOR NO KEY UPDATE",
					4, types, values, NULL) != 1)
		elog(ERROR, "run " INT64_FORMAT " is not running in this process", run_id);
}

bool
run_finish_step(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	CatalogAccess access;

	catalog_open(&access);
	require_ours(run_id);
	catalog_close(&access);
	return write_success(run_id, relation, outcome, strcmp(outcome->status, "published") == 0);
}

bool
run_finish(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	bool		written;
	bool		event = finish(run_id, relation, outcome, false, &written);

	if (!written)
		elog(ERROR, "run " INT64_FORMAT " is not running in this process", run_id);
	return event;
}

void
run_finish_members(int64 set_run_id, const RunOutcome *outcome)
{
	static const Oid types[] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(set_run_id)};
	CatalogAccess access;
	uint64		n;
	int64	   *run_ids;
	int32	   *relation_ids;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT run_id, relation_id FROM rsfed_catalog.run"
					" WHERE set_run_id = $1 AND status = 'running' ORDER BY run_id",
					1, types, values, NULL);
	run_ids = MemoryContextAlloc(access.caller, sizeof(int64) * Max(n, 1));
	relation_ids = MemoryContextAlloc(access.caller, sizeof(int32) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
	{
		run_ids[i] = DatumGetInt64(catalog_datum(i, 1));
		relation_ids[i] = DatumGetInt32(catalog_datum(i, 2));
	}
	catalog_close(&access);

	for (uint64 i = 0; i < n; i++)
	{
		RsfedRelation *relation = relation_lookup_id(relation_ids[i]);
		RsfedRelation dropped = {.relation_id = relation_ids[i], .schema_name = "", .relation_name = ""};

		(void) run_finish(run_ids[i], relation ? relation : &dropped, outcome);
	}
}

bool
run_finish_orphan(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	bool		written;

	(void) finish(run_id, relation, outcome, true, &written);
	return written;
}

void
run_notify_event(int64 run_id, const RsfedRelation *relation, const char *state, const char *sqlstate)
{
	CatalogAccess access;

	catalog_open(&access);
	event_tell(relation, run_id, state, sqlstate);
	catalog_close(&access);
}

List *
run_orphans(void)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(writer_epoch())};
	CatalogAccess access;
	List	   *orphans = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT " RUN_COLUMNS("r") " FROM rsfed_catalog.run r WHERE r.status = 'running'"
						 " AND (r.writer IS DISTINCT FROM $1 OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a"
						 " WHERE a.pid = r.pid AND a.backend_start = r.backend_start"
						 /*
						  * in a session that continued: its outcome could not
						  * be written
						  */
						 " AND NOT (a.backend_type = 'client backend'"
						 " AND ((a.state = 'idle' OR a.query_start > r.started_at) IS TRUE"
						 /*
						  * a session that reports nothing, with
						  * track_activities off: has no transaction
						  */
						 " OR a.state = 'disabled' AND NOT EXISTS (SELECT FROM pg_locks l"
						 " WHERE l.pid = a.pid AND l.locktype = 'virtualxid')"
						 " AND NOT EXISTS (SELECT FROM rsfed_catalog.progress() p WHERE p.pid = a.pid)))))",
						 1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);

		orphans = lappend(orphans, run_from_row(&access, i));
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return orphans;
}
