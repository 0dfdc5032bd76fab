/*-------------------------------------------------------------------------
 *
 * workers.h
 *	  The run workers of the server: their databases and their states.
 *
 * All of these need preloading, take the lock for a moment, and raise nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WORKERS_H
#define RSFED_WORKERS_H

#include "datatype/timestamp.h"

/* upper limit of rsfed.max_workers */
#define MAX_RUN_WORKERS 64

/* A reserved slot; a worker receives it in its bgw_extra. */
typedef struct WorkerTicket
{
	int			slot;
	uint32		generation;
	Oid			database;
} WorkerTicket;

/*----------
 * The scheduler's side.
 *----------
 */

/*
 * Reserves a slot for a worker of that database; false if "limit" workers
 * exist or are starting, or a command needs the database empty.
 */
extern bool worker_reserve(Oid database, int limit, WorkerTicket *ticket);

/* The process did not start: returns the slot, if it is still reserved. */
extern void worker_unreserve(const WorkerTicket *ticket);

/*
 * Wakes up to "wanted" idle workers of a database; returns the number of
 * workers that are idle or starting.
 */
extern int	workers_wake_idle(Oid database, int wanted);

/*
 * Called after the commit of new runs: wakes idle workers that no process
 * counts on yet, one for each run.  False if there are too few: then the
 * scheduler has to start more.
 */
extern bool workers_wake_for_new(Oid database, int runs);

/*
 * Asks all workers of a database to leave; a busy worker leaves after its run.
 */
extern void workers_dismiss(Oid database);

/* Asks an idle worker of another database to leave; false if there is none. */
extern bool workers_free_one_elsewhere(Oid database);

/*----------
 * The worker's side.
 *----------
 */

/*
 * Takes the reserved slot; false if it is no longer reserved for this process.
 * Ends at process exit, whatever its cause; the database's scheduler is
 * informed, and those that wait for a free slot.
 */
extern bool worker_attach(const WorkerTicket *ticket);

/*
 * A worker must mark itself idle before it looks for a run, so that no wake-up
 * is missed.  True if another process has counted on this worker: whatever run
 * it finds, there may be another run that no other worker looks for.
 */
extern bool worker_set_idle(void);

/*
 * False if another process has counted on this worker since it marked itself
 * idle, perhaps for a run other than the one that it has found.
 */
extern bool worker_set_busy(int64 run_id);

/* Does another process count on this worker, which marked itself idle? */
extern bool worker_is_woken(void);

/*
 * Called before a worker with nothing to do leaves: false if another process
 * counts on it.
 */
extern bool worker_leave_idle(void);

/*
 * This worker will end although runs may wait; the scheduler starts another.
 */
extern void worker_retire(void);

/*
 * Should this worker end before it takes another run?  True if it was asked to
 * leave, or if runs wait in another database that has no worker at all.
 */
extern bool worker_should_leave(void);

#endif							/* RSFED_WORKERS_H */
