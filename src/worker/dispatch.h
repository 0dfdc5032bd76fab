/*-------------------------------------------------------------------------
 *
 * dispatch.h
 *	  Turns schedules that are due into runs that wait for a worker.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DISPATCH_H
#define RSFED_DISPATCH_H

#include "utils/timestamp.h"

/*
 * Queues a run for each schedule that is due and moves the schedule on, in
 * transactions of its own; at most "limit" schedules a transaction.  Called
 * outside a transaction; its allocations stay in the current memory context.
 * Returns the number of schedules that it moved on.
 */
extern int	dispatch_due(TimestampTz now, int limit);

/*
 * Writes down the failures of refreshes that ran in somebody's transaction and
 * were rolled back with it.  Inside a transaction.
 */
extern void dispatch_record_failures(void);

/*
 * Checks every schedule and every run that waits for its time against a clock
 * that may have been set back.  Called outside a transaction.
 */
extern void dispatch_after_clock(TimestampTz now);

#endif							/* RSFED_DISPATCH_H */
