/*-------------------------------------------------------------------------
 *
 * dispatch.c
 *	  Turns schedules that are due into runs that wait for a worker.
 *
 * Policy: the run and the schedule's next time are written in one transaction,
 * so that a due time is neither lost nor used twice.  The next time is
 * computed from now: times that were missed while nothing ran are made up for
 * once, or not at all (option missed).  While the previous run works, or waits
 * for a worker, a due time is skipped, or one due time waits (option overlap);
 * the schedule counts the times that it skipped.  A retry that still waits for
 * its time gives way to the next due time, which does the same and has more
 * attempts left.
 *
 * A schedule that cannot be read, or has no next time, stays at infinity until
 * somebody changes it; it must not stop the others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/attempt.h"
#include "base/chance.h"
#include "base/compat.h"
#include "base/options.h"
#include "catalog/budget.h"
#include "catalog/owner_scope.h"
#include "catalog/relation_schedule.h"
#include "catalog/retry.h"
#include "catalog/run.h"
#include "refresh/outcome.h"
#include "schedule/schedule.h"
#include "shmem/failures.h"
#include "worker/bgworker.h"
#include "worker/dispatch.h"

/* The earlier runs of a schedule that have not ended. */
typedef struct Before
{
	bool		is_running;
	bool		waits;			/* waits for a worker */
	int64		retry;			/* waits for its time; 0 = none */
} Before;

static Before runs_before(List *open, const RelationSchedule *schedule);
static void dispatch_one(const RelationSchedule *schedule, List *open, TimestampTz now);
static const char *reason_to_skip(const RelationSchedule *schedule, const Before *before,
								  TimestampTz now);
static void queue(const RelationSchedule *schedule, TimestampTz now);
static bool read_times(const RelationSchedule *schedule, TimestampTz now, bool keep,
					   TimestampTz *next);
static const char *title_of(const RelationSchedule *schedule);
static void report_stopped(const RelationSchedule *schedule, const char *reason);

int
dispatch_due(TimestampTz now, int limit)
{
	int			total = 0;

	for (;;)
	{
		List	   *open;
		List	   *due = NIL;
		ListCell   *lc;

		bgworker_begin("queueing refreshes that are due");
		if (bgworker_lock_extension())
		{
			due = schedules_due(now, schedules_any_held(), limit);
			open = due == NIL ? NIL : runs_open_of_schedules(now);
			foreach(lc, due)
				dispatch_one(lfirst(lc), open, now);
		}
		bgworker_commit();

		total += list_length(due);
		if (list_length(due) < limit)
			return total;
		CHECK_FOR_INTERRUPTS();
	}
}

static Before
runs_before(List *open, const RelationSchedule *schedule)
{
	Before		before = {0};
	ListCell   *lc;

	foreach(lc, open)
	{
		OpenRun    *run = lfirst(lc);

		if (run->relation_id != schedule->relation_id ||
			strcmp(run->schedule_name, schedule->name) != 0)
			continue;
		if (run->is_running)
			before.is_running = true;
		else if (run->is_retry_to_come)
			before.retry = run->run_id;
		else
			before.waits = true;
	}
	return before;
}

static void
dispatch_one(const RelationSchedule *schedule, List *open, TimestampTz now)
{
	TimestampTz next;
	Before		before = runs_before(open, schedule);
	const char *reason = reason_to_skip(schedule, &before, now);

	if (!read_times(schedule, now, false, &next))
		next = DT_NOEND;
	/* never twice within a second, whatever the text says */
	next = Max(next, TimestampTzPlusMilliseconds(now, 1000));

	if (reason != NULL)
	{
		schedule_skip(schedule->relation_id, schedule->name, next, reason);
		return;
	}
	if (before.retry != 0)
	{
		run_skip(before.retry, "The schedule's next time came before it.");
		if (outcome_retry_superseded(before.retry, schedule))
			return;
	}
	queue(schedule, now);
	schedule_set_next(schedule->relation_id, schedule->name, next);
}

/* Why a due time gets no run; NULL if it gets one. */
static const char *
reason_to_skip(const RelationSchedule *schedule, const Before *before, TimestampTz now)
{
	const char *missed = option_text(OPTION_SCHEDULE, schedule->options, "missed");
	const char *overlap = option_text(OPTION_SCHEDULE, schedule->options, "overlap");

	if (strcmp(missed, "skip") == 0 && schedule_is_missed(schedule->next_run_at, now))
		return "missed: it was over for more than a minute when it could be looked at";
	if (before->waits)
		return "overlap: the run before it had not begun yet";
	if (before->is_running && strcmp(overlap, "skip") == 0)
		return "overlap: the run before it was still at work";
	/* while another member is free, the relation is not held as a whole */
	if ((option_is_set(schedule->options, "member") || option_is_set(schedule->options, "not_members")) &&
		budget_bars_members(schedule->relation_id, schedule->options))
		return "budget: the members at which it may ask have used up theirs";
	return NULL;
}

/* Makes the run for a due time. */
static void
queue(const RelationSchedule *schedule, TimestampTz now)
{
	RunRequest	request = {0};
	int64		jitter_ms = option_int(OPTION_SCHEDULE, schedule->options, "start_jitter");
	int64		timeout_ms = option_int(OPTION_SCHEDULE, schedule->options, "queue_timeout");
	TimestampTz begins = now;

	request.relation_id = schedule->relation_id;
	request.trigger = "schedule";
	request.due_at = schedule->next_run_at;
	request.schedule_name = schedule->name;
	request.method = schedule->method;
	request.since = option_text(OPTION_SCHEDULE, schedule->options, "since");
	request.until = option_text(OPTION_SCHEDULE, schedule->options, "until");
	request.priority = (int) option_int(OPTION_SCHEDULE, schedule->options, "priority");
	if (jitter_ms > 0)
		request.not_before = begins =
			TimestampTzPlusMilliseconds(now, (int64) (jitter_ms * chance()));
	if (timeout_ms > 0)
		request.expires_at = TimestampTzPlusMilliseconds(begins, timeout_ms);
	(void) run_insert(&request, false);
}

void
dispatch_after_clock(TimestampTz now)
{
	List	   *later = NIL;
	ListCell   *lc;

	bgworker_begin("looking at the clock");
	if (bgworker_lock_extension())
	{
		later = schedules_after(now);
		runs_after_clock(now);
	}
	foreach(lc, later)
	{
		RelationSchedule *schedule = lfirst(lc);
		TimestampTz next;

		if (!read_times(schedule, now, true, &next) || next == schedule->next_run_at)
			continue;
		ereport(LOG,
				(errmsg("the clock was set back: schedule \"%s\" of %s is due at %s again",
						schedule->name, title_of(schedule), timestamptz_to_str(next))));
		schedule_move(schedule, next);
	}
	bgworker_commit();
}

/* Arguments and results of read_times(). */
typedef struct ScheduleTimes
{
	const RelationSchedule *schedule;
	TimestampTz now;
	bool		keep;
	TimestampTz next;
	bool		found;
} ScheduleTimes;

static void
read_schedule(void *arg)
{
	ScheduleTimes *times = arg;
	const RelationSchedule *schedule = times->schedule;
	RsfedSchedule *parsed = schedule_parse(schedule->schedule, schedule->timezone);

	times->found = true;
	if (times->keep)
		times->next = schedule_after_clock(parsed, schedule->anchor, schedule->next_run_at, times->now);
	else
		times->found = schedule_next(parsed, schedule->anchor, times->now, &times->next);
}

/*
 * The first time after now that the schedule names, or (keep) the stored time
 * after a check against the clock; false, with a line in the log, if the
 * schedule names no time or cannot be read.  Nothing is written in the
 * subtransaction, so it costs no transaction number.
 */
static bool
read_times(const RelationSchedule *schedule, TimestampTz now, bool keep, TimestampTz *next)
{
	ScheduleTimes times = {.schedule = schedule,.now = now,.keep = keep};
	ErrorData  *error = attempt_anything(read_schedule, &times);

	/* a cancel or a lack of memory is not the schedule's fault */
	if (error != NULL && ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
		ReThrowError(error);
	if (error != NULL || !times.found)
	{
		report_stopped(schedule, error ? error->message : "It names no time that is still to come.");
		return false;
	}
	*next = times.next;
	return true;
}

/* The relation or set that a schedule refreshes, for messages. */
static const char *
title_of(const RelationSchedule *schedule)
{
	RsfedRelation *relation = relation_lookup_id(schedule->relation_id);

	return relation ? relation_title(relation) : "a dropped relation";
}

static void
report_stopped(const RelationSchedule *schedule, const char *reason)
{
	RsfedRelation *relation = relation_lookup_id(schedule->relation_id);

	ereport(WARNING,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("schedule \"%s\" of %s has stopped", schedule->name,
					title_of(schedule)),
			 errdetail_internal("%s", reason),
			 errhint("Give it a new one with rsfed.%s().",
					 relation != NULL && relation->is_set ? "alter_set_schedule" : "alter_schedule")));
}

/* The text, or NULL for the empty one. */
static const char *
or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

void
dispatch_record_failures(void)
{
	Failure		failure;

	while (failure_take(&failure))
	{
		ErrorFields error = {
			.message = failure.message,
			.detail = unconstify(char *, or_null(failure.detail)),
			.hint = unconstify(char *, or_null(failure.hint)),
			.context = unconstify(char *, or_null(failure.context)),
		};
		RunRequest	request = {
			.relation_id = failure.relation_id,
			.trigger = failure.of_change ? "define" : "call",
			.method = or_null(failure.method),
		};
		RunOutcome	outcome = {
			.status = failure.refused ? "refused" : failure.cancelled ? "cancelled" : "failed",
			.rows_received = -1,
			.bytes_received = -1,
			.rows_inserted = -1,
			.rows_updated = -1,
			.rows_deleted = -1,
			.note = failure.of_change ? "It was the first one of a changed definition, which was rolled back."
			: "It ran inside a transaction block, which was rolled back.",
			.of_change = failure.of_change,
			.phase = or_null(failure.phase),
			.error = &error,
		};
		RsfedRelation *relation = relation_lookup_id(failure.relation_id);
		OwnerScope	scope;
		int64		run_id;

		/*
		 * the definition of the rollup was rolled back too, or the role was
		 * dropped
		 */
		if (relation == NULL || !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(failure.userid)))
			continue;
		strlcpy(error.sqlstate, failure.sqlstate, sizeof(error.sqlstate));
		owner_scope_enter(&scope, failure.userid, false);
		run_id = run_insert(&request, true);
		owner_scope_leave(&scope);
		outcome_write(run_id, relation, &request, &outcome, true);
	}
}
