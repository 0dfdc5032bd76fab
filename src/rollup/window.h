/*-------------------------------------------------------------------------
 *
 * window.h
 *	  The window of a rollup: its column, its buckets, and its values.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_WINDOW_H
#define RSFED_WINDOW_H

#include "catalog/rollup.h"
#include "catalog/watermark.h"
#include "schedule/bucket.h"

typedef struct Window
{
	int			column;			/* of the result, from 0 */
	const char *name;
	Oid			type;			/* Redshift's, and the local one */
	Bucket		bucket;
	pg_tz	   *zone;			/* the rollup's */
	BucketSpan	lookback;
	BucketSpan	settle;
	BucketSpan	retain;
	BucketSpan	batch;
	bool		has_retain;
	bool		has_batch;
	bool		open_tail;
	bool		newest_first;
	int64		lowest;			/* option start, else the least that Redshift holds */
} Window;

/* Is the rollup's method window? */
extern bool window_is_used(const Rollup *rollup);

/*
 * The window that a rollup's key, columns and options define; 22023 if they
 * define none.
 */
extern Window *window_of(const Rollup *rollup);

/*
 * Raises 22023 if the method cannot work with the definition so far
 * (method.h).
 */
extern void window_validate(const Rollup *rollup);

/*
 * A value as text of its type, and as a typed literal of Redshift; palloc'd.
 */
extern char *window_text(const Window *window, int64 value);
extern char *window_literal(const Window *window, int64 value);

/*
 * Reads a value: text of its type, in the rollup's time zone, or "3 days ago",
 * relative to now.  Raises 22023 with "what" (option "start", argument since).
 */
extern int64 window_parse(const Window *window, const char *text, int64 now, const char *what);

/* A value of the window's column, and back. */
extern int64 window_from_datum(const Window *window, Datum value);
extern Datum window_to_datum(const Window *window, int64 value);

/* An instant as a value of the window, and back. */
extern int64 window_from_instant(const Window *window, TimestampTz instant);
extern TimestampTz window_to_instant(const Window *window, int64 value);

/* The word for the values in rsfed_catalog.watermark; static memory. */
extern const char *window_type_name(const Window *window);

#endif							/* RSFED_WINDOW_H */
