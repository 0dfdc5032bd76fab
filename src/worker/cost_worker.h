/*-------------------------------------------------------------------------
 *
 * cost_worker.h
 *	  A run worker asks for the costs of runs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_WORKER_H
#define RSFED_COST_WORKER_H

/*
 * Asks for the costs that are wanted, if it is worth a statement: with
 * at_leisure (the worker would leave) any costs, else only those that have
 * waited for long.  True if anything was asked; runs may have been queued
 * meanwhile.  Call it in a memory context that is reset.
 */
extern bool costs_gather(bool at_leisure);

#endif							/* RSFED_COST_WORKER_H */
