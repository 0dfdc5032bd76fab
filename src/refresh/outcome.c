/*-------------------------------------------------------------------------
 *
 * outcome.c
 *	  The end of a run, and its consequences.
 *
 * Policy: the consequences of an outcome are written in the transaction of the
 * outcome, so that neither exists without the other: a retry cannot be lost,
 * nor be queued for a failure that was rolled back.
 *
 * Retries are for runs of schedules, and for requests whose process died; a
 * user who waits in a CALL sees the error.  There is no retry after the
 * schedule's next time, which takes its place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/chance.h"
#include "base/compat.h"
#include "base/options.h"
#include "catalog/budget.h"
#include "catalog/cost.h"
#include "catalog/held.h"
#include "catalog/relation_schedule.h"
#include "catalog/retry.h"
#include "catalog/rollup.h"
#include "catalog/set_member.h"
#include "redshift/failure.h"
#include "refresh/outcome.h"
#include "schedule/backoff.h"
#include "shmem/progress.h"
#include "shmem/wake.h"
#include "source/fingerprint.h"

/*
 * The rollup whose source and owner determine the log-in of a run: for a set,
 * whose members share them, any existing member.  NULL if the run does not log
 * in.
 */
static const RsfedRelation *
login_rollup(const RsfedRelation *relation)
{
	List	   *members = relation->is_set ? set_members(relation->relation_id) : NIL;
	ListCell   *lc;

	if (!relation->is_set)
		return relation->is_rollup && OidIsValid(relation->relid) ? relation : NULL;
	foreach(lc, members)
	{
		const RsfedRelation *member = relation_lookup_id(lfirst_int(lc));

		if (member != NULL && OidIsValid(member->relid))
			return member;
	}
	return NULL;
}

/*
 * Holds the log-in that the relation's owner used.  False if that is not
 * known: then the failure is treated like any other.
 */
static bool
hold_login(const RsfedRelation *relation, RunOutcome *outcome)
{
	SourceLogin login;
	HeldLogin	held;
	Rollup	   *rollup;

	relation = login_rollup(relation);
	if (relation == NULL)
		return false;
	rollup = rollup_load(relation->relation_id);
	if (!source_login(rollup->source, relation_owner(relation->relid), &login))
		return false;
	/* this role needs a password, but not all users of PUBLIC's mapping do */
	if (!OidIsValid(login.role_id) && strncmp(outcome->error->sqlstate, "2F", 2) == 0)
		return false;
	held.server_id = login.server_id;
	held.role_id = login.role_id;
	held.fingerprint = source_fingerprint(&login);
	outcome->event = "";
	if (held.fingerprint == NULL ||
		!held_insert(&held, outcome->error->sqlstate, outcome->error->message))
		return held.fingerprint != NULL;

	outcome->event = "held";
	ereport(LOG,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("log-ins of %s%s%s to Redshift server \"%s\" are held",
					OidIsValid(login.role_id) ? "role \"" : "",
					OidIsValid(login.role_id) ? GetUserNameFromId(login.role_id, true) : "PUBLIC",
					OidIsValid(login.role_id) ? "\"" : "", rollup->source),
			 errdetail("No schedule tries them until the user mapping, its credentials file or the server changes, or a log-in works."),
			 errhint("Set the right credentials with SELECT rsfed.set_credentials(%s, username => '...', password => '...'); if they are right, SELECT * FROM rsfed.check_server(%s).",
					 quote_literal_cstr(rollup->source), quote_literal_cstr(rollup->source))));
	return true;
}

/* The policy of a schedule's options; NULL gives the defaults. */
static RsfedBackoff
backoff_policy(Jsonb *options)
{
	RsfedBackoff policy;

	policy.delay_ms = option_int(OPTION_SCHEDULE, options, "retry_delay");
	policy.factor = option_int(OPTION_SCHEDULE, options, "retry_factor");
	policy.max_delay_ms = option_int(OPTION_SCHEDULE, options, "retry_max_delay");
	policy.jitter_percent = (int) option_int(OPTION_SCHEDULE, options, "retry_jitter");
	return policy;
}

/*
 * Queues a retry, if there is to be one; options are the schedule's,
 * next_run_at its next time. died: the run ended with its process, so the
 * retry is due at once.
 */
static bool
queue_retry(int64 run_id, const RunRequest *request, Jsonb *options, TimestampTz next_run_at,
			bool died)
{
	RunRequest	retry = *request;
	int			attempt = Max(request->attempt, 1);
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz at = now;
	int64		queue_timeout = option_int(OPTION_SCHEDULE, options, "queue_timeout");
	RsfedBackoff policy = backoff_policy(options);

	if (attempt > option_int(OPTION_SCHEDULE, options, "retries"))
		return false;
	if (!died)
		at = TimestampTzPlusMilliseconds(now, backoff_delay_ms(&policy, attempt, chance()));
	if (next_run_at <= at && !died)
		return false;
	retry.retry_of = run_id;
	retry.attempt = attempt + 1;
	retry.not_before = died ? 0 : at;
	retry.expires_at = queue_timeout > 0 ? TimestampTzPlusMilliseconds(at, queue_timeout) : 0;
	(void) run_insert(&retry, false);
	wake_scheduler_at_commit();
	return true;
}

/* Counts one more failure in a row; true if the schedule paused itself. */
static bool
count_failure(int64 run_id, const RsfedRelation *relation, const RelationSchedule *schedule,
			  const RunOutcome *outcome)
{
	int			max_failures = (int) option_int(OPTION_SCHEDULE, schedule->options, "max_failures");
	const char *message = outcome->error ? outcome->error->message : outcome->status;

	if (!schedule_count_failure(schedule->relation_id, schedule->name, max_failures, message))
		return false;
	retries_drop(schedule->relation_id, schedule->name, "The schedule has paused itself.");
	run_notify_event(outcome->error ? run_id : 0, relation, "paused",
					 outcome->error ? outcome->error->sqlstate : NULL);
	if (OidIsValid(relation->relid) || relation->is_set)
	{
		char	   *name = relation_title(relation);
		char	   *own_name = relation->is_set ? relation->relation_name : name;

		ereport(LOG,
				(errmsg("schedule \"%s\" of %s has paused itself", schedule->name, name),
				 errdetail_plural("It failed %d time in a row, the last time with: %s",
								  "It failed %d times in a row, the last time with: %s",
								  max_failures, max_failures, message),
				 errhint("Once the cause is mended, run SELECT rsfed.%s(%s);",
						 relation->is_set ? "resume_set" : "resume", quote_literal_cstr(own_name))));
	}
	return true;
}

bool
outcome_retry_superseded(int64 run_id, const RelationSchedule *schedule)
{
	RsfedRelation *relation = relation_lookup_id(schedule->relation_id);
	RunOutcome	outcome = {.status = "the retry came too late"};

	return relation != NULL && count_failure(run_id, relation, schedule, &outcome);
}

/* The consequences of a stored failure. */
static void
follow_failure(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
			   RunOutcome *outcome, FailureKind kind, bool died)
{
	RelationSchedule *schedule = NULL;
	bool		retried = false;

	/* the set has the consequences for its members */
	if (request->set_run_id != 0)
		return;
	if (request->schedule_name != NULL)
		schedule = schedule_load(request->relation_id, request->schedule_name);
	if (kind == FAILURE_CREDENTIALS)
	{
		/* at once, when it works again */
		if (schedule != NULL)
			schedule_put_back(schedule->relation_id, schedule->name, request->due_at);
		return;
	}
	if (kind == FAILURE_PASSING && relation->relation_name[0] != '\0')
	{
		if (schedule != NULL)
			retried = queue_retry(run_id, request, schedule->options, schedule->next_run_at, died);
		else if (died && strcmp(request->trigger, "request") == 0)
			retried = queue_retry(run_id, request, NULL, DT_NOEND, true);
	}
	if (schedule != NULL && !retried)
		(void) count_failure(run_id, relation, schedule, outcome);
}

/* A success, with its consequences. */
static void
write_success(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
			  const RunOutcome *outcome)
{
	/*
	 * A run of a schedule does not log in while the log-in is held.  Locks are
	 * taken in the order of a failed log-in: this row before the freshness,
	 * for a set before its own.
	 */
	const RsfedRelation *login = request->schedule_name == NULL ? login_rollup(relation) : NULL;

	if (login != NULL)
		outcome_login_works(rollup_source(login->relation_id), relation_owner(login->relid));
	/* the scheduler does not know the new time when it will be late */
	if (run_finish(run_id, relation, outcome))
		wake_scheduler_at_commit();
	if (!outcome->is_partial)
		retries_settle(run_id, request);
}

static FailureKind
kind_of(const RunOutcome *outcome)
{
	bool		at_login = outcome->phase != NULL &&
		strcmp(outcome->phase, phase_name(PHASE_CONNECTING)) == 0;

	if (strcmp(outcome->status, "failed") != 0 || outcome->error == NULL)
		return FAILURE_LASTING;
	return failure_kind(outcome->error->sqlstate, outcome->error->message,
						outcome->error->detail, at_login);
}

/* Counts the run for budgets, and stores the request for its cost. */
static void
count_cost(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
		   const RunOutcome *outcome)
{
	bool		used_up;
	int64		ms = budget_spend(run_id, relation, request, outcome, &used_up);

	/* the scheduler holds due schedules, and reports that */
	if (used_up)
		wake_scheduler_at_commit();
	cost_want(run_id, relation, request, outcome, ms);
}

void
outcome_write(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
			  RunOutcome *outcome, bool in_transaction)
{
	FailureKind kind;

	wake_waiters_at_commit(run_id);
	if (outcome->error == NULL)
	{
		write_success(run_id, relation, request, outcome);
		count_cost(run_id, relation, request, outcome);
		return;
	}
	if (outcome->query_id == 0)
		outcome->query_id = failure_query_id(outcome->error->message, outcome->error->detail);
	kind = kind_of(outcome);
	if (kind == FAILURE_CREDENTIALS && (in_transaction || !hold_login(relation, outcome)))
		kind = FAILURE_LASTING;
	(void) run_finish(run_id, relation, outcome);
	count_cost(run_id, relation, request, outcome);
	if (!in_transaction && strcmp(outcome->status, "cancelled") != 0)
		follow_failure(run_id, relation, request, outcome, kind, false);
}

int
outcome_fail_orphans(void)
{
	static ErrorFields gone = {"57P02", "the refresh ended without an outcome",
		"Its process ended with the server, was killed, or could not write what became of it; its transaction was rolled back.",
	"Nothing was lost: the content is the one before. The next run starts from there."};
	List	   *orphans = run_orphans();
	ListCell   *lc;
	int			failed = 0;

	foreach(lc, orphans)
	{
		Run		   *run = lfirst(lc);
		RsfedRelation *relation = relation_lookup_id(run->request.relation_id);
		RsfedRelation dropped = {.relation_id = run->request.relation_id,
		.schema_name = "",.relation_name = ""};
		RunOutcome	outcome = {.status = "failed",.error = &gone};

		outcome.rows_received = outcome.bytes_received = -1;
		outcome.rows_inserted = outcome.rows_updated = outcome.rows_deleted = -1;
		if (relation == NULL)
			relation = &dropped;
		/*
		 * a run that committed and left between the two looks is not an orphan
		 */
		if (!run_finish_orphan(run->run_id, relation, &outcome))
			continue;
		failed++;
		follow_failure(run->run_id, relation, &run->request, &outcome, FAILURE_PASSING, true);
	}
	return failed;
}

bool
outcome_release_logins(void)
{
	List	   *held = held_list();
	ListCell   *lc;
	bool		some_left = false;

	foreach(lc, held)
	{
		HeldLogin  *login = lfirst(lc);
		SourceLogin source = {.server_id = login->server_id,.role_id = login->role_id};
		char	   *fingerprint = source_fingerprint(&source);

		if (fingerprint != NULL && strcmp(fingerprint, login->fingerprint) == 0)
			some_left = true;
		else if (held_delete(login->server_id, login->role_id))
			ereport(LOG,
					(errmsg("log-ins to Redshift are no longer held: their credentials have changed")));
	}
	return some_left;
}

void
outcome_login_works(const char *source, Oid userid)
{
	SourceLogin login;

	if (source_login(source, userid, &login) && held_delete(login.server_id, login.role_id))
		wake_scheduler_at_commit();
}
