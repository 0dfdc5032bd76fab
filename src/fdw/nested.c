/*-------------------------------------------------------------------------
 *
 * nested.c
 *	  Scans that are repeated with values of a nested loop's outer side, or of
 *	  the query around a subquery.
 *
 * Policy: each repetition is a statement in Redshift, so it is expensive; a
 * small table is read once and kept instead.  Conditions with such values are
 * sent only to reduce the number of rows.  They are evaluated locally, too,
 * since a value may have no literal.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

#include "base/compat.h"

#include "fdw/live.h"
#include "fdw/nested.h"

/*
 * A table that is known to have no more rows than this is kept instead of
 * being read again.
 */
#define SMALL_ROWS 20000

/*
 * In a query of more relations than this, values come from other sources only.
 * Otherwise there would be too many paths to plan: one for each set of
 * relations that a join's values may come from.
 */
#define MANY_RELATIONS 8

/* Does an expression contain a parameter that is a value of an outer query? */
static bool
correlated_walker(Node *node, PlannerInfo *root)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
	{
		for (PlannerInfo *around = root->parent_root; around != NULL; around = around->parent_root)
		{
			ListCell   *lc;

			foreach(lc, around->plan_params)
			{
				if (lfirst_node(PlannerParamItem, lc)->paramId == ((Param *) node)->paramid)
					return true;
			}
		}
		return false;
	}
	return expression_tree_walker(node, correlated_walker, root);
}

/* See nested.h. */
bool
nested_is_correlated(PlannerInfo *root, Node *node)
{
	return root->parent_root != NULL && correlated_walker(node, root);
}

/* See nested.h. */
bool
nested_keeps(PlannerInfo *root, RelOptInfo *baserel, List *conditions)
{
	/* the number of rows is unknown before the first ANALYZE */
	return baserel->tuples > 0 &&
		baserel->tuples * clauselist_selectivity(root, conditions, baserel->relid, JOIN_INNER, NULL) <= SMALL_ROWS;
}

/*
 * Does an expression contain a parameter that an outer query sets, at the time
 * when plans are made?
 */
static bool
outer_walker(Node *node, Bitmapset *outer)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXEC && bms_is_member(((Param *) node)->paramid, outer);
	return expression_tree_walker(node, outer_walker, outer);
}

/* See nested.h. */
bool
nested_varies(PlannerInfo *root, Node *node)
{
	return root->outer_params != NULL && outer_walker(node, root->outer_params);
}

typedef struct Outside
{
	Relids		own;
	List	   *given;
} Outside;

static Node *
parameters_mutator(Node *node, Outside *outside)
{
	Var		   *var = (Var *) node;
	Param	   *param;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var) || var->varattno <= 0 || bms_is_member(var->varno, outside->own))
		return expression_tree_mutator(node, parameters_mutator, outside);
	param = makeNode(Param);
	/* a kind that does not occur in queries */
	param->paramkind = PARAM_MULTIEXPR;
	if (!list_member(outside->given, var))
		outside->given = lappend(outside->given, var);
	for (param->paramid = 0; !equal(list_nth(outside->given, param->paramid), var);)
		param->paramid++;
	param->paramtype = var->vartype;
	param->paramtypmod = var->vartypmod;
	param->paramcollid = var->varcollid;
	param->location = -1;
	return (Node *) param;
}

/* See nested.h. */
Node *
nested_as_parameters(Node *node, Relids own, List **given)
{
	Outside		outside = {own, *given};
	Node	   *result = parameters_mutator(node, &outside);

	*given = outside.given;
	return result;
}

/* See nested.h. */
Node *
nested_as_columns(Node *node, List *given)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_MULTIEXPR)
		return copyObject(list_nth(given, ((Param *) node)->paramid));
	return expression_tree_mutator(node, nested_as_columns, given);
}

/* See nested.h. */
bool
nested_ships(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *info)
{
	Relids		own = bms_make_singleton(baserel->relid);
	List	   *given = NIL;
	List	   *reasons = NIL;

	return !info->pseudoconstant && restriction_is_securely_promotable(info, baserel) &&
		live_ships(root, own, nested_as_parameters((Node *) info->clause, own, &given), &reasons);
}

/*
 * Is a member of an equivalence class a column, so that an equality with it
 * can be made?
 */
static bool
is_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec, EquivalenceMember *em, void *arg)
{
	Node	   *expr = (Node *) em->em_expr;

	while (IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return IsA(expr, Var);
}

/*
 * Are all these relations tables that a join in Redshift could read together
 * with this one?
 */
static bool
is_same_source(PlannerInfo *root, Relids relids, RelOptInfo *baserel)
{
	int			relid = -1;

	while ((relid = bms_next_member(relids, relid)) >= 0)
	{
		RelOptInfo *rel = find_base_rel(root, relid);

		if (rel->serverid != baserel->serverid || rel->userid != baserel->userid || rel->fdw_private == NULL)
			return false;
	}
	return true;
}

/* See nested.h. */
void
nested_paths(PlannerInfo *root, RelOptInfo *baserel)
{
	List	   *clauses = list_copy(baserel->joininfo);
	List	   *seen = NIL;
	bool		is_one_of_many = bms_num_members(root->all_baserels) > MANY_RELATIONS;
	ListCell   *lc;

	if (baserel->has_eclass_joins)
		clauses = list_concat(clauses, generate_implied_equalities_for_column(root, baserel, is_column, NULL,
																			  baserel->lateral_referencers));
	foreach(lc, clauses)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, lc);
		Relids		outer;
		ParamPathInfo *info;
		Cost		startup;
		Cost		total;

		if (!join_clause_is_movable_to(clause, baserel) || !nested_ships(root, baserel, clause))
			continue;
		outer = bms_del_member(bms_union(clause->clause_relids, baserel->lateral_relids), baserel->relid);
		if (bms_is_empty(outer) || (is_one_of_many && is_same_source(root, outer, baserel)))
			continue;
		info = get_baserel_parampathinfo(root, baserel, outer);
		if (list_member_ptr(seen, info))
			continue;
		seen = lappend(seen, info);
		live_cost(true, baserel->tuples, info->ppi_rows, &startup, &total);
		add_path(baserel, (Path *) create_foreignscan_pathCompat(root, baserel, NULL, info->ppi_rows, startup, total,
																 NIL, outer));
	}
}
