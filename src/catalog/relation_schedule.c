/*-------------------------------------------------------------------------
 *
 * relation_schedule.c
 *	  rsfed_catalog.schedule: the schedules of relations.
 *
 * Policy: next_run_at is authoritative.  It advances in the transaction that
 * queues the run, so that a due time is neither lost nor used twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/budget.h"
#include "catalog/held.h"
#include "catalog/owner_scope.h"
#include "catalog/relation_schedule.h"
#include "catalog/row.h"

#define SCHEDULE_COLUMNS \
	"s.relation_id, s.schedule_name, s.schedule, s.method, s.timezone, s.options, s.anchor, s.next_run_at"

/*
 * May the relation r and its schedule s run at $1?  The pause of all relations
 * is one row at most.
 */
#define NOT_PAUSED \
	" s.paused_at IS NULL AND (r.paused_at IS NULL OR r.paused_until <= $1)" \
	" AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.pause p" \
	" WHERE p.paused_until IS NULL OR p.paused_until > $1)"

/*
 * Is the schedule s not held, neither for the owner's log-in nor for a budget?
 * The tables are read only if there is any hold: $2 tells that, as a constant
 * for the planner.
 */
#define NOT_HELD \
	" AND (NOT $2 OR NOT EXISTS (SELECT 1 FROM rsfed_catalog.held_relation h" \
	" WHERE h.relation_id = s.relation_id)" \
	" AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.held_budget b" \
	" WHERE b.relation_id = s.relation_id))"

bool
schedules_any_held(void)
{
	return held_any() || budget_holds_any();
}

/* A row of SCHEDULE_COLUMNS, in the caller's memory context. */
static RelationSchedule *
schedule_from_row(CatalogAccess *access, uint64 row)
{
	RelationSchedule *schedule = MemoryContextAllocZero(access->caller, sizeof(RelationSchedule));

	schedule->relation_id = DatumGetInt32(catalog_datum(row, 1));
	schedule->name = catalog_text(access, row, 2);
	schedule->schedule = catalog_text(access, row, 3);
	schedule->method = catalog_text(access, row, 4);
	schedule->timezone = catalog_text(access, row, 5);
	schedule->options = DatumGetJsonbP(catalog_copy(access, row, 6));
	schedule->anchor = DatumGetTimestampTz(catalog_datum(row, 7));
	schedule->next_run_at = DatumGetTimestampTz(catalog_datum(row, 8));
	return schedule;
}

RelationSchedule *
schedule_load(int32 relation_id, const char *name)
{
	RowKey		keys[2];
	CatalogRow *row;
	RelationSchedule *schedule;

	keys[0] = (RowKey) {"relation_id", Int32GetDatum(relation_id)};
	keys[1] = (RowKey) {"schedule_name", CStringGetDatum(name)};
	row = row_find("schedule", NULL, lengthof(keys), keys);
	if (row == NULL)
		return NULL;
	schedule = palloc0(sizeof(RelationSchedule));
	schedule->relation_id = relation_id;
	schedule->name = row_text(row, "schedule_name");
	schedule->schedule = row_text(row, "schedule");
	schedule->method = row_text(row, "method");
	schedule->timezone = row_text(row, "timezone");
	schedule->options = DatumGetJsonbPCopy(row_datum(row, "options"));
	schedule->anchor = row_time(row, "anchor");
	schedule->next_run_at = row_time(row, "next_run_at");
	return schedule;
}

void
schedule_store(const RelationSchedule *schedule)
{
	static const Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID,
	TIMESTAMPTZOID, TIMESTAMPTZOID};
	CatalogAccess access;
	Datum		values[8];
	char		nulls[] = "        ";

	values[0] = Int32GetDatum(schedule->relation_id);
	values[1] = CStringGetTextDatum(schedule->name);
	values[2] = CStringGetTextDatum(schedule->schedule);
	values[3] = schedule->method ? CStringGetTextDatum(schedule->method) : (Datum) 0;
	nulls[3] = schedule->method ? ' ' : 'n';
	values[4] = CStringGetTextDatum(schedule->timezone);
	values[5] = JsonbPGetDatum(schedule->options);
	values[6] = TimestampTzGetDatum(schedule->anchor);
	values[7] = TimestampTzGetDatum(schedule->next_run_at);

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.schedule AS s (relation_id, schedule_name, schedule, method,"
				" timezone, options, anchor, next_run_at)"
				" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
				" ON CONFLICT (relation_id, schedule_name) DO UPDATE SET"
				" schedule = EXCLUDED.schedule, method = EXCLUDED.method,"
				" timezone = EXCLUDED.timezone, options = EXCLUDED.options,"
				" anchor = EXCLUDED.anchor, next_run_at = EXCLUDED.next_run_at,"
				" failures = 0, paused_at = NULL, pause_reason = NULL",
				8, types, values, nulls);
	catalog_close(&access);
}

bool
schedule_delete(int32 relation_id, const char *name)
{
	static const Oid types[] = {INT4OID, TEXTOID};
	CatalogAccess access;
	Datum		values[2];
	uint64		n;

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);

	catalog_open(&access);
	n = catalog_run(SPI_OK_DELETE,
					"DELETE FROM rsfed_catalog.schedule"
					" WHERE relation_id = $1"
					" AND schedule_name = $2",
					2, types, values, NULL);
	catalog_close(&access);
	return n > 0;
}

List *
schedule_names(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};

	return catalog_names("SELECT schedule_name FROM rsfed_catalog.schedule"
						 " WHERE relation_id = $1 ORDER BY schedule_name",
						 1, types, values);
}

/* The rows of the last statement as a List in the caller's memory context. */
static List *
schedules_from_rows(CatalogAccess *access, uint64 n)
{
	MemoryContext old = MemoryContextSwitchTo(access->caller);
	List	   *schedules = NIL;

	for (uint64 i = 0; i < n; i++)
		schedules = lappend(schedules, schedule_from_row(access, i));
	MemoryContextSwitchTo(old);
	return schedules;
}

List *
schedules_due(TimestampTz now, bool any_held, int limit)
{
	static const Oid types[] = {TIMESTAMPTZOID, BOOLOID, INT4OID};
	CatalogAccess access;
	Datum		values[3];
	List	   *due;
	uint64		n;

	values[0] = TimestampTzGetDatum(now);
	values[1] = BoolGetDatum(any_held);
	values[2] = Int32GetDatum(limit);

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT " SCHEDULE_COLUMNS " FROM rsfed_catalog.schedule s"
						 " JOIN rsfed_catalog.relation r ON r.relation_id = s.relation_id"
						 " WHERE s.next_run_at <= $1 AND" NOT_PAUSED NOT_HELD
						 " ORDER BY s.next_run_at, s.relation_id, s.schedule_name LIMIT $3"
						 " FOR UPDATE OF s SKIP LOCKED",
						 3, types, values, NULL);
	due = schedules_from_rows(&access, n);
	catalog_close(&access);
	return due;
}

List *
schedules_after(TimestampTz now)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		values[1] = {TimestampTzGetDatum(now)};
	CatalogAccess access;
	List	   *later;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT " SCHEDULE_COLUMNS " FROM rsfed_catalog.schedule s"
					" WHERE s.next_run_at > $1 AND isfinite(s.next_run_at)",
					1, types, values, NULL);
	later = schedules_from_rows(&access, n);
	catalog_close(&access);
	return later;
}

/*
 * Runs an UPDATE of one schedule's next_run_at: $1 and $2 say which, $3 is the
 * time, $4 another value of that type if it is valid. command is a string
 * constant.
 */
static void
update_next(const char *command, int32 relation_id, const char *name, TimestampTz next,
			Oid type, Datum more)
{
	Oid			types[] = {INT4OID, TEXTOID, TIMESTAMPTZOID, type};
	CatalogAccess access;
	Datum		values[4];

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);
	values[2] = TimestampTzGetDatum(next);
	values[3] = more;

	catalog_open(&access);
	catalog_run_kept(SPI_OK_UPDATE, command, OidIsValid(type) ? 4 : 3, types, values, NULL);
	catalog_close(&access);
}

/* RowChange: the schedule's next time. */
static bool
set_next(CatalogRow *row, void *arg)
{
	row_set(row, "next_run_at", TimestampTzGetDatum(*(TimestampTz *) arg));
	return true;
}

void
schedule_set_next(int32 relation_id, const char *name, TimestampTz next)
{
	RowKey		keys[2];

	keys[0] = (RowKey) {"relation_id", Int32GetDatum(relation_id)};
	keys[1] = (RowKey) {"schedule_name", CStringGetDatum(name)};
	(void) row_change("schedule", lengthof(keys), keys, set_next, &next);
}

void
schedule_move(const RelationSchedule *schedule, TimestampTz next)
{
	update_next("UPDATE rsfed_catalog.schedule SET next_run_at = $3"
				" WHERE relation_id = $1 AND schedule_name = $2 AND next_run_at = $4",
				schedule->relation_id, schedule->name, next,
				TIMESTAMPTZOID, TimestampTzGetDatum(schedule->next_run_at));
}

void
schedule_skip(int32 relation_id, const char *name, TimestampTz next, const char *reason)
{
	update_next("UPDATE rsfed_catalog.schedule SET next_run_at = $3, skipped = skipped + 1,"
				" last_skipped_at = next_run_at, skip_reason = $4"
				" WHERE relation_id = $1 AND schedule_name = $2",
				relation_id, name, next, TEXTOID, CStringGetTextDatum(reason));
}

void
schedule_put_back(int32 relation_id, const char *name, TimestampTz due_at)
{
	update_next("UPDATE rsfed_catalog.schedule SET next_run_at = LEAST(next_run_at, $3)"
				" WHERE relation_id = $1 AND schedule_name = $2",
				relation_id, name, due_at, InvalidOid, (Datum) 0);
}

bool
schedule_count_failure(int32 relation_id, const char *name, int max_failures, const char *message)
{
	static const Oid types[] = {INT4OID, TEXTOID, INT4OID, TEXTOID};
	CatalogAccess access;
	Datum		values[4];
	bool		paused;

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);
	values[2] = Int32GetDatum(max_failures);
	values[3] = CStringGetTextDatum(message);

	/* a run that continued after the pause changes nothing more */
	catalog_open(&access);
	paused = catalog_run(SPI_OK_UPDATE_RETURNING,
						 "UPDATE rsfed_catalog.schedule s SET failures = s.failures + 1,"
						 " paused_at = CASE WHEN s.failures + 1 >= $3 AND $3 > 0 THEN clock_timestamp() END,"
						 " pause_reason = CASE WHEN s.failures + 1 >= $3 AND $3 > 0 THEN"
						 " format(CASE s.failures WHEN 0 THEN 'It failed %s time in a row, the last time with: %s'"
						 " ELSE 'It failed %s times in a row, the last time with: %s' END, s.failures + 1, $4) END"
						 " WHERE s.relation_id = $1 AND s.schedule_name = $2 AND s.paused_at IS NULL"
						 " RETURNING s.paused_at IS NOT NULL",
						 4, types, values, NULL) == 1 && DatumGetBool(catalog_datum(0, 1));
	catalog_close(&access);
	return paused;
}

void
schedules_resume(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.schedule SET failures = 0, paused_at = NULL, pause_reason = NULL"
				" WHERE relation_id = $1 AND (failures > 0 OR paused_at IS NOT NULL)",
				1, types, values, NULL);
	catalog_close(&access);
}

bool
schedules_next_due(bool any_held, TimestampTz *next)
{
	static const Oid types[] = {INT4OID, BOOLOID};
	CatalogAccess access;
	Datum		values[2] = {Int32GetDatum(0), BoolGetDatum(any_held)};
	bool		found;

	/* a paused relation is due when both its pause and its time are over */
	catalog_open(&access);
	catalog_run_kept(SPI_OK_SELECT,
					 "SELECT min(GREATEST(s.next_run_at, r.paused_until,"
					 " (SELECT p.paused_until FROM rsfed_catalog.pause p)))"
					 " FROM rsfed_catalog.schedule s"
					 " JOIN rsfed_catalog.relation r ON r.relation_id = s.relation_id"
					 " WHERE s.paused_at IS NULL AND (r.paused_at IS NULL OR r.paused_until IS NOT NULL)"
					 " AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.pause p WHERE p.paused_until IS NULL)"
					 NOT_HELD,
					 2, types, values, NULL);
	found = !catalog_isnull(0, 1);
	if (found)
		*next = DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return found;
}
