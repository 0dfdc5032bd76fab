/*-------------------------------------------------------------------------
 *
 * schedules.c
 *	  rsfed.schedule_refresh() and what goes with it.
 *
 * Policy: everything that could make a scheduled run fail for certain is said
 * when the schedule is made, not found in a log at night: text, zone, method,
 * options, privilege, the owner's user mapping.  What may be meant (a view
 * without unique index, short intervals on a serverless host, a library that
 * is not preloaded) is a WARNING.
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
#include "catalog/retry.h"
#include "catalog/schedules.h"
#include "schedule/schedule.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_schedule_refresh);
PG_FUNCTION_INFO_V1(rsfed_alter_schedule);
PG_FUNCTION_INFO_V1(rsfed_unschedule_refresh);

static void set_first_run(RelationSchedule *schedule);
static RelationSchedule *require_schedule(Oid relid, const char *name);

/* schedule_refresh(relation, schedule, name, method, timezone, options) */
Datum
rsfed_schedule_refresh(PG_FUNCTION_ARGS)
{
	RelationSchedule schedule = {0};
	RsfedSchedule *parsed;
	RsfedRelation *relation;
	List	   *after = NIL;
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
	schedule.options = argument_no_options();
	if (!PG_ARGISNULL(5))
	{
		options_check(OPTION_SCHEDULE, PG_GETARG_JSONB_P(5));
		after = schedule_after_resolve(PG_GETARG_JSONB_P(5));
		schedule.options = options_merge(schedule.options,
										 schedule_after_remove(PG_GETARG_JSONB_P(5)));
	}

	if (relation != NULL && relation->is_rollup)
		check_rollup_schedule(relation, schedule.method, parsed);
	else
		check_view_schedule(relid, schedule.method);
	check_schedule_range(relid, relation, schedule.method, schedule.options);
	warn_unless_preloaded();

	schedule.relation_id = relation ? relation->relation_id : relation_insert(relid, false);
	schedule.anchor = GetCurrentTimestamp();
	set_first_run(&schedule);
	identity_remember();
	schedule_store(&schedule);
	after_store(schedule.relation_id, schedule.name, after);
	warn_if_held();
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
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
		Jsonb	   *changes = PG_GETARG_JSONB_P(3);

		options_check(OPTION_SCHEDULE, changes);
		if (schedule_after_is_given(changes))
			after_store(schedule->relation_id, schedule->name, schedule_after_resolve(changes));
		schedule->options = options_merge(schedule->options, schedule_after_remove(changes));
		check_schedule_range(relid, relation_lookup(relid), schedule->method, schedule->options);
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

	(void) schedule_delete(schedule->relation_id, schedule->name);
	after_forget(schedule->relation_id, schedule->name);
	retries_drop(schedule->relation_id, schedule->name, "Its schedule was removed.");
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* Sets next_run_at from the anchor; 22023 if the schedule names no time at all. */
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

/* A schedule of a relation; 42704 with the nearest name if there is none. */
static RelationSchedule *
require_schedule(Oid relid, const char *name)
{
	RsfedRelation *relation = relation_lookup(relid);
	RelationSchedule *schedule = NULL;
	List	   *names = NIL;

	if (relation != NULL)
	{
		schedule = schedule_load(relation->relation_id, name);
		names = schedule_names(relation->relation_id);
	}
	if (schedule == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("schedule \"%s\" of \"%s\" does not exist", name, get_rel_name(relid)),
				 errhint("%s", unknown_name_hint(name, names, "schedules of it"))));
	return schedule;
}
