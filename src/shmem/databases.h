/*-------------------------------------------------------------------------
 *
 * databases.h
 *	  Which databases need a scheduler, when, and who it is.
 *
 * All of these need preloading, take the lock for a moment, allocate nothing,
 * and raise nothing unless it is said.
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

/* Was a look at pg_database asked for since the last call? */
extern bool launcher_take_rescan(void);

/*
 * Makes the slots agree with the databases that may have a scheduler; asks
 * the processes of the others to leave.  False if there are more than fit.
 */
extern bool databases_sync(const Oid *eligible, int count);

/*
 * A database whose scheduler is to be started now, marked as launching, or
 * InvalidOid; then *wake_at (never later than it was) says when to ask again.
 * may_probe: databases not known to have the extension too.
 */
extern Oid	database_next_launch(TimestampTz now, bool may_probe, TimestampTz *wake_at);

/* No process could be had: not launching after all, and not before that time. */
extern void database_launch_failed(Oid database, TimestampTz not_before);

/*
 * The registered scheduler has ended.  Returns for how many seconds none is
 * started (0 after an orderly end).
 */
extern int	database_launch_ended(Oid database, TimestampTz now);

/*
 * The clock was set back to now: each database with the extension gets a
 * scheduler that looks at its schedules, and no back-off lasts longer for it.
 */
extern void databases_clock_set_back(TimestampTz now);

/* Is it known whether that database has the extension?  True if it is gone. */
extern bool database_extension_known(Oid database);

/*----------
 * The scheduler's side.
 *----------
 */

/*
 * Becomes the scheduler of that database; false if there is one, or none may
 * be.  Ends at process exit, whatever its cause, and the launcher hears of it.
 */
extern bool scheduler_attach(Oid database);

/* Was something new announced since the last call? */
extern bool scheduler_take_wanted(void);

/* May no scheduler be here, because a command needs the database empty? */
extern bool scheduler_must_leave(void);

extern void scheduler_set_extension(ExtensionState state);

/* True once in the life of the server's shared memory, for a line in the log. */
extern bool scheduler_tell_version(void);

/*
 * Notes whether the schedules of the database are held, because another one
 * owns them; true at the first time of a row of them, for a line in the log.
 */
extern bool scheduler_tell_held(bool held);

/* When something is due next; DT_NOEND if nothing is. */
extern void scheduler_set_next_due(TimestampTz next_due);

/* Whether runs of this database wait for workers that others have. */
extern void scheduler_set_starved(bool starved);

/*
 * Leaves in order.  False, and nothing done, if something new was announced
 * meanwhile, unless force; then the next scheduler finds it announced.
 */
extern bool scheduler_leave(bool force);

/*----------
 * Everybody's side.
 *----------
 */

/* Announces something new to a database's scheduler, or lets one be started. */
extern void database_wake(Oid database);

/* The extension was just created there: as database_wake, and looks anew. */
extern void database_extension_created(Oid database);

/* As database_wake, for all that have the extension. */
extern void databases_wake(void);

/* Lets the launcher look at pg_database. */
extern void launcher_wake(void);

/*
 * No scheduler or worker starts in that database until database_release;
 * those there are asked to leave.  Returns false if there is no room to note
 * it (then there is none there either).
 */
extern bool database_hold(Oid database);
extern void database_release(Oid database);

/*
 * Waits until no process of rsfed is in that database, at most that long.
 * force_after_ms: those that did not follow until then are terminated.
 * Interruptible.  Returns whether they have left.
 */
extern bool database_wait_empty(Oid database, int force_after_ms, int timeout_ms,
								uint32 wait_event);

#endif							/* RSFED_DATABASES_H */
