/*-------------------------------------------------------------------------
 *
 * state.h
 *	  The layout of rsfed's shared memory.  Only for src/shmem/.
 *
 * "Lock" below is SharedState.lock.  A latch of another process is set only
 * through the pointer to its PGPROC in a slot, and only while the lock is
 * held: the owner of a slot removes the pointer, under the lock, before its
 * PGPROC can be reused (before_shmem_exit).
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_STATE_H
#define RSFED_STATE_H

#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "shmem/databases.h"
#include "shmem/failures.h"
#include "shmem/health.h"
#include "shmem/progress.h"
#include "shmem/workers.h"

/*
 * Databases of the server, including those without the extension (so that they
 * are not probed again and again).
 */
#define MAX_DATABASES 1024

/* One for each run worker, and some for sessions that CALL rsfed.refresh. */
#define MAX_PROGRESS (MAX_RUN_WORKERS + 128)

/*
 * A process that waits for the end of a run sleeps on one of these condition
 * variables, chosen by the run's number, so that not every waiter wakes at
 * each end.
 */
#define RUN_END_SLOTS 64

/* Failures that wait until a scheduler stores them. */
#define MAX_FAILURES 16

typedef struct DatabaseSlot
{
	Oid			database;		/* InvalidOid: free.  Set by any process that knows of a
								 * database, freed by the launcher; lock, exclusive */
	ExtensionState extension;	/* set by the database's scheduler, reset by CREATE
								 * EXTENSION; lock, exclusive */
	bool		eligible;		/* set by the launcher: exists, is no template, allows
								 * connections; lock, exclusive */
	bool		launching;		/* set and reset by the launcher: a scheduler was
								 * registered and has not ended; lock, exclusive */
	bool		wanted;			/* set by anybody: there is something new to look at;
								 * reset by the scheduler, which then looks; lock,
								 * exclusive */
	bool		left_cleanly;	/* set by a scheduler that ends by itself, reset by the
								 * launcher; lock, exclusive */
	bool		starved;		/* set by the scheduler: runs wait and no worker of this
								 * database exists; lock, exclusive */
	bool		version_told;	/* set by the scheduler: the log has the line about
								 * versions that differ; lock, exclusive */
	bool		held_told;		/* set by the scheduler: the log has the line about
								 * schedules that are held; lock, exclusive */
	int			holds;			/* counted by commands that need the database empty;
								 * lock, exclusive */
	PGPROC	   *scheduler;		/* set and reset by the scheduler; lock, exclusive */
	pid_t		scheduler_pid;	/* as scheduler */
	int			failures;		/* set by the launcher: ends without left_cleanly in a
								 * row; lock, exclusive */
	TimestampTz launched_at;	/* set by the launcher; lock, exclusive */
	TimestampTz not_before;		/* set by the launcher: back-off; lock, exclusive */
	TimestampTz next_due;		/* set by the scheduler, DT_NOEND = nothing; stays when
								 * it leaves; lock, exclusive */
} DatabaseSlot;

typedef enum WorkerState
{
	WORKER_FREE,
	WORKER_STARTING,			/* reserved by a scheduler for a process to come */
	WORKER_IDLE,				/* about to look for a run, or waiting for one */
	WORKER_BUSY,
	WORKER_LEAVING				/* with nothing to do; no process counts on it any more */
} WorkerState;

typedef struct WorkerSlot
{
	WorkerState state;			/* FREE -> STARTING by a scheduler, the rest by the
								 * worker; lock, exclusive */
	uint32		generation;		/* counts the uses of the slot, so that a worker that starts too late notices
								 * that the slot is no longer its own; as state */
	Oid			database;		/* set by the scheduler that reserves; lock, exclusive */
	PGPROC	   *proc;			/* set and reset by the worker; lock, exclusive */
	pid_t		pid;			/* as proc */
	bool		leave;			/* set by a process that needs the slot, or needs the
								 * database empty; lock, exclusive */
	bool		woken;			/* set by a process that has queued a run and counts on
								 * this worker, reset by the worker, which then looks;
								 * lock, exclusive */
	int64		run_id;			/* set by the worker; lock, exclusive */
	TimestampTz since;			/* of the state; as state */
} WorkerSlot;

/*
 * One refresh in progress.  The pid is set by the process that claims the
 * entry, under the lock (exclusive).  Only that process writes everything
 * else, without a lock: it makes changecount odd, writes, and makes it even.
 * Readers take no lock and repeat until they saw one even value twice.
 */
typedef struct ProgressEntry
{
	int			changecount;
	int			pid;			/* 0: free */
	Oid			database;
	Progress	data;
} ProgressEntry;

/*
 * The known facts about a server (group InvalidOid), or about it as a member
 * of a group.  Everything under health_lock, exclusive.
 */
typedef struct HealthEntry
{
	Oid			database;
	Oid			group;
	Oid			server;			/* InvalidOid: free */
	TimestampTz used_at;		/* monotonic: last use, to choose the entry to replace */
	int			running;		/* statements in progress */
	int			runs;			/* those of workers among them */
	int			group_runs;		/* those by the name of a group among these */

	/* of a member of a group */
	int64		turn;			/* gained minus paid */
	int64		served;			/* statements since the server started */
	TimestampTz check_at;		/* monotonic: when it is to be checked; 0 = at once */

	/* of a server */
	bool		known;			/* it has answered, or failed */
	bool		broken;
	int			failures;		/* in a row */
	int			trial_pid;		/* the process that tries it again; 0 = none */
	TimestampTz since;			/* when it broke, or first worked again */
	TimestampTz retry_at;		/* monotonic: not tried before this time */
	double		latency_ms;		/* of log-ins, an average; -1 = unknown */
	char		last_error[HEALTH_TEXT];
} HealthEntry;

/* A hash table with room for the members of hundreds of groups. */
#define MAX_HEALTH 2048

typedef struct HealthState
{
	HealthEntry entries[MAX_HEALTH];
} HealthState;

typedef struct SharedState
{
	LWLock	   *lock;			/* set at startup, never again */
	PGPROC	   *launcher;		/* set and reset by the launcher; lock, exclusive */
	pid_t		launcher_pid;	/* as launcher */
	bool		rescan;			/* set by anybody, reset by the launcher: look at
								 * pg_database again; lock, exclusive */
	ConditionVariable departed; /* broadcast whenever a scheduler or worker left */
	ConditionVariable run_ended[RUN_END_SLOTS]; /* broadcast after the commit of an
												 * outcome */
	DatabaseSlot databases[MAX_DATABASES];
	WorkerSlot	workers[MAX_RUN_WORKERS];
	ProgressEntry progress[MAX_PROGRESS];
	int			nfailures;		/* of the array below, oldest first; lock, exclusive */
	Failure		failures[MAX_FAILURES];
	LWLock	   *health_lock;	/* set at startup, never again */
	HealthState health;
} SharedState;

/* NULL without preloading. */
extern SharedState *rsfed_shmem;

/*
 * The slot of a database, which is made if there is none; NULL if there is no
 * room.  Lock, exclusive.
 */
extern DatabaseSlot *database_slot(Oid database);

/* The slot of a database, or NULL.  Lock. */
extern DatabaseSlot *database_slot_find(Oid database);

/* Wakes the database's scheduler, or the launcher to start one.  Lock. */
extern void database_slot_poke(DatabaseSlot *slot);

/* Asks the run workers of a database to leave.  Lock, exclusive. */
extern void workers_ask_to_leave(Oid database, bool force);

/* Does a run worker of that database exist, or is one coming?  Lock. */
extern bool workers_exist(Oid database);

#endif							/* RSFED_STATE_H */
