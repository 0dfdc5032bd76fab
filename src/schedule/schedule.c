/*-------------------------------------------------------------------------
 *
 * schedule.c
 *		Parses schedules and computes their next times.
 *
 * Policy: the functions are pure.  The clock and the anchor are arguments,
 * only the time zone database is read, and the same arguments give the same
 * result: a scheduler that was down or restarts computes the same grid.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "schedule/schedule.h"

static pg_tz *
find_zone(const char *timezone)
{
	pg_tz	   *zone = NULL;

	if (timezone == NULL)
		timezone = "UTC";
	if (timezone[0] != '\0')
		zone = pg_tzset(timezone);
	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", timezone),
				 errhint("The view pg_timezone_names lists the names.")));
	if (!pg_tz_acceptable(zone))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" appears to use leap seconds", timezone),
				 errdetail("PostgreSQL does not support leap seconds.")));
	return zone;
}

/*
 * schedule_parse
 *		Reads a schedule: five cron fields, a word such as @hourly, or an
 *		interval such as 30 seconds.  timezone NULL is UTC; an interval does
 *		not depend on it, yet it must be a valid name.
 *
 * Raises 22023 if the text or the time zone is not valid, or if the text names
 * a date that never occurs.  Allocated in the current memory context, as one
 * chunk.
 */
RsfedSchedule *
schedule_parse(const char *text, const char *timezone)
{
	RsfedSchedule *schedule = palloc0(sizeof(RsfedSchedule));

	schedule->zone = find_zone(timezone);
	if (schedule_is_interval(text))
		schedule_parse_interval(schedule, text);
	else
		schedule_parse_cron(schedule, text);
	return schedule;
}

/*
 * schedule_next
 *		The first time of the schedule strictly later than after.
 *
 * anchor is a point of the grid of an interval (the creation of the schedule);
 * the grid extends to both sides of it, so that a clock that was set back does
 * not stop the schedule.  Cron schedules ignore it.  False when no time is
 * left within the range of timestamps or the next 50 years, or when after is
 * infinite.  Raises nothing and allocates nothing.
 */
bool
schedule_next(const RsfedSchedule *schedule, TimestampTz anchor, TimestampTz after,
			  TimestampTz *next)
{
	if (TIMESTAMP_NOT_FINITE(after))
		return false;
	if (schedule->kind == RSFED_SCHEDULE_INTERVAL)
		return schedule_next_interval(schedule, anchor, after, next);
	return schedule_next_cron(schedule, after, next);
}

/*
 * schedule_min_gap_us
 *		The shortest time between two runs, in microseconds.  Exact for an
 *		interval; for cron the shortest time on the wall clock, which a change
 *		of the clock may shorten once.  Raises nothing.
 */
int64
schedule_min_gap_us(const RsfedSchedule *schedule)
{
	if (schedule->kind == RSFED_SCHEDULE_INTERVAL)
		return schedule->period_us;
	return schedule_min_gap_cron(schedule);
}
