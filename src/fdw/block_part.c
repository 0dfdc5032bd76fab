/*-------------------------------------------------------------------------
 *
 * block_part.c
 *	  Finds the subqueries of a query that become one statement each.
 *
 * Policy: the largest subqueries are tried first.  A candidate is a subquery in
 * FROM, WITH, a set operation or an expression that does not refer to the
 * query around it.  It is also planned as usual.  If that plan is already one
 * statement, the subquery is left to the planner; otherwise the permission
 * checks, the dependencies and the number of rows are taken from that plan.
 * The subquery is then replaced with a stand-in without tables in FROM, whose
 * columns have the same types and whose only path is the scan (block_path.c).
 * A LIMIT of NULL keeps the planner from merging the stand-in with the query
 * around it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "rewrite/rewriteManip.h"

#include "base/compat.h"

#include "fdw/block.h"

/* One more column of a list of rows. */
static void
add_column(RangeTblEntry *rte, List **row, Node *expr, const char *name)
{
	*row = lappend(*row, makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr)));
	rte->coltypes = lappend_oid(rte->coltypes, exprType(expr));
	rte->coltypmods = lappend_int(rte->coltypmods, exprTypmod(expr));
	rte->colcollations = lappend_oid(rte->colcollations, exprCollation(expr));
	rte->eref->colnames = lappend(rte->eref->colnames, makeString(pstrdup(name)));
}

/*
 * A VALUES list.  It has two rows, so that the planner does not examine it.  After
 * the query's columns it has one for each correlated subquery, for EXPLAIN.
 */
static RangeTblEntry *
make_source(const BlockPart *part)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *row = NIL;
	ListCell   *lc;

	rte->rtekind = RTE_VALUES;
	rte->eref = makeAlias("block", NIL);
	foreach(lc, part->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!tle->resjunk)
			add_column(rte, &row, (Node *) tle->expr, tle->resname ? tle->resname : "?column?");
	}
	foreach(lc, block_correlated(part))
		add_column(rte, &row, lfirst(lc), "subquery");
	rte->values_lists = list_make2(row, copyObject(row));
	rte->inFromCl = true;
	return rte;
}

/* The columns that are known to be unique in the subquery's result, or NIL. */
static List *
unique_columns(Query *query)
{
	List	   *clauses = query->distinctClause != NIL ? query->distinctClause : query->groupClause;
	ListCell   *lc;

	if (query->setOperations != NULL)
		return NIL;
	foreach(lc, clauses)
	{
		if (get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), query->targetList)->resjunk)
			return NIL;
	}
	return copyObject(clauses);
}

/*
 * The query that the planner sees instead of a part.  Its queryId identifies
 * the part.
 */
static Query *
make_stand_in(BlockPart *part, PlannedStmt *stmt)
{
	Query	   *result = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	ListCell   *lc;

	result->commandType = CMD_SELECT;
	result->querySource = QSRC_ORIGINAL;
	result->canSetTag = true;
	/* the part's tables, with the same numbers, for the permission checks */
	foreach(lc, stmt->rtable)
	{
		RangeTblEntry *rte = copyObject(lfirst_node(RangeTblEntry, lc));

		if (rte->rtekind != RTE_RELATION && !OidIsValid(rte->relid))
			rte->rtekind = RTE_RESULT;
		rte->inh = false;
		rte->lateral = false;
		result->rtable = lappend(result->rtable, rte);
	}
	RSFED_COPY_PERMISSIONS(result, stmt);
	result->rtable = lappend(result->rtable, make_source(part));
	ref->rtindex = list_length(result->rtable);
	result->jointree = makeFromExpr(list_make1(ref), NULL);
	foreach(lc, part->query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;
		TargetEntry *column;

		if (tle->resjunk)
			continue;
		column = makeTargetEntry((Expr *) makeVar(ref->rtindex, tle->resno, exprType(expr), exprTypmod(expr), exprCollation(expr), 0),
								 tle->resno, tle->resname, false);
		column->ressortgroupref = tle->ressortgroupref;
		result->targetList = lappend(result->targetList, column);
	}
	result->distinctClause = unique_columns(part->query);
	result->limitCount = (Node *) makeNullConst(INT8OID, -1, InvalidOid);
	result->limitOption = LIMIT_OPTION_COUNT;
	result->queryId = (uint64) (uintptr_t) part;
	result->stmt_location = -1;
	return result;
}

static void
refuse(BlockParts *parts, const char *reason, Oid table)
{
	parts->refused = lappend(parts->refused, pstrdup(reason));
	parts->refused_tables = lappend_oid(parts->refused_tables, table);
}

/* Adds the conditions from the query around a part that Redshift can apply. */
static void
take_conditions(BlockPart *part, List *conditions, int rtindex)
{
	Query	   *query = part->query;
	List	   *taken = NIL;
	ListCell   *lc;
	ListCell   *condition;

	foreach(lc, conditions)
	{
		BlockPart	more = *part;
		List	   *tried = lappend(list_copy(taken), lfirst(lc));
		bool		has_place = true;

		more.query = copyObject(query);
		more.saving = NIL;
		foreach(condition, tried)
			has_place = has_place && block_push(more.query, rtindex, lfirst(condition), &more.saving);
		if (!has_place || !block_text(&more.block, more.query, &more, &more.text))
			continue;
		*part = more;
		taken = tried;
	}
}

/*
 * Replaces a subquery with a stand-in if it can become one statement and its
 * ordinary plan is not one statement.  "part" tells what is needed of its
 * result.
 */
static bool
put_aside(BlockParts *parts, Query **place, BlockPart *part, List *conditions, int rtindex)
{
	Query	   *query = *place;
	PlannedStmt *stmt;
	Oid			table;

	if (!block_has_subqueries(query) || !block_reads_live_only(query, &table) ||
		contain_vars_of_level((Node *) query, 1))
		return false;
	if (contain_volatile_functions((Node *) query))
	{
		refuse(parts, BLOCK_FROM_CLAUSE ": a volatile function", table);
		return false;
	}
	part->query = copyObject(query);
	block_prepare(part->query, parts->params);
	if (!block_text(&part->block, part->query, part, &part->text))
	{
		refuse(parts, part->block.deparse.reason, table);
		return false;
	}
	stmt = standard_planner(copyObject(query), parts->query_string, 0, parts->params);
	if (block_is_needless(stmt))
		return false;
	take_conditions(part, conditions, rtindex);
	part->rows = stmt->planTree->plan_rows;
	parts->made = lappend(parts->made, part);
	parts->items = list_concat(parts->items, stmt->invalItems);
	parts->depends_on_role = parts->depends_on_role || stmt->dependsOnRole;
	parts->may_merge = parts->may_merge || block_may_merge(query);
	*place = make_stand_in(part, stmt);
	return true;
}

/* Replaces a subquery in an expression, or parts of it. */
static void
look_at_sublink(BlockParts *parts, SubLink *sublink)
{
	Query	   *query = castNode(Query, sublink->subselect);
	BlockPart  *part = palloc0(sizeof(BlockPart));

	part->wants_all = true;
	part->in_order = sublink->subLinkType == ARRAY_SUBLINK;
	/* EXISTS needs only one row */
	if (sublink->subLinkType == EXISTS_SUBLINK && query->limitCount == NULL && query->limitOffset == NULL &&
		query->commandType == CMD_SELECT)
	{
		Query	   *cut = copyObject(query);

		cut->limitCount = (Node *) makeConst(INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(1), false, FLOAT8PASSBYVAL);
		cut->limitOption = LIMIT_OPTION_COUNT;
		if (put_aside(parts, &cut, part, NIL, 0))
		{
			sublink->subselect = (Node *) cut;
			return;
		}
	}
	else if (put_aside(parts, (Query **) &sublink->subselect, part, NIL, 0))
		return;
	block_find_parts(parts, castNode(Query, sublink->subselect));
}

static bool
sublink_walker(Node *node, BlockParts *parts)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		look_at_sublink(parts, (SubLink *) node);
		return sublink_walker(((SubLink *) node)->testexpr, parts);
	}
	/* a subquery that constant folding removes is not planned, either */
	if ((IsA(node, CaseExpr) || IsA(node, CoalesceExpr) || IsA(node, BoolExpr)) && contain_subplans(node) &&
		!contain_subplans(eval_const_expressions(NULL, copyObject(node))))
		return false;
	return expression_tree_walker(node, sublink_walker, parts);
}

/* Replaces a subquery in FROM or a set operation, or parts of it. */
static void
look_at_subquery(BlockParts *parts, Query *query, int rtindex)
{
	RangeTblEntry *rte = list_nth_node(RangeTblEntry, query->rtable, rtindex - 1);
	BlockPart  *part = palloc0(sizeof(BlockPart));
	List	   *conditions = NIL;
	Oid			table;

	/*
	 * checked first, since it is cheaper than finding the columns and
	 * conditions
	 */
	if (block_has_subqueries(rte->subquery) && block_reads_live_only(rte->subquery, &table))
	{
		part->wanted = block_wanted(query, rtindex, &part->wants_all);
		/* all columns of rows that are locked or changed are needed */
		part->wants_all = part->wants_all || query->setOperations != NULL || query->rowMarks != NIL ||
			(query->commandType != CMD_SELECT && query->commandType != CMD_INSERT);
		part->in_order = query->setOperations == NULL;
		if (query->setOperations == NULL && !rte->security_barrier)
			conditions = block_conditions(query, rtindex, parts->params);
		if (put_aside(parts, &rte->subquery, part, conditions, rtindex))
			return;
	}
	block_find_parts(parts, rte->subquery);
}

/* See block.h. */
void
block_find_parts(BlockParts *parts, Query *query)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		BlockPart  *part = palloc0(sizeof(BlockPart));

		part->wants_all = true;
		part->in_order = true;
		if (cte->cterefcount == 0 || cte->cterecursive)
			continue;
		if (!put_aside(parts, (Query **) &cte->ctequery, part, NIL, 0))
			block_find_parts(parts, castNode(Query, cte->ctequery));
	}
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY && rte->subquery != NULL)
			look_at_subquery(parts, query, foreach_current_index(lc) + 1);
	}
	if (query->hasSubLinks)
		(void) query_tree_walker(query, sublink_walker, parts,
								 QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES | QTW_IGNORE_JOINALIASES);
}
