/*-------------------------------------------------------------------------
 *
 * workers.c
 *	  The run workers of the server: their databases and their states.
 *
 * Policy: a slot is reserved before its process is registered, so that
 * rsfed.max_workers holds over all databases at every moment.  A reservation
 * lapses if its process never starts.
 *
 * workers.h describes the callers and the conditions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "shmem/state.h"

/* A process that was registered that long ago will not start any more. */
#define RESERVATION_LAPSES_MS (60 * 1000)

/* The slot of this process, if it is a run worker. */
static WorkerSlot *my_slot = NULL;

static void worker_exit(int code, Datum arg);
static void wake_starved(void);
static bool starved_elsewhere(Oid database);

static void
lock_exclusive(void)
{
	LWLockAcquire(rsfed_shmem->lock, LW_EXCLUSIVE);
}

static void
unlock(void)
{
	LWLockRelease(rsfed_shmem->lock);
}

/*----------
 * The scheduler's side.
 *----------
 */

bool
worker_reserve(Oid database, int limit, WorkerTicket *ticket)
{
	TimestampTz now = GetCurrentTimestamp();
	DatabaseSlot *holder;
	WorkerSlot *found = NULL;
	int			used = 0;

	lock_exclusive();
	for (int i = 0; i < MAX_RUN_WORKERS; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->state == WORKER_STARTING &&
			TimestampDifferenceExceeds(slot->since, now, RESERVATION_LAPSES_MS))
			slot->state = WORKER_FREE;

		if (slot->state != WORKER_FREE)
			used++;
		else if (found == NULL)
		{
			found = slot;
			ticket->slot = i;
		}
	}

	holder = database_slot_find(database);
	if (used >= limit || found == NULL || (holder != NULL && holder->holds > 0))
	{
		unlock();
		return false;
	}

	found->state = WORKER_STARTING;
	found->generation++;
	found->database = database;
	found->proc = NULL;
	found->pid = 0;
	found->leave = found->woken = false;
	found->run_id = 0;
	found->since = now;
	ticket->generation = found->generation;
	ticket->database = database;
	unlock();
	return true;
}

/* Is the ticket still valid for its slot?  Lock. */
static bool
ticket_holds(const WorkerTicket *ticket)
{
	WorkerSlot *slot = &rsfed_shmem->workers[ticket->slot];

	return slot->state == WORKER_STARTING && slot->generation == ticket->generation;
}

void
worker_unreserve(const WorkerTicket *ticket)
{
	lock_exclusive();
	if (ticket_holds(ticket))
		rsfed_shmem->workers[ticket->slot].state = WORKER_FREE;
	unlock();
}

int
workers_wake_idle(Oid database, int wanted)
{
	int			ready = 0;

	lock_exclusive();
	for (int i = 0; i < MAX_RUN_WORKERS; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->database != database || slot->leave)
			continue;
		if (slot->state == WORKER_STARTING)
			ready++;
		else if (slot->state == WORKER_IDLE)
		{
			if (wanted-- > 0)
			{
				slot->woken = true;
				SetLatch(&slot->proc->procLatch);
			}
			ready++;
		}
	}
	unlock();
	return ready;
}

bool
workers_wake_for_new(Oid database, int runs)
{
	lock_exclusive();
	for (int i = 0; i < MAX_RUN_WORKERS && runs > 0; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->state != WORKER_IDLE || slot->database != database || slot->leave || slot->woken)
			continue;
		slot->woken = true;
		SetLatch(&slot->proc->procLatch);
		runs--;
	}
	unlock();
	return runs == 0;
}

bool
workers_free_one_elsewhere(Oid database)
{
	bool		asked = false;

	lock_exclusive();
	for (int i = 0; i < MAX_RUN_WORKERS && !asked; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->state == WORKER_IDLE && slot->database != database && !slot->leave && !slot->woken)
		{
			slot->leave = true;
			SetLatch(&slot->proc->procLatch);
			asked = true;
		}
	}
	unlock();
	return asked;
}

void
workers_dismiss(Oid database)
{
	lock_exclusive();
	workers_ask_to_leave(database, false);
	unlock();
}

void
workers_ask_to_leave(Oid database, bool force)
{
	for (int i = 0; i < MAX_RUN_WORKERS; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->state == WORKER_FREE || slot->database != database)
			continue;
		slot->leave = true;
		if (slot->state == WORKER_STARTING)
		{
			/*
			 * its process will notice that the slot is no longer reserved for
			 * it
			 */
			slot->state = WORKER_FREE;
			continue;
		}
		/* the pid is that of the slot's owner as long as the lock is held */
		if (force)
			(void) kill(slot->pid, SIGTERM);
		else
			SetLatch(&slot->proc->procLatch);
	}
}

bool
workers_exist(Oid database)
{
	for (int i = 0; i < MAX_RUN_WORKERS; i++)
	{
		WorkerSlot *slot = &rsfed_shmem->workers[i];

		if (slot->state != WORKER_FREE && slot->database == database)
			return true;
	}
	return false;
}

/*----------
 * The worker's side.
 *----------
 */

bool
worker_attach(const WorkerTicket *ticket)
{
	bool		attached = false;

	lock_exclusive();
	if (ticket_holds(ticket))
	{
		my_slot = &rsfed_shmem->workers[ticket->slot];
		my_slot->state = WORKER_IDLE;
		my_slot->proc = MyProc;
		my_slot->pid = MyProcPid;
		my_slot->since = GetCurrentTimestamp();
		attached = true;
	}
	unlock();

	if (attached)
		before_shmem_exit(worker_exit, (Datum) 0);
	return attached;
}

/*
 * Returns the slot.  Unless the worker left because it had nothing to do, the
 * database's scheduler is woken to find the work that was left behind;
 * schedulers that wait for a free slot look at once.
 */
static void
worker_exit(int code, Datum arg)
{
	lock_exclusive();
	if (my_slot != NULL && my_slot->proc == MyProc)
	{
		DatabaseSlot *database = database_slot_find(my_slot->database);

		if (database != NULL && (my_slot->state == WORKER_BUSY || my_slot->leave || my_slot->woken ||
								 code != 0))
		{
			database->wanted = true;
			database_slot_poke(database);
		}
		my_slot->state = WORKER_FREE;
		my_slot->proc = NULL;
		my_slot->pid = 0;
		my_slot->run_id = 0;
		wake_starved();
	}
	my_slot = NULL;
	unlock();
	ConditionVariableBroadcast(&rsfed_shmem->departed);
}

/* Wakes schedulers that wait for a free slot.  Lock. */
static void
wake_starved(void)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (OidIsValid(slot->database) && slot->starved && slot->scheduler != NULL)
			SetLatch(&slot->scheduler->procLatch);
	}
}

bool
worker_set_idle(void)
{
	bool		woken;

	lock_exclusive();
	woken = my_slot->woken;
	my_slot->woken = false;
	my_slot->state = WORKER_IDLE;
	my_slot->run_id = 0;
	my_slot->since = GetCurrentTimestamp();
	unlock();
	return woken;
}

bool
worker_set_busy(int64 run_id)
{
	bool		woken;

	lock_exclusive();
	woken = my_slot->woken;
	my_slot->woken = false;
	my_slot->state = WORKER_BUSY;
	my_slot->run_id = run_id;
	my_slot->since = GetCurrentTimestamp();
	unlock();
	return !woken;
}

bool
worker_is_woken(void)
{
	bool		woken;

	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	woken = my_slot->woken;
	unlock();
	return woken;
}

bool
worker_leave_idle(void)
{
	bool		may_leave;

	lock_exclusive();
	may_leave = !my_slot->woken;
	if (may_leave)
		my_slot->state = WORKER_LEAVING;
	unlock();
	return may_leave;
}

void
worker_retire(void)
{
	lock_exclusive();
	my_slot->leave = true;
	unlock();
}

bool
worker_should_leave(void)
{
	bool		leave;

	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	leave = my_slot->leave || starved_elsewhere(my_slot->database);
	unlock();
	return leave;
}

/*
 * Does another database wait for a worker and have none at all?  It would wait
 * forever if one busy database occupied every slot.  Lock.
 */
static bool
starved_elsewhere(Oid database)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (OidIsValid(slot->database) && slot->database != database &&
			slot->starved && !workers_exist(slot->database))
			return true;
	}
	return false;
}
