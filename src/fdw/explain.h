/*-------------------------------------------------------------------------
 *
 * explain.h
 *	  The output of EXPLAIN for a scan of live tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_EXPLAIN_H
#define RSFED_FDW_EXPLAIN_H

#include "nodes/execnodes.h"

struct ExplainState;
extern void live_explain(ForeignScanState *node, struct ExplainState *es);

#endif							/* RSFED_FDW_EXPLAIN_H */
