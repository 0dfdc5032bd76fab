/*-------------------------------------------------------------------------
 *
 * schedules.c
 *	  rsfed_catalog.schedule: when relations are refreshed.
 *
 * Policy: next_run_at is the truth.  It moves on in the transaction that
 * queues the run, so that a due time is neither lost nor used twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/schedules.h"

#define SCHEDULE_COLUMNS \
	"s.relation_id, s.schedule_name, s.schedule, s.method, s.timezone, s.options, s.anchor, s.next_run_at"

/* Is the relation r free to run at $1?  The pause of all is one row at most. */
#define NOT_PAUSED \
	" (r.paused_at IS NULL OR r.paused_until <= $1)" \
	" AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.pause p" \
	" WHERE p.paused_until IS NULL OR p.paused_until > $1)"

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
	static const Oid types[] = {INT4OID, TEXTOID};
	CatalogAccess access;
	RelationSchedule *schedule = NULL;
	Datum		values[2];

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);

	catalog_open(&access);
	if (catalog_run_kept(SPI_OK_SELECT,
						 "SELECT " SCHEDULE_COLUMNS " FROM rsfed_catalog.schedule s"
						 " WHERE s.relation_id = $1"
						 " AND s.schedule_name = $2",
						 2, types, values, NULL) > 0)
		schedule = schedule_from_row(&access, 0);
	catalog_close(&access);
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
				" anchor = EXCLUDED.anchor, next_run_at = EXCLUDED.next_run_at",
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

List *
schedules_due(TimestampTz now, int limit)
{
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID};
	CatalogAccess access;
	Datum		values[2];
	List	   *due = NIL;
	uint64		n;
	MemoryContext old;

	values[0] = TimestampTzGetDatum(now);
	values[1] = Int32GetDatum(limit);

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT " SCHEDULE_COLUMNS " FROM rsfed_catalog.schedule s"
						 " JOIN rsfed_catalog.relation r ON r.relation_id = s.relation_id"
						 " WHERE s.next_run_at <= $1 AND" NOT_PAUSED
						 " ORDER BY s.next_run_at, s.relation_id, s.schedule_name LIMIT $2"
						 " FOR UPDATE OF s SKIP LOCKED",
						 2, types, values, NULL);
	old = MemoryContextSwitchTo(access.caller);
	for (uint64 i = 0; i < n; i++)
		due = lappend(due, schedule_from_row(&access, i));
	MemoryContextSwitchTo(old);
	catalog_close(&access);
	return due;
}

void
schedule_set_next(int32 relation_id, const char *name, TimestampTz next)
{
	static const Oid types[] = {INT4OID, TEXTOID, TIMESTAMPTZOID};
	CatalogAccess access;
	Datum		values[3];

	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(name);
	values[2] = TimestampTzGetDatum(next);

	catalog_open(&access);
	catalog_run_kept(SPI_OK_UPDATE,
					 "UPDATE rsfed_catalog.schedule SET next_run_at = $3"
					 " WHERE relation_id = $1"
					 " AND schedule_name = $2",
					 3, types, values, NULL);
	catalog_close(&access);
}

bool
schedules_next_due(TimestampTz *next)
{
	CatalogAccess access;
	bool		found;

	/* a paused relation is due when both its pause and its time are over */
	catalog_open(&access);
	catalog_run_kept(SPI_OK_SELECT,
					 "SELECT min(GREATEST(s.next_run_at, r.paused_until,"
					 " (SELECT p.paused_until FROM rsfed_catalog.pause p)))"
					 " FROM rsfed_catalog.schedule s"
					 " JOIN rsfed_catalog.relation r ON r.relation_id = s.relation_id"
					 " WHERE (r.paused_at IS NULL OR r.paused_until IS NOT NULL)"
					 " AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.pause p WHERE p.paused_until IS NULL)",
					 0, NULL, NULL, NULL);
	found = !catalog_isnull(0, 1);
	if (found)
		*next = DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return found;
}
