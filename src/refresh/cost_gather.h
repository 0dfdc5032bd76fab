/*-------------------------------------------------------------------------
 *
 * cost_gather.h
 *	  Asks the warehouse for the costs of runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_GATHER_H
#define RSFED_COST_GATHER_H

#include "catalog/cost.h"

/*
 * Asks for all runs of a batch in one query and stores the answers in it.
 * Called inside a transaction, without need of a snapshot.  Returns the reason
 * of a failure, palloc'd, or NULL; interrupts are raised.  A lack of
 * privileges counts as an answer.
 */
extern ErrorData *cost_ask(CostBatch *batch, bool keep_connection);

/* Stores the result, also for budgets, which wakes the scheduler at commit. */
extern void cost_write(const CostBatch *batch);

#endif							/* RSFED_COST_GATHER_H */
