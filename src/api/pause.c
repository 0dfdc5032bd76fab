/*-------------------------------------------------------------------------
 *
 * pause.c
 *	  rsfed.pause(), rsfed.resume(), and both for all of the database.
 *
 * Policy: a pause stops schedules, not users: CALL rsfed.refresh() works, and
 * queued or running runs continue.  After the pause, a schedule that was due
 * meanwhile runs once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "base/compat.h"
#include "base/errors.h"
#include "catalog/relation.h"
#include "catalog/relation_schedule.h"
#include "catalog/set.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_pause);
PG_FUNCTION_INFO_V1(rsfed_resume);
PG_FUNCTION_INFO_V1(rsfed_pause_set);
PG_FUNCTION_INFO_V1(rsfed_resume_set);
PG_FUNCTION_INFO_V1(rsfed_pause_all);
PG_FUNCTION_INFO_V1(rsfed_resume_all);

/*
 * The optional argument "until" into *until; false (until resumed) if it is
 * NULL or infinity. raises 22023 for a time in the past.
 */
static bool
until_argument(FunctionCallInfo fcinfo, int n, TimestampTz *until)
{
	if (PG_ARGISNULL(n))
		return false;
	*until = PG_GETARG_TIMESTAMPTZ(n);
	if (*until <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"until\" must be in the future")));
	return !TIMESTAMP_IS_NOEND(*until);
}

/*
 * The relation to pause or resume: 22004 for NULL, 42501 without the right,
 * 42809 for a relation that rsfed does not refresh.
 */
static RsfedRelation *
require_relation(FunctionCallInfo fcinfo, const char *action)
{
	RsfedRelation *relation;
	Oid			relid;

	argument_require(fcinfo, 0, "relation");
	relid = PG_GETARG_OID(0);
	relation_require_maintainer(relid, action);
	relation = relation_lookup(relid);
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not refreshed by rsfed", get_rel_name(relid)),
				 errhint("Rollups, and materialized views with a schedule, can be paused; see the view rsfed.schedules.")));
	return relation;
}

/* pause(relation, until, reason) */
Datum
rsfed_pause(PG_FUNCTION_ARGS)
{
	RsfedRelation *relation;
	TimestampTz until;
	bool		has_until;

	require_primary("rsfed.pause()");
	relation = require_relation(fcinfo, "pause");
	has_until = until_argument(fcinfo, 1, &until);

	relation_pause(relation->relation_id, has_until ? &until : NULL, argument_text(fcinfo, 2));
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* resume(relation) */
Datum
rsfed_resume(PG_FUNCTION_ARGS)
{
	RsfedRelation *relation;

	require_primary("rsfed.resume()");
	relation = require_relation(fcinfo, "resume");

	relation_resume(relation->relation_id);
	schedules_resume(relation->relation_id);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* The set to pause or resume: 42704 if there is none, 42501 without the right. */
static int32
require_set(FunctionCallInfo fcinfo, const char *action)
{
	char	   *name;
	int32		set_id;

	argument_require(fcinfo, 0, "set_name");
	name = argument_text(fcinfo, 0);
	set_id = set_require(name);
	set_require_maintainer(set_id, name, action);
	return set_id;
}

/* pause_set(set_name, until, reason) */
Datum
rsfed_pause_set(PG_FUNCTION_ARGS)
{
	int32		set_id;
	TimestampTz until;
	bool		has_until;

	require_primary("rsfed.pause_set()");
	set_id = require_set(fcinfo, "pause");
	has_until = until_argument(fcinfo, 1, &until);

	relation_pause(set_id, has_until ? &until : NULL, argument_text(fcinfo, 2));
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* resume_set(set_name) */
Datum
rsfed_resume_set(PG_FUNCTION_ARGS)
{
	int32		set_id;

	require_primary("rsfed.resume_set()");
	set_id = require_set(fcinfo, "resume");

	relation_resume(set_id);
	schedules_resume(set_id);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* pause_all(until, reason); GRANT EXECUTE decides who may call it */
Datum
rsfed_pause_all(PG_FUNCTION_ARGS)
{
	TimestampTz until;
	bool		has_until;

	require_primary("rsfed.pause_all()");
	has_until = until_argument(fcinfo, 0, &until);

	pause_all(has_until ? &until : NULL, argument_text(fcinfo, 1));
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* resume_all() */
Datum
rsfed_resume_all(PG_FUNCTION_ARGS)
{
	require_primary("rsfed.resume_all()");

	resume_all();
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}
