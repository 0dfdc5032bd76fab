/*-------------------------------------------------------------------------
 *
 * rowsource.h
 *	  The rows of a result, in the order that an engine wants them.
 *
 * Where they come from is the source's own affair: a local sort (below), or
 * one day a stream that Redshift sorted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROWSOURCE_H
#define RSFED_ROWSOURCE_H

#include "executor/tuptable.h"

#include "refresh/target.h"

typedef struct RowSource RowSource;

struct RowSource
{
	TupleDesc	desc;			/* that of the target */

	/*
	 * Stores the next row in a slot of minimal tuples, where it stays valid
	 * until the slot is cleared; false at the end.
	 */
	bool		(*next) (RowSource *source, TupleTableSlot *slot);
	void		(*end) (RowSource *source);
};

typedef struct RowSpill RowSpill;

/*
 * Takes rows in memory up to maintenance_work_mem, then in temporary files;
 * ordered: sorts them by the target's key.  Lives in the current memory
 * context and resource owner.
 */
extern RowSpill *spill_begin(const RefreshTarget *target, bool ordered);

/* Adds one row; the values are copied. */
extern void spill_put(RowSpill *spill, Datum *values, bool *nulls);

/* All rows are there: sorts them.  The spill belongs to the source from now on. */
extern RowSource *spill_finish(RowSpill *spill);

#endif							/* RSFED_ROWSOURCE_H */
