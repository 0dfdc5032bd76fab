/*-------------------------------------------------------------------------
 *
 * block_text.c
 *	  Writes a whole query as a statement of Redshift.
 *
 * Policy: the result consists of columns, groups and aggregates.  Only those
 * are selected that are needed to compute the query's columns locally.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "rewrite/rewriteManip.h"

#include "base/compat.h"
#include "redshift/deparse_check.h"

#include "fdw/block.h"

/* State for collecting the result columns of a query that is not a subquery. */
typedef struct Collect
{
	Block	   *block;
	List	   *groups;			/* expressions that rows are grouped by */
	bool		is_grouped;
	List	   *tlist;
} Collect;

/* See block.h. */
List *
block_correlated(const BlockPart *part)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, part->text.tlist)
	{
		Node	   *expr = (Node *) lfirst_node(TargetEntry, lc)->expr;

		if (IsA(expr, SubLink) && contain_vars_of_level(expr, 0))
			result = lappend(result, expr);
	}
	return result;
}

/* See block.h. */
bool
block_part_gives(const BlockPart *part, int column)
{
	return part->wants_all || bms_is_member(column, part->wanted) || part->query->distinctClause != NIL ||
		part->query->setOperations != NULL;
}

/* Can an expression be written?  Appends nothing. */
static bool
is_shipped(Block *b, Node *node)
{
	StringInfoData saved = b->deparse.buf;
	bool		result;

	initStringInfo(&b->deparse.buf);
	result = deparse_expr(&b->deparse, node);
	b->deparse.buf = saved;
	return result;
}

/*
 * Adds the parts of an expression that Redshift returns.  Returns true if one
 * cannot be shipped.
 */
static bool
collect_walker(Node *node, Collect *collect)
{
	Block	   *b = collect->block;
	DeparseAggregate parts;
	DeparseColumn column;

	if (node == NULL || IsA(node, Const) || tlist_member((Expr *) node, collect->tlist) != NULL)
		return false;
	if (list_member(collect->groups, node) || (IsA(node, SubLink) && !collect->is_grouped))
	{
		if (!is_shipped(b, node))
			return true;
	}
	else if (IsA(node, Aggref))
	{
		if (!deparse_aggregate(&b->deparse, (Aggref *) node, &parts))
			return true;
	}
	else if (IsA(node, SubLink))
		return !block_stays(b, BLOCK_SCALAR_CLAUSE, "one is selected where groups are");
	else if (IsA(node, Var))
	{
		if (collect->is_grouped || ((Var *) node)->varattno <= 0)
			return !block_stays(b, "whole rows, system columns", NULL);
		if (!block_column_for((Var *) node, &column, b))
			return !block_stays(b, BLOCK_FROM_CLAUSE, NULL);
	}
	else
		return expression_tree_walker(node, collect_walker, collect);
	collect->tlist = add_to_flat_tlist(collect->tlist, list_make1(node));
	return false;
}

/* Collects the result columns of a query without set operations. */
static bool
collect_targets(Block *b, const BlockPart *part, BlockText *text)
{
	Query	   *query = b->level->query;
	Collect		collect = {.block = b};
	ListCell   *lc;

	collect.is_grouped = block_is_grouped(query);
	b->is_selecting = !collect.is_grouped && query->distinctClause == NIL;
	foreach(lc, query->groupClause)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc), query->targetList);

		if (!live_is_fixed(expr))
			collect.groups = lappend(collect.groups, expr);
	}
	b->is_noting = collect.is_grouped || query->distinctClause != NIL;
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		/* DISTINCT does not compare columns that are only grouped by */
		if ((tle->resjunk && (part != NULL || text->is_sorted || query->distinctClause != NIL)) ||
			(part != NULL && !block_part_gives(part, tle->resno)))
			continue;
		if (query->distinctClause == NIL)
		{
			if (collect_walker((Node *) tle->expr, &collect))
				return false;
			continue;
		}
		if (live_is_fixed((Node *) tle->expr))
			continue;
		if (!is_shipped(b, (Node *) tle->expr))
			return false;
		collect.tlist = add_to_flat_tlist(collect.tlist, list_make1(tle->expr));
	}
	text->tlist = collect.tlist;
	return true;
}

/* Appends the columns of the result; what a subquery divided has several. */
static void
append_columns(Block *b, BlockText *text)
{
	Deparse    *d = &b->deparse;
	ListCell   *lc;

	if (text->tlist == NIL)
		live_select(d, NIL, &text->recipes);
	foreach(lc, text->tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		char	   *name;
		BlockColumn *column = block_column_of(b, tle->expr, &name);
		LiveRecipe	recipe = live_recipe(column != NULL ? column->finish : DEPARSE_WHOLE);

		appendStringInfoString(&d->buf, lc == list_head(text->tlist) ? "" : ", ");
		if (recipe == LIVE_COLUMN)
		{
			live_select(d, list_make1(tle), &text->recipes);
			continue;
		}
		appendStringInfoString(&d->buf, name);
		for (int i = 2; i <= live_width(recipe); i++)
			appendStringInfo(&d->buf, ", %s_%d", name, i);
		live_name_mark(d, list_length(text->recipes));
		text->recipes = lappend_int(text->recipes, recipe);
	}
}

/* Appends a SELECT that is not a subquery. */
static bool
append_top_select(Block *b, const BlockPart *part, BlockText *text)
{
	Query	   *query = b->level->query;
	bool		is_distinct = query->distinctClause != NIL;
	char	   *from = block_from_text(b);

	if (from == NULL || (is_distinct && !block_checks_distinct(b, query->targetList)) || !collect_targets(b, part, text))
		return false;
	appendStringInfoString(&b->deparse.buf, is_distinct ? "SELECT DISTINCT " : "SELECT ");
	append_columns(b, text);
	b->is_selecting = false;
	b->is_noting = true;
	if (live_columns(text->recipes) > LIVE_MAX_COLUMNS)
		return deparse_refuse(&b->deparse, "SELECT", LIVE_TOO_MANY_COLUMNS);
	appendStringInfoString(&b->deparse.buf, from);
	return block_append_group(b, contain_aggs_of_level((Node *) text->tlist, 0)) && block_append_limit(b);
}

/*
 * Notes the columns of a set operation that Redshift sorts by.  With ALL, the
 * columns of both sides are otherwise only read.
 */
static void
note_sorted(Block *b, const BlockSource *result)
{
	Query	   *query = b->level->query;
	ListCell   *lc;

	foreach(lc, query->sortClause)
	{
		TargetEntry *tle = get_sortgroupclause_tle(lfirst_node(SortGroupClause, lc), query->targetList);
		BlockColumn *column = &result->column[tle->resno - 1];

		if (column->attnum > 0)
			b->used = live_note_use(b->used, column->relid, column->attnum);
	}
}

/* Appends a set operation as a subquery, so that its columns can be named. */
static bool
append_top_set(Block *b, BlockText *text)
{
	Query	   *query = b->level->query;
	StringInfoData saved = b->deparse.buf;
	BlockSource result = {0};
	char	   *alias = psprintf("r%d", ++b->aliases);
	char	   *inner;
	ListCell   *lc;

	initStringInfo(&b->deparse.buf);
	if (!block_append_side(b, query->setOperations, false, &result))
		return false;
	inner = b->deparse.buf.data;
	b->deparse.buf = saved;
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		appendStringInfo(&b->deparse.buf, "%s%s.c%d", lc == list_head(query->targetList) ? "SELECT " : ", ", alias, tle->resno);
		live_name_mark(&b->deparse, list_length(text->recipes));
		text->recipes = lappend_int(text->recipes, LIVE_COLUMN);
		text->tlist = lappend(text->tlist, makeTargetEntry(tle->expr, tle->resno, NULL, false));
	}
	appendStringInfo(&b->deparse.buf, " FROM (%s) %s", inner, alias);
	if (text->is_sorted)
		note_sorted(b, &result);
	return block_append_limit(b);
}

/*
 * Leaves out columns of a query over groups that a part does not return, so
 * that the groups are read without them.
 */
static void
leave_out(Query *over, const BlockPart *part)
{
	ListCell   *lc;

	foreach(lc, over->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->ressortgroupref == 0 && !block_part_gives(part, tle->resno))
			tle->expr = (Expr *) makeNullConst(exprType((Node *) tle->expr), -1, InvalidOid);
	}
}

/* See block.h. */
bool
block_text(Block *block, Query *query, const BlockPart *part, BlockText *text)
{
	BlockLevel	level = {.query = block_over_groups(query)};
	Query	   *written = level.query;
	bool		is_written;

	memset(block, 0, sizeof(*block));
	memset(text, 0, sizeof(*text));
	if (written != query && part != NULL)
		leave_out(written, part);
	deparse_begin(&block->deparse, block_column_for, block);
	block->deparse.subquery = block_append_scalar;
	block->subquery_text = block_subquery_text;
	block->deparse.is_conditional = block_is_guarded(query);
	block->is_noting = true;
	block->level = &level;
	block->in_order = part != NULL && part->in_order && query->sortClause != NIL;
	block->saving = part != NULL ? part->saving : NIL;
	level.source = palloc0(sizeof(BlockSource) * (list_length(written->rtable) + 1));
	text->is_sorted = block->in_order || query->limitCount != NULL || query->limitOffset != NULL;
	is_written = block_checks_form(&block->deparse, written) && block_append_with(block) &&
		(written->setOperations != NULL ? append_top_set(block, text) : append_top_select(block, part, text));
	if (is_written && written != query)
		text->tlist = block_inside_groups(written, text->tlist);
	text->sql = is_written ? block->deparse.buf.data : NULL;
	return is_written;
}
