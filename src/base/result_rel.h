/*-------------------------------------------------------------------------
 *
 * result_rel.h
 *	  Writing rows of one relation without the planner.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RESULT_REL_H
#define RSFED_RESULT_REL_H

#include "nodes/execnodes.h"

/*
 * Makes the executor's descriptor of a relation that is written, with its
 * indexes open; the estate has no other. "columns" (offset by
 * FirstLowInvalidHeapAttributeNumber) are the columns that may change;
 * messages use them.  The caller holds ROW EXCLUSIVE on it, and closes the
 * indexes by ExecCloseIndices().  Lives in the current memory context.
 */
extern ResultRelInfo *result_rel_open(EState *estate, Relation rel, Bitmapset *columns);

#endif							/* RSFED_RESULT_REL_H */
