/*-------------------------------------------------------------------------
 *
 * window_plan.c
 *	  Plans the range that a refresh of a window reads, and its effects on the
 *	  watermark.
 *
 *	   low        filled_from            watermark   complete_to   now
 *		|  backfill   |       complete       | <- tail -> |  open    |
 *
 * Policy: the filled range has no holes; the watermark is its end.  A step
 * moves either the watermark (the tail, which comes first, because readers
 * look at it) or the other end (a backfill, newest first), or it repeats a
 * part in between and moves nothing.  All boundaries are those of buckets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "refresh/window_plan.h"

/* One more than the greatest value of an integer column. */
static int64
beyond_integers(const Window *window)
{
	switch (window->type)
	{
		case INT2OID:
			return PG_INT16_MAX + 1;
		case INT4OID:
			return (int64) PG_INT32_MAX + 1;
		default:
			return PG_INT64_MAX;
	}
}

/* The instant moved back by the option settle, as a value of the window. */
static int64
settled_value(const Window *window, TimestampTz now)
{
	Bucket		instants = {.kind = BUCKET_TIMESTAMPTZ,.zone = window->zone};

	return window_from_instant(window, bucket_move(&instants, now, &window->settle, -1));
}

/*
 * Fills low, complete_to and the filled range; returns the end of the range
 * that can be read.
 */
static int64
plan_bounds(const Window *window, const Watermark *watermark, TimestampTz now, WindowStep *step)
{
	const Bucket *bucket = &window->bucket;
	int64		present;
	int64		end;

	step->low = window->lowest;
	step->filled_from = step->filled_to = 0;
	if (watermark != NULL && strcmp(watermark->column, window->name) == 0 &&
		strcmp(watermark->value_type, window_type_name(window)) == 0)
	{
		/* the buckets may have changed since then */
		step->filled_from = window_parse(window, watermark->filled_from, 0, "rsfed_catalog.watermark");
		step->filled_to = bucket_floor(bucket, window_parse(window, watermark->filled_to, 0,
															"rsfed_catalog.watermark"));
		if (step->filled_from > window->lowest &&
			bucket_floor(bucket, step->filled_from) != step->filled_from)
			step->filled_from = bucket_next(bucket, step->filled_from);
	}
	if (bucket->kind == BUCKET_INTEGER)
	{
		/* their end is known when the rows have arrived */
		step->complete_to = step->filled_from < step->filled_to ? step->filled_to : step->low;
		return beyond_integers(window);
	}

	present = window_from_instant(window, now);
	if (window->has_retain)
		step->low = Max(step->low, bucket_floor(bucket, bucket_move(bucket, present, &window->retain, -1)));
	step->complete_to = Max(bucket_floor(bucket, settled_value(window, now)), step->low);
	end = window->open_tail ? Max(bucket_next(bucket, present), step->low) : step->complete_to;

	/* a clock that was set back removes nothing */
	if (step->filled_from < step->filled_to)
	{
		step->complete_to = Max(step->complete_to, step->filled_to);
		end = Max(end, step->filled_to);
	}
	return end;
}

/* The boundary a batch before (sign -1) or after a boundary, at least one bucket away. */
static int64
batch_end(const Window *window, int64 boundary, int sign)
{
	const Bucket *bucket = &window->bucket;
	int64		end = bucket_floor(bucket, bucket_move(bucket, boundary, &window->batch, sign));

	if (sign < 0)
		return end < boundary ? end : bucket_floor(bucket, boundary - 1);
	return end > boundary ? end : bucket_next(bucket, boundary);
}

/*
 * The very first step: nothing is filled yet.  A batch contains a complete
 * bucket, if there is one: an incomplete bucket is not filled, and moves no
 * watermark.
 */
static void
plan_first(const Window *window, int64 end, WindowStep *step)
{
	step->from = step->low;
	step->to = end;
	if (window->has_batch && step->low < end)
	{
		if (!window->newest_first)
		{
			step->to = batch_end(window, step->low, 1);
			if (step->to >= step->complete_to)
				step->to = end;
		}
		else if (step->complete_to > step->low)
			step->from = Max(step->low, batch_end(window, step->complete_to, -1));
	}
	step->tail_moves = true;
	step->is_current = step->to >= end;
}

/* The tail: from the watermark less the lookback on, in batches if it is long. */
static void
plan_tail(const Window *window, int64 end, bool undivided, WindowStep *step)
{
	const Bucket *bucket = &window->bucket;

	step->from = bucket_floor(bucket, bucket_move(bucket, step->filled_to, &window->lookback, -1));
	step->from = Max(step->from, Max(step->filled_from, step->low));
	step->to = end;
	if (window->has_batch && !undivided)
	{
		int64		limit = batch_end(window, Max(step->filled_to, step->low), 1);

		if (limit < step->complete_to)
			step->to = limit;
	}
	step->tail_moves = step->to > step->filled_to;
	step->is_current = step->to >= end;
}

/* The next piece before the filled range. */
static void
plan_backfill(const Window *window, WindowStep *step)
{
	step->to = step->filled_from;
	step->from = window->has_batch ? Max(step->low, batch_end(window, step->to, -1)) : step->low;
}

/* since and until, as whole buckets. */
static void
plan_range(const Window *window, const WindowRequest *request, int64 end, TimestampTz now,
		   WindowStep *step)
{
	const Bucket *bucket = &window->bucket;
	int64		present = bucket->kind == BUCKET_INTEGER ? 0 : window_from_instant(window, now);

	step->from = step->low;
	step->to = end;
	if (request->since != NULL)
	{
		step->from = bucket_floor(bucket, window_parse(window, request->since, present, "since"));
		if (step->from < step->low)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("since lies before what the rollup holds"),
					 errdetail("Its bucket begins at %s; the options start and retain keep what is from %s on.",
							   window_text(window, step->from), window_text(window, step->low))));
	}
	if (request->until != NULL)
	{
		int64		until = window_parse(window, request->until, present, "until");

		if (bucket_floor(bucket, until) != until)
			until = bucket_next(bucket, until);
		step->to = Min(until, end);
	}
	if (step->from >= step->to && (request->since != NULL || request->until != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no bucket to refresh between since and until"),
				 errdetail("As whole buckets they are %s and %s; the last one that is shown ends at %s.",
						   window_text(window, step->from), window_text(window, step->to),
						   window_text(window, end))));
}

void
window_plan(const Window *window, const Watermark *watermark, const WindowRequest *request,
			TimestampTz now, WindowStep *step)
{
	int64		end;
	bool		filled;

	memset(step, 0, sizeof(WindowStep));
	end = plan_bounds(window, watermark, now, step);
	filled = step->filled_from < step->filled_to;
	step->want = request->want;
	switch (request->want)
	{
		case WINDOW_RANGE:
		case WINDOW_PART:
			plan_range(window, request, end, now, step);
			return;
		case WINDOW_ALL:
			step->from = step->low;
			step->to = end;
			step->tail_moves = step->is_current = true;
			return;
		case WINDOW_NEXT:
			break;
	}

	if (!filled)
		plan_first(window, end, step);
	else if (!request->tail_done || step->filled_to < step->complete_to)
		plan_tail(window, end, request->undivided, step);
	else
		plan_backfill(window, step);

	step->prune = filled && step->filled_from < step->low;
	if (step->prune && step->from >= step->to && step->to > step->low)
		step->from = bucket_floor(&window->bucket, step->to - 1);
}

Watermark *
window_advance(const Window *window, const WindowStep *step, const int64 *greatest)
{
	Watermark  *watermark = palloc0(sizeof(Watermark));
	bool		filled = step->filled_from < step->filled_to;
	int64		complete_to = step->complete_to;
	int64		from = step->from;
	int64		to;

	if (step->want == WINDOW_PART)
		return NULL;
	if (window->bucket.kind == BUCKET_INTEGER && greatest != NULL)
		complete_to = Max(complete_to,
						  bucket_floor(&window->bucket,
									   bucket_move(&window->bucket, *greatest, &window->settle, -1)));
	to = Max(Min(step->to, complete_to), from);

	/* adjacent ranges become one; otherwise the newer one counts */
	if (filled && step->want == WINDOW_ALL)
		to = Max(to, Min(step->filled_to, step->to));
	else if (filled && from <= step->filled_to && step->to >= step->filled_from)
	{
		from = Min(from, step->filled_from);
		to = Max(to, step->filled_to);
	}
	else if (filled && !step->tail_moves)
	{
		from = step->filled_from;
		to = step->filled_to;
	}
	from = Max(from, step->low);
	to = Max(to, from);

	watermark->column = pstrdup(window->name);
	watermark->value_type = pstrdup(window_type_name(window));
	watermark->filled_from = window_text(window, from);
	watermark->filled_to = window_text(window, to);
	watermark->backfilling = from > step->low ||
		(window->bucket.kind != BUCKET_INTEGER && to < complete_to);
	return watermark;
}
