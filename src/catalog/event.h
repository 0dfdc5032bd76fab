/*-------------------------------------------------------------------------
 *
 * event.h
 *	  Telling that the state of a relation changed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_EVENT_H
#define RSFED_EVENT_H

#include "catalog/relation.h"

/*
 * Tells at commit, and not at all if there is none: NOTIFY rsfed_event to
 * whoever listens, and one WARNING to the server's log only.  state is a word
 * of rsfed.freshness or "recovered"; run_id 0 and sqlstate NULL where there is
 * none.  Stands between catalog_open() and catalog_close().
 */
extern void event_tell(const RsfedRelation *relation, int64 run_id, const char *state,
					   const char *sqlstate);

/*
 * Tells of each relation that became older than its max_age since the last
 * look, once: until it is fresh again.  Returns when the next one will be late;
 * DT_NOEND if none, a time that is over where a row is locked by somebody.
 * In a transaction.
 */
extern TimestampTz event_tell_late(void);

#endif							/* RSFED_EVENT_H */
