/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Scans of one foreign table, and the plan of every statement.
 *
 * Policy: a condition is sent to Redshift if its result is the same there and
 * its security level allows it to be evaluated before the others; otherwise it
 * is evaluated locally.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "base/compat.h"

#include "fdw/live.h"
#include "fdw/nested.h"

/* The assumed number of rows of a table that was never analyzed. */
#define UNKNOWN_ROWS 100000

/*
 * Decides where conditions with values of an outer query are evaluated each
 * time: in Redshift or locally.
 */
static void
place_correlated(PlannerInfo *root, RelOptInfo *baserel, LiveRel *live, List *correlated, List *others)
{
	if (correlated == NIL)
		return;
	live->repeats = !nested_keeps(root, baserel, others);
	if (live->repeats)
	{
		live->where = list_concat(live->where, correlated);
		return;
	}
	live->here = list_concat(live->here, correlated);
	live->reasons = lappend(live->reasons, "condition with a value of the query around it: the table is small, and read once");
}

/* Divides the conditions of a table into shipped and local ones. */
static void
sort_conditions(PlannerInfo *root, RelOptInfo *baserel, LiveRel *live)
{
	Relids		own = bms_make_singleton(baserel->relid);
	List	   *correlated = NIL;
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);

		if (info->pseudoconstant)
		{
			/*
			 * a node above evaluates it, which would be missing if a relation
			 * above were shipped
			 */
			live->is_whole = false;
			continue;
		}
		if (!restriction_is_securely_promotable(info, baserel))
		{
			live->reasons = lappend(live->reasons, "condition behind a security barrier: it is applied here");
			live->here = lappend(live->here, info->clause);
		}
		else if (!live_ships(root, own, (Node *) info->clause, &live->reasons))
			live->here = lappend(live->here, info->clause);
		else if (nested_is_correlated(root, (Node *) info->clause))
		{
			correlated = lappend(correlated, info->clause);
			continue;
		}
		else
			live->where = lappend(live->where, info->clause);
		others = lappend(others, info);
	}
	place_correlated(root, baserel, live, correlated, others);
}

/*
 * Raises 0A000 for a sample.  The parser refuses one of a foreign table, but
 * accepts one of a partitioned table, whose parts take it over.
 */
static void
refuse_sample(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	if (planner_rt_fetch(baserel->relid, root)->tablesample != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("TABLESAMPLE cannot be applied to foreign table \"%s\"", get_rel_name(relid)),
				 errhint("Take the sample of the partitions that are local tables.")));
}

void
live_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	LiveRel    *live = palloc0(sizeof(LiveRel));

	refuse_sample(root, baserel, relid);
	live->kind = LIVE_BASE;
	live->root = root;
	live->rel = baserel;
	live->table = live_table(relid);
	live->is_whole = true;
	baserel->fdw_private = live;
	sort_conditions(root, baserel, live);
	if (baserel->tuples <= 0)
		baserel->tuples = UNKNOWN_ROWS;
	set_baserel_size_estimates(root, baserel);
}

void
live_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	LiveRel    *live = baserel->fdw_private;
	Cost		startup;
	Cost		total;

	live_cost(live->repeats, baserel->tuples, baserel->rows, &startup, &total);
	add_path(baserel, (Path *) create_foreignscan_pathCompat(root, baserel, NULL, baserel->rows, startup, total,
															 NIL, baserel->lateral_relids));
	nested_paths(root, baserel);
}

/* The columns of a table that are needed; for whole rows, all columns. */
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

/* A target list of plain columns, for writing the statement. */
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

/*
 * The columns that an upper relation or a join returns, and those that its
 * local conditions need.
 */
static List *
scan_tlist(LiveRel *live)
{
	List	   *tlist;

	if (live->kind == LIVE_UPPER)
		return live->tlist;
	tlist = add_to_flat_tlist(NIL, pull_var_clause((Node *) live->rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS));
	return add_to_flat_tlist(tlist, pull_var_clause((Node *) live->here, PVC_RECURSE_PLACEHOLDERS));
}

/* Converts texts to String nodes, without duplicates. */
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
	private = lappend(private, makeInteger(max_rows));
	private = lappend(private, makeInteger(0));
	private = lappend(private, list_make2_int(-1, -1));
	return lappend(private, NIL);
}

/*
 * The conditions of one scan of a table.  Those with values from elsewhere in
 * the query are sent and also evaluated locally, since a value may have no
 * literal.  Each of the others is either sent or evaluated locally.  Returns a
 * relation with the conditions that are sent.
 */
static LiveRel *
base_conditions(PlannerInfo *root, RelOptInfo *baserel, List *clauses, List **here)
{
	LiveRel    *live = palloc(sizeof(LiveRel));
	Relids		own = bms_make_singleton(baserel->relid);
	ListCell   *lc;

	*live = *(LiveRel *) baserel->fdw_private;
	*here = NIL;
	foreach(lc, clauses)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		bool		is_sent = list_member_ptr(live->where, info->clause);

		if (info->pseudoconstant || (is_sent && !nested_varies(root, (Node *) info->clause)))
			continue;
		*here = lappend(*here, info->clause);
		if (is_sent || (!list_member_ptr(live->here, info->clause) && nested_ships(root, baserel, info)))
		{
			live->saving = lappend(live->saving, nested_as_parameters((Node *) info->clause, own, &live->given));
			live->where = list_delete_ptr(list_copy(live->where), info->clause);
		}
	}
	return live;
}

/* The parameters for which NULL makes one of these conditions NULL, too. */
static List *
strict_parameters(List *conditions, List *params)
{
	List	   *result = NIL;
	ListCell   *lc;
	ListCell   *param;

	foreach(lc, conditions)
	{
		OpExpr	   *op = lfirst(lc);

		if (!IsA(op, OpExpr) || !op_strict(op->opno))
			continue;
		foreach(param, params)
		{
			if (list_member(op->args, lfirst(param)))
				result = list_append_unique_int(result, foreach_current_index(param));
		}
	}
	return result;
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

/* The limit on the rows of a statement: the lowest of all its tables. */
static int
least_rows(const LiveRel *live)
{
	check_stack_depth();
	switch (live->kind)
	{
		case LIVE_JOIN:
			return live_least_rows(least_rows(live->outer), least_rows(live->inner));
		case LIVE_UPPER:
			return least_rows(live->input);
		default:
			return live->table->max_rows;
	}
}

ForeignScan *
live_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
		  List *tlist, List *scan_clauses, Plan *outer_plan)
{
	LiveRel    *live = path->path.parent->fdw_private;
	bool		is_base = IS_SIMPLE_REL(rel);
	List	   *here = live->here;
	List	   *attnums = NIL;
	List	   *strict = NIL;
	List	   *scanned;
	List	   *private;
	LiveText	text;
	bool		keeps;

	/* for a subquery that is one statement, block_path.c has made the scan */
	if (path->fdw_private != NIL)
		return copyObject(linitial_node(ForeignScan, path->fdw_private));
	if (is_base)
	{
		live = base_conditions(root, rel, scan_clauses, &here);
		attnums = needed_columns(rel, live, here);
		scanned = column_tlist(root, rel, relid, attnums);
	}
	else
		scanned = scan_tlist(live);
	live_text(root, live, scanned, &text);
	if (is_base)
		strict = strict_parameters(list_concat_copy(live->where, live->saving), text.params);
	text.params = (List *) nested_as_columns((Node *) text.params, live->given);
	keeps = path->path.param_info != NULL || nested_varies(root, (Node *) list_make3(text.params, here, tlist));

	private = live_private(text.sql, text.recipes, attnums, text.checks, live->reasons, rel->userid,
						   least_rows(live));
	list_nth_cell(private, LIVE_KEEPS)->ptr_value = makeInteger(keeps);
	list_nth_cell(private, LIVE_COUNTS)->ptr_value = list_make2_int(text.limit, text.offset);
	list_nth_cell(private, LIVE_STRICT)->ptr_value = strict;
	return make_foreignscan(tlist, here, is_base ? rel->relid : 0, text.params, private,
							is_base ? NIL : scanned, is_base ? live->where : NIL, outer_plan);
}
