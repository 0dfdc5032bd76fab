/*-------------------------------------------------------------------------
 *
 * run.h
 *	  rsfed_catalog.run and .freshness: attempts, and their outcomes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RUN_H
#define RSFED_RUN_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "catalog/owner_scope.h"
#include "catalog/relation.h"

/* A request, and its origin. */
typedef struct RunRequest
{
	int32		relation_id;
	const char *trigger;		/* call, request, schedule, define */
	const char *schedule_name;	/* or NULL */
	int64		set_run_id;		/* of a member: the run of its set; else 0 */
	const char *method;			/* NULL = the rollup's own */
	const char *since;
	const char *until;
	Jsonb	   *part;
	TimestampTz due_at;			/* 0 = now; determines the order within a priority */
	TimestampTz not_before;		/* for a retry; 0 = at once */
	int			priority;		/* the greater goes first */
	int			attempt;		/* 0 and 1 = the first */
	int64		retry_of;		/* the run that failed; 0 = none */
	TimestampTz expires_at;		/* skipped if it has not begun by then; 0 = never */
	const char *member;			/* of a group: only this member.  Not stored */
	List	   *not_members;	/* of a group: none of these members, char *.  Not stored */
	int			remote_timeout_ms;	/* of its statements in Redshift; 0 = the
									 * server's.  Not stored */
} RunRequest;

/* The outcome; counts are -1 if unknown. */
typedef struct RunOutcome
{
	const char *status;			/* published, unchanged, refused, failed, cancelled */
	TimestampTz as_of;			/* 0 = it never got that far */
	TimestampTz data_through;	/* 0 = as_of, DT_NOBEGIN = not reported */
	bool		is_partial;		/* only a part of the relation is new */
	const char *server;			/* the member that was used; may be NULL */
	const char *moved_from;		/* the member that was left for it; or NULL */
	int			remote_pid;
	const char *label;			/* of its statements there; may be NULL */
	int64		query_id;		/* of its last query there; 0 = unknown */
	int			definition;		/* 0 = unknown */
	int64		rows_received;
	int64		bytes_received;
	int64		rows_inserted;
	int64		rows_updated;
	int64		rows_deleted;
	const char *note;			/* harmless deviations, or NULL */
	const char *phase;			/* where a failure happened */
	ErrorFields *error;			/* of failed, refused, cancelled */
	bool		of_change;		/* of a definition that was rolled back; a failure
								 * says nothing about the present one */
	const char *event;			/* rsfed_event to send for a failure; NULL = failing or refused at the first
								 * one, "" = none */
} RunOutcome;

/* A run as a worker takes it. */
typedef struct Run
{
	int64		run_id;
	RunRequest	request;
	TimestampTz requested_at;
} Run;

/*
 * Columns of the row r for run_from_row(), which makes a Run from a row of the
 * last result, in the caller's memory context.
 */
#define RUN_COLUMNS(r) \
	r ".run_id, " r ".relation_id, " r ".trigger, " r ".schedule_name, " r ".method, " r ".since, " \
	r ".until, " r ".part, " r ".requested_at, " r ".due_at, " r ".priority::int4, " r ".attempt::int4, " \
	r ".set_run_id"

extern Run *run_from_row(CatalogAccess *access, uint64 row);

/* A new row, queued or (started by this process) running; returns run_id. */
extern int64 run_insert(const RunRequest *request, bool running);

/*
 * The number of a queued run for the same request; 0 if there is none.  Runs
 * of other transactions that have not committed are not seen
 * (queue_join_equal).
 */
extern int64 run_find_queued(const RunRequest *request);

/*
 * Writes the outcome of a run of this process: its row, counters, and
 * freshness with it, in the current transaction.  Queues NOTIFY
 * rsfed_published after a change, and reports (event.h) if the relation begins
 * to fail or recovers.  Returns true then, and for the first content of a
 * relation with a max_age: the scheduler has to compute when it will be late.
 * Raises an internal error if the run is no longer running, or not ours.  Code
 * that ends a run calls outcome_write() (refresh/outcome.h) instead.
 */
extern bool run_finish(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome);

/*
 * The same for a run from run_orphans(); false if it has ended meanwhile, in
 * which case nothing is written.
 */
extern bool run_finish_orphan(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome);

/*
 * The same outcome for the members of a set that are still running, in the
 * current transaction.
 */
extern void run_finish_members(int64 set_run_id, const RunOutcome *outcome);

/*
 * Writes freshness and notifications after a step of a run that continues, in
 * the current transaction.  Returns the same.
 */
extern bool run_finish_step(int64 run_id, const RsfedRelation *relation,
							const RunOutcome *outcome);

/*
 * Running runs whose process is gone, or that another incarnation of the
 * server took, or whose session is doing something else now: List of Run *.
 */
extern List *run_orphans(void);

/* The number of runs that are at work, or could be if there were a worker. */
extern int	run_count_open(void);

/* See event_tell(); sqlstate may be NULL. */
extern void run_notify_event(int64 run_id, const RsfedRelation *relation, const char *state,
							 const char *sqlstate);

/*
 * Cancels a run: a queued run becomes cancelled, the process of a running one
 * gets a query cancel.  False if it had ended already; raises 42501 without
 * the right.  *found: its row is visible.
 */
extern bool run_cancel(int64 run_id, bool *found);

/*
 * Raises 42501 unless the current user may cancel runs of the relation or set;
 * if the relation is not visible, unless the user is a member of the role
 * starter or, if that is unknown, a superuser.
 */
extern void run_require_canceller(int64 run_id, int32 relation_id, Oid starter);

/*
 * The latest committed status of a run by its number, palloc'd; NULL if
 * unknown.  A request that another run satisfied has the status of that run.
 */
extern char *run_status(int64 run_id);

/*
 * The relation or set of a run, and the role that requested it (InvalidOid if
 * that is gone), in the latest committed state; false if the run is unknown.
 */
extern bool run_requester(int64 run_id, int32 *relation_id, Oid *requester);

/*
 * Raises 42501 unless the current user may know the status of a run: members
 * of the role that requested it, of pg_monitor, and roles that may see the
 * freshness of its relation or set.
 */
extern void run_require_reader(int64 run_id, int32 relation_id, Oid requester);

/* Did the current transaction queue that run? */
extern bool run_queued_here(int64 run_id);

#endif							/* RSFED_RUN_H */
