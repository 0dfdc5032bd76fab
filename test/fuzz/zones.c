/*-------------------------------------------------------------------------
 *
 * zones.c
 *		Dates and time zones for the target schedule: the part of shim.c that
 *		only this target needs.
 *
 * The transitions of a zone are found with the C library's localtime(), which
 * reads the same zone database as Debian's PostgreSQL.  After the last year
 * that is checked, and before the first, a zone keeps its offset.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <time.h>

#include "pgtime.h"
#include "utils/datetime.h"

#define SECS_PER_DAY_64 INT64CONST(86400)
#define FIRST_SECOND	(-100 * 366 * SECS_PER_DAY_64)	/* 1870 */
#define LAST_SECOND		(150 * 366 * SECS_PER_DAY_64)	/* 2120 */
#define MAX_CHANGES		1000

typedef struct Change
{
	int64		at;
	long int	offset;			/* from then on */
	int			is_dst;
} Change;

struct pg_tz
{
	char		name[64];
	int			count;
	Change		changes[MAX_CHANGES];	/* the first is not a transition: it applies before all */
};

const int	day_tab[2][13] = {
	{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0},
	{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0}
};

/* Days are counted in eras of 400 years that begin on 1 March. */
#define DAYS_PER_ERA	146097
#define ERA_EPOCH_JDATE 1721120		/* 0000-03-01 */

int
date2j(int year, int month, int day)
{
	int			shifted = month > 2 ? year : year - 1;
	int			era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int			of_era = shifted - era * 400;
	int			of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year + ERA_EPOCH_JDATE;
}

void
j2date(int julian, int *year, int *month, int *day)
{
	int			days = julian - ERA_EPOCH_JDATE;
	int			era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int			of_era = days - era * DAYS_PER_ERA;
	int			years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int			of_year = of_era - (365 * years + years / 4 - years / 100);
	int			shifted = (5 * of_year + 2) / 153;

	*day = of_year - (153 * shifted + 2) / 5 + 1;
	*month = shifted < 10 ? shifted + 3 : shifted - 9;
	*year = years + era * 400 + (*month <= 2 ? 1 : 0);
}

int
j2day(int julian)
{
	int			day = (julian + 1) % 7;

	return day < 0 ? day + 7 : day;
}

static Change
look_at(int64 second)
{
	time_t		time = second;
	struct tm	tm;

	if (localtime_r(&time, &tm) == NULL)
		abort();
	return (Change) {second, tm.tm_gmtoff, tm.tm_isdst};
}

static bool
is_alike(Change a, Change b)
{
	return a.offset == b.offset && a.is_dst == b.is_dst;
}

static void
find_changes(pg_tz *zone)
{
	Change		last = look_at(FIRST_SECOND);

	zone->changes[zone->count++] = last;
	for (int64 second = FIRST_SECOND; second < LAST_SECOND; second += SECS_PER_DAY_64)
	{
		Change		now = look_at(second);
		int64		before = second - SECS_PER_DAY_64;
		int64		after = second;

		if (is_alike(last, now))
			continue;
		while (after - before > 1)
		{
			int64		middle = before + (after - before) / 2;

			if (is_alike(last, look_at(middle)))
				before = middle;
			else
				after = middle;
		}
		/* any later transition of that day is found next */
		last = look_at(after);
		if (zone->count == MAX_CHANGES)
			abort();
		zone->changes[zone->count++] = last;
		second = after - SECS_PER_DAY_64 + 1;
	}
}

pg_tz *
pg_tzset(const char *name)
{
	static pg_tz zones[16];
	int			count = 0;

	for (; count < (int) lengthof(zones) && zones[count].name[0] != '\0'; count++)
	{
		if (strcmp(zones[count].name, name) == 0)
			return &zones[count];
	}
	if (count == (int) lengthof(zones) || strlen(name) >= sizeof(zones[0].name))
		return NULL;
	strcpy(zones[count].name, name);
	setenv("TZ", psprintf(":%s", name), 1);
	tzset();
	find_changes(&zones[count]);
	return &zones[count];
}

bool
pg_tz_acceptable(pg_tz *zone)
{
	return true;
}

/*
 * Like PostgreSQL's: the first transition after *timep, and the offsets before
 * and after it.
 */
int
pg_next_dst_boundary(const pg_time_t *timep, long int *before_gmtoff, int *before_isdst,
					 pg_time_t *boundary, long int *after_gmtoff, int *after_isdst,
					 const pg_tz *tz)
{
	int			low = 0;
	int			high = tz->count;

	/* low is at or before *timep; high is after it, or the end */
	while (high - low > 1)
	{
		int			middle = (low + high) / 2;

		if (tz->changes[middle].at <= *timep)
			low = middle;
		else
			high = middle;
	}
	*before_gmtoff = tz->changes[low].offset;
	*before_isdst = tz->changes[low].is_dst;
	if (high == tz->count)
		return 0;
	*boundary = tz->changes[high].at;
	*after_gmtoff = tz->changes[high].offset;
	*after_isdst = tz->changes[high].is_dst;
	return 1;
}
