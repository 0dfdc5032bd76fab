/*-------------------------------------------------------------------------
 *
 * dispatch.c
 *	  From schedules that are due to runs that wait for a worker.
 *
 * Policy: the run and the schedule's next time are written in one transaction,
 * so that a due time is neither lost nor used twice.  The next time is counted
 * from now: what was missed while nothing ran is made up for once.  A schedule
 * whose last run still waits or works gets no second one; it moves on.
 *
 * A schedule that cannot be read, or has no next time, stands still at
 * infinity until somebody changes it, and must not stop the others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/options.h"
#include "catalog/owner_scope.h"
#include "catalog/run.h"
#include "catalog/schedules.h"
#include "schedule/schedule.h"
#include "shmem/failures.h"
#include "worker/bgworker.h"
#include "worker/dispatch.h"

/* A schedule whose run has not ended. */
typedef struct OpenRun
{
	int32		relation_id;
	char	   *schedule_name;
} OpenRun;

static List *open_runs(void);
static bool has_open_run(List *open, const RelationSchedule *schedule);
static void dispatch_one(const RelationSchedule *schedule, List *open, TimestampTz now);
static TimestampTz next_time(const RelationSchedule *schedule, TimestampTz now);
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
			open = open_runs();
			due = schedules_due(now, limit);
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

/* The runs of schedules that have not ended: List of OpenRun *. */
static List *
open_runs(void)
{
	CatalogAccess access;
	List	   *open = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT relation_id, schedule_name FROM rsfed_catalog.run"
					" WHERE status IN ('queued', 'running') AND schedule_name IS NOT NULL",
					0, NULL, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		OpenRun    *run = palloc(sizeof(OpenRun));

		run->relation_id = DatumGetInt32(catalog_datum(i, 1));
		run->schedule_name = catalog_text(&access, i, 2);
		open = lappend(open, run);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return open;
}

static bool
has_open_run(List *open, const RelationSchedule *schedule)
{
	ListCell   *lc;

	foreach(lc, open)
	{
		OpenRun    *run = lfirst(lc);

		if (run->relation_id == schedule->relation_id &&
			strcmp(run->schedule_name, schedule->name) == 0)
			return true;
	}
	return false;
}

static void
dispatch_one(const RelationSchedule *schedule, List *open, TimestampTz now)
{
	TimestampTz next = next_time(schedule, now);

	if (!has_open_run(open, schedule))
	{
		RunRequest	request = {0};

		request.relation_id = schedule->relation_id;
		request.trigger = "schedule";
		request.due_at = schedule->next_run_at;
		request.schedule_name = schedule->name;
		request.method = schedule->method;
		request.since = option_text(OPTION_SCHEDULE, schedule->options, "since");
		request.until = option_text(OPTION_SCHEDULE, schedule->options, "until");
		(void) run_insert(&request, false);
	}
	schedule_set_next(schedule->relation_id, schedule->name, next);
}

/*
 * The first time after now that the schedule names; infinity, with a line in
 * the log, if it names none or cannot be read.  The subtransaction is there for
 * the error only: nothing is written in it, so it costs no transaction number.
 */
static TimestampTz
next_time(const RelationSchedule *schedule, TimestampTz now)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	TimestampTz next = DT_NOEND;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		RsfedSchedule *parsed = schedule_parse(schedule->schedule, schedule->timezone);

		if (!schedule_next(parsed, schedule->anchor, now, &next))
		{
			next = DT_NOEND;
			report_stopped(schedule, "It names no time that is still to come.");
		}
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		/* a cancel or a lack of memory is not the schedule's fault */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		next = DT_NOEND;
		report_stopped(schedule, error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	/* whatever the text says: never twice within a second */
	return Max(next, TimestampTzPlusMilliseconds(now, 1000));
}

static void
report_stopped(const RelationSchedule *schedule, const char *reason)
{
	RsfedRelation *relation = relation_lookup_id(schedule->relation_id);

	ereport(WARNING,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("schedule \"%s\" of %s has stopped", schedule->name,
					relation ? relation_title(relation) : "a dropped relation"),
			 errdetail_internal("%s", reason),
			 errhint("Give it a new one with rsfed.%s().",
					 relation != NULL && relation->is_set ? "alter_set_schedule" : "alter_schedule")));
}

int
dispatch_count_open(void)
{
	CatalogAccess access;
	int			count;

	catalog_open(&access);
	catalog_run(SPI_OK_SELECT,
				"SELECT count(*)::int4 FROM rsfed_catalog.run WHERE status IN ('queued', 'running')",
				0, NULL, NULL, NULL);
	count = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return count;
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
			.trigger = "call",
			.method = or_null(failure.method),
		};
		RunOutcome	outcome = {
			.status = failure.refused ? "refused" : failure.cancelled ? "cancelled" : "failed",
			.rows_received = -1,
			.bytes_received = -1,
			.rows_inserted = -1,
			.rows_updated = -1,
			.rows_deleted = -1,
			.note = "It ran inside a transaction block, which was rolled back.",
			.phase = or_null(failure.phase),
			.error = &error,
		};
		RsfedRelation *relation = relation_lookup_id(failure.relation_id);
		OwnerScope	scope;
		int64		run_id;

		/* of a rollup whose definition was rolled back too, or a dropped role */
		if (relation == NULL || !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(failure.userid)))
			continue;
		strlcpy(error.sqlstate, failure.sqlstate, sizeof(error.sqlstate));
		owner_scope_enter(&scope, failure.userid, false);
		run_id = run_insert(&request, true);
		owner_scope_leave(&scope);
		(void) run_finish(run_id, relation, &outcome);
	}
}
