/*-------------------------------------------------------------------------
 *
 * outcome.h
 *	  The end of a run, and its consequences.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_OUTCOME_H
#define RSFED_OUTCOME_H

#include "catalog/relation_schedule.h"
#include "catalog/run.h"

/*
 * Writes the outcome of a run of this process in the current transaction, with
 * its consequences: a retry, a schedule that pauses itself, a log-in that is
 * held; after a success the end of these.  in_transaction: the run is in a
 * transaction block, whose failures have no consequences.  An active snapshot
 * is needed.
 */
extern void outcome_write(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
						  RunOutcome *outcome, bool in_transaction);

/*
 * Fails the runs whose process is gone; their retries are due at once.
 * Returns their number.  Called inside a transaction, with an active snapshot.
 */
extern int	outcome_fail_orphans(void);

/*
 * A retry of the schedule was given up for its next time: counts one more
 * failure.  True if the schedule paused itself because of that.
 */
extern bool outcome_retry_superseded(int64 run_id, const RelationSchedule *schedule);

/*
 * Releases held log-ins whose mapping, server or credentials file has changed.
 * True if some are still held.
 */
extern bool outcome_release_logins(void);

/*
 * A log-in to that source as that role has succeeded: it is not held (any
 * more).
 */
extern void outcome_login_works(const char *source, Oid userid);

#endif							/* RSFED_OUTCOME_H */
