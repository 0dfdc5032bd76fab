/*-------------------------------------------------------------------------
 *
 * counter.h
 *	  rsfed_catalog.counter: totals over the runs of a relation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COUNTER_H
#define RSFED_COUNTER_H

/* The amounts that one run adds. */
typedef struct CounterChange
{
	const char *status;			/* that it ended with */
	double		seconds;		/* that it took */
	int64		rows_received;
	int64		bytes_received;
	int64		rows_inserted;
	int64		rows_updated;
	int64		rows_deleted;
} CounterChange;

/*
 * Adds a run that has just ended to the counters of its relation; does nothing
 * if the relation is gone.
 */
extern void counter_add(int32 relation_id, const CounterChange *change);

#endif							/* RSFED_COUNTER_H */
