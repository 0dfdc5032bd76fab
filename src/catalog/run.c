/*-------------------------------------------------------------------------
 *
 * run.c
 *	  rsfed_catalog.run: attempts, from the request to the cancel.
 *
 * Policy: a run's row is committed as running before Redshift is asked, so
 * that a crash leaves a trace.  How it ends: run_finish.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/writer.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"
#include "catalog/run.h"
#include "catalog/serving.h"
#include "catalog/set.h"

/*
 * Each step of priority puts a run before runs that are due up to this much
 * earlier.
 */
#define PRIORITY_STEP (10 * USECS_PER_MINUTE)

/*
 * The owner of the relation or set of a run, as its row stores it: the members
 * of a set have one owner.  InvalidOid if unknown.
 */
static Oid
owner_of(int32 relation_id)
{
	RowKey		key = {"set_id", Int32GetDatum(relation_id)};
	CatalogRow *member = row_find("set_member", NULL, 1, &key);
	CatalogRow *cached;
	HeapTuple	tuple;
	Oid			owner;

	key = (RowKey) {"relation_id",
		member ? row_datum(member, "relation_id") : Int32GetDatum(relation_id)};
	cached = row_find("relation_oid", NULL, 1, &key);
	if (cached == NULL)
		return InvalidOid;
	tuple = SearchSysCache1(RELOID, row_datum(cached, "relid"));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Does the schedule come after another one?  A retry has waited already. */
static bool
waits_for_others(const RunRequest *request)
{
	RowKey		keys[2];

	if (strcmp(request->trigger, "schedule") != 0 || request->attempt > 1 || request->retry_of != 0)
		return false;
	keys[0] = (RowKey) {"relation_id", Int32GetDatum(request->relation_id)};
	keys[1] = (RowKey) {"schedule_name", CStringGetDatum(request->schedule_name)};
	return row_find("schedule_after", NULL, lengthof(keys), keys) != NULL;
}

int64
run_insert(const RunRequest *request, bool running)
{
	RowKey		key = {"relation_id", Int32GetDatum(request->relation_id)};
	CatalogRow *relation = row_find("relation", NULL, 1, &key);
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz due_at = request->due_at == 0 ? now : request->due_at;
	CatalogRow *row;

	if (relation == NULL)
		elog(ERROR, "relation %d is not known to rsfed", request->relation_id);
	row = row_new("run");
	row_set_int(row, "relation_id", request->relation_id);
	row_set_text(row, "schema_name", row_text(relation, "schema_name"));
	row_set_text(row, "relation_name", row_text(relation, "relation_name"));
	row_set_text(row, "trigger", request->trigger);
	row_set_text(row, "schedule_name", request->schedule_name);
	row_set_text(row, "method", request->method);
	row_set_text(row, "since", request->since);
	row_set_text(row, "until", request->until);
	if (request->part != NULL)
		row_set(row, "part", JsonbPGetDatum(request->part));
	row_set_text(row, "requested_by", GetUserNameFromId(GetUserId(), false));
	row_set_time(row, "requested_at", now);
	row_set_text(row, "status", running ? "running" : "queued");
	if (running)
	{
		row_set_int(row, "pid", MyProcPid);
		row_set_time(row, "backend_start", MyStartTimestamp);
		row_set_time(row, "started_at", now);
		row_set_text(row, "writer", writer_epoch());
	}
	row_set_time(row, "due_at", due_at);
	row_set_time(row, "turn_at", due_at - request->priority * PRIORITY_STEP);
	row_set_time(row, "not_before", request->not_before);
	row_set_int(row, "priority", request->priority);
	row_set_int(row, "attempt", Max(request->attempt, 1));
	if (request->retry_of != 0)
		row_set_int(row, "retry_of", request->retry_of);
	row_set_time(row, "expires_at", request->expires_at);
	if (request->set_run_id != 0)
		row_set_int(row, "set_run_id", request->set_run_id);
	/* src/catalog/after.c continues with it */
	if (waits_for_others(request))
		row_set_text(row, "waits_for", "");
	row_set(row, "owner", ObjectIdGetDatum(owner_of(request->relation_id)));
	row_insert("run", row);
	return row_int64(row, "run_id");
}

/* Are two optional texts the same? */
static bool
same_text(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Does a queued run satisfy the request? */
static bool
equals_request(const CatalogRow *row, const RunRequest *request)
{
	Jsonb	   *part = row_isnull(row, "part") ? NULL : DatumGetJsonbP(row_datum(row, "part"));

	/* a run that a schedule delays, or gives up, does not satisfy a request */
	return row_time(row, "not_before") <= GetCurrentTimestamp() &&
		row_isnull(row, "waits_for") && row_isnull(row, "expires_at") &&
		same_text(row_text(row, "method"), request->method) &&
		same_text(row_text(row, "since"), request->since) &&
		same_text(row_text(row, "until"), request->until) &&
		(part == NULL || request->part == NULL ? part == request->part
		 : compareJsonbContainers(&part->root, &request->part->root) == 0);
}

int64
run_find_queued(const RunRequest *request)
{
	RowKey		keys[2];
	int64		found = 0;
	ListCell   *lc;

	keys[0] = (RowKey) {"status", CStringGetTextDatum("queued")};
	keys[1] = (RowKey) {"relation_id", Int32GetDatum(request->relation_id)};

	/*
	 * as run_status(): a run that an old snapshot shows as queued may be over
	 */
	foreach(lc, rows_find_latest("run", "run_open_idx", lengthof(keys), keys))
	{
		int64		run_id = row_int64(lfirst(lc), "run_id");

		if (equals_request(lfirst(lc), request) && (found == 0 || run_id < found))
			found = run_id;
	}
	return found;
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
 * Locks the row of a run and reads the facts for a cancel; NULL if the row is
 * not visible.  Until the caller's transaction ends, the lock prevents the run
 * from ending, and its process from taking the next run.
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

/*
 * The row of a run in the latest committed state, or as this transaction made
 * it; or NULL.
 */
static CatalogRow *
latest_row(int64 run_id)
{
	RowKey		key = {"run_id", Int64GetDatum(run_id)};
	List	   *rows = rows_find_latest("run", NULL, 1, &key);

	return rows == NIL ? NULL : linitial(rows);
}

char *
run_status(int64 run_id)
{
	CatalogRow *row = latest_row(run_id);

	/* a run that was joined to another one ends with that one */
	if (row != NULL && !row_isnull(row, "joined_run_id"))
	{
		CatalogRow *joined = latest_row(row_int64(row, "joined_run_id"));

		if (joined != NULL)
			row = joined;
	}
	return row ? row_text(row, "status") : NULL;
}

bool
run_requester(int64 run_id, int32 *relation_id, Oid *requester)
{
	CatalogRow *row = latest_row(run_id);

	if (row == NULL)
		return false;
	*relation_id = row_int32(row, "relation_id");
	*requester = get_role_oid(row_text(row, "requested_by"), true);
	return true;
}

void
run_require_reader(int64 run_id, int32 relation_id, Oid requester)
{
	bool		may_read;

	if (OidIsValid(requester) && has_privs_of_role(GetUserId(), requester))
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	may_read = serving_may_see_freshness(relation_id, GetActiveSnapshot());
	PopActiveSnapshot();
	if (!may_read)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to wait for run " INT64_FORMAT, run_id),
				 errdetail("Only the role that requested it, members of pg_monitor, and roles that may read its relation may do this."),
				 errhint("Grant SELECT on the relation, or on all relations of the set.")));
}

bool
run_queued_here(int64 run_id)
{
	/* as run_status(): the caller's statement may have queued it */
	CatalogRow *row = latest_row(run_id);

	return row != NULL && strcmp(row_text(row, "status"), "queued") == 0 &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->tuple->t_data));
}
