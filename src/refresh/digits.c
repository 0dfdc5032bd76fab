/*-------------------------------------------------------------------------
 *
 * digits.c
 *	  Floats that are the same in the digits that count.
 *
 * Policy: a sum of floats differs in its last bits with the order in which a
 * cluster's slices are added up.  Two values agree in n digits if they are at
 * most half a unit of the n-th significant digit (of the greater one) apart.
 * That is measured, not found by rounding both, which would tell 1.4999999 and
 * 1.5000001 apart wherever the digits are cut.
 *
 * What is compared is the value that is stored and the one that came, and the
 * stored one stays as long as they agree.  So small steps do not add up to a
 * great one: however many refreshes, the table is never further than half a
 * unit of the last digit that counts from what Redshift said.
 *
 * A number has no digits in common with zero, nor with one of the other sign,
 * however small both are: digits that count are no help for sums whose parts
 * cancel out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "refresh/digits.h"

bool
digits_agree(Datum a, Datum b, int size, int digits)
{
	double		left = size == sizeof(float4) ? DatumGetFloat4(a) : DatumGetFloat8(a);
	double		right = size == sizeof(float4) ? DatumGetFloat4(b) : DatumGetFloat8(b);
	double		greater = fmax(fabs(left), fabs(right));

	if (isnan(left) || isnan(right))
		return isnan(left) && isnan(right);

	/* of infinities, and of zeros with and without a sign, too */
	if (left == right)
		return true;
	if (isinf(greater))
		return false;

	/*
	 * Where the power is too small to be a double, each of the few digits that
	 * numbers have there counts; where a difference is too great to be one, it
	 * is infinite, and greater than any tolerance.
	 */
	return fabs(left - right) <= 0.5 * pow(10, floor(log10(greater)) - (digits - 1));
}
