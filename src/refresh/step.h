/*-------------------------------------------------------------------------
 *
 * step.h
 *	  What one step of a run asks Redshift for, and what is known after it.
 *
 * Most runs have one step.  A window that is being filled has one for each
 * batch: each asks one query and is committed by itself.
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
	RowScope   *scope;			/* NULL = the result speaks of everything */
	bool		is_current;		/* after it the whole rollup is as of now */
	bool		sends_query;	/* neither probe nor window say that nothing is new */
	Oid			relid;			/* the table that the rows are for */

	/* over a lake */
	struct LakeFinding *lake;	/* what its catalog shows (lake_step.c); or NULL */
	bool		nothing_new;	/* in it: there is nothing to ask for */

	/* with a window */
	Window	   *window;			/* or NULL */
	Watermark  *watermark;		/* before it; or NULL */
	WindowRequest want;
	WindowStep	plan;			/* once Redshift's clock is known */
} RunStep;

/*
 * Raises 22023 where since, until, part and method do not go together, or do
 * not fit the rollup; for a caller that only queues the request.
 */
extern void step_check_request(const RunRequest *request, const Rollup *rollup, Oid relid,
							   const char *name);

/* What is known before connecting; the target is what rows are read for. */
extern RunStep *step_begin(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target);

/*
 * Asks the clock and the probe, and puts the range into the query.  False if
 * the query need not be sent: nothing is new, or there is nothing to ask for.
 */
extern bool step_ask(RefreshRun *run, RunStep *step, Fetch *fetch);

/*
 * The parts of step_ask, for whoever asks several rollups over one connection:
 * Redshift's clock, as an instant, and whether the step needs it; the range,
 * by that clock; the probe, and the catalog of the lake, true if nothing is new; the query with its range,
 * false if there is nothing to ask for.
 */
extern bool step_needs_clock(const RunStep *step);
extern TimestampTz step_clock(const RunStep *step, Fetch *fetch);
extern void step_plan(RefreshRun *run, RunStep *step, TimestampTz asked_at, TimestampTz now);
extern bool step_probe(RefreshRun *run, RunStep *step, Fetch *fetch);
extern bool step_fill(RunStep *step);

/*
 * After the rows, or without any: writes watermark and probe in the current
 * transaction, and whether another step follows.
 */
extern void step_finish(RefreshRun *run, const Rollup *rollup);

#endif							/* RSFED_STEP_H */
