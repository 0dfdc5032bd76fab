/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Scans of one foreign table, and the plan of every statement.
 *
 * Policy: a condition goes to Redshift if the answer is the same there, and its
 * level of security allows it to be computed before the others; else it is
 * applied here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "base/compat.h"

#include "fdw/live.h"

/* Rows of a table that was never analyzed. */
#define UNKNOWN_ROWS 100000

/* Sorts the conditions of a table into those there and those here. */
static void
sort_conditions(PlannerInfo *root, RelOptInfo *baserel, LiveRel *live)
{
	Relids		own = bms_make_singleton(baserel->relid);
	ListCell   *lc;

	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (info->pseudoconstant)
		{
			/* a node above looks at it, which what is shipped whole would not have */
			live->is_whole = false;
			continue;
		}
		if (!restriction_is_securely_promotable(info, baserel))
		{
			live->reasons = lappend(live->reasons, "condition behind a security barrier: it is applied here");
			live->here = lappend(live->here, info->clause);
		}
		else if (live_ships(root, own, (Node *) info->clause, &live->reasons))
			live->where = lappend(live->where, info->clause);
		else
			live->here = lappend(live->here, info->clause);
	}
}

void
live_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	LiveRel    *live = palloc0(sizeof(LiveRel));

	live->kind = LIVE_BASE;
	live->rel = baserel;
	live->table = live_table(relid);
	live->is_whole = true;
	live->limit = -1;
	baserel->fdw_private = live;
	sort_conditions(root, baserel, live);
	if (live->table->max_rows > 0)
		live->is_whole = false;
	if (baserel->tuples <= 0)
		baserel->tuples = UNKNOWN_ROWS;
	set_baserel_size_estimates(root, baserel);
}

void
live_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	Cost		startup;
	Cost		total;

	live_cost(baserel->tuples, baserel->rows, &startup, &total);
	add_path(baserel, (Path *) create_foreignscan_pathCompat(root, baserel, NULL, baserel->rows, startup, total,
															 NIL, baserel->lateral_relids));
}

/* The columns of a table that its rows are needed with; NIL with whole rows: all. */
static List *
needed_columns(RelOptInfo *baserel, LiveRel *live, List *here)
{
	Bitmapset  *attrs = NULL;
	List	   *result = NIL;
	bool		is_whole;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &attrs);
	pull_varattnos((Node *) here, baserel->relid, &attrs);
	is_whole = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs);
	for (int i = 0; i < live->table->natts; i++)
	{
		if (live->table->column[i] != NULL &&
			(is_whole || bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attrs)))
			result = lappend_int(result, i + 1);
	}
	return result;
}

/* A target list of plain columns, for the text. */
static List *
column_tlist(PlannerInfo *root, RelOptInfo *baserel, Oid relid, List *attnums)
{
	List	   *tlist = NIL;
	ListCell   *lc;

	foreach(lc, attnums)
	{
		AttrNumber	attnum = lfirst_int(lc);
		Oid			type;
		int32		typmod;
		Oid			collation;

		get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
		tlist = lappend(tlist, makeTargetEntry((Expr *) makeVar(baserel->relid, attnum, type, typmod, collation, 0),
											   list_length(tlist) + 1, NULL, false));
	}
	return tlist;
}

/* What an upper relation or a join gives, with what its conditions here need. */
static List *
scan_tlist(LiveRel *live)
{
	List	   *tlist;

	if (live->kind == LIVE_UPPER)
		return live->tlist;
	tlist = add_to_flat_tlist(NIL, pull_var_clause((Node *) live->rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS));
	return add_to_flat_tlist(tlist, pull_var_clause((Node *) live->here, PVC_RECURSE_PLACEHOLDERS));
}

/* Texts as String nodes, each once. */
static List *
as_strings(List *texts)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, texts)
	{
		void	   *text = makeString(lfirst(lc));

		if (!list_member(result, text))
			result = lappend(result, text);
	}
	return result;
}

/* See live.h. */
List *
live_private(char *sql, List *recipes, List *attnums, List *checks, List *reasons, Oid userid, int max_rows)
{
	List	   *private = list_make3(makeString(sql), recipes, attnums);

	private = lappend(private, checks);
	private = lappend(private, as_strings(reasons));
	private = lappend(private, makeInteger((int) userid));
	return lappend(private, makeInteger(max_rows));
}

/* See live.h. */
bool
live_is_server(Oid server)
{
	return GetFdwRoutineByServerId(server)->GetForeignPlan == live_plan;
}

/* See live.h. */
bool
live_is_scan(const Plan *plan)
{
	return IsA(plan, ForeignScan) && OidIsValid(((const ForeignScan *) plan)->fs_server) &&
		live_is_server(((const ForeignScan *) plan)->fs_server);
}

ForeignScan *
live_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
		  List *tlist, List *scan_clauses, Plan *outer_plan)
{
	LiveRel    *live = path->path.parent->fdw_private;
	bool		is_base = IS_SIMPLE_REL(rel);
	List	   *here = live->here;
	List	   *attnums = NIL;
	List	   *scanned;
	List	   *private;
	LiveText	text;

	if (is_base)
	{
		here = list_difference_ptr(extract_actual_clauses(scan_clauses, false), live->where);
		attnums = needed_columns(rel, live, here);
		scanned = column_tlist(root, rel, relid, attnums);
	}
	else
		scanned = scan_tlist(live);
	live_text(root, live, scanned, &text);

	private = live_private(text.sql, text.recipes, attnums, text.checks, live->reasons, rel->userid,
						   is_base ? live->table->max_rows : 0);
	return make_foreignscan(tlist, here, is_base ? rel->relid : 0, text.params, private,
							is_base ? NIL : scanned, is_base ? live->where : NIL, outer_plan);
}
