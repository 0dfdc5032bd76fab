/*-------------------------------------------------------------------------
 *
 * quick.c
 *	  Reads values of the most common types without their input functions.
 *
 * Policy: an input function accepts many formats; for dates and timestamps
 * that is most of the cost of reading a row.  Redshift writes in one format,
 * under the pinned settings, and only that format is read here: decimal digits
 * at fixed positions.  A text that differs in a single byte goes to the input
 * function, so that only one place decides what is an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "source/quick.h"

/* The number of decimal digits that always fit into an int64. */
#define MAX_DIGITS	18

/* Lengths of "2024-01-31" and "2024-01-31 23:59:59". */
#define DATE_LENGTH 10
#define TIMESTAMP_LENGTH 19

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number of exactly that many digits. */
static bool
read_digits(const char *text, int digits, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++)
	{
		if (!is_digit(text[i]))
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return true;
}

/* A whole number: digits, with an optional minus before them. */
static bool
read_integer(const char *text, int length, int64 *number)
{
	bool		negative = length > 0 && text[0] == '-';
	int			i = negative ? 1 : 0;
	int64		result = 0;

	if (i == length || length - i > MAX_DIGITS)
		return false;
	for (; i < length; i++)
	{
		if (!is_digit(text[i]))
			return false;
		result = result * 10 + (text[i] - '0');
	}
	*number = negative ? -result : result;
	return true;
}

static bool
read_int2(const char *text, int length, Datum *value)
{
	int64		number;

	if (!read_integer(text, length, &number) || number < PG_INT16_MIN || number > PG_INT16_MAX)
		return false;
	*value = Int16GetDatum((int16) number);
	return true;
}

static bool
read_int4(const char *text, int length, Datum *value)
{
	int64		number;

	if (!read_integer(text, length, &number) || number < PG_INT32_MIN || number > PG_INT32_MAX)
		return false;
	*value = Int32GetDatum((int32) number);
	return true;
}

static bool
read_int8(const char *text, int length, Datum *value)
{
	int64		number;

	if (!read_integer(text, length, &number))
		return false;
	*value = Int64GetDatum(number);
	return true;
}

/*
 * "-12.34": as whole hundredths, which numeric.c divides as its input function
 * would have written them.
 */
static bool
read_numeric(const char *text, int length, Datum *value)
{
	const char *point = memchr(text, '.', length);
	int			scale = point ? length - (int) (point - text) - 1 : 0;
	char		digits[MAX_DIGITS + 2];
	int64		number;

	if (length > MAX_DIGITS + 1)
		return false;
	memcpy(digits, text, length);
	if (point != NULL)
	{
		if (point == text || !is_digit(point[-1]) || scale == 0)
			return false;
		memcpy(digits + (point - text), point + 1, scale);
		length--;
	}
	if (!read_integer(digits, length, &number))
		return false;
	*value = NumericGetDatum(int64_div_fast_to_numericCompat(number, scale));
	return true;
}

/* Days since 2000-01-01 of "YYYY-MM-DD"; of years 1 to 9999. */
static bool
read_days(const char *text, int *days)
{
	int			year;
	int			month;
	int			day;

	if (!read_digits(text, 4, &year) || text[4] != '-' ||
		!read_digits(text + 5, 2, &month) || text[7] != '-' ||
		!read_digits(text + 8, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	*days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

static bool
read_date(const char *text, int length, Datum *value)
{
	int			days;

	if (length != DATE_LENGTH || !read_days(text, &days))
		return false;
	*value = DateADTGetDatum(days);
	return true;
}

/* Microseconds of ".d" to ".dddddd"; an empty text means 0. */
static bool
read_fraction(const char *text, int length, int *fraction)
{
	*fraction = 0;
	if (length == 0)
		return true;
	if (text[0] != '.' || length < 2 || length > 7 ||
		!read_digits(text + 1, length - 1, fraction))
		return false;
	for (int i = length; i < 7; i++)
		*fraction *= 10;
	return true;
}

static bool
read_timestamp(const char *text, int length, Datum *value)
{
	int			days;
	int			hour;
	int			minute;
	int			second;
	int			fraction;

	if (length < TIMESTAMP_LENGTH || text[10] != ' ' || text[13] != ':' || text[16] != ':')
		return false;
	if (!read_days(text, &days) || !read_digits(text + 11, 2, &hour) ||
		!read_digits(text + 14, 2, &minute) || !read_digits(text + 17, 2, &second) ||
		!read_fraction(text + TIMESTAMP_LENGTH, length - TIMESTAMP_LENGTH, &fraction))
		return false;
	if (hour >= HOURS_PER_DAY || minute >= MINS_PER_HOUR || second >= SECS_PER_MINUTE)
		return false;
	*value = TimestampGetDatum(days * USECS_PER_DAY +
							   ((hour * MINS_PER_HOUR + minute) * SECS_PER_MINUTE + second) * USECS_PER_SEC +
							   fraction);
	return true;
}

QuickReader
quick_reader(Oid type, int32 typmod)
{
	switch (type)
	{
		case INT2OID:
			return read_int2;
		case INT4OID:
			return read_int4;
		case INT8OID:
			return read_int8;
		case NUMERICOID:
			/* a scale of its own would round */
			return RSFED_HAVE_INT64_DIV_TO_NUMERIC && typmod < 0 ? read_numeric : NULL;
		case DATEOID:
			return read_date;
		case TIMESTAMPOID:
			/* a precision would round */
			return typmod < 0 ? read_timestamp : NULL;
		default:
			return NULL;
	}
}
