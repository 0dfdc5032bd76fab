/*-------------------------------------------------------------------------
 *
 * block_path.c
 *	  The path and the scan of a subquery that becomes one statement.
 *
 * Policy: the planner plans the stand-in of a part like any other subquery.
 * One path replaces all other paths of the stand-in's final step.  So the query
 * around it is planned with the rows and costs of the statement, and the
 * planner itself handles rescans, subplans and references.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/planner.h"

#include "base/compat.h"

#include "fdw/block.h"

static create_upper_paths_hook_type previous_hook = NULL;

/* The parts of the query that is being planned; NULL = it has none. */
static const BlockParts *planned_parts = NULL;

/* See block.h. */
const BlockParts *
block_set_parts(const BlockParts *parts)
{
	const BlockParts *before = planned_parts;

	planned_parts = parts;
	return before;
}

/* The part that a query is the stand-in for, or NULL. */
static BlockPart *
part_of(const PlannerInfo *root)
{
	ListCell   *lc;

	if (root->parent_root == NULL)
		return NULL;
	foreach(lc, planned_parts->made)
	{
		if (root->parse->queryId == (uint64) (uintptr_t) lfirst(lc))
			return lfirst(lc);
	}
	return NULL;
}

typedef struct Replacement
{
	List	   *subqueries;		/* block_correlated() */
	int			rtindex;		/* of the stand-in's list of rows */
	int			before;			/* its columns before those of the subqueries */
} Replacement;

/*
 * Puts the columns of the stand-in's list of rows in the place of correlated
 * subqueries.  EXPLAIN could not print them, as the references in them keep the
 * numbers that the part's relations have there.
 */
static Node *
replace_mutator(Node *node, Replacement *replacement)
{
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	if (IsA(node, SubLink))
	{
		foreach(lc, replacement->subqueries)
		{
			if (equal(lfirst(lc), node))
				return (Node *) makeVar(replacement->rtindex, replacement->before + foreach_current_index(lc) + 1,
										exprType(node), exprTypmod(node), exprCollation(node), 0);
		}
		return copyObject(node);
	}
	return expression_tree_mutator(node, replace_mutator, replacement);
}

/*
 * The scan of a part.  The planner finds the columns of the result in the
 * target list and replaces them with references.
 */
static ForeignScan *
part_scan(PlannerInfo *root, const BlockPart *part)
{
	List	   *params = part->block.deparse.params;
	List	   *private = live_private(part->text.sql, part->text.recipes, NIL, part->block.used, NIL, part->block.userid,
									   part->block.max_rows);
	List	   *targets = NIL;
	List	   *comes = NIL;
	Replacement replacement;
	ListCell   *lc;

	replacement.subqueries = block_correlated(part);
	replacement.rtindex = list_length(root->parse->rtable);
	replacement.before = list_length(root->parse->targetList);
	foreach(lc, root->processed_tlist)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		Node	   *expr = (Node *) list_nth_node(TargetEntry, part->query->targetList, tle->resno - 1)->expr;

		expr = block_part_gives(part, tle->resno) ? replace_mutator(expr, &replacement) :
			(Node *) makeNullConst(exprType(expr), exprTypmod(expr), exprCollation(expr));
		targets = lappend(targets, makeTargetEntry((Expr *) expr, tle->resno, NULL, tle->resjunk));
	}
	foreach(lc, part->text.tlist)
	{
		TargetEntry *tle = flatCopyTargetEntry(lfirst_node(TargetEntry, lc));

		tle->expr = (Expr *) replace_mutator((Node *) tle->expr, &replacement);
		comes = lappend(comes, tle);
	}
	return make_foreignscan(targets, NIL, 0, params, private, comes, NIL, NULL);
}

static void
upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel, RelOptInfo *output_rel, void *extra)
{
	BlockPart  *part;
	LiveRel    *live;
	ForeignPath *path;
	Cost		startup;
	Cost		total;

	if (previous_hook)
		previous_hook(root, stage, input_rel, output_rel, extra);
	if (planned_parts == NULL || stage != UPPERREL_FINAL || (part = part_of(root)) == NULL)
		return;
	live = palloc0(sizeof(LiveRel));
	live->kind = LIVE_UPPER;
	live->root = root;
	live->rel = output_rel;
	output_rel->serverid = part->block.server;
	output_rel->userid = part->block.userid;
	output_rel->useridiscurrent = false;
	output_rel->fdwroutine = GetFdwRoutineByServerId(part->block.server);
	output_rel->fdw_private = live;
	output_rel->consider_parallel = false;
	output_rel->pathlist = NIL;
	output_rel->partial_pathlist = NIL;
	/* the scan has the part's columns: only the query around it can sort them */
	RSFED_CLEAR_SETOP_PATHKEYS(root);
	live_cost(false, part->rows, part->rows, &startup, &total);
	path = create_foreign_upper_pathCompat(root, output_rel, root->upper_targets[UPPERREL_FINAL], part->rows, startup, total, NIL);
	path->fdw_private = list_make1(part_scan(root, part));
	add_path(output_rel, (Path *) path);
}

/* See block.h. */
void
block_path_init(void)
{
	previous_hook = create_upper_paths_hook;
	create_upper_paths_hook = upper_paths;
}
