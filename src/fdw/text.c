/*-------------------------------------------------------------------------
 *
 * text.c
 *	  Writes the statement for a relation of the planner.
 *
 * Policy: when the relation was planned, the same walker has already decided
 * that it can be shipped.  So a refusal here is an internal error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/names.h"
#include "redshift/deparse_check.h"

#include "fdw/live.h"

static void append_from(Deparse *d, LiveRel *live);
static void append_conditions(Deparse *d, const char *before, List *conditions);

/* See live.h. */
List *
live_note_use(List *used, Oid relid, AttrNumber attnum)
{
	ListCell   *lc;
	List	   *use;

	foreach(lc, used)
	{
		use = lfirst(lc);
		if ((Oid) linitial_int(use) == relid)
		{
			if (!list_member_int(list_copy_tail(use, 1), attnum))
				lfirst(lc) = lappend_int(use, attnum);
			return used;
		}
	}
	return lappend(used, list_make2_int((int) relid, attnum));
}

/* The DeparseColumnFor of a relation of the planner. */
static bool
column_for(const Var *var, DeparseColumn *column, void *arg)
{
	LiveScope  *scope = arg;
	LiveRel    *live;

	if (var->varlevelsup != 0 || !bms_is_member(var->varno, scope->relids))
		return false;
	live = scope->root->simple_rel_array[var->varno]->fdw_private;
	if (live == NULL || live->table == NULL || var->varattno > live->table->natts ||
		live->table->column[var->varattno - 1] == NULL)
		return false;
	column->text = psprintf("r%d.%s", (int) var->varno, live->table->column[var->varattno - 1]);
	column->blank_safe = live->table->blank_safe[var->varattno - 1];
	column->typmod = var->vartypmod;
	scope->used = live_note_use(scope->used, live->table->relid, var->varattno);
	return true;
}

/* See live.h. */
void
live_scope(Deparse *deparse, LiveScope *scope, PlannerInfo *root, Relids relids)
{
	scope->root = root;
	scope->relids = relids;
	scope->used = NIL;
	deparse_begin(deparse, column_for, scope);
}

/* See live.h. */
bool
live_is_fixed(Node *expr)
{
	return !contain_subplans(expr) && !contain_var_clause(expr) && !contain_agg_clause(expr) &&
		!contain_volatile_functions(expr);
}

/* See live.h. */
bool
live_ships(PlannerInfo *root, Relids relids, Node *node, List **reasons)
{
	Deparse		deparse;
	LiveScope	scope;

	live_scope(&deparse, &scope, root, relids);
	if (deparse_expr(&deparse, node))
		return true;
	*reasons = lappend(*reasons, unconstify(char *, deparse.reason));
	return false;
}

/* See live.h. */
void
live_add_reason(LiveRel *live, const char *reason)
{
	/* GEQO plans joins in a memory context that the tables below outlive */
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(live));

	if (!names_hold(live->reasons, reason))
		live->reasons = lappend(live->reasons, pstrdup(reason));
	MemoryContextSwitchTo(old);
}

/* See live.h. */
void
live_note_clause(LiveRel *live, const char *clause, const char *why)
{
	Deparse		deparse;

	(void) deparse_refuse(&deparse, clause, why ? why : ship_clause_note(clause));
	live_add_reason(live, deparse.reason);
}

/* See live.h. */
void
live_pass_reasons(LiveRel *below, const LiveRel *live)
{
	ListCell   *lc;

	foreach(lc, live->reasons)
		live_add_reason(below, lfirst(lc));
}

/* See live.h. */
Relids
live_relids(const LiveRel *live)
{
	switch (live->kind)
	{
		case LIVE_BASE:
			return bms_make_singleton(live->rel->relid);
		case LIVE_JOIN:
			return bms_union(live_relids(live->outer), live_relids(live->inner));
		case LIVE_UPPER:
			return live_relids(live->input);
	}
	return NULL;
}

/* Appends an expression that was found to be shippable. */
static void
append(Deparse *d, Node *node)
{
	if (!deparse_expr(d, node))
		elog(ERROR, "could not write an expression for Redshift: %s", d->reason);
}

/* Appends a semi-join or anti-join, which is written as a condition. */
static void
append_exists(Deparse *d, LiveRel *join)
{
	ListCell   *lc;

	appendStringInfo(&d->buf, "%s (SELECT 1 FROM ", join->jointype == JOIN_ANTI ? "NOT EXISTS" : "EXISTS");
	append_from(d, join->inner);
	append_conditions(d, " WHERE ", list_concat_copy(join->on, join->inner->where));
	/* there is a condition, so the others are added with AND */
	foreach(lc, join->inner->exists)
	{
		appendStringInfoString(&d->buf, " AND ");
		append_exists(d, lfirst(lc));
	}
	appendStringInfoChar(&d->buf, ')');
}

/*
 * Appends conditions with AND between them, after a word; nothing if there are
 * none.
 */
static void
append_conditions(Deparse *d, const char *before, List *conditions)
{
	ListCell   *lc;

	foreach(lc, conditions)
	{
		appendStringInfoString(&d->buf, lc == list_head(conditions) ? before : " AND ");
		append(d, lfirst(lc));
	}
}

/* Appends the conditions of a relation, and EXISTS for its semi-joins. */
static void
append_where(Deparse *d, LiveRel *live)
{
	const char *before = live->where != NIL ? " AND " : " WHERE ";
	ListCell   *lc;

	append_conditions(d, " WHERE ", live->where);
	foreach(lc, live->saving)
	{
		appendStringInfoString(&d->buf, before);
		deparse_mark(d, 0, '?');
		append(d, lfirst(lc));
		deparse_mark(d, 0, '.');
		before = " AND ";
	}
	foreach(lc, live->exists)
	{
		appendStringInfoString(&d->buf, before);
		append_exists(d, lfirst(lc));
		before = " AND ";
	}
}

/* Is it a join with both sides in FROM, possibly below semi-joins? */
static bool
is_joined(const LiveRel *live)
{
	while (live->kind == LIVE_JOIN && (live->jointype == JOIN_SEMI || live->jointype == JOIN_ANTI))
		live = live->outer;
	return live->kind == LIVE_JOIN;
}

/*
 * Appends the right side of a join.  Joins are written from left to right,
 * except for parentheses.
 */
static void
append_inner(Deparse *d, LiveRel *live)
{
	bool		is_nested = is_joined(live);

	appendStringInfoString(&d->buf, is_nested ? "(" : "");
	append_from(d, live);
	appendStringInfoString(&d->buf, is_nested ? ")" : "");
}

/* Appends tables and joins, without the conditions of semi-joins. */
static void
append_from(Deparse *d, LiveRel *live)
{
	if (live->kind == LIVE_BASE)
	{
		appendStringInfo(&d->buf, "%s r%d", live->table->text, live->rel->relid);
		return;
	}
	if (live->jointype == JOIN_SEMI || live->jointype == JOIN_ANTI)
	{
		append_from(d, live->outer);
		return;
	}
	append_from(d, live->outer);
	if (live->on == NIL)
		appendStringInfoString(&d->buf, " CROSS JOIN ");
	else
		appendStringInfoString(&d->buf, live->jointype == JOIN_INNER ? " INNER JOIN " :
							   live->jointype == JOIN_LEFT ? " LEFT JOIN " : " FULL JOIN ");
	append_inner(d, live->inner);
	append_conditions(d, " ON ", live->on);
}

/* See live.h. */
void
live_name_mark(Deparse *d, int number)
{
	deparse_mark(d, number, 'n');
}

/* See live.h. */
void
live_select(Deparse *d, List *tlist, List **recipes)
{
	ListCell   *lc;
	bool		is_first = true;

	foreach(lc, tlist)
	{
		Expr	   *expr = lfirst_node(TargetEntry, lc)->expr;

		if (!is_first)
			appendStringInfoString(&d->buf, ", ");
		is_first = false;
		if (IsA(expr, Aggref))
		{
			DeparseAggregate parts;

			if (!deparse_aggregate(d, (Aggref *) expr, &parts))
				elog(ERROR, "could not write an aggregate for Redshift: %s", d->reason);
			for (int i = 0; i < DEPARSE_MAX_PARTS && parts.text[i] != NULL; i++)
				appendStringInfo(&d->buf, "%s%s", i > 0 ? ", " : "", parts.text[i]);
			live_name_mark(d, list_length(*recipes));
			*recipes = lappend_int(*recipes, live_recipe(parts.finish));
			continue;
		}
		append(d, (Node *) expr);
		live_name_mark(d, list_length(*recipes));
		*recipes = lappend_int(*recipes, LIVE_COLUMN);
	}
	if (is_first)
		appendStringInfoChar(&d->buf, '1');
}

/* The position of a column of the list in the result, from 1. */
static int
ordinal_of(List *tlist, List *recipes, Index ref)
{
	int			ordinal = 1;
	ListCell   *lc;
	ListCell   *recipe;

	forboth(lc, tlist, recipe, recipes)
	{
		if (lfirst_node(TargetEntry, lc)->ressortgroupref == ref)
			return ordinal;
		ordinal += live_width(lfirst_int(recipe));
	}
	return 0;
}

/* See live.h. */
const char *
live_group_condition(bool needs_row, bool is_one)
{
	return needs_row ? "count(*) > 0" : is_one ? "count(*) >= 0" : NULL;
}

static void
append_group(Deparse *d, LiveRel *live, List *tlist, List *recipes)
{
	const char *condition = live_group_condition(live->needs_row, live->is_grouped && live->group == NIL &&
												 live->having == NIL && !contain_agg_clause((Node *) tlist));
	ListCell   *lc;

	foreach(lc, live->group)
	{
		Index		ref = lfirst_node(SortGroupClause, lc)->tleSortGroupRef;

		appendStringInfo(&d->buf, "%s%d", lc == list_head(live->group) ? " GROUP BY " : ", ",
						 ordinal_of(live->tlist, recipes, ref));
	}
	if (condition != NULL)
		appendStringInfo(&d->buf, " HAVING %s", condition);
	append_conditions(d, condition ? " AND " : " HAVING ", live->having);
}

/*
 * Appends LIMIT or OFFSET, with a number that is written now or when the
 * statement is sent.  Returns the number of its parameter, or -1.
 */
static int
append_count(Deparse *d, const char *word, Node *count, char kind)
{
	int			number;

	if (count == NULL)
		return -1;
	if (IsA(count, Const))
	{
		appendStringInfo(&d->buf, " %s " INT64_FORMAT, word, DatumGetInt64(((Const *) count)->constvalue));
		return -1;
	}
	number = deparse_parameter(d, count);
	deparse_mark(d, number, kind);
	return number;
}

/*
 * Notes the columns of an expression that is written elsewhere as one that is
 * only read.
 */
static void
note_columns(Deparse *d, Node *expr)
{
	StringInfoData saved = d->buf;

	initStringInfo(&d->buf);
	append(d, expr);
	pfree(d->buf.data);
	d->buf = saved;
}

/*
 * Appends ORDER BY with explicit NULLS, by ordinals or, if an expression is
 * not selected, by expressions.
 */
static void
append_order(Deparse *d, LiveRel *live, List *recipes)
{
	ListCell   *lc;

	foreach(lc, live->sort)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		TargetEntry *tle = get_sortgroupclause_tle(clause, live->sort_tlist);
		int			ordinal = 0;
		ListCell   *item;

		appendStringInfoString(&d->buf, lc == list_head(live->sort) ? " ORDER BY " : ", ");
		foreach(item, live->tlist)
		{
			TargetEntry *own = lfirst_node(TargetEntry, item);

			if (equal(own->expr, tle->expr) && !IsA(own->expr, Const))
			{
				own->ressortgroupref = own->ressortgroupref ? own->ressortgroupref : tle->ressortgroupref;
				ordinal = ordinal_of(live->tlist, recipes, own->ressortgroupref);
				break;
			}
		}
		if (ordinal > 0)
		{
			note_columns(d, (Node *) tle->expr);
			appendStringInfo(&d->buf, "%d", ordinal);
		}
		else
			append(d, (Node *) tle->expr);
		appendStringInfo(&d->buf, " %s NULLS %s", strcmp(get_opname(clause->sortop), ">") == 0 ? "DESC" : "ASC",
						 clause->nulls_first ? "FIRST" : "LAST");
	}
}

/* See live.h. */
void
live_text(PlannerInfo *root, LiveRel *live, List *tlist, LiveText *text)
{
	LiveRel    *input = live->kind == LIVE_UPPER ? live->input : live;
	Deparse		deparse;
	LiveScope	scope;

	memset(text, 0, sizeof(*text));
	text->limit = text->offset = -1;
	live_scope(&deparse, &scope, root, live_relids(live));
	appendStringInfoString(&deparse.buf, live->is_distinct ? "SELECT DISTINCT " : "SELECT ");
	live_select(&deparse, tlist, &text->recipes);
	/*
	 * a column that is only read may have another type in Redshift; the reader
	 * checks it
	 */
	if (live->kind != LIVE_UPPER || (!live->is_grouped && !live->is_distinct))
		scope.used = NIL;
	appendStringInfoString(&deparse.buf, " FROM ");
	append_from(&deparse, input);
	append_where(&deparse, input);
	if (live->kind == LIVE_UPPER)
	{
		append_group(&deparse, live, tlist, text->recipes);
		append_order(&deparse, live, text->recipes);
		text->limit = append_count(&deparse, "LIMIT", live->limit, 'l');
		text->offset = append_count(&deparse, "OFFSET", live->offset, 'o');
	}
	text->sql = deparse.buf.data;
	text->params = deparse.params;
	text->checks = scope.used;
}
