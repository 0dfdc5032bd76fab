/*-------------------------------------------------------------------------
 *
 * budget.h
 *	  Budgets of servers, groups and rollups: the use of a day.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BUDGET_H
#define RSFED_BUDGET_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "catalog/run.h"

/* Does any server, group or rollup have a budget?  Reads almost nothing. */
extern bool budget_any(void);

/*
 * Counts a run, whose end was written in this transaction, for the budgets of
 * its server, its group and its rollup.  Returns the time that was counted, in
 * ms, 0 for none.  *used_up: one of these budgets is used up, or was before.
 */
extern int64 budget_spend(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
						  const RunOutcome *outcome, bool *used_up);

/*
 * The same for the costs of runs that were gathered later: List of RunCost *
 * that were stored in this transaction.  True if a budget changed.
 */
extern bool budget_spend_gathered(List *runs);

/*
 * The reason why schedules must not refresh a relation or set any more today;
 * NULL if they may. palloc'd.
 */
extern char *budget_reason(int32 relation_id);

/*
 * Members of the group of a relation or set whose budgets are used up: List of
 * char *.
 */
extern List *budget_members(int32 relation_id);

/*
 * Are the budgets used up of all members that runs of a schedule with these
 * options may use?  False if the source is not a group.
 */
extern bool budget_bars_members(int32 relation_id, Jsonb *schedule_options);

/*
 * For the scheduler: holds relations whose budget is used up, releases those
 * that may run again, and reports both (event.h).  Returns the end of the
 * first hold, DT_NOEND if there is none.
 */
extern TimestampTz budget_settle(void);

/* Is any relation held for its budget? */
extern bool budget_holds_any(void);

#endif							/* RSFED_BUDGET_H */
