/*-------------------------------------------------------------------------
 *
 * block_push.c
 *	  Conditions on the columns of a subquery that becomes one statement.
 *
 * Policy: the query around the subquery applies them in any case.  They are
 * added to the subquery only to reduce the number of rows, and only where
 * PostgreSQL would push them down, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"

#include "base/compat.h"

#include "fdw/block.h"

/* The position of a table in a join tree. */
typedef enum Place
{
	PLACE_NONE,					/* not in the tree */
	PLACE_OPEN,					/* conditions above it apply to its rows, too */
	PLACE_CLOSED				/* they apply to rows that an outer join has
								 * null-extended */
} Place;

/* Adds the conditions that rows of a table must satisfy to be used. */
static Place
find_conditions(Node *item, int rtindex, List **conditions)
{
	Place		place = PLACE_NONE;

	if (IsA(item, RangeTblRef))
		return ((RangeTblRef *) item)->rtindex == rtindex ? PLACE_OPEN : PLACE_NONE;
	if (IsA(item, FromExpr))
	{
		ListCell   *lc;

		foreach(lc, ((FromExpr *) item)->fromlist)
			place = Max(place, find_conditions(lfirst(lc), rtindex, conditions));
		if (place == PLACE_OPEN)
			*conditions = list_concat_copy(*conditions, make_ands_implicit((Expr *) ((FromExpr *) item)->quals));
	}
	else if (IsA(item, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) item;
		Place		right;

		place = find_conditions(join->larg, rtindex, conditions);
		right = find_conditions(join->rarg, rtindex, conditions);
		/* ON determines which rows of the nullable side are used */
		if (join->jointype == JOIN_INNER ? Max(place, right) == PLACE_OPEN :
			join->jointype == JOIN_LEFT ? right == PLACE_OPEN :
			join->jointype == JOIN_RIGHT && place == PLACE_OPEN)
			*conditions = list_concat_copy(*conditions, make_ands_implicit((Expr *) join->quals));
		if (join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL)
			place = place != PLACE_NONE ? PLACE_CLOSED : PLACE_NONE;
		if (join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL)
			right = right != PLACE_NONE ? PLACE_CLOSED : PLACE_NONE;
		place = Max(place, right);
	}
	return place;
}

/* Finds a reference that is not a plain column of the table. */
static bool
other_column_walker(Node *node, int *rtindex)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno != *rtindex || ((Var *) node)->varlevelsup != 0 || ((Var *) node)->varattno <= 0;
	return expression_tree_walker(node, other_column_walker, rtindex);
}

/* See block.h. */
List *
block_conditions(Query *query, int rtindex, ParamListInfo params)
{
	List	   *conditions = NIL;
	List	   *result = NIL;
	ListCell   *lc;

	(void) find_conditions((Node *) query->jointree, rtindex, &conditions);
	foreach(lc, conditions)
	{
		Node	   *condition = lfirst(lc);

		if (contain_subplans(condition) || contain_volatile_functions(condition))
			continue;
		condition = block_prepare_expr(query, condition, params);
		if (contain_var_clause(condition) && !other_column_walker(condition, &rtindex))
			result = lappend(result, condition);
	}
	return result;
}

typedef struct Replacing
{
	List	   *targets;
	bool		fails;
} Replacing;

/* Replaces the columns of a subquery with its expressions. */
static Node *
column_mutator(Node *node, Replacing *replacing)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		TargetEntry *tle = get_tle_by_resno(replacing->targets, ((Var *) node)->varattno);

		if (tle == NULL || exprType((Node *) tle->expr) != ((Var *) node)->vartype || contain_subplans((Node *) tle->expr))
		{
			replacing->fails = true;
			return node;
		}
		return copyObject((Node *) tle->expr);
	}
	return expression_tree_mutator(node, column_mutator, replacing);
}

/* Does a condition read only columns by which the subquery groups its rows? */
static bool
is_of_groups(Query *subquery, Node *condition)
{
	ListCell   *lc;

	foreach(lc, pull_var_clause(condition, 0))
	{
		TargetEntry *tle = get_tle_by_resno(subquery->targetList, lfirst_node(Var, lc)->varattno);

		if (tle == NULL || tle->ressortgroupref == 0 ||
			get_sortgroupref_clause_noerr(tle->ressortgroupref, subquery->groupClause) == NULL)
			return false;
	}
	return true;
}

static Node *
with_condition(Node *quals, Node *condition)
{
	return (Node *) make_ands_explicit(lappend(list_copy(make_ands_implicit((Expr *) quals)), condition));
}

static bool push_into_side(Query *subquery, Node *side, int rtindex, Node *condition, List **saving);

/* See block.h. */
bool
block_push(Query *subquery, int rtindex, Node *condition, List **saving)
{
	Replacing	replacing = {.targets = subquery->targetList};
	Node	   *own;

	if (subquery->limitCount != NULL || subquery->limitOffset != NULL)
		return false;
	if (subquery->setOperations != NULL)
		return push_into_side(subquery, subquery->setOperations, rtindex, condition, saving);
	own = column_mutator(condition, &replacing);
	if (replacing.fails)
		return false;
	*saving = lappend(*saving, own);
	if (!block_is_grouped(subquery) || (subquery->groupClause != NIL && is_of_groups(subquery, condition)))
		subquery->jointree->quals = with_condition(subquery->jointree->quals, own);
	else if (contain_agg_clause(own))
		subquery->havingQual = with_condition(subquery->havingQual, own);
	else
		return false;
	return true;
}

/* Adds the condition to both sides of a set operation other than EXCEPT. */
static bool
push_into_side(Query *subquery, Node *side, int rtindex, Node *condition, List **saving)
{
	SetOperationStmt *op = (SetOperationStmt *) side;

	if (IsA(side, RangeTblRef))
		return block_push(list_nth_node(RangeTblEntry, subquery->rtable, ((RangeTblRef *) side)->rtindex - 1)->subquery,
						  rtindex, condition, saving);
	return op->op != SETOP_EXCEPT && push_into_side(subquery, op->larg, rtindex, condition, saving) &&
		push_into_side(subquery, op->rarg, rtindex, condition, saving);
}
