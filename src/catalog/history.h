/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Deletes runs that are too old or too many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_HISTORY_H
#define RSFED_HISTORY_H

/*
 * One step of a walk over all relations that have runs: prunes the relations
 * after *after (0 = from the first), and advances it; at most "relations" of
 * them, and about "rows" rows.  False when the walk is over.  Sets *pruned.
 * Called in a transaction; does not wait for locks.
 */
extern bool history_prune(int32 *after, int relations, int rows, int *pruned);

#endif							/* RSFED_HISTORY_H */
