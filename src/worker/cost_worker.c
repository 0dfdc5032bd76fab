/*-------------------------------------------------------------------------
 *
 * cost_worker.c
 *	  A run worker asks for the costs of runs.
 *
 * Policy: asking never delays a refresh.  A worker asks before it leaves; a
 * worker that is always busy checks once a minute whether costs have been
 * waiting for minutes.  It is shown as busy meanwhile, so that queued runs get
 * another worker.  No snapshot is held while the warehouse answers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "catalog/cost.h"
#include "refresh/cost_gather.h"
#include "shmem/workers.h"
#include "worker/bgworker.h"
#include "worker/cost_worker.h"

#define LOOK_EVERY_MS 60000
/* then it looks for runs again */
#define MOST_BATCHES 5

/* Asks for one batch; false if there was none, or the worker is wanted elsewhere. */
static bool
gather_batch(void)
{
	MemoryContext context = CurrentMemoryContext;
	CostBatch  *batch = NULL;
	ErrorData  *error;

	bgworker_begin("looking for costs to ask for");
	if (bgworker_lock_extension())
		batch = cost_claim(GetUserId());
	bgworker_commit();
	if (batch == NULL)
		return false;

	pgstat_report_activity(STATE_RUNNING, "asking for the costs of runs");
	StartTransactionCommand();
	MemoryContextSwitchTo(context);
	error = cost_ask(batch, rsfed_idle_connection > 0);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	if (error != NULL)
		ereport(LOG,
				(errmsg("costs of runs at Redshift server \"%s\" could not be asked for: %s",
						batch->server, error->message)));

	bgworker_begin("writing costs");
	if (bgworker_lock_extension())
		cost_write(batch);
	bgworker_commit();
	pgstat_report_activity(STATE_IDLE, NULL);
	return true;
}

static bool
are_due(bool at_leisure)
{
	static TimestampTz looked_at = 0;
	TimestampTz now = GetCurrentTimestamp();
	bool		due;

	if (!at_leisure && now >= looked_at && !TimestampDifferenceExceeds(looked_at, now, LOOK_EVERY_MS))
		return false;
	looked_at = now;
	bgworker_begin("looking for costs to ask for");
	due = bgworker_lock_extension() && cost_is_due(!at_leisure);
	bgworker_commit();
	return due;
}

bool
costs_gather(bool at_leisure)
{
	int			batches = 0;

	if (!are_due(at_leisure))
		return false;
	worker_set_busy(0);
	while (batches < MOST_BATCHES && !worker_should_leave() && gather_batch())
		batches++;
	return batches > 0;
}
