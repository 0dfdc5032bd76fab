/*-------------------------------------------------------------------------
 *
 * compare_rows.h
 *	  Finds the changes that a refresh would make, without making them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COMPARE_ROWS_H
#define RSFED_COMPARE_ROWS_H

#include "utils/jsonb.h"

#include "catalog/relation.h"

typedef struct CompareCounts
{
	int64		local_rows;
	int64		remote_rows;
	int64		same;
	int64		missing;		/* in the result only */
	int64		extra;			/* in the table only */
	int64		different;		/* the key on both sides, another column differs */
} CompareCounts;

typedef struct Comparison
{
	const RsfedRelation *relation;	/* a rollup */
	const char *query;			/* a query other than the rollup's, or NULL */
	const char *source;			/* another source, or NULL */
	const char *since;			/* these as in a refresh, or NULL */
	const char *until;
	Jsonb	   *part;
	int64		max_rows;		/* number of differences to show; -1 = all */

	/*
	 * Receives one difference; the objects are freed after the call. key is
	 * NULL for a rollup without one, local for a missing row, remote for an
	 * extra one; those of a different row hold the columns that differ.
	 */
	void		(*show) (void *arg, const char *kind, Jsonb *key, Jsonb *local, Jsonb *remote);
	void	   *arg;
	CompareCounts counts;		/* filled */
} Comparison;

/*
 * Compares the table of a rollup, as the active snapshot sees it, with what
 * its query returns now.  Takes no lock but ACCESS SHARE and writes nothing;
 * connects as the table's owner does for a refresh.  Raises the errors of a
 * refresh before it writes, 42804 if the columns of another query do not fit,
 * 42883 if a rollup without key has a column that cannot be sorted.
 */
extern void rollup_compare(Comparison *comparison);

#endif							/* RSFED_COMPARE_ROWS_H */
