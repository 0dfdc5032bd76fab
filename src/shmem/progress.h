/*-------------------------------------------------------------------------
 *
 * progress.h
 *	  The progress of the refresh in this process, for rsfed.progress.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_PROGRESS_H
#define RSFED_PROGRESS_H

#include "storage/lock.h"
#include "utils/timestamp.h"

typedef enum RefreshPhase
{
	PHASE_NONE,
	PHASE_STARTING,
	PHASE_CONNECTING,
	PHASE_WAITING,				/* waits for Redshift's first row */
	PHASE_RECEIVING,
	PHASE_APPLYING,
	PHASE_COMMITTING
} RefreshPhase;

/* Name of a phase as users see it ("waiting for Redshift"). */
extern const char *phase_name(RefreshPhase phase);

/*
 * Begin, move and end this process's entry; progress_move goes to another of
 * the relations that are refreshed together and restarts the count of rows.
 * They never raise, cost a few stores, and do nothing without shared memory.
 * progress_current_phase works without it too (it is what a failure reports).
 */
extern void progress_begin(int64 run_id, int32 relation_id, Oid relid,
						   int64 rows_last_run, TimestampTz replaces_as_of);
extern void progress_move(Oid relid, int64 rows_last_run, TimestampTz replaces_as_of);
extern void progress_set_phase(RefreshPhase phase);
extern void progress_set_rows(int64 rows, int64 bytes);
extern void progress_end(void);
extern RefreshPhase progress_current_phase(void);

/* The known facts about a refresh in progress. */
typedef struct Progress
{
	int64		run_id;
	int32		relation_id;
	Oid			relid;
	Oid			userid;			/* the role that began it */
	RefreshPhase phase;
	TimestampTz started_at;
	TimestampTz receiving_since;	/* 0 = not yet */
	int64		rows;
	int64		bytes;
	int64		rows_last_run;	/* -1 = unknown */
	TimestampTz replaces_as_of; /* 0 = nothing yet */
} Progress;

/*
 * Copies up to max refreshes in progress in this database, each consistent in
 * itself, with their processes; returns their number.  0 without shared
 * memory.  Takes no lock; interruptible.
 */
extern int	progress_list(Progress *list, int *pids, int max);

/*
 * The refresh in progress of that run in this database; false if there is
 * none.  As progress_list.
 */
extern bool progress_find(int64 run_id, Progress *progress);

/* The transaction in which that refresh works now; false if there is none. */
extern bool progress_transaction(int64 run_id, VirtualTransactionId *vxid);

/*
 * Cancels the statement of the process that works on that run in this
 * database, as pg_cancel_backend does; false if there is no such process any
 * more.  Checks no privilege.
 */
extern bool progress_cancel(int64 run_id);

/* The largest possible number of entries. */
extern int	progress_max(void);

#endif							/* RSFED_PROGRESS_H */
