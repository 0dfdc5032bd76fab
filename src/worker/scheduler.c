/*-------------------------------------------------------------------------
 *
 * scheduler.c
 *	  The process that makes the due schedules of one database run.
 *
 * Each turn: runs whose process is gone become failed; due schedules queue
 * runs (dispatch.c); relations that became late are reported; run workers are
 * woken or started for queued runs; if there is nothing else to do, some old
 * runs are deleted; then the scheduler sleeps until the next due time or until
 * somebody announces something.  It connects to no warehouse and holds no
 * state of its own in memory.  If it has nothing to do for a minute, it
 * leaves, and its next due time stays in shared memory for the launcher.  A
 * failure ends it, and the launcher starts another one, with a longer delay
 * each time.
 *
 *	  started -> no extension -> leaves, the launcher remembers
 *			  -> turn <-> sleep -> nothing due for a minute -> leaves
 *								-> in the way of a command, switched off -> leaves,
 *								   work announced
 *
 * While another database owns the schedules (catalog/identity.c), a turn
 * starts nothing and no schedule is due.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "catalog/after.h"
#include "catalog/budget.h"
#include "catalog/event.h"
#include "catalog/extension.h"
#include "catalog/history.h"
#include "catalog/identity.h"
#include "catalog/queue.h"
#include "catalog/relation_schedule.h"
#include "catalog/retry.h"
#include "catalog/run.h"
#include "refresh/outcome.h"
#include "shmem/databases.h"
#include "shmem/workers.h"
#include "source/health_check.h"
#include "source/limits.h"
#include "worker/bgworker.h"
#include "worker/dispatch.h"

/*
 * it leaves if nothing is due within that time and it has had nothing to do
 * for that time
 */
#define LEAVE_AFTER_MS 60000
/* schedules moved on in one transaction */
#define DISPATCH_LIMIT 100
/* how often it looks for lost runs while runs wait or work */
#define OPEN_RUNS_MS 5000
/* time until a due time whose row was locked is tried again */
#define RETRY_MS 1000
/* time until the next try if no worker slot is free */
#define SHORTAGE_MS 5000
/* how often it looks at the credentials file of a log-in that is held */
#define HELD_MS 5000
/* a clock that goes back by less was adjusted, not set */
#define CLOCK_BACK_MS 1000

/*
 * how often it looks for old runs; while runs are open, up to twice that time
 */
#define PRUNE_EVERY_MS (10 * 60 * 1000)
/* in one transaction: relations looked at, rows deleted */
#define PRUNE_RELATIONS 20
#define PRUNE_ROWS 200

/* The findings of a turn. */
typedef struct Turn
{
	bool		extension;		/* the extension still exists */
	bool		not_ours;		/* another database owns the schedules */
	bool		logins_held;	/* some log-ins are left alone */
	int			dispatched;
	int			takeable;
	int			checks;			/* members of groups that are to be checked now */
	int			open;			/* runs that wait or work */
	bool		short_of_slots; /* no process could be had */
	bool		clock_back;		/* since the last turn, or it is the first */
	bool		pruning;		/* old runs are yet to be looked for */
	TimestampTz next_due;		/* DT_NOEND if nothing is */
	TimestampTz holds_end;		/* end of the first hold for a budget; DT_NOEND if none */
} Turn;

/* A run worker that is registered and has not ended. */
typedef struct Started
{
	WorkerTicket ticket;
	BackgroundWorkerHandle *handle;
} Started;

extern PGDLLEXPORT void rsfed_scheduler_main(Datum arg);

static const WorkerKind run_worker_kind = {"rsfed worker", "rsfed_run_worker_main", BGW_NEVER_RESTART};

static List *started_workers = NIL;

/* for the log; it cannot change, because a rename makes this process leave */
static const char *database_name = "?";

static ExtensionState check_extension(bool *usable);
static void take_turn(Turn *turn);
static void look_at_identity(Turn *turn);
static void look_at_budgets(Turn *turn);
static void provide_workers(Turn *turn);
static void prune_step(Turn *turn);
static bool start_worker(void);
static void reap_workers(void);
static bool quiet(const Turn *turn, TimestampTz now);
static void scheduler_loop(void);
static void scheduler_error_context(void *arg);

/* The scheduler's process; its argument is the database. */
void
rsfed_scheduler_main(Datum arg)
{
	Oid			database = DatumGetObjectId(arg);
	ErrorContextCallback context;
	bool		usable;

	/*
	 * before anything that blocks a DROP of the database: one may be waiting
	 */
	if (!scheduler_attach(database))
		proc_exit(0);
	bgworker_connect(database);
	pgstat_report_appname("rsfed scheduler");

	context.callback = scheduler_error_context;
	context.arg = NULL;
	context.previous = error_context_stack;
	error_context_stack = &context;

	/* an announcement from here on keeps it from leaving */
	(void) scheduler_take_wanted();
	scheduler_set_extension(check_extension(&usable));
	if (usable)
		scheduler_loop();
	else
	{
		/* nothing is due until somebody creates or updates it */
		scheduler_set_next_due(DT_NOEND);
		(void) scheduler_leave(false);
	}
	error_context_stack = context.previous;
	proc_exit(0);
}

/* Adds the name of this process to lines in the log. */
static void
scheduler_error_context(void *arg)
{
	errcontext("rsfed scheduler of database \"%s\"", database_name);
}

/*
 * Is the extension in this database, and can the library use it?  Logs once if
 * its version is not the library's.
 */
static ExtensionState
check_extension(bool *usable)
{
	char	   *version;
	ExtensionFit fit = EXTENSION_FITS;

	bgworker_begin("looking for the extension");
	database_name = MemoryContextStrdup(TopMemoryContext, get_database_name(MyDatabaseId));
	version = extension_version();
	if (version != NULL)
		fit = extension_fit(version);
	if (version != NULL && strcmp(version, RSFED_VERSION) != 0 && scheduler_tell_version())
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"rsfed\" in database \"%s\" is of version %s, the library of version %s",
						database_name, version, RSFED_VERSION),
				 fit == EXTENSION_FITS ? 0 : errdetail("None of its schedules runs until they fit."),
				 errhint("%s", extension_hint(fit))));
	bgworker_commit();

	*usable = version != NULL && fit == EXTENSION_FITS;
	return version != NULL ? EXTENSION_PRESENT : EXTENSION_ABSENT;
}

static void
scheduler_loop(void)
{
	MemoryContext turn_context;
	uint32		wait_event = RSFED_WAIT_EVENT_NEW("RsfedSchedulerMain");
	TimestampTz quiet_since = 0;
	TimestampTz last_turn = DT_NOEND;

	turn_context = AllocSetContextCreate(TopMemoryContext, "rsfed scheduler turn",
										 ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		Turn		turn = {0};
		TimestampTz now;
		TimestampTz wake_at;

		bgworker_reload_config();
		if (!rsfed_scheduler || scheduler_must_leave())
		{
			(void) scheduler_leave(true);
			return;
		}
		if (scheduler_take_wanted())
			quiet_since = 0;

		MemoryContextSwitchTo(turn_context);
		/*
		 * also at the first turn: it may have been set while no scheduler ran
		 */
		now = GetCurrentTimestamp();
		turn.clock_back = TimestampTzPlusMilliseconds(now, CLOCK_BACK_MS) < last_turn;
		last_turn = now;
		take_turn(&turn);
		prune_step(&turn);
		MemoryContextSwitchTo(TopMemoryContext);
		MemoryContextReset(turn_context);

		if (!turn.extension)
		{
			workers_dismiss(MyDatabaseId);
			scheduler_set_extension(EXTENSION_ABSENT);
			if (scheduler_leave(false))
				return;
			/* announced meanwhile: it is being created again */
			scheduler_set_extension(EXTENSION_PRESENT);
			continue;
		}
		scheduler_set_next_due(turn.next_due);

		now = GetCurrentTimestamp();
		wake_at = turn.next_due;
		if (wake_at <= now && turn.dispatched == 0)
			wake_at = TimestampTzPlusMilliseconds(now, RETRY_MS);
		if (turn.pruning)
			wake_at = now;

		if (!quiet(&turn, now))
			quiet_since = 0;
		else if (quiet_since == 0 || quiet_since > now)
			quiet_since = now;
		else if (TimestampDifferenceExceeds(quiet_since, now, LEAVE_AFTER_MS) &&
				 scheduler_leave(false))
			return;
		if (quiet_since != 0)
			wake_at = Min(wake_at, TimestampTzPlusMilliseconds(quiet_since, LEAVE_AFTER_MS + 1));

		bgworker_sleep(wake_at,
					   turn.short_of_slots ? SHORTAGE_MS :
					   turn.logins_held ? HELD_MS :
					   turn.open > 0 && !turn.not_ours ? OPEN_RUNS_MS : LEAVE_AFTER_MS,
					   wait_event);
	}
}

/* Is there nothing to do now, nor within the time that it would stay idle? */
static bool
quiet(const Turn *turn, TimestampTz now)
{
	return turn->dispatched == 0 && (turn->open == 0 || turn->not_ours) && !turn->logins_held &&
		!turn->pruning &&
		turn->next_due > TimestampTzPlusMilliseconds(now, LEAVE_AFTER_MS);
}

/*
 * Does everything that there is to do now; allocates in the current memory
 * context.
 */
static void
take_turn(Turn *turn)
{
	TimestampTz next_due;

	look_at_identity(turn);
	/*
	 * before anything is queued: schedules may be due again today, or no
	 * longer be due
	 */
	look_at_budgets(turn);
	if (turn->clock_back && !turn->not_ours)
		dispatch_after_clock(GetCurrentTimestamp());
	if (!turn->not_ours)
		turn->dispatched = dispatch_due(GetCurrentTimestamp(), DISPATCH_LIMIT);

	bgworker_begin("looking after the queue");
	turn->extension = bgworker_lock_extension();
	turn->next_due = DT_NOEND;
	if (turn->extension)
	{
		/*
		 * Before the freshness of any relation, in the order in which a run
		 * that fails to log in locks them; nobody logs in while another
		 * database owns the schedules.
		 */
		turn->logins_held = outcome_release_logins() && !turn->not_ours;
		dispatch_record_failures();
		(void) runs_expire(GetCurrentTimestamp());
		if (run_count_open() > 0)
			(void) outcome_fail_orphans();
		/* retries of those are open, too */
		turn->open = run_count_open();
		if (turn->open > 0 && !turn->not_ours)
		{
			(void) after_release();
			turn->takeable = queue_count_takeable(source_limits());
		}
		/* in a copy everything becomes late */
		if (!turn->not_ours)
			turn->next_due = event_tell_late();
		if (!turn->not_ours && schedules_next_due(schedules_any_held(), &next_due))
			turn->next_due = Min(turn->next_due, next_due);
		turn->next_due = Min(turn->next_due, turn->holds_end);
		if (!turn->not_ours)
			turn->checks = health_checks_due(&turn->next_due);
		if (!turn->not_ours && runs_next_look(GetCurrentTimestamp(), &next_due))
			turn->next_due = Min(turn->next_due, next_due);
	}
	bgworker_commit();

	/* after the commit, so that workers see what was queued */
	reap_workers();
	provide_workers(turn);
}

/* Does this database own its schedules?  Logs one line if not. */
static void
look_at_identity(Turn *turn)
{
	Held	   *held = NULL;

	bgworker_begin("looking whose schedules these are");
	if (bgworker_lock_extension())
		held = identity_settle();
	turn->not_ours = held != NULL;
	if (scheduler_tell_held(turn->not_ours) || (held != NULL && held->is_news))
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("schedules of database \"%s\" are held: %s", database_name, held->reason),
				 errdetail_internal("%s", held->detail),
				 errhint("%s", held->hint)));
	bgworker_commit();
}

/*
 * Holds relations whose budget is used up and releases those that are free
 * again.
 */
static void
look_at_budgets(Turn *turn)
{
	turn->holds_end = DT_NOEND;
	if (turn->not_ours)
		return;
	bgworker_begin("looking at budgets");
	if (bgworker_lock_extension())
		turn->holds_end = budget_settle();
	bgworker_commit();
}

/*
 * Wakes and starts workers for the runs that can be taken now and for the
 * members that are to be checked.  Workers at work need no call: they look for
 * the next run by themselves.
 */
static void
provide_workers(Turn *turn)
{
	int			wanted = turn->takeable + turn->checks;
	int			ready;

	if (wanted == 0)
	{
		scheduler_set_starved(false);
		return;
	}

	ready = workers_wake_idle(MyDatabaseId, wanted);
	while (ready < wanted && start_worker())
		ready++;

	/* checks can wait for workers that are busy */
	if (ready < turn->takeable)
	{
		turn->short_of_slots = true;
		(void) workers_free_one_elsewhere(MyDatabaseId);
	}
	scheduler_set_starved(ready < turn->takeable);
}

/*
 * Deletes some old runs, in a short transaction of its own, if there is
 * nothing else to do now.  The walk over all relations starts again some time
 * after the last one ended, and with each new scheduler.
 */
static void
prune_step(Turn *turn)
{
	static TimestampTz next_walk = 0;
	static TimestampTz put_off_since = 0;
	static int32 after = 0;
	TimestampTz now = GetCurrentTimestamp();
	bool		more = false;
	int			pruned;

	/* a clock that was set back must not postpone the next walk */
	if (!turn->extension || turn->dispatched > 0 || turn->next_due <= now ||
		(now < next_walk && next_walk <= TimestampTzPlusMilliseconds(now, PRUNE_EVERY_MS)))
		return;
	if (put_off_since == 0 || put_off_since > now)
		put_off_since = now;
	if (turn->open > 0 && !TimestampDifferenceExceeds(put_off_since, now, PRUNE_EVERY_MS))
		return;

	bgworker_begin("forgetting old runs");
	if (bgworker_lock_extension())
		more = history_prune(&after, PRUNE_RELATIONS, PRUNE_ROWS, &pruned);
	bgworker_commit();

	turn->pruning = more;
	if (!more)
	{
		after = 0;
		put_off_since = 0;
		next_walk = TimestampTzPlusMilliseconds(now, PRUNE_EVERY_MS);
	}
}

/* Starts one more run worker; false if that is not allowed or not possible. */
static bool
start_worker(void)
{
	BackgroundWorker worker;
	WorkerTicket ticket;
	char		suffix[32];
	MemoryContext old;
	Started    *started;

	StaticAssertStmt(sizeof(WorkerTicket) <= BGW_EXTRALEN, "ticket fits into bgw_extra");

	if (!worker_reserve(MyDatabaseId, rsfed_max_workers, &ticket))
		return false;

	old = MemoryContextSwitchTo(TopMemoryContext);
	snprintf(suffix, sizeof(suffix), "for database %u", MyDatabaseId);
	bgworker_fill(&worker, &run_worker_kind, suffix);
	memcpy(worker.bgw_extra, &ticket, sizeof(ticket));

	started = palloc(sizeof(Started));
	started->ticket = ticket;
	started->handle = bgworker_start(&worker);
	if (started->handle == NULL)
	{
		worker_unreserve(&ticket);
		pfree(started);
		MemoryContextSwitchTo(old);
		return false;
	}
	started_workers = lappend(started_workers, started);
	MemoryContextSwitchTo(old);
	return true;
}

/* Forgets workers that have ended, and the slots of those that never came. */
static void
reap_workers(void)
{
	ListCell   *lc;

	foreach(lc, started_workers)
	{
		Started    *started = lfirst(lc);
		pid_t		pid;

		if (GetBackgroundWorkerPid(started->handle, &pid) != BGWH_STOPPED)
			continue;
		worker_unreserve(&started->ticket);
		pfree(started->handle);
		pfree(started);
		started_workers = foreach_delete_current(started_workers, lc);
	}
}
