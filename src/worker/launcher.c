/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The one process that sees to it that each database has its scheduler.
 *
 * It is connected to no database and reads pg_database only.  Whether a
 * database has the extension it learns from a scheduler that it starts there
 * and that leaves at once if not: one database after the other, so that a
 * server with hundreds of databases needs one worker slot for it, not hundreds.
 * Afterwards a scheduler is started where something was announced or is due.
 * Template databases and those that allow no connections are never touched.
 *
 * All it knows stands in shared memory (src/shmem/databases.c): a new launcher
 * goes on where the last one ended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/settings.h"
#include "shmem/databases.h"
#include "worker/bgworker.h"
#include "worker/launcher.h"

/* pg_database is read again that often even if nobody asked for it */
#define RESCAN_MS 60000
/* without a free worker slot, tried again after that */
#define SHORTAGE_MS 10000
/* a clock that goes back by less is being adjusted, not set */
#define CLOCK_BACK_MS 1000
/* pg_database.datconnlimit of a database whose DROP was interrupted */
#define DATCONNLIMIT_INVALID (-2)

/* A scheduler that this launcher started and that has not ended. */
typedef struct Launch
{
	Oid			database;
	BackgroundWorkerHandle *handle;
} Launch;

extern PGDLLEXPORT void rsfed_launcher_main(Datum arg);

static const WorkerKind launcher_kind = {"rsfed launcher", "rsfed_launcher_main", 1};
static const WorkerKind scheduler_kind = {"rsfed scheduler", "rsfed_scheduler_main", BGW_NEVER_RESTART};

static void launcher_loop(void);
static void scan_databases(void);
static List *reap_schedulers(List *launches);
static List *start_schedulers(List *launches, TimestampTz *wake_at);
static bool probing(List *launches);
static void notice_identity(void);

void
launcher_register(void)
{
	BackgroundWorker worker;

	bgworker_fill(&worker, &launcher_kind, NULL);
	RegisterBackgroundWorker(&worker);
}

/* The launcher's process; started by the postmaster once recovery is over. */
void
rsfed_launcher_main(Datum arg)
{
	/* runs no SQL that could last: a flag is enough, and a quieter end */
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();

	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	if (!launcher_attach())
	{
		ereport(LOG,
				(errmsg("another rsfed launcher is running already")));
		/* code 1: the postmaster tries again, code 0 would be for ever */
		proc_exit(1);
	}
	ereport(DEBUG1,
			(errmsg_internal("rsfed launcher started")));

	launcher_loop();

	/* at shutdown nothing starts again; after pg_terminate_backend it shall */
	proc_exit(1);
}

static void
launcher_loop(void)
{
	uint32		wait_event = RSFED_WAIT_EVENT_NEW("RsfedLauncherMain");
	TimestampTz next_scan = 0;
	TimestampTz last_look = 0;
	List	   *launches = NIL;

	MemoryContextSwitchTo(TopMemoryContext);
	while (!ShutdownRequestPending)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz wake_at;

		/* schedulers that have left wait for a time that may be far off now */
		if (TimestampTzPlusMilliseconds(now, CLOCK_BACK_MS) < last_look)
			databases_clock_set_back(now);
		last_look = now;

		/* a clock that was set back must not put the next look off */
		if (launcher_take_rescan() || now >= next_scan ||
			next_scan > TimestampTzPlusMilliseconds(now, RESCAN_MS))
		{
			scan_databases();
			next_scan = TimestampTzPlusMilliseconds(now, RESCAN_MS);
		}

		notice_identity();
		launches = reap_schedulers(launches);
		wake_at = next_scan;
		if (rsfed_scheduler)
			launches = start_schedulers(launches, &wake_at);

		bgworker_sleep(wake_at, RESCAN_MS, wait_event);
	}
}

/*
 * With another rsfed.identity than before, each database has to see anew
 * whether its schedules are its own.  Allocates in TopMemoryContext.
 */
static void
notice_identity(void)
{
	static char *known = NULL;

	if (known != NULL && strcmp(known, rsfed_identity) == 0)
		return;
	/* a launcher that starts finds schedulers only after its own crash */
	if (known != NULL)
	{
		databases_wake();
		pfree(known);
	}
	known = MemoryContextStrdup(TopMemoryContext, rsfed_identity);
}

/*
 * Tells shared memory which databases there are.
 */
static void
scan_databases(void)
{
	static bool too_many_told = false;
	MemoryContext old = CurrentMemoryContext;
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;
	Oid		   *databases;
	int			count = 0;
	int			allocated = 64;

	StartTransactionCommand();
	/* as autovacuum does: without a snapshot the catalog scan has no xmin */
	(void) GetTransactionSnapshot();

	databases = palloc(allocated * sizeof(Oid));
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		if (form->datistemplate || !form->datallowconn ||
			form->datconnlimit == DATCONNLIMIT_INVALID)
			continue;
		if (count == allocated)
		{
			allocated *= 2;
			databases = repalloc(databases, allocated * sizeof(Oid));
		}
		databases[count++] = form->oid;
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);

	if (!databases_sync(databases, count) && !too_many_told)
	{
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("rsfed does not look after all databases of this server"),
				 errdetail("There are %d, more than it has room for.", count)));
		too_many_told = true;
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(old);
}

/* Forgets the schedulers that have ended; returns the rest. */
static List *
reap_schedulers(List *launches)
{
	ListCell   *lc;

	foreach(lc, launches)
	{
		Launch	   *launch = lfirst(lc);
		pid_t		pid;
		int			delay_s;

		if (GetBackgroundWorkerPid(launch->handle, &pid) != BGWH_STOPPED)
			continue;

		delay_s = database_launch_ended(launch->database, GetCurrentTimestamp());
		if (delay_s > 1)
			ereport(LOG,
					(errmsg("scheduler of database %u ended unexpectedly again", launch->database),
					 errdetail("It is started again after %d seconds.", delay_s)));
		pfree(launch->handle);
		pfree(launch);
		launches = foreach_delete_current(launches, lc);
	}
	return launches;
}

/*
 * Starts schedulers where they are needed; *wake_at comes down to when to ask
 * again.  Returns the list with the new ones.
 */
static List *
start_schedulers(List *launches, TimestampTz *wake_at)
{
	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		BackgroundWorker worker;
		BackgroundWorkerHandle *handle;
		Launch	   *launch;
		char		suffix[32];
		Oid			database = database_next_launch(now, !probing(launches), wake_at);

		if (!OidIsValid(database))
			return launches;

		snprintf(suffix, sizeof(suffix), "for database %u", database);
		bgworker_fill(&worker, &scheduler_kind, suffix);
		worker.bgw_main_arg = ObjectIdGetDatum(database);
		handle = bgworker_start(&worker);
		if (handle == NULL)
		{
			TimestampTz later = TimestampTzPlusMilliseconds(now, SHORTAGE_MS);

			database_launch_failed(database, later);
			*wake_at = Min(*wake_at, later);
			return launches;
		}
		launch = palloc(sizeof(Launch));
		launch->database = database;
		launch->handle = handle;
		launches = lappend(launches, launch);
	}
}

/* Is a scheduler under way that has to find out whether the extension is there? */
static bool
probing(List *launches)
{
	ListCell   *lc;

	foreach(lc, launches)
	{
		Launch	   *launch = lfirst(lc);

		if (!database_extension_known(launch->database))
			return true;
	}
	return false;
}
