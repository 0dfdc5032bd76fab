/*-------------------------------------------------------------------------
 *
 * bucket.h
 *	  The boundaries of the buckets of a window: hours, days, weeks, months,
 *	  years in a time zone, or steps of whole numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BUCKET_H
#define RSFED_BUCKET_H

#include "pgtime.h"
#include "utils/timestamp.h"

/* The kinds of values that buckets divide; each value is an int64. */
typedef enum BucketKind
{
	BUCKET_DATE,				/* wall clock, midnights only; us since 2000 */
	BUCKET_TIMESTAMP,			/* wall clock; us since 2000 */
	BUCKET_TIMESTAMPTZ,			/* instants; us since 2000 in UTC */
	BUCKET_INTEGER				/* the number itself */
} BucketKind;

/* A length: of time, or (BUCKET_INTEGER) a number of values. */
typedef struct BucketSpan
{
	Interval	interval;
	int64		count;
} BucketSpan;

typedef struct Bucket
{
	BucketKind	kind;
	BucketSpan	length;			/* one of months, days, time, count */
	pg_tz	   *zone;			/* the wall clock of TIMESTAMPTZ */
} Bucket;

/*
 * NULL if buckets can have that length (whole months, whole days, or a time
 * that divides a day), otherwise the reason as a sentence.
 */
extern const char *bucket_refusal(const Bucket *bucket);

/* The start of the bucket that contains the value, and of the next bucket. */
extern int64 bucket_floor(const Bucket *bucket, int64 value);
extern int64 bucket_next(const Bucket *bucket, int64 value);

/*
 * The value moved by a span, backward (sign -1) or forward (+1), by the
 * calendar.
 */
extern int64 bucket_move(const Bucket *bucket, int64 value, const BucketSpan *span, int sign);

/* An instant as the wall clock of the zone shows it, and back (the first of two). */
extern int64 bucket_wall(int64 instant, pg_tz *zone);
extern int64 bucket_instant(int64 wall, pg_tz *zone);

#endif							/* RSFED_BUCKET_H */
