/*-------------------------------------------------------------------------
 *
 * compare_rows.h
 *	  What a refresh would change, without changing it.
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
	const char *query;			/* another query than the rollup's, or NULL */
	const char *source;			/* another source, or NULL */
	const char *since;			/* these as for a refresh, or NULL */
	const char *until;
	Jsonb	   *part;
	int64		max_rows;		/* that many differences are shown; -1 = all */

	/*
	 * Takes one difference; the objects are gone after the call.  key is NULL
	 * for a rollup without one, local for a missing row, remote for an extra
	 * one; those of a different row hold the columns that differ.
	 */
	void		(*show) (void *arg, const char *kind, Jsonb *key, Jsonb *local, Jsonb *remote);
	void	   *arg;
	CompareCounts counts;		/* filled */
} Comparison;

/*
 * Compares the table of a rollup, as the active snapshot sees it, with what
 * its query returns now.  Takes no lock but ACCESS SHARE and writes nothing;
 * connects as the table's owner does for a refresh.  Raises what a refresh
 * raises before it writes, 42804 if another query's columns do not fit, 42883
 * if a rollup without key has a column that cannot be sorted.
 */
extern void rollup_compare(Comparison *comparison);

#endif							/* RSFED_COMPARE_ROWS_H */
