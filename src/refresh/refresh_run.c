/*-------------------------------------------------------------------------
 *
 * refresh_run.c
 *	  Prepares the run of a refresh.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "refresh/refresh_run.h"
#include "source/route.h"

/* The context outlives transactions, if the caller's does. */
RefreshRun *
refresh_run_new(const RunRequest *request, int64 run_id)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rsfed run",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RefreshRun *run = palloc0(sizeof(RefreshRun));

	run->request = request;
	run->outcome.rows_received = run->outcome.bytes_received = -1;
	run->outcome.rows_inserted = run->outcome.rows_updated = run->outcome.rows_deleted = -1;
	initStringInfo(&run->note);
	run->route = palloc0(sizeof(SourceRoute));
	if (request->member != NULL)
		run->route->only = list_make1(unconstify(char *, request->member));
	run->route->except = request->not_members;
	PushActiveSnapshot(GetTransactionSnapshot());
	run->run_id = run_id != 0 ? run_id : run_insert(request, true);
	run->relation = relation_lookup_id(request->relation_id);
	PopActiveSnapshot();
	if (run->relation == NULL)
	{
		/* dropped since the request: the attempt will report it */
		run->relation = palloc0(sizeof(RsfedRelation));
		run->relation->relation_id = request->relation_id;
		run->relation->schema_name = run->relation->relation_name = "";
	}
	MemoryContextSwitchTo(old);
	return run;
}
