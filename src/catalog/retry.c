/*-------------------------------------------------------------------------
 *
 * retry.c
 *	  Rows of rsfed_catalog.run that wait for a time: retries and others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/retry.h"
#include "catalog/row.h"

/* An end without an attempt; the note gives the reason. */
#define SET_SKIPPED " SET status = 'skipped', finished_at = clock_timestamp(), note = "

/*
 * Does a refresh by method $3 with since $4, until $5 and part $6 satisfy the
 * request in the row x (its method, since, until, part as given)?  A merge or
 * replace of everything satisfies any request.
 */
#define OWN_METHOD " (SELECT u.method FROM rsfed_catalog.rollup u WHERE u.relation_id = $1)"
#define IS_WHOLE \
	" ($4 IS NULL AND $5 IS NULL AND $6 IS NULL" \
	" AND COALESCE($3, " OWN_METHOD ", 'replace') IN ('merge', 'replace'))"
#define SAME_METHOD(x) \
	" COALESCE(" x ".method, " OWN_METHOD ") IS NOT DISTINCT FROM COALESCE($3, " OWN_METHOD ")"

List *
runs_open_of_schedules(TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(now)};
	CatalogAccess access;
	List	   *open = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT run_id, relation_id, schedule_name, status = 'running',"
					" status = 'queued' AND retry_of IS NOT NULL AND COALESCE(not_before > $1, false)"
					" FROM rsfed_catalog.run"
					" WHERE status IN ('queued', 'running') AND schedule_name IS NOT NULL",
					1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		OpenRun    *run = palloc(sizeof(OpenRun));

		run->run_id = DatumGetInt64(catalog_datum(i, 1));
		run->relation_id = DatumGetInt32(catalog_datum(i, 2));
		run->schedule_name = catalog_text(&access, i, 3);
		run->is_running = DatumGetBool(catalog_datum(i, 4));
		run->is_retry_to_come = DatumGetBool(catalog_datum(i, 5));
		open = lappend(open, run);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return open;
}

void
run_skip(int64 run_id, const char *note)
{
	static const Oid types[] = {INT8OID, TEXTOID, INT4OID};
	CatalogAccess access;
	Datum		values[3];

	values[0] = Int64GetDatum(run_id);
	values[1] = CStringGetTextDatum(note);
	values[2] = Int32GetDatum(MyProcPid);

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run" SET_SKIPPED "$2, started_at = NULL"
				" WHERE run_id = $1 AND (status = 'queued' OR status = 'running' AND pid = $3)",
				3, types, values, NULL);
	/* requests that ended with it are not */
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run q SET status = 'queued', finished_at = NULL,"
				" joined_run_id = NULL, note = NULL FROM rsfed_catalog.run t"
				" WHERE t.run_id = $1 AND q.relation_id = t.relation_id AND q.joined_run_id = $1",
				1, types, values, NULL);
	catalog_close(&access);
}

/*
 * Does the relation have a schedule whose last run failed, or a waiting retry?
 */
static bool
anything_to_settle(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	ListCell   *lc;

	foreach(lc, rows_find("schedule", NULL, 1, &key))
	{
		if (row_int32(lfirst(lc), "failures") > 0)
			return true;
	}
	return row_find("run", "run_retry_idx", 1, &key) != NULL;
}

void
retries_settle(int64 run_id, const RunRequest *request)
{
	static const Oid types[] = {INT4OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, JSONBOID, TEXTOID};
	CatalogAccess access;
	Datum		values[7];
	char		nulls[] = "       ";
	const char *texts[] = {request->method, request->since, request->until};

	if (!anything_to_settle(request->relation_id))
		return;
	values[0] = Int32GetDatum(request->relation_id);
	values[1] = Int64GetDatum(run_id);
	for (int i = 0; i < lengthof(texts); i++)
	{
		values[2 + i] = texts[i] ? CStringGetTextDatum(texts[i]) : (Datum) 0;
		nulls[2 + i] = texts[i] ? ' ' : 'n';
	}
	values[5] = request->part ? JsonbPGetDatum(request->part) : (Datum) 0;
	nulls[5] = request->part ? ' ' : 'n';
	values[6] = request->schedule_name ? CStringGetTextDatum(request->schedule_name) : (Datum) 0;
	nulls[6] = request->schedule_name ? ' ' : 'n';

	catalog_open(&access);
	/* the schedule first, in the order of a process that queues its runs */
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.schedule s SET failures = 0"
				" WHERE s.relation_id = $1 AND s.failures > 0 AND (s.schedule_name = $7"
				" OR $7 IS NULL AND (" IS_WHOLE " OR" SAME_METHOD("s")
				" AND s.options ->> 'since' IS NOT DISTINCT FROM $4"
				" AND s.options ->> 'until' IS NOT DISTINCT FROM $5 AND $6 IS NULL))",
				7, types, values, nulls);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run q" SET_SKIPPED "format('Run %s has refreshed it meanwhile.', $2)"
				" WHERE q.relation_id = $1 AND q.status = 'queued' AND q.retry_of IS NOT NULL"
				" AND (" IS_WHOLE " OR" SAME_METHOD("q") " AND q.since IS NOT DISTINCT FROM $4"
				" AND q.until IS NOT DISTINCT FROM $5 AND q.part IS NOT DISTINCT FROM $6)",
				7, types, values, nulls);
	catalog_close(&access);
}

void
retries_drop(int32 relation_id, const char *schedule_name, const char *note)
{
	static const Oid types[] = {INT4OID, TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[3];

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(schedule_name);
	values[2] = CStringGetTextDatum(note);

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run" SET_SKIPPED "$3"
				" WHERE relation_id = $1 AND schedule_name = $2 AND status = 'queued'"
				" AND retry_of IS NOT NULL",
				3, types, values, NULL);
	catalog_close(&access);
}

int
runs_expire(TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(now)};
	CatalogAccess access;
	int			n;

	/*
	 * in the order of after_release(), skipping runs that a worker is about to
	 * take
	 */
	catalog_open(&access);
	n = (int) catalog_run(SPI_OK_UPDATE,
						  "UPDATE rsfed_catalog.run" SET_SKIPPED
						  "format('No worker took it within the schedule''s queue_timeout, which ended at %s.', expires_at)"
						  " WHERE run_id IN (SELECT q.run_id FROM rsfed_catalog.run q"
						  " WHERE q.status = 'queued' AND q.expires_at <= $1"
						  " ORDER BY q.run_id FOR UPDATE SKIP LOCKED)",
						  1, types, values, NULL);
	catalog_close(&access);
	return n;
}

bool
runs_next_look(TimestampTz now, TimestampTz *next)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(now)};
	CatalogAccess access;
	bool		found;

	catalog_open(&access);
	catalog_run(SPI_OK_SELECT,
				"SELECT LEAST(min(not_before) FILTER (WHERE not_before > $1),"
				" min(expires_at) FILTER (WHERE expires_at > $1))"
				" FROM rsfed_catalog.run WHERE status = 'queued'",
				1, types, values, NULL);
	found = !catalog_isnull(0, 1);
	if (found)
		*next = DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return found;
}

void
runs_after_clock(TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(now)};
	CatalogAccess access;

	/*
	 * requested at a time that is in the future now; clocks differ by a second
	 */
	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run SET requested_at = $1,"
				" not_before = $1 + (not_before - requested_at),"
				" expires_at = $1 + (expires_at - requested_at)"
				" WHERE status = 'queued' AND requested_at > $1 + interval '1 second'",
				1, types, values, NULL);
	catalog_close(&access);
}
