/*-------------------------------------------------------------------------
 *
 * one_statement.h
 *	  Whether a plan is one statement of Redshift, and which.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_ONE_STATEMENT_H
#define RSFED_FDW_ONE_STATEMENT_H

#include "nodes/execnodes.h"
#include "nodes/plannodes.h"

/*
 * The statement that gives what a plan does, the order of its rows aside: its
 * columns have the names that the query gives them.  palloc'd; NULL, with the
 * reasons (char *) in *reasons, if more than that is done here.  "planstate" is
 * the plan, initialized.
 */
extern char *live_pushed(PlannedStmt *stmt, PlanState *planstate, List **reasons);

#endif							/* RSFED_FDW_ONE_STATEMENT_H */
