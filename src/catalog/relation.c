/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  rsfed_catalog.relation: what rsfed refreshes.
 *
 * Policy: a relation is known by schema and name, because the table is dumped
 * and an oid would not survive that.  The oid in relation_oid is a cache: it
 * serves only to find the row of a relation that has just been renamed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
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
#include "catalog/relation.h"
#include "catalog/sets.h"

#define RELATION_COLUMNS "relation_id, schema_name, relation_name, kind = 'rollup', kind = 'set'," \
	" (SELECT o.relid FROM rsfed_catalog.relation_oid o" \
	" WHERE o.relation_id = rsfed_catalog.relation.relation_id)"

/*
 * The row just read (columns as in RELATION_COLUMNS).  relid is the one that
 * the cache knows, or InvalidOid.
 */
static RsfedRelation *
relation_from_row(CatalogAccess *access, uint64 row)
{
	RsfedRelation *relation = MemoryContextAllocZero(access->caller, sizeof(RsfedRelation));

	relation->relation_id = DatumGetInt32(catalog_datum(row, 1));
	relation->schema_name = catalog_text(access, row, 2);
	relation->relation_name = catalog_text(access, row, 3);
	relation->is_rollup = DatumGetBool(catalog_datum(row, 4));
	relation->is_set = DatumGetBool(catalog_datum(row, 5));
	relation->relid = DatumGetObjectId(catalog_datum(row, 6));
	return relation;
}

/*
 * Is relid what the row speaks of, and not another relation that took its name
 * while nobody looked?  Sets the row's relid where the cache is empty.
 */
static bool
is_that_relation(RsfedRelation *relation, Oid relid)
{
	if (relation == NULL || (OidIsValid(relation->relid) && relation->relid != relid))
		return false;
	relation->relid = relid;
	return true;
}

/* The row of the name that relid has now, whatever it speaks of; or NULL. */
static RsfedRelation *
lookup_name(Oid relid)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	CatalogAccess access;
	RsfedRelation *relation = NULL;
	char	   *name = get_rel_name(relid);
	char	   *schema;
	Datum		values[2];

	if (name == NULL)
		return NULL;
	schema = get_namespace_name(get_rel_namespace(relid));
	if (schema == NULL)
		return NULL;

	values[0] = CStringGetTextDatum(schema);
	values[1] = CStringGetTextDatum(name);

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT " RELATION_COLUMNS " FROM rsfed_catalog.relation"
					" WHERE schema_name = $1"
					" AND relation_name = $2",
					2, types, values, NULL) > 0)
		relation = relation_from_row(&access, 0);
	catalog_close(&access);
	return relation;
}

RsfedRelation *
relation_lookup(Oid relid)
{
	RsfedRelation *relation = lookup_name(relid);

	return is_that_relation(relation, relid) ? relation : NULL;
}

RsfedRelation *
relation_lookup_id(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	RsfedRelation *relation = NULL;
	Datum		values[1] = {Int32GetDatum(relation_id)};
	Oid			nspid;
	Oid			relid;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT " RELATION_COLUMNS " FROM rsfed_catalog.relation"
					" WHERE relation_id = $1",
					1, types, values, NULL) > 0)
		relation = relation_from_row(&access, 0);
	catalog_close(&access);

	if (relation == NULL || relation->is_set)
		return relation;
	nspid = get_namespace_oid(relation->schema_name, true);
	relid = OidIsValid(nspid) ? get_relname_relid(relation->relation_name, nspid) : InvalidOid;
	return OidIsValid(relid) && is_that_relation(relation, relid) ? relation : NULL;
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

/* Names of all rollups, as one would write them: List of char *. */
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
						 " WHERE kind = 'rollup' ORDER BY 1",
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

	/* of one that went unseen: a restore without it, event triggers off */
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
relation_delete(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	static const char *const tables[] = {"schedule", "freshness", "local_sort", "watermark",
	"counter", "probe", "definition", "rollup", "relation_oid", "relation"};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(relation_id)};

	sets_forget_member(relation_id);
	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run SET status = 'cancelled',"
				" finished_at = clock_timestamp(), message = 'the relation was dropped'"
				" WHERE relation_id = $1"
				" AND status = 'queued'",
				1, types, values, NULL);
	/* no foreign keys do this: see tables.sql */
	for (int i = 0; i < lengthof(tables); i++)
		catalog_run(SPI_OK_DELETE,
					psprintf("DELETE FROM rsfed_catalog.%s WHERE relation_id = $1", tables[i]),
					1, types, values, NULL);
	catalog_close(&access);
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

void
relation_renamed(Oid relid)
{
	static const Oid types[] = {OIDOID, TEXTOID, TEXTOID};
	CatalogAccess access;
	char	   *name = get_rel_name(relid);
	Datum		values[3];

	if (name == NULL)
		return;
	values[0] = ObjectIdGetDatum(relid);
	values[1] = CStringGetTextDatum(get_namespace_name(get_rel_namespace(relid)));
	values[2] = CStringGetTextDatum(name);

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.relation r SET schema_name = $2, relation_name = $3"
				" FROM rsfed_catalog.relation_oid o"
				" WHERE o.relation_id = r.relation_id"
				" AND o.relid = $1"
				" AND (r.schema_name <> $2"
				" OR r.relation_name <> $3)",
				3, types, values, NULL);
	catalog_close(&access);
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
}

void
resume_all(void)
{
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE, "DELETE FROM rsfed_catalog.pause", 0, NULL, NULL, NULL);
	catalog_close(&access);
}
