/*
 * subqueries.c
 *		Subqueries that Redshift refuses.
 *
 * Policy: subqueries are refused if Redshift's documentation lists them as
 * errors (r_correlated_subqueries), or if they are correlated without any
 * equality, with a LIMIT, or in a condition below OR or CASE, which no example
 * shows to work.  Redshift's message
 * is the same for all of them.  Scalar subqueries in GROUP BY and HAVING are
 * refused, too, because they are not valid there (r_scalar_subqueries); the
 * message for them is not documented.  Only the client's own text is checked,
 * as in analyze.c.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "standin.h"
#include "utils/lsyscache.h"

static void check_query(Query *query);

static void refuse(const char *detail) pg_attribute_noreturn();

static void
refuse(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("This type of correlated subquery pattern is not supported due to internal error"),
			 errdetail_internal("%s", detail)));
}

static bool
is_correlated(SubLink *sublink)
{
	return contain_vars_of_level(sublink->subselect, 1);
}

/* correlated_walker finds a correlated subquery in an expression. */
static bool
correlated_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) && is_correlated((SubLink *) node))
		return true;
	return expression_tree_walker(node, correlated_walker, context);
}

/* scalar_walker finds a scalar subquery in an expression. */
static bool
scalar_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) && ((SubLink *) node)->subLinkType == EXPR_SUBLINK)
		return true;
	return expression_tree_walker(node, scalar_walker, context);
}

static void
refuse_scalar(const char *clause)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("scalar subqueries are not valid expressions in the %s clause", clause)));
}

/* level_walker finds a column of a query other than the enclosing one. */
static bool
level_walker(Node *node, Index *depth)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varlevelsup >= *depth + 2;
	if (IsA(node, Query))
	{
		bool		found;

		(*depth)++;
		found = query_tree_walker((Query *) node, level_walker, depth, QTW_IGNORE_JOINALIASES);
		(*depth)--;
		return found;
	}
	return expression_tree_walker(node, level_walker, depth);
}

/* window_walker finds a query with window functions. */
static bool
window_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return ((Query *) node)->hasWindowFuncs ||
			query_tree_walker((Query *) node, window_walker, context, 0);
	return expression_tree_walker(node, window_walker, context);
}

/* sum_walker finds an aggregate other than min and max. */
static bool
sum_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		char	   *name = get_func_name(((Aggref *) node)->aggfnoid);

		return strcmp(name, "min") != 0 && strcmp(name, "max") != 0;
	}
	return expression_tree_walker(node, sum_walker, context);
}

/* has_equality looks for an equality of a subquery and the query around it. */
static bool
has_equality(Node *quals)
{
	OpExpr	   *op = (OpExpr *) quals;
	ListCell   *lc;
	int			own = 0;

	if (quals == NULL)
		return false;
	if (IsA(quals, BoolExpr) && ((BoolExpr *) quals)->boolop == AND_EXPR)
	{
		foreach(lc, ((BoolExpr *) quals)->args)
			if (has_equality(lfirst(lc)))
				return true;
		return false;
	}
	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || strcmp(get_opname(op->opno), "=") != 0)
		return false;
	foreach(lc, op->args)
	{
		bool		is_own = contain_vars_of_level(lfirst(lc), 0);

		if (is_own == contain_vars_of_level(lfirst(lc), 1))
			return false;
		own += is_own;
	}
	return own == 1;
}

static void
check_sublink(SubLink *sublink)
{
	Query	   *query = castNode(Query, sublink->subselect);
	Index		depth = 0;

	if (query_tree_walker(query, level_walker, &depth, QTW_IGNORE_JOINALIASES))
		refuse("a column of a query that is not the one just around the subquery");
	if (sublink->subLinkType == ANY_SUBLINK && query->groupClause &&
		sum_walker((Node *) query->targetList, NULL))
		refuse("IN and an aggregate with GROUP BY");
	if (!is_correlated(sublink))
		return;
	if (window_walker((Node *) query, NULL))
		refuse("a window function in a correlated subquery");
	if (query->limitCount || query->limitOffset)
		refuse("LIMIT in a correlated subquery");
	if (!has_equality(query->jointree->quals))
		refuse("a subquery that is correlated without an equality");
}

/*
 * or_walker refuses correlated subqueries below OR and CASE; NOT (x AND y) is
 * an OR, too.
 */
static bool
or_walker(Node *node, void *context)
{
	BoolExpr   *expr = (BoolExpr *) node;

	if (node == NULL)
		return false;
	if ((IsA(node, CaseExpr) || (IsA(node, BoolExpr) && (expr->boolop == OR_EXPR || (expr->boolop == NOT_EXPR && IsA(linitial(expr->args), BoolExpr))))) &&
		correlated_walker(node, NULL))
		refuse("a correlated subquery in a condition below OR or CASE");
	return expression_tree_walker(node, or_walker, context);
}

/* check_join checks the conditions of joins and of WHERE. */
static void
check_join(Node *node)
{
	ListCell   *lc;

	if (node && IsA(node, FromExpr))
		(void) or_walker(((FromExpr *) node)->quals, NULL);
	else if (node && IsA(node, JoinExpr))
		(void) or_walker(((JoinExpr *) node)->quals, NULL);

	if (node && IsA(node, FromExpr))
		foreach(lc, ((FromExpr *) node)->fromlist)
			check_join(lfirst(lc));
	if (node == NULL || !IsA(node, JoinExpr))
		return;
	check_join(((JoinExpr *) node)->larg);
	check_join(((JoinExpr *) node)->rarg);
	if (((JoinExpr *) node)->jointype != JOIN_INNER && correlated_walker(((JoinExpr *) node)->quals, NULL))
		refuse("a correlated subquery in ON of an outer join");
}

static bool
query_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		check_query((Query *) node);
		return false;
	}
	if (IsA(node, SubLink))
		check_sublink((SubLink *) node);
	return expression_tree_walker(node, query_walker, context);
}

static void
check_query(Query *query)
{
	ListCell   *lc;

	foreach(lc, query->groupClause)
	{
		SortGroupClause *clause = lfirst(lc);
		ListCell   *target;

		foreach(target, query->targetList)
		{
			if (((TargetEntry *) lfirst(target))->ressortgroupref != clause->tleSortGroupRef)
				continue;
			if (correlated_walker(lfirst(target), NULL))
				refuse("a correlated subquery in GROUP BY");
			if (scalar_walker(lfirst(target), NULL))
				refuse_scalar("GROUP BY");
		}
	}
	if (scalar_walker(query->havingQual, NULL))
		refuse_scalar("HAVING");
	check_join((Node *) query->jointree);
	(void) query_tree_walker(query, query_walker, NULL, 0);
}

/* standin_check_subqueries raises Redshift's errors for correlated subqueries. */
void
standin_check_subqueries(Query *query)
{
	if (query->commandType == CMD_SELECT)
		check_query(query);
}
