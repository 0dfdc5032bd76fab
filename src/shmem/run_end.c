/*-------------------------------------------------------------------------
 *
 * run_end.c
 *	  Waits for the end of a run, on the server where it works.
 *
 * Policy: the process that commits an outcome wakes the waiters (wake.c), so
 * that nobody waits longer than necessary; a waiter also looks again after
 * some time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"

#include "base/compat.h"
#include "shmem/run_end.h"
#include "shmem/state.h"

static ConditionVariable *
variable_of(int64 run_id)
{
	return &rsfed_shmem->run_ended[(uint64) run_id % RUN_END_SLOTS];
}

void
run_end_prepare(int64 run_id)
{
	if (rsfed_shmem != NULL)
		ConditionVariablePrepareToSleep(variable_of(run_id));
}

void
run_end_sleep(int64 run_id, long ms)
{
	if (rsfed_shmem != NULL)
	{
		(void) ConditionVariableTimedSleep(variable_of(run_id), ms, PG_WAIT_EXTENSION);
		return;
	}
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

void
run_end_done(void)
{
	if (rsfed_shmem != NULL)
		ConditionVariableCancelSleep();
}
