/*-------------------------------------------------------------------------
 *
 * nulls.h
 *	  Rows of a result that have NULL where none may be.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_NULLS_H
#define RSFED_NULLS_H

#include "executor/tuptable.h"

#include "refresh/refresh_run.h"
#include "rollup/refresh_target.h"

/* What was met of them in one pass. */
typedef struct NullCheck
{
	const RefreshTarget *target;
	int64		rows;			/* with a NULL in such a column */
	int			column;			/* that of the first one, from 0 */
	char	   *key;			/* its key (target_key_text); NULL without one */
} NullCheck;

/* Begins a pass; what it keeps lives in the current memory context. */
extern void nulls_begin(NullCheck *check, const RefreshTarget *target);

/*
 * Must a row be looked at although it is in the table already?  The option
 * not_null may name a column whose NOT NULL the owner took off the table.
 */
extern bool nulls_may_be_stored(const NullCheck *check);

/*
 * May the row be written?  Counts it if not.  Once one was met nothing may be
 * written any more: the pass only goes on to count the others.
 */
extern bool nulls_pass(NullCheck *check, TupleTableSlot *row);

/*
 * At the end of the pass: raises 23502 with the figures if any was met.
 * run->refused says then whether the rollup's gate (option not_null) is what
 * refuses the content, and not a NOT NULL of the owner's own.
 */
extern void nulls_judge(const NullCheck *check, RefreshRun *run);

#endif							/* RSFED_NULLS_H */
