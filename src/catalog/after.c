/*-------------------------------------------------------------------------
 *
 * after.c
 *	  rsfed_catalog.schedule_after: the schedules that wait for other
 *	  schedules.
 *
 * Policy: if a schedule B comes after a schedule A, a run of B waits until A
 * has succeeded since the last run of B.  The exact rule, for each A:
 *
 *	- while A is due at or before B's due time, or has such a run (or a retry of
 *	  one) open, B waits;
 *	- otherwise the last run of A that ended after the last run of B began, or
 *	  was skipped because of A, decides: if it succeeded, B runs; if not, B's
 *	  run is skipped, because there is nothing new to build on;
 *	- if there is no such run, B waits for the next one.
 *
 * So a paused A holds B back, and B runs once for each success of A at most.
 * Only runs of the schedules count, not runs that a user requested.
 *
 * The column waits_for of a run names the schedules that it waits for.  Each
 * worker that asks for the next run, and each turn of the scheduler, checks
 * it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/after.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"

/* One row of the table: "from" waits for "to". */
typedef struct Edge
{
	char	   *from;
	char	   *to;
} Edge;

/* The title of a row of rsfed_catalog.relation; sets have no schema. */
#define TITLE(r) \
	"CASE WHEN " r ".schema_name = '' THEN format('set %I', " r ".relation_name)" \
	" ELSE format('%I.%I', " r ".schema_name, " r ".relation_name) END"

/* "schedule x of y" of the columns of a schedule s and its relation r. */
#define LABEL(s, r) \
	"format('schedule %I of %s', " s ", " TITLE(r) ")"

static void refuse_cycle(int32 relation_id, const char *name);
static bool find_path(List *edges, const char *from, const char *goal, List **seen, List **path);

void
after_store(int32 relation_id, const char *name, List *after)
{
	static const Oid types[] = {INT4OID, TEXTOID, INT4OID, TEXTOID};
	CatalogAccess access;
	Datum		values[4];
	ListCell   *lc;

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);

	catalog_open(&access);
	/* two sessions that each add one half of a cycle must see each other */
	if (after != NIL)
		catalog_run(SPI_OK_UTILITY,
					"LOCK TABLE rsfed_catalog.schedule_after IN SHARE ROW EXCLUSIVE MODE",
					0, NULL, NULL, NULL);
	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.schedule_after WHERE relation_id = $1 AND schedule_name = $2",
				2, types, values, NULL);
	foreach(lc, after)
	{
		ScheduleRef *ref = lfirst(lc);

		values[2] = Int32GetDatum(ref->relation_id);
		values[3] = CStringGetTextDatum(ref->name);
		catalog_run(SPI_OK_INSERT,
					"INSERT INTO rsfed_catalog.schedule_after VALUES ($1, $2, $3, $4)"
					" ON CONFLICT DO NOTHING",
					4, types, values, NULL);
	}
	catalog_close(&access);
	if (after != NIL)
		refuse_cycle(relation_id, name);
}

/* The label of a schedule, as LABEL makes it. */
static char *
schedule_label(CatalogAccess *access, int32 relation_id, const char *name)
{
	static const Oid types[] = {INT4OID, TEXTOID};
	Datum		values[2] = {Int32GetDatum(relation_id), CStringGetTextDatum(name)};

	if (catalog_run(SPI_OK_SELECT,
					"SELECT " LABEL("$2", "r") " FROM rsfed_catalog.relation r WHERE relation_id = $1",
					2, types, values, NULL) != 1)
		elog(ERROR, "relation %d is not known to rsfed", relation_id);
	return catalog_text(access, 0, 1);
}

/*
 * Raises 42P17 if the schedule waits for itself, directly or through others.
 */
static void
refuse_cycle(int32 relation_id, const char *name)
{
	CatalogAccess access;
	List	   *edges = NIL;
	List	   *seen = NIL;
	List	   *path = NIL;
	ListCell   *lc;
	StringInfoData detail;
	char	   *self;

	/* the latest state, even if the transaction's snapshot is old */
	catalog_open(&access);
	self = schedule_label(&access, relation_id, name);
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute("SELECT " LABEL("a.schedule_name", "r") ", " LABEL("a.after_schedule_name", "p")
					" FROM rsfed_catalog.schedule_after a"
					" JOIN rsfed_catalog.relation r ON r.relation_id = a.relation_id"
					" JOIN rsfed_catalog.relation p ON p.relation_id = a.after_relation_id",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read what schedules come after");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Edge	   *edge = palloc(sizeof(Edge));

		edge->from = catalog_text(&access, i, 1);
		edge->to = catalog_text(&access, i, 2);
		edges = lappend(edges, edge);
	}
	PopActiveSnapshot();

	if (find_path(edges, self, self, &seen, &path))
	{
		MemoryContextSwitchTo(access.caller);
		initStringInfo(&detail);
		appendStringInfoString(&detail, self);
		detail.data[0] = pg_toupper((unsigned char) detail.data[0]);
		foreach(lc, path)
			appendStringInfo(&detail, " comes after %s%s", (char *) lfirst(lc),
							 lnext(path, lc) ? ", which" : ".");
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("schedules would wait for each other"),
				 errdetail_internal("%s", detail.data),
				 errhint("Leave one of them out of the option \"after\".")));
	}
	catalog_close(&access);
}

/* Finds a path from "from" to the goal, at least one step long, in *path. */
static bool
find_path(List *edges, const char *from, const char *goal, List **seen, List **path)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, edges)
	{
		Edge	   *edge = lfirst(lc);

		if (strcmp(edge->from, from) != 0)
			continue;
		if (strcmp(edge->to, goal) == 0)
		{
			*path = lcons(edge->to, *path);
			return true;
		}
		if (names_hold(*seen, edge->to))
			continue;
		*seen = lappend(*seen, edge->to);
		if (find_path(edges, edge->to, goal, seen, path))
		{
			*path = lcons(edge->to, *path);
			return true;
		}
	}
	return false;
}

List *
after_names(int32 relation_id, const char *name)
{
	static const Oid types[] = {INT4OID, TEXTOID};
	Datum		values[2] = {Int32GetDatum(relation_id), CStringGetTextDatum(name)};

	return catalog_names("SELECT concat(" TITLE("r") ","
						 " CASE WHEN a.after_schedule_name <> 'refresh' THEN '/' || a.after_schedule_name END)"
						 " FROM rsfed_catalog.schedule_after a"
						 " JOIN rsfed_catalog.relation r ON r.relation_id = a.after_relation_id"
						 " WHERE a.relation_id = $1 AND a.schedule_name = $2"
						 " ORDER BY r.schema_name, r.relation_name, a.after_schedule_name",
						 2, types, values);
}

void
after_forget(int32 relation_id, const char *name)
{
	static const Oid types[] = {INT4OID, TEXTOID};
	CatalogAccess access;
	Datum		values[2];
	char		nulls[] = "  ";
	uint64		n;

	values[0] = Int32GetDatum(relation_id);
	values[1] = name ? CStringGetTextDatum(name) : (Datum) 0;
	nulls[1] = name ? ' ' : 'n';

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.schedule_after"
				" WHERE relation_id = $1 AND ($2 IS NULL OR schedule_name = $2)",
				2, types, values, nulls);
	n = catalog_run(SPI_OK_SELECT,
					"WITH gone AS (DELETE FROM rsfed_catalog.schedule_after a"
					" USING rsfed_catalog.relation r, rsfed_catalog.relation p"
					" WHERE a.after_relation_id = $1 AND ($2 IS NULL OR a.after_schedule_name = $2)"
					" AND r.relation_id = a.relation_id AND p.relation_id = a.after_relation_id"
					" RETURNING " LABEL("a.schedule_name", "r") " AS one, "
					LABEL("a.after_schedule_name", "p") " AS other)"
					" SELECT one, other FROM gone ORDER BY one, other",
					2, types, values, nulls);
	for (uint64 i = 0; i < n; i++)
		ereport(NOTICE,
				(errmsg("%s no longer comes after %s",
						catalog_text(&access, i, 1), catalog_text(&access, i, 2))));
	catalog_close(&access);
}

/*
 * Each waiting run with the schedules that it still waits for and those that
 * failed, NULL if there are none.  The lookups use indexes; only few runs wait
 * at a time.
 */
static const char waiting_runs[] =
"SELECT q.run_id, " TITLE("q") ", x.waits_for, x.failed,"
" x.waits_for IS DISTINCT FROM q.waits_for"
" FROM rsfed_catalog.run q"
" CROSS JOIN LATERAL (SELECT COALESCE((SELECT COALESCE(p.started_at, p.finished_at)"
"  FROM rsfed_catalog.run p"
"  WHERE p.relation_id = q.relation_id AND p.schedule_name = q.schedule_name"
"  AND p.run_id < q.run_id"
"  AND (p.started_at IS NOT NULL OR (p.status = 'skipped' AND p.waits_for IS NOT NULL))"
"  ORDER BY p.run_id DESC LIMIT 1), '-infinity') AS began) b"
" CROSS JOIN LATERAL (SELECT string_agg(d.label, ', ' ORDER BY d.label)"
"  FILTER (WHERE d.is_open OR d.status IS NULL) AS waits_for,"
"  string_agg(format('Run %s of %s: %s.', d.run_id, d.label, d.status), ' ' ORDER BY d.label)"
"  FILTER (WHERE NOT d.is_open AND d.status NOT IN ('published', 'unchanged')) AS failed"
"  FROM (SELECT " LABEL("s.schedule_name", "r") " AS label, l.run_id, l.status,"
"   s.next_run_at <= q.due_at OR EXISTS (SELECT FROM rsfed_catalog.run o"
"    WHERE o.relation_id = s.relation_id AND o.schedule_name = s.schedule_name"
"    AND o.status IN ('queued', 'running')"
"    AND (o.due_at <= q.due_at OR o.attempt > 1)) AS is_open"
"   FROM rsfed_catalog.schedule_after a"
"   JOIN rsfed_catalog.schedule s ON s.relation_id = a.after_relation_id"
"    AND s.schedule_name = a.after_schedule_name"
"   JOIN rsfed_catalog.relation r ON r.relation_id = s.relation_id"
"   LEFT JOIN LATERAL (SELECT e.run_id, e.status FROM rsfed_catalog.run e"
"    WHERE e.relation_id = s.relation_id AND e.schedule_name = s.schedule_name"
"    AND e.finished_at > b.began ORDER BY e.finished_at DESC LIMIT 1) l ON true"
"   WHERE a.relation_id = q.relation_id AND a.schedule_name = q.schedule_name) d) x"
" WHERE q.status = 'queued' AND q.waits_for IS NOT NULL ORDER BY q.run_id";

/* A run as waiting_runs found it. */
typedef struct WaitingRun
{
	int64		run_id;
	char	   *relation;
	char	   *waits_for;
	char	   *failed;
	bool		changed;
} WaitingRun;

/* Ends a run whose predecessor failed; true if it was still queued. */
static bool
skip_run(const WaitingRun *run)
{
	static const Oid types[] = {INT8OID, TEXTOID};
	Datum		values[2] = {Int64GetDatum(run->run_id), CStringGetTextDatum(run->failed)};

	/*
	 * waits_for stays, to distinguish the run from those skipped for other
	 * reasons
	 */
	if (catalog_run(SPI_OK_UPDATE,
					"UPDATE rsfed_catalog.run SET status = 'skipped', finished_at = clock_timestamp(),"
					" note = concat('What it comes after did not succeed. ', $2)"
					" WHERE run_id = $1 AND status = 'queued'",
					2, types, values, NULL) != 1)
		return false;
	ereport(LOG,
			(errmsg("refresh of %s skipped: what it comes after did not succeed", run->relation),
			 errdetail_internal("%s", run->failed)));
	return true;
}

/*
 * Stores the schedules that a run waits for now; true if there are none left.
 */
static bool
update_run(const WaitingRun *run)
{
	static const Oid types[] = {INT8OID, TEXTOID};
	Datum		values[2];
	char		nulls[] = "  ";

	values[0] = Int64GetDatum(run->run_id);
	values[1] = run->waits_for ? CStringGetTextDatum(run->waits_for) : (Datum) 0;
	nulls[1] = run->waits_for ? ' ' : 'n';
	return catalog_run(SPI_OK_UPDATE,
					   "UPDATE rsfed_catalog.run SET waits_for = $2"
					   " WHERE run_id = $1 AND status = 'queued'",
					   2, types, values, nulls) == 1 && run->waits_for == NULL;
}

/*
 * Checks the waiting runs once; adds to *released, returns the number of
 * skipped runs.
 */
static int
look_at_waiting(int *released)
{
	CatalogAccess access;
	WaitingRun *runs;
	uint64		n;
	int			skipped = 0;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT, waiting_runs, 0, NULL, NULL, NULL);
	runs = palloc(sizeof(WaitingRun) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
	{
		runs[i].run_id = DatumGetInt64(catalog_datum(i, 1));
		runs[i].relation = catalog_text(&access, i, 2);
		runs[i].waits_for = catalog_text(&access, i, 3);
		runs[i].failed = catalog_text(&access, i, 4);
		runs[i].changed = DatumGetBool(catalog_datum(i, 5));
	}
	for (uint64 i = 0; i < n; i++)
	{
		if (runs[i].failed != NULL)
			skipped += skip_run(&runs[i]);
		else if (runs[i].changed)
			*released += update_run(&runs[i]);
	}
	catalog_close(&access);
	return skipped;
}

int
after_release(void)
{
	int			released = 0;

	/* each worker asks before each run, but runs rarely wait */
	if (row_find("run", "run_waits_for_idx", 0, NULL) == NULL)
		return 0;
	/* other runs may wait for the skipped ones */
	while (look_at_waiting(&released) > 0)
		CHECK_FOR_INTERRUPTS();
	return released;
}
