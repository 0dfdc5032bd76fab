/*-------------------------------------------------------------------------
 *
 * schedule.h
 *		Parses schedules and computes their next times.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCHEDULE_SCHEDULE_H
#define RSFED_SCHEDULE_SCHEDULE_H

#include "datatype/timestamp.h"
#include "pgtime.h"

typedef enum RsfedScheduleKind
{
	RSFED_SCHEDULE_CRON,		/* wall-clock times in a time zone */
	RSFED_SCHEDULE_INTERVAL		/* a fixed grid of real time */
} RsfedScheduleKind;

/* One palloc'd chunk without owned pointers: may be copied by memcpy. */
typedef struct RsfedSchedule
{
	RsfedScheduleKind kind;
	pg_tz	   *zone;			/* lives as long as the process */

	/* RSFED_SCHEDULE_INTERVAL */
	int64		period_us;

	/* RSFED_SCHEDULE_CRON: bit n is set when the value n matches */
	uint64		minutes;		/* 0-59 */
	uint32		hours;			/* 0-23 */
	uint32		days;			/* 1-31 */
	uint32		months;			/* 1-12 */
	uint32		weekdays;		/* 0-6, Sunday is 0 */
	bool		either_day;		/* both day fields are restricted: a day matches if one of them does */
	bool		real_time;		/* minute or hour begins with a star: see cron.c */
} RsfedSchedule;

/* schedule.c */
extern RsfedSchedule *schedule_parse(const char *text, const char *timezone);
extern bool schedule_next(const RsfedSchedule *schedule, TimestampTz anchor, TimestampTz after,
						  TimestampTz *next);
extern int64 schedule_min_gap_us(const RsfedSchedule *schedule);

/* clock.c */
extern bool schedule_is_missed(TimestampTz due, TimestampTz now);
extern TimestampTz schedule_after_clock(const RsfedSchedule *schedule, TimestampTz anchor,
										TimestampTz next_run_at, TimestampTz now);

/* cron.c and interval.c, for schedule.c */
extern void schedule_parse_cron(RsfedSchedule *schedule, const char *text);
extern bool schedule_next_cron(const RsfedSchedule *schedule, TimestampTz after, TimestampTz *next);
extern int64 schedule_min_gap_cron(const RsfedSchedule *schedule);
extern bool schedule_is_interval(const char *text);
extern void schedule_parse_interval(RsfedSchedule *schedule, const char *text);
extern bool schedule_next_interval(const RsfedSchedule *schedule, TimestampTz anchor,
								   TimestampTz after, TimestampTz *next);

#endif							/* RSFED_SCHEDULE_SCHEDULE_H */
