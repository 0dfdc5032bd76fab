/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The process that starts a scheduler in each database that needs one.
 *
 * It is connected to no database and reads only pg_database.  To find out
 * whether a database has the extension, it starts a scheduler there, which
 * leaves at once if not: one database after the other, so that a server with
 * hundreds of databases needs one worker slot for this, not hundreds.
 * Afterwards it starts a scheduler where something was announced or is due.
 * Template databases and those that allow no connections are never touched.
 *
 * All its knowledge is in shared memory (src/shmem/databases.c), so a new
 * launcher continues where the last one ended.
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

/* how often pg_database is read again without a request */
#define RESCAN_MS 60000
/* time until the next try if no worker slot is free */
#define SHORTAGE_MS 10000
/* a clock that goes back by less was adjusted, not set */
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
	/* it runs no long SQL: a flag is enough, and ends it more quietly */
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();

	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	if (!launcher_attach())
	{
		ereport(LOG,
				(errmsg("another rsfed launcher is running already")));
		/*
		 * exit code 1: the postmaster tries again; after code 0 it never would
		 */
		proc_exit(1);
	}
	ereport(DEBUG1,
			(errmsg_internal("rsfed launcher started")));

	launcher_loop();

	/*
	 * at shutdown nothing restarts it; after pg_terminate_backend the
	 * postmaster must
	 */
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

		/*
		 * the next due time of a scheduler that has left may be far in the
		 * future now
		 */
		if (TimestampTzPlusMilliseconds(now, CLOCK_BACK_MS) < last_look)
			databases_clock_set_back(now);
		last_look = now;

		/* a clock that was set back must not postpone the next look */
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
 * After a change of rsfed.identity, each database has to check again whether
 * its schedules are its own.  Allocates in TopMemoryContext.
 */
static void
notice_identity(void)
{
	static char *known = NULL;

	if (known != NULL && strcmp(known, rsfed_identity) == 0)
		return;
	/*
	 * a new launcher finds schedulers only after a crash of the previous one
	 */
	if (known != NULL)
	{
		databases_wake();
		pfree(known);
	}
	known = MemoryContextStrdup(TopMemoryContext, rsfed_identity);
}

/* Stores the list of databases in shared memory. */
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

/* Removes the schedulers that have ended from the list; returns the rest. */
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
 * Starts schedulers where they are needed; lowers *wake_at to the time of the
 * next look.  Returns the list with the new ones.
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

/*
 * Is a scheduler starting that has to find out whether the extension exists?
 */
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
