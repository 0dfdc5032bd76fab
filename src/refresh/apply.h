/*-------------------------------------------------------------------------
 *
 * apply.h
 *	  The interface of the methods that apply the rows of a result to the
 *	  served table.
 *
 * Policy: the driver connects, serializes, takes locks and snapshots, and
 * writes the outcome; an engine only turns rows into changes.  All differences
 * between methods are in Method (rollup/method.h) and in its engine, so that a
 * new method needs a file, a line in method.c and one in engine.c, and no
 * switch anywhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_APPLY_H
#define RSFED_APPLY_H

#include "utils/snapshot.h"

#include "catalog/rollup.h"
#include "refresh/rowsource.h"
#include "refresh/scope.h"
#include "rollup/refresh_target.h"

/* One pass over the served table. */
typedef struct Apply
{
	const Rollup *rollup;
	const RefreshTarget *target;
	Relation	rel;			/* the served table, locked ROW EXCLUSIVE */
	Snapshot	snapshot;		/* the snapshot with which the pass reads and writes */
	RowSource  *rows;			/* the new content */
	RowScope   *scope;			/* the rows that it covers; NULL = all */
	int64		inserted;
	int64		updated;
	int64		deleted;
	struct RefreshRun *run;		/* run->refused is set before the gate raises its error */
} Apply;

/*
 * The engines (merge.c, replace.c).  Each makes the content of the table equal
 * to apply->rows, and counts its writes.  Runs as the table's owner, in a
 * transaction that the driver commits, with apply->snapshot active; raises
 * 40001 for a row that somebody else changed meanwhile, 23502 for a NULL in a
 * column that must not have one.
 */
extern void merge_apply(Apply *apply);
extern void replace_apply(Apply *apply);

#endif							/* RSFED_APPLY_H */
