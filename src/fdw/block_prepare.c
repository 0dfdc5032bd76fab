/*-------------------------------------------------------------------------
 *
 * block_prepare.c
 *	  Prepares a query from the parser for writing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"

#include "base/compat.h"

#include "fdw/block.h"

static void prepare(PlannerInfo *root, Query *query);

/* Prepares the subqueries of an expression. */
static bool
prepare_walker(Node *node, PlannerInfo *root)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		prepare(root, castNode(Query, ((SubLink *) node)->subselect));
	return expression_tree_walker(node, prepare_walker, root);
}

static Node *
prepare_expr(PlannerInfo *root, Query *query, Node *expr)
{
	if (expr == NULL)
		return NULL;
	expr = flatten_join_alias_varsCompat(query, expr);
	expr = RSFED_FLATTEN_GROUP(query, expr);
	expr = eval_const_expressions(root, expr);
	(void) prepare_walker(expr, root);
	return expr;
}

static void
prepare_jointree(PlannerInfo *root, Query *query, Node *node)
{
	ListCell   *lc;

	if (IsA(node, FromExpr))
	{
		FromExpr   *from = (FromExpr *) node;

		foreach(lc, from->fromlist)
			prepare_jointree(root, query, lfirst(lc));
		from->quals = prepare_expr(root, query, from->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		prepare_jointree(root, query, join->larg);
		prepare_jointree(root, query, join->rarg);
		join->quals = prepare_expr(root, query, join->quals);
	}
}

static void
prepare(PlannerInfo *root, Query *query)
{
	ListCell   *lc;

	check_stack_depth();
	if (query->commandType != CMD_SELECT)
		return;
	query->targetList = (List *) prepare_expr(root, query, (Node *) query->targetList);
	prepare_jointree(root, query, (Node *) query->jointree);
	query->havingQual = prepare_expr(root, query, query->havingQual);
	query->limitCount = prepare_expr(root, query, query->limitCount);
	query->limitOffset = prepare_expr(root, query, query->limitOffset);
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY)
			prepare(root, rte->subquery);
	}
	foreach(lc, query->cteList)
		prepare(root, castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery));
}

/* Parameters are replaced with values if the plan is made for these values. */
static PlannerInfo *
root_for(Query *query, ParamListInfo params)
{
	PlannerInfo *root = makeNode(PlannerInfo);

	root->glob = makeNode(PlannerGlobal);
	root->glob->boundParams = params;
	root->parse = query;
	return root;
}

/* See block.h. */
void
block_prepare(Query *query, ParamListInfo params)
{
	prepare(root_for(query, params), query);
}

/* See block.h. */
Node *
block_prepare_expr(Query *query, Node *expr, ParamListInfo params)
{
	return prepare_expr(root_for(query, params), query, copyObject(expr));
}
