/*-------------------------------------------------------------------------
 *
 * interval.c
 *		Schedules that repeat after a fixed time: 30 seconds, 1 hour 30 min.
 *
 * Policy: the grid is in real time: anchor + n * period for every whole n.  A
 * day has 24 hours, whatever the wall clock shows.  A fixed hour of the day,
 * or months and years, which have no fixed length, need a cron schedule.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "utils/timestamp.h"

#include "schedule/schedule.h"

#define MAX_PERIOD_US	(INT64CONST(36525) * USECS_PER_DAY)

typedef struct Unit
{
	const char *name;
	int64		us;				/* 0: has no fixed length */
} Unit;

static const Unit units[] = {
	{"us", 1}, {"usec", 1}, {"usecs", 1}, {"microsecond", 1}, {"microseconds", 1},
	{"ms", 1000}, {"msec", 1000}, {"msecs", 1000}, {"millisecond", 1000}, {"milliseconds", 1000},
	{"s", USECS_PER_SEC}, {"sec", USECS_PER_SEC}, {"secs", USECS_PER_SEC},
	{"second", USECS_PER_SEC}, {"seconds", USECS_PER_SEC},
	{"m", USECS_PER_MINUTE}, {"min", USECS_PER_MINUTE}, {"mins", USECS_PER_MINUTE},
	{"minute", USECS_PER_MINUTE}, {"minutes", USECS_PER_MINUTE},
	{"h", USECS_PER_HOUR}, {"hr", USECS_PER_HOUR}, {"hrs", USECS_PER_HOUR},
	{"hour", USECS_PER_HOUR}, {"hours", USECS_PER_HOUR},
	{"d", USECS_PER_DAY}, {"day", USECS_PER_DAY}, {"days", USECS_PER_DAY},
	{"w", 7 * USECS_PER_DAY}, {"week", 7 * USECS_PER_DAY}, {"weeks", 7 * USECS_PER_DAY},
	{"mon", 0}, {"mons", 0}, {"month", 0}, {"months", 0},
	{"y", 0}, {"yr", 0}, {"yrs", 0}, {"year", 0}, {"years", 0},
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	return p;
}

static void
refuse(const char *text, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid interval schedule \"%s\"", text),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint ? hint : "Example: 30 seconds, 5 min, 1 hour 30 min.")));
}

/*
 * schedule_is_interval
 *		Is a text meant as an interval?  Yes if it begins with a number and a
 *		unit, which no cron schedule does: its second field is the hour, which
 *		has no names.  A text with a star is meant as cron.
 */
bool
schedule_is_interval(const char *text)
{
	const char *p = skip_blanks(text);

	if (strchr(p, '*') != NULL)
		return false;
	if (*p == '+' || *p == '-')
		p++;
	if (!is_digit(*p) && *p != '.')
		return false;
	while (is_digit(*p) || *p == '.')
		p++;
	if (*p == ':')
		return true;
	p = skip_blanks(p);
	return is_letter(*p);
}

/* Reads hh:mm or hh:mm:ss at *text and advances *text. */
static int64
parse_clock(const char *whole, const char **text)
{
	char	   *end;
	long		part[3] = {0, 0, 0};
	int			n = 0;

	for (;;)
	{
		if (!is_digit(**text))
			refuse(whole, "A time must be hours:minutes or hours:minutes:seconds.", NULL);
		errno = 0;
		part[n] = strtol(*text, &end, 10);
		if (errno != 0 || part[n] > 1000000 || (n > 0 && part[n] > 59))
			refuse(whole, "Minutes and seconds of a time must be between 0 and 59.", NULL);
		*text = end;
		n++;
		if (**text != ':' || n == 3)
			break;
		(*text)++;
	}
	return part[0] * USECS_PER_HOUR + part[1] * USECS_PER_MINUTE + part[2] * USECS_PER_SEC;
}

/*
 * The unit of this name; refuses unknown units and those without a fixed
 * length.
 */
static const Unit *
find_unit(const char *whole, const char *name, int length)
{
	for (int i = 0; i < (int) lengthof(units); i++)
	{
		if ((int) strlen(units[i].name) == length &&
			pg_strncasecmp(units[i].name, name, length) == 0)
		{
			if (units[i].us == 0)
				refuse(whole,
					   psprintf("\"%.*s\" has no fixed length.", length, name),
					   "Use a cron schedule: 0 3 1 * * is 03:00 on the first day of each month.");
			return &units[i];
		}
	}
	refuse(whole, psprintf("\"%.*s\" is not a unit of time.", length, name),
		   "Units are seconds, minutes, hours, days and weeks.");
	return NULL;				/* keep compiler quiet */
}

/*
 * schedule_parse_interval
 *		Reads pairs of number and unit, and hh:mm[:ss], into period_us.  Raises
 *		22023 for any other text, for less than one second and for more than
 *		100 years.
 */
void
schedule_parse_interval(RsfedSchedule *schedule, const char *text)
{
	const char *p = skip_blanks(text);
	double		total = 0;

	while (*p != '\0')
	{
		const char *start = p;
		const Unit *unit;
		double		number;
		char	   *end;
		int			length = 0;

		if (*p == '-' || *p == '+')
			refuse(text, "An interval has no sign.", NULL);
		while (is_digit(*p))
			p++;
		if (*p == ':')
		{
			p = start;
			total += parse_clock(text, &p);
			p = skip_blanks(p);
			continue;
		}
		if (*p == '.')
		{
			p++;
			while (is_digit(*p))
				p++;
		}
		if (p == start || (p == start + 1 && *start == '.'))
			refuse(text, psprintf("A number is expected at \"%s\".", start), NULL);
		number = strtod(pnstrdup(start, p - start), &end);
		p = skip_blanks(p);
		while (is_letter(p[length]))
			length++;
		if (length == 0)
			refuse(text, psprintf("A unit is expected after \"%.*s\".",
								  (int) strcspn(start, " \t\r\n"), start), NULL);
		unit = find_unit(text, p, length);
		total += number * unit->us;
		p = skip_blanks(p + length);
	}

	total = rint(total);
	if (!(total <= (double) MAX_PERIOD_US))
		refuse(text, "The interval is longer than 100 years.", NULL);
	if (total < USECS_PER_SEC)
		refuse(text, "The interval is shorter than one second.", NULL);
	schedule->kind = RSFED_SCHEDULE_INTERVAL;
	schedule->period_us = (int64) total;
}

/*
 * schedule_next_interval
 *		The first point of the grid around anchor that is later than after.
 */
bool
schedule_next_interval(const RsfedSchedule *schedule, TimestampTz anchor, TimestampTz after,
					   TimestampTz *next)
{
	int64		period = schedule->period_us;
	int64		distance;
	int64		remainder;
	TimestampTz result;

	if (TIMESTAMP_NOT_FINITE(anchor) || pg_sub_s64_overflow(after, anchor, &distance))
		return false;

	/* time since the last point of the grid, for both signs of distance */
	remainder = distance % period;
	if (remainder < 0)
		remainder += period;
	if (pg_add_s64_overflow(after, period - remainder, &result) || !IS_VALID_TIMESTAMP(result))
		return false;
	*next = result;
	return true;
}
