/*-------------------------------------------------------------------------
 *
 * bgworker.h
 *	  Common code of the launcher, the schedulers and the run workers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BGWORKER_H
#define RSFED_BGWORKER_H

#include "postmaster/bgworker.h"
#include "utils/timestamp.h"

/* The properties of a kind of process. */
typedef struct WorkerKind
{
	const char *name;			/* as pg_stat_activity.backend_type shows it */
	const char *function;		/* exported; its main function */
	int			restart_s;		/* or BGW_NEVER_RESTART */
} WorkerKind;

/*
 * Fills everything of a BackgroundWorker but argument, extra and notify_pid.
 * "suffix" is added to the name in the log and may be NULL.
 */
extern void bgworker_fill(BackgroundWorker *worker, const WorkerKind *kind, const char *suffix);

/*
 * Registers a worker while the server runs; this process is notified of its
 * start and end.  NULL if max_worker_processes is exhausted: that is logged
 * once, and once more when it works again.  The handle is palloc'd in the
 * current memory context.
 */
extern BackgroundWorkerHandle *bgworker_start(BackgroundWorker *worker);

/*
 * Connects to a database as the bootstrap superuser, with signal handlers for
 * a process that runs SQL (SIGTERM die, SIGINT cancel, SIGHUP reload), and
 * pins the settings that a default of the database could spoil.
 */
extern void bgworker_connect(Oid database);

/* Reads the configuration again if SIGHUP asked for it. */
extern void bgworker_reload_config(void);

/*
 * Sleeps until the latch is set or the time has come (DT_NOEND: none), at most
 * max_ms; resets the latch, processes interrupts and reloads.
 */
extern void bgworker_sleep(TimestampTz until, int max_ms, uint32 wait_event);

/*
 * A transaction with a snapshot, and its end; activity is shown meanwhile.
 * Both leave the memory context as it was.
 */
extern void bgworker_begin(const char *activity);
extern void bgworker_commit(void);

/*
 * Locks the extension against DROP until the end of the transaction, and
 * returns whether it exists.  Waits for a DROP in progress.
 */
extern bool bgworker_lock_extension(void);

#endif							/* RSFED_BGWORKER_H */
