/*-------------------------------------------------------------------------
 *
 * status.h
 *	  How a relation is doing: the row of rsfed.freshness.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_STATUS_H
#define RSFED_STATUS_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* Pointers are palloc'd; NULL and the flags has_... say what is unknown. */
typedef struct RelationStatus
{
	int32		relation_id;
	char	   *name;			/* with schema, quoted where needed */
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
	char	   *message;		/* only to whom may see all, or why all is held */
	bool		has_next_run;
	TimestampTz next_run_at;
} RelationStatus;

/*
 * The status of a relation as the snapshot sees it; false if rsfed does not
 * refresh it or the current user may neither SELECT it nor see all.
 */
extern bool status_read(Oid relid, Snapshot snapshot, RelationStatus *status);

#endif							/* RSFED_STATUS_H */
