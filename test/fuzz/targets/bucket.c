/*-------------------------------------------------------------------------
 *
 * bucket.c
 *		Fuzz target, inside a server: a bucket contains its value, its beginning
 *		belongs to it, and the next one begins at its end.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "utils/datetime.h"

#include "schedule/bucket.h"

static const char *const zones[] = {
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
	"Africa/Casablanca", "Antarctica/Troll", "Asia/Kathmandu", "America/St_Johns",
	"Asia/Pyongyang", "America/Juneau", "Africa/Monrovia", "Europe/Dublin", "Etc/GMT+12"
};

typedef struct Look
{
	Bucket		bucket;
	BucketSpan	span;
	int64		value;
	int64		start;
	int64		next;
	int64		result;
} Look;

static void
look(void *arg)
{
	Look	   *looked = arg;

	looked->start = bucket_floor(&looked->bucket, looked->value);
	looked->next = bucket_next(&looked->bucket, looked->value);
}

static void
move(void *arg)
{
	Look	   *moved = arg;

	moved->result = bucket_move(&moved->bucket, moved->value, &moved->span, 1);
	moved->result = bucket_move(&moved->bucket, moved->value, &moved->span, -1);
}

/* A length of one kind, mostly small; one of four is any number. */
static int64
some_length(FuzzInput *input, int64 largest)
{
	int			kind = fuzz_below(input, 4);

	return 1 + (int64) ((uint64) fuzz_int64(input) % (uint64) (kind == 3 ? largest : Min(largest, 60)));
}

static BucketSpan
some_span(BucketKind kind, FuzzInput *input)
{
	static const int divisors[] = {1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 144, 288, 1440, 2880};
	BucketSpan	span = {0};

	if (kind == BUCKET_INTEGER)
		span.count = some_length(input, PG_INT64_MAX - 1);
	else
		switch (fuzz_below(input, 3))
		{
			case 0:
				span.interval.month = some_length(input, PG_INT32_MAX - 1);
				break;
			case 1:
				span.interval.day = some_length(input, PG_INT32_MAX - 1);
				break;
			default:
				span.interval.time = USECS_PER_DAY / divisors[fuzz_below(input, lengthof(divisors))];
		}
	return span;
}

/*
 * A value of a column of that type: of its whole range, or of this century and
 * the last.
 */
static int64
some_value(const Bucket *bucket, FuzzInput *input)
{
	bool		anything = fuzz_below(input, 4) == 3;
	int64		value = fuzz_int64(input);

	if (bucket->kind == BUCKET_INTEGER)
		return anything ? value : value % 1000000;
	value = anything ? Max(value % END_TIMESTAMP, MIN_TIMESTAMP) : value % (100 * 366 * USECS_PER_DAY);
	if (bucket->kind == BUCKET_DATE)
		value = value / USECS_PER_DAY * USECS_PER_DAY;
	return value;
}

static void
check_around(const Look *looked)
{
	Look		other = *looked;

	/* there are no values beyond the range of the type */
	if (looked->bucket.kind == BUCKET_INTEGER &&
		(looked->start == PG_INT64_MIN || looked->next == PG_INT64_MAX))
		return;
	fuzz_check(looked->start <= looked->value && looked->value < looked->next);
	other.value = looked->start;
	if (fuzz_try(look, &other) == 0)
		fuzz_check(other.start == looked->start && other.next == looked->next);
	other.value = looked->next - (looked->bucket.kind == BUCKET_DATE ? USECS_PER_DAY : 1);
	if (fuzz_try(look, &other) == 0)
		fuzz_check(other.start == looked->start && other.next == looked->next);
	other.value = looked->next;
	if (fuzz_try(look, &other) == 0)
		fuzz_check(other.start == looked->next);
}

void
fuzz_one(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	Look		looked = {0};
	int			state;

	looked.bucket.kind = fuzz_below(&input, 4);
	looked.bucket.zone = pg_tzset(zones[fuzz_below(&input, lengthof(zones))]);
	looked.bucket.length = some_span(looked.bucket.kind, &input);
	looked.span = some_span(looked.bucket.kind, &input);
	looked.value = some_value(&looked.bucket, &input);
	if (bucket_refusal(&looked.bucket) != NULL)
		return;
	state = fuzz_try(look, &looked);
	fuzz_check(state == 0 || state == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
	if (state == 0)
		check_around(&looked);
	state = fuzz_try(move, &looked);
	fuzz_check(state == 0 || state == ERRCODE_DATETIME_VALUE_OUT_OF_RANGE);
}
