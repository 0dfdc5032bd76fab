/*-------------------------------------------------------------------------
 *
 * after.h
 *	  rsfed_catalog.schedule_after: the schedules that wait for other
 *	  schedules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_AFTER_H
#define RSFED_AFTER_H

#include "nodes/pg_list.h"

/* A schedule, identified by properties that never change. */
typedef struct ScheduleRef
{
	int32		relation_id;
	char	   *name;
} ScheduleRef;

/*
 * Replaces the schedules that a schedule comes after (List of ScheduleRef *).
 * Raises 42P17 with the path in the detail if they would wait for each other.
 * Locks the table against other writers until the end of the transaction.
 */
extern void after_store(int32 relation_id, const char *name, List *after);

/*
 * Removes a schedule that is dropped, or with name NULL all schedules of a
 * relation; a NOTICE names each other schedule that no longer waits for it.
 */
extern void after_forget(int32 relation_id, const char *name);

/*
 * The schedules that a schedule comes after, as the option "after" and the
 * view write them: "schema.relation" or "set name", followed by "/schedule"
 * unless that is "refresh"; ordered by name; List of char *.
 */
extern List *after_names(int32 relation_id, const char *name);

/*
 * Checks the queued runs that wait for other schedules, in the current
 * transaction: releases those that need not wait any more and skips those
 * whose predecessor failed.  Returns the number of released runs.
 */
extern int	after_release(void);

#endif							/* RSFED_AFTER_H */
