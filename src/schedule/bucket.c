/*-------------------------------------------------------------------------
 *
 * bucket.c
 *	  Computes the boundaries of the buckets of a window.
 *
 * Policy: no bucket of a date_trunc() in the same time zone lies on both sides
 * of a boundary.  Days and longer buckets begin at the first moment of their
 * first day, whatever the clock shows then; if the clock is set back to the
 * previous day, the two days are one bucket.  Shorter buckets follow the wall
 * clock; if a change of the offset cuts one, the piece belongs to the bucket
 * before it.  A bucket that is too long costs a few more rows, but a split
 * bucket would be read in halves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

#include "base/compat.h"
#include "schedule/bucket.h"

/* Days are counted in groups from a Monday: 2000-01-03, day 2 of PostgreSQL's. */
#define FIRST_MONDAY 2

/* The longest step of a walk to the next boundary. */
#define LONGEST_STEP (15 * USECS_PER_MINUTE)

/* From 1970 to 2000. */
#define EPOCH_DISTANCE_SECS \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* The longest distance back to look for the offset before a change of it. */
#define CHANGE_DISTANCE (12 * USECS_PER_HOUR)

static int64
divide_down(int64 value, int64 by)
{
	int64		quotient = value / by;

	return quotient * by > value ? quotient - 1 : quotient;
}

/* The sum is limited to the range of the type. */
static int64
add_integer(int64 value, int64 more)
{
	int64		sum;

	if (pg_add_s64_overflow(value, more, &sum))
		return more < 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return sum;
}

static int64
floor_integer(int64 count, int64 value)
{
	int64		start;

	if (pg_mul_s64_overflow(divide_down(value, count), count, &start))
		return PG_INT64_MIN;
	return start;
}

static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/*
 * Seconds west of UTC at an instant; *wall (may be NULL) is the time that the
 * clock shows.
 */
static int
offset_at(int64 instant, pg_tz *zone, int64 *wall)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;
	Timestamp	shown;

	if (timestamp2tm(instant, &west, &tm, &fsec, NULL, zone) != 0 ||
		tm2timestamp(&tm, fsec, NULL, &shown) != 0)
		out_of_range();
	if (wall != NULL)
		*wall = shown;
	return west;
}

int64
bucket_wall(int64 instant, pg_tz *zone)
{
	int64		wall;

	(void) offset_at(instant, zone, &wall);
	return wall;
}

/*
 * The first instant at which the clock shows that time.  If it never does
 * because it was set forward, the instant of the change, or the same distance
 * after it.
 */
int64
bucket_instant(int64 wall, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			west;
	TimestampTz instant;
	int64		earlier;

	if (timestamp2tm(wall, NULL, &tm, &fsec, NULL, NULL) != 0)
		out_of_range();
	west = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fsec, &west, &instant) != 0)
		out_of_range();

	/* the time is shown twice: the instant above may be the second */
	earlier = wall + offset_at(instant - CHANGE_DISTANCE, zone, NULL) * USECS_PER_SEC;
	if (earlier < instant && bucket_wall(earlier, zone) == wall)
		return earlier;
	return instant;
}

const char *
bucket_refusal(const Bucket *bucket)
{
	const Interval *length = &bucket->length.interval;

	if (bucket->kind == BUCKET_INTEGER)
		return bucket->length.count > 0 ? NULL
			: "The window's column holds integers: a bucket is a number of them, such as \"1000\".";
	if (bucket->length.count > 0)
		return "The window's column holds times: a bucket has a unit, such as \"1 day\".";
	if ((length->month != 0) + (length->day != 0) + (length->time != 0) != 1)
		return "A bucket is a number of months, or of days, or a time that divides a day.";
	if (length->time != 0 && bucket->kind == BUCKET_DATE)
		return "The window's column holds dates: a bucket is at least \"1 day\".";
	if (length->time != 0 && (length->time < 0 || USECS_PER_DAY % length->time != 0))
		return "A bucket shorter than a day must divide it, as \"1 hour\" or \"15 min\" do.";
	return NULL;
}

/*
 * The start of a day since 2000, for a bucket that may begin long before its
 * value: raises 22008 outside the range of timestamps.
 */
static int64
start_of_day(int64 day)
{
	if (day < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE ||
		day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		out_of_range();
	return day * USECS_PER_DAY;
}

/* The start of a bucket on a wall clock, where every day has 24 hours. */
static int64
floor_wall(const Interval *length, int64 wall)
{
	int64		day = divide_down(wall, USECS_PER_DAY);

	if (length->month != 0)
	{
		int			year;
		int			month;
		int			mday;
		int64		months;

		j2date((int) day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
		months = divide_down((int64) year * MONTHS_PER_YEAR + month - 1, length->month) * length->month;
		year = (int) divide_down(months, MONTHS_PER_YEAR);
		month = (int) (months - (int64) year * MONTHS_PER_YEAR) + 1;
		if (!IS_VALID_JULIAN(year, month, 1))
			out_of_range();
		return start_of_day(date2j(year, month, 1) - POSTGRES_EPOCH_JDATE);
	}
	if (length->day != 0)
		return start_of_day(FIRST_MONDAY + divide_down(day - FIRST_MONDAY, length->day) * length->day);
	return divide_down(wall, length->time) * length->time;
}

/* Are buckets of that length days or longer? */
static bool
is_of_days(const Interval *length)
{
	return length->time % USECS_PER_DAY == 0;
}

/*
 * The next change of the zone's offset after an instant; false if there is
 * none within the range of timestamps.  *shown is the time that the clock
 * shows from then on.
 */
static bool
next_change(int64 instant, pg_tz *zone, int64 *change, int64 *shown)
{
	pg_time_t	after = divide_down(instant, USECS_PER_SEC) + EPOCH_DISTANCE_SECS;
	pg_time_t	boundary;
	long int	offset_before;
	long int	offset_after;
	int			dst_before;
	int			dst_after;

	if (pg_next_dst_boundary(&after, &offset_before, &dst_before, &boundary,
							 &offset_after, &dst_after, zone) <= 0 ||
		boundary - EPOCH_DISTANCE_SECS > END_TIMESTAMP / USECS_PER_SEC)
		return false;
	*change = (boundary - EPOCH_DISTANCE_SECS) * USECS_PER_SEC;
	*shown = *change + offset_after * USECS_PER_SEC;
	return true;
}

/*
 * The instant at which a day begins.  False if the clock is set back from it
 * to the previous day: then both days have hours on either side.
 */
static bool
day_begins(int64 wall, pg_tz *zone, int64 *instant)
{
	int64		change;
	int64		shown;

	*instant = bucket_instant(wall, zone);
	return !next_change(*instant, zone, &change, &shown) || shown >= wall;
}

static int64
floor_instant(const Bucket *bucket, int64 instant)
{
	const Interval *length = &bucket->length.interval;
	int64		wall;
	int			west = offset_at(instant, bucket->zone, &wall);
	int64		start = floor_wall(length, wall);
	int64		found;
	int64		change;
	int64		shown;
	int64		last;

	if (is_of_days(length))
	{
		while (!day_begins(start, bucket->zone, &found))
			start = floor_wall(length, start - 1);
		return found;
	}
	found = instant - (wall - start);
	if (offset_at(found, bucket->zone, NULL) == west)
		return found;

	/* the time after the change belongs to the bucket before it */
	last = found;
	while (next_change(last, bucket->zone, &change, &shown) && change <= instant)
		last = change;
	return floor_instant(bucket, last - 1);
}

int64
bucket_floor(const Bucket *bucket, int64 value)
{
	switch (bucket->kind)
	{
		case BUCKET_INTEGER:
			return floor_integer(bucket->length.count, value);
		case BUCKET_TIMESTAMPTZ:
			return floor_instant(bucket, value);
		default:
			return floor_wall(&bucket->length.interval, value);
	}
}

/* A time of the wall clock moved by months, days and time. */
static int64
move_wall(int64 wall, const Interval *interval, int sign)
{
	Interval	signed_interval = *interval;

	signed_interval.month *= sign;
	signed_interval.day *= sign;
	signed_interval.time *= sign;
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(wall),
												 IntervalPGetDatum(&signed_interval)));
}

int64
bucket_next(const Bucket *bucket, int64 value)
{
	const Interval *length = &bucket->length.interval;
	int64		start;
	int64		next;
	int64		before;

	if (bucket->kind == BUCKET_INTEGER)
		return add_integer(bucket_floor(bucket, value), bucket->length.count);
	if (bucket->kind != BUCKET_TIMESTAMPTZ)
		return move_wall(floor_wall(length, value), length, 1);
	if (is_of_days(length))
	{
		start = floor_wall(length, bucket_wall(value, bucket->zone));
		do
			start = move_wall(start, length, 1);
		while (!day_begins(start, bucket->zone, &next));
		return next;
	}

	/* a change of the offset may have made it shorter or longer */
	start = floor_instant(bucket, value);
	next = value;
	do
	{
		CHECK_FOR_INTERRUPTS();
		next += Min(length->time, LONGEST_STEP);
	} while (floor_instant(bucket, next) <= start);

	/* the step may have skipped a whole bucket */
	next = floor_instant(bucket, next);
	while ((before = floor_instant(bucket, next - 1)) > start)
		next = before;
	return next;
}

int64
bucket_move(const Bucket *bucket, int64 value, const BucketSpan *span, int sign)
{
	Interval	days = span->interval;

	if (bucket->kind == BUCKET_INTEGER)
		return add_integer(value, sign * span->count);
	if (bucket->kind != BUCKET_TIMESTAMPTZ)
		return move_wall(value, &span->interval, sign);

	/* days by the calendar, time as it elapses */
	days.time = 0;
	if (days.month != 0 || days.day != 0)
		value = bucket_instant(move_wall(bucket_wall(value, bucket->zone), &days, sign), bucket->zone);
	return value + sign * span->interval.time;
}
