/*-------------------------------------------------------------------------
 *
 * limits.h
 *	  How many runs each source may have at the same time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LIMITS_H
#define RSFED_LIMITS_H

#include "nodes/pg_list.h"

/*
 * What max_runs of servers leaves to runs by each source's own name at this
 * moment: List of QueueLimit (catalog/queue.h), palloc'd.  For a server less what
 * groups have sent there; for a group what all its members that work take
 * together, less what came to them in another way.
 */
extern List *source_limits(void);

#endif							/* RSFED_LIMITS_H */
