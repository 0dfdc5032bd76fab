/*-------------------------------------------------------------------------
 *
 * place.c
 *		The place of values that Redshift does not have among its own values.
 *
 * Policy: a comparison with such a value has the same result as one with the
 * next lower value.  If the place is not certain, it is RS_PLACE_UNKNOWN.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "redshift/decimal.h"
#include "redshift/literal.h"
#include "redshift/types.h"

/* Writes the literal of the next lower value, or of the value itself. */
static RedshiftPlace
place_at(RedshiftPlace place, Oid type, Datum value, bool bare, char **literal)
{
	const char *why;

	*literal = redshift_literal(type, value, bare, &why);
	return *literal != NULL ? place : RS_PLACE_UNKNOWN;
}

/*
 * A number is truncated to the decimal digits that 38 digits leave.  A column
 * with more decimal digits than that has fewer digits before its point than
 * the number.
 */
static RedshiftPlace
place_of_number(Datum value, bool bare, char **literal)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	bool		is_negative = *text == '-';
	int			before_point = strspn(text + is_negative, "0123456789");
	Datum		cut;
	Datum		scale;

	/* NaN, an infinity, or beyond all numbers of Redshift */
	if (before_point == 0 || before_point > DECIMAL_MAX_DIGITS)
		return is_negative ? RS_PLACE_BELOW : RS_PLACE_ABOVE;
	scale = Int32GetDatum(Min(DECIMAL_MAX_DIGITS - before_point, DECIMAL_MAX_SCALE));
	cut = DirectFunctionCall2(numeric_trunc, value, scale);
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, cut, value)))
		return place_at(RS_PLACE_EXACT, NUMERICOID, cut, bare, literal);
	if (is_negative)
		cut = DirectFunctionCall2(numeric_sub, cut, decimal_power_of_ten(1, -DatumGetInt32(scale)));
	return place_at(RS_PLACE_BETWEEN, NUMERICOID, cut, bare, literal);
}

/* A text with trailing blanks is just above the same text without them. */
static RedshiftPlace
place_of_text(Oid type, Datum value, bool bare, char **literal)
{
	char	   *chars = TextDatumGetCString(value);
	int			length = strlen(chars);

	if (length == 0 || chars[length - 1] != ' ')
		return RS_PLACE_UNKNOWN;
	while (length > 0 && chars[length - 1] == ' ')
		chars[--length] = '\0';
	return place_at(RS_PLACE_BETWEEN, type, CStringGetTextDatum(chars), bare, literal);
}

/* See literal.h. */
RedshiftPlace
redshift_place(Oid type, Datum value, bool bare, char **literal)
{
	*literal = NULL;
	switch (type)
	{
		case NUMERICOID:
			return place_of_number(value, bare, literal);
		case TEXTOID:
		case VARCHAROID:
			return place_of_text(type, value, bare, literal);
		case DATEOID:
			return DATE_IS_NOEND(DatumGetDateADT(value)) ? RS_PLACE_ABOVE :
				DATE_IS_NOBEGIN(DatumGetDateADT(value)) ? RS_PLACE_BELOW : RS_PLACE_UNKNOWN;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return TIMESTAMP_IS_NOEND(DatumGetTimestamp(value)) ? RS_PLACE_ABOVE :
				TIMESTAMP_IS_NOBEGIN(DatumGetTimestamp(value)) ? RS_PLACE_BELOW : RS_PLACE_UNKNOWN;
		default:
			return RS_PLACE_UNKNOWN;
	}
}
