/*-------------------------------------------------------------------------
 *
 * driver.c
 *	  One refresh of one relation, from the request to the outcome.
 *
 * Policy: the run's row commits before Redshift is asked, and the outcome
 * commits together with the content: readers find either the run in progress,
 * or its complete result, or the reason of its failure.  The work is in a
 * subtransaction, so that the process can store its own failure.  PG_TRY does
 * not catch an error that ends the process (FATAL); outcome_fail_orphans()
 * finds the orphaned row.
 *
 * SQL on rsfed's tables runs between a push and a pop of a snapshot: without
 * an active snapshot, SPI would give the portal of the CALL one that stays,
 * and so hold back vacuum while Redshift works.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/format.h"
#include "base/run_settings.h"
#include "catalog/freshness.h"
#include "refresh/driver.h"
#include "refresh/outcome.h"
#include "refresh/refresh_run.h"
#include "refresh/set_run.h"
#include "shmem/failures.h"
#include "shmem/progress.h"
#include "shmem/wake.h"
#include "source/route.h"
#include "source/unable.h"

/*
 * After this many interrupts, storing the outcome of a failed run is given up.
 */
#define FINISH_TRIES 10

static void enter_transaction(void);
static void show_progress(RefreshRun *run);
static void do_refresh(RefreshRun *run);
static ErrorData *refresh_in_order(RefreshRun *run);
static ErrorData *try_refresh(RefreshRun *run);
static ErrorData *try_commit(RefreshRun *run);
static void record_failure(RefreshRun *run, ErrorData *error);
static void hand_over_failure(RefreshRun *run, const ErrorData *error);
static void finish(RefreshRun *run);
static void fill_result(RefreshRun *run, TimestampTz started, RefreshResult *result);

/* A run; the run of a set includes those of its members. */
static RefreshRun *
run_new(const RunRequest *request, int64 run_id)
{
	RefreshRun *run = refresh_run_new(request, run_id);

	if (run->relation->is_set)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(run));

		PushActiveSnapshot(GetTransactionSnapshot());
		set_run_begin(run);
		PopActiveSnapshot();
		MemoryContextSwitchTo(old);
	}
	return run;
}

void
refresh_run_autonomous(const RunRequest *request, int64 run_id, bool keep_connection,
					   RefreshResult *result)
{
	TimestampTz started = GetCurrentTimestamp();
	RefreshRun *run;
	ErrorData  *error;

	(void) run_settings_pin();
	run = run_new(request, run_id);
	run->keep_connection = keep_connection;
	show_progress(run);
	SPI_commit();

	do
	{
		enter_transaction();
		error = refresh_in_order(run);
		if (error == NULL)
			error = try_commit(run);
	} while (error == NULL && run->more);
	if (error != NULL)
		record_failure(run, error);
	progress_end();
	fill_result(run, started, result);
}

/*
 * Settings at the start of each transaction of a run; the commit resets them.
 * The session's default isolation level does not apply: a snapshot of the
 * whole transaction would be held while Redshift works, and be old when the
 * rows arrive.
 */
static void
enter_transaction(void)
{
	XactIsoLevel = XACT_READ_COMMITTED;
	(void) run_settings_pin();
}

void
refresh_run_in_transaction(const RunRequest *request, RefreshResult *result)
{
	TimestampTz started = GetCurrentTimestamp();
	int			pinned = run_settings_pin();
	RefreshRun *run = refresh_run_begin(request);
	ErrorData  *error;

	run->first_step_only = strcmp(request->trigger, "define") == 0;
	do
	{
		error = refresh_in_order(run);
	} while (error == NULL && run->more && !run->first_step_only);
	if (error != NULL)
	{
		hand_over_failure(run, error);
		ReThrowError(error);
	}
	progress_end();
	fill_result(run, started, result);
	run_settings_unpin(pinned);
}

RefreshRun *
refresh_run_begin(const RunRequest *request)
{
	RefreshRun *run = run_new(request, 0);

	run->in_transaction = run->first_step_only = true;
	show_progress(run);
	return run;
}

void
refresh_run_end(RefreshRun *run)
{
	finish(run);
	progress_end();
}

/* Writes the outcome, and freshness with it, in the current transaction. */
static void
finish(RefreshRun *run)
{
	bool		changed = false;

	run->outcome.note = run->note.len > 0 ? run->note.data : NULL;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (run->more && !run->first_step_only && run->outcome.error == NULL)
		changed = run_finish_step(run->run_id, run->relation, &run->outcome);
	else
		outcome_write(run->run_id, run->relation, run->request, &run->outcome, run->in_transaction);
	if (run->set != NULL)
		set_run_finish(run);
	if (run->outcome.error == NULL)
		unable_remember(run->route);
	/*
	 * the scheduler does not know the new time when the relation will be late
	 */
	if (changed)
		wake_scheduler_at_commit();
	PopActiveSnapshot();
}

/*
 * Makes the run visible in rsfed.progress, with the number of rows that it
 * replaces.
 */
static void
show_progress(RefreshRun *run)
{
	int64		rows;
	TimestampTz as_of;

	PushActiveSnapshot(GetTransactionSnapshot());
	freshness_last(run->relation->relation_id, &as_of, &rows);
	PopActiveSnapshot();
	progress_begin(run->run_id, run->relation->relation_id,
				   run->set != NULL && run->set->count > 0
				   ? run->set->members[0]->relation->relid : run->relation->relid,
				   rows, as_of);
	progress_set_phase(PHASE_STARTING);
}

/* The work itself, in the current (sub)transaction. */
static void
do_refresh(RefreshRun *run)
{
	if (run->set != NULL)
	{
		set_run_refresh(run);
		return;
	}
	if (!OidIsValid(run->relation->relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the relation was dropped before its refresh began")));
	refresh_serialize(run->relation->relid);
	if (run->relation->is_rollup)
		rollup_refresh(run);
	else
		matview_refresh(run);
}

/* The note of an attempt that restarts contains the reason. */
static void
begin_note_again(RefreshRun *run)
{
	resetStringInfo(&run->note);
	if (run->disorder != NULL)
		note_append(&run->note, "Rows are sorted here, not in Redshift: %s.", run->disorder);
	if (run->route->why != NULL)
		note_append(&run->note, "%s", run->route->why);
}

/*
 * If a member of a group fails for a reason of its own, or cannot run a query
 * that another member can, the attempt moves to another member; the work of
 * the attempt is rolled back with its subtransaction.
 */
static ErrorData *
refresh_moving_on(RefreshRun *run)
{
	ErrorData  *error;

	while ((error = try_refresh(run)) != NULL &&
		   (unable_move_on(run->route, error) || route_move_on(run->route, error)))
	{
		run->outcome.moved_from = run->route->moved_from;
		begin_note_again(run);
	}
	/* also if there was no log-in */
	if (run->route->server != NULL)
		run->outcome.server = run->route->server;
	return error;
}

/*
 * Merging rows as they arrive requires that Redshift's order of the key is the
 * same as ours.  If it differs, the attempt is rolled back, and the rows are
 * read again and sorted here, this time and in later runs.
 */
static ErrorData *
refresh_in_order(RefreshRun *run)
{
	ErrorData  *error = refresh_moving_on(run);

	if (error == NULL || error->sqlerrcode != ERRCODE_RSFED_DISORDER)
		return error;
	run->disorder = error->message;
	begin_note_again(run);
	return refresh_moving_on(run);
}

/*
 * Gives others access to Redshift for a while; not inside a transaction block.
 */
static void
pause_between_steps(const RefreshRun *run)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), run->batch_pause_ms);

	for (;;)
	{
		long		ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		CHECK_FOR_INTERRUPTS();
		if (run->in_transaction || ms <= 0)
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * Runs do_refresh in a subtransaction and writes its outcome there.  Returns
 * the error after rolling back, in the run's memory context; NULL if all went
 * well.  The caller's memory context and resource owner are current again.
 */
static ErrorData *
try_refresh(RefreshRun *run)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(AllocSetContextCreate(CurTransactionContext, "rsfed refresh",
												ALLOCSET_DEFAULT_SIZES));
	PG_TRY();
	{
		if (run->steps > 0)
			pause_between_steps(run);
		run->more = false;
		do_refresh(run);
		run->steps++;
		progress_set_phase(PHASE_COMMITTING);
		finish(run);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(GetMemoryChunkContext(run));
		error = CopyErrorData();
		FlushErrorState();
		run->outcome.phase = phase_name(progress_current_phase());
		if (run->set != NULL)
			run->refused = set_run_is_refused(run);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return error;
}

/* Commits; deferred constraints and serializability are checked only there. */
static ErrorData *
try_commit(RefreshRun *run)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		SPI_commit();
	}
	PG_CATCH();
	{
		/* SPI has rolled back and begun another transaction */
		MemoryContextSwitchTo(GetMemoryChunkContext(run));
		error = CopyErrorData();
		FlushErrorState();
		run->outcome.phase = phase_name(PHASE_COMMITTING);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return error;
}

/*
 * Did a user cancel this process, and not a time-out, nor the query in
 * Redshift?  message_id is the text before translation.
 */
static bool
is_local_cancel(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED && error->message_id != NULL &&
		strcmp(error->message_id, "canceling statement due to user request") == 0;
}

static const char *
failure_status(const RefreshRun *run, const ErrorData *error)
{
	return run->refused ? "refused" : is_local_cancel(error) ? "cancelled" : "failed";
}

static void
finish_step(void *arg)
{
	finish(arg);
}

/*
 * finish() for a failed run.  The session that cancelled it may still lock its
 * row, and may cancel again while this waits for the row: a run must not stay
 * "running" in a process that continues.  There is a limit, so that even this
 * wait can be ended.
 */
static void
finish_failed(RefreshRun *run)
{
	ErrorData  *error;

	for (int tries = 1; (error = attempt_anything(finish_step, run)) != NULL; tries++)
	{
		if (tries == FINISH_TRIES ||
			(error->sqlerrcode != ERRCODE_QUERY_CANCELED &&
			 error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE))
			ReThrowError(error);
	}
}

/* Commits the failure as the run's outcome. */
static void
record_failure(RefreshRun *run, ErrorData *error)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(run));
	RunOutcome *outcome = &run->outcome;

	outcome->status = failure_status(run, error);
	outcome->rows_inserted = outcome->rows_updated = outcome->rows_deleted = -1;
	outcome->error = error_fields(error);
	if (run->set != NULL)
		set_run_fail(run, outcome->status, outcome->error);
	MemoryContextSwitchTo(old);

	/* the commit may have failed */
	enter_transaction();
	finish_failed(run);
	SPI_commit();
}

/* Gives a failed run to the scheduler. */
static void
put_failure(const RefreshRun *run, const ErrorFields *error, const char *status)
{
	const char *phase = run->outcome.phase ? run->outcome.phase : "";
	const char *method = run->request->method ? run->request->method : "";
	Failure		failure = {
		.database = MyDatabaseId,
		.relation_id = run->relation->relation_id,
		.userid = GetOuterUserId(),
		.cancelled = strcmp(status, "cancelled") == 0,
		.refused = strcmp(status, "refused") == 0,
		.of_change = strcmp(run->request->trigger, "define") == 0,
	};

	strlcpy(failure.method, method, NAMEDATALEN);
	strlcpy(failure.phase, phase, NAMEDATALEN);
	strlcpy(failure.sqlstate, error->sqlstate, sizeof(failure.sqlstate));
	failure_set_text(failure.message, error->message);
	failure_set_text(failure.detail, error->detail);
	failure_set_text(failure.hint, error->hint);
	failure_set_text(failure.context, error->context);
	failure_put(&failure);
}

/*
 * The run's row is lost with the caller's transaction; the failure is given to
 * the scheduler, which stores it in the history.
 */
static void
hand_over_failure(RefreshRun *run, const ErrorData *error)
{
	ErrorFields *fields = error_fields(error);
	const char *status = failure_status(run, error);

	put_failure(run, fields, status);
	if (run->set != NULL)
	{
		set_run_fail(run, status, fields);
		for (int i = 0; i < run->set->count; i++)
			put_failure(run->set->members[i], run->set->members[i]->outcome.error,
						run->set->members[i]->outcome.status);
	}
	progress_end();
}

static void
fill_result(RefreshRun *run, TimestampTz started, RefreshResult *result)
{
	const RunOutcome *outcome = &run->outcome;
	Interval   *elapsed;

	elapsed = DatumGetIntervalP(DirectFunctionCall2(timestamp_mi,
													TimestampTzGetDatum(GetCurrentTimestamp()),
													TimestampTzGetDatum(started)));
	result->run_id = run->run_id;
	result->status = outcome->status;
	result->rows_changed = outcome->rows_inserted < 0 ? -1
		: outcome->rows_inserted + outcome->rows_updated + outcome->rows_deleted;
	result->as_of = outcome->as_of;
	result->elapsed = *elapsed;
	result->error = outcome->error;
	result->more = run->more;
}
