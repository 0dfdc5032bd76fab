/*-------------------------------------------------------------------------
 *
 * relation_delete.c
 *	  Removes a relation with all rows about it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "catalog/after.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/relation_delete.h"
#include "catalog/set_member.h"

/*
 * Deletes the rows about relation $1 from that table; called after
 * catalog_open.
 */
static void
delete_from(const char *table, int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};

	catalog_run(SPI_OK_DELETE,
				psprintf("DELETE FROM rsfed_catalog.%s WHERE relation_id = $1", table),
				1, types, values, NULL);
}

/* The name of a set that loses a member, and its remaining members. */
typedef struct Shrunk
{
	int32		set_id;
	char	   *name;
	char	   *member;
	int64		left;
} Shrunk;

/*
 * A relation is dropped: the sets that it is in continue without it or, if it
 * was the last member, are dropped too.  A NOTICE reports that.  Called before
 * its row is deleted.
 */
static void
forget_member(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(relation_id)};
	List	   *sets = NIL;
	ListCell   *lc;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"WITH gone AS (DELETE FROM rsfed_catalog.set_member m"
					" USING rsfed_catalog.relation s, rsfed_catalog.relation r"
					" WHERE m.relation_id = $1 AND s.relation_id = m.set_id AND r.relation_id = $1"
					" RETURNING m.set_id, s.relation_name::text AS name,"
					" format('%I.%I', r.schema_name, r.relation_name) AS member,"
					" (SELECT count(*) FROM rsfed_catalog.set_member o"
					" WHERE o.set_id = m.set_id AND o.relation_id <> $1) AS members_left)"
					" SELECT set_id, name, member, members_left FROM gone ORDER BY name COLLATE \"C\"",
					1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Shrunk	   *set = MemoryContextAlloc(access.caller, sizeof(Shrunk));
		MemoryContext spi;

		set->set_id = DatumGetInt32(catalog_datum(i, 1));
		set->name = catalog_text(&access, i, 2);
		set->member = catalog_text(&access, i, 3);
		set->left = DatumGetInt64(catalog_datum(i, 4));
		spi = MemoryContextSwitchTo(access.caller);
		sets = lappend(sets, set);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);

	foreach(lc, sets)
	{
		Shrunk	   *set = lfirst(lc);

		if (set->left > 0)
		{
			ereport(NOTICE,
					(errmsg("set \"%s\" goes on without %s", set->name, set->member)));
			continue;
		}
		set_replace_members(set->set_id, NIL);
		relation_delete(set->set_id);
		ereport(NOTICE,
				(errmsg("set \"%s\" is dropped with %s, its last member", set->name, set->member)));
	}
}

/*
 * Rows are locked in the order in which the end of a run locks them, because a
 * run that failed or found nothing new holds no lock on the table that is
 * being dropped.
 */
void
relation_delete(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	static const char *const written_by_runs[] = {"watermark", "probe", "lake_state",
	"lake_partition", "spending", "run_cost", "counter", "freshness", "published_freshness"};
	static const char *const others[] = {"schedule", "held_budget", "local_sort", "difference", "definition", "rollup",
	"relation_oid", "relation"};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(relation_id)};
	List	   *publications = published_in(relation_id);
	ListCell   *lc;

	/* no foreign keys do this: see tables.sql */
	catalog_open(&access);
	for (int i = 0; i < lengthof(written_by_runs); i++)
		delete_from(written_by_runs[i], relation_id);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run SET status = 'cancelled',"
				" finished_at = clock_timestamp(), message = 'the relation was dropped'"
				" WHERE relation_id = $1"
				" AND status = 'queued'",
				1, types, values, NULL);
	catalog_close(&access);

	after_forget(relation_id, NULL);
	forget_member(relation_id);
	catalog_open(&access);
	for (int i = 0; i < lengthof(others); i++)
		delete_from(others[i], relation_id);
	catalog_close(&access);
	foreach(lc, publications)
		(void) publication_bump(lfirst(lc));
}
