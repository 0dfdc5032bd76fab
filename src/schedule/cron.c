/*-------------------------------------------------------------------------
 *
 * cron.c
 *		Schedules by the wall clock: five fields as in cron.
 *
 * Policy: the fields and their meaning are Vixie's.  When the day of the month
 * and the day of the week are both restricted (neither begins with a star) a
 * day matches if one of them does; otherwise both must match.
 *
 * Changes of the clock (Vixie's rule, made exact).  A schedule whose minute or
 * hour field begins with a star runs in real time: it is due whenever the
 * clock shows a matching minute, so it is not due at skipped times and is due
 * twice at repeated times.  Every other schedule names times of the day, and
 * each of them is due once, when the clock first reaches or passes it.  So
 * skipped times are due at the moment of the change (once, however many were
 * skipped), and repeated times are not due again.
 *
 * The search goes from one period of constant UTC offset to the next, and
 * field by field on the wall clock within a period, never minute by minute.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "schedule/schedule.h"

#define SECS_PER_DAY_64		INT64CONST(86400)

/*
 * the number of years that a search covers; every date occurs at least once in
 * 40 years
 */
#define HORIZON_SECS		(INT64CONST(50) * 366 * SECS_PER_DAY_64)

/* longer than any change of a clock */
#define LOOK_BACK_SECS		(3 * SECS_PER_DAY_64)

#define UNIX_EPOCH_OFFSET \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY_64)

/* enough for a whole day of any schedule and for the rarest date */
#define GAP_SAMPLES			1500

#define NO_MATCH			PG_INT64_MAX

static const char *const month_names[] = {
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", NULL
};

static const char *const weekday_names[] = {
	"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL
};

typedef struct Field
{
	const char *name;
	int			low;
	int			high;
	const char *const *names;	/* of the values from low on, or NULL */
	const char *range;			/* the allowed values, for messages */
	bool		is_day;			/* "?" stands for a star */
} Field;

static const Field fields[] = {
	{"minute", 0, 59, NULL, "0-59", false},
	{"hour", 0, 23, NULL, "0-23", false},
	{"day-of-month", 1, 31, NULL, "1-31", true},
	{"month", 1, 12, month_names, "1-12 or jan-dec", false},
	{"day-of-week", 0, 7, weekday_names, "0-7 or sun-sat (0 and 7 are Sunday)", true},
};

static const struct
{
	const char *word;
	const char *text;
}			words[] =
{
	{"@hourly", "0 * * * *"},
	{"@daily", "0 0 * * *"},
	{"@midnight", "0 0 * * *"},
	{"@weekly", "0 0 * * 0"},
	{"@monthly", "0 0 1 * *"},
	{"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"},
};

static void
refuse(const char *text, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid cron schedule \"%s\"", text),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint ? hint :
					 "Example: */15 6-20 * * mon-fri is every 15 minutes from 06:00 to 20:45 on working days.")));
}

/*
 * Reads a number or a name at *p and advances *p. is_end: the value ends a
 * range, where sun is 7.
 */
static int
parse_value(const char *text, const Field *field, const char **p, bool is_end)
{
	const char *start = *p;
	int			length = 0;
	int			value = -1;

	while (isalnum((unsigned char) start[length]))
		length++;
	if (length == 0)
		refuse(text, psprintf("A value of the %s field is missing at \"%s\"; allowed are %s.",
							  field->name, start, field->range), NULL);

	if (strspn(start, "0123456789") >= (size_t) length)
	{
		value = length <= 4 ? atoi(start) : 10000;
		if (value < field->low || value > field->high)
			refuse(text, psprintf("%.*s is out of range in the %s field; allowed are %s.",
								  length, start, field->name, field->range), NULL);
	}
	else
	{
		for (int i = 0; field->names != NULL && field->names[i] != NULL; i++)
		{
			if (length == 3 && pg_strncasecmp(field->names[i], start, 3) == 0)
				value = field->low + i;
		}
		if (value < 0)
			refuse(text, psprintf("\"%.*s\" is not a value of the %s field; allowed are %s.",
								  length, start, field->name, field->range), NULL);
		if (is_end && value == 0 && field->names == weekday_names)
			value = 7;
	}
	*p = start + length;
	return value;
}

/* Reads the /n after a range, if there is one, and advances *p. */
static int
parse_step(const char *text, const Field *field, const char **p)
{
	int			length;
	int			step;

	if (**p != '/')
		return 1;
	(*p)++;
	length = strspn(*p, "0123456789");
	step = length >= 1 && length <= 4 ? atoi(*p) : 0;
	if (step < 1 || step > field->high)
		refuse(text, psprintf("The step \"%s\" of the %s field is not between 1 and %d.",
							  *p, field->name, field->high), NULL);
	*p += length;
	return step;
}

/*
 * The values of one field, a list of ranges, as a bit mask.  Sets *star if it
 * begins with a star.
 */
static uint64
parse_field(const char *text, const Field *field, const char *value, bool *star)
{
	const char *p = value;
	uint64		mask = 0;

	*star = *value == '*' || *value == '?';
	for (;;)
	{
		int			low;
		int			high;
		int			step;

		if (*p == '*' || (*p == '?' && field->is_day))
		{
			low = field->low;
			high = field->is_day && field->low == 0 ? 6 : field->high;
			p++;
			step = parse_step(text, field, &p);
		}
		else
		{
			const char *start = p;

			if (*p == '?')
				refuse(text, psprintf("\"?\" is not allowed in the %s field; it stands for any day.",
									  field->name), NULL);
			low = high = parse_value(text, field, &p, false);
			step = 1;
			if (*p == '-')
			{
				p++;
				high = parse_value(text, field, &p, true);
				if (high < low)
					refuse(text,
						   psprintf("The range \"%.*s\" of the %s field ends before it begins.",
									(int) (p - start), start, field->name),
						   psprintf("Write it as two ranges: %d-%d,%d-%d.", low,
									field->high == 7 ? 6 : field->high, field->low, high));
				step = parse_step(text, field, &p);
			}
			else if (*p == '/')
				refuse(text,
					   psprintf("A step in the %s field needs a range or a star before it: \"%s\".",
								field->name, start),
					   psprintf("Write %d-%d/n for every n-th value from %d on.",
								low, field->high, low));
		}
		for (int i = low; i <= high; i += step)
			mask |= UINT64CONST(1) << i;
		if (*p == '\0')
			return mask;
		if (*p != ',')
			refuse(text, psprintf("\"%s\" in the %s field is neither a value, a range, a step nor "
								  "a list; allowed are %s.", value, field->name, field->range), NULL);
		p++;
	}
}

/* Does the date ever occur?  Dates such as 30 Feb are refused. */
static void
check_occurs(const RsfedSchedule *schedule, const char *text)
{
	/* a day of the week comes in every month */
	if (schedule->either_day)
		return;
	for (int month = 1; month <= 12; month++)
	{
		if ((schedule->months & (1U << month)) == 0)
			continue;
		for (int day = 1; day <= day_tab[1][month - 1]; day++)
		{
			/* each date falls on every day of the week within 400 years */
			if (schedule->days & (1U << day))
				return;
		}
	}
	refuse(text, "It never occurs: none of its months has such a day.",
		   "The last day of February is 28 or, in leap years only, 29; "
		   "April, June, September and November have 30 days.");
}

/*
 * schedule_parse_cron
 *		Reads five fields or a word such as @hourly.  Raises 22023 when the
 *		text is not valid or names a date that never occurs.
 */
void
schedule_parse_cron(RsfedSchedule *schedule, const char *text)
{
	const char *source = text;
	uint64		masks[lengthof(fields)];
	bool		stars[lengthof(fields)];
	char	   *parts[lengthof(fields)];
	char	   *copy;
	char	   *save = NULL;
	int			count = 0;

	copy = pstrdup(text);
	for (char *part = strtok_r(copy, " \t\r\n\v\f", &save); part != NULL;
		 part = strtok_r(NULL, " \t\r\n\v\f", &save))
	{
		if (count < (int) lengthof(parts))
			parts[count] = part;
		count++;
	}

	if (count == 1 && parts[0][0] == '@')
	{
		const char *expansion = NULL;

		for (int i = 0; i < (int) lengthof(words); i++)
		{
			if (pg_strcasecmp(parts[0], words[i].word) == 0)
				expansion = words[i].text;
		}
		if (expansion == NULL && pg_strcasecmp(parts[0], "@reboot") == 0)
			refuse(source, "@reboot is not a time: a restart of the server is no reason to ask Redshift again.",
				   "After a restart schedules go on by themselves; choose a time, for example @hourly.");
		if (expansion == NULL)
			refuse(source, psprintf("\"%s\" is not one of the words.", parts[0]),
				   "The words are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually.");
		schedule_parse_cron(schedule, expansion);
		return;
	}
	if (count != (int) lengthof(fields))
		refuse(source, psprintf("A cron schedule has five fields (minute, hour, day-of-month, month, "
								"day-of-week); this has %d.", count),
			   "Example: 0 3 * * * is 03:00 every day. An interval has a unit: 30 seconds.");

	for (int i = 0; i < (int) lengthof(fields); i++)
		masks[i] = parse_field(source, &fields[i], parts[i], &stars[i]);

	schedule->kind = RSFED_SCHEDULE_CRON;
	schedule->minutes = masks[0];
	schedule->hours = (uint32) masks[1];
	schedule->days = (uint32) masks[2];
	schedule->months = (uint32) masks[3];
	/* 7 is Sunday too */
	schedule->weekdays = (uint32) ((masks[4] | (masks[4] >> 7)) & 0x7f);
	schedule->real_time = stars[0] || stars[1];
	schedule->either_day = !stars[2] && !stars[4];
	check_occurs(schedule, source);
	pfree(copy);
}

static bool
day_matches(const RsfedSchedule *schedule, int julian, int day)
{
	bool		by_date = (schedule->days & (1U << day)) != 0;
	bool		by_weekday = (schedule->weekdays & (1U << j2day(julian))) != 0;

	return schedule->either_day ? by_date || by_weekday : by_date && by_weekday;
}

/* The first matching value from low on; -1 if there is none. */
static int
next_bit(uint64 mask, int low, int high)
{
	for (int i = low; i <= high; i++)
	{
		if (mask & (UINT64CONST(1) << i))
			return i;
	}
	return -1;
}

/* The first matching minute of the day from a second of the day on, or -1. */
static int
next_in_day(const RsfedSchedule *schedule, int second)
{
	int			minute = (second + SECS_PER_MINUTE - 1) / SECS_PER_MINUTE;
	int			hour = minute / MINS_PER_HOUR;
	int			found;

	if (hour > 23)
		return -1;
	if (schedule->hours & (1U << hour))
	{
		found = next_bit(schedule->minutes, minute % MINS_PER_HOUR, 59);
		if (found >= 0)
			return hour * MINS_PER_HOUR + found;
	}
	hour = next_bit(schedule->hours, hour + 1, 23);
	if (hour < 0)
		return -1;
	return hour * MINS_PER_HOUR + next_bit(schedule->minutes, 0, 59);
}

/*
 * The first matching minute of the wall clock in [from, limit), in seconds
 * since 1970 as if the wall clock were in UTC; NO_MATCH if there is none.
 */
static int64
next_on_wall(const RsfedSchedule *schedule, int64 from, int64 limit)
{
	int64		unix_day = from / SECS_PER_DAY_64;
	int			second;
	int			julian;

	if (from % SECS_PER_DAY_64 < 0)
		unix_day--;
	second = (int) (from - unix_day * SECS_PER_DAY_64);
	julian = (int) (unix_day + UNIX_EPOCH_JDATE);

	while ((julian - UNIX_EPOCH_JDATE) * SECS_PER_DAY_64 < limit)
	{
		int			year;
		int			month;
		int			day;

		j2date(julian, &year, &month, &day);
		if ((schedule->months & (1U << month)) == 0)
			julian = date2j(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1);
		else
		{
			int			minute = day_matches(schedule, julian, day) ?
				next_in_day(schedule, second) : -1;

			if (minute >= 0)
			{
				int64		found = (julian - UNIX_EPOCH_JDATE) * SECS_PER_DAY_64 +
					minute * SECS_PER_MINUTE;

				return found < limit ? found : NO_MATCH;
			}
			julian++;
		}
		second = 0;
	}
	return NO_MATCH;
}

/*
 * schedule_next_cron
 *		The first time later than after that the schedule is due; the top of
 *		the file describes the effect of a change of the clock.
 */
bool
schedule_next_cron(const RsfedSchedule *schedule, TimestampTz after, TimestampTz *next)
{
	int64		after_secs = after / USECS_PER_SEC;
	int64		horizon;
	pg_time_t	start;
	int64		passed = PG_INT64_MIN;	/* the wall clock has been before this */

	if (after % USECS_PER_SEC < 0)
		after_secs--;
	after_secs += UNIX_EPOCH_OFFSET;
	horizon = after_secs + HORIZON_SECS;
	start = after_secs - LOOK_BACK_SECS;

	/* one turn for each stretch [start, end) of constant offset */
	while (start < horizon)
	{
		long int	offset;
		long int	new_offset;
		int			before_isdst;
		int			after_isdst;
		pg_time_t	boundary;
		int64		end = horizon;
		int64		from;
		int64		found;
		int			changes;

		changes = pg_next_dst_boundary(&start, &offset, &before_isdst, &boundary,
									   &new_offset, &after_isdst, schedule->zone);
		if (changes < 0)
			return false;
		if (changes > 0 && boundary < horizon)
			end = boundary;

		if (end > after_secs)
		{
			from = start + offset;
			if (!schedule->real_time && passed != PG_INT64_MIN)
				from = passed;	/* may be before the period: skipped */
			if (start <= after_secs)
				from = Max(from, after_secs + 1 + offset);
			found = next_on_wall(schedule, from, end + offset);
			if (found != NO_MATCH)
			{
				int64		due = Max(found - offset, start);

				due = (due - UNIX_EPOCH_OFFSET) * USECS_PER_SEC;
				if (!IS_VALID_TIMESTAMP(due))
					return false;
				*next = due;
				return true;
			}
		}
		passed = Max(passed, end + offset);
		start = end;
	}
	return false;
}

/*
 * schedule_min_gap_cron
 *		The shortest gap between two matching minutes of the wall clock, in
 *		microseconds, over a sample that contains every kind of day.
 */
int64
schedule_min_gap_cron(const RsfedSchedule *schedule)
{
	int64		limit = HORIZON_SECS * 2;
	int64		gap = HORIZON_SECS;
	int64		last = next_on_wall(schedule, UNIX_EPOCH_OFFSET, limit);

	for (int i = 0; i < GAP_SAMPLES && last != NO_MATCH && gap > SECS_PER_MINUTE; i++)
	{
		int64		found = next_on_wall(schedule, last + 1, limit);

		if (found != NO_MATCH)
			gap = Min(gap, found - last);
		last = found;
	}
	return gap * USECS_PER_SEC;
}
