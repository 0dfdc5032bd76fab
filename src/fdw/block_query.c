/*-------------------------------------------------------------------------
 *
 * block_query.c
 *	  Writes the parts of a query and its subqueries.
 *
 * Policy: one pass decides and writes, as in deparse.c.  If one part cannot be
 * shipped, the whole query cannot.  Subqueries return columns named c1, c2, and
 * so on; only columns that are read are written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteManip.h"
#include "storage/lockdefs.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/deparse_check.h"

#include "fdw/block.h"

/* See block.h. */
bool
block_column_for(const Var *var, DeparseColumn *column, void *arg)
{
	Block	   *b = arg;
	BlockLevel *level = b->level;
	BlockSource *source;
	int			at = var->varattno - 1;

	if (var->varlevelsup == 1 && level->sees_outer)
		level = level->outer;
	else if (var->varlevelsup != 0)
		return false;
	source = &level->source[var->varno - 1];
	if (source->alias == NULL)
		return false;
	if (source->table != NULL)
	{
		LiveTable  *table = source->table;

		if (at >= table->natts || table->column[at] == NULL)
			return false;
		column->text = psprintf("%s.%s", source->alias, table->column[at]);
		column->blank_safe = table->blank_safe[at];
		column->typmod = var->vartypmod;
		if (b->is_noting)
			b->used = live_note_use(b->used, table->relid, var->varattno);
		return true;
	}
	if (at >= source->count || !source->column[at].is_given)
		return false;
	column->text = psprintf("%s.c%d", source->alias, at + 1);
	column->blank_safe = source->column[at].blank_safe;
	column->typmod = source->column[at].typmod;
	column->divided = deparse_finish_item(source->column[at].finish);
	if (b->is_noting && source->column[at].attnum > 0)
		b->used = live_note_use(b->used, source->column[at].relid, source->column[at].attnum);
	return true;
}

/* See block.h. */
BlockColumn *
block_column_of(Block *b, const Expr *expr, char **name)
{
	const Var  *var = (const Var *) expr;
	BlockSource *source;

	if (!IsA(expr, Var) || var->varlevelsup != 0 || var->varattno <= 0)
		return NULL;
	source = &b->level->source[var->varno - 1];
	if (source->table != NULL || var->varattno > source->count)
		return NULL;
	*name = psprintf("%s.c%d", source->alias, var->varattno);
	return &source->column[var->varattno - 1];
}

/* Finds the table column that an expression returns unchanged, if any. */
static void
find_origin(Block *b, Node *expr, BlockColumn *column)
{
	BlockSource *source;
	Var		   *var = deparse_column(expr);

	if (var == NULL || var->varlevelsup != 0 || var->varattno <= 0)
		return;
	source = &b->level->source[var->varno - 1];
	if (source->table != NULL)
	{
		column->relid = source->table->relid;
		column->attnum = var->varattno;
	}
	else if (var->varattno <= source->count)
	{
		column->relid = source->column[var->varattno - 1].relid;
		column->attnum = source->column[var->varattno - 1].attnum;
	}
}

/*
 * Appends the columns of an aggregate that the statement's own SELECT passes
 * on, such as the sum and the count of an average, for output column "number":
 * the first one comes last, without its name.  Appends nothing, and returns
 * true, if the aggregate is one column.
 */
static bool
append_divided(Block *b, Aggref *aggref, int number, BlockColumn *column)
{
	DeparseAggregate parts;

	if (!deparse_aggregate(&b->deparse, aggref, &parts))
		return false;
	column->finish = parts.finish;
	if (parts.finish == DEPARSE_WHOLE)
		return true;
	column->is_given = true;
	column->type = aggref->aggtype;
	column->typmod = -1;
	for (int i = 1; i < DEPARSE_MAX_PARTS && parts.text[i] != NULL; i++)
		appendStringInfo(&b->deparse.buf, "%s AS c%d_%d, ", parts.text[i], number, i + 1);
	appendStringInfoString(&b->deparse.buf, parts.text[0]);
	return true;
}

/* Appends an output column of a subquery, and sets its properties. */
static bool
append_output(Block *b, Node *expr, bool is_compared, BlockColumn *column)
{
	Deparse    *d = &b->deparse;
	ShipClass	class = ship_class(exprType(expr));

	if (deparse_is_json(expr))
		return block_stays(b, "json, jsonb", NULL);
	/* a value that is only passed on may have another type in Redshift */
	b->is_noting = is_compared || !IsA(expr, Var);
	if (!deparse_expr(d, expr))
		return false;
	/* a text that is computed may be padded */
	if ((class == SHIP_TEXT || class == SHIP_CHAR) && deparse_column(expr) == NULL && !IsA(expr, Const) &&
		!IsA(expr, Aggref) && !deparse_is_parameter(expr))
		return block_stays(b, BLOCK_FROM_CLAUSE, "a text that is put together may be padded there");
	column->is_given = true;
	column->type = exprType(expr);
	column->typmod = class == SHIP_NUMERIC ? deparse_typmod(d, expr) : -1;
	/* min and max of texts are shipped only for blank-safe columns */
	column->blank_safe = IsA(expr, Aggref) || deparse_is_blank_safe(d, expr);
	find_origin(b, expr, column);
	b->is_noting = true;
	return true;
}

/* Appends expressions, with separators; false if one cannot be shipped. */
static bool
append_each(Block *b, List *exprs, const char *before, const char *between)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		appendStringInfoString(&b->deparse.buf, lc == list_head(exprs) ? before : between);
		if (!block_append_test(b, lfirst(lc)))
			return false;
	}
	return true;
}

/* See block.h. */
bool
block_append_group(Block *b, bool has_aggregate)
{
	Query	   *query = b->level->query;
	List	   *having = make_ands_implicit((Expr *) query->havingQual);
	List	   *exprs = NIL;
	const char *condition;
	ListCell   *lc;

	foreach(lc, query->groupClause)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc), query->targetList);

		if (live_is_fixed(expr))
			continue;
		/* its tables get new aliases each time it is written */
		if (contain_subplans(expr))
			return block_stays(b, BLOCK_SCALAR_CLAUSE, "rows are grouped by one");
		if (!deparse_groups(&b->deparse, expr))
			return false;
		exprs = lappend(exprs, expr);
	}
	if (!append_each(b, exprs, " GROUP BY ", ", "))
		return false;
	/* r_scalar_subqueries: they are not valid in HAVING */
	if (contain_subplans((Node *) having))
		return block_stays(b, BLOCK_SCALAR_CLAUSE, "Redshift has none in HAVING");
	/* with only fixed expressions, there is no group without a row */
	condition = live_group_condition(query->groupClause != NIL && exprs == NIL,
									 query->groupClause == NIL && block_is_grouped(query) &&
									 having == NIL && !has_aggregate);
	if (condition != NULL)
		appendStringInfo(&b->deparse.buf, " HAVING %s", condition);
	return append_each(b, having, condition ? " AND " : " HAVING ", " AND ");
}

/* Appends an item of ORDER BY; for a set operation, the number of a column. */
static bool
append_order_item(Block *b, SortGroupClause *clause, const char *before)
{
	Query	   *query = b->level->query;
	TargetEntry *tle = get_sortgroupclause_tle(clause, query->targetList);
	char	   *name = get_opname(clause->sortop);
	Node	   *expr = (Node *) tle->expr;

	if (clause->sortop >= FirstGenbkiObjectId || name == NULL || (strcmp(name, "<") != 0 && strcmp(name, ">") != 0))
		return block_stays(b, "ORDER BY with LIMIT", NULL);
	if (query->distinctClause != NIL && contain_subplans(expr))
		return block_stays(b, BLOCK_SCALAR_CLAUSE, "what DISTINCT leaves is sorted by one");
	appendStringInfoString(&b->deparse.buf, before);
	if (!deparse_sorts(&b->deparse, expr))
		return false;
	if (query->setOperations != NULL)
		appendStringInfo(&b->deparse.buf, "%d", tle->resno);
	else if (!deparse_expr(&b->deparse, expr))
		return false;
	appendStringInfo(&b->deparse.buf, " %s NULLS %s", strcmp(name, ">") == 0 ? "DESC" : "ASC",
					 clause->nulls_first ? "FIRST" : "LAST");
	return true;
}

/* See block.h. */
bool
block_append_limit(Block *b)
{
	Query	   *query = b->level->query;
	const char *before = " ORDER BY ";
	bool		has_limit = query->limitCount != NULL || query->limitOffset != NULL;
	int64		limit;
	int64		offset = 0;
	ListCell   *lc;

	if (!has_limit && (!b->in_order || b->level->outer != NULL))
		return true;
	if (has_limit && (!block_limit_value(query->limitCount, &limit) || query->limitOption != LIMIT_OPTION_COUNT ||
		(query->limitOffset != NULL && !block_limit_value(query->limitOffset, &offset))))
		return block_stays(b, "ORDER BY with LIMIT", "LIMIT and OFFSET must be known when the plan is made, and OFFSET stands with LIMIT");
	foreach(lc, query->sortClause)
	{
		/* Redshift would take a number for the position of a column */
		if (live_is_fixed(get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc), query->targetList)))
			continue;
		if (!append_order_item(b, lfirst(lc), before))
			return false;
		before = ", ";
	}
	if (has_limit)
		appendStringInfo(&b->deparse.buf, " LIMIT " INT64_FORMAT, limit);
	if (offset > 0)
		appendStringInfo(&b->deparse.buf, " OFFSET " INT64_FORMAT, offset);
	return true;
}

/* Appends a table. */
static bool
append_table(Block *b, RangeTblEntry *rte, BlockSource *source)
{
	Oid			server;
	Oid			userid;

	if (rte->relkind != RELKIND_FOREIGN_TABLE || !live_is_server(server = GetForeignServerIdByRelId(rte->relid)))
		return deparse_refuse(&b->deparse, "a relation that is no live table", "it is read here");
	userid = RSFED_CHECK_AS_USER(b->level->query, rte);
	if ((rte->inh && has_subclass(rte->relid) && find_inheritance_children(rte->relid, NoLock) != NIL) || rte->tablesample != NULL || rte->securityQuals != NIL)
		return block_stays(b, BLOCK_FROM_CLAUSE, "a table has others that inherit from it, or row security");
	if (OidIsValid(b->server) && (b->server != server || b->userid != userid))
		return block_stays(b, BLOCK_FROM_CLAUSE, "tables are of several servers, or read with several users' rights");
	b->server = server;
	b->userid = userid;
	source->table = live_table(rte->relid);
	b->max_rows = live_least_rows(b->max_rows, source->table->max_rows);
	appendStringInfo(&b->deparse.buf, "%s %s", source->table->text, source->alias);
	return true;
}

/* Appends a reference to a query of WITH. */
static bool
append_cte(Block *b, RangeTblEntry *rte, BlockSource *source)
{
	BlockLevel *level = b->level;
	BlockSource *cte = NULL;
	char	   *alias = source->alias;
	ListCell   *lc;

	for (Index up = 0; up < rte->ctelevelsup && level != NULL; up++)
		level = level->outer;
	if (level == NULL || rte->self_reference)
		return block_stays(b, BLOCK_FROM_CLAUSE, "WITH RECURSIVE");
	foreach(lc, level->query->cteList)
	{
		if (strcmp(lfirst_node(CommonTableExpr, lc)->ctename, rte->ctename) == 0 &&
			foreach_current_index(lc) < list_length(level->ctes))
			cte = list_nth(level->ctes, foreach_current_index(lc));
	}
	if (cte == NULL)
		return block_stays(b, BLOCK_FROM_CLAUSE, "a query of WITH is read before it is written");
	*source = *cte;
	source->alias = alias;
	appendStringInfo(&b->deparse.buf, "%s %s", cte->alias, alias);
	return true;
}

/* Appends a range table entry with a new alias. */
static bool
append_source(Block *b, int rtindex)
{
	Query	   *query = b->level->query;
	RangeTblEntry *rte = list_nth_node(RangeTblEntry, query->rtable, rtindex - 1);
	BlockSource *source = &b->level->source[rtindex - 1];
	char	   *alias = psprintf("r%d", ++b->aliases);
	char	   *text;
	bool		is_whole;

	/* LATERAL without such columns is a subquery as any other */
	if (rte->lateral && (rte->rtekind != RTE_SUBQUERY || contain_vars_of_level((Node *) rte->subquery, 1)))
		return block_stays(b, BLOCK_FROM_CLAUSE, "LATERAL with columns of what stands beside it, which Redshift does not have");
	if (rte->security_barrier)
		return block_stays(b, BLOCK_FROM_CLAUSE, "there is a security barrier");
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			source->alias = alias;
			return append_table(b, rte, source);
		case RTE_CTE:
			source->alias = alias;
			return append_cte(b, rte, source);
		case RTE_SUBQUERY:
			text = block_subquery_text(b, rte->subquery, BLOCK_FROM, block_wanted(query, rtindex, &is_whole), source);
			if (text == NULL)
				return false;
			source->alias = alias;
			appendStringInfo(&b->deparse.buf, "(%s) %s", text, alias);
			return true;
		default:
			return deparse_refuse(&b->deparse, "a relation that is no live table", "it is read here");
	}
}

/*
 * The conditions of a join that are written in ON; NIL for one that is always
 * true.  Conditions with subqueries move to WHERE, where Redshift accepts them,
 * if the result is the same.
 */
static List *
join_conditions(Block *b, JoinExpr *join, bool is_open)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, make_ands_implicit((Expr *) join->quals))
	{
		if (is_open && join->jointype == JOIN_INNER && contain_subplans(lfirst(lc)))
			b->level->moved = lappend(b->level->moved, lfirst(lc));
		else
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/*
 * Appends a table, subquery or join.  Joins are written from left to right,
 * except for parentheses.  "is_open": no outer join null-extends its rows.
 */
static bool
append_item(Block *b, Node *item, bool is_open)
{
	StringInfo	buf = &b->deparse.buf;
	JoinExpr   *join = (JoinExpr *) item;
	List	   *conditions;
	bool		is_nested;

	if (IsA(item, RangeTblRef))
		return append_source(b, ((RangeTblRef *) item)->rtindex);
	if (!IsA(item, JoinExpr))
		return block_stays(b, BLOCK_FROM_CLAUSE, NULL);
	if (!append_item(b, join->larg, is_open && (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT)))
		return false;
	conditions = join_conditions(b, join, is_open);
	appendStringInfoString(buf, join->jointype == JOIN_LEFT ? " LEFT JOIN " : join->jointype == JOIN_RIGHT ? " RIGHT JOIN " :
						   join->jointype == JOIN_FULL ? " FULL JOIN " : conditions == NIL ? " CROSS JOIN " : " INNER JOIN ");
	is_nested = IsA(join->rarg, JoinExpr);
	appendStringInfoString(buf, is_nested ? "(" : "");
	if (!append_item(b, join->rarg, is_open && (join->jointype == JOIN_INNER || join->jointype == JOIN_RIGHT)))
		return false;
	appendStringInfoString(buf, is_nested ? ")" : "");
	/* Redshift accepts no correlated ones; others are refused for simplicity */
	if (contain_subplans((Node *) conditions))
		return block_stays(b, BLOCK_IN_CLAUSE, "a subquery in ON of an outer join");
	if (conditions == NIL && join->jointype != JOIN_INNER)
		appendStringInfoString(buf, " ON true");
	return append_each(b, conditions, " ON ", " AND ");
}

/* See block.h. */
char *
block_from_text(Block *b)
{
	BlockLevel *level = b->level;
	StringInfoData saved = b->deparse.buf;
	bool		has_equality = false;
	const char *before = " WHERE ";
	List	   *conditions;
	char	   *text;
	ListCell   *lc;

	initStringInfo(&b->deparse.buf);
	foreach(lc, level->query->jointree->fromlist)
	{
		appendStringInfoString(&b->deparse.buf, lc == list_head(level->query->jointree->fromlist) ? " FROM " : ", ");
		if (!append_item(b, lfirst(lc), true))
			return NULL;
	}
	conditions = list_concat_copy(make_ands_implicit((Expr *) level->query->jointree->quals), level->moved);
	foreach(lc, conditions)
	{
		appendStringInfoString(&b->deparse.buf, before);
		if (!block_append_condition(b, lfirst(lc), &has_equality))
			return NULL;
		before = " AND ";
	}
	if (level->is_correlated && !has_equality)
	{
		(void) block_stays(b, BLOCK_IN_CLAUSE, BLOCK_NOT_CORRELATED);
		return NULL;
	}
	text = b->deparse.buf.data;
	b->deparse.buf = saved;
	return text;
}

/* See block.h. */
bool
block_checks_distinct(Block *b, List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) tle->expr;

		if (!tle->resjunk && !live_is_fixed(expr) && !deparse_groups(&b->deparse, expr))
			return false;
	}
	return true;
}

/* Appends a column of a SELECT that is a subquery. */
static bool
append_target(Block *b, TargetEntry *tle, BlockUse use, BlockColumn *column)
{
	Query	   *query = b->level->query;
	bool		is_distinct = query->distinctClause != NIL;
	bool		is_written;

	/* only the statement's own SELECT can put an aggregate together */
	if (use == BLOCK_FROM && !is_distinct && b->level->outer->outer == NULL && IsA(tle->expr, Aggref) &&
		!append_divided(b, (Aggref *) tle->expr, tle->resno, column))
		return false;
	if (column->finish == DEPARSE_WHOLE)
	{
		b->is_selecting = use == BLOCK_FROM && !is_distinct && !block_is_grouped(query) && IsA(tle->expr, SubLink);
		is_written = append_output(b, (Node *) tle->expr, is_distinct || use == BLOCK_IN, column);
		b->is_selecting = false;
		if (!is_written)
			return false;
	}
	if (use == BLOCK_FROM || use == BLOCK_SET)
		appendStringInfo(&b->deparse.buf, " AS c%d", tle->resno);
	return true;
}

/* Appends a SELECT that is a subquery. */
static bool
append_select(Block *b, BlockUse use, Bitmapset *wanted, BlockSource *result)
{
	Query	   *query = b->level->query;
	bool		is_distinct = query->distinctClause != NIL;
	bool		has_aggregate = false;
	char	   *from = block_from_text(b);
	const char *before = "";
	int			count = 0;
	ListCell   *lc;

	if (from == NULL || (is_distinct && !block_checks_distinct(b, query->targetList)))
		return false;
	appendStringInfoString(&b->deparse.buf, is_distinct ? "SELECT DISTINCT " : "SELECT ");
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		BlockColumn *column;

		if (use == BLOCK_EXISTS || tle->resjunk ||
			(use == BLOCK_FROM && !is_distinct && !bms_is_member(tle->resno, wanted)))
			continue;
		appendStringInfoString(&b->deparse.buf, before);
		column = &result->column[tle->resno - 1];
		if (!append_target(b, tle, use, column))
			return false;
		count += live_width(live_recipe(column->finish));
		has_aggregate = has_aggregate || contain_aggs_of_level((Node *) tle->expr, 0);
		before = ", ";
	}
	if (count > LIVE_MAX_COLUMNS)
		return deparse_refuse(&b->deparse, "SELECT", LIVE_TOO_MANY_COLUMNS);
	appendStringInfo(&b->deparse.buf, "%s%s", *before ? "" : "1", from);
	return block_append_group(b, has_aggregate) && block_append_limit(b);
}

/* Are the columns of both sides of a set operation of one type in Redshift? */
static bool
match_columns(Block *b, SetOperationStmt *op, BlockSource *left, BlockSource *right)
{
	ListCell   *lc;

	Assert(left->count == right->count && left->count == list_length(op->colTypes));
	foreach(lc, op->colTypes)
	{
		int			at = foreach_current_index(lc);
		BlockColumn *one = &left->column[at];
		BlockColumn *other = &right->column[at];
		ShipClass	class = ship_class(lfirst_oid(lc));
		bool		is_same = one->attnum > 0 && one->relid == other->relid && one->attnum == other->attnum;

		if (one->type != lfirst_oid(lc) || other->type != lfirst_oid(lc))
			return block_stays(b, BLOCK_SET_CLAUSE, "columns of both sides are of one type");
		/* rows are compared by it */
		if (!op->all && (class == SHIP_FLOAT || class == SHIP_OTHER || class == SHIP_INTERVAL ||
						 ((class == SHIP_TEXT || class == SHIP_CHAR) &&
						  (!one->blank_safe || !other->blank_safe ||
						   !get_collation_isdeterministic(list_nth_oid(op->colCollations, at))))))
			return block_stays(b, BLOCK_SET_CLAUSE, "a column cannot tell rows apart there");
		if (!is_same && (class == SHIP_TEXT || class == SHIP_CHAR || class == SHIP_OTHER || class == SHIP_INTERVAL ||
						 (class == SHIP_NUMERIC && (one->typmod < 0 || one->typmod != other->typmod))))
			return block_stays(b, BLOCK_SET_CLAUSE, "decimals of both sides are of one known size, and texts the same column");
		/* a column that is computed with, not only passed on, is noted */
		if ((!op->all || !is_same) && one->attnum > 0)
			b->used = live_note_use(b->used, one->relid, one->attnum);
		if (!is_same && other->attnum > 0)
			b->used = live_note_use(b->used, other->relid, other->attnum);
		if (!is_same)
			one->attnum = 0;
		one->blank_safe = one->blank_safe && other->blank_safe;
	}
	return true;
}

/* See block.h. */
bool
block_append_side(Block *b, Node *node, bool needs_parentheses, BlockSource *result)
{
	SetOperationStmt *op = (SetOperationStmt *) node;
	BlockSource right = {0};
	char	   *text;

	check_stack_depth();
	if (b->level->query->targetList == NIL)
		return block_stays(b, BLOCK_SET_CLAUSE, "there are no columns");
	if (IsA(node, RangeTblRef))
	{
		RangeTblEntry *rte = list_nth_node(RangeTblEntry, b->level->query->rtable, ((RangeTblRef *) node)->rtindex - 1);
		Query	   *query = rte->subquery;

		if (query->limitCount != NULL || query->limitOffset != NULL || query->cteList != NIL || query->setOperations != NULL)
			return block_stays(b, BLOCK_SET_CLAUSE, "a side has WITH or LIMIT");
		if ((text = block_subquery_text(b, query, BLOCK_SET, NULL, result)) == NULL)
			return false;
		appendStringInfoString(&b->deparse.buf, text);
		return true;
	}
	if (!IsA(op, SetOperationStmt) || (op->all && op->op != SETOP_UNION))
		return block_stays(b, BLOCK_SET_CLAUSE, "INTERSECT ALL, EXCEPT ALL");
	appendStringInfoString(&b->deparse.buf, needs_parentheses ? "(" : "");
	/* UNION and EXCEPT associate to the left; INTERSECT binds tighter */
	if (!block_append_side(b, op->larg, IsA(op->larg, SetOperationStmt) &&
					 (op->op == SETOP_INTERSECT || ((SetOperationStmt *) op->larg)->op == SETOP_INTERSECT), result))
		return false;
	appendStringInfoString(&b->deparse.buf, op->op == SETOP_INTERSECT ? " INTERSECT " : op->op == SETOP_EXCEPT ? " EXCEPT " :
						   op->all ? " UNION ALL " : " UNION ");
	if (!block_append_side(b, op->rarg, IsA(op->rarg, SetOperationStmt), &right) || !match_columns(b, op, result, &right))
		return false;
	appendStringInfoString(&b->deparse.buf, needs_parentheses ? ")" : "");
	return true;
}

/* See block.h. */
bool
block_append_with(Block *b)
{
	BlockLevel *level = b->level;
	const char *before = "WITH ";
	ListCell   *lc;

	foreach(lc, level->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Query	   *query = castNode(Query, cte->ctequery);
		BlockSource *source = NULL;
		Bitmapset  *all = NULL;
		char	   *text;

		if (cte->cterefcount > 0)
		{
			source = palloc0(sizeof(BlockSource));
			for (int i = 1; i <= list_length(query->targetList); i++)
				all = bms_add_member(all, i);
			if (cte->cterecursive || (text = block_subquery_text(b, query, BLOCK_FROM, all, source)) == NULL)
				return cte->cterecursive ? block_stays(b, BLOCK_FROM_CLAUSE, "WITH RECURSIVE") : false;
			source->alias = psprintf("w%d", ++b->aliases);
			appendStringInfo(&b->deparse.buf, "%s%s AS (%s)", before, source->alias, text);
			before = ", ";
		}
		level->ctes = lappend(level->ctes, source);
	}
	appendStringInfoString(&b->deparse.buf, *before == ',' ? " " : "");
	return true;
}

/* See block.h. */
char *
block_subquery_text(Block *b, Query *query, BlockUse use, Bitmapset *wanted, BlockSource *result)
{
	StringInfoData saved = b->deparse.buf;
	BlockLevel	level = {.outer = b->level};
	SubLink    *correlated = b->correlated;
	bool		is_sublink = use == BLOCK_EXISTS || use == BLOCK_IN || use == BLOCK_SCALAR;
	bool		is_noting = b->is_noting;
	bool		is_selecting = b->is_selecting;
	bool		is_below_or = b->is_below_or;
	bool		is_written;
	char	   *text;

	check_stack_depth();
	level.query = query = block_over_groups(query);
	level.source = palloc0(sizeof(BlockSource) * (list_length(query->rtable) + 1));
	level.is_correlated = is_sublink && contain_vars_of_level((Node *) query, 1);
	level.may_differ = use == BLOCK_EXISTS;
	if (result != NULL && result->column == NULL)
		block_make_columns(result, query);
	b->level = &level;
	b->correlated = NULL;
	b->is_selecting = false;
	b->is_below_or = false;
	b->is_noting = true;
	initStringInfo(&b->deparse.buf);
	is_written = block_checks_form(&b->deparse, query) && block_append_with(b);
	if (is_written && query->setOperations != NULL)
		is_written = query->limitCount == NULL && query->limitOffset == NULL ?
			block_append_side(b, query->setOperations, false, result) : block_stays(b, BLOCK_SET_CLAUSE, "LIMIT in a subquery");
	else if (is_written)
		is_written = append_select(b, use, wanted, result);
	text = is_written ? b->deparse.buf.data : NULL;
	b->level = level.outer;
	b->correlated = correlated;
	b->is_selecting = is_selecting;
	b->is_below_or = is_below_or;
	b->is_noting = is_noting;
	b->deparse.buf = saved;
	return text;
}
