/*-------------------------------------------------------------------------
 *
 * block.c
 *	  Lets a query whose relations are all live tables of one source become one
 *	  statement, with its subqueries.
 *
 * Policy: joins and groups of one level are what paths are for.  A query with
 * subqueries is planned as ever first: what that looked at and locked, whose rights
 * are checked, and what makes the plan invalid stays as it is.  Then, if the query as
 * a whole may be shipped, one scan takes the place of the plan's steps.  Costs are
 * not compared: a statement that gives the answer is never worth less than several
 * whose rows are joined here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "foreign/fdwapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"

#include "base/compat.h"
#include "base/settings.h"

#include "fdw/block.h"

static planner_hook_type previous_planner = NULL;

/*
 * Are all relations of a query foreign tables, one of which is *table?  Subqueries in
 * expressions are not looked at.  Asked of every query: the first table of another
 * kind ends it.
 */
static bool
reads_foreign_only(Query *query, Oid *table)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		switch (rte->rtekind)
		{
			case RTE_RELATION:
				/* before 16 a view's query names the view itself */
				if (rte->relkind == RELKIND_VIEW)
					break;
				if (rte->relkind != RELKIND_FOREIGN_TABLE)
					return false;
				*table = rte->relid;
				break;
			case RTE_SUBQUERY:
				if (!reads_foreign_only(rte->subquery, table))
					return false;
				break;
			case RTE_FUNCTION:
			case RTE_TABLEFUNC:
			case RTE_VALUES:
			case RTE_NAMEDTUPLESTORE:
			case RTE_RESULT:
				return false;
			default:
				break;
		}
	}
	foreach(lc, query->cteList)
	{
		if (!reads_foreign_only(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery), table))
			return false;
	}
	return true;
}

/* Has it subqueries, and may be shipped whole? */
static bool
is_candidate(Query *query, int cursor_options)
{
	bool		has_subqueries = query->hasSubLinks || query->setOperations != NULL || query->cteList != NIL;
	Oid			table = InvalidOid;
	ListCell   *lc;

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL || !reads_foreign_only(query, &table) ||
		!OidIsValid(table))
		return false;
	foreach(lc, query->rtable)
		has_subqueries = has_subqueries || lfirst_node(RangeTblEntry, lc)->rtekind == RTE_SUBQUERY;
	/* a scan cannot be read backward */
	return has_subqueries && (cursor_options & CURSOR_OPT_SCROLL) == 0 &&
		live_is_server(GetForeignServerIdByRelId(table));
}

/* The scan that gives all that a plan does, but for sorting; NULL if more is done here. */
static Plan *
only_scan(const PlannedStmt *stmt)
{
	Plan	   *plan = stmt->planTree;

	while (plan != NULL && plan->qual == NIL &&
		   (IsA(plan, Sort) || IsA(plan, SubqueryScan) || (IsA(plan, Result) && ((Result *) plan)->resconstantqual == NULL)))
		plan = IsA(plan, SubqueryScan) ? ((SubqueryScan *) plan)->subplan : outerPlan(plan);
	return plan != NULL && live_is_scan(plan) && plan->qual == NIL && stmt->subplans == NIL ? plan : NULL;
}

static ForeignScan *first_scan(Plan *plan);

static ForeignScan *
first_scan_of(List *plans)
{
	ForeignScan *found = NULL;
	ListCell   *lc;

	foreach(lc, plans)
	{
		if (found == NULL)
			found = first_scan(lfirst(lc));
	}
	return found;
}

/* A scan of live tables in a plan, or NULL. */
static ForeignScan *
first_scan(Plan *plan)
{
	ForeignScan *found;

	if (plan == NULL)
		return NULL;
	if (live_is_scan(plan))
		return (ForeignScan *) plan;
	if (IsA(plan, Append))
		return first_scan_of(((Append *) plan)->appendplans);
	if (IsA(plan, MergeAppend))
		return first_scan_of(((MergeAppend *) plan)->mergeplans);
	if (IsA(plan, SubqueryScan))
		return first_scan(((SubqueryScan *) plan)->subplan);
	found = first_scan(outerPlan(plan));
	return found ? found : first_scan(innerPlan(plan));
}

/* Lets EXPLAIN say, at a scan, why the query did not become one statement. */
static void
add_reason(ForeignScan *scan, const char *reason)
{
	void	   *text = makeString(pstrdup(reason));
	ListCell   *place = list_nth_cell(scan->fdw_private, LIVE_REASONS);

	if (!list_member(lfirst(place), text))
		lfirst(place) = lappend(lfirst(place), text);
}

/* Puts one scan in the place of a plan, if the query may be shipped whole. */
static void
ship_whole(PlannedStmt *stmt, Query *query, ParamListInfo params)
{
	ForeignScan *first = first_scan(stmt->planTree);
	Block		block;
	BlockText	text;

	if (first == NULL)
		first = first_scan_of(stmt->subplans);
	/* a plan that reads nothing there, as nothing can be found, is better still */
	if (first == NULL || only_scan(stmt) != NULL)
		return;
	if (contain_volatile_functions((Node *) query))
	{
		add_reason(first, BLOCK_FROM_CLAUSE ": a volatile function");
		return;
	}
	block_prepare(query, params);
	if (!block_text(&block, query, &text))
	{
		add_reason(first, block.deparse.reason);
		return;
	}
	stmt->planTree = block_plan(&block, query, &text, stmt->planTree);
	stmt->subplans = NIL;
	stmt->rewindPlanIDs = NULL;
	stmt->parallelModeNeeded = false;
	RSFED_CLEAR_PRUNING(stmt);
}

static PlannedStmt *
plan_block(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	/* planning changes the query */
	Query	   *query = rsfed_ship_blocks && is_candidate(parse, cursor_options) ? copyObject(parse) : NULL;
	PlannedStmt *stmt;

	stmt = previous_planner ? previous_planner(parse, query_string, cursor_options, params) :
		standard_planner(parse, query_string, cursor_options, params);
	if (query != NULL)
		ship_whole(stmt, query, params);
	return stmt;
}

/* See block.h. */
void
block_hook_init(void)
{
	previous_planner = planner_hook;
	planner_hook = plan_block;
}
