/*-------------------------------------------------------------------------
 *
 * queue.h
 *	  Which of the queued runs is next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_QUEUE_H
#define RSFED_QUEUE_H

#include "catalog/run.h"

/*
 * Takes the queued run that is next, marks it running by this process, and
 * returns it; NULL if there is none that may run now.  One process at a time:
 * holds a lock until the end of the transaction.
 */
extern Run *queue_take(void);

/*
 * For a run that was taken in this transaction and begins after it: queued
 * requests that ask for the same become skipped, and point to it.
 */
extern void queue_join_equal(int64 run_id, int32 relation_id);

/* Does any run wait, for whatever? */
extern bool queue_any(void);

/* Number of runs that workers could begin now, all limits observed. */
extern int	queue_count_takeable(void);

#endif							/* RSFED_QUEUE_H */
