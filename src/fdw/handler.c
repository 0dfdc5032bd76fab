/*-------------------------------------------------------------------------
 *
 * handler.c
 *	  The handler function of the foreign-data wrapper rsfed.
 *
 * Policy: live tables are read-only.  Fields of FdwRoutine that are not set
 * here are NULL on purpose.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/fdwapi.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"

#include "fdw/analyze.h"
#include "fdw/explain.h"
#include "fdw/import.h"
#include "fdw/live.h"
#include "fdw/scan.h"
#include "fdw/scan_async.h"

PG_FUNCTION_INFO_V1(rsfed_handler);

pg_noreturn static void
refuse_writing(const char *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("foreign table \"%s\" is read-only", table),
			 errhint("Change single rows with SELECT rsfed.execute(server, 'INSERT ...'); load many with Redshift's COPY from S3.")));
}

/* Rejects INSERT, UPDATE, DELETE and MERGE when they are planned. */
static List *
plan_modify(PlannerInfo *root, ModifyTable *plan, Index resultRelation, int subplan_index)
{
	refuse_writing(get_rel_name(planner_rt_fetch(resultRelation, root)->relid));
	return NIL;					/* keep the compiler quiet */
}

/*
 * For information_schema, pg_relation_is_updatable(): no writes are possible.
 */
static int
is_updatable(Relation rel)
{
	return 0;
}

static void
refuse_truncate(List *rels, DropBehavior behavior, bool restart_seqs)
{
	refuse_writing(RelationGetRelationName((Relation) linitial(rels)));
}

/* rsfed_catalog.handler() */
Datum
rsfed_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = live_rel_size;
	routine->GetForeignPaths = live_paths;
	routine->GetForeignPlan = live_plan;
	routine->GetForeignJoinPaths = live_join_paths;
	routine->GetForeignUpperPaths = live_upper_paths;
	routine->BeginForeignScan = scan_begin;
	routine->IterateForeignScan = scan_next;
	routine->ReScanForeignScan = scan_again;
	routine->EndForeignScan = scan_end;
	routine->ExplainForeignScan = live_explain;
	routine->PlanForeignModify = plan_modify;
	routine->IsForeignRelUpdatable = is_updatable;
	routine->AnalyzeForeignTable = live_analyze;
	routine->ImportForeignSchema = live_import;
	RSFED_SET_FOREIGN_TRUNCATE(routine, refuse_truncate);
	RSFED_SET_FOREIGN_ASYNC(routine, async_capable, async_request, async_configure_wait, async_notify);
	PG_RETURN_POINTER(routine);
}
