/*-------------------------------------------------------------------------
 *
 * limits.h
 *	  How many runs each source may have at the same time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LIMITS_H
#define RSFED_LIMITS_H

#include "catalog/queue.h"

/*
 * What max_runs of servers leaves to runs by each source's own name at this
 * moment, palloc'd.  For a server less what groups have sent there; for a group
 * what all its members that work take together, less what came to them in another
 * way.  And of each group the members, as some of its runs may not go to all.
 */
extern QueueLimits *source_limits(void);

#endif							/* RSFED_LIMITS_H */
