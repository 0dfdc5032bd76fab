/*-------------------------------------------------------------------------
 *
 * serving.c
 *	  The freshness of a relation, for its readers.
 *
 * Policy: the oid in relation_oid identifies a relation.  The name decides
 * only if that cache has no row (a restore brings none).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "catalog/direct.h"
#include "catalog/serving.h"

/*
 * Numbers that were found for oids.  A number is never given to another
 * relation, and a snapshot sees the row of freshness if it sees the relation:
 * so a number with such a row is right, whatever was dropped or defined since.
 * Numbers restart only with a new extension, which has new tables.  There are
 * few entries, because there may be thousands of connections; two oids that
 * share an entry replace each other.
 */
#define KNOWN_RELATIONS 256

typedef struct KnownRelation
{
	Oid			relid;			/* InvalidOid: nothing was found yet */
	int32		relation_id;
	Oid			freshness;		/* the table */
} KnownRelation;

static KnownRelation known_relations[KNOWN_RELATIONS];

Sight
serving_sight(Oid relid)
{
	Sight		sight = {0};
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			userid = GetUserId();

	if (!HeapTupleIsValid(tuple))
		return sight;
	sight.exists = true;
	sight.owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	sight.may_see_all = has_privs_of_role(userid, sight.owner) ||
		has_privs_of_role(userid, ROLE_PG_MONITOR);
	sight.may_select = pg_class_aclcheck(relid, userid, ACL_SELECT) == ACLCHECK_OK;
	return sight;
}

/* The oid that the cache has for a relation; InvalidOid if it has none. */
static Oid
cached_oid(int32 relation_id, Snapshot snapshot)
{
	DirectScan	scan;
	Oid			relid = InvalidOid;
	bool		isnull;

	if (direct_row(&scan, OID_BY_RELATION, snapshot, relation_id))
		relid = DatumGetObjectId(direct_value(&scan, "relid", &isnull));
	direct_close(&scan);
	return relid;
}

bool
serving_has_oid(int32 relation_id, Snapshot snapshot)
{
	return OidIsValid(cached_oid(relation_id, snapshot));
}

/*
 * Finds the number by the relation's current name, if the cache has no entry
 * for that row; or 0.
 */
static int32
relation_id_by_name(Oid relid, Snapshot snapshot)
{
	char	   *relname = get_rel_name(relid);
	char	   *nspname = relname ? get_namespace_name(get_rel_namespace(relid)) : NULL;
	NameData	names[2];
	Datum		values[2];
	DirectScan	scan;
	int32		relation_id = 0;
	bool		isnull;

	if (nspname == NULL)
		return 0;
	namestrcpy(&names[0], nspname);
	namestrcpy(&names[1], relname);
	values[0] = NameGetDatum(&names[0]);
	values[1] = NameGetDatum(&names[1]);
	direct_open(&scan, RELATION_BY_NAME, snapshot, 2, values);
	if (direct_next(&scan))
		relation_id = DatumGetInt32(direct_value(&scan, "relation_id", &isnull));
	direct_close(&scan);
	if (relation_id != 0 && serving_has_oid(relation_id, snapshot))
		return 0;
	return relation_id;
}

int32
serving_relation_id(Oid relid, Snapshot snapshot)
{
	DirectScan	scan;
	int32		relation_id = 0;
	bool		isnull;

	if (direct_row(&scan, BY_RELID, snapshot, relid))
		relation_id = DatumGetInt32(direct_value(&scan, "relation_id", &isnull));
	direct_close(&scan);
	return relation_id != 0 ? relation_id : relation_id_by_name(relid, snapshot);
}

/* The oid of a relation by that number; InvalidOid if it is a set, or gone. */
static Oid
relid_by_id(int32 relation_id, Snapshot snapshot)
{
	Oid			relid = cached_oid(relation_id, snapshot);
	DirectScan	scan;
	bool		isnull;

	if (OidIsValid(relid))
		return relid;
	if (direct_row(&scan, RELATION_BY_ID, snapshot, relation_id))
	{
		Name		nspname = DatumGetName(direct_value(&scan, "schema_name", &isnull));
		Oid			nspid = get_namespace_oid(NameStr(*nspname), true);

		if (OidIsValid(nspid))
			relid = get_relname_relid(NameStr(*DatumGetName(direct_value(&scan, "relation_name", &isnull))),
									  nspid);
	}
	direct_close(&scan);
	return relid;
}

/*
 * Reads the content of a relation by its number; false if the snapshot does
 * not see the relation: the row of freshness is created and deleted with it.
 */
static bool
read_content(Content *content, Snapshot snapshot, Oid *table)
{
	DirectScan	scan;
	bool		isnull = true;
	bool		found = direct_row(&scan, FRESHNESS_BY_RELATION, snapshot, content->relation_id);

	if (found)
		content->as_of = DatumGetTimestampTz(direct_value(&scan, "as_of", &isnull));
	*table = RelationGetRelid(scan.table);
	direct_close(&scan);
	content->exists = !isnull;
	return found;
}

Content
serving_content(Oid relid, Snapshot snapshot)
{
	KnownRelation *known = &known_relations[relid % KNOWN_RELATIONS];
	Content		content = {0};
	Oid			table;

	if (known->relid == relid)
	{
		content.relation_id = known->relation_id;
		if (read_content(&content, snapshot, &table) && table == known->freshness)
			return content;
	}
	content = (Content) {.relation_id = serving_relation_id(relid, snapshot)};
	if (content.relation_id != 0 && read_content(&content, snapshot, &table))
		*known = (KnownRelation) {relid, content.relation_id, table};
	return content;
}

Interval *
serving_max_age(int32 relation_id, Snapshot snapshot, char **source)
{
	DirectScan	scan;
	Interval   *max_age = NULL;
	bool		isnull = true;

	if (direct_row(&scan, ROLLUP_BY_RELATION, snapshot, relation_id))
	{
		Datum		value = direct_value(&scan, "max_age", &isnull);

		if (!isnull)
			max_age = memcpy(palloc(sizeof(Interval)), DatumGetIntervalP(value), sizeof(Interval));
		if (source != NULL)
			*source = pstrdup(NameStr(*DatumGetName(direct_value(&scan, "source", &isnull))));
	}
	direct_close(&scan);
	return max_age;
}

/* May the current user see a relation: its runs, or only its freshness? */
static bool
sight_suffices(Sight sight, bool runs)
{
	return sight.may_see_all || (sight.may_select && !runs);
}

/* Is that so for all members of a set?  False if it has none. */
static bool
members_suffice(int32 set_id, bool runs, Snapshot snapshot)
{
	Datum		values[1] = {Int32GetDatum(set_id)};
	DirectScan	scan;
	bool		any = false;
	bool		all = true;
	bool		isnull;

	direct_open(&scan, MEMBER_BY_SET, snapshot, 1, values);
	while (all && direct_next(&scan))
	{
		int32		member = DatumGetInt32(direct_value(&scan, "relation_id", &isnull));
		Sight		sight = serving_sight(relid_by_id(member, snapshot));

		all = !sight.exists || sight_suffices(sight, runs);
		any = any || sight.exists;
	}
	direct_close(&scan);
	return all && any;
}

/* The same for a relation or a set, by its number. */
static bool
may_see(int32 relation_id, bool runs, Snapshot snapshot)
{
	Oid			relid;

	if (has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		return true;
	relid = relid_by_id(relation_id, snapshot);
	if (OidIsValid(relid))
		return sight_suffices(serving_sight(relid), runs);
	return members_suffice(relation_id, runs, snapshot);
}

bool
serving_may_see_runs(int32 relation_id, Snapshot snapshot)
{
	return may_see(relation_id, true, snapshot);
}

bool
serving_may_see_freshness(int32 relation_id, Snapshot snapshot)
{
	return may_see(relation_id, false, snapshot);
}
