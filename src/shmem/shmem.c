/*-------------------------------------------------------------------------
 *
 * shmem.c
 *	  Asks for rsfed's shared memory and its locks.
 *
 * Policy: there is one struct of fixed size with one lock, and another lock
 * for the data that each statement to a group changes (health.c).  A lock is
 * held at most for a walk over an array, never during a wait.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "base/compat.h"
#include "shmem/shmem.h"
#include "shmem/state.h"

#define TRANCHE_NAME "rsfed"

SharedState *rsfed_shmem = NULL;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_shmem(void);
static void startup_shmem(void);

void
shmem_init(void)
{
	RSFED_SET_SHMEM_REQUEST_HOOK(previous_request_hook, request_shmem);
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup_shmem;
}

static void
request_shmem(void)
{
	if (previous_request_hook)
		previous_request_hook();

	RequestAddinShmemSpace(MAXALIGN(sizeof(SharedState)));
	RequestNamedLWLockTranche(TRANCHE_NAME, 2);
}

/*
 * Runs in the postmaster at start and after a crash (and in each child on
 * systems without fork).
 */
static void
startup_shmem(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	rsfed_shmem = ShmemInitStruct("rsfed", sizeof(SharedState), &found);
	if (!found)
	{
		memset(rsfed_shmem, 0, sizeof(SharedState));
		rsfed_shmem->lock = &GetNamedLWLockTranche(TRANCHE_NAME)[0].lock;
		rsfed_shmem->health_lock = &GetNamedLWLockTranche(TRANCHE_NAME)[1].lock;
		rsfed_shmem->rescan = true;
		ConditionVariableInit(&rsfed_shmem->departed);
		for (int i = 0; i < RUN_END_SLOTS; i++)
			ConditionVariableInit(&rsfed_shmem->run_ended[i]);
	}
	LWLockRelease(AddinShmemInitLock);
}
