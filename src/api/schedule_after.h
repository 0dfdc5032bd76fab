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
 * are parsed as regclass input is.  42P01 or 42704 with the nearest for an
 * unknown one, 42501 for a relation that the user may not see.
 */
extern List *schedule_after_resolve(Jsonb *options);

/* The options without it: what it says is stored by number, and follows renames. */
extern Jsonb *schedule_after_remove(Jsonb *options);

/* Do the options speak of it at all, be it to reset it? */
extern bool schedule_after_is_given(Jsonb *options);

#endif							/* RSFED_SCHEDULE_AFTER_H */
