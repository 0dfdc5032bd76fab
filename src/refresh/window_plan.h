/*-------------------------------------------------------------------------
 *
 * window_plan.h
 *	  Plans the range that a refresh of a window reads, and its effects on the
 *	  watermark.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WINDOW_PLAN_H
#define RSFED_WINDOW_PLAN_H

#include "rollup/window.h"

/* The request to a window. */
typedef enum WindowWant
{
	WINDOW_NEXT,				/* the due part: the tail, else a piece of a backfill */
	WINDOW_RANGE,				/* since and until */
	WINDOW_PART,				/* some keys, in a range or everywhere */
	WINDOW_ALL					/* everything, compared with every local row */
} WindowWant;

typedef struct WindowRequest
{
	WindowWant	want;
	const char *since;			/* or NULL */
	const char *until;
	bool		tail_done;		/* an earlier step of the run has read the tail */
	bool		undivided;		/* the tail in one step, however long it is */
} WindowRequest;

/* One step: one remote query, one commit. */
typedef struct WindowStep
{
	WindowWant	want;
	int64		from;			/* the requested range, half-open; */
	int64		to;				/* from >= to: nothing to ask */
	int64		low;			/* the smallest value that the rollup holds */
	int64		complete_to;	/* buckets before it are complete */
	bool		prune;			/* local rows below low are deleted */
	bool		is_current;		/* after the step the rollup is as of now */
	bool		tail_moves;		/* the step adds complete buckets */

	/* the filled range before it, from >= to: empty */
	int64		filled_from;
	int64		filled_to;
} WindowStep;

/*
 * Plans a step. "now" is Redshift's clock; the watermark may be NULL.  Raises
 * 22023 for an impossible range.
 */
extern void window_plan(const Window *window, const Watermark *watermark,
						const WindowRequest *request, TimestampTz now, WindowStep *step);

/*
 * The watermark after the step, palloc'd; NULL if it stays as it was.  greatest
 * is the greatest value of a window over integers, if any came.
 */
extern Watermark *window_advance(const Window *window, const WindowStep *step,
								 const int64 *greatest);

#endif							/* RSFED_WINDOW_PLAN_H */
