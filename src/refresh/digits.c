/*-------------------------------------------------------------------------
 *
 * digits.c
 *	  Compares floats in their leading digits.
 *
 * Policy: the last bits of a sum of floats depend on the order in which the
 * slices of a cluster are added.  Two values agree in n digits if they are at
 * most half a unit of the n-th significant digit (of the greater one) apart.
 * The distance is measured.  Rounding both would distinguish 1.4999999 and
 * 1.5000001 at any number of digits.
 *
 * The stored value is compared with the new one, and stays as long as they
 * agree.  So small steps do not add up: after any number of refreshes, the
 * table differs from Redshift by at most half a unit of the last digit that
 * counts.
 *
 * A number has no digits in common with zero, nor with a number of the other
 * sign, however small both are: this does not help with sums whose parts
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

	/* also for infinities, and for zeros with and without a sign */
	if (left == right)
		return true;
	if (isinf(greater))
		return false;

	/*
	 * If the power is too small for a double, each of the few digits of such
	 * numbers counts; if a difference is too large for a double, it is
	 * infinite and exceeds any tolerance.
	 */
	return fabs(left - right) <= 0.5 * pow(10, floor(log10(greater)) - (digits - 1));
}
