/*-------------------------------------------------------------------------
 *
 * databases.h
 *	  The databases that need a scheduler, the time, and the scheduler's
 *	  process.
 *
 * All of these need preloading, take the lock for a moment, allocate nothing,
 * and raise nothing unless noted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DATABASES_H
#define RSFED_DATABASES_H

#include "utils/timestamp.h"

typedef enum ExtensionState
{
	EXTENSION_UNKNOWN,			/* a scheduler has to look */
	EXTENSION_PRESENT,
	EXTENSION_ABSENT
} ExtensionState;

/*----------
 * The launcher's side.
 *----------
 */

/*
 * Becomes the launcher; false if there is one already.  Ends at process exit.
 */
extern bool launcher_attach(void);

/* Was a look at pg_database requested since the last call? */
extern bool launcher_take_rescan(void);

/*
 * Makes the slots agree with the databases that may have a scheduler; asks the
 * processes of the others to leave.  False if there are too many databases.
 */
extern bool databases_sync(const Oid *eligible, int count);

/*
 * Returns a database whose scheduler is to be started now, and marks it as
 * launching; or InvalidOid, with the time of the next call in *wake_at (never
 * later than before).  may_probe: include databases that are not known to have
 * the extension.
 */
extern Oid	database_next_launch(TimestampTz now, bool may_probe, TimestampTz *wake_at);

/*
 * No process was available: the database is not launching, and is not tried
 * before that time.
 */
extern void database_launch_failed(Oid database, TimestampTz not_before);

/*
 * The registered scheduler has ended.  Returns the number of seconds in which
 * none is started (0 after an orderly end).
 */
extern int	database_launch_ended(Oid database, TimestampTz now);

/*
 * The clock was set back to now: each database with the extension gets a
 * scheduler that looks at its schedules, and no back-off becomes longer
 * because of it.
 */
extern void databases_clock_set_back(TimestampTz now);

/*
 * Is it known whether the database has the extension?  True if the database is
 * gone.
 */
extern bool database_extension_known(Oid database);

/*----------
 * The scheduler's side.
 *----------
 */

/*
 * Becomes the scheduler of that database; false if there is one, or if none is
 * allowed.  Ends at process exit, whatever its cause, and informs the
 * launcher.
 */
extern bool scheduler_attach(Oid database);

/* Was something new announced since the last call? */
extern bool scheduler_take_wanted(void);

/* Does a command need the database empty, so that no scheduler may be here? */
extern bool scheduler_must_leave(void);

extern void scheduler_set_extension(ExtensionState state);

/*
 * True once in the lifetime of the server's shared memory, for a line in the
 * log.
 */
extern bool scheduler_tell_version(void);

/*
 * Notes whether the schedules of the database are held, because another one
 * owns them; true at the first of consecutive calls with true, for a line in
 * the log.
 */
extern bool scheduler_tell_held(bool held);

/* Stores the next due time; DT_NOEND if there is none. */
extern void scheduler_set_next_due(TimestampTz next_due);

/* Stores whether runs of this database wait for workers that others occupy. */
extern void scheduler_set_starved(bool starved);

/*
 * Leaves in an orderly way.  Does nothing and returns false if something new
 * was announced meanwhile, unless force; then the next scheduler finds the
 * announcement.
 */
extern bool scheduler_leave(bool force);

/*----------
 * Everybody's side.
 *----------
 */

/* Announces something new to a database's scheduler, or has one started. */
extern void database_wake(Oid database);

/*
 * The extension was just created there: as database_wake, but the scheduler
 * checks again whether it exists.
 */
extern void database_extension_created(Oid database);

/* As database_wake, for all databases that have the extension. */
extern void databases_wake(void);

/* Makes the launcher look at pg_database. */
extern void launcher_wake(void);

/*
 * Keeps schedulers and workers from starting in that database until
 * database_release, and asks those there to leave.  Returns false if there is
 * no room to note it (then no such process is there either).
 */
extern bool database_hold(Oid database);
extern void database_release(Oid database);

/*
 * Waits until no process of rsfed is in that database, at most the given time.
 * Processes that are still there after force_after_ms are terminated.
 * Interruptible.  Returns whether they have left.
 */
extern bool database_wait_empty(Oid database, int force_after_ms, int timeout_ms,
								uint32 wait_event);

#endif							/* RSFED_DATABASES_H */
