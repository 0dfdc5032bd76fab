/*-------------------------------------------------------------------------
 *
 * monotonic.h
 *	  A clock that nobody sets: for deadlines and durations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_MONOTONIC_H
#define RSFED_MONOTONIC_H

#include "utils/timestamp.h"

/*
 * Microseconds since some time in the past, more than 0; goes on evenly while
 * the time of day is set.  Of the type of times, whose functions tell the
 * distance of two, but no time of day.
 */
extern TimestampTz monotonic_now(void);

#endif							/* RSFED_MONOTONIC_H */
