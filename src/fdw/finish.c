/*-------------------------------------------------------------------------
 *
 * finish.c
 *	  Computes the values of aggregates from the parts that Redshift returns.
 *
 * Policy: PostgreSQL's own functions are called in the same order as in the
 * aggregate's final function, so that the digits are the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/compat.h"
#include "redshift/decimal.h"

#include "fdw/live.h"

/* See live.h. */
LiveRecipe
live_recipe(DeparseFinish finish)
{
	static const LiveRecipe recipes[] = {
		[DEPARSE_WHOLE] = LIVE_COLUMN,[DEPARSE_AVERAGE] = LIVE_AVERAGE,[DEPARSE_SCALED] = LIVE_SCALED,
		[DEPARSE_VAR_SAMP] = LIVE_VAR_SAMP,[DEPARSE_VAR_POP] = LIVE_VAR_POP,
		[DEPARSE_STDDEV_SAMP] = LIVE_STDDEV_SAMP,[DEPARSE_STDDEV_POP] = LIVE_STDDEV_POP,
	};

	return recipes[finish];
}

/* See live.h. */
int
live_width(LiveRecipe recipe)
{
	return recipe == LIVE_COLUMN ? 1 : recipe == LIVE_AVERAGE || recipe == LIVE_SCALED ? 2 : 3;
}

/* See live.h. */
int
live_columns(List *recipes)
{
	int			result = 0;
	ListCell   *lc;

	foreach(lc, recipes)
		result += live_width(lfirst_int(lc));
	return result;
}

/* See live.h. */
void
live_describe(LiveRecipe recipe, TupleDesc desc, int *count)
{
	if (live_width(recipe) == 3)
		TupleDescInitEntry(desc, ++*count, "count", INT8OID, -1, 0);
	TupleDescInitEntry(desc, ++*count, "sum", NUMERICOID, -1, 0);
	if (recipe == LIVE_AVERAGE)
		TupleDescInitEntry(desc, ++*count, "count", INT8OID, -1, 0);
	else if (recipe == LIVE_SCALED)
		TupleDescInitEntry(desc, ++*count, "scale", INT4OID, -1, 0);
	else
		TupleDescInitEntry(desc, ++*count, "squares", NUMERICOID, -1, 0);
}

static Datum
as_numeric(int64 value)
{
	return DirectFunctionCall1(int8_numeric, Int64GetDatum(value));
}

/*
 * The square root with as many decimals as the value has, rounded as in the
 * final function of stddev.  The result of numeric_sqrt() has at least that
 * many.  Rounding it again is wrong if it was rounded up to a tie; the square
 * of the tie shows that.
 */
static Datum
square_root(Datum value)
{
	int			scale = DatumGetInt32(DirectFunctionCall1(numeric_scale, value));
	Datum		root = DirectFunctionCall2(numeric_round, DirectFunctionCall1(numeric_sqrt, value), Int32GetDatum(scale));
	Datum		least = DirectFunctionCall2(numeric_sub, root, decimal_power_of_ten(5, -scale - 1));

	if (DatumGetBool(DirectFunctionCall2(numeric_gt, DirectFunctionCall2(numeric_mul, least, least), value)))
		return DirectFunctionCall2(numeric_sub, root, decimal_power_of_ten(1, -scale));
	return root;
}

/* Variance or standard deviation; NULL if there are too few values. */
static Datum
spread(LiveRecipe recipe, int64 count, Datum sum, Datum squares, bool *isnull)
{
	bool		is_sample = recipe == LIVE_VAR_SAMP || recipe == LIVE_STDDEV_SAMP;
	Datum		n = as_numeric(count);
	Datum		above;
	Datum		below;
	Datum		variance;

	*isnull = count < (is_sample ? 2 : 1);
	if (*isnull)
		return (Datum) 0;
	above = DirectFunctionCall2(numeric_sub, DirectFunctionCall2(numeric_mul, n, squares),
								DirectFunctionCall2(numeric_mul, sum, sum));
	if (!DatumGetBool(DirectFunctionCall2(numeric_gt, above, as_numeric(0))))
		return as_numeric(0);
	below = DirectFunctionCall2(numeric_mul, n, is_sample ? as_numeric(count - 1) : n);
	variance = DirectFunctionCall2(numeric_div, above, below);
	return recipe == LIVE_STDDEV_SAMP || recipe == LIVE_STDDEV_POP ? square_root(variance) : variance;
}

/* See live.h. */
Datum
live_finish(LiveRecipe recipe, const Datum *values, const bool *nulls, bool *isnull)
{
	*isnull = nulls[0];
	if (*isnull || recipe == LIVE_COLUMN)
		return values[0];
	switch (recipe)
	{
		case LIVE_AVERAGE:
			return DirectFunctionCall2(numeric_div, values[0], as_numeric(DatumGetInt64(values[1])));
		case LIVE_SCALED:
			return DirectFunctionCall2(numeric_round, values[0], values[1]);
		default:
			return spread(recipe, DatumGetInt64(values[0]), values[1], values[2], isnull);
	}
}
