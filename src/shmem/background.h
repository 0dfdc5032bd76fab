/*-------------------------------------------------------------------------
 *
 * background.h
 *	  The state of the background processes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BACKGROUND_H
#define RSFED_BACKGROUND_H

#include "utils/timestamp.h"

#include "shmem/databases.h"

/* A copy of the state of the scheduler of a database, and of all workers. */
typedef struct SchedulerState
{
	int			launcher_pid;	/* 0 = there is none */
	bool		known;			/* the following members, up to databases, are known */
	bool		launching;
	bool		starved;		/* runs wait for workers */
	bool		wanted;
	ExtensionState extension;
	int			holds;			/* commands that need the database empty */
	int			scheduler_pid;	/* 0 = there is none */
	int			failures;		/* unexpected ends in a row */
	TimestampTz not_before;		/* 0, or when one is started again */
	TimestampTz next_due;		/* DT_NOEND = nothing is */
	int			databases;		/* known to have the extension */
	int			workers_busy;	/* of the whole server */
	int			workers_idle;	/* including those that are starting */
} SchedulerState;

/*
 * Fills *state for a database.  False, with nothing known, without preloading.
 * Takes the lock, shared, for a moment; raises nothing.
 */
extern bool scheduler_describe(Oid database, SchedulerState *state);

#endif							/* RSFED_BACKGROUND_H */
