/*-------------------------------------------------------------------------
 *
 * keyed.h
 *	  Reads the rows of a result in the order of the key, and checks the order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_KEYED_H
#define RSFED_REFRESH_KEYED_H

#include "lib/stringinfo.h"
#include "utils/sortsupport.h"

#include "refresh/rowsource.h"
#include "rollup/refresh_target.h"

typedef struct KeyedRows
{
	RowSource  *source;
	const RefreshTarget *target;
	StringInfo	note;			/* note of the run, for harmless deviations; or NULL */
	SortSupport keys;			/* the order of the key */
	TupleTableSlot *row;		/* the current row */
	TupleTableSlot *previous;	/* the previous row */
	bool		has_text;		/* in the key */
	bool		blanks_met;

	/*
	 * Set by the caller after keyed_begin() if it does not need the order.
	 * From the first violation on (see disorder) nothing is checked any more,
	 * not even duplicates.
	 */
	bool		takes_disorder;
	bool		takes_duplicates;	/* set by it likewise */
	const char *disorder;
} KeyedRows;

/*
 * Begins with rows of that source, which the caller keeps.  Without a note
 * there is no warning about trailing blanks.
 */
extern void keyed_begin(KeyedRows *rows, RowSource *source, const RefreshTarget *target,
						StringInfo note);
extern void keyed_end(KeyedRows *rows);

/*
 * Advances to the next row; false at the end.  Raises 23505 for a second row
 * with the same key, and ERRCODE_RSFED_DISORDER if a source with an unverified
 * order of the key breaks it.
 */
extern bool keyed_next(KeyedRows *rows);

/*
 * Compares the key of the current row with that of another row of the table
 * (local) or of the result.
 */
extern int	keyed_compare(KeyedRows *rows, TupleTableSlot *other, bool local);

#endif							/* RSFED_REFRESH_KEYED_H */
