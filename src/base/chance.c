/*-------------------------------------------------------------------------
 *
 * chance.c
 *	  A random number, for times that should not be the same for many.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port.h"

#include "base/chance.h"
#include "base/compat.h"

double
chance(void)
{
	uint32		bits;

	if (!pg_strong_random(&bits, sizeof(bits)))
		return 0;
	return bits / ((double) PG_UINT32_MAX + 1);
}
