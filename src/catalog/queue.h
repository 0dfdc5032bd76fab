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
 * time; there is one for each source with a limit.
 */
typedef struct QueueLimit
{
	const char *source;
	int			max_runs;		/* 0 = none */
} QueueLimit;

/*
 * A member to which a group may give something new.  Of a group without a limit
 * at any member there need be none here.
 */
typedef struct QueuePlace
{
	const char *source;			/* the group */
	const char *server;
	int			max_runs;		/* 0 = any number */
	int			runs;			/* of workers that are connected to it now */
	bool		works;			/* it may be asked, or tried again, now */
} QueuePlace;

/* A member that the runs of a rollup, or of a set with it, pass over. */
typedef struct QueueUnfit
{
	int32		relation_id;
	const char *server;
} QueueUnfit;

/* What keeps runs in the queue. */
typedef struct QueueLimits
{
	List	   *sources;		/* of QueueLimit */
	List	   *places;			/* of QueuePlace */
	List	   *unfit;			/* of QueueUnfit */
} QueueLimits;

/* Keeps others from taking runs until the end of the transaction. */
extern void queue_lock(void);

/*
 * Takes the queued run that is next, marks it running by this process, and
 * returns it; NULL if there is none that may run now.  Behind queue_lock(), with
 * limits that were found behind it, too.
 */
extern Run *queue_take(const QueueLimits *limits);

/*
 * For a run that was taken in this transaction and begins after it: queued
 * requests that ask for the same become skipped, and point to it.
 */
extern void queue_join_equal(int64 run_id, int32 relation_id);

/* Does any run wait, for whatever? */
extern bool queue_any(void);

/* Number of runs that workers could begin now, all limits observed. */
extern int	queue_count_takeable(const QueueLimits *limits);

/*
 * Numbers of the rollups of a source that runs wait for, those of sets that wait,
 * too: List of int.
 */
extern List *queue_rollups(const char *source);

#endif							/* RSFED_QUEUE_H */
