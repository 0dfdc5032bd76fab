/*-------------------------------------------------------------------------
 *
 * walk.h
 *	  Compares the rows of a result and those of its table, side by side.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WALK_H
#define RSFED_WALK_H

#include "access/genam.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "refresh/keyed.h"
#include "refresh/rowsource.h"
#include "refresh/scope.h"
#include "rollup/refresh_target.h"

/* The current position of the walk. */
typedef enum WalkStep
{
	WALK_END,
	WALK_MISSING,				/* remote has no counterpart in the table */
	WALK_EXTRA,					/* local has no counterpart in the result */
	WALK_SAME,					/* both exist and are equal, byte by byte or by digits_agree() */
	WALK_DIFFERENT				/* both exist; "changed" marks the columns that differ */
} WalkStep;

typedef struct Walk
{
	const RefreshTarget *target;
	TupleTableSlot *remote;		/* the current row of the result */
	TupleTableSlot *local;		/* the current row of the table */
	AttrNumber *local_attnums;	/* the attribute of local for column i of the result */
	bool	   *changed;		/* by column of the result */

	/* private to the walk */
	KeyedRows	remote_rows;
	RowSource  *local_rows;		/* for a walk without a key, else NULL */
	Relation	index;			/* for a walk by key */
	IndexScanDesc scan;
	RowScope   *scope;			/* of local rows; NULL = all */
	bool		have_remote;
	bool		have_local;
	WalkStep	step;			/* the current one */
} Walk;

/*
 * Begins to walk the rows, which arrive in the order of the target's key,
 * along the rows of the table that the snapshot sees, read through the key's
 * index.  The caller keeps rel, locked ACCESS SHARE or stronger. note: as in
 * keyed_begin().  Rows of the table outside of the scope (NULL: no scope) are
 * skipped.
 */
extern void walk_begin(Walk *walk, const RefreshTarget *target, RowSource *rows,
					   StringInfo note, Relation rel, Snapshot snapshot, RowScope *scope);

/*
 * The same for rows without a key: target has all columns as its key, and
 * local_rows are the rows of the table with the result's columns, in the same
 * order.  Equal rows are matched as often as both sides have them.
 */
extern void walk_begin_unkeyed(Walk *walk, const RefreshTarget *target, RowSource *rows,
							   RowSource *local_rows);

/*
 * Advances by one row, or one pair of rows. remote (missing, same, different)
 * and local (extra, same, different) are valid until the next call.  Raises
 * the errors of keyed_next().
 */
extern WalkStep walk_next(Walk *walk);

/* Closes the walk; the caller keeps the row sources. */
extern void walk_end(Walk *walk);

#endif							/* RSFED_WALK_H */
