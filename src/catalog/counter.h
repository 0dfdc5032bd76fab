/*-------------------------------------------------------------------------
 *
 * counter.h
 *	  rsfed_catalog.counter: what the runs of a relation added up to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COUNTER_H
#define RSFED_COUNTER_H

/*
 * Adds a run that has just ended, as its row says, to the counters of its
 * relation; nothing for a relation that is gone.  Between catalog_open() and
 * catalog_close().
 */
extern void counter_add(int64 run_id);

#endif							/* RSFED_COUNTER_H */
