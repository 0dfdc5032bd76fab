/*-------------------------------------------------------------------------
 *
 * row.h
 *	  Reads and writes single rows of rsfed's own tables without SQL.
 *
 * For the accesses of each run: a statement would have to be parsed and
 * planned once in each session, which costs more than all accesses of a run
 * here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROW_H
#define RSFED_ROW_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

/* column = value, of the column's type: integer, bigint, oid, name or text. */
typedef struct RowKey
{
	const char *column;
	Datum		value;
} RowKey;

/*
 * A row that was read, or is to be written; lives in the context in which it
 * was made.
 */
typedef struct CatalogRow
{
	TupleDesc	desc;			/* a copy */
	HeapTuple	tuple;			/* as found; NULL for a new row */
	Datum	   *values;
	bool	   *nulls;
	bool	   *given;			/* changed by row_set_*() */
} CatalogRow;

/*
 * The first row of rsfed_catalog.<table> with those keys, in the order of that
 * index; NULL if there is none. index NULL: the primary key's, and any row if
 * there are no keys.  The keys are leading columns of the index, which may be
 * partial.  Both names must be constants.  Reads with a snapshot as a new
 * statement of the transaction would; ACCESS SHARE on the table stays until
 * its end.  Raises 42704 or 55000, as catalog_open() does, if the tables do
 * not fit.
 */
extern CatalogRow *row_find(const char *table, const char *index, int nkeys, const RowKey *keys);

/* All rows with those keys: List of CatalogRow *. */
extern List *rows_find(const char *table, const char *index, int nkeys, const RowKey *keys);

/* The same in the latest committed state, in any isolation level. */
extern List *rows_find_latest(const char *table, const char *index, int nkeys, const RowKey *keys);

/* Does the table have any row? */
extern bool rows_exist(const char *table);

/* Values of a row; text and name as C strings, palloc'd.  NULL gives NULL, 0, false. */
extern bool row_isnull(const CatalogRow *row, const char *column);
extern Datum row_datum(const CatalogRow *row, const char *column);
extern int32 row_int32(const CatalogRow *row, const char *column);
extern int64 row_int64(const CatalogRow *row, const char *column);
extern double row_float8(const CatalogRow *row, const char *column);
extern bool row_bool(const CatalogRow *row, const char *column);
extern Oid	row_oid(const CatalogRow *row, const char *column);
extern TimestampTz row_time(const CatalogRow *row, const char *column);
extern char *row_text(const CatalogRow *row, const char *column);

/*
 * These set the value of a column: integers have the column's type; NULL for a
 * text or name sets a null.
 */
extern void row_set(CatalogRow *row, const char *column, Datum value);
extern void row_set_null(CatalogRow *row, const char *column);
extern void row_set_int(CatalogRow *row, const char *column, int64 value);
extern void row_set_text(CatalogRow *row, const char *column, const char *value);
/* 0 is a null. */
extern void row_set_time(CatalogRow *row, const char *column, TimestampTz value);

/*
 * Changes the row with that primary key: "change" sets columns, or returns
 * false to leave the row.  If another session has changed the row meanwhile,
 * "change" is called again for that version.  False if there is no such row.
 * Raises 40001 if the isolation level requires it, 25006 in a read-only
 * transaction.  May wait, interruptibly, for a transaction that has locked the
 * row.
 */
typedef bool (*RowChange) (CatalogRow *row, void *arg);
extern bool row_change(const char *table, int nkeys, const RowKey *keys, RowChange change,
					   void *arg);

/*
 * Makes an empty row of the table, and inserts it; columns without a value get
 * their defaults.
 */
extern CatalogRow *row_new(const char *table);
extern void row_insert(const char *table, CatalogRow *row);

#endif							/* RSFED_ROW_H */
