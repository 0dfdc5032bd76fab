/*-------------------------------------------------------------------------
 *
 * refresh.c
 *	  SQL functions that refresh, request a refresh, and wait for or cancel a
 *	  run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/refresh.h"
#include "base/compat.h"
#include "base/errors.h"
#include "catalog/budget.h"
#include "catalog/identity.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "catalog/run.h"
#include "refresh/driver.h"
#include "refresh/step.h"
#include "rollup/method.h"
#include "shmem/progress.h"
#include "shmem/run_end.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_refresh);
PG_FUNCTION_INFO_V1(rsfed_request_refresh);
PG_FUNCTION_INFO_V1(rsfed_wait);
PG_FUNCTION_INFO_V1(rsfed_cancel);

/*
 * rsfed.wait() looks at the run when its end is announced; without
 * announcements, as on a replica, it polls at these intervals, in ms: the
 * first, and the longest.
 */
#define FIRST_POLL	20
#define LONGEST_POLL 500

/*
 * The request in the first five arguments of refresh and request_refresh,
 * checked: the relation is one that rsfed refreshes, or a materialized view,
 * and the caller may refresh it.
 */
static void
request_from_arguments(FunctionCallInfo fcinfo, const char *trigger, RunRequest *request)
{
	RsfedRelation *relation;
	Oid			relid;

	argument_require(fcinfo, 0, "relation");
	relid = PG_GETARG_OID(0);
	relation_require_maintainer(relid, "refresh");
	relation = relation_lookup(relid);
	if (relation == NULL)
	{
		/* raises for any other relation, with the nearest rollup as a hint */
		if (get_rel_relkind(relid) != RELKIND_MATVIEW)
			relation = relation_require_rollup(relid);
		else
		{
			relation = palloc0(sizeof(RsfedRelation));
			relation->relation_id = relation_insert(relid, false);
		}
	}
	memset(request, 0, sizeof(RunRequest));
	request->relation_id = relation->relation_id;
	request->trigger = trigger;
	request->method = argument_text(fcinfo, 1);
	request->since = argument_text(fcinfo, 2);
	request->until = argument_text(fcinfo, 3);
	request->part = PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4);
	if (relation->is_rollup)
	{
		if (request->method != NULL)
			(void) method_find(request->method);
		step_check_request(request, rollup_load(relation->relation_id), relid,
						   relation->relation_name);
	}
	else if (request->since != NULL || request->until != NULL || request->part != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is a materialized view, which is refreshed as a whole",
						get_rel_name(relid)),
				 errhint("Leave since, until and part out.")));
}

/*
 * The context of a run's error without that of the current call, which is at
 * its end and is added again when the error is raised; NULL if nothing is
 * left.
 */
static const char *
inner_context(const char *context)
{
	const char *outer = GetErrorContextStack();
	int			length;

	if (context == NULL || outer == NULL || outer[0] == '\0')
		return context;
	length = (int) strlen(context) - (int) strlen(outer);
	if (length < 0 || strcmp(context + length, outer) != 0)
		return context;
	/* the newline between them is removed, too */
	return length > 1 ? pnstrdup(context, length - 1) : NULL;
}

/* Raises a run's stored error with its original fields. */
static void
raise_run_error(const ErrorFields *error)
{
	const char *context = inner_context(error->context);

	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(error->sqlstate[0], error->sqlstate[1], error->sqlstate[2],
								   error->sqlstate[3], error->sqlstate[4])),
			 errmsg_internal("%s", error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0,
			 context ? errcontext("%s", context) : 0));
}

/*
 * A refresh that a user requests runs in a held database, too: only automatic
 * runs are forbidden in a copy.
 */
static void
tell_if_held(void)
{
	Held	   *held = identity_check();

	if (held != NULL)
		ereport(NOTICE,
				(errmsg("this refresh is run, but the schedules of this database are held"),
				 errdetail("They are held because %s.", held->reason)));
}

/* A user who requests it by hand gets a notice and the refresh. */
static void
warn_if_over_budget(int32 relation_id)
{
	char	   *reason = budget_reason(relation_id);

	if (reason != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("this refresh is run, but schedules are held for a budget"),
				 errdetail("They are held because %s.", reason),
				 errhint("See the view rsfed.budgets.")));
}

/* Raises 55000 if no worker would ever take the request. */
static void
refuse_if_held(const char *procedure)
{
	Held	   *held = identity_check();

	if (held != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot request a refresh: the schedules of this database are held"),
				 errdetail("They are held because %s.", held->reason),
				 errhint("%s CALL %s works all the same.", held->hint, procedure)));
}

/* The row that CALL rsfed.refresh returns. */
static Datum
refresh_row(FunctionCallInfo fcinfo, const RefreshResult *result)
{
	TupleDesc	desc;
	Datum		values[5];
	bool		nulls[5] = {false, false, false, false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	values[0] = Int64GetDatum(result->run_id);
	values[1] = CStringGetTextDatum(result->status);
	values[2] = Int64GetDatum(result->rows_changed);
	nulls[2] = result->rows_changed < 0;
	values[3] = TimestampTzGetDatum(result->as_of);
	nulls[3] = result->as_of == 0;
	values[4] = IntervalPGetDatum(&result->elapsed);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

Datum
refresh_call(FunctionCallInfo fcinfo, const char *procedure, const RunRequest *request)
{
	bool		atomic = fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic;
	RefreshResult result;

	tell_if_held();
	warn_if_over_budget(request->relation_id);
	if (atomic)
	{
		ereport(NOTICE,
				(errmsg("refreshing inside the present transaction"),
				 errdetail("The new content, and the run in rsfed.runs, appear when it commits and are gone if it does not."),
				 errhint("Outside a transaction block, CALL %s commits by itself.", procedure)));
		refresh_run_in_transaction(request, &result);
		return refresh_row(fcinfo, &result);
	}

	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	{
		/* memory of SPI lives as long as the connection, that of the CALL as long as
		 * its portal */
		MemoryContext spi = MemoryContextSwitchTo(PortalContext);

		refresh_run_autonomous(request, 0, false, &result);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	if (result.error != NULL)
		raise_run_error(result.error);
	return refresh_row(fcinfo, &result);
}

/* CALL rsfed.refresh(relation, method, since, until, part) */
Datum
rsfed_refresh(PG_FUNCTION_ARGS)
{
	RunRequest	request;

	require_primary("rsfed.refresh()");
	request_from_arguments(fcinfo, "call", &request);
	return refresh_call(fcinfo, "rsfed.refresh", &request);
}

int64
refresh_queue(const char *procedure, const RunRequest *request)
{
	int64		run_id;

	identity_remember();
	refuse_if_held(procedure);
	warn_if_over_budget(request->relation_id);
	run_id = run_find_queued(request);
	if (run_id == 0)
		run_id = run_insert(request, false);
	/* also for a queued run: its requester may not have committed */
	wake_worker_at_commit();
	return run_id;
}

/* rsfed.request_refresh(relation, ...): queued at commit, run by a worker. */
Datum
rsfed_request_refresh(PG_FUNCTION_ARGS)
{
	RunRequest	request;

	require_primary("rsfed.request_refresh()");
	require_preloaded("requested refreshes", "rsfed.refresh");
	request_from_arguments(fcinfo, "request", &request);
	PG_RETURN_INT64(refresh_queue("rsfed.refresh", &request));
}

/*
 * Raises 55000 if the caller's own transaction queued the run: no worker sees
 * it before the commit, which would wait for the worker.
 */
static void
refuse_own_request(int64 run_id)
{
	if (run_queued_here(run_id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot wait for a refresh that this transaction requested"),
				 errdetail("A worker begins it once the transaction commits."),
				 errhint("Commit first, then call rsfed.wait(); or CALL rsfed.refresh or rsfed.refresh_set, which wait by themselves.")));
}

/* Has a run ended?  NULL: it is not known here (yet). */
static bool
has_ended(const char *status)
{
	return status != NULL && strcmp(status, "queued") != 0 && strcmp(status, "running") != 0;
}

/* Sleeps until the run's end, but not beyond the deadline (0 = none). */
static void
sleep_until_next_look(int64 run_id, int *pause, TimestampTz deadline)
{
	long		ms = *pause;

	if (deadline != 0)
		ms = Min(ms, (long) ((deadline - GetCurrentTimestamp()) / 1000));
	run_end_sleep(run_id, Max(ms, 1));
	*pause = Min(*pause * 2, LONGEST_POLL);
}

/* The current time plus an interval. */
static TimestampTz
deadline_after(Interval *timeout)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(GetCurrentTimestamp()),
												   IntervalPGetDatum(timeout)));
}

/*
 * On a replica without feedback, replay may wait for the snapshot of a query
 * that itself waits for replay; this snapshot cannot be released here.
 */
static void
warn_of_standby_conflict(void)
{
	const char *feedback = GetConfigOption("hot_standby_feedback", false, false);

	if (RecoveryInProgress() && strcmp(feedback, "on") != 0)
		ereport(NOTICE,
				(errmsg("waiting on a replica whose hot_standby_feedback is off may take up to max_standby_streaming_delay"),
				 errhint("Set hot_standby_feedback = on in the replica's postgresql.conf.")));
}

/*
 * The status of a run whose row is not visible: "running" while it works
 * inside a transaction of another session, or until that transaction, which is
 * stored in *vxid, ends.  Afterwards, or if there is none, the run's status if
 * it has one meanwhile, or 42704.
 */
static char *
status_unseen(int64 run_id, VirtualTransactionId *vxid)
{
	bool		seen = VirtualTransactionIdIsValid(*vxid);
	char	   *status;

	if (progress_transaction(run_id, vxid) || (seen && !VirtualXactLock(*vxid, false)))
		return pstrdup("running");
	status = run_status(run_id);
	if (status == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", run_id),
				 seen ? errdetail("The transaction in which it worked was rolled back.") : 0,
				 errhint("See the view rsfed.runs.")));
	return status;
}

/*
 * Raises 42501 unless the current user may know the status of a run; false if
 * neither its row nor its progress can be seen at this moment.
 */
static bool
reader_checked(int64 run_id)
{
	Progress	progress;
	int32		relation_id;
	Oid			requester;

	if (!run_requester(run_id, &relation_id, &requester))
	{
		if (!progress_find(run_id, &progress))
			return false;
		relation_id = progress.relation_id;
		requester = progress.userid;
	}
	run_require_reader(run_id, relation_id, requester);
	return true;
}

/*
 * rsfed.wait(run_id, timeout): the final status of the run or, after the
 * time-out, its current one; NULL if the run has not arrived (on a replica).
 */
Datum
rsfed_wait(PG_FUNCTION_ARGS)
{
	int64		run_id;
	TimestampTz deadline = 0;
	int			pause = FIRST_POLL;
	MemoryContext look = AllocSetContextCreate(CurrentMemoryContext, "rsfed wait",
											   ALLOCSET_SMALL_SIZES);
	MemoryContext caller = CurrentMemoryContext;
	VirtualTransactionId vxid;
	bool		checked = false;
	char	   *status;

	SetInvalidVirtualTransactionId(vxid);
	argument_require(fcinfo, 0, "run_id");
	run_id = PG_GETARG_INT64(0);
	if (!PG_ARGISNULL(1))
		deadline = deadline_after(PG_GETARG_INTERVAL_P(1));
	warn_of_standby_conflict();

	run_end_prepare(run_id);
	for (;;)
	{
		/* it may take hours, and the allocations of each look add up */
		MemoryContextReset(look);
		MemoryContextSwitchTo(look);
		status = run_status(run_id);
		if (status == NULL && !RecoveryInProgress())
			status = status_unseen(run_id, &vxid);
		if (status != NULL && !checked)
			checked = reader_checked(run_id);
		MemoryContextSwitchTo(caller);
		if (status != NULL && strcmp(status, "queued") == 0)
			refuse_own_request(run_id);
		if (has_ended(status) || (deadline != 0 && GetCurrentTimestamp() >= deadline))
			break;
		sleep_until_next_look(run_id, &pause, deadline);
	}
	run_end_done();
	if (status == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(status));
}

/*
 * rsfed.cancel(run_id): false if the run had ended already.  A run inside
 * another session's transaction is known only by its progress, and its
 * relation may be new there, too: then the user who started it may cancel it.
 */
Datum
rsfed_cancel(PG_FUNCTION_ARGS)
{
	int64		run_id;
	Progress	progress;
	bool		found;
	bool		cancelled;

	require_primary("rsfed.cancel()");
	argument_require(fcinfo, 0, "run_id");
	run_id = PG_GETARG_INT64(0);
	cancelled = run_cancel(run_id, &found);
	if (found)
		PG_RETURN_BOOL(cancelled);
	if (!progress_find(run_id, &progress))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", run_id),
				 errhint("See the view rsfed.runs.")));
	run_require_canceller(run_id, progress.relation_id, progress.userid);
	PG_RETURN_BOOL(progress_cancel(run_id));
}
