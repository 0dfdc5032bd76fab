/*-------------------------------------------------------------------------
 *
 * budget.c
 *	  Budgets of servers, groups and rollups: the use of a day.
 *
 * Policy: sums are stored, not computed from the history of runs.  A run adds
 * only to rows of its own relation, so that neither a long transaction nor a
 * thousand runs that end at once make others wait; the budget of a source is
 * the sum over two rows for each of its relations.  The views budget and
 * over_budget are authoritative; held_budget holds what the scheduler has
 * derived from them and reported.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/options.h"
#include "catalog/budget.h"
#include "catalog/cost.h"
#include "catalog/event.h"
#include "catalog/members.h"
#include "catalog/owner_scope.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "catalog/row.h"
#include "catalog/set_member.h"

/* Adds a row p to the stored sum, which a new day resets. */
#define ADD_SPENDING \
	" ON CONFLICT (source_id, relation_id, is_gathered) DO UPDATE SET day = EXCLUDED.day," \
	" run_ms = CASE WHEN p.day = EXCLUDED.day THEN p.run_ms ELSE 0 END + EXCLUDED.run_ms," \
	" scan_bytes = CASE WHEN p.day = EXCLUDED.day THEN p.scan_bytes ELSE 0 END + EXCLUDED.scan_bytes"

/* Kept until a server changes, because each run needs it. */
static bool sources_are_known = false;
static bool any_source;

static void
servers_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	sources_are_known = false;
}

static bool
has_budget(Oid serverid)
{
	ForeignServer *server = GetForeignServer(serverid);
	ListCell   *lc;

	foreach(lc, server->options)
	{
		const char *name = ((DefElem *) lfirst(lc))->defname;

		if (strcmp(name, "max_scan_per_day") == 0 || strcmp(name, "max_seconds_per_day") == 0)
			return true;
	}
	return false;
}

static bool
any_source_has_budget(void)
{
	static bool registered = false;
	Relation	table;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (!registered)
	{
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, servers_changed, (Datum) 0);
		registered = true;
	}
	if (sources_are_known)
		return any_source;
	any_source = false;
	/* before the look, so that a change during it causes another look */
	sources_are_known = true;
	table = table_open(ForeignServerRelationId, AccessShareLock);
	scan = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
	while (!any_source && HeapTupleIsValid(tuple = systable_getnext(scan)))
		any_source = has_budget(((Form_pg_foreign_server) GETSTRUCT(tuple))->oid);
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return any_source;
}

bool
budget_any(void)
{
	return any_source_has_budget() || row_find("rollup", "rollup_budget_idx", 0, NULL) != NULL;
}

/* The rollups of a relation or set, as an array. */
static Datum
rollups_of(int32 relation_id)
{
	List	   *members = set_members(relation_id);
	int			count = Max(list_length(members), 1);
	Datum	   *ids = palloc(sizeof(Datum) * count);
	ListCell   *lc;
	int			i = 0;

	ids[0] = Int32GetDatum(relation_id);
	foreach(lc, members)
		ids[i++] = Int32GetDatum(lfirst_int(lc));
	return PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/*
 * The duration of the run in ms.  The members of a set begin and end together:
 * each has an equal share.
 */
static int64
time_of(int64 run_id, const RunRequest *request)
{
	RowKey		key = {"run_id", Int64GetDatum(run_id)};
	CatalogRow *run = row_find("run", NULL, 1, &key);
	int64		ms;
	CatalogRow *set_run;
	int			members;

	if (run == NULL || row_isnull(run, "started_at") || row_isnull(run, "finished_at"))
		return 0;
	ms = Max(row_time(run, "finished_at") - row_time(run, "started_at"), 0) / 1000;
	key.value = Int64GetDatum(request->set_run_id);
	set_run = request->set_run_id == 0 ? NULL : row_find("run", NULL, 1, &key);
	members = set_run ? list_length(set_members(row_int32(set_run, "relation_id"))) : 1;
	return ms / Max(members, 1);
}

int64
budget_spend(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
			 const RunOutcome *outcome, bool *used_up)
{
	static const Oid types[] = {INT4OID, TEXTOID, INT8OID};
	CatalogAccess access;
	Datum		values[3];
	int64		ms;
	uint64		budgets;

	*used_up = false;
	/* a run that reached no server has cost nothing */
	if (outcome->server == NULL || !relation->is_rollup || !budget_any())
		return 0;
	ms = time_of(run_id, request);
	values[0] = Int32GetDatum(relation->relation_id);
	values[1] = CStringGetTextDatum(outcome->server);
	values[2] = Int64GetDatum(ms);

	catalog_open(&access);
	budgets = catalog_run_kept(SPI_OK_INSERT,
							   "INSERT INTO rsfed_catalog.spending AS p (source_id, relation_id, is_gathered, day, run_ms)"
							   " SELECT b.source_id, $1, false, (clock_timestamp() AT TIME ZONE b.timezone)::date, $3"
							   " FROM rsfed_catalog.budget b WHERE b.source_id = 0 AND b.relation_id = $1"
							   " OR b.source = $2::name"
							   " OR b.source = (SELECT u.source FROM rsfed_catalog.rollup u WHERE u.relation_id = $1)"
							   ADD_SPENDING,
							   3, types, values, NULL);
	catalog_close(&access);
	if (budgets == 0)
		return 0;
	*used_up = budget_reason(relation->relation_id) != NULL ||
		budget_members(relation->relation_id) != NIL;
	return ms;
}

bool
budget_spend_gathered(List *runs)
{
	static const Oid types[] = {INT8ARRAYOID};
	Datum	   *ids = palloc(sizeof(Datum) * Max(list_length(runs), 1));
	CatalogAccess access;
	Datum		values[1];
	ListCell   *lc;
	int			i = 0;
	bool		any;

	if (!budget_any())
		return false;
	foreach(lc, runs)
		ids[i++] = Int64GetDatum(((RunCost *) lfirst(lc))->run_id);
	values[0] = PointerGetDatum(construct_array(ids, i, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
												TYPALIGN_DOUBLE));

	/*
	 * in a fixed order, because others do the same; the time that Redshift
	 * reports replaces the time that was counted
	 */
	catalog_open(&access);
	any = catalog_run(SPI_OK_INSERT,
					  "INSERT INTO rsfed_catalog.spending AS p"
					  " (source_id, relation_id, is_gathered, day, run_ms, scan_bytes)"
					  " SELECT b.source_id, c.relation_id, true, b.day,"
					  " COALESCE(sum(c.execution_ms - c.counted_ms) FILTER (WHERE c.counted_ms > 0), 0),"
					  " COALESCE(sum(c.s3_bytes), 0)"
					  " FROM rsfed_catalog.run_cost c JOIN rsfed_catalog.rollup u USING (relation_id)"
					  " JOIN rsfed_catalog.budget b ON b.source_id = 0 AND b.relation_id = c.relation_id"
					  " OR b.source IN (c.server, u.source)"
					  " WHERE c.run_id = ANY ($1) AND c.ask_at IS NULL"
					  " AND (c.ended_at AT TIME ZONE b.timezone)::date = b.day"
					  " GROUP BY b.source_id, c.relation_id, b.day ORDER BY 1, 2"
					  ADD_SPENDING,
					  1, types, values, NULL) > 0;
	catalog_close(&access);
	return any;
}

char *
budget_reason(int32 relation_id)
{
	static const Oid types[] = {INT4ARRAYOID};
	Datum		values[1];
	CatalogAccess access;
	char	   *reason = NULL;

	if (!budget_any())
		return NULL;
	values[0] = rollups_of(relation_id);
	catalog_open(&access);
	if (catalog_run_kept(SPI_OK_SELECT,
						 "SELECT o.reason FROM rsfed_catalog.over_budget o WHERE o.relation_id = ANY ($1)"
						 " ORDER BY o.ends_at DESC, o.source_id, o.relation_id LIMIT 1",
						 1, types, values, NULL) > 0)
		reason = catalog_text(&access, 0, 1);
	catalog_close(&access);
	return reason;
}

List *
budget_members(int32 relation_id)
{
	static const Oid types[] = {INT4ARRAYOID};
	Datum		values[1];

	if (!any_source_has_budget())
		return NIL;
	values[0] = rollups_of(relation_id);
	return catalog_names("SELECT DISTINCT m.server FROM rsfed_catalog.rollup u"
						 " JOIN rsfed_catalog.member m ON m.group_name = u.source"
						 " JOIN rsfed_catalog.budget b ON b.source = m.server"
						 " WHERE u.relation_id = ANY ($1) AND b.is_used_up ORDER BY 1",
						 1, types, values);
}

bool
budget_bars_members(int32 relation_id, Jsonb *schedule_options)
{
	char	   *only = option_text(OPTION_SCHEDULE, schedule_options, "member");
	List	   *except = option_name_list(OPTION_SCHEDULE, schedule_options, "not_members");
	List	   *used_up = budget_members(relation_id);
	List	   *rollups = set_members(relation_id);
	bool		any = false;
	ListCell   *lc;

	if (used_up == NIL)
		return false;
	/* the rollups of a set have one source */
	foreach(lc, members_of(rollup_source(rollups ? linitial_int(rollups) : relation_id)))
	{
		Member	   *member = lfirst(lc);

		if (member->draining || member->weight == 0 || names_hold(except, member->server) ||
			(only != NULL && strcmp(only, member->server) != 0))
			continue;
		if (!names_hold(used_up, member->server))
			return false;
		any = true;
	}
	return any;
}

/* Holds and releases, with events for both.  Called after catalog_open(). */
static void
change_holds(CatalogAccess *access)
{
	uint64		n;
	RsfedRelation *changed;
	char	  **state;

	n = catalog_run_kept(SPI_OK_SELECT,
						 "WITH wanted AS MATERIALIZED (SELECT DISTINCT ON (x.relation_id) x.relation_id,"
						 " o.source_id, o.option_name, o.allowed, o.ends_at, o.reason"
						 " FROM rsfed_catalog.over_budget o CROSS JOIN LATERAL (SELECT o.relation_id UNION ALL"
						 " SELECT m.set_id FROM rsfed_catalog.set_member m WHERE m.relation_id = o.relation_id) AS x"
						 " ORDER BY x.relation_id, o.ends_at DESC, o.source_id),"
						 " gone AS (DELETE FROM rsfed_catalog.held_budget h WHERE NOT EXISTS"
						 " (SELECT FROM wanted w WHERE w.relation_id = h.relation_id) RETURNING h.relation_id),"
						 " come AS (INSERT INTO rsfed_catalog.held_budget AS h"
						 " (relation_id, source_id, option_name, allowed, held_until, reason)"
						 " SELECT * FROM wanted ON CONFLICT (relation_id) DO UPDATE SET source_id = EXCLUDED.source_id,"
						 " option_name = EXCLUDED.option_name, allowed = EXCLUDED.allowed,"
						 " held_until = EXCLUDED.held_until, reason = EXCLUDED.reason"
						 " WHERE (h.source_id, h.option_name, h.allowed, h.held_until)"
						 " <> (EXCLUDED.source_id, EXCLUDED.option_name, EXCLUDED.allowed, EXCLUDED.held_until)"
						 " RETURNING h.relation_id, h.xmax = 0 AS is_new)"
						 " SELECT r.schema_name, r.relation_name, x.state FROM ("
						 "SELECT c.relation_id, 'held' AS state FROM come c WHERE c.is_new"
						 " UNION ALL SELECT g.relation_id, 'recovered' FROM gone g) AS x"
						 " JOIN rsfed_catalog.relation r USING (relation_id) ORDER BY x.relation_id",
						 0, NULL, NULL, NULL);
	/* the next statement replaces the result */
	changed = MemoryContextAllocZero(access->caller, sizeof(RsfedRelation) * Max(n, 1));
	state = MemoryContextAlloc(access->caller, sizeof(char *) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
	{
		changed[i].schema_name = catalog_text(access, i, 1);
		changed[i].relation_name = catalog_text(access, i, 2);
		changed[i].is_set = changed[i].schema_name[0] == '\0';
		state[i] = catalog_text(access, i, 3);
	}
	for (uint64 i = 0; i < n; i++)
		event_tell(&changed[i], 0, state[i], NULL);
}

TimestampTz
budget_settle(void)
{
	CatalogAccess access;
	TimestampTz next = DT_NOEND;

	if (!budget_any() && !budget_holds_any())
		return next;
	catalog_open(&access);
	change_holds(&access);
	catalog_run_kept(SPI_OK_SELECT, "SELECT min(held_until) FROM rsfed_catalog.held_budget",
					 0, NULL, NULL, NULL);
	if (!catalog_isnull(0, 1))
		next = DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return next;
}

bool
budget_holds_any(void)
{
	return rows_exist("held_budget");
}
