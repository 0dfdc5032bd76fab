/*-------------------------------------------------------------------------
 *
 * block_check.c
 *	  Checks which queries Redshift accepts as a part of one statement.
 *
 * Policy: Redshift converts correlated subqueries to joins, and rejects those
 * that it cannot convert.  Only forms that its documentation shows to work are
 * sent: subqueries in WHERE, correlated by equalities with the query directly
 * around them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_class.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/deparse_check.h"

#include "fdw/block.h"

/* See block.h. */
bool
block_checks_form(Deparse *deparse, Query *query)
{
	const char *clause = NULL;
	const char *why = NULL;

	if (query->hasWindowFuncs || query->windowClause != NIL)
		clause = "window functions";
	else if (query->hasDistinctOn)
		clause = "DISTINCT ON";
	else if (query->groupingSets != NIL)
		clause = "GROUPING SETS, ROLLUP, CUBE";
	if (clause != NULL)
		return deparse_refuse(deparse, clause, ship_clause_note(clause));
	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL || query->hasModifyingCTE)
		why = "a statement that is no SELECT";
	else if (query->hasRecursive)
		why = "WITH RECURSIVE";
	else if (query->hasTargetSRFs)
		why = "a function that returns a set";
	else if (query->hasForUpdate || query->rowMarks != NIL || query->hasRowSecurity)
		why = "FOR UPDATE, row security";
	else if (query->jointree->fromlist == NIL && query->setOperations == NULL)
		why = "a query without FROM";
	if (why != NULL)
		return deparse_refuse(deparse, BLOCK_FROM_CLAUSE, why);
	return true;
}

/* See block.h. */
bool
block_has_subqueries(Query *query)
{
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		if (lfirst_node(RangeTblEntry, lc)->rtekind == RTE_SUBQUERY)
			return true;
	}
	return query->hasSubLinks || query->setOperations != NULL || query->cteList != NIL;
}

static bool
foreign_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION && ((RangeTblEntry *) node)->relkind == RELKIND_FOREIGN_TABLE;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, foreign_walker, context, QTW_EXAMINE_RTES_BEFORE | QTW_IGNORE_JOINALIASES);
	return expression_tree_walker(node, foreign_walker, context);
}

/* See block.h. */
bool
block_reads_foreign(Query *query)
{
	return foreign_walker((Node *) query, NULL);
}

/* See block.h. */
bool
block_is_grouped(const Query *query)
{
	return query->hasAggs || query->groupClause != NIL || query->havingQual != NULL;
}

static bool
is_union_all(Node *node)
{
	SetOperationStmt *op = (SetOperationStmt *) node;

	return IsA(node, RangeTblRef) ||
		(IsA(op, SetOperationStmt) && op->op == SETOP_UNION && op->all && is_union_all(op->larg) && is_union_all(op->rarg));
}

/* See block.h. */
bool
block_may_merge(const Query *query)
{
	return !block_is_grouped(query) && query->groupingSets == NIL && query->distinctClause == NIL && query->sortClause == NIL &&
		query->limitCount == NULL && query->limitOffset == NULL && query->cteList == NIL && !query->hasWindowFuncs &&
		(query->setOperations == NULL || is_union_all(query->setOperations));
}

/* See block.h. */
bool
block_correlates(Node *condition, bool may_differ, bool *is_equality)
{
	OpExpr	   *op = (OpExpr *) condition;
	char	   *name = IsA(op, OpExpr) && list_length(op->args) == 2 ? get_opname(op->opno) : NULL;
	bool		is_one_own = false;

	if (name == NULL || contain_subplans(condition))
		return false;
	*is_equality = strcmp(name, "=") == 0;
	if (!*is_equality && !(may_differ && strcmp(name, "<>") == 0))
		return false;
	for (int i = 0; i < 2; i++)
	{
		Node	   *side = list_nth(op->args, i);
		bool		has_own = contain_vars_of_level(side, 0);

		if (has_own == contain_vars_of_level(side, 1))
			return false;
		is_one_own = is_one_own != has_own;
	}
	return is_one_own;
}

static bool
strict_walker(Node *node, bool *has_aggregate)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Aggref:
			{
				char	   *name = get_func_name(((Aggref *) node)->aggfnoid);

				*has_aggregate = true;
				return name == NULL ||
					(strcmp(name, "min") != 0 && strcmp(name, "max") != 0 && strcmp(name, "sum") != 0);
			}
		case T_Const:
		case T_Param:
		case T_RelabelType:
		case T_CollateExpr:
			break;
		case T_OpExpr:
			if (!op_strict(((OpExpr *) node)->opno))
				return true;
			break;
		case T_FuncExpr:
			if (!func_strict(((FuncExpr *) node)->funcid))
				return true;
			break;
		case T_List:
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, strict_walker, has_aggregate);
}

/* See block.h. */
bool
block_is_strict_aggregate(Node *expr)
{
	bool		has_aggregate = false;

	return !strict_walker(expr, &has_aggregate) && has_aggregate;
}

static bool
sums_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		char	   *name = get_func_name(((Aggref *) node)->aggfnoid);

		return name == NULL || (strcmp(name, "min") != 0 && strcmp(name, "max") != 0);
	}
	return expression_tree_walker(node, sums_walker, context);
}

/* See block.h. */
bool
block_has_sums(Node *expr)
{
	return sums_walker(expr, NULL);
}

static bool
has_fixed(Node *quals)
{
	ListCell   *lc;

	foreach(lc, make_ands_implicit((Expr *) quals))
	{
		if (!IsA(lfirst(lc), Const) && live_is_fixed(lfirst(lc)))
			return true;
	}
	return false;
}

static bool
guarded_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if ((IsA(node, FromExpr) && has_fixed(((FromExpr *) node)->quals)) ||
		(IsA(node, JoinExpr) && has_fixed(((JoinExpr *) node)->quals)))
		return true;
	if (IsA(node, Query))
		return has_fixed(((Query *) node)->havingQual) ||
			query_tree_walker((Query *) node, guarded_walker, context, QTW_IGNORE_JOINALIASES);
	return expression_tree_walker(node, guarded_walker, context);
}

/* See block.h. */
bool
block_is_guarded(Query *query)
{
	return guarded_walker((Node *) query, NULL);
}

typedef struct Wanted
{
	int			rtindex;
	List	   *rtable;
	int			depth;			/* nesting depth of subqueries */
	Bitmapset  *columns;
	bool		is_whole;
} Wanted;

static bool wanted_walker(Node *node, Wanted *wanted);

/* A column of a join refers to columns of its sides. */
static void
want_alias(Var *var, Wanted *wanted)
{
	RangeTblEntry *rte = list_nth_node(RangeTblEntry, wanted->rtable, var->varno - 1);
	int			depth = wanted->depth;

	if (rte->rtekind != RTE_JOIN)
		return;
	wanted->depth = 0;
	(void) wanted_walker(var->varattno > 0 ? list_nth(rte->joinaliasvars, var->varattno - 1) : (Node *) rte->joinaliasvars,
						 wanted);
	wanted->depth = depth;
}

static bool
wanted_walker(Node *node, Wanted *wanted)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varlevelsup != wanted->depth)
			return false;
		if (var->varno != wanted->rtindex)
			want_alias(var, wanted);
		else if (var->varattno > 0)
			wanted->columns = bms_add_member(wanted->columns, var->varattno);
		else
			wanted->is_whole = true;
		return false;
	}
	if (IsA(node, Query))
	{
		wanted->depth++;
		(void) query_tree_walker((Query *) node, wanted_walker, wanted, QTW_IGNORE_JOINALIASES);
		wanted->depth--;
		return false;
	}
	return expression_tree_walker(node, wanted_walker, wanted);
}

/* See block.h. */
Bitmapset *
block_wanted(Query *query, int rtindex, bool *is_whole)
{
	Wanted		wanted = {.rtindex = rtindex, .rtable = query->rtable};

	(void) query_tree_walker(query, wanted_walker, &wanted, QTW_IGNORE_JOINALIASES);
	*is_whole = wanted.is_whole;
	return wanted.columns;
}

/*
 * Are all relations of a query foreign tables?  Stores one of them in *table.
 * Subqueries in expressions are not examined.  This is called for every query,
 * so it stops at the first relation of another kind.
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
				/*
				 * before version 16, the query of a view contains the view
				 * itself
				 */
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

/* See block.h. */
bool
block_reads_live_only(Query *query, Oid *table)
{
	*table = InvalidOid;
	return query->commandType == CMD_SELECT && query->utilityStmt == NULL && reads_foreign_only(query, table) &&
		OidIsValid(*table) && live_is_server(GetForeignServerIdByRelId(*table));
}

/* See block.h. */
bool
block_limit_value(Node *node, int64 *value)
{
	Const	   *constant = (Const *) node;

	if (node == NULL || !IsA(node, Const) || constant->constisnull)
		return false;
	*value = DatumGetInt64(constant->constvalue);
	return *value >= 0 && *value <= INT_MAX;
}
