/*-------------------------------------------------------------------------
 *
 * monotonic.c
 *	  A clock that is never set.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "portability/instr_time.h"

#include "base/monotonic.h"

TimestampTz
monotonic_now(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (TimestampTz) INSTR_TIME_GET_MICROSEC(now);
}
