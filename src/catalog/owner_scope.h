/*-------------------------------------------------------------------------
 *
 * owner_scope.h
 *	  Switches to another user for a moment, and runs SQL on rsfed's own
 *	  tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_OWNER_SCOPE_H
#define RSFED_OWNER_SCOPE_H

#include "executor/spi.h"

/* The state to restore; lives on the caller's stack. */
typedef struct OwnerScope
{
	Oid			saved_userid;
	int			saved_sec_context;
	int			saved_nestlevel;
} OwnerScope;

/*
 * Acts as userid until owner_scope_leave: SECURITY_LOCAL_USERID_CHANGE, with
 * SECURITY_RESTRICTED_OPERATION too if restricted, search_path pg_catalog,
 * pg_temp.  After an error, (sub)transaction abort restores everything; a
 * commit inside a scope is not allowed.
 */
extern void owner_scope_enter(OwnerScope *scope, Oid userid, bool restricted);
extern void owner_scope_leave(OwnerScope *scope);

/*
 * Opens SPI as the extension's owner; every access to a table of rsfed is
 * between these two calls.  The SPI memory context is current in between.
 * Raises 55000 if the library does not work with the version of the tables.
 */
typedef struct CatalogAccess
{
	OwnerScope	scope;
	MemoryContext caller;
} CatalogAccess;

extern void catalog_open(CatalogAccess *access);

/*
 * The same for any version of the tables: only to read columns that exist
 * since the first version.
 */
extern void catalog_open_any_version(CatalogAccess *access);

extern void catalog_close(CatalogAccess *access);

/*
 * Runs one statement with $n parameters, as read-write SPI with a fresh
 * snapshot, and checks that its SPI result code is the expected one (SPI_OK_*).
 * nulls may be NULL.  Returns SPI_processed.
 */
extern uint64 catalog_run(int expected, const char *sql, int nargs, const Oid *types,
						  const Datum *values, const char *nulls);

/*
 * The same for a statement that each run needs: planned once per process, for
 * any parameters. sql must be a string constant.
 */
extern uint64 catalog_run_kept(int expected, const char *sql, int nargs, const Oid *types,
							   const Datum *values, const char *nulls);

/*
 * Reading the result of the last statement: values copied to the caller's
 * memory context (CatalogAccess.caller); columns from 1.  NULL gives NULL, 0.
 */
extern char *catalog_text(CatalogAccess *access, uint64 row, int column);
extern bool catalog_isnull(uint64 row, int column);
extern Datum catalog_datum(uint64 row, int column);	/* by-value types only */
extern Datum catalog_copy(CatalogAccess *access, uint64 row, int column);	/* varlena */

/*
 * The first column (integer) of the n rows of the last result as a List of int,
 * in the memory context that opened the access.
 */
extern List *catalog_ids(CatalogAccess *access, uint64 n);

/*
 * The first column of a query's result as a List of char *, in the current
 * memory context; opens and closes the access itself.
 */
extern List *catalog_names(const char *sql, int nargs, const Oid *types, const Datum *values);

#endif							/* RSFED_OWNER_SCOPE_H */
