/*-------------------------------------------------------------------------
 *
 * backoff.h
 *		Computes how long a retry waits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCHEDULE_BACKOFF_H
#define RSFED_SCHEDULE_BACKOFF_H

typedef struct RsfedBackoff
{
	int64		delay_ms;		/* before the first retry */
	int64		factor;			/* from one to the next, at least 1 */
	int64		max_delay_ms;
	int			jitter_percent; /* percentage subtracted at random, 0 to 100 */
} RsfedBackoff;

/*
 * Milliseconds to wait after that attempt (1 is the first) has failed; random
 * is at least 0 and less than 1.  Pure; never negative, never more than
 * max_delay_ms.
 */
extern int64 backoff_delay_ms(const RsfedBackoff *policy, int attempt, double random);

#endif							/* RSFED_SCHEDULE_BACKOFF_H */
