/*-------------------------------------------------------------------------
 *
 * databases.c
 *	  The databases that need a scheduler, the time, and the scheduler's
 *	  process.
 *
 * Policy: the launcher starts a scheduler where something was announced or is
 * due, or where it is not known yet whether the extension exists.  An
 * announcement stays until a scheduler has taken it, and a scheduler can leave
 * only while there is none.  So nothing is lost between a scheduler that
 * leaves and its successor.
 *
 * databases.h describes the callers and the conditions.
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

/* Back-off after a scheduler's crash: 1 s, doubled each time up to this. */
#define MAX_BACKOFF_S 60

/* The failure of a scheduler that lived that long is not a repetition. */
#define FORGIVEN_AFTER_MS (5 * 60 * 1000)

/* The slot of the database whose scheduler this process is. */
static DatabaseSlot *my_slot = NULL;

static void launcher_exit(int code, Datum arg);
static void scheduler_exit(int code, Datum arg);
static void lock_exclusive(void);
static void unlock(void);
static bool ready_to_launch(DatabaseSlot *slot, TimestampTz now, bool may_probe,
							TimestampTz *wake_at);

/*----------
 * The launcher's side.
 *----------
 */

bool
launcher_attach(void)
{
	bool		free;

	lock_exclusive();
	free = rsfed_shmem->launcher == NULL;
	if (free)
	{
		rsfed_shmem->launcher = MyProc;
		rsfed_shmem->launcher_pid = MyProcPid;
		rsfed_shmem->rescan = true;
		/*
		 * nobody watches the schedulers that the previous launcher registered
		 */
		for (int i = 0; i < MAX_DATABASES; i++)
			rsfed_shmem->databases[i].launching = false;
	}
	unlock();

	if (free)
		before_shmem_exit(launcher_exit, (Datum) 0);
	return free;
}

static void
launcher_exit(int code, Datum arg)
{
	lock_exclusive();
	if (rsfed_shmem->launcher == MyProc)
	{
		rsfed_shmem->launcher = NULL;
		rsfed_shmem->launcher_pid = 0;
	}
	unlock();
}

bool
launcher_take_rescan(void)
{
	bool		rescan;

	lock_exclusive();
	rescan = rsfed_shmem->rescan;
	rsfed_shmem->rescan = false;
	unlock();
	return rescan;
}

bool
databases_sync(const Oid *eligible, int count)
{
	bool		all_fit = true;

	lock_exclusive();
	for (int i = 0; i < MAX_DATABASES; i++)
		rsfed_shmem->databases[i].eligible = false;

	for (int i = 0; i < count; i++)
	{
		DatabaseSlot *slot = database_slot(eligible[i]);

		if (slot == NULL)
			all_fit = false;
		else
			slot->eligible = true;
	}

	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (!OidIsValid(slot->database) || slot->eligible)
			continue;
		if (slot->scheduler != NULL)
			SetLatch(&slot->scheduler->procLatch);
		workers_ask_to_leave(slot->database, false);
		if (slot->scheduler == NULL && !slot->launching && slot->holds == 0)
			slot->database = InvalidOid;
	}
	/* new slots requested the look that was just taken */
	rsfed_shmem->rescan = false;
	unlock();
	return all_fit;
}

Oid
database_next_launch(TimestampTz now, bool may_probe, TimestampTz *wake_at)
{
	Oid			database = InvalidOid;

	lock_exclusive();
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (!ready_to_launch(slot, now, may_probe, wake_at))
			continue;
		slot->launching = true;
		slot->left_cleanly = false;
		slot->launched_at = now;
		database = slot->database;
		break;
	}
	unlock();
	return database;
}

/*
 * Does the database need a scheduler now?  If it needs one later, lowers
 * *wake_at to that time.  Lock.
 */
static bool
ready_to_launch(DatabaseSlot *slot, TimestampTz now, bool may_probe, TimestampTz *wake_at)
{
	TimestampTz when;

	if (!OidIsValid(slot->database) || !slot->eligible || slot->holds > 0 ||
		slot->launching || slot->scheduler != NULL)
		return false;

	switch (slot->extension)
	{
		case EXTENSION_UNKNOWN:
			if (!may_probe)
				return false;
			when = now;
			break;
		case EXTENSION_PRESENT:
			when = slot->wanted ? now : slot->next_due;
			break;
		default:
			return false;
	}

	when = Max(when, slot->not_before);
	if (when <= now)
		return true;
	*wake_at = Min(*wake_at, when);
	return false;
}

void
database_launch_failed(Oid database, TimestampTz not_before)
{
	DatabaseSlot *slot;

	lock_exclusive();
	slot = database_slot_find(database);
	if (slot != NULL)
	{
		slot->launching = false;
		slot->not_before = not_before;
	}
	unlock();
}

int
database_launch_ended(Oid database, TimestampTz now)
{
	DatabaseSlot *slot;
	int			delay_s = 0;

	lock_exclusive();
	slot = database_slot_find(database);
	if (slot != NULL)
	{
		slot->launching = false;
		if (slot->left_cleanly)
			slot->failures = 0;
		else
		{
			if (TimestampDifferenceExceeds(slot->launched_at, now, FORGIVEN_AFTER_MS))
				slot->failures = 0;
			delay_s = Min(MAX_BACKOFF_S, 1 << Min(slot->failures, 6));
			slot->failures++;
			slot->not_before = TimestampTzPlusMilliseconds(now, delay_s * INT64CONST(1000));
		}
	}
	unlock();
	return delay_s;
}

void
databases_clock_set_back(TimestampTz now)
{
	lock_exclusive();
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (slot->extension == EXTENSION_PRESENT)
			slot->wanted = true;
		if (slot->scheduler != NULL)
			SetLatch(&slot->scheduler->procLatch);
		slot->not_before = Min(slot->not_before, now);
	}
	unlock();
}

bool
database_extension_known(Oid database)
{
	DatabaseSlot *slot;
	bool		known;

	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	slot = database_slot_find(database);
	known = slot == NULL || slot->extension != EXTENSION_UNKNOWN;
	unlock();
	return known;
}

/*----------
 * The scheduler's side.
 *----------
 */

bool
scheduler_attach(Oid database)
{
	DatabaseSlot *slot;
	bool		attached = false;

	lock_exclusive();
	slot = database_slot_find(database);
	if (slot != NULL && slot->scheduler == NULL)
	{
		if (slot->holds == 0 && slot->eligible)
		{
			slot->scheduler = MyProc;
			slot->scheduler_pid = MyProcPid;
			/* the process that takes the slot over looks at everything */
			slot->wanted = true;
			attached = true;
		}
		else
			slot->left_cleanly = true;
	}
	unlock();

	if (attached)
	{
		my_slot = slot;
		before_shmem_exit(scheduler_exit, (Datum) 0);
	}
	return attached;
}

/*
 * Does what an orderly end would have done; announces that work was left
 * behind.
 */
static void
scheduler_exit(int code, Datum arg)
{
	lock_exclusive();
	if (my_slot != NULL && my_slot->scheduler == MyProc)
	{
		my_slot->scheduler = NULL;
		my_slot->scheduler_pid = 0;
		my_slot->wanted = true;
		my_slot->starved = false;
		database_slot_poke(my_slot);
	}
	unlock();
	my_slot = NULL;
	ConditionVariableBroadcast(&rsfed_shmem->departed);
}

bool
scheduler_take_wanted(void)
{
	bool		wanted;

	lock_exclusive();
	wanted = my_slot->wanted;
	my_slot->wanted = false;
	unlock();
	return wanted;
}

bool
scheduler_must_leave(void)
{
	bool		must_leave;

	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	must_leave = my_slot->holds > 0 || !my_slot->eligible;
	unlock();
	return must_leave;
}

void
scheduler_set_extension(ExtensionState state)
{
	lock_exclusive();
	/* the launcher probes the next database only after this one is known */
	if (my_slot->extension != state && rsfed_shmem->launcher != NULL)
		SetLatch(&rsfed_shmem->launcher->procLatch);
	my_slot->extension = state;
	unlock();
}

bool
scheduler_tell_version(void)
{
	bool		told;

	lock_exclusive();
	told = my_slot->version_told;
	my_slot->version_told = true;
	unlock();
	return !told;
}

bool
scheduler_tell_held(bool held)
{
	bool		news;

	lock_exclusive();
	news = held && !my_slot->held_told;
	my_slot->held_told = held;
	unlock();
	return news;
}

void
scheduler_set_next_due(TimestampTz next_due)
{
	lock_exclusive();
	my_slot->next_due = next_due;
	unlock();
}

void
scheduler_set_starved(bool starved)
{
	lock_exclusive();
	my_slot->starved = starved;
	unlock();
}

bool
scheduler_leave(bool force)
{
	bool		left = false;

	lock_exclusive();
	if (force || !my_slot->wanted)
	{
		my_slot->scheduler = NULL;
		my_slot->scheduler_pid = 0;
		my_slot->starved = false;
		my_slot->left_cleanly = true;
		/*
		 * it was asked to leave with work left: its successor must look at
		 * once
		 */
		if (force)
			my_slot->wanted = true;
		left = true;
	}
	unlock();
	return left;
}

/*----------
 * Everybody's side.
 *----------
 */

void
database_wake(Oid database)
{
	DatabaseSlot *slot;

	lock_exclusive();
	slot = database_slot(database);
	if (slot != NULL)
	{
		slot->wanted = true;
		/* a database that announces something has the extension */
		if (slot->extension == EXTENSION_ABSENT)
			slot->extension = EXTENSION_UNKNOWN;
		database_slot_poke(slot);
	}
	unlock();
}

void
database_extension_created(Oid database)
{
	DatabaseSlot *slot;

	lock_exclusive();
	slot = database_slot(database);
	if (slot != NULL)
	{
		slot->wanted = true;
		slot->version_told = false;
		if (slot->scheduler == NULL)
			slot->extension = EXTENSION_UNKNOWN;
		database_slot_poke(slot);
	}
	unlock();
}

void
databases_wake(void)
{
	lock_exclusive();
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &rsfed_shmem->databases[i];

		if (!OidIsValid(slot->database) || slot->extension != EXTENSION_PRESENT)
			continue;
		slot->wanted = true;
		database_slot_poke(slot);
	}
	unlock();
}

void
launcher_wake(void)
{
	lock_exclusive();
	rsfed_shmem->rescan = true;
	if (rsfed_shmem->launcher != NULL)
		SetLatch(&rsfed_shmem->launcher->procLatch);
	unlock();
}

bool
database_hold(Oid database)
{
	DatabaseSlot *slot;

	lock_exclusive();
	slot = database_slot(database);
	if (slot != NULL)
	{
		slot->holds++;
		if (slot->scheduler != NULL)
			SetLatch(&slot->scheduler->procLatch);
		workers_ask_to_leave(database, false);
	}
	unlock();
	return slot != NULL;
}

void
database_release(Oid database)
{
	DatabaseSlot *slot;

	lock_exclusive();
	slot = database_slot_find(database);
	if (slot != NULL && slot->holds > 0)
		slot->holds--;
	/* the old process may be gone, and a new one may have started */
	rsfed_shmem->rescan = true;
	if (rsfed_shmem->launcher != NULL)
		SetLatch(&rsfed_shmem->launcher->procLatch);
	unlock();
}

bool
database_wait_empty(Oid database, int force_after_ms, int timeout_ms, uint32 wait_event)
{
	TimestampTz start = GetCurrentTimestamp();
	bool		forced = false;
	bool		empty;

	ConditionVariablePrepareToSleep(&rsfed_shmem->departed);
	for (;;)
	{
		DatabaseSlot *slot;
		TimestampTz now = GetCurrentTimestamp();
		long		left_ms;

		lock_exclusive();
		slot = database_slot_find(database);
		empty = (slot == NULL || slot->scheduler == NULL) && !workers_exist(database);
		if (!empty && !forced && TimestampDifferenceExceeds(start, now, force_after_ms))
		{
			/*
			 * the pid is that of the slot's owner as long as the lock is held
			 */
			if (slot != NULL && slot->scheduler != NULL)
				(void) kill(slot->scheduler_pid, SIGTERM);
			workers_ask_to_leave(database, true);
			forced = true;
		}
		unlock();

		left_ms = (forced ? timeout_ms : force_after_ms) -
			TimestampDifferenceMilliseconds(start, now);
		if (empty || (forced && left_ms <= 0))
			break;
		(void) ConditionVariableTimedSleep(&rsfed_shmem->departed, Max(left_ms, 1), wait_event);
	}
	ConditionVariableCancelSleep();
	return empty;
}

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
