/*-------------------------------------------------------------------------
 *
 * wake.h
 *	  Wakes other processes after the transaction has committed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WAKE_H
#define RSFED_WAKE_H

/*
 * At commit of the current transaction, wakes this database's scheduler (or
 * the launcher, to start one).  Does nothing at abort or without preloading.
 * Called by code that queues a run or changes a schedule.
 */
extern void wake_scheduler_at_commit(void);

/*
 * The same for a run that may begin at once: wakes an idle worker, or the
 * scheduler if there is none.  Called once for each such run.
 */
extern void wake_worker_at_commit(void);

/*
 * At commit, wakes the processes that wait for the end of that run
 * (run_end.h).
 */
extern void wake_waiters_at_commit(int64 run_id);

/*
 * The same after CREATE or ALTER EXTENSION: a scheduler is started to check
 * again, even if the extension did not exist or did not fit before.
 */
extern void wake_extension_created_at_commit(void);

/*
 * At commit, makes the launcher look for databases that it does not know yet.
 */
extern void wake_launcher_at_commit(void);

#endif							/* RSFED_WAKE_H */
