/*-------------------------------------------------------------------------
 *
 * one_statement.h
 *	  Checks whether a plan is one statement of Redshift, and returns it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_ONE_STATEMENT_H
#define RSFED_FDW_ONE_STATEMENT_H

#include "nodes/execnodes.h"
#include "nodes/plannodes.h"

/*
 * The statement that returns the same rows as a plan, except for their order;
 * palloc'd.  Its columns have the names that the query gives them.  NULL, with
 * the reasons (char *) in *reasons, if more than that is done locally.
 * "planstate" is the initialized plan.
 */
extern char *live_pushed(PlannedStmt *stmt, PlanState *planstate, List **reasons);

#endif							/* RSFED_FDW_ONE_STATEMENT_H */
