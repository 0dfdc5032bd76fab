/*-------------------------------------------------------------------------
 *
 * refresh_run.h
 *	  What the parts of one refresh share while it runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_RUN_H
#define RSFED_REFRESH_RUN_H

#include "lib/stringinfo.h"

#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "catalog/run.h"
#include "refresh/fetch.h"

typedef struct RefreshRun
{
	const RunRequest *request;
	int64		run_id;
	bool		keep_connection;
	RsfedRelation *relation;
	RunOutcome	outcome;		/* filled on the way, also by what fails later */
	StringInfoData note;
	struct SourceRoute *route;	/* which member of a group it is at, and was */
	const char *disorder;		/* why this attempt sorts here; NULL = it need not */

	/* steps, each a query and a commit (step.h) */
	struct RunStep *step;		/* the present one */
	int			steps;			/* that are done */
	bool		more;			/* another one follows */
	bool		tail_done;		/* one of them brought a window up to now */
	int64		batch_pause_ms; /* between two */
	bool		in_transaction; /* the caller's */
	bool		first_step_only;
	bool		asks_no_probe;	/* whatever it says, the query is sent */
	const char *probe_answer;	/* to be remembered with the content; or NULL */
	bool		refused;		/* the error is the gate's word */

	/* sets */
	struct SetRun *set;			/* what a set's run consists of (set_run.h); or NULL */
	bool		in_set;			/* it is a member's, and part of its set's */
} RefreshRun;

/*
 * A run and its row, unless a worker brought one (run_id): what is known before
 * the start.  Lives in a memory context of its own below the current one.
 */
extern RefreshRun *refresh_run_new(const RunRequest *request, int64 run_id);

/*
 * Keeps two refreshes of one relation apart, and waits for the other: a
 * heavyweight lock that neither readers nor vacuum nor DDL take, held to the
 * end of the transaction.
 */
extern void refresh_serialize(Oid relid);

/*
 * Connects and sends the query of the present step (step_begin) with that
 * ORDER BY (NULL: none), and fills in what is known of the run then; NULL if
 * there is nothing to ask for.  The other takes its counts, once all rows are
 * taken, and ends it.
 */
extern Fetch *rollup_open_fetch(RefreshRun *run, const RefreshTarget *target,
								const char *order);
extern void rollup_close_fetch(RefreshRun *run, Fetch *fetch);

/* Adds to the outcome's counts and says by them whether anything is published. */
extern void rollup_count_changes(RefreshRun *run, int64 inserted, int64 updated, int64 deleted);

/*
 * The rollup of the run as it is defined now, and its table, without keeping a
 * lock; 42P01 if it is gone.
 */
extern Rollup *rollup_prepare(RefreshRun *run, RefreshTarget **target);

/* Takes all rows of a query that was sent, counts them, and closes the fetch. */
extern RowSource *rollup_drain(RefreshRun *run, const Rollup *rollup,
							   const RefreshTarget *target, Fetch *fetch);

/*
 * Reads the whole result of a rollup's query for a target, which may be what
 * the table is to become; its rows can be applied once it is.  The caller has
 * serialized.  NULL if there is nothing to ask for.
 */
extern RowSource *rollup_fetch_for(RefreshRun *run, const Rollup *rollup,
								   const RefreshTarget *target);

/*
 * A run in the caller's transaction whose steps the caller takes: inserts its
 * row and shows its progress; then writes its outcome.
 */
extern RefreshRun *refresh_run_begin(const RunRequest *request);
extern void refresh_run_end(RefreshRun *run);

/*
 * Applies the rows to the table in the current transaction, and fills the
 * outcome's counts and status.  Ends the source (NULL: no rows were asked for).
 */
extern void rollup_apply(RefreshRun *run, const Rollup *rollup,
						 const RefreshTarget *target, RowSource *rows);

/* The two together for run->relation. */
extern void rollup_refresh(RefreshRun *run);

/* The same for a native materialized view. */
extern void matview_refresh(RefreshRun *run);

/* True if REFRESH MATERIALIZED VIEW CONCURRENTLY works on it. */
extern bool matview_can_be_concurrent(Oid relid);

#endif							/* RSFED_REFRESH_RUN_H */
