/*-------------------------------------------------------------------------
 *
 * schedules.c
 *	  rsfed.schedule_refresh() and related functions.
 *
 * Policy: everything that would certainly make a scheduled run fail raises an
 * error when the schedule is made, instead of a message in the log at night:
 * text, zone, method, options, privilege, the owner's user mapping.  Things
 * that may be intended (a view without unique index, short intervals on a
 * serverless host, a library that is not preloaded) raise a WARNING.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/schedule_after.h"
#include "api/schedule_checks.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"
#include "catalog/after.h"
#include "catalog/identity.h"
#include "catalog/relation.h"
#include "catalog/relation_schedule.h"
#include "catalog/retry.h"
#include "catalog/set.h"
#include "catalog/set_member.h"
#include "schedule/schedule.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_schedule_refresh);
PG_FUNCTION_INFO_V1(rsfed_alter_schedule);
PG_FUNCTION_INFO_V1(rsfed_unschedule_refresh);
PG_FUNCTION_INFO_V1(rsfed_schedule_set);
PG_FUNCTION_INFO_V1(rsfed_alter_set_schedule);
PG_FUNCTION_INFO_V1(rsfed_unschedule_set);

static void set_first_run(RelationSchedule *schedule);
static RelationSchedule *require_schedule(Oid relid, const char *name);
static RelationSchedule *require_set_schedule(FunctionCallInfo fcinfo, const char *action,
											  RsfedRelation **member);
static RelationSchedule *find_schedule(int32 relation_id, const char *title, const char *name);
static void check_set_options(Jsonb *options);

/*
 * Sets the options of a new schedule; returns the schedules that it comes
 * after.
 */
static List *
first_options(RelationSchedule *schedule, Jsonb *options)
{
	List	   *after;

	schedule->options = argument_no_options();
	if (options == NULL)
		return NIL;
	options_check(OPTION_SCHEDULE, options);
	after = schedule_after_resolve(options);
	schedule->options = options_merge(schedule->options, schedule_after_remove(options));
	check_retry_delays(schedule->options);
	return after;
}

/* Stores a schedule whose grid begins now. */
static void
store_new(RelationSchedule *schedule, List *after)
{
	schedule->anchor = GetCurrentTimestamp();
	set_first_run(schedule);
	identity_remember();
	schedule_store(schedule);
	after_store(schedule->relation_id, schedule->name, after);
	warn_if_held();
	wake_scheduler_at_commit();
}

/* schedule_refresh(relation, schedule, name, method, timezone, options) */
Datum
rsfed_schedule_refresh(PG_FUNCTION_ARGS)
{
	RelationSchedule schedule = {0};
	RsfedSchedule *parsed;
	RsfedRelation *relation;
	List	   *after;
	Oid			relid;

	require_primary("rsfed.schedule_refresh()");
	argument_require(fcinfo, 0, "relation");
	argument_require(fcinfo, 1, "schedule");
	argument_require(fcinfo, 2, "name");
	argument_require(fcinfo, 4, "timezone");

	relid = PG_GETARG_OID(0);
	schedule.schedule = argument_text(fcinfo, 1);
	schedule.name = argument_text(fcinfo, 2);
	schedule.method = argument_text(fcinfo, 3);
	schedule.timezone = argument_text(fcinfo, 4);

	check_schedule_name(schedule.name);
	relation = check_schedulable(relid);
	parsed = schedule_parse(schedule.schedule, schedule.timezone);
	after = first_options(&schedule, PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5));

	if (relation != NULL && relation->is_rollup)
		check_rollup_schedule(relation, schedule.method, parsed);
	else
		check_view_schedule(relid, schedule.method);
	check_schedule_range(relid, relation, schedule.method, schedule.options);
	check_schedule_members(relation, schedule.options);
	warn_unless_preloaded();

	schedule.relation_id = relation ? relation->relation_id : relation_insert(relid, false);
	store_new(&schedule, after);
	PG_RETURN_VOID();
}

/*
 * Checks changes and applies them to a schedule's options; "after" is stored
 * at once.
 */
static void
change_options(RelationSchedule *schedule, Jsonb *changes)
{
	options_check(OPTION_SCHEDULE, changes);
	if (schedule_after_is_given(changes))
		after_store(schedule->relation_id, schedule->name, schedule_after_resolve(changes));
	schedule->options = options_merge(schedule->options, schedule_after_remove(changes));
	check_retry_delays(schedule->options);
}

/* Deletes a schedule, and all references to it. */
static void
remove_schedule(const RelationSchedule *schedule)
{
	(void) schedule_delete(schedule->relation_id, schedule->name);
	after_forget(schedule->relation_id, schedule->name);
	retries_drop(schedule->relation_id, schedule->name, "Its schedule was removed.");
}

/* alter_schedule(relation, name, schedule, options) */
Datum
rsfed_alter_schedule(PG_FUNCTION_ARGS)
{
	RelationSchedule *schedule;
	Oid			relid;

	require_primary("rsfed.alter_schedule()");
	argument_require(fcinfo, 0, "relation");
	argument_require(fcinfo, 1, "name");
	relid = PG_GETARG_OID(0);
	relation_require_maintainer(relid, "change a schedule of");
	schedule = require_schedule(relid, argument_text(fcinfo, 1));

	if (!PG_ARGISNULL(2))
	{
		RsfedRelation *relation = relation_lookup(relid);
		RsfedSchedule *parsed;

		schedule->schedule = argument_text(fcinfo, 2);
		parsed = schedule_parse(schedule->schedule, schedule->timezone);
		if (relation->is_rollup)
			warn_if_billed_often(relation, parsed);
		schedule->anchor = GetCurrentTimestamp();
		set_first_run(schedule);
	}
	if (!PG_ARGISNULL(3))
	{
		change_options(schedule, PG_GETARG_JSONB_P(3));
		check_schedule_range(relid, relation_lookup(relid), schedule->method, schedule->options);
		check_schedule_members(relation_lookup(relid), schedule->options);
	}

	schedule_store(schedule);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* unschedule_refresh(relation, name) */
Datum
rsfed_unschedule_refresh(PG_FUNCTION_ARGS)
{
	RelationSchedule *schedule;
	Oid			relid;

	require_primary("rsfed.unschedule_refresh()");
	argument_require(fcinfo, 0, "relation");
	argument_require(fcinfo, 1, "name");
	relid = PG_GETARG_OID(0);
	relation_require_maintainer(relid, "remove a schedule of");
	schedule = require_schedule(relid, argument_text(fcinfo, 1));

	remove_schedule(schedule);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/*
 * Sets next_run_at from the anchor; raises 22023 if the schedule never occurs.
 */
static void
set_first_run(RelationSchedule *schedule)
{
	RsfedSchedule *parsed = schedule_parse(schedule->schedule, schedule->timezone);

	if (!schedule_next(parsed, schedule->anchor, schedule->anchor, &schedule->next_run_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("schedule \"%s\" never runs", schedule->schedule),
				 errdetail("No day of the calendar matches it.")));
}

/*
 * A schedule of a relation; raises 42704 with the nearest name if it does not
 * exist.
 */
static RelationSchedule *
require_schedule(Oid relid, const char *name)
{
	RsfedRelation *relation = relation_lookup(relid);

	return find_schedule(relation ? relation->relation_id : 0, get_rel_name(relid), name);
}

/* The same by rsfed's number, 0 for a relation without one. */
static RelationSchedule *
find_schedule(int32 relation_id, const char *title, const char *name)
{
	RelationSchedule *schedule = schedule_load(relation_id, name);

	if (schedule == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("schedule \"%s\" of \"%s\" does not exist", name, title),
				 errhint("%s", unknown_name_hint(name, schedule_names(relation_id),
												 "schedules of it"))));
	return schedule;
}

/* Raises 22023 for options that restrict a refresh to a part. */
static void
check_set_options(Jsonb *options)
{
	static const char *const partial[] = {"since", "until"};

	for (int i = 0; i < lengthof(partial); i++)
	{
		if (option_is_set(options, partial[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" does not apply to a set", partial[i]),
					 errdetail("The members of a set are refreshed by their own methods."),
					 errhint("Make the schedule for the rollup: rsfed.schedule_refresh(...).")));
	}
}

/* One of the members, for their common properties; NULL if it is gone. */
static RsfedRelation *
some_member(int32 set_id)
{
	List	   *members = set_members(set_id);

	return members == NIL ? NULL : relation_lookup_id(linitial_int(members));
}

/* schedule_set(set_name, schedule, name, timezone, options) */
Datum
rsfed_schedule_set(PG_FUNCTION_ARGS)
{
	RelationSchedule schedule = {0};
	RsfedSchedule *parsed;
	RsfedRelation *member;
	List	   *after;
	char	   *set;

	require_primary("rsfed.schedule_set()");
	argument_require(fcinfo, 0, "set_name");
	argument_require(fcinfo, 1, "schedule");
	argument_require(fcinfo, 2, "name");
	argument_require(fcinfo, 3, "timezone");

	set = argument_text(fcinfo, 0);
	schedule.schedule = argument_text(fcinfo, 1);
	schedule.name = argument_text(fcinfo, 2);
	schedule.timezone = argument_text(fcinfo, 3);

	check_schedule_name(schedule.name);
	schedule.relation_id = set_require(set);
	set_require_maintainer(schedule.relation_id, set, "schedule refreshes of");
	parsed = schedule_parse(schedule.schedule, schedule.timezone);
	after = first_options(&schedule, PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4));
	check_set_options(schedule.options);
	member = some_member(schedule.relation_id);
	if (member != NULL)
	{
		check_rollup_schedule(member, NULL, parsed);
		check_schedule_members(member, schedule.options);
	}
	warn_unless_preloaded();

	store_new(&schedule, after);
	PG_RETURN_VOID();
}

/*
 * The schedule that the first two arguments name, after the check of rights,
 * and one of the set's members (NULL if that is gone).
 */
static RelationSchedule *
require_set_schedule(FunctionCallInfo fcinfo, const char *action, RsfedRelation **member)
{
	char	   *set;
	int32		set_id;

	argument_require(fcinfo, 0, "set_name");
	argument_require(fcinfo, 1, "name");
	set = argument_text(fcinfo, 0);
	set_id = set_require(set);
	set_require_maintainer(set_id, set, action);
	*member = some_member(set_id);
	return find_schedule(set_id, set, argument_text(fcinfo, 1));
}

/* alter_set_schedule(set_name, name, schedule, options) */
Datum
rsfed_alter_set_schedule(PG_FUNCTION_ARGS)
{
	RelationSchedule *schedule;
	RsfedRelation *member;

	require_primary("rsfed.alter_set_schedule()");
	schedule = require_set_schedule(fcinfo, "change a schedule of", &member);
	if (!PG_ARGISNULL(2))
	{
		RsfedSchedule *parsed;

		schedule->schedule = argument_text(fcinfo, 2);
		parsed = schedule_parse(schedule->schedule, schedule->timezone);
		if (member != NULL)
			warn_if_billed_often(member, parsed);
		schedule->anchor = GetCurrentTimestamp();
		set_first_run(schedule);
	}
	if (!PG_ARGISNULL(3))
	{
		change_options(schedule, PG_GETARG_JSONB_P(3));
		check_set_options(schedule->options);
		if (member != NULL)
			check_schedule_members(member, schedule->options);
	}
	schedule_store(schedule);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* unschedule_set(set_name, name) */
Datum
rsfed_unschedule_set(PG_FUNCTION_ARGS)
{
	RelationSchedule *schedule;
	RsfedRelation *member;

	require_primary("rsfed.unschedule_set()");
	schedule = require_set_schedule(fcinfo, "remove a schedule of", &member);
	remove_schedule(schedule);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}
