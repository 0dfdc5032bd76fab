/*-------------------------------------------------------------------------
 *
 * set_run.c
 *	  A refresh of several rollups together.
 *
 * Policy: all members are read within one transaction of Redshift, which gives
 * them one snapshot, and every row arrives before the first table is written;
 * then all are applied in the transaction that the driver commits.  So there
 * is no intermediate state, neither there nor here: if one member fails or is
 * refused, all stay as they were.
 *
 * as_of and Redshift's clock are read before that transaction begins, because
 * a window must not regard a bucket as complete that the snapshot may not
 * contain.
 *
 * Members are locked in the order of their relation_id, so that two sets with
 * common members wait for each other instead of ending in a deadlock.  Rows
 * are stored here as they arrive (sorted if the method needs that), in parts
 * of maintenance_work_mem: merging them on arrival would write one table while
 * the query of the next one may still fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "catalog/freshness.h"
#include "catalog/set_member.h"
#include "catalog/watermark.h"
#include "refresh/outcome.h"
#include "refresh/set_run.h"
#include "refresh/step.h"
#include "remote/execute.h"
#include "rollup/window.h"
#include "shmem/progress.h"
#include "source/route.h"

/* The minimum memory of a sort, kB. */
#define LEAST_MEMORY_KB 64

/* A member while the set is being refreshed. */
typedef struct Member
{
	RefreshRun *run;
	Rollup	   *rollup;
	RefreshTarget *target;
	RunStep    *step;
	Fetch	   *fetch;
	RowSource  *rows;			/* NULL if nothing was asked for */
} Member;

/* "name (value)" of each, for a detail. */
static void
append_member(StringInfo buf, Oid relid, const char *value)
{
	appendStringInfo(buf, "%s%s (%s)", buf->len > 0 ? ", " : "",
					 relation_display_name(relid), value);
}

void
set_check_members(const char *name, int count, Rollup *const *rollups, const Oid *relids)
{
	StringInfoData sources;
	StringInfoData owners;
	bool		one_source = true;
	bool		one_owner = true;

	initStringInfo(&sources);
	initStringInfo(&owners);
	for (int i = 0; i < count; i++)
	{
		one_source &= strcmp(rollups[i]->source, rollups[0]->source) == 0;
		one_owner &= relation_owner(relids[i]) == relation_owner(relids[0]);
		append_member(&sources, relids[i], rollups[i]->source);
		append_member(&owners, relids[i], GetUserNameFromId(relation_owner(relids[i]), false));
	}
	if (!one_source)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("members of set \"%s\" have different sources", name),
				 errdetail("%s. They must be read in one transaction of one Redshift.", sources.data),
				 errhint("Make a set for each source, or give a rollup another one: rsfed.alter_rollup(..., source => ...).")));
	if (!one_owner)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("members of set \"%s\" have different owners", name),
				 errdetail("%s. They are read over one connection, with the user mapping of their owner.", owners.data),
				 errhint("Make a set for each owner, or give a table another one: ALTER TABLE ... OWNER TO ...")));
}

void
set_run_begin(RefreshRun *run)
{
	SetRun	   *set = palloc0(sizeof(SetRun));
	List	   *relation_ids = set_members(run->relation->relation_id);
	ListCell   *lc;

	set->at = -1;
	set->members = palloc0(sizeof(RefreshRun *) * Max(list_length(relation_ids), 1));
	foreach(lc, relation_ids)
	{
		RunRequest *request = palloc0(sizeof(RunRequest));
		RefreshRun *member;

		request->relation_id = lfirst_int(lc);
		request->trigger = run->request->trigger;
		request->set_run_id = run->run_id;
		request->attempt = run->request->attempt;
		member = refresh_run_new(request, 0);
		member->in_set = true;
		set->members[set->count++] = member;
	}
	run->set = set;
}

/* Blocks other refreshes of the members; waits for those in progress. */
static void
serialize(SetRun *set)
{
	for (set->at = 0; set->at < set->count; set->at++)
	{
		const RsfedRelation *member = set->members[set->at]->relation;

		if (!OidIsValid(member->relid))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("a member of the set does not exist any more"),
					 errdetail("Its row in rsfed_catalog.relation has the number %d.",
							   member->relation_id),
					 errhint("Name the members that it should have: rsfed.alter_set(..., rollups => ...).")));
		refresh_serialize(member->relid);
	}
	set->at = -1;
}

/* A backfill commits batch by batch, which a set cannot. */
static const char why_filled[] =
"A window is filled in batches, each with a commit of its own; a set has one commit for all of its members.";

static bool
is_filled(const Watermark *watermark)
{
	return watermark != NULL && !watermark->backfilling;
}

static char *
fill_hint(Oid relid)
{
	return psprintf("Fill it first: CALL rsfed.refresh(%s).",
					quote_literal_cstr(relation_display_name(relid)));
}

static void
check_filled(const Member *member)
{
	if (member->step->window != NULL && !is_filled(member->step->watermark))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rollup \"%s\" is still being filled", member->target->name),
				 errdetail_internal("%s", why_filled),
				 errhint("%s", fill_hint(member->target->relid))));
}

void
set_tell_unfilled(const char *name, int count, Rollup *const *rollups, const Oid *relids)
{
	for (int i = 0; i < count; i++)
	{
		if (window_is_used(rollups[i]) && !is_filled(watermark_load(rollups[i]->relation_id)))
			ereport(NOTICE,
					(errmsg("refreshes of set \"%s\" will fail until its member \"%s\" is filled",
							name, get_rel_name(relids[i])),
					 errdetail_internal("%s", why_filled),
					 errhint("%s", fill_hint(relids[i]))));
	}
}

/* The facts known before connecting. */
static Member *
prepare(SetRun *set)
{
	Member	   *members = palloc0(sizeof(Member) * set->count);

	for (set->at = 0; set->at < set->count; set->at++)
	{
		Member	   *member = &members[set->at];

		member->run = set->members[set->at];
		member->rollup = rollup_prepare(member->run, &member->target);
		member->step = step_begin(member->run, member->rollup, member->target);
		check_filled(member);
	}
	set->at = -1;
	return members;
}

static void
check_together(const RefreshRun *run, const Member *members)
{
	int			count = run->set->count;
	Rollup	  **rollups = palloc(sizeof(Rollup *) * count);
	Oid		   *relids = palloc(sizeof(Oid) * count);

	for (int i = 0; i < count; i++)
	{
		rollups[i] = members[i].rollup;
		relids[i] = members[i].target->relid;
	}
	set_check_members(run->relation->relation_name, count, rollups, relids);
}

/* Connects, and asks for the clock if a window needs it. */
static Fetch *
connect_and_plan(RefreshRun *run, Member *members)
{
	SetRun	   *set = run->set;
	Member	   *host = &members[0];
	Fetch	   *fetch;
	TimestampTz now;

	for (int i = set->count - 1; i >= 0; i--)
	{
		if (step_needs_clock(members[i].step))
			host = &members[i];
		fetch_pass_over(run->route, members[i].step->asked, members[i].target->owner);
	}
	fetch = fetch_connect(host->step->asked, host->target->name, host->target->owner,
						  run->run_id, run->keep_connection, run->request->remote_timeout_ms,
						  run->route);
	run->outcome.as_of = now = GetCurrentTimestamp();
	if (step_needs_clock(host->step))
		now = step_clock(host->step, fetch);
	for (int i = 0; i < set->count; i++)
	{
		Member	   *member = &members[i];
		RunOutcome *outcome = &member->run->outcome;

		outcome->server = MemoryContextStrdup(GetMemoryChunkContext(run), fetch->source->server);
		outcome->moved_from = run->route->moved_from;
		outcome->label = MemoryContextStrdup(GetMemoryChunkContext(run), fetch->request.label);
		outcome->remote_pid = remote_backend_pid(fetch->source->conn);
		step_plan(member->run, member->step, run->outcome.as_of, now);
		member->fetch = fetch_join(fetch, member->step->asked, member->target->name);
		member->fetch->memory_kb = Max(maintenance_work_mem / set->count, LEAST_MEMORY_KB);
	}
	run->outcome.server = members[0].run->outcome.server;
	run->outcome.label = members[0].run->outcome.label;
	run->outcome.remote_pid = members[0].run->outcome.remote_pid;
	return fetch;
}

/*
 * Asks the probes of all members, whose answers are stored with the content;
 * true if each member has one and none reports news.
 */
static bool
probes_find_nothing(SetRun *set, Member *members)
{
	bool		nothing = true;

	for (set->at = 0; set->at < set->count; set->at++)
	{
		Member	   *member = &members[set->at];

		fetch_take_turn(member->fetch);
		nothing &= step_probe(member->run, member->step, member->fetch);
	}
	set->at = -1;
	return nothing;
}

/* Shows the current member in rsfed.progress. */
static void
show_member(const Member *member)
{
	int64		rows;
	TimestampTz as_of;

	PushActiveSnapshot(GetTransactionSnapshot());
	freshness_last(member->rollup->relation_id, &as_of, &rows);
	PopActiveSnapshot();
	progress_move(member->target->relid, rows, as_of);
}

/* Reads every member within one transaction there; returns the connection. */
static void
read_members(RefreshRun *run, Member *members)
{
	SetRun	   *set = run->set;
	Fetch	   *fetch = connect_and_plan(run, members);
	RemoteConnection *conn = fetch->source->conn;

	(void) remote_execute(conn, REMOTE_BEGIN_SNAPSHOT);
	if (!probes_find_nothing(set, members))
	{
		for (set->at = 0; set->at < set->count; set->at++)
		{
			Member	   *member = &members[set->at];

			if (!step_fill(member->step))
				continue;
			show_member(member);
			fetch_take_turn(member->fetch);
			fetch_send(member->fetch, NULL);
			member->rows = rollup_drain(member->run, member->rollup, member->target,
										member->fetch);
		}
		set->at = -1;
	}
	/* not a rollback, which would undo the SETs of the session */
	(void) remote_execute(conn, "COMMIT");
	fetch_close(fetch);
}

/* Adds a member's count to the set's; -1 means unknown. */
static void
add_count(int64 *sum, int64 count)
{
	if (count >= 0)
		*sum = Max(*sum, 0) + count;
}

static void
sum_up(RefreshRun *run)
{
	RunOutcome *outcome = &run->outcome;

	outcome->status = "unchanged";
	for (int i = 0; i < run->set->count; i++)
	{
		RunOutcome *member = &run->set->members[i]->outcome;

		member->as_of = outcome->as_of;
		if (strcmp(member->status, "published") == 0)
			outcome->status = "published";
		add_count(&outcome->rows_received, member->rows_received);
		add_count(&outcome->bytes_received, member->bytes_received);
		add_count(&outcome->rows_inserted, member->rows_inserted);
		add_count(&outcome->rows_updated, member->rows_updated);
		add_count(&outcome->rows_deleted, member->rows_deleted);
	}
}

void
set_run_refresh(RefreshRun *run)
{
	SetRun	   *set = run->set;
	Member	   *members;

	if (set->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("set \"%s\" has no members", run->relation->relation_name),
				 errhint("Name some: rsfed.alter_set(..., rollups => ...).")));
	serialize(set);
	members = prepare(set);
	check_together(run, members);
	read_members(run, members);
	for (set->at = 0; set->at < set->count; set->at++)
	{
		Member	   *member = &members[set->at];

		show_member(member);
		progress_set_rows(Max(member->run->outcome.rows_received, 0),
						  Max(member->run->outcome.bytes_received, 0));
		rollup_apply(member->run, member->rollup, member->target, member->rows);
	}
	set->at = -1;
	sum_up(run);
}

bool
set_run_is_refused(const RefreshRun *run)
{
	return run->set->at >= 0 && run->set->members[run->set->at]->refused;
}

/* The message of a member's run if another member was the cause. */
static ErrorFields *
error_of_another(const RefreshRun *run, const char *status, const ErrorFields *error)
{
	const RsfedRelation *culprit = run->set->members[run->set->at]->relation;
	const char *what = strcmp(status, "refused") == 0 ? "was refused by its gate"
		: strcmp(status, "cancelled") == 0 ? "was cancelled" : "failed";
	ErrorFields *fields = palloc0(sizeof(ErrorFields));

	strlcpy(fields->sqlstate, error->sqlstate, sizeof(fields->sqlstate));
	fields->message = psprintf("set \"%s\" was not published because its member \"%s\" %s",
							   run->relation->relation_name, culprit->relation_name, what);
	fields->detail = psprintf("%s", error->message);
	return fields;
}

void
set_run_fail(RefreshRun *run, const char *status, ErrorFields *error)
{
	SetRun	   *set = run->set;
	bool		cancelled = strcmp(status, "cancelled") == 0;

	for (int i = 0; i < set->count; i++)
	{
		RefreshRun *member = set->members[i];
		RunOutcome *outcome = &member->outcome;
		bool		is_cause = set->at == -1 || set->at == i;

		outcome->status = is_cause || cancelled ? status : "failed";
		outcome->error = is_cause ? error : error_of_another(run, status, error);
		outcome->phase = is_cause ? run->outcome.phase : NULL;
		outcome->as_of = run->outcome.as_of;
		outcome->rows_inserted = outcome->rows_updated = outcome->rows_deleted = -1;
		member->refused = is_cause && strcmp(status, "refused") == 0;
	}
}

void
set_run_finish(RefreshRun *run)
{
	for (int i = 0; i < run->set->count; i++)
	{
		RefreshRun *member = run->set->members[i];

		member->outcome.note = member->note.len > 0 ? member->note.data : NULL;
		outcome_write(member->run_id, member->relation, member->request, &member->outcome,
					  run->in_transaction);
	}
}
