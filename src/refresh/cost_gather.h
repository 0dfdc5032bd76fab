/*-------------------------------------------------------------------------
 *
 * cost_gather.h
 *	  Asking the warehouse what runs have cost.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_GATHER_H
#define RSFED_COST_GATHER_H

#include "catalog/cost.h"

/*
 * Asks one question for all runs of a batch and fills in what it says.  Inside a
 * transaction, where no snapshot is needed.  Returns why that failed, palloc'd,
 * or NULL; interrupts are raised.  What the user may not see is an answer.
 */
extern ErrorData *cost_ask(CostBatch *batch, bool keep_connection);

/*
 * Writes what came of it, also for the budgets that want to know, which wakes the
 * scheduler at commit.
 */
extern void cost_write(const CostBatch *batch);

#endif							/* RSFED_COST_GATHER_H */
