/*-------------------------------------------------------------------------
 *
 * block.c
 *	  Ships a query whose relations are all live tables of one source as one
 *	  statement, with its subqueries; otherwise ships those of its subqueries
 *	  that can be shipped.
 *
 * Policy: joins and groups of one level are shipped by means of paths.  A query
 * with subqueries is first planned as usual.  So the objects that the planner
 * examines and locks, the role whose privileges are checked, and the
 * dependencies of the plan stay the same.  Then, if the query as a whole can be
 * shipped, one scan replaces the nodes of the plan.  Costs are not compared:
 * one statement that returns the result is never worse than several whose rows
 * are joined locally.  If a query is not shipped as a whole, its subqueries are
 * examined in the same way before it is planned: see block_part.c.  Such a
 * statement returns all rows of a subquery.  The planner may do better if it
 * merges the subquery with the query around it, since a join can ask for the
 * rows of a few keys.  So if it could merge one, the query is also planned
 * without these statements.  That plan is taken if it is much cheaper: the
 * estimates are rough, and each further statement takes Redshift's time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"

#include "base/compat.h"
#include "base/settings.h"

#include "fdw/block.h"

#define MUCH_CHEAPER 0.5

static planner_hook_type previous_planner = NULL;

/* Makes EXPLAIN show, for a scan, why a query did not become one statement. */
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
	Query	   *query;			/* NULL = it cannot become one */
	Block		block;
	BlockText	text;
	const char *reason;			/* why it is not shipped, or NULL */
} Whole;

/*
 * Determines whether a query with subqueries can be shipped as a whole.  Works
 * on a copy, since planning changes the query.
 */
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

/* Replaces a plan with one scan. */
static void
ship_whole(PlannedStmt *stmt, Whole *whole)
{
	stmt->planTree = block_plan(&whole->block, whole->query, &whole->text, stmt->planTree);
	stmt->subplans = NIL;
	stmt->rewindPlanIDs = NULL;
	stmt->parallelModeNeeded = false;
	RSFED_CLEAR_PRUNING(stmt);
}

/*
 * Adds the dependencies of the parts to a plan, and the reasons why other
 * subqueries were not shipped.
 */
static void
finish_parts(PlannedStmt *stmt, const BlockParts *parts)
{
	ListCell   *reason;
	ListCell   *table;

	stmt->invalItems = list_concat(stmt->invalItems, parts->items);
	stmt->dependsOnRole = stmt->dependsOnRole || parts->depends_on_role;
	forboth(reason, parts->refused, table, parts->refused_tables)
	{
		ForeignScan *scan = block_find_scan(stmt, lfirst_oid(table));

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

/* Plans a query in which subqueries were replaced with stand-ins. */
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

/* Plans a query, and its subqueries that become statements if that is cheaper. */
static PlannedStmt *
plan_in_parts(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	BlockParts	parts = {.params = params, .query_string = query_string};
	Query	   *ordinary = copyObject(parse);
	PlannedStmt *stmt;
	PlannedStmt *other;

	block_find_parts(&parts, parse);
	stmt = plan_around(&parts, parse, query_string, cursor_options, params);
	if (!parts.may_merge)
		return stmt;
	other = plan_ordinarily(ordinary, query_string, cursor_options, params);
	return other->planTree->total_cost < stmt->planTree->total_cost * MUCH_CHEAPER ? other : stmt;
}

static PlannedStmt *
plan_block(Query *parse, const char *query_string, int cursor_options, ParamListInfo params)
{
	Whole		whole;
	PlannedStmt *stmt;

	if (!rsfed_ship_blocks || !block_has_subqueries(parse) || !block_reads_foreign(parse))
		return plan_ordinarily(parse, query_string, cursor_options, params);
	look_at_whole(&whole, parse, cursor_options, params);
	stmt = whole.query == NULL || whole.reason != NULL ?
		plan_in_parts(parse, query_string, cursor_options, params) :
		plan_ordinarily(parse, query_string, cursor_options, params);
	if (whole.query == NULL || block_is_needless(stmt))
		return stmt;
	if (whole.reason == NULL)
		ship_whole(stmt, &whole);
	else
		add_reason(block_find_scan(stmt, InvalidOid), whole.reason);
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
