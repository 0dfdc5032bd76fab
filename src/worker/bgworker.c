/*-------------------------------------------------------------------------
 *
 * bgworker.c
 *	  Common code of the launcher, the schedulers and the run workers.
 *
 * Policy: a process that runs SQL ends by die() at SIGTERM, so that it ends
 * even in the middle of a statement.  Only the launcher has a restart time and
 * is restarted by the postmaster; any other process is started by the process
 * that needs it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/run_settings.h"
#include "worker/bgworker.h"

void
bgworker_fill(BackgroundWorker *worker, const WorkerKind *kind, const char *suffix)
{
	memset(worker, 0, sizeof(BackgroundWorker));
	snprintf(worker->bgw_name, BGW_MAXLEN, "%s%s%s", kind->name,
			 suffix ? " " : "", suffix ? suffix : "");
	strlcpy(worker->bgw_type, kind->name, BGW_MAXLEN);
	strlcpy(worker->bgw_library_name, "rsfed", sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, kind->function, sizeof(worker->bgw_function_name));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	/* asleep on a standby; started by the postmaster at promotion */
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = kind->restart_s;
}

BackgroundWorkerHandle *
bgworker_start(BackgroundWorker *worker)
{
	static bool shortage_told = false;
	BackgroundWorkerHandle *handle;

	worker->bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(worker, &handle))
	{
		if (shortage_told)
			ereport(LOG,
					(errmsg("a background worker slot is free again for \"%s\"", worker->bgw_name)));
		shortage_told = false;
		return handle;
	}

	if (!shortage_told)
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no free background worker slot for \"%s\"", worker->bgw_name),
				 errdetail("It is tried again until there is one."),
				 errhint("Raise max_worker_processes: rsfed needs one for its launcher, one per database that has the extension, and rsfed.max_workers.")));
	shortage_told = true;
	return NULL;
}

void
bgworker_connect(Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGINT, StatementCancelHandler);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();

	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);

	/*
	 * ALTER DATABASE ... SET is meant for people.  A scheduler that cannot
	 * write, or that sees the queue as it was an hour ago, would do nothing.
	 */
	run_settings_pin_process();
}

void
bgworker_reload_config(void)
{
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

void
bgworker_sleep(TimestampTz until, int max_ms, uint32 wait_event)
{
	long		ms = max_ms;

	if (!TIMESTAMP_IS_NOEND(until))
		ms = Min(ms, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until));

	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, wait_event);
	ResetLatch(MyLatch);
	/*
	 * a sleeping process has nothing to cancel: the cancel was meant for work
	 * that is over
	 */
	QueryCancelPending = false;
	CHECK_FOR_INTERRUPTS();
	bgworker_reload_config();
}

void
bgworker_begin(const char *activity)
{
	MemoryContext old = CurrentMemoryContext;

	SetCurrentStatementStartTimestamp();
	pgstat_report_activity(STATE_RUNNING, activity);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(old);
}

void
bgworker_commit(void)
{
	MemoryContext old = CurrentMemoryContext;

	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
	MemoryContextSwitchTo(old);
}

bool
bgworker_lock_extension(void)
{
	Oid			extension = get_extension_oid("rsfed", true);

	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	/* a DROP may have committed first, and a CREATE after it */
	return get_extension_oid("rsfed", true) == extension;
}
