/*-------------------------------------------------------------------------
 *
 * backoff.c
 *		Computes how long a retry waits.
 *
 * Policy: the function is pure.  The random number is an argument and only
 * shortens the wait: the longest wait follows from the options alone, so that
 * a DBA can tell when a retry starts at the latest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schedule/backoff.h"

int64
backoff_delay_ms(const RsfedBackoff *policy, int attempt, double random)
{
	int64		delay = Min(policy->delay_ms, policy->max_delay_ms);

	/* stops at the longest one, so that nothing overflows */
	for (int i = 1; i < attempt && delay > 0 && delay < policy->max_delay_ms; i++)
	{
		if (policy->factor <= 1)
			break;
		delay = delay > policy->max_delay_ms / policy->factor ?
			policy->max_delay_ms : delay * policy->factor;
	}
	return delay - (int64) (delay * (policy->jitter_percent / 100.0) * random);
}
