/*-------------------------------------------------------------------------
 *
 * bgworker.h
 *	  What launcher, schedulers and run workers have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BGWORKER_H
#define RSFED_BGWORKER_H

#include "postmaster/bgworker.h"
#include "utils/timestamp.h"

/* What distinguishes one kind of process from another. */
typedef struct WorkerKind
{
	const char *name;			/* as pg_stat_activity.backend_type shows it */
	const char *function;		/* exported; its main */
	int			restart_s;		/* or BGW_NEVER_RESTART */
} WorkerKind;

/*
 * Fills everything of a BackgroundWorker but argument, extra and notify_pid.
 * "suffix" is added to the name in the log and may be NULL.
 */
extern void bgworker_fill(BackgroundWorker *worker, const WorkerKind *kind, const char *suffix);

/*
 * Registers while the server runs, with this process to be told of start and
 * end; NULL where max_worker_processes is exhausted: that is logged once, and once
 * more when it works again.  The handle is palloc'd in the current memory context.
 */
extern BackgroundWorkerHandle *bgworker_start(BackgroundWorker *worker);

/*
 * Connects to a database as the bootstrap superuser, with signal handlers for
 * a process that runs SQL (SIGTERM die, SIGINT cancel, SIGHUP reload), and
 * with settings that a default of the database could spoil set right.
 */
extern void bgworker_connect(Oid database);

/* Reads the configuration again if SIGHUP asked for it. */
extern void bgworker_reload_config(void);

/*
 * Sleeps until the latch is set or that time has come (DT_NOEND: no end), at
 * most max_ms; resets the latch, serves interrupts and reloads.
 */
extern void bgworker_sleep(TimestampTz until, int max_ms, uint32 wait_event);

/*
 * A transaction with a snapshot, and its end; activity is shown meanwhile.
 * Both leave the memory context as it was.
 */
extern void bgworker_begin(const char *activity);
extern void bgworker_commit(void);

/*
 * Locks the extension against DROP until the end of the transaction, and says
 * whether it is there.  Waits for a DROP under way.
 */
extern bool bgworker_lock_extension(void);

#endif							/* RSFED_BGWORKER_H */
