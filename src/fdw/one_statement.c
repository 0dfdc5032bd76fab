/*-------------------------------------------------------------------------
 *
 * one_statement.c
 *	  Checks whether a plan is one statement of Redshift, and returns it.
 *
 * Policy: sorting is the only local step that is ignored, since a rollup has
 * no order.  A value that is known only when the query runs cannot be a part of
 * a definition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "base/compat.h"
#include "base/names.h"

#include "fdw/live.h"
#include "fdw/one_statement.h"

static void
add_reason(List **reasons, char *reason)
{
	if (!names_hold(*reasons, reason))
		*reasons = lappend(*reasons, reason);
}

/*
 * A description of what a plan node does locally; NULL for one that only
 * passes rows on.
 */
static const char *
step_name(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Agg:
		case T_Group:
			return "aggregates and groups: they are computed here";
		case T_WindowAgg:
			return "window functions: they are computed here";
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return "a join: the rows are joined here";
		case T_Append:
		case T_MergeAppend:
		case T_SetOp:
		case T_RecursiveUnion:
			return "a set operation: it is done here";
		case T_Unique:
			return "DISTINCT: it is done here";
		case T_Limit:
			return "LIMIT: it is applied here";
		case T_ProjectSet:
			return "a function that returns a set: it is called here";
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_FunctionScan:
		case T_ValuesScan:
		case T_TidScan:
			return "a relation that is no live table: it is read here";
		default:
			return NULL;
	}
}

/* Collects the local steps, and the reasons for them that scans have stored. */
static bool
reasons_walker(PlanState *planstate, List **reasons)
{
	Plan	   *plan = planstate->plan;
	const char *step = step_name(plan);

	if (live_is_scan(plan))
	{
		ListCell   *lc;

		foreach(lc, (List *) list_nth(((ForeignScan *) plan)->fdw_private, LIVE_REASONS))
			add_reason(reasons, strVal(lfirst(lc)));
	}
	else if (IsA(plan, ForeignScan))
		step = "a foreign table of another wrapper: it is read here";
	if (step != NULL)
		add_reason(reasons, pstrdup(step));
	return planstate_tree_walker(planstate, reasons_walker, reasons);
}

/*
 * The columns of a list that the node below returns unchanged; NIL if others
 * are computed.
 */
static List *
passed_columns(List *tlist, List *above, List **reasons)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, above)
	{
		TargetEntry *tle = list_nth_node(TargetEntry, tlist, lfirst_int(lc) - 1);

		if (!IsA(tle->expr, Var))
		{
			add_reason(reasons, tle->resname ? psprintf("column \"%s\": it is computed here from what comes", tle->resname) :
					   pstrdup("a column is computed here from what comes"));
			return NIL;
		}
		result = lappend_int(result, ((Var *) tle->expr)->varattno);
	}
	return result;
}

/*
 * Why a column that is received in parts cannot be one of a definition;
 * palloc'd.
 */
static char *
parts_reason(LiveRecipe recipe, const char *name)
{
	switch (recipe)
	{
		case LIVE_AVERAGE:
			return psprintf("column \"%s\": an average is divided here, from its sum and count; select these", name);
		case LIVE_SCALED:
			return psprintf("column \"%s\": the scale of a sum of CASE is found here; give its results one scale", name);
		default:
			return psprintf("column \"%s\": it is computed here, from its count, sum and sum of squares; select these", name);
	}
}

/*
 * The names of the scan's columns; NULL, with the reason, if these do not
 * match the query's columns.
 */
static const char **
scan_names(ForeignScan *scan, List *columns, List *names, List **reasons)
{
	List	   *recipes = list_nth(scan->fdw_private, LIVE_RECIPES);
	List	   *attnums = list_nth(scan->fdw_private, LIVE_ATTNUMS);
	int			count = list_length(recipes);
	const char **result = palloc0(sizeof(char *) * (count + 1));
	ListCell   *column;
	ListCell   *name;

	forboth(column, columns, name, names)
	{
		int			at = lfirst_int(column) - 1;

		if (attnums != NIL)
		{
			ListCell   *lc;

			at = -1;
			foreach(lc, attnums)
			{
				if (lfirst_int(lc) == lfirst_int(column))
					at = foreach_current_index(lc);
			}
		}
		if (at < 0 || at >= count)
		{
			add_reason(reasons, psprintf("column \"%s\": it is put together here", (char *) lfirst(name)));
			return NULL;
		}
		if (result[at] != NULL)
		{
			add_reason(reasons, psprintf("column \"%s\": it is the same as \"%s\", and read once",
										 (char *) lfirst(name), result[at]));
			return NULL;
		}
		if (list_nth_int(recipes, at) != LIVE_COLUMN)
		{
			add_reason(reasons, parts_reason(list_nth_int(recipes, at), lfirst(name)));
			return NULL;
		}
		result[at] = lfirst(name);
	}
	for (int i = 0; i < count; i++)
	{
		if (result[i] == NULL)
		{
			add_reason(reasons, pstrdup("a column that rows are grouped or chosen by is not selected"));
			return NULL;
		}
	}
	return result;
}

/* See one_statement.h. */
char *
live_pushed(PlannedStmt *stmt, PlanState *planstate, List **reasons)
{
	Plan	   *plan = stmt->planTree;
	List	   *columns = NIL;
	List	   *names = NIL;
	const char **scan_name;
	ForeignScan *scan;
	ListCell   *lc;

	*reasons = NIL;
	foreach(lc, plan->targetlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		columns = lappend_int(columns, tle->resno);
		names = lappend(names, tle->resname);
	}
	if (columns == NIL)
	{
		add_reason(reasons, pstrdup("it has no columns"));
		return NULL;
	}
	while (IsA(plan, Sort) || IsA(plan, IncrementalSort) || IsA(plan, SubqueryScan) ||
		   (IsA(plan, Result) && ((Result *) plan)->resconstantqual == NULL))
	{
		Plan	   *below = IsA(plan, SubqueryScan) ? ((SubqueryScan *) plan)->subplan : outerPlan(plan);

		if (below == NULL || plan->qual != NIL)
			break;
		columns = passed_columns(plan->targetlist, columns, reasons);
		if (columns == NIL)
			break;
		plan = below;
	}
	if (columns == NIL || !live_is_scan(plan) || stmt->subplans != NIL || plan->qual != NIL)
	{
		(void) reasons_walker(planstate, reasons);
		if (live_is_scan(plan) && plan->qual != NIL)
			add_reason(reasons, pstrdup("a condition is applied here"));
		if (stmt->subplans != NIL)
			add_reason(reasons, pstrdup("a subquery: it is a statement of its own"));
		if (*reasons == NIL)
			add_reason(reasons, pstrdup("no live table is read"));
		return NULL;
	}
	scan = (ForeignScan *) plan;
	columns = passed_columns(plan->targetlist, columns, reasons);
	if (columns == NIL)
		return NULL;
	if (scan->fdw_exprs != NIL)
	{
		add_reason(reasons, pstrdup("a value is computed here each time that the query runs: write a constant"));
		return NULL;
	}
	scan_name = scan_names(scan, columns, names, reasons);
	return scan_name ? deparse_named(strVal(list_nth(scan->fdw_private, LIVE_SQL)), scan_name) : NULL;
}
