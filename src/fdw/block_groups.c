/*-------------------------------------------------------------------------
 *
 * block_groups.c
 *	  Queries with subqueries beside their groups.
 *
 * Policy: Redshift accepts no scalar subquery in HAVING (r_scalar_subqueries),
 * but in WHERE and as a column.  So the groups and their aggregates become a
 * subquery in FROM.  Around it, the conditions of HAVING that contain
 * subqueries are in WHERE, which leaves the same rows; the other conditions
 * stay in HAVING.  DISTINCT, ORDER BY and LIMIT apply to the rows that are left.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "rewrite/rewriteManip.h"

#include "base/compat.h"

#include "fdw/block.h"

typedef struct Outward
{
	List	   *columns;		/* of the subquery: groups, and aggregates */
	int			depth;			/* of subqueries in the expression */
	bool		fails;			/* something is no column of the groups */
} Outward;

/* A column of the groups, as seen from a subquery at this depth. */
static Node *
column_of(TargetEntry *tle, int depth)
{
	Var		   *var = makeVarFromTargetEntry(1, tle);

	var->varlevelsup = depth;
	return (Node *) var;
}

/* The same column or aggregate of the query, with level 0. */
static TargetEntry *
find_column(Node *node, Outward *outward)
{
	TargetEntry *tle;

	if (outward->depth > 0)
	{
		node = copyObject(node);
		IncrementVarSublevelsUp(node, -outward->depth, outward->depth);
	}
	tle = tlist_member((Expr *) node, outward->columns);
	if (tle == NULL && IsA(node, Aggref))
	{
		tle = makeTargetEntry(copyObject((Expr *) node), list_length(outward->columns) + 1, NULL, false);
		outward->columns = lappend(outward->columns, tle);
	}
	return tle;
}

/* Replaces what the groups give with columns of the subquery. */
static Node *
outward_mutator(Node *node, Outward *outward)
{
	bool		is_own = false;
	TargetEntry *tle = NULL;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Query	   *result;

		outward->depth++;
		result = query_tree_mutator((Query *) node, outward_mutator, outward, QTW_IGNORE_JOINALIASES);
		outward->depth--;
		return (Node *) result;
	}
	if (IsA(node, Var))
		is_own = ((Var *) node)->varlevelsup == (Index) outward->depth;
	else if (IsA(node, Aggref))
		is_own = ((Aggref *) node)->agglevelsup == (Index) outward->depth;
	else if (IsA(node, GroupingFunc))
		outward->fails = true;
	if (is_own || outward->depth == 0)
		tle = find_column(node, outward);
	/* what is the same in all rows is written as it is */
	if (tle != NULL && !live_is_fixed((Node *) tle->expr))
		return column_of(tle, outward->depth);
	if (is_own)
		outward->fails = true;
	return expression_tree_mutator(node, outward_mutator, outward);
}

/* Queries of WITH around a query are one level farther from what is inside. */
static bool
deepen_walker(Node *node, Index *depth)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_CTE && rte->ctelevelsup >= *depth)
			rte->ctelevelsup++;
		return false;
	}
	if (IsA(node, Query))
	{
		(*depth)++;
		(void) query_tree_walker((Query *) node, deepen_walker, depth, QTW_EXAMINE_RTES_BEFORE | QTW_IGNORE_JOINALIASES);
		(*depth)--;
		return false;
	}
	return expression_tree_walker(node, deepen_walker, depth);
}

/* The columns that rows are grouped by; false if one contains a subquery. */
static bool
group_columns(Query *query, List **columns)
{
	ListCell   *lc;

	*columns = NIL;
	foreach(lc, query->groupClause)
	{
		TargetEntry *tle = flatCopyTargetEntry(get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), query->targetList));

		if (contain_subplans((Node *) tle->expr))
			return false;
		tle->resno = list_length(*columns) + 1;
		tle->resjunk = false;
		*columns = lappend(*columns, tle);
	}
	return true;
}

/* The subquery that returns the groups and their aggregates. */
static RangeTblEntry *
groups_of(Query *query, List *columns, List *having)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Query	   *inner = copyObject(query);
	Index		depth = 0;
	ListCell   *lc;

	inner->targetList = columns;
	inner->havingQual = having == NIL ? NULL : (Node *) make_ands_explicit(having);
	inner->distinctClause = inner->sortClause = inner->cteList = NIL;
	inner->limitCount = inner->limitOffset = NULL;
	(void) query_tree_walker(inner, deepen_walker, &depth, QTW_EXAMINE_RTES_BEFORE | QTW_IGNORE_JOINALIASES);
	rte->rtekind = RTE_SUBQUERY;
	rte->subquery = inner;
	rte->eref = makeAlias("groups", NIL);
	foreach(lc, columns)
		rte->eref->colnames = lappend(rte->eref->colnames, makeString(psprintf("c%d", lfirst_node(TargetEntry, lc)->resno)));
	rte->inFromCl = true;
	return rte;
}

/* Is a column of the target list only grouped by? */
static bool
is_only_grouped(Query *query, TargetEntry *tle)
{
	return tle->resjunk && (tle->ressortgroupref == 0 ||
							(get_sortgroupref_clause_noerr(tle->ressortgroupref, query->sortClause) == NULL &&
							 get_sortgroupref_clause_noerr(tle->ressortgroupref, query->distinctClause) == NULL));
}

/* Finds a subquery that is not an argument of an aggregate. */
static bool
beside_walker(Node *node, void *context)
{
	if (node == NULL || IsA(node, Aggref))
		return false;
	return IsA(node, SubLink) || expression_tree_walker(node, beside_walker, context);
}

/* See block.h. */
Query *
block_over_groups(Query *query)
{
	Outward		outward = {0};
	RangeTblRef *ref;
	Query	   *over;
	List	   *inside = NIL;
	List	   *outside = NIL;
	ListCell   *lc;

	if (!block_is_grouped(query) || query->setOperations != NULL || query->groupingSets != NIL || query->hasWindowFuncs ||
		(!contain_subplans(query->havingQual) && !beside_walker((Node *) query->targetList, NULL)) ||
		contain_vars_of_level((Node *) query, 1) || !group_columns(query, &outward.columns))
		return query;
	over = makeNode(Query);
	*over = *query;
	over->targetList = NIL;
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		if (is_only_grouped(query, tle))
			continue;
		tle->expr = (Expr *) outward_mutator((Node *) tle->expr, &outward);
		over->targetList = lappend(over->targetList, tle);
	}
	foreach(lc, make_ands_implicit((Expr *) query->havingQual))
	{
		if (contain_subplans(lfirst(lc)))
			outside = lappend(outside, outward_mutator(lfirst(lc), &outward));
		else
			inside = lappend(inside, lfirst(lc));
	}
	/* without groups and aggregates, all rows would not be one group */
	if (outward.fails || outward.columns == NIL)
		return query;
	ref = makeNode(RangeTblRef);
	ref->rtindex = 1;
	over->rtable = list_make1(groups_of(query, outward.columns, inside));
	over->jointree = makeFromExpr(list_make1(ref), outside == NIL ? NULL : (Node *) make_ands_explicit(outside));
	over->groupClause = NIL;
	over->havingQual = NULL;
	over->hasAggs = false;
	return over;
}

typedef struct Inward
{
	List	   *columns;
	int			depth;
} Inward;

static Node *
inward_mutator(Node *node, Inward *inward)
{
	Node	   *result;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		inward->depth++;
		result = (Node *) query_tree_mutator((Query *) node, inward_mutator, inward, QTW_IGNORE_JOINALIASES);
		inward->depth--;
		return result;
	}
	if (!IsA(node, Var) || ((Var *) node)->varlevelsup != (Index) inward->depth)
		return expression_tree_mutator(node, inward_mutator, inward);
	result = copyObject((Node *) list_nth_node(TargetEntry, inward->columns, ((Var *) node)->varattno - 1)->expr);
	IncrementVarSublevelsUp(result, inward->depth, 0);
	return result;
}

/* See block.h. */
List *
block_inside_groups(Query *over, List *tlist)
{
	Inward		inward = {.columns = linitial_node(RangeTblEntry, over->rtable)->subquery->targetList};

	return (List *) inward_mutator((Node *) tlist, &inward);
}
