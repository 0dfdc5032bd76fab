/*-------------------------------------------------------------------------
 *
 * wake.c
 *	  Wakes other processes after the transaction has committed.
 *
 * Policy: wake-ups happen after the commit and not before, because the written
 * rows are visible only then; a scheduler that wakes too early finds nothing
 * and sleeps again.  "After" means when the locks are released: at the commit
 * callback the invalidation messages have not been sent yet, and a fast
 * scheduler would look up the tables of a new extension in a stale catalog
 * cache.
 *
 * A prepared transaction wakes nobody; the scheduler wakes at its own time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "shmem/state.h"
#include "shmem/wake.h"

/* The announcements if this transaction commits. */
static bool wake_scheduler = false;
static bool wake_extension = false;
static bool wake_launcher = false;
static int	wake_workers = 0;	/* the number of idle workers to wake */
static uint64 wake_waiters = 0; /* a bit for each of SharedState.run_ended */

StaticAssertDecl(RUN_END_SLOTS == 64, "a bit for each of the condition variables");

/* The transaction has committed; the locks have not been released yet. */
static bool committed = false;

static void at_transaction_end(XactEvent event, void *arg);
static void at_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg);

/* Registers the callbacks for the end of the transaction. */
static void
arm(void)
{
	static bool registered = false;

	if (registered)
		return;
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterResourceReleaseCallback(at_release, NULL);
	registered = true;
}

void
wake_scheduler_at_commit(void)
{
	if (rsfed_shmem == NULL)
		return;
	arm();
	wake_scheduler = true;
}

void
wake_worker_at_commit(void)
{
	if (rsfed_shmem == NULL)
		return;
	arm();
	wake_workers++;
}

void
wake_waiters_at_commit(int64 run_id)
{
	if (rsfed_shmem == NULL)
		return;
	arm();
	wake_waiters |= UINT64CONST(1) << ((uint64) run_id % RUN_END_SLOTS);
}

void
wake_extension_created_at_commit(void)
{
	if (rsfed_shmem == NULL)
		return;
	arm();
	wake_extension = true;
}

void
wake_launcher_at_commit(void)
{
	if (rsfed_shmem == NULL)
		return;
	arm();
	wake_launcher = true;
}

static void
forget_all(void)
{
	wake_scheduler = wake_extension = wake_launcher = false;
	wake_workers = 0;
	wake_waiters = 0;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			committed = true;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			forget_all();
			break;
		default:
			break;
	}
}

/* Must not raise: the transaction is committed. */
static void
at_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg)
{
	if (!committed || !is_top_level || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	committed = false;

	for (int i = 0; i < RUN_END_SLOTS && wake_waiters != 0; i++)
	{
		if (wake_waiters & UINT64CONST(1) << i)
			ConditionVariableBroadcast(&rsfed_shmem->run_ended[i]);
	}
	if (wake_workers > 0 && !workers_wake_for_new(MyDatabaseId, wake_workers))
		wake_scheduler = true;
	if (wake_extension)
		database_extension_created(MyDatabaseId);
	else if (wake_scheduler)
		database_wake(MyDatabaseId);
	if (wake_launcher)
		launcher_wake();
	forget_all();
}
