/*-------------------------------------------------------------------------
 *
 * scan.h
 *	  A scan of live tables while it runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_SCAN_H
#define RSFED_FDW_SCAN_H

#include "nodes/execnodes.h"

/* What EXPLAIN ANALYZE says of a scan. */
typedef struct ScanFacts
{
	char	   *server;			/* where it was sent; NULL if it was not */
	bool		is_new;			/* over a new connection */
	int			statements;		/* how often it was sent */
	int64		rows;
	int64		bytes;
	double		ms;				/* waiting for Redshift */
	int64		query_id;		/* of the last one; 0 = not known */
} ScanFacts;

/* What the executor calls. */
extern void scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *scan_next(ForeignScanState *node);
extern void scan_again(ForeignScanState *node);
extern void scan_end(ForeignScanState *node);

/*
 * For scans that wait side by side.  A scan waits from when its statement was sent
 * to its end; "request" is what scan_in_way() of others gives for that time.
 */
struct AsyncRequest;
extern bool scan_is_waiting(ForeignScanState *node);
extern void scan_send(ForeignScanState *node, struct AsyncRequest *request);

/* The request of the scan whose rows come over this one's connection, or NULL. */
extern struct AsyncRequest *scan_in_way(ForeignScanState *node);

/* Has the other scan, whose rows come, given one since this was asked last? */
extern bool scan_sees_progress(ForeignScanState *node, ForeignScanState *other);

/* With "polls", scan_next() returns no row where it would wait; scan_is_over() tells that from the end. */
extern void scan_poll(ForeignScanState *node, bool polls);
extern bool scan_is_over(ForeignScanState *node);

/* Is there a row or the end, so that nothing is to be waited for? */
extern bool scan_is_ready(ForeignScanState *node);

/* The socket to wait for, with events of latch.h. */
extern int	scan_socket(ForeignScanState *node, int *events);

/* NULL for one that was only explained. */
extern const ScanFacts *scan_facts(ForeignScanState *node);

#endif							/* RSFED_FDW_SCAN_H */
