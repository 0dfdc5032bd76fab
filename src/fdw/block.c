/*-------------------------------------------------------------------------
 *
 * block.c
 *	  Lets a query whose relations are all live tables of one source become one
 *	  statement, with its subqueries, and else those of its subqueries that may.
 *
 * Policy: joins and groups of one level are what paths are for.  A query with
 * subqueries is planned as ever first: what that looked at and locked, whose rights
 * are checked, and what makes the plan invalid stays as it is.  Then, if the query as
 * a whole may be shipped, one scan takes the place of the plan's steps.  Costs are
 * not compared: a statement that gives the answer is never worth less than several
 * whose rows are joined here.  Of a query that stays, subqueries are looked at in the
 * same way before it is planned: block_part.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "foreign/fdwapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"

#include "base/compat.h"
#include "base/settings.h"

#include "fdw/block.h"

static planner_hook_type previous_planner = NULL;

/*
 * Are all relations of a query foreign tables, one of which is *table?  Subqueries in
 * expressions are not looked at.  Asked of every query: the first table of another
 * kind ends it.
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
				/* before 16 a view's query names the view itself */
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

/* The scan that gives all that a plan does, but for sorting; NULL if more is done here. */
static Plan *
only_scan(const PlannedStmt *stmt)
{
	Plan	   *plan = stmt->planTree;

	while (plan != NULL && plan->qual == NIL &&
		   (IsA(plan, Sort) || IsA(plan, SubqueryScan) || (IsA(plan, Result) && ((Result *) plan)->resconstantqual == NULL)))
		plan = IsA(plan, SubqueryScan) ? ((SubqueryScan *) plan)->subplan : outerPlan(plan);
	return plan != NULL && live_is_scan(plan) && plan->qual == NIL && stmt->subplans == NIL ? plan : NULL;
}

/* Which scan is looked for: of a table, or (InvalidOid) of any. */
typedef struct Wish
{
	const PlannedStmt *stmt;
	Oid			table;
} Wish;

static bool
is_wished(const ForeignScan *scan, const Wish *wish)
{
	int			at = -1;

	if (!OidIsValid(wish->table))
		return true;
	if (scan->scan.scanrelid > 0)
		return rt_fetch(scan->scan.scanrelid, wish->stmt->rtable)->relid == wish->table;
	while ((at = bms_next_member(scan->fs_relids, at)) >= 0)
	{
		if (rt_fetch(at, wish->stmt->rtable)->relid == wish->table)
			return true;
	}
	return false;
}

static ForeignScan *first_scan(Plan *plan, const Wish *wish);

static ForeignScan *
first_scan_of(List *plans, const Wish *wish)
{
	ForeignScan *found = NULL;
	ListCell   *lc;

	foreach(lc, plans)
	{
		if (found == NULL)
			found = first_scan(lfirst(lc), wish);
	}
	return found;
}

/* A scan of live tables in a plan, or NULL. */
static ForeignScan *
first_scan(Plan *plan, const Wish *wish)
{
	ForeignScan *found;

	if (plan == NULL)
		return NULL;
	if (live_is_scan(plan))
		return is_wished((ForeignScan *) plan, wish) ? (ForeignScan *) plan : NULL;
	if (IsA(plan, Append))
		return first_scan_of(((Append *) plan)->appendplans, wish);
	if (IsA(plan, MergeAppend))
		return first_scan_of(((MergeAppend *) plan)->mergeplans, wish);
	if (IsA(plan, SubqueryScan))
		return first_scan(((SubqueryScan *) plan)->subplan, wish);
	found = first_scan(outerPlan(plan), wish);
	return found ? found : first_scan(innerPlan(plan), wish);
}

/* The same in a whole statement. */
static ForeignScan *
find_scan(const PlannedStmt *stmt, Oid table)
{
	Wish		wish = {stmt, table};
	ForeignScan *found = first_scan(stmt->planTree, &wish);

	return found ? found : first_scan_of(stmt->subplans, &wish);
}

/* See block.h.  A plan that reads nothing there, as nothing can be found, is better still. */
bool
block_is_needless(const PlannedStmt *stmt)
{
	return find_scan(stmt, InvalidOid) == NULL || only_scan(stmt) != NULL;
}

/* Lets EXPLAIN say, at a scan, why a query did not become one statement. */
static void
add_reason(ForeignScan *scan, const char *reason)
{
	void	   *text = makeString(pstrdup(reason));
	ListCell   *place = list_nth_cell(scan->fdw_private, LIVE_REASONS);

	if (!list_member(lfirst(place), text))
		lfirst(place) = lappend(lfirst(place), text);
}

/* A query that may become one statement, before it is planned. */
typedef struct Whole
{
	Query	   *query;			/* NULL = it is none */
	Block		block;
	BlockText	text;
	const char *reason;			/* why it stays, or NULL */
} Whole;

/* Has it subqueries, and may be shipped whole?  Planning changes the query, so this is of a copy. */
static void
look_at_whole(Whole *whole, Query *query, int cursor_options, ParamListInfo params)
{
	Oid			table;

	whole->query = NULL;
	whole->reason = NULL;
	/* a scan cannot be read backward */
	if ((cursor_options & CURSOR_OPT_SCROLL) != 0 || !block_reads_live_only(query, &table))
		return;
	whole->query = copyObject(query);
	if (contain_volatile_functions((Node *) query))
	{
		whole->reason = BLOCK_FROM_CLAUSE ": a volatile function";
		return;
	}
	block_prepare(whole->query, params);
	if (!block_text(&whole->block, whole->query, NULL, &whole->text))
		whole->reason = whole->block.deparse.reason;
}

/* Puts one scan in the place of a plan. */
static void
ship_whole(PlannedStmt *stmt, Whole *whole)
{
	stmt->planTree = block_plan(&whole->block, whole->query, &whole->text, stmt->planTree);
	stmt->subplans = NIL;
	stmt->rewindPlanIDs = NULL;
	stmt->parallelModeNeeded = false;
	RSFED_CLEAR_PRUNING(stmt);
}

/* Adds to a plan what is to be known of the parts in it, and of those that are none. */
static void
finish_parts(PlannedStmt *stmt, const BlockParts *parts)
{
	ListCell   *reason;
	ListCell   *table;

	stmt->invalItems = list_concat(stmt->invalItems, parts->items);
	stmt->dependsOnRole = stmt->dependsOnRole || parts->depends_on_role;
	forboth(reason, parts->refused, table, parts->refused_tables)
	{
		ForeignScan *scan = find_scan(stmt, lfirst_oid(table));

		if (scan != NULL)
			add_reason(scan, lfirst(reason));
	}
}

static PlannedStmt *
plan_ordinarily(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	return previous_planner ? previous_planner(parse, query_string, cursor_options, params) :
		standard_planner(parse, query_string, cursor_options, params);
}

/* Plans a query in which subqueries were put aside. */
static PlannedStmt *
plan_around(const BlockParts *parts, Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	const BlockParts *before = block_set_parts(parts);
	PlannedStmt *volatile stmt = NULL;

	PG_TRY();
	{
		stmt = plan_ordinarily(parse, query_string, cursor_options, params);
	}
	PG_FINALLY();
	{
		(void) block_set_parts(before);
	}
	PG_END_TRY();
	finish_parts(stmt, parts);
	return stmt;
}

static PlannedStmt *
plan_block(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	BlockParts	parts = {.params = params, .query_string = query_string};
	Whole		whole;
	PlannedStmt *stmt;

	if (!rsfed_ship_blocks || !block_has_subqueries(parse))
		return plan_ordinarily(parse, query_string, cursor_options, params);
	look_at_whole(&whole, parse, cursor_options, params);
	if (whole.query == NULL || whole.reason != NULL)
		block_find_parts(&parts, parse);
	stmt = plan_around(&parts, parse, query_string, cursor_options, params);
	if (whole.query == NULL || block_is_needless(stmt))
		return stmt;
	if (whole.reason == NULL)
		ship_whole(stmt, &whole);
	else
		add_reason(find_scan(stmt, InvalidOid), whole.reason);
	return stmt;
}

/* See block.h. */
void
block_hook_init(void)
{
	previous_planner = planner_hook;
	planner_hook = plan_block;
	block_path_init();
}
