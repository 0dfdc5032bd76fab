/*-------------------------------------------------------------------------
 *
 * clock.c
 *		What a look at the clock means for a schedule's next time.
 *
 * Policy: the next time is written down, and stands.  So a clock that is set
 * forward makes it due at once, one time and not each that was jumped over, and
 * one that is set back does not run a day's time twice.  But a schedule shall
 * not stand still until the clock has caught up: where more than one of its
 * times lies between now and the one that is written down, the clock was set
 * back by more than the schedule's own distance, and it starts anew from now.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "schedule/schedule.h"

/* Later than that is not a busy scheduler, but one that was not there. */
#define MISSED_AFTER_US USECS_PER_MINUTE

/*
 * schedule_is_missed
 *		Was a due time not served for so long that it counts as missed?
 */
bool
schedule_is_missed(TimestampTz due, TimestampTz now)
{
	return now - due > MISSED_AFTER_US;
}

/*
 * schedule_after_clock
 *		The next time to keep, given the one that is written down: that, or the
 *		first after now if the clock was set back too far for it.  Anchor as for
 *		schedule_next().  Raises nothing.
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

	/* one of its times is the one that ran last, before the clock was set back */
	if (!schedule_next(schedule, anchor, first, &second) || second >= next_run_at)
		return next_run_at;
	return first;
}
