/*-------------------------------------------------------------------------
 *
 * rowsource.h
 *	  The rows of a result, in the order that an engine wants them.
 *
 * Where they come from is the source's own affair: a local sort (below), or
 * the connection itself (fetch.c).
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
	 * The order of the key is Redshift's word only: whoever relies on it must
	 * check it, and refuse the rows with ERRCODE_RSFED_DISORDER.
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
 * The rows are not in the order that they were promised in.  Nobody outside
 * sees it: the driver refreshes again, sorting here.
 */
#define ERRCODE_RSFED_DISORDER MAKE_SQLSTATE('R','S','0','0','1')

typedef struct RowSpill RowSpill;

/*
 * Takes rows in memory up to so many kB, then in temporary files;
 * ordered: sorts them by the target's key.  Lives in the current memory
 * context and resource owner.
 */
extern RowSpill *spill_begin(const RefreshTarget *target, bool ordered, int memory_kb);

/* Adds one row; the values are copied. */
extern void spill_put(RowSpill *spill, Datum *values, bool *nulls);

/* All rows are there: sorts them.  The spill belongs to the source from now on. */
extern RowSource *spill_finish(RowSpill *spill);

#endif							/* RSFED_ROWSOURCE_H */
