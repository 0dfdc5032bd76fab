/*-------------------------------------------------------------------------
 *
 * check_worker.c
 *	  A run worker checks a member of a group.
 *
 * Policy: checks happen between runs, one at a time, so that a queued run
 * waits for one log-in at most; the scheduler provides as many workers as
 * checks are due.  No snapshot is held while the warehouse answers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"

#include "base/compat.h"
#include "catalog/identity.h"
#include "shmem/databases.h"
#include "shmem/workers.h"
#include "source/health_check.h"
#include "worker/bgworker.h"
#include "worker/check_worker.h"

bool
check_a_member(void)
{
	MemoryContext context = CurrentMemoryContext;
	HealthCheck *check = NULL;

	bgworker_begin("looking for members to check");
	/* no log-in while another database owns the schedules */
	if (bgworker_lock_extension() && identity_check() == NULL)
		check = health_check_claim();
	bgworker_commit();
	if (check == NULL)
		return false;

	/* the process that counted on this worker may have meant a run */
	if (!worker_set_busy(0))
		database_wake(MyDatabaseId);
	pgstat_report_activity(STATE_RUNNING, "checking a member of a group");
	StartTransactionCommand();
	MemoryContextSwitchTo(context);
	health_check_run(check);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	pgstat_report_activity(STATE_IDLE, NULL);
	return true;
}
