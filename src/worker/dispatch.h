/*-------------------------------------------------------------------------
 *
 * dispatch.h
 *	  From schedules that are due to runs that wait for a worker.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DISPATCH_H
#define RSFED_DISPATCH_H

#include "utils/timestamp.h"

/*
 * Queues a run for each schedule that is due and moves the schedule on, in
 * transactions of its own; at most "limit" schedules a transaction.  Outside a
 * transaction; what it pallocs stays in the current memory context.  Returns
 * how many schedules it moved on.
 */
extern int	dispatch_due(TimestampTz now, int limit);

/*
 * Writes down the failures of refreshes that ran in somebody's transaction and
 * were rolled back with it.  Inside a transaction.
 */
extern void dispatch_record_failures(void);

/*
 * Looks at every schedule, and at what waits for its time, with a clock that may
 * have been set back.  Outside a transaction.
 */
extern void dispatch_after_clock(TimestampTz now);

#endif							/* RSFED_DISPATCH_H */
