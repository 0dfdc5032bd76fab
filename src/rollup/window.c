/*-------------------------------------------------------------------------
 *
 * window.c
 *	  The window of a rollup: its column, its buckets, and its values.
 *
 * Policy: every value is an int64 here, whatever its type: microseconds of a
 * wall clock (date, timestamp) or of UTC (timestamptz), or the number itself.
 * Text of a value is read and written under fixed settings, because it goes to
 * Redshift and into the catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/options.h"
#include "redshift/placeholder.h"
#include "redshift/quote.h"
#include "rollup/window.h"

/* The earliest date in requests to Redshift: 0001-01-01. */
#define FIRST_YEAR 1

bool
window_is_used(const Rollup *rollup)
{
	return strcmp(rollup->method, "window") == 0;
}

/* The kind of values of a type; false if a window cannot have the type. */
static bool
kind_of_type(Oid type, BucketKind *kind)
{
	switch (type)
	{
		case DATEOID:
			*kind = BUCKET_DATE;
			return true;
		case TIMESTAMPOID:
			*kind = BUCKET_TIMESTAMP;
			return true;
		case TIMESTAMPTZOID:
			*kind = BUCKET_TIMESTAMPTZ;
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*kind = BUCKET_INTEGER;
			return true;
		default:
			return false;
	}
}

/*
 * The column of option window_column; it must be a key column and have a
 * suitable type.
 */
static int
named_column(const Rollup *rollup, const char *name)
{
	BucketKind	kind;

	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (strcmp(rollup->columns[i].name, name) != 0)
			continue;
		if (!names_hold(rollup->key, name))
			break;
		if (!kind_of_type(rollup->columns[i].type, &kind))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\" cannot be a window's column", name),
					 errdetail("A window runs over a date, a timestamp with or without time zone, or an integer.")));
		return i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option window_column: \"%s\" is not a column of the key", name),
			 errhint("A row must stay in its bucket: group the query by the bucket, and name that column.")));
}

/* The key's only date or timestamp. */
static int
only_time_column(const Rollup *rollup)
{
	int			found = -1;
	int			count = 0;

	for (int i = 0; i < rollup->ncolumns; i++)
	{
		BucketKind	kind;

		if (names_hold(rollup->key, rollup->columns[i].name) &&
			kind_of_type(rollup->columns[i].type, &kind) && kind != BUCKET_INTEGER)
		{
			found = i;
			count++;
		}
	}
	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the window's column cannot be told from the key"),
				 errdetail("The key has %d columns that are dates or timestamps.", count),
				 errhint("Name it: options => '{\"window_column\": \"...\"}'.")));
	return found;
}

static BucketSpan
span_option(const Rollup *rollup, const char *name)
{
	OptionSpan	option = option_span(OPTION_ROLLUP, rollup->options, name);
	BucketSpan	span = {option.interval, option.count};

	return span;
}

/* A span must have the unit of the column: numbers or time; zero has both. */
static void
check_span_kind(const Window *window, const char *option, const BucketSpan *span)
{
	bool		is_time = span->interval.month != 0 || span->interval.day != 0 ||
		span->interval.time != 0;

	if (window->bucket.kind == BUCKET_INTEGER ? is_time : span->count != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option %s does not fit the window's column \"%s\"", option, window->name),
				 window->bucket.kind == BUCKET_INTEGER
				 ? errhint("It holds integers: write a whole number.")
				 : errhint("It holds times: write a number and a unit, as in \"1 day\".")));
}

/*
 * Refuses options that a window over integers cannot have: there is no current
 * number.
 */
static void
check_integer_options(const Window *window, const Rollup *rollup)
{
	static const char *const needing_a_clock[] = {"tail", "retain", "batch", "batch_order"};

	for (int i = 0; i < lengthof(needing_a_clock); i++)
	{
		if (option_is_set(rollup->options, needing_a_clock[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option %s does not go with a window over integers", needing_a_clock[i]),
					 errdetail("It is measured from the present, which the integers of column \"%s\" do not tell.",
							   window->name)));
	}
}

/* The least value of the column's type. */
static int64
least_value(const Window *window)
{
	switch (window->type)
	{
		case INT2OID:
			return PG_INT16_MIN;
		case INT4OID:
			return PG_INT32_MIN;
		case INT8OID:
			return -PG_INT64_MAX;
		default:
			return (int64) (date2j(FIRST_YEAR, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	}
}

Window *
window_of(const Rollup *rollup)
{
	Window	   *window = palloc0(sizeof(Window));
	char	   *column = option_text(OPTION_ROLLUP, rollup->options, "window_column");
	char	   *start = option_text(OPTION_ROLLUP, rollup->options, "start");
	const char *why_not;

	window->column = column ? named_column(rollup, column) : only_time_column(rollup);
	window->name = rollup->columns[window->column].name;
	window->type = rollup->columns[window->column].type;
	window->zone = window->bucket.zone = pg_tzset(rollup->timezone);
	(void) kind_of_type(window->type, &window->bucket.kind);

	window->bucket.length = span_option(rollup, "bucket");
	why_not = bucket_refusal(&window->bucket);
	if (why_not != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option bucket does not fit the window's column \"%s\"", window->name),
				 errdetail("%s", why_not)));

	window->lookback = span_option(rollup, "lookback");
	window->settle = span_option(rollup, "settle");
	window->retain = span_option(rollup, "retain");
	window->batch = span_option(rollup, "batch");
	window->has_retain = option_is_set(rollup->options, "retain");
	window->has_batch = option_is_set(rollup->options, "batch");
	if (window->bucket.kind == BUCKET_INTEGER)
		check_integer_options(window, rollup);
	check_span_kind(window, "lookback", &window->lookback);
	check_span_kind(window, "settle", &window->settle);
	check_span_kind(window, "retain", &window->retain);
	check_span_kind(window, "batch", &window->batch);

	window->open_tail = strcmp(option_text(OPTION_ROLLUP, rollup->options, "tail"), "open") == 0;
	window->newest_first = strcmp(option_text(OPTION_ROLLUP, rollup->options, "batch_order"),
								  "newest") == 0;
	if (window->has_batch && start == NULL && !window->has_retain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option batch needs the option start or retain"),
				 errdetail("Without one, a backfill has no end.")));
	window->lowest = start == NULL ? least_value(window)
		: bucket_floor(&window->bucket, window_parse(window, start, 0, "option \"start\""));
	return window;
}

void
window_validate(const Rollup *rollup)
{
	redshift_require_window(rollup->query);
}

char *
window_text(const Window *window, int64 value)
{
	char		text[MAXDATELEN + 1];
	struct pg_tm tm;
	fsec_t		fsec;

	if (window->bucket.kind == BUCKET_INTEGER)
		return psprintf(INT64_FORMAT, value);
	if (timestamp2tm(value, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	/* otherwise the zone is not written */
	tm.tm_isdst = 0;
	if (window->bucket.kind == BUCKET_DATE)
		EncodeDateOnly(&tm, USE_ISO_DATES, text);
	else
		EncodeDateTime(&tm, fsec, window->bucket.kind == BUCKET_TIMESTAMPTZ, 0, "UTC",
					   USE_ISO_DATES, text);
	return pstrdup(text);
}

char *
window_literal(const Window *window, int64 value)
{
	/* in brackets: "- -5" would begin a comment */
	if (window->bucket.kind == BUCKET_INTEGER)
		return psprintf(value < 0 ? "(" INT64_FORMAT ")" : INT64_FORMAT, value);
	return psprintf("%s %s", window_type_name(window),
					redshift_quote_literal(window_text(window, value)));
}

/* Reads a text as the type's input function does. */
static int64
parse_value(const Window *window, const char *text)
{
	Datum		cstring = CStringGetDatum(text);
	Datum		none = ObjectIdGetDatum(InvalidOid);

	switch (window->bucket.kind)
	{
		case BUCKET_INTEGER:
			return DatumGetInt64(DirectFunctionCall1(int8in, cstring));
		case BUCKET_DATE:
			/*
			 * date_in would drop the time of day, and with it the last bucket
			 * of "until"
			 */
		case BUCKET_TIMESTAMP:
			return DatumGetTimestamp(DirectFunctionCall3(timestamp_in, cstring, none,
														 Int32GetDatum(-1)));
		default:
			return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, cstring, none,
														   Int32GetDatum(-1)));
	}
}

/* The same, or an interval that ends with "ago". */
static int64
parse_value_or_age(const Window *window, const char *text, int64 now)
{
	size_t		length = strlen(text);
	BucketSpan	span = {0};

	if (window->bucket.kind == BUCKET_INTEGER || now == 0 || length < 4 ||
		pg_strcasecmp(text + length - 4, " ago") != 0)
		return parse_value(window, text);
	span.interval = *DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
														   ObjectIdGetDatum(InvalidOid),
														   Int32GetDatum(-1)));
	return bucket_move(&window->bucket, now, &span, 1);
}

int64
window_parse(const Window *window, const char *text, int64 now, const char *what)
{
	MemoryContext context = CurrentMemoryContext;
	int			saved_style = DateStyle;
	int			saved_order = DateOrder;
	pg_tz	   *saved_zone = session_timezone;
	volatile int64 value = DT_NOEND;
	volatile bool failed = false;

	PG_TRY();
	{
		DateStyle = USE_ISO_DATES;
		DateOrder = DATEORDER_MDY;
		session_timezone = window->zone;
		value = parse_value_or_age(window, text, now);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		DateStyle = saved_style;
		DateOrder = saved_order;
		session_timezone = saved_zone;
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		failed = true;
	}
	PG_END_TRY();
	DateStyle = saved_style;
	DateOrder = saved_order;
	session_timezone = saved_zone;

	if (failed || (window->bucket.kind != BUCKET_INTEGER && TIMESTAMP_NOT_FINITE(value)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for %s: \"%s\"", what, text),
				 errdetail("The window's column \"%s\" is of type %s.", window->name,
						   window_type_name(window)),
				 window->bucket.kind == BUCKET_INTEGER ? errhint("Write a whole number.")
				 : errhint("Write a value as in \"2024-03-01\", in the rollup's time zone.")));
	return value;
}

int64
window_from_datum(const Window *window, Datum value)
{
	switch (window->type)
	{
		case DATEOID:
			if (DATE_IS_NOBEGIN(DatumGetDateADT(value)))
				return DT_NOBEGIN;
			if (DATE_IS_NOEND(DatumGetDateADT(value)))
				return DT_NOEND;
			return DatumGetDateADT(value) * USECS_PER_DAY;
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

Datum
window_to_datum(const Window *window, int64 value)
{
	switch (window->type)
	{
		case DATEOID:
			return DateADTGetDatum((DateADT) (value / USECS_PER_DAY));
		case INT2OID:
			return Int16GetDatum((int16) Max(Min(value, PG_INT16_MAX), PG_INT16_MIN));
		case INT4OID:
			return Int32GetDatum((int32) Max(Min(value, PG_INT32_MAX), PG_INT32_MIN));
		default:
			return Int64GetDatum(value);
	}
}

int64
window_from_instant(const Window *window, TimestampTz instant)
{
	return window->bucket.kind == BUCKET_TIMESTAMPTZ ? instant : bucket_wall(instant, window->zone);
}

TimestampTz
window_to_instant(const Window *window, int64 value)
{
	return window->bucket.kind == BUCKET_TIMESTAMPTZ ? value : bucket_instant(value, window->zone);
}

const char *
window_type_name(const Window *window)
{
	switch (window->bucket.kind)
	{
		case BUCKET_DATE:
			return "date";
		case BUCKET_TIMESTAMP:
			return "timestamp";
		case BUCKET_TIMESTAMPTZ:
			return "timestamptz";
		case BUCKET_INTEGER:
			break;
	}
	return "integer";
}
