/*-------------------------------------------------------------------------
 *
 * cost_worker.h
 *	  A run worker asks what runs have cost.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_WORKER_H
#define RSFED_COST_WORKER_H

/*
 * Asks for the costs that are wanted, if it is worth a statement: at leisure
 * (the worker would leave) any, else only what has waited for long.  True if
 * anything was asked; then runs may have been queued meanwhile.  In a memory
 * context that is reset.
 */
extern bool costs_gather(bool at_leisure);

#endif							/* RSFED_COST_WORKER_H */
