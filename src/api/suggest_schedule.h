/*-------------------------------------------------------------------------
 *
 * suggest_schedule.h
 *	  Schedules of a suggested rollup, from those of the view that it replaces.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_SCHEDULE_H
#define RSFED_SUGGEST_SCHEDULE_H

#include "api/suggestion.h"

/*
 * Writes schedules of s->rollups for the jobs of pg_cron that refresh the
 * relation, and removes those jobs; the rollups' names are the final ones.  A
 * materialized view that stays one (follows) is refreshed after them.  Without
 * such jobs, writes an example as a comment, unless the relation has schedules
 * otherwise.
 */
extern void suggest_schedules(Suggestion *s, bool follows, bool has_others);

/*
 * Writes the schedules that rsfed itself has for a materialized view, for the
 * relation that takes its name; true if there are any.
 */
extern bool suggest_own_schedules(Suggestion *s, Oid relid, const char *new_relation,
								  const char *kept_relation, bool is_table);

#endif							/* RSFED_SUGGEST_SCHEDULE_H */
