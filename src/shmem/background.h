/*-------------------------------------------------------------------------
 *
 * background.h
 *	  What the background processes are doing, and why not.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BACKGROUND_H
#define RSFED_BACKGROUND_H

#include "utils/timestamp.h"

#include "shmem/databases.h"

/* A copy of what is known of the scheduler of a database, and of all workers. */
typedef struct SchedulerState
{
	int			launcher_pid;	/* 0 = there is none */
	bool		known;			/* what follows, up to databases, is known */
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
	int			workers_idle;	/* those that are starting included */
} SchedulerState;

/*
 * Fills *state for a database.  False, and nothing known, without preloading.
 * Takes the lock, shared, for a moment; raises nothing.
 */
extern bool scheduler_describe(Oid database, SchedulerState *state);

#endif							/* RSFED_BACKGROUND_H */
