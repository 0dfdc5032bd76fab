/*-------------------------------------------------------------------------
 *
 * cost_gather.c
 *	  Asks the warehouse for the costs of runs.
 *
 * Policy: the owner of the relations asks, who sees the statements of the
 * runs.  If the owner may not read the views, the run's cost is unknown, with
 * the reason, and the warehouse is not asked for it again.  A warehouse that
 * cannot be reached is asked again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/budget.h"
#include "redshift/cost_query.h"
#include "refresh/cost_gather.h"
#include "remote/execute.h"
#include "shmem/wake.h"
#include "source/route.h"
#include "source/source.h"

/* nobody waits for its answer */
#define STATEMENT_TIMEOUT_MS 30000

/*
 * How much earlier than the local start time the start of a run without a
 * query id may be.
 */
#define MOST_CLOCK_DRIFT_S 300

typedef struct Asking
{
	CostBatch  *batch;
	bool		keep;
	bool		from_svl;		/* a cluster without the SYS_ views */
	char	  **cells;
	int			rows;
	int			columns;
} Asking;

static char *
question(const Asking *asking)
{
	List	   *whole = NIL;
	List	   *labels = NIL;
	List	   *single = NIL;
	List	   *silent = NIL;
	ListCell   *lc;

	foreach(lc, asking->batch->runs)
	{
		RunCost    *run = lfirst(lc);

		if (run->query_id == 0)
		{
			RedshiftSilentRun *asked = palloc(sizeof(RedshiftSilentRun));

			asked->run_id = run->run_id;
			asked->label = run->label;
			asked->session_id = run->remote_pid;
			silent = lappend(silent, asked);
		}
		else if (run->label != NULL && !asking->from_svl)
		{
			whole = lappend(whole, &run->query_id);
			labels = lappend(labels, run->label);
		}
		else
			single = lappend(single, &run->query_id);
	}
	if (asking->from_svl)
		return single == NIL ? NULL : redshift_cost_query_svl(single);
	return redshift_cost_query(whole, labels, asking->batch->longest_s, single, silent,
							   asking->batch->longest_s + asking->batch->oldest_s + MOST_CLOCK_DRIFT_S);
}

static void
ask_at(SourceConnection *source, void *arg)
{
	Asking	   *asking = arg;
	char	   *query = question(asking);

	if (query != NULL)
		asking->cells = remote_fetch_all(source->conn, query, &asking->rows, &asking->columns);
}

static ErrorData *
ask(Asking *asking)
{
	CostBatch  *batch = asking->batch;
	SourceRequest request = {.source = batch->source, .userid = batch->owner, .label = "rsfed costs",
	.keep = asking->keep, .statement_timeout_ms = STATEMENT_TIMEOUT_MS};

	request.route = palloc0(sizeof(SourceRoute));
	if (strcmp(batch->source, batch->server) != 0)
		request.route->only = list_make1(batch->server);
	request.route->drained_too = true;
	return source_attempt(&request, ask_at, asking);
}

static int64
figure(const char *cell)
{
	return cell == NULL ? -1 : (int64) strtod(cell, NULL);
}

/* Stores the answer for a run; a run that it does not name stays unknown. */
static void
read_answer(const Asking *asking, RunCost *run)
{
	char	  **cells = asking->cells;
	int64		key = run->query_id != 0 ? run->query_id : -run->run_id;

	if (asking->from_svl && run->query_id == 0)
	{
		run->found = true;
		run->note = "SVL_S3QUERY_SUMMARY does not tell of runs without a query.";
		return;
	}
	for (int i = 0; i < asking->rows; i++, cells += asking->columns)
	{
		if (cells[0] == NULL || strtoll(cells[0], NULL, 10) != key)
			continue;
		run->found = true;
		run->queue_ms = figure(cells[1]);
		run->execution_ms = figure(cells[2]);
		run->s3_bytes = figure(cells[3]);
		run->s3_files = figure(cells[4]);
		run->partitions = figure(cells[5]);
		run->partitions_read = figure(cells[6]);
		if (asking->from_svl)
			run->note = "Of its last query alone, from SVL_S3QUERY_SUMMARY.";
		return;
	}
	run->note = asking->from_svl ? "SVL_S3QUERY_SUMMARY does not have its last query." :
		run->query_id == 0 ? "The history of the server does not have its statements." :
		"The history of the server does not have its query.";
}

/* Will the answer be the same the next time? */
static bool
is_lasting(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION;
}

ErrorData *
cost_ask(CostBatch *batch, bool keep_connection)
{
	Asking		asking = {.batch = batch, .keep = keep_connection};
	ErrorData  *error = ask(&asking);
	ListCell   *lc;

	if (error != NULL && error->sqlerrcode == ERRCODE_UNDEFINED_TABLE)
	{
		asking.from_svl = true;
		error = ask(&asking);
	}
	if (error != NULL && !is_lasting(error))
		return error;
	batch->answered = true;
	foreach(lc, batch->runs)
	{
		RunCost    *run = lfirst(lc);

		if (error == NULL)
			read_answer(&asking, run);
		else
		{
			/* there is nothing more to find */
			run->found = true;
			run->note = error->message;
		}
	}
	return error;
}

void
cost_write(const CostBatch *batch)
{
	cost_store(batch);
	if (batch->answered && budget_spend_gathered(batch->runs))
		wake_scheduler_at_commit();
}
