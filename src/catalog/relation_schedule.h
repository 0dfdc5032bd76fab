/*-------------------------------------------------------------------------
 *
 * relation_schedule.h
 *	  rsfed_catalog.schedule: the schedules of relations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RELATION_SCHEDULE_H
#define RSFED_RELATION_SCHEDULE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef struct RelationSchedule
{
	int32		relation_id;
	char	   *name;
	char	   *schedule;
	char	   *method;			/* or NULL */
	char	   *timezone;
	Jsonb	   *options;
	TimestampTz anchor;
	TimestampTz next_run_at;
} RelationSchedule;

/* One schedule, or NULL. */
extern RelationSchedule *schedule_load(int32 relation_id, const char *name);

/*
 * Stores a new or changed schedule; an existing one of that name is
 * overwritten.
 */
extern void schedule_store(const RelationSchedule *schedule);

/* Deletes a schedule; false if there was none. */
extern bool schedule_delete(int32 relation_id, const char *name);

/* Names of a relation's schedules: List of char *. */
extern List *schedule_names(int32 relation_id);

/* Is any relation held, because of its owner's log-in or a budget? */
extern bool schedules_any_held(void);

/*
 * The schedules due at "now" of relations that are not paused and (checked if
 * any_held) not held, longest overdue first, locked (SKIP LOCKED): List of
 * RelationSchedule *.
 */
extern List *schedules_due(TimestampTz now, bool any_held, int limit);

/* Those whose next time is later than now, not locked: List as above. */
extern List *schedules_after(TimestampTz now);

/* Sets the next time of a schedule. */
extern void schedule_set_next(int32 relation_id, const char *name, TimestampTz next);

/* Sets another next time, unless somebody has changed it meanwhile. */
extern void schedule_move(const RelationSchedule *schedule, TimestampTz next);

/* Sets the next time without a run, and counts the skip. */
extern void schedule_skip(int32 relation_id, const char *name, TimestampTz next, const char *reason);

/* Makes it due (again) at a time that was not served, if that is earlier. */
extern void schedule_put_back(int32 relation_id, const char *name, TimestampTz due_at);

/*
 * Counts a due time that ended in a failure; pauses the schedule if that makes
 * max_failures in a row (0: never).  True if it paused it.
 */
extern bool schedule_count_failure(int32 relation_id, const char *name, int max_failures,
								   const char *message);

/* Ends the pauses that a relation's schedules gave themselves. */
extern void schedules_resume(int32 relation_id);

/*
 * The earliest next_run_at of schedules that are neither paused nor held, or
 * the earliest end of a pause; false if there is none.
 */
extern bool schedules_next_due(bool any_held, TimestampTz *next);

#endif							/* RSFED_RELATION_SCHEDULE_H */
