/*-------------------------------------------------------------------------
 *
 * set.c
 *	  Sets of rollups: a row of rsfed_catalog.relation, and its members.
 *
 * Policy: a set is a relation of rsfed without schema and oid, so that queue,
 * schedules, pauses and history work for it as for a rollup.  Its members are
 * identified by their relation_id, which a rename does not change and a dump
 * keeps.  It has no owner of its own: the privileges on it follow from its
 * members.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "catalog/owner_scope.h"
#include "catalog/relation_delete.h"
#include "catalog/set.h"
#include "catalog/set_member.h"

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

bool
set_insert(const char *name, List *members)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {CStringGetTextDatum(name)};
	int32		set_id = 0;

	catalog_open(&access);
	/* waits for another transaction that makes a set of this name */
	if (catalog_run(SPI_OK_INSERT_RETURNING,
					"WITH new AS (INSERT INTO rsfed_catalog.relation (schema_name, relation_name, kind)"
					" VALUES ('', $1, 'set') ON CONFLICT (schema_name, relation_name) DO NOTHING RETURNING relation_id)"
					" INSERT INTO rsfed_catalog.freshness (relation_id)"
					" SELECT relation_id FROM new RETURNING relation_id",
					1, types, values, NULL) == 1)
		set_id = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	if (set_id != 0)
		set_replace_members(set_id, members);
	return set_id != 0;
}

bool
set_lock(int32 set_id)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(set_id)};
	bool		found;

	catalog_open(&access);
	found = catalog_run(SPI_OK_SELECT,
						"SELECT FROM rsfed_catalog.relation WHERE relation_id = $1 FOR NO KEY UPDATE",
						1, types, values, NULL) == 1;
	catalog_close(&access);
	return found;
}

void
set_delete(int32 set_id)
{
	set_replace_members(set_id, NIL);
	relation_delete(set_id);
}

/* Must the current user not learn that the relation exists? */
static bool
is_hidden(Oid relid)
{
	return get_rel_name(relid) != NULL &&
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		!has_privs_of_role(GetUserId(), ROLE_PG_MONITOR);
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
		if (is_hidden(member->relid) && !relation_is_maintainer(member->relid, GetUserId()))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to %s set \"%s\"", action, name),
					 errdetail("Only the owner of all its members, members of the owning role and, from PostgreSQL 17 on, roles with the MAINTAIN privilege on all of them may do that.")));
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
