/*-------------------------------------------------------------------------
 *
 * status.h
 *	  The status of a relation: the row of rsfed.freshness.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_STATUS_H
#define RSFED_STATUS_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* Pointers are palloc'd; NULL and the flags has_... mark unknown values. */
typedef struct RelationStatus
{
	int32		relation_id;
	char	   *kind;
	bool		is_held;		/* with all schedules of the database */
	bool		may_see_all;
	char	   *source;
	const char *state;
	bool		has_content;
	TimestampTz as_of;
	Interval   *age;
	Interval   *max_age;
	bool		is_late;
	bool		has_data_through;
	TimestampTz data_through;
	bool		has_changed_at;
	TimestampTz changed_at;
	bool		has_last_run_id;
	int64		last_run_id;
	bool		is_failing;
	TimestampTz failing_since;
	int32		failures;
	char	   *sqlstate;
	char	   *message;		/* only for users who may see all, or the reason why all is held */
} RelationStatus;

/*
 * The status of a relation in the snapshot; false if rsfed does not refresh it
 * or the current user may neither SELECT it nor see all.
 */
extern bool status_read(Oid relid, Snapshot snapshot, RelationStatus *status);

/*
 * The time when the next run of a relation is due, by itself or with a set;
 * false if there is none.
 */
extern bool status_next_run(int32 relation_id, Snapshot snapshot, TimestampTz *next_run_at);

#endif							/* RSFED_STATUS_H */
