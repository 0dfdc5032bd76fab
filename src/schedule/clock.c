/*-------------------------------------------------------------------------
 *
 * clock.c
 *		Adapts a schedule's next time to a clock that was set.
 *
 * Policy: the next time is stored and stays.  So if the clock is set forward,
 * the schedule is due at once, one time and not once for each time that was
 * skipped; if the clock is set back, a time does not run twice.  But a
 * schedule must not stand still until the clock has caught up: if more than
 * one of its times is between now and the stored time, the clock was set back
 * by more than the schedule's interval, and the schedule restarts from now.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "schedule/schedule.h"

/* A longer delay means that no scheduler ran, not that it was busy. */
#define MISSED_AFTER_US USECS_PER_MINUTE

/*
 * schedule_is_missed
 *		Is a due time so late that it counts as missed?
 */
bool
schedule_is_missed(TimestampTz due, TimestampTz now)
{
	return now - due > MISSED_AFTER_US;
}

/*
 * schedule_after_clock
 *		The next time to keep: the stored one, or the first after now if the
 *		clock was set back too far.  Anchor as for schedule_next().  Raises
 *		nothing.
 */
TimestampTz
schedule_after_clock(const RsfedSchedule *schedule, TimestampTz anchor, TimestampTz next_run_at,
					 TimestampTz now)
{
	TimestampTz first;
	TimestampTz second;

	if (TIMESTAMP_NOT_FINITE(next_run_at) || next_run_at <= now ||
		!schedule_next(schedule, anchor, now, &first) || first >= next_run_at)
		return next_run_at;

	/* one of these times ran last, before the clock was set back */
	if (!schedule_next(schedule, anchor, first, &second) || second >= next_run_at)
		return next_run_at;
	return first;
}
