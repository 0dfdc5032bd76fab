/*-------------------------------------------------------------------------
 *
 * refresh_run.h
 *	  The state that the parts of one refresh share while it runs.
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
	RunOutcome	outcome;		/* filled during the run, also if it fails later */
	StringInfoData note;
	struct SourceRoute *route;	/* the current and earlier members of a group */
	const char *disorder;		/* the reason why this attempt sorts here; NULL = it need not */

	/* steps, each a query and a commit (step.h) */
	struct RunStep *step;		/* the present one */
	int			steps;			/* that are done */
	bool		more;			/* another one follows */
	bool		tail_done;		/* one of them brought a window up to date */
	int64		batch_pause_ms; /* between two */
	bool		in_transaction; /* the caller's */
	bool		first_step_only;
	bool		asks_no_probe;	/* the query is sent regardless of it */
	const char *probe_answer;	/* to be stored with the content; or NULL */
	bool		refused;		/* the error is a refusal of the gate */

	/* sets */
	struct SetRun *set;			/* the parts of a set's run (set_run.h); or NULL */
	bool		in_set;			/* the run of a member, which is part of its set's run */
} RefreshRun;

/*
 * Makes a run and its row, unless a worker supplies one (run_id), with the
 * facts known before the start.  Lives in a memory context of its own below
 * the current one.
 */
extern RefreshRun *refresh_run_new(const RunRequest *request, int64 run_id);

/*
 * Prevents concurrent refreshes of one relation, and waits for another one: a
 * heavyweight lock that neither readers nor vacuum nor DDL take, held until
 * the end of the transaction.
 */
extern void refresh_serialize(Oid relid);

/*
 * Connects and sends the query of the current step (step_begin) with that
 * ORDER BY (NULL: none), and fills in the facts about the run that are known
 * then; NULL if there is nothing to ask for.  The second function stores its
 * counts, after all rows are taken, and ends it.
 */
extern Fetch *rollup_open_fetch(RefreshRun *run, const RefreshTarget *target,
								const char *order);
extern void rollup_close_fetch(RefreshRun *run, Fetch *fetch);

/*
 * Adds to the outcome's counts, which determine whether anything is published.
 */
extern void rollup_count_changes(RefreshRun *run, int64 inserted, int64 updated, int64 deleted);

/*
 * The current definition of the run's rollup, and its table, without keeping a
 * lock; raises 42P01 if it is gone.
 */
extern Rollup *rollup_prepare(RefreshRun *run, RefreshTarget **target);

/* Takes all rows of a query that was sent, counts them, and closes the fetch. */
extern RowSource *rollup_drain(RefreshRun *run, const Rollup *rollup,
							   const RefreshTarget *target, Fetch *fetch);

/*
 * Reads the whole result of a rollup's query for a target, which may describe
 * a table after a change; then its rows can be applied after that change.  The
 * caller has serialized.  NULL if there is nothing to ask for.
 */
extern RowSource *rollup_fetch_for(RefreshRun *run, const Rollup *rollup,
								   const RefreshTarget *target);

/*
 * For a run in the caller's transaction whose steps the caller performs:
 * inserts its row and shows its progress, and then writes its outcome.
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

#endif							/* RSFED_REFRESH_RUN_H */
