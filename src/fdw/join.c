/*-------------------------------------------------------------------------
 *
 * join.c
 *	  Joins of tables of one source.
 *
 * Policy: the planner guarantees that both sides belong to one server and are
 * read with one role's privileges.  A condition on the rows of the nullable
 * side of an outer join becomes a part of the join condition, which gives the
 * same result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"

#include "base/compat.h"

#include "fdw/live.h"

/* Are these only plain columns, which a remote row can contain? */
static bool
gives_columns(List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		Var		   *var = lfirst(lc);

		if (!IsA(var, Var) || var->varattno <= 0)
			return false;
	}
	return true;
}

/*
 * Adds a reason to a relation if these contain what only the scan of a single
 * table can return.
 */
static void
note_whole_rows(LiveRel *outer, List *exprs)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		Var		   *var = lfirst(lc);

		if (IsA(var, Var) && var->varattno <= 0)
		{
			live_note_clause(outer, "whole rows, system columns", NULL);
			return;
		}
	}
}

/*
 * Do the conditions that are evaluated locally need only columns, no whole
 * rows or values that nodes below compute?
 */
static bool
needs_columns(List *here)
{
	ListCell   *lc;

	foreach(lc, here)
	{
		if (!gives_columns(pull_var_clause(lfirst(lc), PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS |
										   PVC_INCLUDE_PLACEHOLDERS)))
			return false;
	}
	return true;
}

static Relids
target_relids(List *columns)
{
	Relids		relids = NULL;
	ListCell   *lc;

	foreach(lc, columns)
		relids = bms_add_member(relids, ((Var *) lfirst(lc))->varno);
	return relids;
}

/* Does nothing above a semi-join read the side that it does not return? */
static bool
reads_outer_only(LiveRel *live)
{
	if (live->jointype != JOIN_SEMI && live->jointype != JOIN_ANTI)
		return true;
	return !bms_overlap(target_relids(live->rel->reltarget->exprs), live_relids(live->inner));
}

/*
 * Can Redshift convert a semi-join to a join?  There must be an equality
 * between the outer and the inner side.  In addition, columns may be compared
 * by <>, as in query 21 of TPC-H.  Other correlated subqueries may be errors in
 * Redshift.
 */
static bool
is_correlated_by_equality(PlannerInfo *root, LiveRel *live)
{
	Relids		outer = live_relids(live->outer);
	bool		is_correlated = false;
	ListCell   *lc;

	if (live->jointype != JOIN_SEMI && live->jointype != JOIN_ANTI)
		return true;
	foreach(lc, live->on)
	{
		OpExpr	   *op = lfirst(lc);
		char	   *name;

		if (!bms_overlap(pull_varnosCompat(root, (Node *) op), outer))
			continue;
		name = IsA(op, OpExpr) ? get_opname(op->opno) : NULL;
		if (name == NULL || (strcmp(name, "=") != 0 && strcmp(name, "<>") != 0))
			return false;
		is_correlated = is_correlated || strcmp(name, "=") == 0;
	}
	return is_correlated;
}

/*
 * Divides the clauses of a join into shipped and local ones.  Returns false if
 * one cannot be shipped but must be, because the join is not an inner join.
 */
static bool
sort_clauses(PlannerInfo *root, LiveRel *live, RelOptInfo *joinrel, List *clauses)
{
	Relids		relids = live_relids(live);
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		/* the clauses of a semi-join look like filters, but are not */
		bool		is_filter = live->jointype != JOIN_INNER && live->jointype != JOIN_SEMI &&
			RINFO_IS_PUSHED_DOWN(info, joinrel->relids);
		bool		ships;

		if (info->pseudoconstant || (is_filter && live->jointype == JOIN_ANTI))
			return false;
		/* behind a security barrier, it must not be evaluated before others */
		ships = (info->security_level == 0 || info->leakproof) &&
			live_ships(root, relids, (Node *) info->clause, &live->reasons);
		if (ships && is_filter)
			live->where = lappend(live->where, info->clause);
		else if (ships)
			live->on = lappend(live->on, info->clause);
		else if (live->jointype == JOIN_INNER)
			live->here = lappend(live->here, info->clause);
		else
			return false;
	}
	return live->jointype == JOIN_INNER || live->on != NIL;
}

/* Combines the conditions of both sides; false if that is not possible. */
static bool
merge_sides(LiveRel *live)
{
	LiveRel    *outer = live->outer;
	LiveRel    *inner = live->inner;

	switch (live->jointype)
	{
		case JOIN_INNER:
			live->where = list_concat_copy(outer->where, inner->where);
			live->exists = list_concat_copy(outer->exists, inner->exists);
			live->here = list_concat_copy(outer->here, inner->here);
			return true;
		case JOIN_LEFT:
			live->where = list_copy(outer->where);
			live->on = list_copy(inner->where);
			live->exists = list_copy(outer->exists);
			return outer->here == NIL && inner->here == NIL && inner->exists == NIL;
		case JOIN_FULL:
			return outer->here == NIL && inner->here == NIL && outer->where == NIL && inner->where == NIL &&
				outer->exists == NIL && inner->exists == NIL;
		case JOIN_SEMI:
		case JOIN_ANTI:
			live->where = list_copy(outer->where);
			live->exists = lappend(list_copy(outer->exists), live);
			return outer->here == NIL && inner->here == NIL;
		default:
			return false;
	}
}

/*
 * Adds the path, cheaper than all paths found so far; called again for each
 * pair of sides.
 */
static void
add_join_path(PlannerInfo *root, RelOptInfo *joinrel)
{
	LiveRel    *live = joinrel->fdw_private;
	Cost		startup;
	Cost		total;

	live_cost(live->repeats, live->outer->rel->rows + live->inner->rel->rows, joinrel->rows, &startup, &total);
	/*
	 * row counts are often unknown; a join by conditions should run in
	 * Redshift
	 */
	if (live->on != NIL || live->jointype == JOIN_SEMI || live->jointype == JOIN_ANTI)
		live_undercut(joinrel, &startup, &total);
	add_path(joinrel, (Path *) create_foreign_join_pathCompat(root, joinrel, NULL, joinrel->rows, startup, total,
															  NIL, joinrel->lateral_relids));
}

void
live_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
				RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra)
{
	LiveRel    *outer = outerrel->fdw_private;
	LiveRel    *inner = innerrel->fdw_private;
	LiveRel    *live;

	/* all join orders are equally good: the first is kept */
	if (joinrel->fdw_private != NULL)
	{
		add_join_path(root, joinrel);
		return;
	}
	if (outer == NULL || inner == NULL || !outer->is_whole || !inner->is_whole)
		return;
	if (root->rowMarks != NIL)
		note_whole_rows(outer, joinrel->reltarget->exprs);
	if (root->rowMarks != NIL || joinrel->lateral_relids != NULL ||
		(root->parse->commandType != CMD_SELECT && root->parse->commandType != CMD_INSERT))
		return;
	live = palloc0(sizeof(LiveRel));
	live->kind = LIVE_JOIN;
	live->root = root;
	live->rel = joinrel;
	live->is_whole = true;
	live->repeats = outer->repeats || inner->repeats;
	live->outer = jointype == JOIN_RIGHT ? inner : outer;
	live->inner = jointype == JOIN_RIGHT ? outer : inner;
	live->jointype = jointype == JOIN_RIGHT ? JOIN_LEFT : jointype;
	live->reasons = list_concat_copy(outer->reasons, inner->reasons);
	if (!merge_sides(live) || !sort_clauses(root, live, joinrel, extra->restrictlist) ||
		!gives_columns(joinrel->reltarget->exprs) || !reads_outer_only(live) ||
		!is_correlated_by_equality(root, live) || !needs_columns(live->here))
	{
		live_pass_reasons(outer, live);
		note_whole_rows(outer, joinrel->reltarget->exprs);
		return;
	}
	joinrel->fdw_private = live;
	add_join_path(root, joinrel);
}
