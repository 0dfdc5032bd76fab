/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  The progress of the refresh in this process, for rsfed.progress.
 *
 * Policy: the owner of an entry writes without a lock, between two changes of
 * a counter; a reader repeats until the counter was the same even number
 * before and after.  So counting a row costs a few stores, and a reader cannot
 * delay a refresh.
 *
 * The lock is taken only to find a free entry and to return it.  If a process
 * finds none, its refresh is not shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/procarray.h"

#include "base/compat.h"
#include "shmem/state.h"

/*
 * The state of this process; kept here too, for a failure report without
 * shared memory.
 */
static Progress current;
static bool active = false;

/* Its entry, if it has one. */
static volatile ProgressEntry *entry = NULL;

static void claim_entry(void);
static void release_entry(void);
static void publish_begin(void);
static void publish_end(void);
static void progress_exit(int code, Datum arg);
static void progress_xact_end(XactEvent event, void *arg);

const char *
phase_name(RefreshPhase phase)
{
	switch (phase)
	{
		case PHASE_NONE:
			return "none";
		case PHASE_STARTING:
			return "starting";
		case PHASE_CONNECTING:
			return "connecting";
		case PHASE_WAITING:
			return "waiting for Redshift";
		case PHASE_RECEIVING:
			return "receiving";
		case PHASE_APPLYING:
			return "applying";
		case PHASE_COMMITTING:
			return "committing";
	}
	return "unknown";
}

void
progress_begin(int64 run_id, int32 relation_id, Oid relid, int64 rows_last_run,
			   TimestampTz replaces_as_of)
{
	memset(&current, 0, sizeof(current));
	current.run_id = run_id;
	current.relation_id = relation_id;
	current.relid = relid;
	current.userid = GetUserId();
	current.phase = PHASE_STARTING;
	current.started_at = GetCurrentTimestamp();
	current.rows_last_run = rows_last_run;
	current.replaces_as_of = replaces_as_of;
	active = true;

	if (entry == NULL)
		claim_entry();
	else
	{
		publish_begin();
		entry->data = current;
		publish_end();
	}
}

void
progress_move(Oid relid, int64 rows_last_run, TimestampTz replaces_as_of)
{
	if (!active)
		return;
	current.relid = relid;
	current.rows = current.bytes = 0;
	current.receiving_since = 0;
	current.rows_last_run = rows_last_run;
	current.replaces_as_of = replaces_as_of;
	if (entry == NULL)
		return;
	publish_begin();
	entry->data = current;
	publish_end();
}

void
progress_set_phase(RefreshPhase phase)
{
	if (!active)
		return;
	current.phase = phase;
	if (phase == PHASE_RECEIVING && current.receiving_since == 0)
		current.receiving_since = GetCurrentTimestamp();

	/* a second attempt after an abort, which returned the entry */
	if (entry == NULL)
	{
		claim_entry();
		return;
	}
	publish_begin();
	entry->data.phase = current.phase;
	entry->data.receiving_since = current.receiving_since;
	publish_end();
}

void
progress_set_rows(int64 rows, int64 bytes)
{
	current.rows = rows;
	current.bytes = bytes;
	if (entry == NULL)
		return;
	publish_begin();
	entry->data.rows = rows;
	entry->data.bytes = bytes;
	publish_end();
}

void
progress_end(void)
{
	active = false;
	current.phase = PHASE_NONE;
	release_entry();
}

RefreshPhase
progress_current_phase(void)
{
	return current.phase;
}

/* Finds a free entry and fills it from "current". */
static void
claim_entry(void)
{
	static bool callbacks_registered = false;

	if (rsfed_shmem == NULL)
		return;
	if (!callbacks_registered)
	{
		before_shmem_exit(progress_exit, (Datum) 0);
		RegisterXactCallback(progress_xact_end, NULL);
		callbacks_registered = true;
	}

	LWLockAcquire(rsfed_shmem->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_PROGRESS; i++)
	{
		if (rsfed_shmem->progress[i].pid != 0)
			continue;
		entry = &rsfed_shmem->progress[i];
		publish_begin();
		entry->pid = MyProcPid;
		entry->database = MyDatabaseId;
		entry->data = current;
		publish_end();
		break;
	}
	LWLockRelease(rsfed_shmem->lock);
}

static void
release_entry(void)
{
	if (entry == NULL)
		return;
	LWLockAcquire(rsfed_shmem->lock, LW_EXCLUSIVE);
	publish_begin();
	entry->pid = 0;
	publish_end();
	entry = NULL;
	LWLockRelease(rsfed_shmem->lock);
}

/* An odd counter makes readers repeat. */
static void
publish_begin(void)
{
	entry->changecount++;
	pg_write_barrier();
}

static void
publish_end(void)
{
	pg_write_barrier();
	entry->changecount++;
}

/*
 * A run without an outcome is left behind: wake the scheduler to find it,
 * because it may have left if nothing was due.
 */
static void
tell_scheduler(void)
{
	if (entry != NULL)
		database_wake(MyDatabaseId);
}

static void
progress_exit(int code, Datum arg)
{
	tell_scheduler();
	release_entry();
}

/*
 * An error that nobody caught ends a refresh without progress_end.  The next
 * work of this session must not appear as that run.
 */
static void
progress_xact_end(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_ABORT)
		return;
	tell_scheduler();
	release_entry();
	active = false;
}

int
progress_max(void)
{
	return MAX_PROGRESS;
}

int
progress_list(Progress *list, int *pids, int max)
{
	int			found = 0;

	if (rsfed_shmem == NULL)
		return 0;

	for (int i = 0; i < MAX_PROGRESS && found < max; i++)
	{
		volatile ProgressEntry *from = &rsfed_shmem->progress[i];
		ProgressEntry copy;

		for (;;)
		{
			int			before = from->changecount;

			pg_read_barrier();
			copy.pid = from->pid;
			copy.database = from->database;
			copy.data = from->data;
			pg_read_barrier();
			if (before == from->changecount && (before & 1) == 0)
				break;
			CHECK_FOR_INTERRUPTS();
		}
		if (copy.pid == 0 || copy.database != MyDatabaseId)
			continue;
		list[found] = copy.data;
		pids[found] = copy.pid;
		found++;
	}
	return found;
}

/* The refresh of that run, and its process. */
static bool
find(int64 run_id, Progress *progress, int *pid)
{
	Progress   *list = palloc(sizeof(Progress) * MAX_PROGRESS);
	int		   *pids = palloc(sizeof(int) * MAX_PROGRESS);
	int			count = progress_list(list, pids, MAX_PROGRESS);
	bool		found = false;

	for (int i = 0; i < count && !found; i++)
	{
		found = list[i].run_id == run_id;
		if (found)
		{
			*progress = list[i];
			*pid = pids[i];
		}
	}
	pfree(list);
	pfree(pids);
	return found;
}

bool
progress_find(int64 run_id, Progress *progress)
{
	int			pid;

	return find(run_id, progress, &pid);
}

bool
progress_transaction(int64 run_id, VirtualTransactionId *vxid)
{
	Progress	progress;
	PGPROC	   *proc;
	int			pid;

	if (!find(run_id, &progress, &pid) || (proc = BackendPidGetProc(pid)) == NULL)
		return false;
	GET_VXID_FROM_PGPROC(*vxid, *proc);
	return VirtualTransactionIdIsValid(*vxid);
}

bool
progress_cancel(int64 run_id)
{
	bool		signalled = false;

	if (rsfed_shmem == NULL)
		return false;

	/*
	 * The process that ends a run returns its entry under this lock: as long
	 * as the lock is held, the process works on that run.
	 */
	LWLockAcquire(rsfed_shmem->lock, LW_SHARED);
	for (int i = 0; i < MAX_PROGRESS && !signalled; i++)
	{
		volatile ProgressEntry *at = &rsfed_shmem->progress[i];

		if (at->pid != 0 && at->database == MyDatabaseId && at->data.run_id == run_id)
			signalled = kill(at->pid, SIGINT) == 0;
	}
	LWLockRelease(rsfed_shmem->lock);
	return signalled;
}
