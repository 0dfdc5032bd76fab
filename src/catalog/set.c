/*-------------------------------------------------------------------------
 *
 * set.c
 *	  Sets of rollups: a row of rsfed_catalog.relation, and its members.
 *
 * Policy: a set is a relation of rsfed without schema and oid, so that queue,
 * schedules, pauses and history serve it as they serve a rollup.  Its members
 * are known by their relation_id, which renames do not change and a dump keeps.
 * It has no owner of its own: what may be done with it follows from its members.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/errors.h"
#include "catalog/owner_scope.h"
#include "catalog/set.h"

int32
set_find(const char *name)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {CStringGetTextDatum(name)};
	int32		set_id = 0;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT relation_id FROM rsfed_catalog.relation"
					" WHERE kind = 'set' AND relation_name = $1",
					1, types, values, NULL) > 0)
		set_id = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return set_id;
}

/* Names of the sets that the current user sees in rsfed.sets: List of char *. */
static List *
visible_sets(void)
{
	static const Oid types[] = {OIDOID};
	Datum		values[1] = {ObjectIdGetDatum(GetUserId())};

	return catalog_names("SELECT s.relation_name FROM rsfed_catalog.relation s"
						 " WHERE s.kind = 'set' AND (pg_has_role($1, 'pg_monitor', 'USAGE')"
						 " OR (SELECT bool_and(has_table_privilege($1, c.oid, 'SELECT'))"
						 " OR bool_and(pg_has_role($1, c.relowner, 'USAGE'))"
						 " FROM rsfed_catalog.set_member m"
						 " JOIN rsfed_catalog.relation r ON r.relation_id = m.relation_id"
						 " JOIN pg_namespace n ON n.nspname = r.schema_name"
						 " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.relation_name"
						 " WHERE m.set_id = s.relation_id)) ORDER BY 1",
						 1, types, values);
}

int32
set_require(const char *name)
{
	int32		set_id = set_find(name);

	if (set_id == 0)
	{
		List	   *names = visible_sets();

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("set \"%s\" does not exist", name),
				 names == NIL ? errhint("Define one with rsfed.define_set().")
				 : errhint("%s", unknown_name_hint(name, names, "sets"))));
	}
	return set_id;
}

static List *
members_ordered(int32 set_id, const char *order)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(set_id)};
	List	   *members;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					psprintf("SELECT m.relation_id FROM rsfed_catalog.set_member m"
							 " JOIN rsfed_catalog.relation r ON r.relation_id = m.relation_id"
							 " WHERE m.set_id = $1 ORDER BY m.%s", order),
					1, types, values, NULL);
	members = catalog_ids(&access, n);
	catalog_close(&access);
	return members;
}

List *
set_members(int32 set_id)
{
	return members_ordered(set_id, "relation_id");
}

List *
set_members_as_named(int32 set_id)
{
	return members_ordered(set_id, "ordinal");
}

int32
set_insert(const char *name, List *members)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {CStringGetTextDatum(name)};
	int32		set_id;

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT_RETURNING,
				"WITH new AS (INSERT INTO rsfed_catalog.relation (schema_name, relation_name, kind)"
				" VALUES ('', $1, 'set') RETURNING relation_id)"
				" INSERT INTO rsfed_catalog.freshness (relation_id)"
				" SELECT relation_id FROM new RETURNING relation_id",
				1, types, values, NULL);
	set_id = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	set_replace_members(set_id, members);
	return set_id;
}

void
set_replace_members(int32 set_id, List *members)
{
	static const Oid types[] = {INT4OID, INT4OID, INT4OID};
	CatalogAccess access;
	Datum		values[3] = {Int32GetDatum(set_id)};
	int			ordinal = 1;
	ListCell   *lc;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE, "DELETE FROM rsfed_catalog.set_member WHERE set_id = $1",
				1, types, values, NULL);
	foreach(lc, members)
	{
		values[1] = Int32GetDatum(lfirst_int(lc));
		values[2] = Int32GetDatum(ordinal++);
		catalog_run(SPI_OK_INSERT,
					"INSERT INTO rsfed_catalog.set_member (set_id, relation_id, ordinal)"
					" VALUES ($1, $2, $3)",
					3, types, values, NULL);
	}
	catalog_close(&access);
}

void
set_delete(int32 set_id)
{
	set_replace_members(set_id, NIL);
	relation_delete(set_id);
}

/* What a set that loses a member is called, and what is left of it. */
typedef struct Shrunk
{
	int32		set_id;
	char	   *name;
	char	   *member;
	int64		left;
} Shrunk;

void
sets_forget_member(int32 relation_id)
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
		set_delete(set->set_id);
		ereport(NOTICE,
				(errmsg("set \"%s\" is dropped with %s, its last member", set->name, set->member)));
	}
}

void
set_require_maintainer(int32 set_id, const char *name, const char *action)
{
	List	   *members = set_members(set_id);
	bool		found = false;
	ListCell   *lc;

	foreach(lc, members)
	{
		RsfedRelation *member = relation_lookup_id(lfirst_int(lc));

		if (member == NULL)
			continue;
		found = true;
		relation_require_maintainer(member->relid,
									psprintf("%s set \"%s\", which has the member", action, name));
	}
	if (!found && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s set \"%s\"", action, name),
				 errdetail("None of its members is there; only a superuser may do that.")));
}

void
set_require_member_owner(int32 set_id, const char *name, const char *action)
{
	List	   *members = set_members(set_id);
	ListCell   *lc;

	foreach(lc, members)
	{
		RsfedRelation *member = relation_lookup_id(lfirst_int(lc));

		if (member != NULL && object_ownercheck(RelationRelationId, member->relid, GetUserId()))
			return;
	}
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s set \"%s\"", action, name),
				 errdetail("Only the owner of its members or a member of the owning role may do that.")));
}
