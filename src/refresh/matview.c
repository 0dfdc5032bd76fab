/*-------------------------------------------------------------------------
 *
 * matview.c
 *	  One refresh of a native materialized view.
 *
 * Policy: the command that a DBA would run, as the view's owner; with
 * CONCURRENTLY if that works, because without it the ACCESS EXCLUSIVE lock
 * blocks readers of the view here and on every replica.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "catalog/index.h"
#include "executor/spi.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/run_settings.h"
#include "catalog/owner_scope.h"
#include "refresh/refresh_run.h"
#include "rollup/refresh_target.h"
#include "shmem/progress.h"

/* Does REFRESH MATERIALIZED VIEW CONCURRENTLY work on it? */
static bool
can_be_concurrent(Oid relid)
{
	Relation	rel = target_open(relid, get_rel_name(relid), AccessShareLock);
	bool		found = false;
	List	   *indexes;
	ListCell   *lc;

	if (!RelationIsPopulated(rel))
	{
		relation_close(rel, AccessShareLock);
		return false;
	}
	indexes = RelationGetIndexList(rel);
	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		found |= index->rd_index->indisunique && index->rd_index->indisvalid &&
			index->rd_index->indimmediate && target_is_plain_index(index);
		index_close(index, AccessShareLock);
	}
	relation_close(rel, AccessShareLock);
	return found;
}

void
matview_refresh(RefreshRun *run)
{
	Oid			relid = run->relation->relid;
	const char *name = run->relation->relation_name;
	Relation	rel = target_open(relid, name, AccessShareLock);
	Oid			owner = rel->rd_rel->relowner;
	bool		concurrently;
	OwnerScope	scope;
	char	   *command;
	int			rc;

	relation_close(rel, AccessShareLock);
	if (run->request->method != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is a materialized view, which has no method", name),
				 errhint("Leave the argument method out; it is refreshed CONCURRENTLY where it has a usable unique index.")));

	concurrently = can_be_concurrent(relid);
	command = psprintf("REFRESH MATERIALIZED VIEW %s%s", concurrently ? "CONCURRENTLY " : "",
					   relation_display_name(relid));
	progress_set_phase(PHASE_APPLYING);
	run->outcome.as_of = GetCurrentTimestamp();

	/*
	 * CONCURRENTLY makes a temporary table, which a restricted operation may
	 * not do
	 */
	owner_scope_enter(&scope, owner, false);
	run_settings_lend_plans();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	PushActiveSnapshot(GetTransactionSnapshot());
	rc = SPI_execute(command, false, 0);
	PopActiveSnapshot();
	if (rc != SPI_OK_UTILITY)
		elog(ERROR, "unexpected result %s of %s", SPI_result_code_string(rc), command);
	SPI_finish();
	owner_scope_leave(&scope);
	run->outcome.status = "published";
}
