/*-------------------------------------------------------------------------
 *
 * run.c
 *	  rsfed_catalog.run and .freshness: attempts, and what came of them.
 *
 * Policy: a run's row is committed as running before Redshift is asked, so
 * that a crash leaves a trace; its outcome, the relation's freshness and the
 * notifications are written in the transaction of the content they speak of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/writer.h"
#include "catalog/counter.h"
#include "catalog/event.h"
#include "catalog/owner_scope.h"
#include "catalog/run.h"
#include "catalog/set.h"

/* An optional text as a parameter. */
static void
set_text(Datum *value, char *isnull, const char *text)
{
	*isnull = text == NULL ? 'n' : ' ';
	*value = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* An optional count (-1 = unknown) as a parameter. */
static void
set_count(Datum *value, char *isnull, int64 count)
{
	*isnull = count < 0 ? 'n' : ' ';
	*value = Int64GetDatum(count);
}

/* An optional time (0 = unknown) as a parameter. */
static void
set_time(Datum *value, char *isnull, TimestampTz time)
{
	*isnull = time == 0 ? 'n' : ' ';
	*value = TimestampTzGetDatum(time);
}

int64
run_insert(const RunRequest *request, bool running)
{
	static const Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID,
	TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID, INT4OID,
	INT8OID, TIMESTAMPTZOID, TEXTOID, INT8OID};
	CatalogAccess access;
	Datum		values[19];
	char		nulls[] = "                   ";
	int64		run_id;

	values[0] = Int32GetDatum(request->relation_id);
	values[1] = CStringGetTextDatum(request->trigger);
	set_text(&values[2], &nulls[2], request->schedule_name);
	set_text(&values[3], &nulls[3], request->method);
	set_text(&values[4], &nulls[4], request->since);
	set_text(&values[5], &nulls[5], request->until);
	values[6] = request->part ? JsonbPGetDatum(request->part) : (Datum) 0;
	nulls[6] = request->part ? ' ' : 'n';
	values[7] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	values[8] = CStringGetTextDatum(running ? "running" : "queued");
	values[9] = Int32GetDatum(MyProcPid);
	values[10] = TimestampTzGetDatum(MyStartTimestamp);
	nulls[9] = nulls[10] = running ? ' ' : 'n';
	set_time(&values[11], &nulls[11], request->due_at);
	set_time(&values[12], &nulls[12], request->not_before);
	values[13] = Int32GetDatum(request->priority);
	values[14] = Int32GetDatum(Max(request->attempt, 1));
	values[15] = Int64GetDatum(request->retry_of);
	nulls[15] = request->retry_of == 0 ? 'n' : ' ';
	set_time(&values[16], &nulls[16], request->expires_at);
	set_text(&values[17], &nulls[17], running ? writer_epoch() : NULL);
	values[18] = Int64GetDatum(request->set_run_id);
	nulls[18] = request->set_run_id == 0 ? 'n' : ' ';

	catalog_open(&access);
	if (catalog_run_kept(SPI_OK_INSERT_RETURNING,
						 "INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, trigger,"
						 " schedule_name, method, since, until, part, requested_by, status, pid,"
						 " backend_start, started_at, due_at, not_before, priority, attempt, retry_of,"
						 " expires_at, writer, set_run_id, waits_for, owner, turn_at)"
						 " SELECT r.relation_id, schema_name, relation_name, $2, $3, $4, $5, $6, $7, $8, $9,"
						 " $10, $11, CASE WHEN $10 IS NOT NULL THEN clock_timestamp() END,"
						 " COALESCE($12, clock_timestamp()), $13, $14, $15, $16, $17, $18, $19,"
						 /* a retry has waited already; src/catalog/after.c goes on with it */
						 " CASE WHEN $2 = 'schedule' AND $15 <= 1 AND $16 IS NULL AND EXISTS (SELECT"
						 " FROM rsfed_catalog.schedule_after a"
						 " WHERE a.relation_id = $1 AND a.schedule_name = $3) THEN '' END,"
						 /* the members of a set have one owner */
						 " COALESCE((SELECT c.relowner FROM rsfed_catalog.relation_oid o"
						 " JOIN pg_class c ON c.oid = o.relid WHERE o.relation_id = COALESCE("
						 "(SELECT m.relation_id FROM rsfed_catalog.set_member m WHERE m.set_id = $1 LIMIT 1), $1)), 0),"
						 " COALESCE($12, clock_timestamp()) - $14 * interval '" PRIORITY_STEP "'"
						 " FROM rsfed_catalog.relation r WHERE r.relation_id = $1 RETURNING run_id",
						 19, types, values, nulls) != 1)
		elog(ERROR, "relation %d is not known to rsfed", request->relation_id);
	run_id = DatumGetInt64(catalog_datum(0, 1));
	catalog_close(&access);
	return run_id;
}

int64
run_find_queued(const RunRequest *request)
{
	Oid			types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, JSONBOID};
	CatalogAccess access;
	Datum		values[5];
	char		nulls[] = "     ";
	int64		run_id = 0;

	values[0] = Int32GetDatum(request->relation_id);
	set_text(&values[1], &nulls[1], request->method);
	set_text(&values[2], &nulls[2], request->since);
	set_text(&values[3], &nulls[3], request->until);
	values[4] = request->part ? JsonbPGetDatum(request->part) : (Datum) 0;
	nulls[4] = request->part ? ' ' : 'n';

	/*
	 * As run_status(): one that an old snapshot shows as queued may be over.  What
	 * a schedule holds back, or gives up, is not what somebody asked for.
	 */
	catalog_open(&access);
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args("SELECT run_id FROM rsfed_catalog.run WHERE status = 'queued'"
							  " AND (not_before IS NULL OR not_before <= clock_timestamp())"
							  " AND waits_for IS NULL AND expires_at IS NULL"
							  " AND relation_id = $1 AND method IS NOT DISTINCT FROM $2"
							  " AND since IS NOT DISTINCT FROM $3 AND until IS NOT DISTINCT FROM $4"
							  " AND part IS NOT DISTINCT FROM $5 ORDER BY run_id LIMIT 1",
							  5, types, values, nulls, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for queued runs of relation %d", request->relation_id);
	if (SPI_processed == 1)
		run_id = DatumGetInt64(catalog_datum(0, 1));
	PopActiveSnapshot();
	catalog_close(&access);
	return run_id;
}

Run *
run_from_row(CatalogAccess *access, uint64 row)
{
	Run		   *run = MemoryContextAllocZero(access->caller, sizeof(Run));
	Datum		part;

	run->run_id = DatumGetInt64(catalog_datum(row, 1));
	run->request.relation_id = DatumGetInt32(catalog_datum(row, 2));
	run->request.trigger = catalog_text(access, row, 3);
	run->request.schedule_name = catalog_text(access, row, 4);
	run->request.method = catalog_text(access, row, 5);
	run->request.since = catalog_text(access, row, 6);
	run->request.until = catalog_text(access, row, 7);
	part = catalog_copy(access, row, 8);
	run->request.part = part == (Datum) 0 ? NULL : DatumGetJsonbP(part);
	run->requested_at = DatumGetTimestampTz(catalog_datum(row, 9));
	run->request.due_at = DatumGetTimestampTz(catalog_datum(row, 10));
	run->request.priority = DatumGetInt32(catalog_datum(row, 11));
	run->request.attempt = DatumGetInt32(catalog_datum(row, 12));
	run->request.set_run_id = DatumGetInt64(catalog_datum(row, 13));
	return run;
}

/* What a row must hold for the run to be at work in this process; $1 its number. */
#define IS_OURS(pid, backend_start, writer) \
	" run_id = $1 AND status = 'running' AND pid = $" #pid \
	" AND backend_start = $" #backend_start " AND writer = $" #writer

/*
 * Writes the outcome into the run's row; false if the run had ended already,
 * or (unless anybodys) is not at work in this process of this server.
 */
static bool
write_run(int64 run_id, const RunOutcome *outcome, bool anybodys)
{
	static const Oid types[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INT4OID, INT4OID,
		INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, BOOLOID, TEXTOID, INT8OID, TEXTOID};
	const ErrorFields *error = outcome->error;
	Datum		values[25];
	char		nulls[] = "                         ";

	values[0] = Int64GetDatum(run_id);
	values[1] = CStringGetTextDatum(outcome->status);
	set_time(&values[2], &nulls[2], outcome->as_of);
	set_text(&values[3], &nulls[3], outcome->server);
	values[4] = Int32GetDatum(outcome->remote_pid);
	nulls[4] = outcome->remote_pid == 0 ? 'n' : ' ';
	values[5] = Int32GetDatum(outcome->definition);
	nulls[5] = outcome->definition == 0 ? 'n' : ' ';
	set_count(&values[6], &nulls[6], outcome->rows_received);
	set_count(&values[7], &nulls[7], outcome->bytes_received);
	set_count(&values[8], &nulls[8], outcome->rows_inserted);
	set_count(&values[9], &nulls[9], outcome->rows_updated);
	set_count(&values[10], &nulls[10], outcome->rows_deleted);
	set_text(&values[11], &nulls[11], outcome->note);
	set_text(&values[12], &nulls[12], error ? outcome->phase : NULL);
	set_text(&values[13], &nulls[13], error ? error->sqlstate : NULL);
	set_text(&values[14], &nulls[14], error ? error->message : NULL);
	set_text(&values[15], &nulls[15], error ? error->detail : NULL);
	set_text(&values[16], &nulls[16], error ? error->hint : NULL);
	set_text(&values[17], &nulls[17], error ? error->context : NULL);
	values[18] = Int32GetDatum(MyProcPid);
	values[19] = TimestampTzGetDatum(MyStartTimestamp);
	values[20] = CStringGetTextDatum(writer_epoch());
	values[21] = BoolGetDatum(anybodys);
	set_text(&values[22], &nulls[22], outcome->label);
	values[23] = Int64GetDatum(outcome->query_id);
	nulls[23] = outcome->query_id == 0 ? 'n' : ' ';
	set_text(&values[24], &nulls[24], outcome->moved_from);

	return catalog_run_kept(SPI_OK_UPDATE,
							"UPDATE rsfed_catalog.run SET status = $2, finished_at = clock_timestamp(),"
							" as_of = $3, server = $4, remote_pid = $5, definition = $6, rows_received = $7,"
							" bytes_received = $8, rows_inserted = $9, rows_updated = $10, rows_deleted = $11,"
							" note = $12, phase = $13, sqlstate = $14, message = $15, detail = $16, hint = $17,"
							" context = $18, label = $23, query_id = $24, moved_from = $25 WHERE run_id = $1 AND status = 'running'"
							" AND ($22 OR" IS_OURS(19, 20, 21) ")",
							25, types, values, nulls) == 1;
}

/* NOTIFY rsfed_published at commit; every listener may read it: no values of rows. */
static void
notify_published(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID};
	Datum		values[7];

	values[0] = CStringGetTextDatum(relation->schema_name);
	values[1] = CStringGetTextDatum(relation->relation_name);
	values[2] = Int64GetDatum(run_id);
	values[3] = TimestampTzGetDatum(outcome->as_of);
	values[4] = Int64GetDatum(Max(outcome->rows_inserted, 0));
	values[5] = Int64GetDatum(Max(outcome->rows_updated, 0));
	values[6] = Int64GetDatum(Max(outcome->rows_deleted, 0));
	catalog_run_kept(SPI_OK_SELECT,
					 "SELECT pg_notify('rsfed_published', json_build_object("
					 "'relation', format('%I.%I', $1, $2), 'run_id', $3, 'as_of', $4,"
					 " 'inserted', $5, 'updated', $6, 'deleted', $7)::text)",
					 7, types, values, NULL);
}

/*
 * Freshness after new or confirmed content, and what is to be told of it.
 * True if the relation recovered or has its first content.
 */
static bool
write_success(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome, bool changed)
{
	static const Oid types[] = {INT4OID, TIMESTAMPTZOID, INT8OID, BOOLOID, BOOLOID, TIMESTAMPTZOID};
	TimestampTz data_through = outcome->data_through == 0 ? outcome->as_of : outcome->data_through;
	Datum		values[6];
	char		nulls[] = "      ";
	bool		recovered;
	bool		first;

	values[0] = Int32GetDatum(relation->relation_id);
	values[1] = TimestampTzGetDatum(outcome->as_of);
	values[2] = Int64GetDatum(run_id);
	values[3] = BoolGetDatum(changed);
	values[4] = BoolGetDatum(outcome->is_partial);
	values[5] = TimestampTzGetDatum(data_through);
	nulls[5] = data_through == DT_NOBEGIN ? 'n' : ' ';

	/* of a relation of which only a part is new, the rest is as old as before */
	if (catalog_run_kept(SPI_OK_UPDATE_RETURNING,
						 "UPDATE rsfed_catalog.freshness f SET last_run_id = $3,"
						 " as_of = CASE WHEN $5 THEN f.as_of ELSE $2 END,"
						 " data_through = CASE WHEN $5 THEN f.data_through ELSE $6 END,"
						 " changed_at = CASE WHEN $4 OR f.changed_at IS NULL THEN clock_timestamp()"
						 " ELSE f.changed_at END,"
						 " failing_since = CASE WHEN $5 THEN f.failing_since END,"
						 " failures = CASE WHEN $5 THEN f.failures ELSE 0 END,"
						 " refused = $5 AND f.refused,"
						 " late = f.late AND ($5 OR EXISTS (SELECT 1 FROM rsfed_catalog.rollup u"
						 " WHERE u.relation_id = $1"
						 " AND rsfed_catalog.late_at($2, u.max_age) <= clock_timestamp())),"
						 " sqlstate = CASE WHEN $5 THEN f.sqlstate END,"
						 " message = CASE WHEN $5 THEN f.message END"
						 " FROM rsfed_catalog.freshness o WHERE f.relation_id = $1 AND o.relation_id = $1"
						 " RETURNING (o.failures > 0 OR o.late AND NOT f.late) AND NOT $5,"
						 " o.as_of IS NULL AND f.as_of IS NOT NULL",
						 6, types, values, nulls) != 1)
		return false;
	recovered = DatumGetBool(catalog_datum(0, 1));
	first = DatumGetBool(catalog_datum(0, 2));
	if (recovered)
		event_tell(relation, run_id, "recovered", NULL);
	/* of a set each member tells */
	if (changed && !relation->is_set)
		notify_published(run_id, relation, outcome);
	return recovered || first;
}

/* Freshness after a failure: the content is as old as before.  True at the first. */
static bool
write_failure(int64 run_id, int32 relation_id, const RunOutcome *outcome)
{
	static const Oid types[] = {INT4OID, INT8OID, TEXTOID, TEXTOID, BOOLOID};
	Datum		values[5];
	uint64		n;

	values[0] = Int32GetDatum(relation_id);
	values[1] = Int64GetDatum(run_id);
	values[2] = CStringGetTextDatum(outcome->error ? outcome->error->sqlstate : "XX000");
	values[3] = CStringGetTextDatum(outcome->error ? outcome->error->message : "");
	values[4] = BoolGetDatum(strcmp(outcome->status, "refused") == 0);

	n = catalog_run(SPI_OK_UPDATE_RETURNING,
					"UPDATE rsfed_catalog.freshness f SET last_run_id = $2, failures = f.failures + 1,"
					" failing_since = COALESCE(f.failing_since, clock_timestamp()),"
					" sqlstate = $3, message = $4, refused = $5"
					" FROM rsfed_catalog.freshness o WHERE f.relation_id = $1 AND o.relation_id = $1"
					" RETURNING f.failures = 1 OR f.refused <> o.refused",
					5, types, values, NULL);
	return n == 1 && DatumGetBool(catalog_datum(0, 1));
}

/*
 * Writes outcome, freshness and notifications.  False through *written if the
 * run had ended already, then nothing is written.
 */
static bool
finish(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome, bool anybodys,
	   bool *written)
{
	CatalogAccess access;
	bool		event = false;
	bool		published = strcmp(outcome->status, "published") == 0;
	const char *state = outcome->event;

	catalog_open(&access);
	*written = write_run(run_id, outcome, anybodys);
	if (*written)
		counter_add(run_id);
	if (*written && (published || strcmp(outcome->status, "unchanged") == 0))
		event = write_success(run_id, relation, outcome, published);
	else if (*written && strcmp(outcome->status, "cancelled") != 0)
	{
		event = write_failure(run_id, relation->relation_id, outcome);
		if (state == NULL && event)
			state = strcmp(outcome->status, "refused") == 0 ? "refused" : "failing";
		if (state != NULL && state[0] != '\0')
			event_tell(relation, run_id, state, outcome->error ? outcome->error->sqlstate : NULL);
	}
	catalog_close(&access);
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
					"SELECT FROM rsfed_catalog.run WHERE" IS_OURS(2, 3, 4) " FOR NO KEY UPDATE",
					4, types, values, NULL) != 1)
		elog(ERROR, "run " INT64_FORMAT " is not running in this process", run_id);
}

bool
run_finish_step(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome)
{
	CatalogAccess access;
	bool		event;

	catalog_open(&access);
	require_ours(run_id);
	event = write_success(run_id, relation, outcome, strcmp(outcome->status, "published") == 0);
	catalog_close(&access);
	return event;
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
						 /* in a session that has gone on: its outcome could not be written */
						 " AND NOT (a.backend_type = 'client backend'"
						 " AND ((a.state = 'idle' OR a.query_start > r.started_at) IS TRUE"
						 /* one that tells nothing of itself, with track_activities off: has no transaction */
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

int
run_count_open(void)
{
	CatalogAccess access;
	int			count;

	catalog_open(&access);
	catalog_run(SPI_OK_SELECT,
				"SELECT count(*)::int4 FROM rsfed_catalog.run WHERE status = 'running'"
				" OR status = 'queued' AND (not_before IS NULL OR not_before <= clock_timestamp())",
				0, NULL, NULL, NULL);
	count = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return count;
}

/*
 * Locks the row of a run and reads what cancelling it needs; NULL if it is not
 * there to be seen.  The lock keeps the run from ending, and its process from
 * going on to the next, until the caller's transaction is over.
 */
static char *
lock_run(int64 run_id, int32 *relation_id, int32 *pid, TimestampTz *backend_start)
{
	static const Oid types[] = {INT8OID};
	CatalogAccess access;
	Datum		values[1] = {Int64GetDatum(run_id)};
	char	   *status = NULL;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT status, relation_id, pid, backend_start FROM rsfed_catalog.run"
					" WHERE run_id = $1 FOR UPDATE",
					1, types, values, NULL) == 1)
	{
		status = catalog_text(&access, 0, 1);
		*relation_id = DatumGetInt32(catalog_datum(0, 2));
		*pid = DatumGetInt32(catalog_datum(0, 3));
		*backend_start = DatumGetTimestampTz(catalog_datum(0, 4));
	}
	catalog_close(&access);
	return status;
}

void
run_require_canceller(int64 run_id, int32 relation_id, Oid starter)
{
	RsfedRelation *relation = relation_lookup_id(relation_id);

	if (relation != NULL && relation->is_set)
		set_require_maintainer(relation_id, relation->relation_name, "cancel a refresh of");
	else if (relation != NULL)
		relation_require_maintainer(relation->relid, "cancel a refresh of");
	else if (OidIsValid(starter) ? !has_privs_of_role(GetUserId(), starter) : !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to cancel run " INT64_FORMAT, run_id)));
}

bool
run_cancel(int64 run_id, bool *found)
{
	CatalogAccess access;
	Datum		values[2];
	int32		relation_id;
	int32		pid;
	TimestampTz backend_start;
	char	   *status = lock_run(run_id, &relation_id, &pid, &backend_start);
	bool		done = false;

	*found = status != NULL;
	if (status == NULL)
		return false;
	run_require_canceller(run_id, relation_id, InvalidOid);

	catalog_open(&access);
	if (strcmp(status, "queued") == 0)
	{
		values[0] = Int64GetDatum(run_id);
		done = catalog_run(SPI_OK_UPDATE,
						   "UPDATE rsfed_catalog.run SET status = 'cancelled',"
						   " finished_at = clock_timestamp(), message = 'cancelled before it began'"
						   " WHERE run_id = $1",
						   1, (Oid[]) {INT8OID}, values, NULL) == 1;
	}
	else if (strcmp(status, "running") == 0)
	{
		/* two statements: in one, the planner could signal before it compares */
		values[0] = Int32GetDatum(pid);
		values[1] = TimestampTzGetDatum(backend_start);
		if (catalog_run(SPI_OK_SELECT,
						"SELECT FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2",
						2, (Oid[]) {INT4OID, TIMESTAMPTZOID}, values, NULL) == 1)
		{
			catalog_run(SPI_OK_SELECT, "SELECT pg_cancel_backend($1)",
						1, (Oid[]) {INT4OID}, values, NULL);
			done = DatumGetBool(catalog_datum(0, 1));
		}
	}
	catalog_close(&access);
	return done;
}

char *
run_status(int64 run_id)
{
	CatalogAccess access;
	Datum		values[1] = {Int64GetDatum(run_id)};
	char	   *status = NULL;

	/* read-only SPI takes the active snapshot: the newest, in any isolation level */
	catalog_open(&access);
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args("SELECT COALESCE(j.status, r.status) FROM rsfed_catalog.run r"
							  " LEFT JOIN rsfed_catalog.run j ON j.run_id = r.joined_run_id"
							  " WHERE r.run_id = $1",
							  1, (Oid[]) {INT8OID}, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the status of run " INT64_FORMAT, run_id);
	if (SPI_processed == 1)
		status = catalog_text(&access, 0, 1);
	PopActiveSnapshot();
	catalog_close(&access);
	return status;
}

bool
run_queued_here(int64 run_id)
{
	Oid			types[] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(run_id)};
	CatalogAccess access;
	bool		here;

	/* as run_status(): the caller's statement may have queued it */
	catalog_open(&access);
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args("SELECT xmin FROM rsfed_catalog.run"
							  " WHERE run_id = $1 AND status = 'queued'",
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read run " INT64_FORMAT, run_id);
	here = SPI_processed == 1 &&
		TransactionIdIsCurrentTransactionId(DatumGetTransactionId(catalog_datum(0, 1)));
	PopActiveSnapshot();
	catalog_close(&access);
	return here;
}
