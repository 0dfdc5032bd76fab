/*-------------------------------------------------------------------------
 *
 * run_end.h
 *	  Waits for the end of a run, on the server where it works.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RUN_END_H
#define RSFED_RUN_END_H

/*
 * Called before the caller looks at the run: from then on the run's end wakes
 * run_end_sleep(), until run_end_done() or the end of the transaction.
 */
extern void run_end_prepare(int64 run_id);

/*
 * Sleeps for the given number of milliseconds or until a run may have ended,
 * whichever comes first; on a replica, where nobody wakes it, for the whole
 * time.  Interruptible.
 */
extern void run_end_sleep(int64 run_id, long ms);

extern void run_end_done(void);

#endif							/* RSFED_RUN_END_H */
