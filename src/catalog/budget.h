/*-------------------------------------------------------------------------
 *
 * budget.h
 *	  Budgets of servers, groups and rollups: what of them a day has used.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BUDGET_H
#define RSFED_BUDGET_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "catalog/run.h"

/* Does any server, group or rollup have a budget?  Reads next to nothing. */
extern bool budget_any(void);

/*
 * Counts what a run has taken, whose end was written in this transaction, for the
 * budgets of its server, its group and itself; the time that was counted, in ms, 0
 * for none.  *used_up: one of these is used up, or was before.
 */
extern int64 budget_spend(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
						  const RunOutcome *outcome, bool *used_up);

/*
 * The same of what was found out later, by gathering costs, of runs: List of
 * RunCost * that were stored in this transaction.  True if a budget knows more now.
 */
extern bool budget_spend_gathered(List *runs);

/*
 * Why schedules must not refresh a relation or set any more today; NULL if they
 * may.  palloc'd.
 */
extern char *budget_reason(int32 relation_id);

/* Members of the group of a relation or set that have used up theirs: List of char *. */
extern List *budget_members(int32 relation_id);

/*
 * Have all members used up theirs at which runs of a schedule with these options
 * may ask?  False for what is no group.
 */
extern bool budget_bars_members(int32 relation_id, Jsonb *schedule_options);

/*
 * The scheduler's: holds what has used up its budget, lets go what may run again,
 * and tells of both (event.h).  The end of the first hold, DT_NOEND if there is none.
 */
extern TimestampTz budget_settle(void);

/* Is any relation held for its budget? */
extern bool budget_holds_any(void);

#endif							/* RSFED_BUDGET_H */
