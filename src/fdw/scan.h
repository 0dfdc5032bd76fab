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

/* NULL for one that was only explained. */
extern const ScanFacts *scan_facts(ForeignScanState *node);

#endif							/* RSFED_FDW_SCAN_H */
