/*-------------------------------------------------------------------------
 *
 * block_condition.c
 *	  Writes conditions, and the subqueries in them.
 *
 * Policy: Redshift converts correlated subqueries to joins.  So they are
 * conditions of their own in WHERE: no example in its documentation has one
 * below OR or CASE.  A subquery that is not correlated may stand below AND and
 * OR, since IN and EXISTS are conditions like others (r_logical_condition).
 * There it makes no difference whether a condition is false or NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"

#include "redshift/deparse_check.h"
#include "redshift/ship.h"

#include "fdw/block.h"

/* See block.h. */
bool
block_stays(Block *b, const char *clause, const char *why)
{
	return deparse_refuse(&b->deparse, clause, why ? why : ship_clause_note(clause));
}

/* See block.h. */
void
block_make_columns(BlockSource *source, Query *query)
{
	ListCell   *lc;

	source->count = 0;
	foreach(lc, query->targetList)
	{
		if (!lfirst_node(TargetEntry, lc)->resjunk)
			source->count++;
	}
	source->column = palloc0(sizeof(BlockColumn) * Max(source->count, 1));
}

/* See block.h. */
bool
block_append_test(Block *b, Node *expr)
{
	bool		is_saving = list_member_ptr(b->saving, expr);

	if (is_saving)
		deparse_mark(&b->deparse, 0, '?');
	if (!deparse_expr(&b->deparse, expr))
		return false;
	if (is_saving)
		deparse_mark(&b->deparse, 0, '.');
	return true;
}

/* The reason why a subquery in an expression is not shipped. */
static const char *
misfit(BlockUse use, bool is_correlated, bool is_below_or)
{
	if (is_correlated && is_below_or)
		return "one below OR is not correlated";
	if (use == BLOCK_EXISTS)
		return "in EXISTS nothing is grouped, sorted or cut";
	if (use == BLOCK_IN)
		return "NOT IN is not correlated, a correlated IN has nothing grouped, sorted or cut in it, and IN has no sums";
	return is_correlated ? "a correlated one is min, max or sum, on one side of a comparison in WHERE or a column where nothing is grouped" :
		"one is an aggregate without GROUP BY";
}

/* The text of a subquery in an expression, after checking the rules for it. */
static char *
sublink_text(Block *b, SubLink *sublink, BlockUse use, bool may_differ, BlockSource *result)
{
	Query	   *query = castNode(Query, sublink->subselect);
	bool		is_correlated = contain_vars_of_level((Node *) query, 1);
	Node	   *target = query->targetList ? (Node *) linitial_node(TargetEntry, query->targetList)->expr : NULL;
	bool		is_plain = query->groupClause == NIL && query->havingQual == NULL && query->distinctClause == NIL &&
		query->limitCount == NULL && query->limitOffset == NULL && query->setOperations == NULL && query->cteList == NIL;
	bool		fits;

	switch (use)
	{
		case BLOCK_EXISTS:
			fits = is_plain && !query->hasAggs;
			break;
		case BLOCK_IN:
			fits = target != NULL && !block_has_sums(target) &&
				(!is_correlated || (is_plain && !query->hasAggs && !may_differ));
			break;
		default:
			fits = query->hasAggs && query->groupClause == NIL && query->setOperations == NULL && query->limitCount == NULL &&
				query->limitOffset == NULL &&
				(!is_correlated || (is_plain && (sublink == b->correlated || b->is_selecting) && block_is_strict_aggregate(target)));
	}
	if (!fits || (is_correlated && b->is_below_or))
	{
		(void) block_stays(b, use == BLOCK_SCALAR ? BLOCK_SCALAR_CLAUSE : BLOCK_IN_CLAUSE, misfit(use, is_correlated, b->is_below_or));
		return NULL;
	}
	if (result != NULL)
		block_make_columns(result, query);
	return b->subquery_text(b, query, use, NULL, result);
}

/* See block.h. */
bool
block_append_scalar(Deparse *d, SubLink *sublink)
{
	Block	   *b = d->arg;
	StringInfoData saved = d->buf;
	BlockLevel *level = b->level;
	BlockSource result = {0};
	char	   *text;

	if (sublink->subLinkType != EXPR_SUBLINK)
		return block_stays(b, BLOCK_IN_CLAUSE, "it is a condition in WHERE, by itself or below AND and OR");
	text = sublink_text(b, sublink, BLOCK_SCALAR, false, &result);
	d->buf = saved;
	b->level = level;
	if (text == NULL)
		return false;
	appendStringInfo(&d->buf, "(%s)", text);
	return true;
}

static bool
append_exists(Block *b, SubLink *sublink, bool is_negated)
{
	char	   *text = sublink_text(b, sublink, BLOCK_EXISTS, true, NULL);

	if (text == NULL)
		return false;
	appendStringInfo(&b->deparse.buf, "%s (%s)", is_negated ? "NOT EXISTS" : "EXISTS", text);
	return true;
}

/* Appends x IN (subquery); the test is an operator over x and a parameter. */
static bool
append_in(Block *b, SubLink *sublink, bool is_negated)
{
	OpExpr	   *test = (OpExpr *) sublink->testexpr;
	BlockSource result = {0};
	char	   *name;
	char	   *text;

	if (test == NULL || !IsA(test, OpExpr) || list_length(test->args) != 2 || !IsA(lsecond(test->args), Param) ||
		contain_subplans(linitial(test->args)) || contain_vars_of_level(linitial(test->args), 1))
		return block_stays(b, BLOCK_IN_CLAUSE, "IN is of one column of the query just around");
	name = get_opname(test->opno);
	if (name == NULL || strcmp(name, sublink->subLinkType == ANY_SUBLINK ? "=" : "<>") != 0)
		return block_stays(b, BLOCK_IN_CLAUSE, "ANY is with = and ALL with <>");
	if ((text = sublink_text(b, sublink, BLOCK_IN, is_negated, &result)) == NULL)
		return false;
	if (is_negated && sublink->subLinkType == ANY_SUBLINK)
	{
		test = copyObject(test);
		test->opno = get_negator(test->opno);
	}
	return deparse_in(&b->deparse, test, text, result.column[0].blank_safe);
}

/*
 * Appends AND or OR of conditions, some of which have subqueries.  As
 * everywhere below them, PostgreSQL evaluates a condition only if it is needed.
 */
static bool
append_combined(Block *b, BoolExpr *expr)
{
	bool		was_below_or = b->is_below_or;
	bool		was_conditional = b->deparse.is_conditional;
	bool		has_equality = false;
	const char *before = "(";
	ListCell   *lc;

	check_stack_depth();
	b->is_below_or = true;
	b->deparse.is_conditional = true;
	foreach(lc, expr->args)
	{
		appendStringInfoString(&b->deparse.buf, before);
		if (!block_append_condition(b, lfirst(lc), &has_equality))
			return false;
		before = expr->boolop == AND_EXPR ? " AND " : " OR ";
	}
	appendStringInfoChar(&b->deparse.buf, ')');
	b->is_below_or = was_below_or;
	b->deparse.is_conditional = was_conditional;
	return true;
}

/* The subquery on one side of a comparison, which may be correlated. */
static SubLink *
compared_subquery(Node *node)
{
	OpExpr	   *op = (OpExpr *) node;

	if (!IsA(node, OpExpr) || list_length(op->args) != 2 || exprType(node) != BOOLOID)
		return NULL;
	if (IsA(lsecond(op->args), SubLink))
		return lsecond(op->args);
	return IsA(linitial(op->args), SubLink) ? linitial(op->args) : NULL;
}

/* See block.h. */
bool
block_append_condition(Block *b, Node *node, bool *has_equality)
{
	BlockLevel *level = b->level;
	BoolExpr   *expr = (BoolExpr *) node;
	bool		is_negated = IsA(node, BoolExpr) && expr->boolop == NOT_EXPR && IsA(linitial(expr->args), SubLink);
	SubLink    *sublink = is_negated ? linitial(expr->args) : (SubLink *) node;
	bool		is_equality;
	bool		is_shipped;

	if (level->is_correlated && contain_vars_of_level(node, 1))
	{
		if (!block_correlates(node, level->may_differ, &is_equality))
			return block_stays(b, BLOCK_IN_CLAUSE, BLOCK_NOT_CORRELATED);
		*has_equality = *has_equality || is_equality;
		level->sees_outer = true;
		is_shipped = deparse_expr(&b->deparse, node);
		level->sees_outer = false;
		return is_shipped;
	}
	if (IsA(node, BoolExpr) && expr->boolop != NOT_EXPR && contain_subplans(node))
		return append_combined(b, expr);
	if (IsA(sublink, SubLink) && sublink->subLinkType == EXISTS_SUBLINK)
		return append_exists(b, sublink, is_negated);
	if (IsA(sublink, SubLink) && sublink->subLinkType == ANY_SUBLINK)
		return append_in(b, sublink, is_negated);
	if (IsA(sublink, SubLink) && sublink->subLinkType == ALL_SUBLINK && !is_negated)
		return append_in(b, sublink, true);
	/* in a comparison, NULL for a missing row has the same effect as no row */
	b->correlated = compared_subquery(node);
	is_shipped = block_append_test(b, node);
	b->correlated = NULL;
	return is_shipped;
}
