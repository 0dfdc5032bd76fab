/*-------------------------------------------------------------------------
 *
 * run.h
 *	  rsfed_catalog.run and .freshness: attempts, and what came of them.
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

/* What was asked for, and by what. */
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
	TimestampTz due_at;			/* 0 = now; the order within a priority */
	TimestampTz not_before;		/* of a retry; 0 = at once */
	int			priority;		/* the greater goes first */
	int			attempt;		/* 0 and 1 = the first */
	int64		retry_of;		/* the run that failed; 0 = none */
	TimestampTz expires_at;		/* not begun by then it is skipped; 0 = never */
	const char *member;			/* of a group: this one only.  Not stored */
	List	   *not_members;	/* of a group: none of these, char *.  Not stored */
	int			remote_timeout_ms;	/* of its statements in Redshift; 0 = the
									 * server's.  Not stored */
} RunRequest;

/* What came of it; counts are -1 where unknown. */
typedef struct RunOutcome
{
	const char *status;			/* published, unchanged, refused, failed, cancelled */
	TimestampTz as_of;			/* 0 = never got that far */
	TimestampTz data_through;	/* 0 = as_of, DT_NOBEGIN = not to be told */
	bool		is_partial;		/* says nothing of the rest of the relation */
	const char *server;			/* the member asked; may be NULL */
	const char *moved_from;		/* the member left for it; or NULL */
	int			remote_pid;
	const char *label;			/* of its statements there; may be NULL */
	int64		query_id;		/* of its last query there; 0 = unknown */
	int			definition;		/* 0 = unknown */
	int64		rows_received;
	int64		bytes_received;
	int64		rows_inserted;
	int64		rows_updated;
	int64		rows_deleted;
	const char *note;			/* harmless surprises, or NULL */
	const char *phase;			/* where a failure happened */
	ErrorFields *error;			/* of failed, refused, cancelled */
	bool		of_change;		/* of a definition that was rolled back: a failure
								 * says nothing of the relation as it is */
	const char *event;			/* rsfed_event to send for a failure; NULL =
								 * failing or refused where that begins, "" = none */
} RunOutcome;

/* A run as a worker takes it. */
typedef struct Run
{
	int64		run_id;
	RunRequest	request;
	TimestampTz requested_at;
} Run;

/*
 * Columns of the row r for run_from_row(), which makes a Run of a row of the
 * last statement's result, in the caller's memory context.
 */
#define RUN_COLUMNS(r) \
	r ".run_id, " r ".relation_id, " r ".trigger, " r ".schedule_name, " r ".method, " r ".since, " \
	r ".until, " r ".part, " r ".requested_at, " r ".due_at, " r ".priority::int4, " r ".attempt::int4, " \
	r ".set_run_id"

extern Run *run_from_row(CatalogAccess *access, uint64 row);

/* A new row, queued or (started by this process) running; returns run_id. */
extern int64 run_insert(const RunRequest *request, bool running);

/*
 * The number of a queued run that asks for the same; 0 if there is none.  Those
 * of other transactions that have not committed are not seen (queue_join_equal).
 */
extern int64 run_find_queued(const RunRequest *request);

/*
 * Writes the outcome of a run of this process: its row, counters, and freshness
 * with it, in the current transaction.  Queues NOTIFY rsfed_published after a
 * change, and tells (event.h) where the relation begins to fail or recovers;
 * true is returned then, and for the first content of one with a max_age: the
 * scheduler wants to know when it will be late.  An internal error if the run is not running any more,
 * or not ours.  Whoever ends a run calls outcome_write() (refresh/outcome.h) instead.
 */
extern bool run_finish(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome);

/*
 * The same for a run that run_orphans() gave; false if it has ended meanwhile,
 * then nothing is written.
 */
extern bool run_finish_orphan(int64 run_id, const RsfedRelation *relation, const RunOutcome *outcome);

/*
 * The same outcome for what still runs of a set's members, in the current
 * transaction.
 */
extern void run_finish_members(int64 set_run_id, const RunOutcome *outcome);

/*
 * Freshness and notifications after a step of a run that goes on, in the
 * current transaction.  Returns the same.
 */
extern bool run_finish_step(int64 run_id, const RsfedRelation *relation,
							const RunOutcome *outcome);

/*
 * Running runs whose process is gone, or that another incarnation of the server
 * took, or whose session does something else by now: List of Run *.
 */
extern List *run_orphans(void);

/* Number of runs that work, or that could if there were a worker. */
extern int	run_count_open(void);

/* As event_tell(), which see; sqlstate may be NULL. */
extern void run_notify_event(int64 run_id, const RsfedRelation *relation, const char *state,
							 const char *sqlstate);

/*
 * Cancels: a queued run becomes cancelled, the process of a running one gets
 * a query cancel.  False if it had ended already; 42501 without the right.
 * *found: its row is there to be seen.
 */
extern bool run_cancel(int64 run_id, bool *found);

/*
 * Raises 42501 unless the current user may cancel runs of the relation or set; of
 * one that is not there to be seen, unless he is a member of the role starter,
 * or, where that is not known, a superuser.
 */
extern void run_require_canceller(int64 run_id, int32 relation_id, Oid starter);

/*
 * Status by number as the latest committed state, palloc'd; NULL if unknown.
 * That of a request which another run did what it asked for is that run's.
 */
extern char *run_status(int64 run_id);

/* Did the current transaction queue that run? */
extern bool run_queued_here(int64 run_id);

#endif							/* RSFED_RUN_H */
