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

/* The facts about a scan that EXPLAIN ANALYZE shows. */
typedef struct ScanFacts
{
	char	   *server;			/* server of its statements; NULL = none was
								 * sent */
	bool		is_new;			/* the connection was new */
	int			statements;		/* number of statements sent */
	int64		rows;
	int64		bytes;
	double		ms;				/* time spent waiting for Redshift */
	int64		query_id;		/* of the last statement; 0 = not known */
} ScanFacts;

/* Callbacks of the executor. */
extern void scan_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *scan_next(ForeignScanState *node);
extern void scan_again(ForeignScanState *node);
extern void scan_end(ForeignScanState *node);

/*
 * For scans that wait concurrently.  A scan waits from the time when its
 * statement is sent to its end.  During this time, scan_in_way() of other scans
 * returns "request".
 */
struct AsyncRequest;
extern bool scan_is_waiting(ForeignScanState *node);
extern void scan_send(ForeignScanState *node, struct AsyncRequest *request);

/*
 * The request of the scan whose rows are being received over this scan's
 * connection, or NULL.
 */
extern struct AsyncRequest *scan_in_way(ForeignScanState *node);

/*
 * Has the other scan, whose rows are being received, received one since the
 * last call?
 */
extern bool scan_sees_progress(ForeignScanState *node, ForeignScanState *other);

/*
 * With "polls", scan_next() returns no row instead of waiting; scan_is_over()
 * distinguishes that from the end.
 */
extern void scan_poll(ForeignScanState *node, bool polls);
extern bool scan_is_over(ForeignScanState *node);

/* Can a row or the end be read without waiting? */
extern bool scan_is_ready(ForeignScanState *node);

/* The socket to wait for, with the events of latch.h. */
extern int	scan_socket(ForeignScanState *node, int *events);

/* NULL for a scan that was only explained. */
extern const ScanFacts *scan_facts(ForeignScanState *node);

#endif							/* RSFED_FDW_SCAN_H */
