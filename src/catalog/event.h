/*-------------------------------------------------------------------------
 *
 * event.h
 *	  Reports changes of the state of a relation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EVENT_H
#define RSFED_EVENT_H

#include "catalog/relation.h"

/*
 * Reports an event at commit, and not at all after a rollback: by NOTIFY
 * rsfed_event, and by one WARNING in the server's log only. state is a word of
 * rsfed.freshness or "recovered"; run_id is 0 and sqlstate NULL if there is
 * none.  Called between catalog_open() and catalog_close().
 */
extern void event_tell(const RsfedRelation *relation, int64 run_id, const char *state,
					   const char *sqlstate);

/*
 * Reports each relation that became older than its max_age since the last
 * look, once until it is fresh again.  Returns the time when the next one will
 * be late; DT_NOEND if none, a time in the past if another session locks a
 * row.  Called in a transaction.
 */
extern TimestampTz event_tell_late(void);

#endif							/* RSFED_EVENT_H */
