/*-------------------------------------------------------------------------
 *
 * cost.h
 *	  rsfed_catalog.run_cost: what runs read and took in the warehouse.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_H
#define RSFED_COST_H

#include "catalog/run.h"

/* What the warehouse's history says of one run; -1 where it does not say. */
typedef struct RunCost
{
	int64		run_id;
	int64		query_id;		/* 0: it has sent none, and is found by its label */
	char	   *label;			/* that all of its statements have; NULL = only
								 * the query counts */
	int			remote_pid;		/* of its session; 0 = not known */
	bool		found;
	int64		s3_bytes;
	int64		s3_files;
	int64		partitions;
	int64		partitions_read;
	int64		queue_ms;
	int64		execution_ms;
	char	   *note;			/* or NULL */
} RunCost;

/* Runs that one question answers. */
typedef struct CostBatch
{
	char	   *source;			/* a server, or the group that it is a member of */
	char	   *server;
	Oid			owner;			/* as whom it is asked: who sees his statements */
	int			longest_s;		/* no run took more seconds */
	int			oldest_s;		/* nor ended longer ago */
	bool		answered;		/* else it is asked again later */
	List	   *runs;			/* RunCost */
} CostBatch;

/*
 * A run has ended: remembers that its cost is to be asked for, where the
 * server's option gather_costs says so.  counted_ms: what budgets know of it, which
 * the warehouse's own figure replaces.
 */
extern void cost_want(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
					  const RunOutcome *outcome, int64 counted_ms);

/*
 * Are there costs to be asked for; only_pressing: so many, or since so long,
 * that it should not wait.
 */
extern bool cost_is_due(bool only_pressing);

/*
 * The next ones, which nobody else takes for a while, of owners whose rights
 * userid has; in the current memory context, NULL if there are none.
 */
extern CostBatch *cost_claim(Oid userid);

/*
 * Writes what came of a batch.  What the history does not have (yet) is asked
 * for again, for an hour.
 */
extern void cost_store(const CostBatch *batch);

#endif							/* RSFED_COST_H */
