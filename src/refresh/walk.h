/*-------------------------------------------------------------------------
 *
 * walk.h
 *	  The rows of a result and those of its table, side by side.
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

/* What the walk stands at. */
typedef enum WalkStep
{
	WALK_END,
	WALK_MISSING,				/* remote has no counterpart in the table */
	WALK_EXTRA,					/* local has none in the result */
	WALK_SAME,					/* both are there and equal, byte by byte or as digits_agree() says */
	WALK_DIFFERENT				/* both are there; "changed" says what differs */
} WalkStep;

typedef struct Walk
{
	const RefreshTarget *target;
	TupleTableSlot *remote;		/* the present row of the result */
	TupleTableSlot *local;		/* the present row of the table */
	AttrNumber *local_attnums;	/* where local holds column i of the result */
	bool	   *changed;		/* by column of the result */

	/* the walk's own */
	KeyedRows	remote_rows;
	RowSource  *local_rows;		/* of a walk without a key, else NULL */
	Relation	index;			/* of a walk by key */
	IndexScanDesc scan;
	RowScope   *scope;			/* of local rows; NULL = all */
	bool		have_remote;
	bool		have_local;
	WalkStep	step;			/* that it stands at */
} Walk;

/*
 * Begins to walk the rows, which come in the order of the target's key, along
 * the rows of the table that the snapshot sees, read through the key's index.
 * rel stays the caller's, locked ACCESS SHARE or more.  note: as keyed_begin().
 * Rows of the table outside of the scope (NULL: none are) are passed over.
 */
extern void walk_begin(Walk *walk, const RefreshTarget *target, RowSource *rows,
					   StringInfo note, Relation rel, Snapshot snapshot, RowScope *scope);

/*
 * The same for rows without a key: target has all columns as its key, and
 * local_rows are the table's, of the result's columns, in that order too.
 * Equal rows are the same as often as both sides have them.
 */
extern void walk_begin_unkeyed(Walk *walk, const RefreshTarget *target, RowSource *rows,
							   RowSource *local_rows);

/*
 * Moves on by one row, or one pair of rows.  remote (missing, same, different)
 * and local (extra, same, different) are valid until the next call.  Raises
 * what keyed_next() raises.
 */
extern WalkStep walk_next(Walk *walk);

/* Closes what walk_begin opened; the row sources stay the caller's. */
extern void walk_end(Walk *walk);

#endif							/* RSFED_WALK_H */
