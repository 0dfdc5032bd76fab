/*-------------------------------------------------------------------------
 *
 * block_scans.c
 *	  The scans of live tables in a finished plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

#include "fdw/block.h"

/*
 * The scan that returns the result of a plan, except for its order; NULL if
 * the plan does more than that locally.
 */
static Plan *
only_scan(const PlannedStmt *stmt)
{
	Plan	   *plan = stmt->planTree;

	while (plan != NULL && plan->qual == NIL &&
		   (IsA(plan, Sort) || IsA(plan, SubqueryScan) || (IsA(plan, Result) && ((Result *) plan)->resconstantqual == NULL)))
		plan = IsA(plan, SubqueryScan) ? ((SubqueryScan *) plan)->subplan : outerPlan(plan);
	return plan != NULL && live_is_scan(plan) && plan->qual == NIL && stmt->subplans == NIL ? plan : NULL;
}

/* The scan to find: that of a table or, for InvalidOid, any. */
typedef struct Wish
{
	const PlannedStmt *stmt;
	Oid			table;
} Wish;

static bool
is_wished(const ForeignScan *scan, const Wish *wish)
{
	int			at = -1;

	if (!OidIsValid(wish->table))
		return true;
	if (scan->scan.scanrelid > 0)
		return rt_fetch(scan->scan.scanrelid, wish->stmt->rtable)->relid == wish->table;
	while ((at = bms_next_member(scan->fs_relids, at)) >= 0)
	{
		if (rt_fetch(at, wish->stmt->rtable)->relid == wish->table)
			return true;
	}
	return false;
}

static ForeignScan *first_scan(Plan *plan, const Wish *wish);

static ForeignScan *
first_scan_of(List *plans, const Wish *wish)
{
	ForeignScan *found = NULL;
	ListCell   *lc;

	foreach(lc, plans)
	{
		if (found == NULL)
			found = first_scan(lfirst(lc), wish);
	}
	return found;
}

/* A scan of live tables in a plan, or NULL. */
static ForeignScan *
first_scan(Plan *plan, const Wish *wish)
{
	ForeignScan *found;

	if (plan == NULL)
		return NULL;
	if (live_is_scan(plan))
		return is_wished((ForeignScan *) plan, wish) ? (ForeignScan *) plan : NULL;
	if (IsA(plan, Append))
		return first_scan_of(((Append *) plan)->appendplans, wish);
	if (IsA(plan, MergeAppend))
		return first_scan_of(((MergeAppend *) plan)->mergeplans, wish);
	if (IsA(plan, SubqueryScan))
		return first_scan(((SubqueryScan *) plan)->subplan, wish);
	found = first_scan(outerPlan(plan), wish);
	return found ? found : first_scan(innerPlan(plan), wish);
}

/* See block.h. */
ForeignScan *
block_find_scan(const PlannedStmt *stmt, Oid table)
{
	Wish		wish = {stmt, table};
	ForeignScan *found = first_scan(stmt->planTree, &wish);

	return found ? found : first_scan_of(stmt->subplans, &wish);
}

/*
 * See block.h.  A plan that does not read Redshift, because its result is known
 * to be empty, is even better.
 */
bool
block_is_needless(const PlannedStmt *stmt)
{
	return block_find_scan(stmt, InvalidOid) == NULL || only_scan(stmt) != NULL;
}
