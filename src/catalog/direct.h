/*-------------------------------------------------------------------------
 *
 * direct.h
 *	  Reads rsfed's own tables by their indexes, without SQL.
 *
 * For facts that an application asks for with each answer: such a read takes
 * some microseconds, and uses the snapshot of the query that contains it.
 * row.c uses it to find the rows that it copies or changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DIRECT_H
#define RSFED_DIRECT_H

#include "access/genam.h"
#include "access/htup.h"
#include "access/skey.h"
#include "storage/buf.h"
#include "storage/lockdefs.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/* The indexes that are used, each with its key columns. */
typedef enum DirectIndex
{
	BY_RELID,					/* relation_oid: relid */
	OID_BY_RELATION,			/* relation_oid: relation_id */
	RELATION_BY_ID,				/* relation: relation_id */
	RELATION_BY_NAME,			/* relation: schema_name, relation_name */
	FRESHNESS_BY_RELATION,		/* freshness: relation_id */
	ROLLUP_BY_RELATION,			/* rollup: relation_id */
	WATERMARK_BY_RELATION,		/* watermark: relation_id */
	SCHEDULE_BY_RELATION,		/* schedule: relation_id, schedule_name */
	MEMBER_BY_SET,				/* set_member: set_id, relation_id */
	MEMBER_BY_RELATION,			/* set_member: relation_id */
	PAUSE_OF_ALL,				/* pause: only_row */
	IDENTITY_OF_DATABASE,		/* identity: only_row */
	HELD_CREDENTIALS,			/* held_credentials: server_id, role_id */
	HELD_BUDGET					/* held_budget: relation_id */
} DirectIndex;

#define DIRECT_INDEXES (HELD_BUDGET + 1)

/* The largest number of index columns in a search. */
#define DIRECT_MAX_KEYS 2

/* An open table and a scan of it; lives on the caller's stack. */
typedef struct DirectScan
{
	Relation	table;
	Oid			index_oid;		/* InvalidOid: the table is scanned */
	bool		by_index;		/* also without keys */
	int			nkeys;
	ScanKeyData keys[DIRECT_MAX_KEYS];
	SysScanDesc scan;			/* NULL: the table is empty, or the row was fetched */
	Buffer		buffer;			/* of the row that was fetched without a scan */
	HeapTupleData fetched;		/* that row */
	HeapTuple	tuple;			/* the present row, or NULL */
} DirectScan;

/*
 * Opens a scan for rows whose first nkeys columns of the index are equal to
 * the values (integer, oid or name as the column is; 0 keys: all rows), as the
 * snapshot sees them.  Locks: ACCESS SHARE on table and index until the end.
 * Works in parallel workers and during recovery.  Raises 42704 or 55000 if the
 * extension does not exist or has no such table.
 */
extern void direct_open(DirectScan *scan, DirectIndex index, Snapshot snapshot, int nkeys,
						const Datum *values);

/* Goes to the next row; false if there is none. */
extern bool direct_next(DirectScan *scan);

/*
 * A column of the current row by its name; the value lives as long as the row
 * is the current one.  NULL gives 0 with *isnull.
 */
extern Datum direct_value(const DirectScan *scan, const char *column, bool *isnull);

extern void direct_close(DirectScan *scan);

/*
 * For the one row of a unique index by its only column, an integer or an oid:
 * opens, and returns whether there is such a row.  The caller must close it in
 * either case.  A row that is still where it was found last is found without
 * the index.
 */
extern bool direct_row(DirectScan *scan, DirectIndex index, Snapshot snapshot, uint32 key);

/*
 * The steps of direct_open(), for callers that need another lock, a snapshot
 * that is taken under it, or an index that is not in the list.
 *
 * Opens the table for reading by the index of that name; NULL: the index of
 * its primary key.  A partial index finds only the rows that it contains.
 * Both names must be constants.  Raises what direct_open() does.
 */
extern void direct_open_table(DirectScan *scan, const char *table, const char *index,
							  LOCKMODE lockmode);

/*
 * Adds a search value, of the column's type, for the next column of the index.
 */
extern void direct_key(DirectScan *scan, const char *column, Datum value);

/* Begins to read; the rows are in the order of the index if there are keys. */
extern void direct_begin(DirectScan *scan, Snapshot snapshot);

/* Ends what direct_begin() began; the table stays open, for the caller to close. */
extern void direct_end(DirectScan *scan);

/*
 * The number of a column, from 1, in the descriptor of one of rsfed's tables,
 * or in a copy of it.  Raises 42704 or 55000 if the extension does not exist
 * or does not fit, XX000 if the table has no such column.
 */
extern AttrNumber direct_column(TupleDesc desc, const char *column);

#endif							/* RSFED_DIRECT_H */
