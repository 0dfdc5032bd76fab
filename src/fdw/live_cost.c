/*-------------------------------------------------------------------------
 *
 * live_cost.c
 *	  The planner's costs of a statement in Redshift.
 *
 * Policy: Redshift is never asked.  A statement has a fixed cost, a row that
 * it reads costs little and a row that it sends costs much, so that everything
 * that can run there does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fdw/live.h"

#define STATEMENT_COST	100.0
/* one of many that are sent one after the other: tens of milliseconds each */
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
 * What ends as fewer rows there is never dearer than the same done here, however
 * small the numbers are: a little less than the cheapest path that there is.
 */
void
live_undercut(RelOptInfo *rel, Cost *startup, Cost *total)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);

		/* the price of one turn of a loop says nothing */
		if (path->param_info != NULL)
			continue;
		*total = Min(*total, path->total_cost * 0.9);
		*startup = Min(*startup, path->startup_cost * 0.9);
	}
	*startup = Min(*startup, *total);
}
