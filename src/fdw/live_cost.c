/*-------------------------------------------------------------------------
 *
 * live_cost.c
 *	  The planner's costs of a statement in Redshift.
 *
 * Policy: Redshift is never asked for estimates.  A statement has a fixed cost.
 * A row that it reads costs little and a row that it sends costs much, so that
 * everything that can run in Redshift does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/live.h"

#define STATEMENT_COST	100.0
/* a statement that is sent repeatedly: tens of milliseconds each time */
#define REPEATED_COST	1000.0
#define READ_ROW_COST	0.001
#define FETCH_ROW_COST	0.05

/* See live.h. */
void
live_cost(bool repeats, double rows_read, double rows_fetched, Cost *startup, Cost *total)
{
	*startup = repeats ? REPEATED_COST : STATEMENT_COST;
	*total = *startup + rows_read * READ_ROW_COST + rows_fetched * FETCH_ROW_COST;
}

/*
 * A step that reduces the number of rows must never cost more in Redshift than
 * locally, however small the numbers are.  So its cost is slightly less than
 * that of the cheapest path.
 */
void
live_undercut(RelOptInfo *rel, Cost *startup, Cost *total)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);

		/* the cost of one iteration of a nested loop cannot be compared */
		if (path->param_info != NULL)
			continue;
		*total = Min(*total, path->total_cost * 0.9);
		*startup = Min(*startup, path->startup_cost * 0.9);
	}
	*startup = Min(*startup, *total);
}
