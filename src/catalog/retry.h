/*-------------------------------------------------------------------------
 *
 * retry.h
 *	  Rows of rsfed_catalog.run that wait for their time: retries and others.
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
	bool		is_running;		/* else it waits */
	bool		is_retry_to_come;	/* it waits for its time, not for a worker */
} OpenRun;

/* The runs of schedules that have not ended: List of OpenRun *. */
extern List *runs_open_of_schedules(TimestampTz now);

/* Makes a run that waits, or (is_running) one of this process, skipped. */
extern void run_skip(int64 run_id, const char *note);

/*
 * A relation has new or confirmed content by that run: retries that wait for no
 * more than that become skipped, and the schedules concerned have failed no
 * times in a row.
 */
extern void retries_settle(int64 run_id, const RunRequest *request);

/* Skips the retries of a schedule that is no more. */
extern void retries_drop(int32 relation_id, const char *schedule_name, const char *note);

/* Skips what has waited for longer than it may; returns how many. */
extern int	runs_expire(TimestampTz now);

/* When a waiting run has to be looked at next: its time comes, or is over. */
extern bool runs_next_look(TimestampTz now, TimestampTz *next);

/* The clock was set back: what waits for a time waits as long as it was meant to. */
extern void runs_after_clock(TimestampTz now);

#endif							/* RSFED_RETRY_H */
