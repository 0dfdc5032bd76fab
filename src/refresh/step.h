/*-------------------------------------------------------------------------
 *
 * step.h
 *	  The query of one step of a run, and the bookkeeping after it.
 *
 * Most runs have one step.  A window that is being filled has one for each
 * batch: each sends one query and is committed by itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_STEP_H
#define RSFED_STEP_H

#include "refresh/refresh_run.h"
#include "refresh/scope.h"
#include "refresh/window_plan.h"

typedef struct RunStep
{
	Rollup	   *asked;			/* the rollup, with the query that is sent */
	RowScope   *scope;			/* NULL = the result covers everything */
	bool		is_current;		/* after the step the whole rollup is as of now */
	bool		sends_query;	/* neither the probe nor the window tells that nothing is new */
	Oid			relid;			/* the table that the rows are for */

	/* over a lake */
	struct LakeFinding *lake;	/* what its catalog shows (lake_step.c); or NULL */
	bool		nothing_new;	/* in it: no partition is to be read */

	/* with a window */
	Window	   *window;			/* or NULL */
	Watermark  *watermark;		/* before it; or NULL */
	WindowRequest want;
	WindowStep	plan;			/* after Redshift's clock is known */
} RunStep;

/*
 * Raises 22023 if since, until, part and method cannot be combined, or do not
 * fit the rollup; for a caller that only queues the request.
 */
extern void step_check_request(const RunRequest *request, const Rollup *rollup, Oid relid,
							   const char *name);

/* The facts known before connecting; rows are read for the target. */
extern RunStep *step_begin(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target);

/*
 * Asks the clock and the probe, and puts the range into the query.  False if
 * the query need not be sent: nothing is new, or there is nothing to ask for.
 */
extern bool step_ask(RefreshRun *run, RunStep *step, Fetch *fetch);

/*
 * The parts of step_ask, for callers that read several rollups over one
 * connection: Redshift's clock, as an instant, and whether the step needs it;
 * the range, by that clock; the probe, and the catalog of the lake, true if
 * nothing is new; the query with its range, false if there is nothing to ask
 * for.
 */
extern bool step_needs_clock(const RunStep *step);
extern TimestampTz step_clock(const RunStep *step, Fetch *fetch);
extern void step_plan(RefreshRun *run, RunStep *step, TimestampTz asked_at, TimestampTz now);
extern bool step_probe(RefreshRun *run, RunStep *step, Fetch *fetch);
extern bool step_fill(RunStep *step);

/*
 * Called after the rows, or without any: writes watermark and probe in the
 * current transaction, and determines whether another step follows.
 */
extern void step_finish(RefreshRun *run, const Rollup *rollup);

#endif							/* RSFED_STEP_H */
