/*-------------------------------------------------------------------------
 *
 * upper.c
 *	  Steps above scans and joins: GROUP BY, DISTINCT, ORDER BY with LIMIT.
 *
 * Policy: a step is shipped as a whole or not at all, and only above a step
 * that was shipped as a whole.  The executor gets groups and aggregates;
 * expressions over them are evaluated locally.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/transam.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "base/compat.h"
#include "redshift/deparse_check.h"

#include "fdw/live.h"
#include "fdw/nested.h"

/* Creates an upper relation above one that is shipped as a whole. */
static LiveRel *
above(LiveRel *input, RelOptInfo *rel)
{
	LiveRel    *live = palloc0(sizeof(LiveRel));

	if (input->kind == LIVE_UPPER)
	{
		*live = *input;
		live->tlist = copyObject(input->tlist);
		live->reasons = list_copy(input->reasons);
	}
	else
	{
		live->kind = LIVE_UPPER;
		live->root = input->root;
		live->input = input;
		live->repeats = input->repeats;
		live->reasons = list_copy(input->reasons);
	}
	live->rel = rel;
	live->is_whole = true;
	return live;
}

/* State for collecting the columns of a relation. */
typedef struct Collect
{
	PlannerInfo *root;
	LiveRel    *live;
	Relids		relids;
	bool		is_grouped;
	int			more;			/* columns of aggregates beside the first one
								 * of each */
} Collect;

/*
 * Adds the parts of an expression that Redshift must return.  Returns true if
 * one cannot be shipped.
 */
static bool
collect_walker(Node *node, Collect *collect)
{
	LiveRel    *live = collect->live;
	bool		is_column;

	if (node == NULL)
		return false;
	if (!IsA(node, Const) && tlist_member((Expr *) node, live->tlist) != NULL)
		return false;
	is_column = IsA(node, Var) && ((Var *) node)->varlevelsup == 0;
	if (IsA(node, Aggref))
	{
		Deparse		deparse;
		LiveScope	scope;
		DeparseAggregate parts;

		live_scope(&deparse, &scope, collect->root, collect->relids);
		if (!deparse_aggregate(&deparse, (Aggref *) node, &parts))
		{
			live_add_reason(live, deparse.reason);
			return true;
		}
		collect->more += live_width(live_recipe(parts.finish)) - 1;
	}
	else if (is_column && !collect->is_grouped && ((Var *) node)->varattno > 0)
	{
		/* any column can be read */
	}
	else if (is_column || IsA(node, PlaceHolderVar) || IsA(node, GroupingFunc))
		return true;
	else
		return expression_tree_walker(node, collect_walker, collect);
	live->tlist = add_to_flat_tlist(live->tlist, list_make1(node));
	return false;
}

/* Can Redshift group rows by an expression? */
static bool
groups_by(PlannerInfo *root, Relids relids, LiveRel *live, Node *expr)
{
	Deparse		deparse;
	LiveScope	scope;

	live_scope(&deparse, &scope, root, relids);
	if (deparse_expr(&deparse, expr) && deparse_groups(&deparse, expr))
		return true;
	live_add_reason(live, deparse.reason);
	return false;
}

static void
add_column(LiveRel *live, Expr *expr, Index ref)
{
	TargetEntry *tle = makeTargetEntry(expr, list_length(live->tlist) + 1, NULL, false);

	tle->ressortgroupref = ref;
	live->tlist = lappend(live->tlist, tle);
}

/*
 * Adds the expressions that rows are grouped by first, and then the other
 * columns that are needed.
 */
static bool
group_target(PlannerInfo *root, LiveRel *live, PathTarget *target, Collect *collect)
{
	ListCell   *lc;
	int			i = 0;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i);
		SortGroupClause *clause = ref ? get_sortgroupref_clause_noerr(ref, live->group) : NULL;

		i++;
		if (clause == NULL)
			continue;
		if (live_is_fixed(lfirst(lc)))
		{
			live->group = list_delete_ptr(live->group, clause);
			continue;
		}
		if (!groups_by(root, collect->relids, live, lfirst(lc)))
			return false;
		add_column(live, lfirst(lc), ref);
	}
	/* each must have a column, or it would be missing in the statement */
	if (list_length(live->tlist) < list_length(live->group))
		return false;
	return !collect_walker((Node *) target->exprs, collect);
}

static bool
group_having(PlannerInfo *root, LiveRel *live, List *having, Collect *collect)
{
	ListCell   *lc;

	foreach(lc, having)
	{
		Node	   *condition = lfirst(lc);

		if (live_ships(root, collect->relids, condition, &live->reasons))
			live->having = lappend(live->having, condition);
		else if (collect_walker(condition, collect))
			return false;
		else
			live->here = lappend(live->here, condition);
	}
	return true;
}

/* Has the statement few enough columns? */
static bool
checks_columns(LiveRel *live, int more)
{
	if (list_length(live->tlist) + more <= LIVE_MAX_COLUMNS)
		return true;
	live_note_clause(live, "SELECT", LIVE_TOO_MANY_COLUMNS);
	return false;
}

static void
add_grouped(PlannerInfo *root, LiveRel *input, RelOptInfo *input_rel, RelOptInfo *output_rel,
			GroupPathExtraData *extra)
{
	Query	   *parse = root->parse;
	/* a partition's target has other columns than that of the whole table */
	PathTarget *target = output_rel->reltarget;
	LiveRel    *live;
	Collect		collect;
	double		rows;
	Cost		startup;
	Cost		total;

	if (parse->groupingSets != NIL)
		live_note_clause(input, "GROUPING SETS, ROLLUP, CUBE", NULL);
	if (input->kind == LIVE_UPPER || input->here != NIL || parse->groupingSets != NIL ||
		(parse->groupClause == NIL && !parse->hasAggs))
		return;
	/* rows are grouped by the rows of a function that returns a set */
	if (parse->hasTargetSRFs && expression_returns_set((Node *) target->exprs))
		return;
	live = above(input, output_rel);
	live->is_grouped = true;
	live->group = list_copy(parse->groupClause);
	/* with only fixed expressions, there is no group without a row */
	live->needs_row = parse->groupClause != NIL;
	collect.root = root;
	collect.live = live;
	collect.relids = live_relids(input);
	collect.is_grouped = true;
	collect.more = 0;
	if (!group_target(root, live, target, &collect) || !group_having(root, live, (List *) extra->havingQual, &collect) ||
		!checks_columns(live, collect.more))
	{
		live_pass_reasons(input, live);
		return;
	}
	live->needs_row = live->needs_row && live->group == NIL;
	rows = live->group == NIL ? 1 :
		estimate_num_groupsCompat(root, get_sortgrouplist_exprs(live->group, root->processed_tlist), input_rel->rows);
	if (live->here != NIL)
		live->is_whole = false;
	output_rel->fdw_private = live;
	live_cost(live->repeats, input_rel->rows, rows, &startup, &total);
	live_undercut(output_rel, &startup, &total);
	add_path(output_rel, (Path *) create_foreign_upper_pathCompat(root, output_rel, target, rows, startup, total, NIL));
}

static bool
has_column(List *tlist, Index ref)
{
	ListCell   *lc;

	foreach(lc, tlist)
	{
		if (lfirst_node(TargetEntry, lc)->ressortgroupref == ref)
			return true;
	}
	return false;
}

static void
add_distinct(PlannerInfo *root, LiveRel *input, RelOptInfo *input_rel, RelOptInfo *output_rel)
{
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	LiveRel    *live;
	Relids		relids = live_relids(input);
	ListCell   *lc;
	double		rows;
	Cost		startup;
	Cost		total;
	List	   *columns = NIL;
	int			i = 0;

	if (root->parse->hasDistinctOn)
		live_note_clause(input, "DISTINCT ON", NULL);
	if (root->parse->hasDistinctOn || root->parse->hasTargetSRFs || input->here != NIL || input->is_distinct)
		return;
	live = above(input, output_rel);
	live->is_distinct = true;
	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, i++);

		/* a column not in DISTINCT would distinguish rows in Redshift */
		if (get_sortgroupref_clause_noerr(ref, root->parse->distinctClause) == NULL)
			return;
		if (live_is_fixed(lfirst(lc)))
			continue;
		if (!groups_by(root, relids, live, lfirst(lc)))
		{
			live_pass_reasons(input, live);
			return;
		}
		columns = lappend(columns, makeTargetEntry(lfirst(lc), list_length(columns) + 1, NULL, false));
		llast_node(TargetEntry, columns)->ressortgroupref = ref;
	}
	/* the columns that are grouped by must be selected, too */
	foreach(lc, live->group)
	{
		if (!has_column(columns, lfirst_node(SortGroupClause, lc)->tleSortGroupRef))
			return;
	}
	live->tlist = columns;
	rows = estimate_num_groupsCompat(root, target->exprs, input_rel->rows);
	output_rel->fdw_private = live;
	live_cost(live->repeats, input_rel->rows, rows, &startup, &total);
	live_undercut(output_rel, &startup, &total);
	add_path(output_rel, (Path *) create_foreign_upper_pathCompat(root, output_rel, target, rows, startup, total, NIL));
}

/*
 * Adds the columns that a target needs to a relation without its own list;
 * false if one of them cannot be shipped.
 */
static bool
fill_tlist(PlannerInfo *root, LiveRel *input, LiveRel *live, PathTarget *target)
{
	Collect		collect;

	collect.root = root;
	collect.live = live;
	collect.relids = live_relids(input);
	collect.is_grouped = live->is_grouped || live->is_distinct;
	collect.more = 0;
	return !collect_walker((Node *) target->exprs, &collect);
}

#define NO_PLAIN_LIMIT "OFFSET without LIMIT, and WITH TIES, are applied here"

static bool
is_plain_limit(const Query *parse)
{
	return parse->limitOption == LIMIT_OPTION_COUNT && (parse->limitCount != NULL || parse->limitOffset == NULL);
}

/* Is it the default order of a type, not that of another operator family? */
static bool
is_plain_order(const SortGroupClause *clause)
{
	char	   *name = get_opname(clause->sortop);

	return clause->sortop < FirstGenbkiObjectId && name != NULL &&
		(strcmp(name, "<") == 0 || strcmp(name, ">") == 0);
}

/* Sorted rows are useful only if the first of them are requested. */
static void
add_ordered(PlannerInfo *root, LiveRel *input, RelOptInfo *output_rel)
{
	LiveRel    *live;
	ListCell   *lc;

	if (!is_plain_limit(root->parse))
	{
		live_note_clause(input, "ORDER BY with LIMIT", NO_PLAIN_LIMIT);
		return;
	}
	if (root->parse->limitCount == NULL || root->parse->hasTargetSRFs || input->here != NIL)
		return;
	live = above(input, output_rel);
	live->is_sorted = true;
	live->sort_tlist = root->processed_tlist;
	foreach(lc, root->parse->sortClause)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst_node(SortGroupClause, lc), live->sort_tlist);
		Deparse		deparse;
		LiveScope	scope;

		/* Redshift would take a number for the position of a column */
		if (live_is_fixed(expr))
			continue;
		live->sort = lappend(live->sort, lfirst(lc));
		if (!is_plain_order(lfirst_node(SortGroupClause, lc)))
			return;
		live_scope(&deparse, &scope, root, live_relids(input));
		if (!deparse_expr(&deparse, expr) || !deparse_sorts(&deparse, expr))
		{
			live_add_reason(live, deparse.reason);
			live_pass_reasons(input, live);
			return;
		}
	}
	if (!fill_tlist(root, input, live, root->upper_targets[UPPERREL_ORDERED]))
		return;
	output_rel->fdw_private = live;
}

/*
 * Is it valid as LIMIT or OFFSET in Redshift: a constant, or an expression
 * that is a number when the statement is sent?  *value is NULL if there is
 * none.
 */
static bool
limit_value(Node *node, Node **value)
{
	Const	   *constant = (Const *) node;

	*value = NULL;
	if (node == NULL)
		return true;
	if (!IsA(node, Const))
	{
		*value = node;
		return live_is_fixed(node);
	}
	if (constant->constisnull)
		return true;
	*value = node;
	return DatumGetInt64(constant->constvalue) >= 0 && DatumGetInt64(constant->constvalue) <= INT_MAX;
}

/*
 * The number of rows that a LIMIT leaves.  Like the planner, this assumes a
 * tenth if the limit is not known.
 */
static double
limited_rows(Node *limit, double rows)
{
	if (!IsA(limit, Const))
		return clamp_row_est(rows * 0.1);
	return Max(1, Min((double) DatumGetInt64(((Const *) limit)->constvalue), rows));
}

static void
add_limited(PlannerInfo *root, LiveRel *input, RelOptInfo *input_rel, RelOptInfo *output_rel)
{
	Query	   *parse = root->parse;
	PathTarget *target = root->upper_targets[UPPERREL_FINAL];
	LiveRel    *live;
	double		rows;
	Cost		startup;
	Cost		total;

	if (parse->sortClause == NIL && !is_plain_limit(parse))
		live_note_clause(input, "ORDER BY with LIMIT", NO_PLAIN_LIMIT);
	if (parse->limitCount == NULL || parse->hasTargetSRFs || input->here != NIL ||
		parse->limitOption != LIMIT_OPTION_COUNT || (parse->sortClause != NIL && !input->is_sorted))
		return;
	live = above(input, output_rel);
	if (!limit_value(parse->limitCount, &live->limit) || live->limit == NULL ||
		!limit_value(parse->limitOffset, &live->offset))
		return;
	if (!fill_tlist(root, input, live, target))
		return;
	live->repeats = live->repeats || nested_is_correlated(root, (Node *) list_make2(live->limit, live->offset));
	rows = limited_rows(live->limit, input_rel->rows > 0 ? input_rel->rows : live->input->rel->rows);
	output_rel->fdw_private = live;
	live_cost(live->repeats, live->input->rel->rows, rows, &startup, &total);
	live_undercut(output_rel, &startup, &total);
	add_path(output_rel, (Path *) create_foreign_upper_pathCompat(root, output_rel, target, rows, startup, total,
																  parse->sortClause != NIL ? root->sort_pathkeys : NIL));
}

void
live_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
				 RelOptInfo *output_rel, void *extra)
{
	LiveRel    *input = input_rel->fdw_private;

	if (input == NULL || !input->is_whole || output_rel->fdw_private != NULL ||
		root->rowMarks != NIL || root->parse->commandType != CMD_SELECT)
		return;
	if (stage == UPPERREL_GROUP_AGG)
		add_grouped(root, input, input_rel, output_rel, extra);
	else if (stage == UPPERREL_WINDOW)
		live_note_clause(input, "window functions", NULL);
	else if (stage == UPPERREL_DISTINCT)
		add_distinct(root, input, input_rel, output_rel);
	else if (stage == UPPERREL_ORDERED)
		add_ordered(root, input, output_rel);
	else if (stage == UPPERREL_FINAL)
		add_limited(root, input, input_rel, output_rel);
}
