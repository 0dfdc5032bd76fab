/*-------------------------------------------------------------------------
 *
 * monotonic.h
 *	  A clock that is never set, for deadlines and durations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MONOTONIC_H
#define RSFED_MONOTONIC_H

#include "utils/timestamp.h"

/*
 * Microseconds since some time in the past, more than 0.  Changes of the time
 * of day do not affect it.  The type is that of times, so that its functions
 * can compute differences, but the value is not a time of day.
 */
extern TimestampTz monotonic_now(void);

#endif							/* RSFED_MONOTONIC_H */
