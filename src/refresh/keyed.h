/*-------------------------------------------------------------------------
 *
 * keyed.h
 *	  The rows of a result in the order of the key, checked as they pass.
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
	StringInfo	note;			/* the run's, for harmless surprises; or NULL */
	SortSupport keys;			/* how the key is ordered */
	TupleTableSlot *row;		/* the present one */
	TupleTableSlot *previous;	/* the one before it */
	bool		has_text;		/* in the key */
	bool		blanks_met;

	/*
	 * The caller can do without order: set by it after keyed_begin().  From the
	 * first surprise on (disorder says which) nothing is checked any more,
	 * duplicates neither.
	 */
	bool		takes_disorder;
	bool		takes_duplicates;	/* set by it likewise */
	const char *disorder;
} KeyedRows;

/*
 * Begins with rows of that source, which stays the caller's.  Without a note
 * nothing is said of trailing blanks.
 */
extern void keyed_begin(KeyedRows *rows, RowSource *source, const RefreshTarget *target,
						StringInfo note);
extern void keyed_end(KeyedRows *rows);

/*
 * Moves on to the next row; false at the end.  Raises 23505 for a second row
 * with the same key, and ERRCODE_RSFED_DISORDER where a source that only
 * promised the order of the key does not keep it.
 */
extern bool keyed_next(KeyedRows *rows);

/*
 * Compares the key of the present row with that of another row: one of the
 * table (local), or of the result.
 */
extern int	keyed_compare(KeyedRows *rows, TupleTableSlot *other, bool local);

#endif							/* RSFED_REFRESH_KEYED_H */
