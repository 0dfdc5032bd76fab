/*-------------------------------------------------------------------------
 *
 * block_plan.c
 *	  The plan of a query that became one statement.
 *
 * Policy: the result consists of columns, groups and aggregates.  Expressions
 * over them are evaluated locally.  Rows are sorted locally unless a LIMIT
 * needs the first of them.  The plan replaces a finished one, so references are
 * resolved here, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/tlist.h"

#include "base/compat.h"

#include "fdw/block.h"

/* Replaces columns of the result with references to the scan's row. */
static Node *
reference_mutator(Node *node, List *tlist)
{
	TargetEntry *tle;

	if (node == NULL)
		return NULL;
	tle = IsA(node, Const) ? NULL : tlist_member((Expr *) node, tlist);
	if (tle != NULL)
		return (Node *) makeVar(INDEX_VAR, tle->resno, exprType(node), exprTypmod(node), exprCollation(node), 0);
	if (IsA(node, Var) || IsA(node, Aggref) || IsA(node, SubLink))
		elog(ERROR, "a column of a query that became one statement is not among what comes");
	return expression_tree_mutator(node, reference_mutator, tlist);
}

/*
 * The query's columns as expressions over the scan's row, including columns
 * that are needed only for a local sort.
 */
static List *
scan_targets(Query *query, BlockText *text)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk && (text->is_sorted || query->sortClause == NIL || tle->ressortgroupref == 0 ||
							 get_sortgroupref_clause_noerr(tle->ressortgroupref, query->sortClause) == NULL))
			continue;
		tle = flatCopyTargetEntry(tle);
		tle->expr = (Expr *) reference_mutator((Node *) tle->expr, text->tlist);
		tle->resno = list_length(result) + 1;
		result = lappend(result, tle);
	}
	fix_opfuncids((Node *) result);
	return result;
}

/* The columns of a plan node, as references for the node above it. */
static List *
passed_targets(List *below)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, below)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst(lc));

		tle->expr = (Expr *) makeVar(OUTER_VAR, tle->resno, exprType((Node *) tle->expr),
									 exprTypmod((Node *) tle->expr), exprCollation((Node *) tle->expr), 0);
		result = lappend(result, tle);
	}
	return result;
}

/*
 * The tables and subqueries of the query itself.  They have the same numbers in
 * the finished plan.
 */
static Relids
own_relids(Query *query)
{
	Relids		result = NULL;
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RTEKind		kind = lfirst_node(RangeTblEntry, lc)->rtekind;

		if (kind == RTE_RELATION || kind == RTE_SUBQUERY || kind == RTE_CTE)
			result = bms_add_member(result, foreach_current_index(lc) + 1);
	}
	return result;
}

/* Sets rows and costs, which are only shown by EXPLAIN. */
static void
set_costs(Plan *plan, const Plan *instead_of)
{
	live_cost(false, instead_of->plan_rows, instead_of->plan_rows, &plan->startup_cost, &plan->total_cost);
	plan->plan_rows = instead_of->plan_rows;
	plan->plan_width = instead_of->plan_width;
}

/* See block.h. */
Plan *
block_plan(Block *block, Query *query, BlockText *text, const Plan *instead_of)
{
	List	   *params = block->deparse.params;
	List	   *private = live_private(text->sql, text->recipes, NIL, block->used, NIL, block->userid,
									   block->max_rows);
	ForeignScan *scan;
	Sort	   *sort;

	fix_opfuncids((Node *) params);
	scan = make_foreignscan(scan_targets(query, text), NIL, 0, params, private, text->tlist, NIL, NULL);
	scan->fs_server = block->server;
	RSFED_SET_FOREIGN_RELIDS(scan, own_relids(query));
	set_costs(&scan->scan.plan, instead_of);
	if (query->sortClause == NIL || text->is_sorted)
		return &scan->scan.plan;
	sort = make_sort_from_sortclauses(query->sortClause, &scan->scan.plan);
	sort->plan.targetlist = passed_targets(scan->scan.plan.targetlist);
	set_costs(&sort->plan, instead_of);
	scan->scan.plan.plan_node_id = 1;
	return &sort->plan;
}
