/*-------------------------------------------------------------------------
 *
 * nulls.h
 *	  Rows of a result with a NULL in a column that must not have one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_NULLS_H
#define RSFED_NULLS_H

#include "executor/tuptable.h"

#include "refresh/refresh_run.h"
#include "rollup/refresh_target.h"

/* The rows with such a NULL in one pass. */
typedef struct NullCheck
{
	const RefreshTarget *target;
	int64		rows;			/* with a NULL in such a column */
	int			column;			/* the column of the first one, from 0 */
	char	   *key;			/* its key (target_key_text); NULL without one */
} NullCheck;

/* Begins a pass; its memory is in the current memory context. */
extern void nulls_begin(NullCheck *check, const RefreshTarget *target);

/*
 * Must a row be checked although it is in the table already?  The owner may
 * have dropped the NOT NULL of a column that the option not_null names.
 */
extern bool nulls_may_be_stored(const NullCheck *check);

/*
 * May the row be written?  Counts it if not.  After the first such row nothing
 * may be written any more: the pass continues only to count the others.
 */
extern bool nulls_pass(NullCheck *check, TupleTableSlot *row);

/*
 * At the end of the pass: raises 23502 with the figures if there was any.
 * Then run->refused tells whether the rollup's gate (option not_null) refuses
 * the content, and not a NOT NULL of the owner.
 */
extern void nulls_judge(const NullCheck *check, RefreshRun *run);

#endif							/* RSFED_NULLS_H */
