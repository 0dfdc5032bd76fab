/*-------------------------------------------------------------------------
 *
 * schedule.c
 *		Fuzz target: a text is refused or is a schedule, and the next times of a
 *		schedule ascend, from any starting point between them; the delay of a
 *		retry is within its policy.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"

#include "schedule/backoff.h"
#include "schedule/schedule.h"

#define TIMES 4					/* number of next times for each schedule */

/* offsets of half and three quarters of an hour, skipped days */
static const char *const zones[] = {
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
	"Africa/Casablanca", "Antarctica/Troll", "Asia/Kathmandu"
};

typedef struct Parse
{
	const char *text;
	const char *zone;
	RsfedSchedule *schedule;
} Parse;

static void
parse(void *arg)
{
	Parse	   *parsed = arg;

	parsed->schedule = schedule_parse(parsed->text, parsed->zone);
}

/* A time in the range of timestamps, mostly of this century. */
static TimestampTz
some_time(FuzzInput *input)
{
	int64		number = fuzz_int64(input);

	if (fuzz_below(input, 8) == 7)
		return number == DT_NOBEGIN || number == DT_NOEND || IS_VALID_TIMESTAMP(number) ?
			number : MIN_TIMESTAMP;
	return (int64) ((uint64) number % (uint64) (100 * 366 * USECS_PER_DAY));
}

/* The clock of UTC must agree with the fields. */
static void
check_fields(const RsfedSchedule *schedule, TimestampTz time)
{
	int64		day = time / USECS_PER_DAY - (time % USECS_PER_DAY < 0);
	int64		minute = (time - day * USECS_PER_DAY) / USECS_PER_MINUTE;
	int			julian = (int) day + POSTGRES_EPOCH_JDATE;
	int			year;
	int			month;
	int			mday;
	bool		by_date;
	bool		by_weekday;

	fuzz_check(time % USECS_PER_MINUTE == 0);
	j2date(julian, &year, &month, &mday);
	by_date = (schedule->days >> mday) & 1;
	by_weekday = (schedule->weekdays >> j2day(julian)) & 1;
	fuzz_check((schedule->minutes >> (minute % 60)) & 1);
	fuzz_check((schedule->hours >> (minute / 60)) & 1);
	fuzz_check((schedule->months >> month) & 1);
	fuzz_check(schedule->either_day ? by_date || by_weekday : by_date && by_weekday);
}

static void
check_times(const Parse *parsed, TimestampTz anchor, TimestampTz after, FuzzInput *input)
{
	const RsfedSchedule *schedule = parsed->schedule;
	bool		is_utc = strcmp(parsed->zone, "UTC") == 0;
	int64		gap = schedule_min_gap_us(schedule);
	TimestampTz last = after;

	fuzz_check(gap >= (schedule->kind == RSFED_SCHEDULE_CRON ? USECS_PER_MINUTE : USECS_PER_SEC));
	for (int i = 0; i < TIMES; i++)
	{
		TimestampTz next;
		TimestampTz again;
		TimestampTz between;

		if (!schedule_next(schedule, anchor, last, &next))
		{
			/* no date is missing for longer than 40 years */
			fuzz_check(TIMESTAMP_NOT_FINITE(last) ||
					   (schedule->kind == RSFED_SCHEDULE_INTERVAL ? TIMESTAMP_NOT_FINITE(anchor) ||
						last > END_TIMESTAMP - schedule->period_us - 1 ||
						anchor > END_TIMESTAMP / 2 || last > END_TIMESTAMP / 2 :
						last > END_TIMESTAMP - 41 * 366 * USECS_PER_DAY));
			return;
		}
		fuzz_check(next > last && IS_VALID_TIMESTAMP(next));
		between = last + (int64) ((uint64) fuzz_int64(input) % (uint64) (next - last));
		fuzz_check(schedule_next(schedule, anchor, between, &again) && again == next);
		if (schedule->kind == RSFED_SCHEDULE_INTERVAL)
			fuzz_check((next - anchor) % schedule->period_us == 0);
		else if (is_utc)
			check_fields(schedule, next);
		if (i > 0 && (is_utc || schedule->kind == RSFED_SCHEDULE_INTERVAL))
			fuzz_check(next - last >= gap);
		last = next;
	}
}

/*
 * The time that is kept after a clock check is the stored one, or the next
 * one.
 */
static void
check_clock(const RsfedSchedule *schedule, TimestampTz anchor, TimestampTz now, FuzzInput *input)
{
	TimestampTz due = some_time(input);
	TimestampTz kept = schedule_after_clock(schedule, anchor, due, now);
	TimestampTz first;

	if (kept == due)
		return;
	fuzz_check(due > now && kept > now && kept < due);
	fuzz_check(schedule_next(schedule, anchor, now, &first) && first == kept);
	fuzz_check(!schedule_is_missed(kept, now));
}

static void
check_backoff(FuzzInput *input)
{
	RsfedBackoff policy;
	int			attempt = fuzz_below(input, 300) + 1;
	double		random = fuzz_below(input, 256) / 256.0;
	int64		delay;

	/* the ranges of the options */
	policy.delay_ms = (uint64) fuzz_int64(input) % PG_INT32_MAX;
	policy.factor = 1 + (uint64) fuzz_int64(input) % PG_INT32_MAX;
	policy.max_delay_ms = (uint64) fuzz_int64(input) % PG_INT32_MAX;
	policy.jitter_percent = fuzz_below(input, 101);
	delay = backoff_delay_ms(&policy, attempt, random);
	fuzz_check(delay >= 0 && delay <= policy.max_delay_ms);
	fuzz_check(delay <= backoff_delay_ms(&policy, attempt, 0));
	fuzz_check(backoff_delay_ms(&policy, attempt, 0) <= backoff_delay_ms(&policy, attempt + 1, 0));
	fuzz_check(backoff_delay_ms(&policy, attempt, 0) >= Min(policy.delay_ms, policy.max_delay_ms));
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Parse		parsed = {fuzz_text(&input)};
	Parse		again;
	TimestampTz after;
	TimestampTz anchor;
	int			state;

	parsed.zone = zones[fuzz_below(&input, lengthof(zones))];
	after = some_time(&input);
	anchor = some_time(&input);
	check_backoff(&input);
	state = fuzz_try(parse, &parsed);
	fuzz_check(state == 0 || state == ERRCODE_INVALID_PARAMETER_VALUE);
	if (state != 0)
		return;
	again = parsed;
	fuzz_check(fuzz_try(parse, &again) == 0);
	fuzz_check(memcmp(parsed.schedule, again.schedule, sizeof(RsfedSchedule)) == 0);
	check_times(&parsed, anchor, after, &input);
	check_clock(parsed.schedule, anchor, after, &input);
}
