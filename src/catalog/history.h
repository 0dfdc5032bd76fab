/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Forgetting runs that are old, or too many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HISTORY_H
#define RSFED_HISTORY_H

/*
 * A step of a walk over all relations that have runs: prunes those after
 * *after (0 = from the first), which moves on; at most "relations" of them, and
 * about "rows" rows.  False once the walk is over.  Sets *pruned.  In a
 * transaction; waits for nobody.
 */
extern bool history_prune(int32 *after, int relations, int rows, int *pruned);

#endif							/* RSFED_HISTORY_H */
