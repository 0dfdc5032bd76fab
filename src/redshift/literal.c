/*-------------------------------------------------------------------------
 *
 * literal.c
 *		Writes values of PostgreSQL as literals of Redshift.
 *
 * Policy: the result does not depend on settings of the session, and a value
 * that the two servers might read differently is not written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "datatype/timestamp.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "redshift/literal.h"
#include "redshift/quote.h"
#include "redshift/types.h"

#define MAX_VARCHAR_BYTES	65535

static char *decimal_literal(Datum value, const char **why);
static char *date_literal(DateADT date, const char **why);
static char *timestamp_literal(Timestamp timestamp, const char *zone, const char *type,
							   const char **why);
static char *text_literal(char *text, bool bare, const char **why);

/* See literal.h. */
char *
redshift_literal(Oid type, Datum value, bool bare, const char **why)
{
	char	   *chars;
	int			length;

	*why = NULL;
	switch (type)
	{
		case INT2OID:
			return psprintf("(%d)::smallint", DatumGetInt16(value));
		case INT4OID:
			return psprintf(DatumGetInt32(value) < 0 ? "(%d)" : "%d", DatumGetInt32(value));
		case INT8OID:
			return psprintf("(" INT64_FORMAT ")::bigint", DatumGetInt64(value));
		case BOOLOID:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case NUMERICOID:
			return decimal_literal(value, why);
		case TEXTOID:
		case VARCHAROID:
			chars = TextDatumGetCString(value);
			return text_literal(chars, bare, why);
		case BPCHAROID:
			/* the padding is not significant */
			chars = TextDatumGetCString(value);
			length = strlen(chars);
			while (length > 0 && chars[length - 1] == ' ')
				chars[--length] = '\0';
			return text_literal(chars, bare, why);
		case DATEOID:
			return date_literal(DatumGetDateADT(value), why);
		case TIMESTAMPOID:
			return timestamp_literal(DatumGetTimestamp(value), "", "timestamp", why);
		case TIMESTAMPTZOID:
			return timestamp_literal(DatumGetTimestampTz(value), "+00", "timestamptz", why);
		default:
			*why = "a value of that type is not written as Redshift reads it";
			return NULL;
	}
}

/* See literal.h. */
char *
redshift_null(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return pstrdup("NULL::smallint");
		case INT4OID:
			return pstrdup("NULL::integer");
		case INT8OID:
			return pstrdup("NULL::bigint");
		case BOOLOID:
			return pstrdup("NULL::boolean");
		case NUMERICOID:
			return pstrdup("NULL::decimal(38,0)");
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return pstrdup("NULL::varchar(1)");
		case DATEOID:
			return pstrdup("NULL::date");
		case TIMESTAMPOID:
			return pstrdup("NULL::timestamp");
		case TIMESTAMPTZOID:
			return pstrdup("NULL::timestamptz");
		default:
			return NULL;
	}
}

/* See literal.h. */
int
redshift_decimal_precision(int digits)
{
	return digits == DECIMAL_64_BIT_DIGITS ? digits + 1 : digits;
}

/* The precision that a decimal's text needs, and its digits after the point. */
static bool
size_of_text(const char *text, int *precision, int *scale)
{
	bool		after_point = false;
	bool		significant = false;

	*precision = *scale = 0;
	if (*text == '-')
		text++;
	for (; *text; text++)
	{
		if (*text == '.')
		{
			after_point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return false;
		if (after_point)
			(*scale)++;
		significant = significant || *text != '0' || after_point;
		if (significant)
			(*precision)++;
	}
	*precision = redshift_decimal_precision(Max(*precision, 1));
	return true;
}

/* See literal.h. */
bool
redshift_decimal_size(Datum value, int *precision, int *scale)
{
	return size_of_text(DatumGetCString(DirectFunctionCall1(numeric_out, value)), precision, scale);
}

static char *
decimal_literal(Datum value, const char **why)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	int			precision;
	int			scale;

	if (!size_of_text(text, &precision, &scale))
	{
		*why = "Redshift's decimals have no NaN and no infinities";
		return NULL;
	}
	if (precision > DECIMAL_MAX_DIGITS || scale > DECIMAL_MAX_SCALE)
	{
		*why = "Redshift's decimals have 38 digits at most, 37 of them after the point";
		return NULL;
	}
	return psprintf("(%s)::decimal(%d,%d)", text, precision, scale);
}

static bool
is_plain_year(int year, const char **why)
{
	if (year >= 1 && year <= 9999)
		return true;
	*why = "only years from 1 to 9999 are shipped";
	return false;
}

static char *
date_literal(DateADT date, const char **why)
{
	int			year;
	int			month;
	int			day;

	if (DATE_NOT_FINITE(date))
	{
		*why = "Redshift's dates have no infinity";
		return NULL;
	}
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (!is_plain_year(year, why))
		return NULL;
	return psprintf("'%04d-%02d-%02d'::date", year, month, day);
}

static char *
timestamp_literal(Timestamp timestamp, const char *zone, const char *type, const char **why)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(timestamp) || timestamp2tm(timestamp, NULL, &tm, &fraction, NULL, NULL) != 0)
	{
		*why = "Redshift's timestamps have no infinity";
		return NULL;
	}
	if (!is_plain_year(tm.tm_year, why))
		return NULL;
	return psprintf("'%04d-%02d-%02d %02d:%02d:%02d.%06d%s'::%s", tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec, (int) fraction, zone, type);
}

static char *
text_literal(char *text, bool bare, const char **why)
{
	int			length = strlen(text);

	if (length > MAX_VARCHAR_BYTES)
	{
		*why = "Redshift's texts have 65535 bytes at most";
		return NULL;
	}
	if (length > 0 && text[length - 1] == ' ')
	{
		*why = "Redshift does not see the blank at the end of a text when it compares";
		return NULL;
	}
	for (int i = 0; i < length; i++)
	{
		if ((unsigned char) text[i] < 0x20)
		{
			*why = "Redshift orders control characters before the end of a text";
			return NULL;
		}
	}
	if (bare)
		return redshift_quote_literal(text);
	/* lengths in Redshift count bytes of UTF-8 */
	if (GetDatabaseEncoding() != PG_UTF8)
		length = Min(length * 4, MAX_VARCHAR_BYTES);
	return psprintf("%s::varchar(%d)", redshift_quote_literal(text), Max(length, 1));
}
