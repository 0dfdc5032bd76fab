/*-------------------------------------------------------------------------
 *
 * run_end.h
 *	  Waiting for the end of a run, on the server where it works.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RUN_END_H
#define RSFED_RUN_END_H

/*
 * To be called before the run is looked at: from here on its end wakes
 * run_end_sleep().  Until run_end_done(), or the end of the transaction.
 */
extern void run_end_prepare(int64 run_id);

/*
 * Sleeps for so many milliseconds or until a run may have ended, whichever comes
 * first; where nobody would wake it, as on a replica, for that time.
 * Interruptible.
 */
extern void run_end_sleep(int64 run_id, long ms);

extern void run_end_done(void);

#endif							/* RSFED_RUN_END_H */
