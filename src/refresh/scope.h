/*-------------------------------------------------------------------------
 *
 * scope.h
 *	  The rows that a partial refresh covers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCOPE_H
#define RSFED_SCOPE_H

#include "access/skey.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

#include "refresh/rowsource.h"
#include "rollup/refresh_target.h"
#include "rollup/window.h"

/* Values of one key column (argument part). */
typedef struct ScopeValues
{
	int			column;			/* of the result, from 0 */
	const char *name;
	Oid			type;			/* of the local column */
	int			count;
	Datum	   *values;			/* of the local column's type */
	bool		has_null;
	bool		ignores_blanks; /* as Redshift does when it compares text */
	Oid			collation;
	FmgrInfo	compare;		/* btree's, of the column's type */
} ScopeValues;

typedef struct RowScope
{
	const Window *window;		/* NULL without a range */
	int64		from;
	int64		to;
	bool		all_local;		/* local rows outside the range are deleted */
	bool		prune;			/* only those below low */
	int64		low;
	List	   *values;			/* of ScopeValues *; all must match */

	/* updated as rows are read */
	bool		any;
	int64		greatest;		/* of the window's column */
} RowScope;

/* Does the scope leave local rows out? */
extern bool scope_is_partial(const RowScope *scope);

/* Does the result cover a row of the table? */
extern bool scope_has_local(RowScope *scope, const RefreshTarget *target, TupleTableSlot *local);

/*
 * Makes conditions for a scan of the key's index that exclude as many rows
 * outside the scope as possible; returns their number, at most twice the
 * number of key columns.
 */
extern int	scope_scan_keys(const RowScope *scope, const RefreshTarget *target, Relation index,
							ScanKey keys);

/*
 * The rows, after a check that each is in the scope (NULL: no check); raises
 * 22000 for one that is not.
 */
extern RowSource *scope_rows(RowScope *scope, const RefreshTarget *target, RowSource *rows);

#endif							/* RSFED_SCOPE_H */
