/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  rsfed_catalog.relation: the relations that rsfed refreshes.
 *
 * Policy: a relation is identified by schema and name, because the table is
 * dumped and an oid would not survive that.  The oid in relation_oid is a
 * cache: it finds the row of a renamed relation, and rows of relations that
 * are gone.  Event triggers maintain it; changes that happened while they were
 * switched off are corrected at the next access.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/relation.h"
#include "catalog/relation_delete.h"
#include "catalog/row.h"

/* The row as a struct; relid is the cached one, or InvalidOid. */
static RsfedRelation *
relation_from_row(const CatalogRow *row)
{
	RsfedRelation *relation = palloc0(sizeof(RsfedRelation));
	char	   *kind = row_text(row, "kind");
	RowKey		key = {"relation_id", row_datum(row, "relation_id")};
	CatalogRow *cached = row_find("relation_oid", NULL, 1, &key);

	relation->relation_id = row_int32(row, "relation_id");
	relation->schema_name = row_text(row, "schema_name");
	relation->relation_name = row_text(row, "relation_name");
	relation->is_rollup = strcmp(kind, "rollup") == 0;
	relation->is_set = strcmp(kind, "set") == 0;
	relation->relid = cached ? row_oid(cached, "relid") : InvalidOid;
	return relation;
}

/*
 * Does the row describe relid, and not another relation that took its name
 * while no event trigger fired?  Sets the row's relid if the cache is empty.
 */
static bool
is_that_relation(RsfedRelation *relation, Oid relid)
{
	if (relation == NULL || (OidIsValid(relation->relid) && relation->relid != relid))
		return false;
	relation->relid = relid;
	return true;
}

/*
 * The row with the current name of relid, whichever relation it describes; or
 * NULL.
 */
static RsfedRelation *
lookup_name(Oid relid)
{
	char	   *name = get_rel_name(relid);
	char	   *schema = name ? get_namespace_name(get_rel_namespace(relid)) : NULL;
	RowKey		keys[2];
	CatalogRow *row;

	if (schema == NULL)
		return NULL;
	keys[0] = (RowKey) {"schema_name", CStringGetDatum(schema)};
	keys[1] = (RowKey) {"relation_name", CStringGetDatum(name)};
	row = row_find("relation", "relation_schema_name_relation_name_key", lengthof(keys), keys);
	return row ? relation_from_row(row) : NULL;
}

/* May outdated rows be corrected here and now? */
static bool
may_write(void)
{
	return !RecoveryInProgress() && !XactReadOnly && !IsInParallelMode();
}

/* The row of that number, with the cached relid; or NULL. */
static RsfedRelation *
lookup_id(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = row_find("relation", NULL, 1, &key);

	return row ? relation_from_row(row) : NULL;
}

/* The row with the current names of its existing relation. */
static RsfedRelation *
with_present_names(RsfedRelation *relation)
{
	relation->relation_name = get_rel_name(relation->relid);
	relation->schema_name = get_namespace_name(get_rel_namespace(relation->relid));
	return relation;
}

/*
 * Does the row describe relid?  If it does and the cache has no entry (after a
 * restore without triggers), the entry is made now: the views find the row by
 * its oid.
 */
static bool
confirm_relation(RsfedRelation *relation, Oid relid)
{
	bool		cached = relation != NULL && OidIsValid(relation->relid);

	if (!is_that_relation(relation, relid))
		return false;
	if (!cached && may_write())
	{
		static const Oid types[] = {INT4OID, OIDOID};
		Datum		values[2] = {Int32GetDatum(relation->relation_id), ObjectIdGetDatum(relid)};
		CatalogAccess access;

		catalog_open(&access);
		catalog_run(SPI_OK_INSERT,
					"INSERT INTO rsfed_catalog.relation_oid (relation_id, relid) VALUES ($1, $2)"
					" ON CONFLICT DO NOTHING",
					2, types, values, NULL);
		catalog_close(&access);
	}
	return true;
}

RsfedRelation *
relation_lookup(Oid relid)
{
	RsfedRelation *relation = lookup_name(relid);
	int32		relation_id;

	if (confirm_relation(relation, relid))
		return relation;

	/* renamed while no event trigger fired? */
	relation_id = get_rel_name(relid) != NULL ? relation_id_by_oid(relid) : 0;
	if (relation_id == 0)
		return NULL;
	if (may_write())
		relations_sync();
	relation = lookup_id(relation_id);	/* NULL if it has been dropped meanwhile */
	return relation != NULL && get_rel_name(relid) != NULL ? with_present_names(relation) : NULL;
}

RsfedRelation *
relation_lookup_id(int32 relation_id)
{
	RsfedRelation *relation = lookup_id(relation_id);
	Oid			nspid;
	Oid			relid;

	if (relation == NULL || relation->is_set)
		return relation;
	nspid = get_namespace_oid(relation->schema_name, true);
	relid = OidIsValid(nspid) ? get_relname_relid(relation->relation_name, nspid) : InvalidOid;
	if (OidIsValid(relid) && confirm_relation(relation, relid))
		return relation;

	/* renamed or dropped while no event trigger fired? */
	if (!OidIsValid(relation->relid))
		return NULL;
	if (may_write())
		relations_sync();
	return get_rel_name(relation->relid) != NULL ? with_present_names(relation) : NULL;
}

char *
relation_display_name(Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		return psprintf("%u", relid);
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

char *
relation_title(const RsfedRelation *relation)
{
	if (relation->is_set)
		return psprintf("set \"%s\"", relation->relation_name);
	return relation_display_name(relation->relid);
}

/* Names of all rollups, quoted where needed: List of char *. */
static List *
rollup_names(void)
{
	return catalog_names("SELECT CASE WHEN pg_table_is_visible(c.oid)"
						 " THEN quote_ident(relation_name)"
						 " ELSE format('%I.%I', schema_name, relation_name) END"
						 " FROM rsfed_catalog.relation r"
						 " JOIN pg_namespace n ON n.nspname = r.schema_name"
						 " JOIN pg_class c ON c.relnamespace = n.oid"
						 " AND c.relname = r.relation_name"
						 " LEFT JOIN rsfed_catalog.relation_oid o ON o.relation_id = r.relation_id"
						 " WHERE kind = 'rollup' AND (o.relid IS NULL OR o.relid = c.oid) ORDER BY 1",
						 0, NULL, NULL);
}

RsfedRelation *
relation_require_rollup(Oid relid)
{
	RsfedRelation *relation = relation_lookup(relid);

	if (relation == NULL || !relation->is_rollup)
	{
		char	   *name = get_rel_name(relid);

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("relation with OID %u does not exist", relid)));
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a rollup", name),
				 errhint("%s", unknown_name_hint(name, rollup_names(), "rollups"))));
	}
	return relation;
}

Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

bool
relation_is_maintainer(Oid relid, Oid userid)
{
	if (object_ownercheck(RelationRelationId, relid, userid))
		return true;
#if RSFED_HAVE_MAINTAIN
	return pg_class_aclcheck(relid, userid, ACL_MAINTAIN) == ACLCHECK_OK;
#else
	return false;
#endif
}

void
relation_require_maintainer(Oid relid, const char *action)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	if (!relation_is_maintainer(relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s \"%s\"", action, name),
				 errdetail("Only its owner, members of the owning role and, from PostgreSQL 17 on, roles with the MAINTAIN privilege may do that.")));
}

int32
relation_insert(Oid relid, bool is_rollup)
{
	static const Oid types[] = {TEXTOID, TEXTOID, TEXTOID, OIDOID};
	CatalogAccess access;
	RsfedRelation *stale = lookup_name(relid);
	int32		relation_id;
	Datum		values[4];

	/*
	 * the row of a relation that vanished unnoticed: a restore without it,
	 * event triggers off
	 */
	if (stale != NULL)
	{
		relations_sync();
		stale = lookup_name(relid);
	}
	if (stale != NULL)
		relation_delete(stale->relation_id);

	values[0] = CStringGetTextDatum(get_namespace_name(get_rel_namespace(relid)));
	values[1] = CStringGetTextDatum(get_rel_name(relid));
	values[2] = CStringGetTextDatum(is_rollup ? "rollup" : "materialized view");
	values[3] = ObjectIdGetDatum(relid);

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT_RETURNING,
				"WITH new AS (INSERT INTO rsfed_catalog.relation"
				" (schema_name, relation_name, kind) VALUES ($1, $2, $3) RETURNING relation_id)"
				" INSERT INTO rsfed_catalog.relation_oid (relation_id, relid)"
				" SELECT relation_id, $4 FROM new RETURNING relation_id",
				4, types, values, NULL);
	relation_id = DatumGetInt32(catalog_datum(0, 1));
	values[0] = Int32GetDatum(relation_id);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.freshness (relation_id) VALUES ($1)",
				1, (Oid[]) {INT4OID}, values, NULL);
	catalog_close(&access);
	return relation_id;
}

void
relation_cache_oids(void)
{
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.relation_oid (relation_id, relid)"
				" SELECT r.relation_id, c.oid FROM rsfed_catalog.relation r"
				" JOIN pg_namespace n ON n.nspname = r.schema_name"
				" JOIN pg_class c ON c.relnamespace = n.oid"
				" AND c.relname = r.relation_name"
				" ON CONFLICT DO NOTHING",
				0, NULL, NULL, NULL);
	catalog_close(&access);
}

List *
relation_ids(void)
{
	CatalogAccess access;
	List	   *ids;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT relation_id FROM rsfed_catalog.relation ORDER BY schema_name, relation_name",
					0, NULL, NULL, NULL);
	ids = catalog_ids(&access, n);
	catalog_close(&access);
	return ids;
}

int32
relation_id_by_oid(Oid relid)
{
	static const Oid types[] = {OIDOID};
	CatalogAccess access;
	Datum		values[1] = {ObjectIdGetDatum(relid)};
	int32		relation_id = 0;

	catalog_open_any_version(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT relation_id FROM rsfed_catalog.relation_oid WHERE relid = $1",
					1, types, values, NULL) == 1)
		relation_id = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return relation_id;
}

/*
 * The numbers of rows whose relation does not exist: its oid is gone, or
 * another relation has its name now.  List of int.
 */
static List *
gone_relations(void)
{
	CatalogAccess access;
	List	   *gone;
	uint64		n;

	catalog_open_any_version(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT o.relation_id FROM rsfed_catalog.relation_oid o"
					" WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = o.relid)"
					" UNION ALL"
					" SELECT r.relation_id FROM rsfed_catalog.relation r"
					" JOIN pg_namespace n ON n.nspname = r.schema_name"
					" JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.relation_name"
					" JOIN rsfed_catalog.relation_oid o ON o.relid = c.oid AND o.relation_id <> r.relation_id"
					" WHERE NOT EXISTS (SELECT FROM rsfed_catalog.relation_oid x"
					" WHERE x.relation_id = r.relation_id)",
					0, NULL, NULL, NULL);
	gone = catalog_ids(&access, n);
	catalog_close(&access);
	return gone;
}

/* A row r of rsfed, and the current name of its relation. */
#define PRESENT_NAMES \
	" FROM rsfed_catalog.relation_oid o" \
	" JOIN pg_class c ON c.oid = o.relid" \
	" JOIN pg_namespace n ON n.oid = c.relnamespace"

/* Does the name of any relation differ from its row? */
static bool
any_renamed(void)
{
	CatalogAccess access;
	bool		found;

	catalog_open_any_version(&access);
	found = catalog_run(SPI_OK_SELECT,
						"SELECT" PRESENT_NAMES
						" JOIN rsfed_catalog.relation r ON r.relation_id = o.relation_id"
						" WHERE r.schema_name <> n.nspname OR r.relation_name <> c.relname LIMIT 1",
						0, NULL, NULL, NULL) > 0;
	catalog_close(&access);
	return found;
}

void
relations_sync(void)
{
	CatalogAccess access;
	List	   *gone = gone_relations();
	ListCell   *lc;

	foreach(lc, gone)
		relation_delete(lfirst_int(lc));
	if (!any_renamed())
		return;

	/* through unused names: two relations may have exchanged their names */
	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.relation r"
				" SET schema_name = 'pg_renamed', relation_name = r.relation_id::text"
				PRESENT_NAMES
				" WHERE o.relation_id = r.relation_id"
				" AND (r.schema_name <> n.nspname OR r.relation_name <> c.relname)",
				0, NULL, NULL, NULL);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.relation r"
				" SET schema_name = n.nspname, relation_name = c.relname"
				PRESENT_NAMES
				" WHERE o.relation_id = r.relation_id AND r.schema_name = 'pg_renamed'",
				0, NULL, NULL, NULL);
	catalog_close(&access);
	published_rename();
}

void
relation_pause(int32 relation_id, TimestampTz *until, const char *reason)
{
	static const Oid types[] = {INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[4];
	char		nulls[] = "    ";

	values[0] = Int32GetDatum(relation_id);
	values[1] = until ? TimestampTzGetDatum(*until) : (Datum) 0;
	values[2] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	values[3] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	nulls[1] = until ? ' ' : 'n';
	nulls[2] = reason ? ' ' : 'n';

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.relation SET paused_at = now(),"
				" paused_until = $2, pause_reason = $3, paused_by = $4"
				" WHERE relation_id = $1",
				4, types, values, nulls);
	catalog_close(&access);
	published_touch(relation_id);
}

void
relation_resume(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(relation_id)};

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.relation SET paused_at = NULL,"
				" paused_until = NULL, pause_reason = NULL, paused_by = NULL"
				" WHERE relation_id = $1",
				1, types, values, NULL);
	catalog_close(&access);
	published_touch(relation_id);
}

void
pause_all(TimestampTz *until, const char *reason)
{
	static const Oid types[] = {TIMESTAMPTZOID, TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[3];
	char		nulls[] = "   ";

	values[0] = until ? TimestampTzGetDatum(*until) : (Datum) 0;
	values[1] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	values[2] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	nulls[0] = until ? ' ' : 'n';
	nulls[1] = reason ? ' ' : 'n';

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.pause (paused_at, paused_until, pause_reason, paused_by)"
				" VALUES (now(), $1, $2, $3)"
				" ON CONFLICT (only_row) DO UPDATE SET paused_at = EXCLUDED.paused_at,"
				" paused_until = EXCLUDED.paused_until, pause_reason = EXCLUDED.pause_reason,"
				" paused_by = EXCLUDED.paused_by",
				3, types, values, nulls);
	catalog_close(&access);
	published_touch(0);
}

void
resume_all(void)
{
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE, "DELETE FROM rsfed_catalog.pause", 0, NULL, NULL, NULL);
	catalog_close(&access);
	published_touch(0);
}

/* Reads end and reason of a pause by a statement with relation_id as $1. */
static bool
load_pause(const char *sql, int32 relation_id, TimestampTz *until, char **reason)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(relation_id)};
	bool		found;

	catalog_open(&access);
	found = catalog_run(SPI_OK_SELECT, sql, 1, types, values, NULL) > 0;
	if (found)
	{
		*until = DatumGetTimestampTz(catalog_datum(0, 1));
		*reason = catalog_text(&access, 0, 2);
	}
	catalog_close(&access);
	return found;
}

bool
relation_pause_load(int32 relation_id, TimestampTz *until, char **reason)
{
	return load_pause("SELECT COALESCE(paused_until, 'infinity'), pause_reason"
					  " FROM rsfed_catalog.relation WHERE relation_id = $1"
					  " AND paused_at IS NOT NULL"
					  " AND (paused_until IS NULL OR paused_until > now())",
					  relation_id, until, reason);
}

bool
pause_all_load(TimestampTz *until, char **reason)
{
	return load_pause("SELECT COALESCE(paused_until, 'infinity'), pause_reason"
					  " FROM rsfed_catalog.pause WHERE $1 = 0"
					  " AND (paused_until IS NULL OR paused_until > now())",
					  0, until, reason);
}
