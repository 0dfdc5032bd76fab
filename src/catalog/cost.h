/*-------------------------------------------------------------------------
 *
 * cost.h
 *	  rsfed_catalog.run_cost: the resources that runs used in the warehouse.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_COST_H
#define RSFED_COST_H

#include "catalog/run.h"

/* The facts about one run in the warehouse's history; -1 if unknown. */
typedef struct RunCost
{
	int64		run_id;
	int64		query_id;		/* 0: none is known, and the label identifies the run */
	char	   *label;			/* that all its statements have; NULL = only the query counts */
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

/* Runs whose costs one statement asks for. */
typedef struct CostBatch
{
	char	   *source;			/* a server, or the group that it is a member of */
	char	   *server;
	Oid			owner;			/* the role that asks; it can see the statements */
	int			longest_s;		/* the longest duration of a run, in seconds */
	int			oldest_s;		/* the longest time since the end of a run, in seconds */
	bool		answered;		/* false: it is asked again later */
	List	   *runs;			/* RunCost */
} CostBatch;

/*
 * Called at the end of a run: stores the request for its cost, if the server's
 * option gather_costs is on.  counted_ms: the time that budgets have counted,
 * which the warehouse's own figure replaces.
 */
extern void cost_want(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
					  const RunOutcome *outcome, int64 counted_ms);

/*
 * Are there costs to ask for?  only_pressing: true only if there are many of
 * them, or if they have waited for long.
 */
extern bool cost_is_due(bool only_pressing);

/*
 * Claims the next batch, of owners whose rights userid has, so that nobody
 * else takes it for a while; in the current memory context, NULL if there is
 * none.
 */
extern CostBatch *cost_claim(Oid userid);

/*
 * Stores the result of a batch.  Runs that are not (yet) in the history are
 * asked for again, for an hour.
 */
extern void cost_store(const CostBatch *batch);

#endif							/* RSFED_COST_H */
