/*-------------------------------------------------------------------------
 *
 * direct.c
 *	  Reads rsfed's own tables by their indexes, without SQL.
 *
 * Policy: tables and indexes are looked up by name, and each backend keeps
 * their oids until an invalidation reports a change.  Columns are found by
 * name in the table's descriptor, so any version of the extension that has
 * them can be read.  Nothing is written here, and the user is not switched:
 * the caller decides who may see the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/predicate.h"
#include "storage/smgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "catalog/direct.h"
#include "catalog/extension.h"

typedef struct KnownIndex
{
	const char *table;
	const char *index;			/* NULL: the index of the primary key */
	const char *keys[DIRECT_MAX_KEYS];
	bool		by_name;		/* not in the list: it may be partial */
	Oid			table_oid;		/* InvalidOid: not looked up, or changed since */
	Oid			index_oid;		/* InvalidOid: there is none, so the table is scanned */
} KnownIndex;

static KnownIndex known[DIRECT_INDEXES] = {
	[BY_RELID] = {"relation_oid", "relation_oid_relid_key", {"relid"}},
	[OID_BY_RELATION] = {"relation_oid", NULL, {"relation_id"}},
	[RELATION_BY_ID] = {"relation", NULL, {"relation_id"}},
	[RELATION_BY_NAME] = {"relation", "relation_schema_name_relation_name_key", {"schema_name", "relation_name"}},
	[FRESHNESS_BY_RELATION] = {"freshness", NULL, {"relation_id"}},
	[ROLLUP_BY_RELATION] = {"rollup", NULL, {"relation_id"}},
	[WATERMARK_BY_RELATION] = {"watermark", NULL, {"relation_id"}},
	[SCHEDULE_BY_RELATION] = {"schedule", NULL, {"relation_id", "schedule_name"}},
	[MEMBER_BY_SET] = {"set_member", NULL, {"set_id", "relation_id"}},
	[MEMBER_BY_RELATION] = {"set_member", "set_member_relation_id_idx", {"relation_id"}},
	[PAUSE_OF_ALL] = {"pause", NULL, {"only_row"}},
	[IDENTITY_OF_DATABASE] = {"identity", NULL, {"only_row"}},
	[HELD_CREDENTIALS] = {"held_credentials", NULL, {"server_id", "role_id"}},
	[HELD_BUDGET] = {"held_budget", NULL, {"relation_id"}},
};

/*
 * The position where the row of a key was found last.  It is tried first: a
 * visible row with the key at that position is the only row that the snapshot
 * sees, because the key is unique, whatever happened to the table since.
 * There are few entries, because there may be thousands of connections; two
 * keys that share an entry replace each other.
 */
#define PLACES 256

typedef struct Place
{
	DirectIndex index;
	uint32		key;
	ItemPointerData tid;		/* invalid: nothing was found yet */
} Place;

static Place places[PLACES];

/*
 * Indexes that are not in the list: KnownIndex * of each index that was
 * requested by name.
 */
static List *known_by_name = NIL;

/* A table or index of that oid (InvalidOid: any) may have changed. */
static void
forget_if_changed(KnownIndex *which, Oid relid)
{
	if (!OidIsValid(relid) || which->table_oid == relid || which->index_oid == relid)
		which->table_oid = InvalidOid;
}

static void
forget_changed(Datum arg, Oid relid)
{
	ListCell   *lc;

	for (int i = 0; i < DIRECT_INDEXES; i++)
		forget_if_changed(&known[i], relid);
	foreach(lc, known_by_name)
		forget_if_changed(lfirst(lc), relid);
}

static bool
is_index(const KnownIndex *which, const char *table, const char *index)
{
	return strcmp(which->table, table) == 0 &&
		(which->index == NULL || index == NULL ? which->index == index
		 : strcmp(which->index, index) == 0);
}

static KnownIndex *
find_by_name(const char *table, const char *index)
{
	KnownIndex *which;
	MemoryContext caller;
	ListCell   *lc;

	for (int i = 0; i < DIRECT_INDEXES; i++)
	{
		if (is_index(&known[i], table, index))
			return &known[i];
	}
	foreach(lc, known_by_name)
	{
		if (is_index(lfirst(lc), table, index))
			return lfirst(lc);
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	which = palloc0(sizeof(KnownIndex));
	which->table = table;
	which->index = index;
	which->by_name = index != NULL;
	known_by_name = lappend(known_by_name, which);
	MemoryContextSwitchTo(caller);
	return which;
}

static void
look_up(KnownIndex *which)
{
	static bool registered = false;
	Oid			nspid = get_namespace_oid("rsfed_catalog", true);
	char		pkey[NAMEDATALEN];
	const char *index = which->index;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(forget_changed, (Datum) 0);
		registered = true;
	}
	if (index == NULL)
	{
		snprintf(pkey, sizeof(pkey), "%s_pkey", which->table);
		index = pkey;
	}
	which->index_oid = OidIsValid(nspid) ? get_relname_relid(index, nspid) : InvalidOid;
	which->table_oid = OidIsValid(nspid) ? get_relname_relid(which->table, nspid) : InvalidOid;
	if (!OidIsValid(which->table_oid))
	{
		(void) extension_require();
		elog(ERROR, "table rsfed_catalog.%s does not exist", which->table);
	}
}

/*
 * Opens the table; the lock processes invalidations, which may change the
 * oids.  While it is held, no index of the table can be dropped.
 */
static void
open_known(DirectScan *scan, KnownIndex *which, LOCKMODE lockmode)
{
	for (;;)
	{
		Oid			table_oid;

		if (!OidIsValid(which->table_oid))
			look_up(which);
		table_oid = which->table_oid;
		LockRelationOid(table_oid, lockmode);
		if (which->table_oid == table_oid)
			break;
		UnlockRelationOid(table_oid, lockmode);
	}
	/* a table scan can replace a complete index, but not a partial one */
	if (which->by_name && !OidIsValid(which->index_oid))
		elog(ERROR, "index rsfed_catalog.%s does not exist", which->index);
	scan->table = table_open(which->table_oid, NoLock);
	scan->index_oid = which->index_oid;
	scan->by_index = which->by_name;
	scan->nkeys = 0;
	scan->scan = NULL;
	scan->buffer = InvalidBuffer;
	scan->tuple = NULL;
}

AttrNumber
direct_column(TupleDesc desc, const char *column)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		/*
		 * comparing the first letter avoids most calls: this runs for each
		 * value
		 */
		if (NameStr(attribute->attname)[0] == column[0] && !attribute->attisdropped &&
			strcmp(NameStr(attribute->attname), column) == 0)
			return i + 1;
	}
	(void) extension_require();
	elog(ERROR, "table rsfed_catalog.%s has no column %s",
		 get_rel_name(TupleDescAttr(desc, 0)->attrelid), column);
	return InvalidAttrNumber;	/* silences compilers */
}

/* The equality function of a key's type in its index. */
static RegProcedure
equality_of(Oid type)
{
	switch (type)
	{
		case INT4OID:
			return F_INT4EQ;
		case INT8OID:
			return F_INT8EQ;
		case OIDOID:
			return F_OIDEQ;
		case NAMEOID:
			return F_NAMEEQ;
		case TEXTOID:
			return F_TEXTEQ;
		default:
			elog(ERROR, "no key of type %u is read directly", type);
			return InvalidOid;	/* silences compilers */
	}
}

void
direct_open_table(DirectScan *scan, const char *table, const char *index, LOCKMODE lockmode)
{
	open_known(scan, find_by_name(table, index), lockmode);
}

void
direct_key(DirectScan *scan, const char *column, Datum value)
{
	TupleDesc	desc = RelationGetDescr(scan->table);
	AttrNumber	number = direct_column(desc, column);
	Form_pg_attribute attribute = TupleDescAttr(desc, number - 1);

	Assert(scan->nkeys < DIRECT_MAX_KEYS);
	ScanKeyEntryInitialize(&scan->keys[scan->nkeys++], 0, number, BTEqualStrategyNumber,
						   InvalidOid, attribute->attcollation, equality_of(attribute->atttypid),
						   value);
}

/*
 * Does a table have a block?  A backend is not informed when a table grows,
 * but it is informed of a truncation before the table's lock is released; so
 * the file system is asked only if the last answer does not suffice.
 */
static bool
has_block(Relation table, BlockNumber block)
{
	BlockNumber last_seen = RSFED_SIZE_LAST_SEEN(table);

	if (last_seen != InvalidBlockNumber && block < last_seen)
		return true;
	return block < RelationGetNumberOfBlocks(table);
}

void
direct_begin(DirectScan *scan, Snapshot snapshot)
{
	/* most of these tables are empty in most databases, or hold one row */
	if (!has_block(scan->table, 0))
	{
		/* the absence of rows has been read, as by a scan */
		PredicateLockRelation(scan->table, snapshot);
		return;
	}
	scan->scan = systable_beginscan(scan->table, scan->index_oid,
									(scan->nkeys > 0 || scan->by_index) &&
									OidIsValid(scan->index_oid),
									snapshot, scan->nkeys, scan->keys);
}

void
direct_open(DirectScan *scan, DirectIndex index, Snapshot snapshot, int nkeys,
			const Datum *values)
{
	KnownIndex *which = &known[index];

	open_known(scan, which, AccessShareLock);
	for (int i = 0; i < nkeys; i++)
		direct_key(scan, which->keys[i], values[i]);
	direct_begin(scan, snapshot);
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
	Datum		value = heap_getattr(scan->tuple,
									 direct_column(RelationGetDescr(scan->table), column),
									 RelationGetDescr(scan->table), isnull);

	return *isnull ? (Datum) 0 : value;
}

void
direct_end(DirectScan *scan)
{
	if (scan->scan != NULL)
		systable_endscan(scan->scan);
	if (BufferIsValid(scan->buffer))
		ReleaseBuffer(scan->buffer);
	scan->scan = NULL;
	scan->buffer = InvalidBuffer;
	scan->tuple = NULL;
}

void
direct_close(DirectScan *scan)
{
	direct_end(scan);
	table_close(scan->table, AccessShareLock);
}

/*
 * Makes the row of a key the current one if it is still where it was found
 * last.
 */
static bool
is_in_place(DirectScan *scan, const Place *place, Snapshot snapshot, const char *column)
{
	bool		isnull;

	/* vacuum may have truncated the table before that block */
	if (scan->table->rd_tableam != GetHeapamTableAmRoutine() ||
		!has_block(scan->table, ItemPointerGetBlockNumber(&place->tid)))
		return false;
	scan->fetched.t_self = place->tid;
	if (!RSFED_HEAP_FETCH(scan->table, snapshot, &scan->fetched, &scan->buffer))
		return false;
	scan->tuple = &scan->fetched;
	if (DatumGetUInt32(direct_value(scan, column, &isnull)) == place->key)
		return true;
	direct_end(scan);
	return false;
}

bool
direct_row(DirectScan *scan, DirectIndex index, Snapshot snapshot, uint32 key)
{
	const char *column = known[index].keys[0];
	Place	   *place = &places[(key * DIRECT_INDEXES + index) % PLACES];

	open_known(scan, &known[index], AccessShareLock);
	if (place->key == key && place->index == index && ItemPointerIsValid(&place->tid) &&
		is_in_place(scan, place, snapshot, column))
		return true;
	direct_key(scan, column, UInt32GetDatum(key));
	direct_begin(scan, snapshot);
	if (!direct_next(scan))
		return false;
	place->index = index;
	place->key = key;
	place->tid = scan->tuple->t_self;
	return true;
}
