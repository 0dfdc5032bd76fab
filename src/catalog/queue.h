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
 * How many runs of workers may be at work by the name of a source at the same
 * time.  A List of these has an entry for each source with a limit.
 */
typedef struct QueueLimit
{
	const char *source;
	int			max_runs;		/* 0 = none */
} QueueLimit;

/* Keeps others from taking runs until the end of the transaction. */
extern void queue_lock(void);

/*
 * Takes the queued run that is next, marks it running by this process, and
 * returns it; NULL if there is none that may run now.  Behind queue_lock(), with
 * limits that were found behind it, too.
 */
extern Run *queue_take(List *limits);

/*
 * For a run that was taken in this transaction and begins after it: queued
 * requests that ask for the same become skipped, and point to it.
 */
extern void queue_join_equal(int64 run_id, int32 relation_id);

/* Does any run wait, for whatever? */
extern bool queue_any(void);

/* Number of runs that workers could begin now, all limits observed. */
extern int	queue_count_takeable(List *limits);

#endif							/* RSFED_QUEUE_H */
