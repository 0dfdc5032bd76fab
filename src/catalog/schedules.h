/*-------------------------------------------------------------------------
 *
 * schedules.h
 *	  rsfed_catalog.schedule: when relations are refreshed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCHEDULES_H
#define RSFED_SCHEDULES_H

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

/* New or changed; an existing one of that name is overwritten. */
extern void schedule_store(const RelationSchedule *schedule);

/* False if there was none. */
extern bool schedule_delete(int32 relation_id, const char *name);

/* Names of a relation's schedules: List of char *. */
extern List *schedule_names(int32 relation_id);

/*
 * The schedules due at "now" of relations that are not paused, longest
 * overdue first, locked (SKIP LOCKED): List of RelationSchedule *.
 */
extern List *schedules_due(TimestampTz now, int limit);

/* Moves a schedule on. */
extern void schedule_set_next(int32 relation_id, const char *name, TimestampTz next);

/* The earliest next_run_at of what is not paused, or end of a pause; false if none. */
extern bool schedules_next_due(TimestampTz *next);

#endif							/* RSFED_SCHEDULES_H */
