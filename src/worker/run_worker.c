/*-------------------------------------------------------------------------
 *
 * run_worker.c
 *	  A process that runs refreshes, one after the other.
 *
 * It takes the run that waits longest, runs it, and looks for the next one.
 * If there is none, it keeps its warehouse connection and waits for
 * rsfed.idle_connection (nothing is sent meanwhile), then leaves.  A refresh
 * that fails is an outcome, written into its run's row; it does not end the
 * worker.
 *
 * At the end of a run a worker first marks itself idle and then reads the
 * queue.  The scheduler, and a session that requests a run, first queue the
 * run and then look for idle workers.  So one of the two sees the other, and
 * no run waits while a worker sleeps.  A worker that another process counts on
 * does not leave before it has read the queue again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/pquery.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/after.h"
#include "catalog/budget.h"
#include "catalog/held.h"
#include "catalog/identity.h"
#include "catalog/owner_scope.h"
#include "catalog/queue.h"
#include "catalog/relation_schedule.h"
#include "catalog/retry.h"
#include "catalog/run.h"
#include "refresh/driver.h"
#include "refresh/outcome.h"
#include "shmem/databases.h"
#include "shmem/wake.h"
#include "shmem/workers.h"
#include "source/limits.h"
#include "source/source.h"
#include "worker/bgworker.h"
#include "worker/check_worker.h"
#include "worker/cost_worker.h"

/* delay after an error outside a refresh */
#define ERROR_PAUSE_MS 5000

/*
 * A process of PostgreSQL never frees the entries of its catalog caches, and
 * each REFRESH MATERIALIZED VIEW CONCURRENTLY adds those of a new temporary
 * table: some kB per run.  After this many runs a new process takes over,
 * which starts small.
 */
#define RETIRE_AFTER_RUNS 1000

/* The run in progress, for the error context. */
typedef struct Work
{
	char	   *relation;		/* as one would write it */
	Run		   *run;
	int64		timeout_ms;		/* the schedule's option run_timeout; 0 = none */
} Work;

extern PGDLLEXPORT void rsfed_run_worker_main(Datum arg);

/* for the log; it cannot change, because a rename makes this process leave */
static const char *database_name = "?";

static void worker_loop(Work *work, MemoryContext run_context);
static bool take_run(Work *work, bool woken, bool *extension);
static void read_schedule(Work *work);
static bool skip_held(Run *run);
static bool skip_over_budget(Run *run);
static void run_and_report(Work *work, MemoryContext run_context);
static void execute_run(Work *work, RefreshResult *result);
static void open_portal(void);
static void close_portal(bool failed);
static void recover(Work *work, MemoryContext run_context);
static void write_failure(Work *work, ErrorData *error);
static void report_failure(const Work *work, const RefreshResult *result);
static void worker_error_context(void *arg);

/* The main function of a worker; bgw_extra holds its ticket. */
void
rsfed_run_worker_main(Datum arg)
{
	WorkerTicket ticket;
	Work		work = {0};
	ErrorContextCallback context;
	MemoryContext run_context;

	memcpy(&ticket, MyBgworkerEntry->bgw_extra, sizeof(ticket));
	/* too late, or a command needs the database empty by now */
	if (!worker_attach(&ticket))
		proc_exit(0);
	bgworker_connect(ticket.database);
	pgstat_report_appname("rsfed worker");

	run_context = AllocSetContextCreate(TopMemoryContext, "rsfed run", ALLOCSET_DEFAULT_SIZES);

	context.callback = worker_error_context;
	context.arg = &work;
	context.previous = error_context_stack;
	error_context_stack = &context;

	bgworker_begin("starting");
	database_name = MemoryContextStrdup(TopMemoryContext, get_database_name(MyDatabaseId));
	bgworker_commit();
	worker_loop(&work, run_context);

	error_context_stack = context.previous;
	source_close_idle(0);
	proc_exit(0);
}

/* Names the refresh that a line in the log is about. */
static void
worker_error_context(void *arg)
{
	Work	   *work = arg;

	if (work->run != NULL && work->relation != NULL)
		errcontext("refresh of %s, run " INT64_FORMAT ", in database \"%s\"",
				   work->relation, work->run->run_id, database_name);
	else
		errcontext("rsfed worker of database \"%s\"", database_name);
}

static void
worker_loop(Work *work, MemoryContext run_context)
{
	uint32		wait_event = RSFED_WAIT_EVENT_NEW("RsfedWorkerMain");
	TimestampTz idle_since = 0;
	bool		extension = true;
	int			runs = 0;

	for (;;)
	{
		TimestampTz leave_at;
		bool		found;
		bool		woken;

		bgworker_reload_config();
		woken = worker_set_idle();
		if (!rsfed_scheduler || worker_should_leave())
			return;

		MemoryContextSwitchTo(run_context);
		found = take_run(work, woken, &extension);
		if (found && work->run != NULL)
			run_and_report(work, run_context);
		memset(work, 0, sizeof(Work));
		MemoryContextSwitchTo(TopMemoryContext);
		MemoryContextReset(run_context);
		if (!extension)
			return;

		source_close_idle(rsfed_idle_connection);
		if (found)
		{
			if (++runs == RETIRE_AFTER_RUNS)
				worker_retire();
			MemoryContextSwitchTo(run_context);
			(void) costs_gather(false);
			(void) check_a_member();
			MemoryContextSwitchTo(TopMemoryContext);
			MemoryContextReset(run_context);
			idle_since = 0;
			continue;
		}
		MemoryContextSwitchTo(run_context);
		found = check_a_member();
		MemoryContextSwitchTo(TopMemoryContext);
		MemoryContextReset(run_context);
		if (found)
			continue;
		/* a clock that was set back must not keep the worker here */
		if (idle_since == 0 || idle_since > GetCurrentTimestamp())
			idle_since = GetCurrentTimestamp();
		leave_at = TimestampTzPlusMilliseconds(idle_since,
											   rsfed_idle_connection * INT64CONST(1000));
		if (GetCurrentTimestamp() >= leave_at)
		{
			bool		gathered;

			MemoryContextSwitchTo(run_context);
			gathered = costs_gather(true);
			MemoryContextSwitchTo(TopMemoryContext);
			MemoryContextReset(run_context);
			if (gathered)
				continue;
			if (worker_leave_idle())
				return;
		}
		/* code within take_run() may have reset the latch */
		if (!worker_is_woken())
		{
			pgstat_report_stat(true);
			bgworker_sleep(leave_at, INT_MAX, wait_event);
		}
	}
}

/*
 * Takes the next run from the queue into "work"; false if there is none.  A
 * run that must not begin becomes skipped, and work->run stays NULL.
 * Allocates in the current memory context. woken: another process counts on
 * this worker.  *extension: does the extension still exist?
 */
static bool
take_run(Work *work, bool woken, bool *extension)
{
	Run		   *run = NULL;

	bgworker_begin("looking for the next refresh");
	*extension = bgworker_lock_extension();
	/* while another database owns the schedules, nothing starts */
	if (*extension && identity_check() == NULL)
	{
		/*
		 * the end of the previous run released more runs than this worker can
		 * take
		 */
		if (after_release() > 0)
			wake_scheduler_at_commit();
		/*
		 * the queue is empty most often: then nobody has to wait for the lock
		 * to see that
		 */
		if (queue_any())
		{
			queue_lock();
			run = queue_take(source_limits());
		}
		/*
		 * the process that woke this worker may have meant a run other than
		 * the one it took
		 */
		if (woken && run != NULL && queue_any())
			wake_scheduler_at_commit();
	}
	if (run != NULL && !skip_held(run) && !skip_over_budget(run))
	{
		RsfedRelation *relation = relation_lookup_id(run->request.relation_id);

		queue_join_equal(run->run_id, run->request.relation_id);
		work->run = run;
		work->relation = relation ? relation_title(relation) :
			psprintf("relation %d", run->request.relation_id);
		read_schedule(work);
	}
	bgworker_commit();
	return run != NULL;
}

/*
 * The time-outs of the run and the members that it may use, as its schedule
 * says now.
 */
static void
read_schedule(Work *work)
{
	RunRequest *request = &work->run->request;
	RelationSchedule *schedule = NULL;

	work->timeout_ms = 0;
	if (request->schedule_name != NULL)
		schedule = schedule_load(request->relation_id, request->schedule_name);
	if (schedule == NULL)
		return;
	work->timeout_ms = option_int(OPTION_SCHEDULE, schedule->options, "run_timeout");
	request->remote_timeout_ms = (int) option_int(OPTION_SCHEDULE, schedule->options,
												  "remote_timeout");
	request->member = option_text(OPTION_SCHEDULE, schedule->options, "member");
	/* nor do schedules use a member whose budget is used up */
	request->not_members = list_concat(option_name_list(OPTION_SCHEDULE, schedule->options, "not_members"),
									   budget_members(request->relation_id));
}

/*
 * A run that was queued before its owner's log-in was held: it does not try to
 * log in, and is due again when the log-in is no longer held.
 */
static bool
skip_held(Run *run)
{
	if (run->request.schedule_name == NULL || !held_any() ||
		!held_relation(run->request.relation_id))
		return false;
	run_skip(run->run_id, "Log-ins of the owner to the source are held; it runs once they are not.");
	schedule_put_back(run->request.relation_id, run->request.schedule_name, run->request.due_at);
	return true;
}

/*
 * A run that was queued before a budget was used up: it is due again once the
 * day is over.  If it is the budget of the members that the schedule may use,
 * and the group has others, this due time is skipped, and so are later ones.
 */
static bool
skip_over_budget(Run *run)
{
	const RunRequest *request = &run->request;
	RelationSchedule *schedule;
	char	   *reason;

	if (request->schedule_name == NULL || !budget_any())
		return false;
	reason = budget_reason(request->relation_id);
	if (reason != NULL)
	{
		run_skip(run->run_id, psprintf("budget: %s.", reason));
		schedule_put_back(request->relation_id, request->schedule_name, request->due_at);
		wake_scheduler_at_commit();
		return true;
	}
	schedule = schedule_load(request->relation_id, request->schedule_name);
	if (schedule == NULL || !budget_bars_members(request->relation_id, schedule->options))
		return false;
	run_skip(run->run_id, "budget: the members at which it may ask have used up theirs.");
	return true;
}

/*
 * Runs the run that was taken; whatever happens, the worker can continue
 * afterwards.
 */
static void
run_and_report(Work *work, MemoryContext run_context)
{
	RefreshResult result = {0};
	char	   *activity = psprintf("refresh of %s, run " INT64_FORMAT, work->relation,
									work->run->run_id);

	/* the process that counted on this worker may have meant another run */
	if (!worker_set_busy(work->run->run_id))
		database_wake(MyDatabaseId);
	/* meant for the previous run */
	QueryCancelPending = false;

	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		pgstat_report_activity(STATE_RUNNING, activity);
		if (work->timeout_ms > 0)
			enable_timeout_after(STATEMENT_TIMEOUT, (int) Min(work->timeout_ms, INT_MAX));
		execute_run(work, &result);
		disable_all_timeouts(false);
		report_failure(work, &result);
	}
	PG_CATCH();
	{
		recover(work, run_context);
	}
	PG_END_TRY();

	QueryCancelPending = false;
	MemoryContextSwitchTo(run_context);
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

static void
execute_run(Work *work, RefreshResult *result)
{
	MemoryContext context = CurrentMemoryContext;

	StartTransactionCommand();
	open_portal();
	MemoryContextSwitchTo(context);
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect_ext failed");
	/* results outlive the transactions of the refresh */
	MemoryContextSwitchTo(context);
	refresh_run_autonomous(&work->run->request, work->run->run_id,
						   rsfed_idle_connection > 0, result);
	SPI_finish();
	close_portal(false);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
}

/*
 * SQL that commits before its end takes its snapshots from the portal that
 * runs it, where SPI makes them after each commit.  CALL has a portal; a
 * worker has none, so it makes a portal that runs nothing.
 */
static void
open_portal(void)
{
	Portal		portal = CreatePortal("", true, true);

	portal->visible = false;
	portal->status = PORTAL_READY;
	MarkPortalActive(portal);
	ActivePortal = portal;
	PortalContext = portal->portalContext;
}

/* Called inside the transaction or, if that failed, after its abort. */
static void
close_portal(bool failed)
{
	Portal		portal = ActivePortal;

	ActivePortal = NULL;
	PortalContext = NULL;
	if (portal == NULL)
		return;
	if (failed)
	{
		/* its snapshot went with the transaction */
		portal->portalSnapshot = NULL;
		MarkPortalFailed(portal);
	}
	else
	{
		if (portal->portalSnapshot != NULL && ActiveSnapshotSet())
			PopActiveSnapshot();
		portal->portalSnapshot = NULL;
		MarkPortalDone(portal);
	}
	PortalDrop(portal, false);
}

/*
 * Handles an error that the refresh could not make its outcome: brings this
 * process into a usable state and ends the status "running" of the run.
 * Called in a PG_CATCH; raises only if that fails too, which ends the worker:
 * then the scheduler finds the run without a process.
 */
static void
recover(Work *work, MemoryContext run_context)
{
	ErrorData  *error;

	HOLD_INTERRUPTS();
	disable_all_timeouts(false);
	QueryCancelPending = false;
	EmitErrorReport();
	MemoryContextSwitchTo(run_context);
	error = CopyErrorData();
	FlushErrorState();
	AbortOutOfAnyTransaction();
	close_portal(true);
	MemoryContextSwitchTo(run_context);
	RESUME_INTERRUPTS();

	write_failure(work, error);
	bgworker_sleep(DT_NOEND, ERROR_PAUSE_MS, PG_WAIT_EXTENSION);
}

/* Makes an error the outcome of the run, unless the run has one already. */
static void
write_failure(Work *work, ErrorData *error)
{
	bgworker_begin("recording a failure");
	if (bgworker_lock_extension())
	{
		RsfedRelation *relation = relation_lookup_id(work->run->request.relation_id);
		RsfedRelation dropped = {0};
		char	   *status = run_status(work->run->run_id);
		RunOutcome	outcome = {.status = "failed"};

		dropped.relation_id = work->run->request.relation_id;
		dropped.schema_name = dropped.relation_name = "";
		outcome.error = error_fields(error);
		outcome.rows_received = outcome.bytes_received = -1;
		outcome.rows_inserted = outcome.rows_updated = outcome.rows_deleted = -1;
		if (status != NULL && strcmp(status, "running") == 0)
			outcome_write(work->run->run_id, relation ? relation : &dropped,
						  &work->run->request, &outcome, false);
		run_finish_members(work->run->run_id, &outcome);
	}
	bgworker_commit();
}

/*
 * Writes the failure to the log.  The WARNING when a relation begins to fail
 * comes from src/catalog/event.c.
 */
static void
report_failure(const Work *work, const RefreshResult *result)
{
	ErrorContextCallback *outer = error_context_stack;

	if (result->error == NULL)
		return;
	/* the context of the failure already names the refresh */
	if (result->error->context != NULL)
		error_context_stack = NULL;
	ereport(LOG,
			(errcode(MAKE_SQLSTATE(result->error->sqlstate[0], result->error->sqlstate[1],
								   result->error->sqlstate[2], result->error->sqlstate[3],
								   result->error->sqlstate[4])),
			 errmsg("refresh of %s %s: %s", work->relation, result->status,
					result->error->message),
			 result->error->detail ? errdetail_internal("%s", result->error->detail) : 0,
			 result->error->hint ? errhint("%s", result->error->hint) : 0,
			 result->error->context ? errcontext("%s", result->error->context) : 0));
	error_context_stack = outer;
}
