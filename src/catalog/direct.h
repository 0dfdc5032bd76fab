/*-------------------------------------------------------------------------
 *
 * direct.h
 *	  Reading rsfed's own tables by their indexes, without SQL.
 *
 * For what is asked beside each answer of an application: such a read takes
 * some microseconds, and sees what the query sees in which it stands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DIRECT_H
#define RSFED_DIRECT_H

#include "access/genam.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/* The indexes that are read, each with the columns of its key. */
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
	HELD_CREDENTIALS			/* held_credentials: server_id, role_id */
} DirectIndex;

#define DIRECT_INDEXES (HELD_CREDENTIALS + 1)

/* A scan; lives on the caller's stack. */
typedef struct DirectScan
{
	Relation	table;
	SysScanDesc scan;			/* NULL: the table is empty */
	HeapTuple	tuple;			/* the present row, or NULL */
} DirectScan;

/*
 * Opens a scan for rows whose first nkeys columns of the index are equal to the
 * values (integer, oid or name as the column is; 0 keys: all rows), as the
 * snapshot sees them.  Locks: ACCESS SHARE on table and index until the end.
 * Works in parallel workers and during recovery.  Raises 42704 or 55000 where
 * the extension is not there or has no such table.
 */
extern void direct_open(DirectScan *scan, DirectIndex index, Snapshot snapshot, int nkeys,
						const Datum *values);

/* Goes to the next row; false if there is none. */
extern bool direct_next(DirectScan *scan);

/*
 * A column of the present row by its name; the value lives as long as the row is
 * the present one.  NULL gives 0 with *isnull.
 */
extern Datum direct_value(const DirectScan *scan, const char *column, bool *isnull);

extern void direct_close(DirectScan *scan);

/*
 * For the one row of an index by an integer key: opens, and returns whether there
 * is such a row.  Must be closed in either case.
 */
extern bool direct_row(DirectScan *scan, DirectIndex index, Snapshot snapshot, int32 key);

#endif							/* RSFED_DIRECT_H */
