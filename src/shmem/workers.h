/*-------------------------------------------------------------------------
 *
 * workers.h
 *	  The run workers of the server: which database, at work or waiting.
 *
 * All of these need preloading, take the lock for a moment, and raise nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WORKERS_H
#define RSFED_WORKERS_H

#include "datatype/timestamp.h"

/* rsfed.max_workers goes up to this */
#define MAX_RUN_WORKERS 64

/* A reserved slot, as a worker gets it in its bgw_extra. */
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
 * Reserves a slot for a worker of that database; false if limit workers exist
 * or are on their way, or a command needs the database empty.
 */
extern bool worker_reserve(Oid database, int limit, WorkerTicket *ticket);

/* The process did not come: gives the slot back, if it is still reserved. */
extern void worker_unreserve(const WorkerTicket *ticket);

/*
 * Wakes up to "wanted" idle workers of a database; returns how many are idle
 * or on their way.
 */
extern int	workers_wake_idle(Oid database, int wanted);

/*
 * For whoever has committed so many new runs: wakes idle workers that nobody
 * counts on yet, one for each.  False if there are not so many: then the
 * scheduler has to see to it.
 */
extern bool workers_wake_for_new(Oid database, int runs);

/* Asks all workers of a database to leave, those at work after their run. */
extern void workers_dismiss(Oid database);

/* Asks an idle worker of another database to leave; false if there is none. */
extern bool workers_free_one_elsewhere(Oid database);

/*----------
 * The worker's side.
 *----------
 */

/*
 * Takes the reserved slot; false if it is no longer reserved for this process.
 * Ends at process exit, whatever its cause; the database's scheduler hears of
 * it, and those that wait for a free slot.
 */
extern bool worker_attach(const WorkerTicket *ticket);

/*
 * Idle must be said before looking for a run, so that no wake-up is missed.  True
 * if somebody has counted on this worker: whatever it finds then, there may be
 * another run that nobody looks for.
 */
extern bool worker_set_idle(void);

/*
 * False if somebody has counted on this worker since it said that it was idle:
 * perhaps for another run than the one that it has found.
 */
extern bool worker_set_busy(int64 run_id);

/* Does somebody count on this worker, who said that it was idle? */
extern bool worker_is_woken(void);

/* Before a worker leaves that has nothing to do: false if somebody counts on it. */
extern bool worker_leave_idle(void);

/* This worker will end, though runs may wait; the scheduler starts another. */
extern void worker_retire(void);

/*
 * Should this worker end before it takes another run: asked to leave, or runs
 * of another database wait that has no worker at all.
 */
extern bool worker_should_leave(void);

#endif							/* RSFED_WORKERS_H */
