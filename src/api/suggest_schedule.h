/*-------------------------------------------------------------------------
 *
 * suggest_schedule.h
 *	  Schedules of a suggested rollup, from those of the view before it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_SCHEDULE_H
#define RSFED_SUGGEST_SCHEDULE_H

#include "api/suggestion.h"

/*
 * Writes the schedules of s->rollups as the jobs of pg_cron have them that refresh
 * the relation, and the end of those jobs; the rollups' names are the final ones.
 * A materialized view that stays one (follows) is refreshed after them.  Without such
 * jobs an example is a comment, unless the relation has schedules otherwise.
 */
extern void suggest_schedules(Suggestion *s, bool follows, bool has_others);

/*
 * Writes the schedules that rsfed itself has for a materialized view, for what takes
 * its name; true if there are any.
 */
extern bool suggest_own_schedules(Suggestion *s, Oid relid, const char *new_relation,
								  const char *kept_relation, bool is_table);

#endif							/* RSFED_SUGGEST_SCHEDULE_H */
