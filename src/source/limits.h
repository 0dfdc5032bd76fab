/*-------------------------------------------------------------------------
 *
 * limits.h
 *	  The number of runs that each source may have at the same time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LIMITS_H
#define RSFED_LIMITS_H

#include "catalog/queue.h"

/*
 * The number of runs by each source's own name that max_runs of servers allows
 * at this moment, palloc'd: for a server without the runs that groups have
 * sent there; for a group the sum over its working members, without the runs
 * that came to them in another way.  Also returns the members of each group,
 * because some of its runs may not use all of them.
 */
extern QueueLimits *source_limits(void);

#endif							/* RSFED_LIMITS_H */
