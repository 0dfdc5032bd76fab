/*-------------------------------------------------------------------------
 *
 * schedule_checks.h
 *	  Checks for a new or changed schedule.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCHEDULE_CHECKS_H
#define RSFED_SCHEDULE_CHECKS_H

#include "utils/jsonb.h"

#include "catalog/relation.h"
#include "schedule/schedule.h"

/* Raises 22023 for an empty name, 42622 for one that is too long. */
extern void check_schedule_name(const char *name);

/*
 * Raises 42809 unless relid is a rollup or a materialized view, and 42501
 * unless the current user may refresh it.  Returns rsfed's row of it; NULL for
 * a materialized view that has none yet.
 */
extern RsfedRelation *check_schedulable(Oid relid);

/*
 * For a rollup: raises 22023 for a method that it cannot use, 42501 or 42704
 * if its owner may not use the source or has no user mapping.  Warns as
 * warn_if_billed_often.
 */
extern void check_rollup_schedule(const RsfedRelation *relation, const char *method,
								  const RsfedSchedule *schedule);

/*
 * Raises 22023 if the options since and until, or the method, do not fit the
 * relation (NULL: a materialized view that rsfed does not know yet).
 */
extern void check_schedule_range(Oid relid, const RsfedRelation *relation, const char *method,
								 Jsonb *options);

/*
 * Raises 22023 if the options member and not_members do not fit the source of
 * a relation: the group of a rollup (NULL: not a rollup).
 */
extern void check_schedule_members(const RsfedRelation *relation, Jsonb *options);

/* Raises 22023 if the first retry would wait longer than the maximum. */
extern void check_retry_delays(Jsonb *options);

/*
 * For a materialized view: raises 22023 for any method.  Warns if each refresh
 * will lock its readers out, because it has no unique index that CONCURRENTLY
 * could use.
 */
extern void check_view_schedule(Oid relid, const char *method);

/* Warns about the cost of a short interval on a serverless host. */
extern void warn_if_billed_often(const RsfedRelation *relation, const RsfedSchedule *schedule);

/*
 * The same for health queries to a source (a group, or a member) at that interval.
 */
extern void warn_if_checks_are_billed_often(const char *source, int64 interval_ms);

/* Warns if no process will run the schedule. */
extern void warn_unless_preloaded(void);

/*
 * Raises a WARNING if another database owns the schedules of this one, so that
 * none runs.
 */
extern void warn_if_held(void);

#endif							/* RSFED_SCHEDULE_CHECKS_H */
