/*-------------------------------------------------------------------------
 *
 * retry.h
 *	  Rows of rsfed_catalog.run that wait for a time: retries and others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RETRY_H
#define RSFED_RETRY_H

#include "nodes/pg_list.h"

#include "catalog/run.h"

/* A run of a schedule that has not ended. */
typedef struct OpenRun
{
	int64		run_id;
	int32		relation_id;
	char	   *schedule_name;
	bool		is_running;		/* else it is queued */
	bool		is_retry_to_come;	/* it waits for a time, not for a worker */
} OpenRun;

/* The runs of schedules that have not ended: List of OpenRun *. */
extern List *runs_open_of_schedules(TimestampTz now);

/* Ends a waiting run, or (is_running) a run of this process, as skipped. */
extern void run_skip(int64 run_id, const char *note);

/*
 * A relation has new or confirmed content from that run: retries that would do
 * no more become skipped, and the failures in a row of their schedules are
 * reset.
 */
extern void retries_settle(int64 run_id, const RunRequest *request);

/* Skips the retries of a schedule that was dropped. */
extern void retries_drop(int32 relation_id, const char *schedule_name, const char *note);

/* Skips runs that have waited for too long; returns their number. */
extern int	runs_expire(TimestampTz now);

/*
 * The time when a waiting run has to be checked next, because it is due or too
 * late.
 */
extern bool runs_next_look(TimestampTz now, TimestampTz *next);

/*
 * After the clock was set back: a run that waits for a time waits as long as
 * it was meant to.
 */
extern void runs_after_clock(TimestampTz now);

#endif							/* RSFED_RETRY_H */
