/*-------------------------------------------------------------------------
 *
 * outcome.h
 *	  The end of a run, and what follows from it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_OUTCOME_H
#define RSFED_OUTCOME_H

#include "catalog/relation_schedule.h"
#include "catalog/run.h"

/*
 * Writes the outcome of a run of this process in the current transaction, and
 * with it what follows: a retry, a schedule that pauses itself, a log-in that is
 * held; after a success the end of those.  in_transaction: of somebody's
 * transaction block, whose failures have no consequences.  An active snapshot
 * is needed.
 */
extern void outcome_write(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
						  RunOutcome *outcome, bool in_transaction);

/*
 * Fails the runs whose process is gone; their retries are due at once.  Returns
 * how many there were.  Inside a transaction, with an active snapshot.
 */
extern int	outcome_fail_orphans(void);

/*
 * A retry of the schedule was given up for its next time: one failure more.
 * True if the schedule paused itself by that.
 */
extern bool outcome_retry_superseded(int64 run_id, const RelationSchedule *schedule);

/*
 * Lets held log-ins go whose mapping, server or credentials file has changed.
 * True if some are still held.
 */
extern bool outcome_release_logins(void);

/* Somebody has logged in to that source as that role: it is not held (any more). */
extern void outcome_login_works(const char *source, Oid userid);

#endif							/* RSFED_OUTCOME_H */
