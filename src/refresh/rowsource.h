/*-------------------------------------------------------------------------
 *
 * rowsource.h
 *	  The rows of a result, in the order that an engine needs.
 *
 * They come from a local sort (below), or from the connection itself
 * (fetch.c).
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROWSOURCE_H
#define RSFED_ROWSOURCE_H

#include "executor/tuptable.h"

#include "rollup/refresh_target.h"

typedef struct RowSource RowSource;

struct RowSource
{
	TupleDesc	desc;			/* that of the target */
	const TupleTableSlotOps *slot_ops;	/* slots that "next" fills */

	/*
	 * Redshift claims the order of the key: code that relies on it must verify
	 * it, and refuse the rows with ERRCODE_RSFED_DISORDER.
	 */
	bool		is_unproven;

	/*
	 * Stores the next row in a slot, where it stays valid until the slot is
	 * cleared or the call after the next; false at the end.
	 */
	bool		(*next) (RowSource *source, TupleTableSlot *slot);
	void		(*end) (RowSource *source);
};

/*
 * The rows are not in the claimed order.  No user sees it: the driver
 * refreshes again and sorts here.
 */
#define ERRCODE_RSFED_DISORDER MAKE_SQLSTATE('R','S','0','0','1')

typedef struct RowSpill RowSpill;

/*
 * Stores rows in memory up to that many kB, then in temporary files; ordered:
 * sorts them by the target's key.  Lives in the current memory context and
 * resource owner.
 */
extern RowSpill *spill_begin(const RefreshTarget *target, bool ordered, int memory_kb);

/* Adds one row; the values are copied. */
extern void spill_put(RowSpill *spill, Datum *values, bool *nulls);

/*
 * Called after all rows are added: sorts them.  The spill belongs to the
 * source from now on.
 */
extern RowSource *spill_finish(RowSpill *spill);

#endif							/* RSFED_ROWSOURCE_H */
