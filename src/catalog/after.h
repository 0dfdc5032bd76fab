/*-------------------------------------------------------------------------
 *
 * after.h
 *	  rsfed_catalog.schedule_after: which schedule waits for which.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_AFTER_H
#define RSFED_AFTER_H

#include "nodes/pg_list.h"

/* A schedule by what never changes of it. */
typedef struct ScheduleRef
{
	int32		relation_id;
	char	   *name;
} ScheduleRef;

/*
 * Sets what a schedule comes after (List of ScheduleRef *), in place of what
 * was there.  42P17 with the path in the detail if they would wait for each
 * other.  Locks the table against other writers until the end of the transaction.
 */
extern void after_store(int32 relation_id, const char *name, List *after);

/*
 * Forgets a schedule that goes, or with name NULL all of a relation; a NOTICE
 * names each other schedule that does not wait for it any more.
 */
extern void after_forget(int32 relation_id, const char *name);

/*
 * What a schedule comes after, as the option "after" takes it and the view shows
 * it: "schema.relation" or "set name", with "/schedule" behind it unless that is
 * "refresh", by name; List of char *.
 */
extern List *after_names(int32 relation_id, const char *name);

/*
 * Looks at the queued runs that wait for other schedules, in the current
 * transaction: lets go those whose time has come, ends as skipped those whose
 * predecessor failed.  Returns how many of the first there were.
 */
extern int	after_release(void);

#endif							/* RSFED_AFTER_H */
