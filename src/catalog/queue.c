/*-------------------------------------------------------------------------
 *
 * queue.c
 *	  Which of the queued runs is next.
 *
 * Policy: a queued run may begin when its relation has no run at work, it waits
 * for no other schedule, its server has fewer runs than the option max_runs
 * allows, and its owner fewer than rsfed.max_runs_per_owner.  Of these the
 * first is the one
 *
 *	1. whose owner has the fewest runs at work, so that workers are shared out
 *	   whatever anybody queues, and whatever priority he gives it;
 *	2. whose turn comes first (turn_at): when it was due, where each step of its
 *	   priority counts as PRIORITY_STEP earlier.  So the higher priority goes
 *	   first, of one priority what is overdue longest, and the lowest one has its
 *	   turn after all.
 *
 * Only runs of workers count: a session that calls rsfed.refresh waits for
 * nobody, and keeps nobody waiting.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/owner_scope.h"
#include "catalog/queue.h"

/*
 * What is at work, and of which servers and owners.  $1, $2: servers with the
 * option max_runs, and its values.
 */
#define AT_WORK \
	" busy AS MATERIALIZED (" \
	" SELECT b.relation_id, b.trigger IN ('schedule', 'request') AS is_worker, b.owner, u.source" \
	" FROM rsfed_catalog.run b" \
	" LEFT JOIN rsfed_catalog.rollup u ON u.relation_id = b.relation_id" \
	" WHERE b.status = 'running')," \
	" sources AS MATERIALIZED (SELECT l.source, l.max_runs - (SELECT count(*)::int4 FROM busy b" \
	" WHERE b.is_worker AND b.source = l.source) AS room" \
	" FROM unnest($1::text[], $2::int4[]) AS l (source, max_runs))"

/* The owners of what waits, found by jumps from one to the next in run_queue_idx. */
#define WAITING_OWNERS \
	" waiting AS (" \
	"(SELECT q.owner FROM rsfed_catalog.run q" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL ORDER BY q.owner LIMIT 1)" \
	" UNION ALL SELECT (SELECT q.owner FROM rsfed_catalog.run q" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL AND q.owner > w.owner" \
	" ORDER BY q.owner LIMIT 1) FROM waiting w WHERE w.owner IS NOT NULL)"

/*
 * These with what they have at work and may have.  $3: rsfed.max_runs_per_owner,
 * $4: rsfed.max_workers.  Whether there are several owners is looked up only
 * where it matters.
 */
#define OWNERS \
	" owners AS MATERIALIZED (SELECT o.owner, o.at_work, CASE WHEN $3 > 0 THEN $3" \
	" WHEN o.at_work < $4 - 1 THEN $4 - 1" \
	" WHEN (SELECT min(c.relowner) <> max(c.relowner) FROM rsfed_catalog.relation_oid r" \
	" JOIN pg_class c ON c.oid = r.relid) THEN GREATEST($4 - 1, 1)" \
	" ELSE $4 END - o.at_work AS room" \
	" FROM (SELECT w.owner, (SELECT count(*)::int4 FROM busy b" \
	" WHERE b.is_worker AND b.owner = w.owner) AS at_work" \
	" FROM waiting w WHERE w.owner IS NOT NULL) AS o)"

/* Runs that may begin, but for the room of their owner. */
#define TAKEABLE \
	" FROM rsfed_catalog.run q" \
	" LEFT JOIN rsfed_catalog.rollup u ON u.relation_id = q.relation_id" \
	" LEFT JOIN sources s ON s.source = u.source" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL AND q.owner = o.owner" \
	" AND (q.not_before IS NULL OR q.not_before <= clock_timestamp())" \
	" AND NOT EXISTS (SELECT FROM busy b WHERE b.relation_id = q.relation_id)" \
	" AND (s.room IS NULL OR s.room > 0)"

/* The parameters $1 to $4 of the above. */
#define LIMIT_TYPES TEXTARRAYOID, INT4ARRAYOID, INT4OID, INT4OID
#define LIMITS 4

/*
 * One taker at a time: a snapshot taken before another's commit would not see
 * that the relation is already being refreshed.  Released at commit.
 */
static void
lock_queue(void)
{
	Oid			nspid = get_namespace_oid("rsfed_catalog", false);

	LockDatabaseObject(NamespaceRelationId, nspid, 0, ExclusiveLock);
}

/*
 * The limits as parameters.  What a server's option holds was checked when it
 * was given, and is read as all options are.  SPI must be open.
 */
static void
set_limits(Datum *values)
{
	uint64		n;
	Datum	   *names;
	Datum	   *limits;
	int			count = 0;

	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT s.srvname::text, o.option_value FROM pg_foreign_server s"
						 " JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
						 " CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) AS o"
						 " WHERE w.fdwname = 'rsfed' AND o.option_name = 'max_runs'",
						 0, NULL, NULL, NULL);
	names = palloc(sizeof(Datum) * Max(n, 1));
	limits = palloc(sizeof(Datum) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
	{
		int			limit = option_int_text(OPTION_SERVER, "max_runs",
											TextDatumGetCString(catalog_datum(i, 2)));

		if (limit == 0)
			continue;
		names[count] = PointerGetDatum(PG_DETOAST_DATUM_COPY(catalog_datum(i, 1)));
		limits[count++] = Int32GetDatum(limit);
	}
	values[0] = PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_array(limits, count, INT4OID, sizeof(int32), true,
												TYPALIGN_INT));
	values[2] = Int32GetDatum(rsfed_max_runs_per_owner);
	values[3] = Int32GetDatum(rsfed_max_workers);
}

Run *
queue_take(void)
{
	static const Oid types[] = {LIMIT_TYPES, INT4OID, TIMESTAMPTZOID};
	CatalogAccess access;
	Datum		values[LIMITS + 2];
	Run		   *run = NULL;
	Datum		part;

	lock_queue();
	catalog_open(&access);
	set_limits(values);
	values[LIMITS] = Int32GetDatum(MyProcPid);
	values[LIMITS + 1] = TimestampTzGetDatum(MyStartTimestamp);
	if (catalog_run_kept(SPI_OK_UPDATE_RETURNING,
						 "WITH RECURSIVE" WAITING_OWNERS "," AT_WORK "," OWNERS
						 " UPDATE rsfed_catalog.run t SET status = 'running', pid = $5, backend_start = $6,"
						 " started_at = clock_timestamp()"
						 " WHERE t.run_id = (SELECT n.run_id FROM owners o"
						 " CROSS JOIN LATERAL (SELECT q.run_id, q.turn_at" TAKEABLE
						 " ORDER BY q.turn_at, q.run_id LIMIT 1 FOR UPDATE OF q SKIP LOCKED) AS n"
						 " WHERE o.room > 0 ORDER BY o.at_work, n.turn_at, n.run_id LIMIT 1)"
						 " RETURNING t.run_id, t.relation_id, t.trigger, t.schedule_name, t.method,"
						 " t.since, t.until, t.part, t.requested_at, t.due_at, t.priority::int4, t.attempt::int4",
						 LIMITS + 2, types, values, NULL) == 1)
	{
		run = MemoryContextAllocZero(access.caller, sizeof(Run));
		run->run_id = DatumGetInt64(catalog_datum(0, 1));
		run->request.relation_id = DatumGetInt32(catalog_datum(0, 2));
		run->request.trigger = catalog_text(&access, 0, 3);
		run->request.schedule_name = catalog_text(&access, 0, 4);
		run->request.method = catalog_text(&access, 0, 5);
		run->request.since = catalog_text(&access, 0, 6);
		run->request.until = catalog_text(&access, 0, 7);
		part = catalog_copy(&access, 0, 8);
		run->request.part = part == (Datum) 0 ? NULL : DatumGetJsonbP(part);
		run->requested_at = DatumGetTimestampTz(catalog_datum(0, 9));
		run->request.due_at = DatumGetTimestampTz(catalog_datum(0, 10));
		run->request.priority = DatumGetInt32(catalog_datum(0, 11));
		run->request.attempt = DatumGetInt32(catalog_datum(0, 12));
	}
	catalog_close(&access);
	return run;
}

/* What is left of a limit for others of the same server or owner. */
typedef struct Room
{
	char	   *name;
	int			left;
} Room;

/* The entry of that name, made with "left" if there is none. */
static Room *
find_room(List **rooms, char *name, int left)
{
	ListCell   *lc;
	Room	   *room;

	foreach(lc, *rooms)
	{
		room = lfirst(lc);
		if (strcmp(room->name, name) == 0)
			return room;
	}
	room = palloc(sizeof(Room));
	room->name = name;
	room->left = left;
	*rooms = lappend(*rooms, room);
	return room;
}

int
queue_count_takeable(void)
{
	static const Oid types[] = {LIMIT_TYPES};
	CatalogAccess access;
	Datum		values[LIMITS];
	List	   *sources = NIL;
	List	   *owners = NIL;
	uint64		n;
	int			count = 0;

	/* of one relation only one at a time, of a server and an owner so many as there is room for */
	catalog_open(&access);
	set_limits(values);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "WITH RECURSIVE" WAITING_OWNERS "," AT_WORK "," OWNERS
						 " SELECT n.runs, COALESCE(n.source, ''), COALESCE(n.room, $4), o.owner::text, o.room"
						 " FROM owners o CROSS JOIN LATERAL (SELECT count(DISTINCT q.relation_id)::int4 AS runs,"
						 " u.source::text, min(s.room) AS room" TAKEABLE
						 " GROUP BY u.source) AS n WHERE o.room > 0",
						 LIMITS, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Room	   *source = find_room(&sources, catalog_text(&access, i, 2),
									   DatumGetInt32(catalog_datum(i, 3)));
		Room	   *owner = find_room(&owners, catalog_text(&access, i, 4),
									  DatumGetInt32(catalog_datum(i, 5)));
		int			fit = Min(DatumGetInt32(catalog_datum(i, 1)), Min(source->left, owner->left));

		source->left -= fit;
		owner->left -= fit;
		count += fit;
	}
	catalog_close(&access);
	return count;
}
