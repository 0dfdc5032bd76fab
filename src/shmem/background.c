/*-------------------------------------------------------------------------
 *
 * background.c
 *	  The state of the background processes.
 *
 * These functions only read, and any user may call them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "shmem/background.h"
#include "shmem/state.h"

/* Copies the slot of the database asked for.  Lock. */
static void
describe_database(const DatabaseSlot *slot, SchedulerState *state)
{
	state->known = true;
	state->launching = slot->launching;
	state->starved = slot->starved;
	state->wanted = slot->wanted;
	state->extension = slot->extension;
	state->holds = slot->holds;
	state->scheduler_pid = slot->scheduler ? slot->scheduler_pid : 0;
	state->failures = slot->failures;
	state->not_before = slot->not_before;
	state->next_due = slot->next_due;
}

bool
scheduler_describe(Oid database, SchedulerState *state)
{
	DatabaseSlot *slot;

	memset(state, 0, sizeof(SchedulerState));
	state->next_due = DT_NOEND;
	if (rsfed_shmem == NULL)
		return false;

	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	state->launcher_pid = rsfed_shmem->launcher ? rsfed_shmem->launcher_pid : 0;
	slot = database_slot_find(database);
	if (slot != NULL)
		describe_database(slot, state);
	for (int i = 0; i < MAX_DATABASES; i++)
		state->databases += OidIsValid(rsfed_shmem->databases[i].database) &&
			rsfed_shmem->databases[i].extension == EXTENSION_PRESENT;
	for (int i = 0; i < MAX_RUN_WORKERS; i++)
	{
		state->workers_busy += rsfed_shmem->workers[i].state == WORKER_BUSY;
		state->workers_idle += rsfed_shmem->workers[i].state == WORKER_IDLE ||
			rsfed_shmem->workers[i].state == WORKER_STARTING;
	}
	LWLockRelease(rsfed_shmem->lock);
	return true;
}
