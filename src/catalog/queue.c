/*-------------------------------------------------------------------------
 *
 * queue.c
 *	  Chooses the next of the queued runs.
 *
 * Policy: a queued run may begin when its relation has no run at work, it
 * waits for no other schedule, its source has fewer runs than its limit, a
 * member that it may use has room if the source is a group, and its owner has
 * fewer runs than rsfed.max_runs_per_owner.  Among these the first is the one
 *
 *	1. whose owner has the fewest runs at work, so that owners share the
 *	   workers regardless of the number and the priority of the runs that each
 *	   queues;
 *	2. whose turn comes first (turn_at): the time when it was due, minus
 *	   PRIORITY_STEP for each step of its priority.  So the higher priority
 *	   goes first, within a priority the run that is overdue longest, and the
 *	   lowest priority gets its turn eventually.
 *
 * Only runs of workers count: a session that calls rsfed.refresh does not wait
 * and makes no run wait.
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
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/settings.h"
#include "base/writer.h"
#include "catalog/owner_scope.h"
#include "catalog/queue.h"
#include "catalog/row.h"

/*
 * The source of a run; for a set the source of any member, because all have
 * the same.  A scalar subquery, so that it is evaluated only for the rows that
 * are examined.
 */
#define SOURCE_OF(r) \
	"(SELECT u.source FROM rsfed_catalog.rollup u WHERE u.relation_id = COALESCE(" \
	"(SELECT m.relation_id FROM rsfed_catalog.set_member m" \
	" WHERE m.set_id = " r ".relation_id LIMIT 1), " r ".relation_id))"

/*
 * The runs at work with their owners; for a set its own run, not those of its
 * members.
 */
#define BUSY(source) \
	" busy AS MATERIALIZED (" \
	" SELECT b.relation_id, b.trigger IN ('schedule', 'request') AND b.set_run_id IS NULL AS is_worker," \
	" b.owner, b.schedule_name" source " FROM rsfed_catalog.run b WHERE b.status = 'running')"

/*
 * The same with the servers, and the room that these and the members of groups
 * have. $1, $2: sources with a limit, and the limits; $6 to $10: members as in
 * QueuePlace.  A run that may use only one member occupies room there from the
 * moment when it was taken, not only when it is connected.
 */
#define AT_WORK BUSY(", " SOURCE_OF("b") " AS source") "," \
	" sources AS MATERIALIZED (SELECT l.source, l.max_runs - (SELECT count(*)::int4 FROM busy b" \
	" WHERE b.is_worker AND b.source = l.source) AS room" \
	" FROM unnest($1::text[], $2::int4[]) AS l (source, max_runs))," \
	" places AS MATERIALIZED (SELECT p.source, p.server, p.works," \
	" CASE WHEN p.max_runs = 0 THEN 1000000 ELSE GREATEST(0, p.max_runs - GREATEST(p.runs," \
	" (SELECT count(*)::int4 FROM busy b JOIN rsfed_catalog.schedule s USING (relation_id, schedule_name)" \
	" WHERE b.is_worker AND s.options ->> 'member' = p.server))) END AS room" \
	" FROM unnest($6::text[], $7::text[], $8::int4[], $9::int4[], $10::bool[])" \
	" AS p (source, server, max_runs, runs, works))"

/*
 * The room of a run at the members that it may use; NULL if it may use none,
 * or if there is no limit: both need no room.  If none of them works, the run
 * will try the broken ones. $11, $12: relations and members as in QueueUnfit.
 */
#define MEMBERS_ROOM(r) \
	"(SELECT COALESCE(sum(p.room) FILTER (WHERE p.works), sum(p.room))::int4 FROM places p" \
	" WHERE p.source = " SOURCE_OF(r) \
	" AND NOT EXISTS (SELECT FROM rsfed_catalog.schedule s WHERE s.relation_id = " r ".relation_id" \
	" AND s.schedule_name = " r ".schedule_name AND (s.options ->> 'member' <> p.server" \
	" OR s.options -> 'not_members' ? p.server))" \
	" AND NOT EXISTS (SELECT FROM unnest($11::int4[], $12::text[]) AS f (relation_id, server)" \
	" WHERE f.server = p.server AND (f.relation_id = " r ".relation_id" \
	" OR EXISTS (SELECT FROM rsfed_catalog.set_member m" \
	" WHERE m.set_id = " r ".relation_id AND m.relation_id = f.relation_id))))"

/*
 * The owners of waiting runs, found by jumps from one to the next in
 * run_queue_idx.
 */
#define WAITING_OWNERS \
	" waiting AS (" \
	"(SELECT q.owner FROM rsfed_catalog.run q" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL ORDER BY q.owner LIMIT 1)" \
	" UNION ALL SELECT (SELECT q.owner FROM rsfed_catalog.run q" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL AND q.owner > w.owner" \
	" ORDER BY q.owner LIMIT 1) FROM waiting w WHERE w.owner IS NOT NULL)"

/*
 * These owners with their runs at work and their limits. $3:
 * rsfed.max_runs_per_owner, $4: rsfed.max_workers, $5: do the relations have
 * several owners?
 */
#define OWNERS \
	" owners AS MATERIALIZED (SELECT o.owner, o.at_work, CASE WHEN $3 > 0 THEN $3" \
	" WHEN o.at_work < $4 - 1 THEN $4 - 1" \
	" WHEN $5 THEN GREATEST($4 - 1, 1)" \
	" ELSE $4 END - o.at_work AS room" \
	" FROM (SELECT w.owner, (SELECT count(*)::int4 FROM busy b" \
	" WHERE b.is_worker AND b.owner = w.owner) AS at_work" \
	" FROM waiting w WHERE w.owner IS NOT NULL) AS o)"

/*
 * Runs that may begin, without the limits of their server, its members and
 * their owner.
 */
#define TAKEABLE_SOMEWHERE \
	" FROM rsfed_catalog.run q" \
	" WHERE q.status = 'queued' AND q.waits_for IS NULL AND q.owner = o.owner" \
	" AND (q.not_before IS NULL OR q.not_before <= clock_timestamp())" \
	" AND NOT EXISTS (SELECT FROM busy b WHERE b.relation_id = q.relation_id" \
	" OR EXISTS (SELECT FROM rsfed_catalog.set_member m" \
	" WHERE m.set_id = q.relation_id AND m.relation_id = b.relation_id))"

/* Without the limit of their owner. */
#define TAKEABLE \
	TAKEABLE_SOMEWHERE \
	" AND (NOT EXISTS (SELECT FROM sources) OR COALESCE((SELECT s.room FROM sources s" \
	" WHERE s.source = " SOURCE_OF("q") "), 1) > 0)" \
	" AND (NOT EXISTS (SELECT FROM places) OR COALESCE(" MEMBERS_ROOM("q") ", 1) > 0)"

/* The parameters $1 to $12 of the queries above. */
#define LIMIT_TYPES TEXTARRAYOID, INT4ARRAYOID, INT4OID, INT4OID, BOOLOID, \
	TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID, BOOLARRAYOID, \
	INT4ARRAYOID, TEXTARRAYOID
#define LIMITS 12

/*
 * Only one process takes a run at a time: a snapshot from before another's
 * commit would not show that the relation is already being refreshed.
 * Released at commit.
 */
void
queue_lock(void)
{
	Oid			nspid = get_namespace_oid("rsfed_catalog", false);

	LockDatabaseObject(NamespaceRelationId, nspid, 0, ExclusiveLock);
}

/*
 * Do the relations have several owners?  Kept, too, because each run needs it,
 * and a negative answer requires a look at each relation.
 */
static uint64 relation_generation = 1;
static uint64 owners_generation = 0;	/* when they were read; 0 = never */
static bool several_owners;

/* The callback for each table that is created, dropped or altered. */
static void
forget_owners(Datum arg, Oid relid)
{
	relation_generation++;
}

/* SPI must be open. */
static void
read_owners(void)
{
	static bool watching = false;
	uint64		generation;

	if (!watching)
		CacheRegisterRelcacheCallback(forget_owners, (Datum) 0);
	watching = true;
	/* a change that arrives during the read makes it stale */
	generation = relation_generation;
	catalog_run_kept(SPI_OK_SELECT,
					 "SELECT COALESCE(min(c.relowner) <> max(c.relowner), false)"
					 " FROM rsfed_catalog.relation_oid r JOIN pg_class c ON c.oid = r.relid",
					 0, NULL, NULL, NULL);
	several_owners = DatumGetBool(catalog_datum(0, 1));
	owners_generation = generation;
}

/* Elements of an array parameter, to be filled in. */
static Datum *
new_elements(List *list)
{
	return palloc(sizeof(Datum) * Max(list_length(list), 1));
}

static Datum
integers_of(Datum *elements, List *list)
{
	return PointerGetDatum(construct_array(elements, list_length(list), INT4OID, sizeof(int32), true,
										   TYPALIGN_INT));
}

/* The members of groups as parameters $6 to $10. */
static void
set_places(Datum *values, List *places)
{
	Datum	   *sources = new_elements(places);
	Datum	   *servers = new_elements(places);
	Datum	   *max_runs = new_elements(places);
	Datum	   *runs = new_elements(places);
	Datum	   *works = new_elements(places);
	int			i = 0;
	ListCell   *lc;

	foreach(lc, places)
	{
		const QueuePlace *place = lfirst(lc);

		sources[i] = CStringGetTextDatum(place->source);
		servers[i] = CStringGetTextDatum(place->server);
		max_runs[i] = Int32GetDatum(place->max_runs);
		runs[i] = Int32GetDatum(place->runs);
		works[i++] = BoolGetDatum(place->works);
	}
	values[0] = texts_to_array(sources, list_length(places));
	values[1] = texts_to_array(servers, list_length(places));
	values[2] = integers_of(max_runs, places);
	values[3] = integers_of(runs, places);
	values[4] = PointerGetDatum(construct_array(works, i, BOOLOID, sizeof(bool), true, TYPALIGN_CHAR));
}

/* The members that rollups skip, as parameters $11 and $12. */
static void
set_unfit(Datum *values, List *unfit)
{
	Datum	   *relations = new_elements(unfit);
	Datum	   *servers = new_elements(unfit);
	int			i = 0;
	ListCell   *lc;

	foreach(lc, unfit)
	{
		const QueueUnfit *one = lfirst(lc);

		relations[i] = Int32GetDatum(one->relation_id);
		servers[i++] = CStringGetTextDatum(one->server);
	}
	values[0] = integers_of(relations, unfit);
	values[1] = texts_to_array(servers, list_length(unfit));
}

/* The limits as parameters, which live in the current memory context.  SPI must be open. */
static void
set_limits(Datum *values, const QueueLimits *limits)
{
	Datum	   *names = new_elements(limits->sources);
	Datum	   *numbers = new_elements(limits->sources);
	int			i = 0;
	ListCell   *lc;

	if (owners_generation != relation_generation)
		read_owners();
	foreach(lc, limits->sources)
	{
		const QueueLimit *limit = lfirst(lc);

		names[i] = CStringGetTextDatum(limit->source);
		numbers[i++] = Int32GetDatum(limit->max_runs);
	}
	values[0] = texts_to_array(names, list_length(limits->sources));
	values[1] = integers_of(numbers, limits->sources);
	values[2] = Int32GetDatum(rsfed_max_runs_per_owner);
	values[3] = Int32GetDatum(rsfed_max_workers);
	values[4] = BoolGetDatum(several_owners);
	set_places(&values[5], limits->places);
	set_unfit(&values[10], limits->unfit);
}

bool
queue_any(void)
{
	RowKey		key = {"status", CStringGetTextDatum("queued")};

	return row_find("run", "run_open_idx", 1, &key) != NULL;
}

/*
 * A run that begins has not asked Redshift yet, so it also satisfies equal
 * requests, which end with it.  Most of these never become runs of their own
 * (run_find_queued), but transactions that request the same at the same time
 * do not see each other's requests.  If they locked something, one would have
 * to wait for the other's end without limit, and two with two requests each
 * would deadlock.
 */
void
queue_join_equal(int64 run_id, int32 relation_id)
{
	RowKey		keys[2];
	CatalogAccess access;
	Datum		values[1] = {Int64GetDatum(run_id)};

	keys[0] = (RowKey) {"status", CStringGetTextDatum("queued")};
	keys[1] = (RowKey) {"relation_id", Int32GetDatum(relation_id)};
	if (row_find("run", "run_open_idx", lengthof(keys), keys) == NULL)
		return;

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run SET status = 'skipped', finished_at = clock_timestamp(),"
				" joined_run_id = $1, note = format('It asked for the same as run %s.', $1)"
				" WHERE run_id IN (SELECT q.run_id FROM rsfed_catalog.run q, rsfed_catalog.run t"
				" WHERE t.run_id = $1 AND q.status = 'queued' AND q.trigger = 'request'"
				" AND q.relation_id = t.relation_id AND q.method IS NOT DISTINCT FROM t.method"
				" AND q.since IS NOT DISTINCT FROM t.since AND q.until IS NOT DISTINCT FROM t.until"
				" AND q.part IS NOT DISTINCT FROM t.part FOR UPDATE OF q SKIP LOCKED)",
				1, (Oid[]) {INT8OID}, values, NULL);
	catalog_close(&access);
}

/*
 * The statement of queue_take(), with or without the limits of servers, which
 * are rarely set.
 */
#define TAKE(at_work, takeable) \
	"WITH RECURSIVE" WAITING_OWNERS "," at_work "," OWNERS \
	" UPDATE rsfed_catalog.run t SET status = 'running', pid = $13, backend_start = $14," \
	" writer = $15, started_at = clock_timestamp()" \
	" WHERE t.run_id = (SELECT n.run_id FROM owners o" \
	" CROSS JOIN LATERAL (SELECT q.run_id, q.turn_at" takeable \
	" ORDER BY q.turn_at, q.run_id LIMIT 1 FOR UPDATE OF q SKIP LOCKED) AS n" \
	" WHERE o.room > 0 ORDER BY o.at_work, n.turn_at, n.run_id LIMIT 1)" \
	" RETURNING " RUN_COLUMNS("t")

Run *
queue_take(const QueueLimits *limits)
{
	static const Oid types[] = {LIMIT_TYPES, INT4OID, TIMESTAMPTZOID, TEXTOID};
	CatalogAccess access;
	Datum		values[LIMITS + 3];
	Run		   *run = NULL;

	catalog_open(&access);
	set_limits(values, limits);
	values[LIMITS] = Int32GetDatum(MyProcPid);
	values[LIMITS + 1] = TimestampTzGetDatum(MyStartTimestamp);
	values[LIMITS + 2] = CStringGetTextDatum(writer_epoch());
	if (catalog_run_kept(SPI_OK_UPDATE_RETURNING,
						 limits->sources != NIL || limits->places != NIL ? TAKE(AT_WORK, TAKEABLE) : TAKE(BUSY(""), TAKEABLE_SOMEWHERE),
						 LIMITS + 3, types, values, NULL) == 1)
		run = run_from_row(&access, 0);
	catalog_close(&access);
	return run;
}

/* The rest of a limit for other runs of the same server or owner. */
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
queue_count_takeable(const QueueLimits *limits)
{
	static const Oid types[] = {LIMIT_TYPES};
	CatalogAccess access;
	Datum		values[LIMITS];
	List	   *sources = NIL;
	List	   *members = NIL;
	List	   *owners = NIL;
	uint64		n;
	int			count = 0;

	/*
	 * Counts one run per relation, and per server, usable members and owner as
	 * many as there is room for.
	 */
	catalog_open(&access);
	set_limits(values, limits);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "WITH RECURSIVE" WAITING_OWNERS "," AT_WORK "," OWNERS
						 " SELECT n.runs, COALESCE(n.source, ''),"
						 " COALESCE((SELECT s.room FROM sources s WHERE s.source = n.source), $4),"
						 " o.owner::text, o.room, concat_ws(' ', n.source, n.members, n.members_room),"
						 " COALESCE(n.members_room, $4)"
						 " FROM owners o CROSS JOIN LATERAL"
						 " (SELECT count(DISTINCT t.relation_id)::int4 AS runs, t.source, t.members, t.members_room FROM"
						 " (SELECT q.relation_id, " SOURCE_OF("q") "::text AS source,"
						 " CASE WHEN EXISTS (SELECT FROM places) THEN (SELECT concat_ws(' ',"
						 " s.options ->> 'member', s.options ->> 'not_members') FROM rsfed_catalog.schedule s"
						 " WHERE s.relation_id = q.relation_id AND s.schedule_name = q.schedule_name) END AS members,"
						 " CASE WHEN EXISTS (SELECT FROM places) THEN " MEMBERS_ROOM("q") " END AS members_room"
						 TAKEABLE ") AS t"
						 " GROUP BY t.source, t.members, t.members_room) AS n WHERE o.room > 0",
						 LIMITS, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Room	   *source = find_room(&sources, catalog_text(&access, i, 2),
									   DatumGetInt32(catalog_datum(i, 3)));
		Room	   *owner = find_room(&owners, catalog_text(&access, i, 4),
									  DatumGetInt32(catalog_datum(i, 5)));
		Room	   *member = find_room(&members, catalog_text(&access, i, 6),
									   DatumGetInt32(catalog_datum(i, 7)));
		int			fit = Min(Min(DatumGetInt32(catalog_datum(i, 1)), member->left),
							  Min(source->left, owner->left));

		source->left -= fit;
		member->left -= fit;
		owner->left -= fit;
		count += fit;
	}
	catalog_close(&access);
	return count;
}

List *
queue_rollups(const char *source)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(source)};
	CatalogAccess access;
	List	   *ids = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT u.relation_id FROM rsfed_catalog.rollup u WHERE u.source = $1::name"
						 " AND EXISTS (SELECT FROM rsfed_catalog.run q WHERE q.status = 'queued'"
						 " AND (q.relation_id = u.relation_id OR q.relation_id IN (SELECT m.set_id"
						 " FROM rsfed_catalog.set_member m WHERE m.relation_id = u.relation_id)))",
						 1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);

		ids = lappend_int(ids, DatumGetInt32(catalog_datum(i, 1)));
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return ids;
}
