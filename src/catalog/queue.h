/*-------------------------------------------------------------------------
 *
 * queue.h
 *	  Chooses the next of the queued runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_QUEUE_H
#define RSFED_QUEUE_H

#include "catalog/run.h"

/*
 * The number of runs of workers that may be at work by the name of a source at
 * the same time; one entry for each source with a limit.
 */
typedef struct QueueLimit
{
	const char *source;
	int			max_runs;		/* 0 = none */
} QueueLimit;

/*
 * A member that may get new statements of a group.  A group without a limit at
 * any member needs no entries.
 */
typedef struct QueuePlace
{
	const char *source;			/* the group */
	const char *server;
	int			max_runs;		/* 0 = any number */
	int			runs;			/* of workers that are connected to it now */
	bool		works;			/* it may be used, or tried again, now */
} QueuePlace;

/* A member that the runs of a rollup, or of a set with it, skip. */
typedef struct QueueUnfit
{
	int32		relation_id;
	const char *server;
} QueueUnfit;

/* The limits that keep runs in the queue. */
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
 * returns it; NULL if there is none that may run now.  Called after
 * queue_lock(), with limits that were also read after it.
 */
extern Run *queue_take(const QueueLimits *limits);

/*
 * For a run that was taken in this transaction and begins after it: queued
 * requests for the same become skipped and refer to it.
 */
extern void queue_join_equal(int64 run_id, int32 relation_id);

/* Does any run wait, for any reason? */
extern bool queue_any(void);

/* Number of runs that workers could begin now, all limits observed. */
extern int	queue_count_takeable(const QueueLimits *limits);

/*
 * The numbers of the rollups of a source that have waiting runs, including
 * rollups in waiting sets: List of int.
 */
extern List *queue_rollups(const char *source);

#endif							/* RSFED_QUEUE_H */
