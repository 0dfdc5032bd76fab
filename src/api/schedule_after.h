/*-------------------------------------------------------------------------
 *
 * schedule_after.h
 *	  The schedule option "after": names of other schedules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCHEDULE_AFTER_H
#define RSFED_SCHEDULE_AFTER_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/*
 * The schedules that the option names: List of ScheduleRef *, palloc'd.  Names
 * are parsed as regclass input is.  Raises 42P01 or 42704 with the nearest
 * name for an unknown one, 42501 for a relation that the user may not see.
 */
extern List *schedule_after_resolve(Jsonb *options);

/*
 * The options without it: the schedules that it names are stored by number,
 * and follow renames.
 */
extern Jsonb *schedule_after_remove(Jsonb *options);

/* Do the options contain it, even if only to reset it? */
extern bool schedule_after_is_given(Jsonb *options);

#endif							/* RSFED_SCHEDULE_AFTER_H */
