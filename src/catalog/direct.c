/*-------------------------------------------------------------------------
 *
 * direct.c
 *	  Reading rsfed's own tables by their indexes, without SQL.
 *
 * Policy: tables and indexes are known by name and kept by oid in each backend,
 * until an invalidation says that one of them has changed.  Columns are found by
 * name in the table's own description, so every version of the extension that has
 * them can be read.  Nothing here is written, and no user is switched: who may
 * see what is read is for the caller to decide.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "catalog/direct.h"
#include "catalog/extension.h"

#define MAX_KEYS 2

typedef struct KnownIndex
{
	const char *table;
	const char *index;
	const char *keys[MAX_KEYS];
	Oid			table_oid;		/* InvalidOid: not looked up, or changed since */
	Oid			index_oid;		/* InvalidOid: there is none, the table is read */
} KnownIndex;

static KnownIndex known[DIRECT_INDEXES] = {
	[BY_RELID] = {"relation_oid", "relation_oid_relid_key", {"relid"}},
	[OID_BY_RELATION] = {"relation_oid", "relation_oid_pkey", {"relation_id"}},
	[RELATION_BY_ID] = {"relation", "relation_pkey", {"relation_id"}},
	[RELATION_BY_NAME] = {"relation", "relation_schema_name_relation_name_key", {"schema_name", "relation_name"}},
	[FRESHNESS_BY_RELATION] = {"freshness", "freshness_pkey", {"relation_id"}},
	[ROLLUP_BY_RELATION] = {"rollup", "rollup_pkey", {"relation_id"}},
	[WATERMARK_BY_RELATION] = {"watermark", "watermark_pkey", {"relation_id"}},
	[SCHEDULE_BY_RELATION] = {"schedule", "schedule_pkey", {"relation_id", "schedule_name"}},
	[MEMBER_BY_SET] = {"set_member", "set_member_pkey", {"set_id", "relation_id"}},
	[MEMBER_BY_RELATION] = {"set_member", "set_member_relation_id_idx", {"relation_id"}},
	[PAUSE_OF_ALL] = {"pause", "pause_pkey", {"only_row"}},
	[IDENTITY_OF_DATABASE] = {"identity", "identity_pkey", {"only_row"}},
	[HELD_CREDENTIALS] = {"held_credentials", "held_credentials_pkey", {"server_id", "role_id"}},
};

/* A table or index of that oid (InvalidOid: any) may have changed. */
static void
forget_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < DIRECT_INDEXES; i++)
	{
		if (!OidIsValid(relid) || known[i].table_oid == relid || known[i].index_oid == relid)
			known[i].table_oid = InvalidOid;
	}
}

static void
look_up(KnownIndex *which)
{
	static bool registered = false;
	Oid			nspid = get_namespace_oid("rsfed_catalog", true);

	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_changed, (Datum) 0);
		registered = true;
	}
	which->index_oid = OidIsValid(nspid) ? get_relname_relid(which->index, nspid) : InvalidOid;
	which->table_oid = OidIsValid(nspid) ? get_relname_relid(which->table, nspid) : InvalidOid;
	if (!OidIsValid(which->table_oid))
	{
		(void) extension_require();
		elog(ERROR, "table rsfed_catalog.%s does not exist", which->table);
	}
}

/*
 * Opens the table; the lock brings invalidations, after which the oids may be
 * others.  While it is held no index of the table goes away.
 */
static Relation
open_known(KnownIndex *which)
{
	for (;;)
	{
		Oid			table_oid;

		if (!OidIsValid(which->table_oid))
			look_up(which);
		table_oid = which->table_oid;
		LockRelationOid(table_oid, AccessShareLock);
		if (which->table_oid == table_oid)
			return table_open(table_oid, NoLock);
		UnlockRelationOid(table_oid, AccessShareLock);
	}
}

/* The number of a column of a table. */
static AttrNumber
column_number(Relation table, const char *column)
{
	TupleDesc	desc = RelationGetDescr(table);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), column) == 0)
			return i + 1;
	}
	(void) extension_require();
	elog(ERROR, "table rsfed_catalog.%s has no column %s", RelationGetRelationName(table), column);
	return InvalidAttrNumber;	/* silences compilers */
}

/* The equality that the type of a key has in its index. */
static RegProcedure
equality_of(Oid type)
{
	switch (type)
	{
		case INT4OID:
			return F_INT4EQ;
		case OIDOID:
			return F_OIDEQ;
		case NAMEOID:
			return F_NAMEEQ;
		default:
			elog(ERROR, "no key of type %u is read directly", type);
			return InvalidOid;	/* silences compilers */
	}
}

void
direct_open(DirectScan *scan, DirectIndex index, Snapshot snapshot, int nkeys,
			const Datum *values)
{
	KnownIndex *which = &known[index];
	ScanKeyData keys[MAX_KEYS];

	scan->table = open_known(which);
	scan->tuple = NULL;
	for (int i = 0; i < nkeys; i++)
	{
		AttrNumber	number = column_number(scan->table, which->keys[i]);
		Oid			type = TupleDescAttr(RelationGetDescr(scan->table), number - 1)->atttypid;

		ScanKeyInit(&keys[i], number, BTEqualStrategyNumber, equality_of(type), values[i]);
	}

	/* most of these tables are empty in most databases, or hold one row */
	if (RelationGetNumberOfBlocks(scan->table) == 0)
		scan->scan = NULL;
	else
		scan->scan = systable_beginscan(scan->table, which->index_oid,
										nkeys > 0 && OidIsValid(which->index_oid),
										snapshot, nkeys, keys);
}

bool
direct_next(DirectScan *scan)
{
	scan->tuple = scan->scan ? systable_getnext(scan->scan) : NULL;
	return HeapTupleIsValid(scan->tuple);
}

Datum
direct_value(const DirectScan *scan, const char *column, bool *isnull)
{
	Datum		value = heap_getattr(scan->tuple, column_number(scan->table, column),
									 RelationGetDescr(scan->table), isnull);

	return *isnull ? (Datum) 0 : value;
}

void
direct_close(DirectScan *scan)
{
	if (scan->scan != NULL)
		systable_endscan(scan->scan);
	table_close(scan->table, AccessShareLock);
}

bool
direct_row(DirectScan *scan, DirectIndex index, Snapshot snapshot, int32 key)
{
	Datum		values[1] = {Int32GetDatum(key)};

	direct_open(scan, index, snapshot, 1, values);
	return direct_next(scan);
}
