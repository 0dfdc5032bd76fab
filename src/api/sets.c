/*-------------------------------------------------------------------------
 *
 * sets.c
 *	  SQL: sets of rollups, which are refreshed together.
 *
 * Policy: the owner of all members may make a set, and the owner of any member
 * may drop it: no rollup stays in a set against the will of its owner.  A set
 * whose refreshes would always fail is refused when it is defined.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "api/arguments.h"
#include "api/refresh.h"
#include "base/compat.h"
#include "base/errors.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "catalog/set.h"
#include "catalog/set_member.h"
#include "refresh/set_run.h"
#include "shmem/wake.h"
#include "source/source.h"

PG_FUNCTION_INFO_V1(rsfed_define_set);
PG_FUNCTION_INFO_V1(rsfed_alter_set);
PG_FUNCTION_INFO_V1(rsfed_drop_set);
PG_FUNCTION_INFO_V1(rsfed_refresh_set);
PG_FUNCTION_INFO_V1(rsfed_request_set_refresh);

/*
 * A rollup that is to be a member; raises 42809 if it is not a rollup, 42501
 * if the current user does not own it.  Locked, so that it is not dropped
 * before this transaction ends.
 */
static RsfedRelation *
require_member(const char *set, Oid relid)
{
	(void) relation_require_rollup(relid);
	if (!object_ownercheck(RelationRelationId, relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to put rollup \"%s\" into set \"%s\"",
						get_rel_name(relid), set),
				 errdetail("Only its owner or a member of the owning role may do that.")));
	LockRelationOid(relid, RowExclusiveLock);
	return relation_require_rollup(relid);
}

/*
 * The members in the argument "rollups", after a check that they fit together:
 * List of relation_ids.
 */
static List *
members_argument(FunctionCallInfo fcinfo, const char *set)
{
	List	   *members = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	Rollup	  **rollups;
	Oid		   *relids;

	argument_require(fcinfo, 1, "rollups");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT,
					  &elements, &nulls, &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a set needs at least one rollup"),
				 errhint("Write, for example: rollups => ARRAY['sales_by_day', 'sales_by_seller']::regclass[].")));
	rollups = palloc(sizeof(Rollup *) * count);
	relids = palloc(sizeof(Oid) * count);
	for (int i = 0; i < count; i++)
	{
		RsfedRelation *member;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"rollups\" must not hold a null")));
		relids[i] = DatumGetObjectId(elements[i]);
		member = require_member(set, relids[i]);
		if (list_member_int(members, member->relation_id))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("rollup \"%s\" is named twice", member->relation_name)));
		members = lappend_int(members, member->relation_id);
		rollups[i] = rollup_load(member->relation_id);
	}
	set_check_members(set, count, rollups, relids);
	source_check_usage(rollups[0]->source, relation_owner(relids[0]));
	set_tell_unfilled(set, count, rollups, relids);
	return members;
}

/* define_set(name, rollups) */
Datum
rsfed_define_set(PG_FUNCTION_ARGS)
{
	char	   *name;

	require_primary("rsfed.define_set()");
	argument_require(fcinfo, 0, "name");
	name = argument_text(fcinfo, 0);
	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a set: \"%s\"", name),
				 errdetail("It has 1 to %d bytes.", NAMEDATALEN - 1)));
	if (set_find(name) != 0 || !set_insert(name, members_argument(fcinfo, name)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("set \"%s\" already exists", name),
				 errhint("To give it other members, use rsfed.alter_set().")));
	PG_RETURN_VOID();
}

/* The set in the argument "name", which must be the current user's; locked. */
static int32
own_set(FunctionCallInfo fcinfo, const char *action, char **name)
{
	int32		set_id;

	argument_require(fcinfo, 0, "name");
	*name = argument_text(fcinfo, 0);
	do
	{
		set_id = set_require(*name);
		set_require_member_owner(set_id, *name, action);
	} while (!set_lock(set_id));
	return set_id;
}

/* alter_set(name, rollups) */
Datum
rsfed_alter_set(PG_FUNCTION_ARGS)
{
	char	   *name;
	int32		set_id;

	require_primary("rsfed.alter_set()");
	set_id = own_set(fcinfo, "alter", &name);
	set_replace_members(set_id, members_argument(fcinfo, name));
	PG_RETURN_VOID();
}

/* drop_set(name) */
Datum
rsfed_drop_set(PG_FUNCTION_ARGS)
{
	char	   *name;

	require_primary("rsfed.drop_set()");
	set_delete(own_set(fcinfo, "drop", &name));
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* A request to refresh the set in the first argument, after the check of rights. */
static void
request_from_name(FunctionCallInfo fcinfo, const char *trigger, RunRequest *request)
{
	char	   *name;

	argument_require(fcinfo, 0, "name");
	name = argument_text(fcinfo, 0);
	memset(request, 0, sizeof(RunRequest));
	request->relation_id = set_require(name);
	request->trigger = trigger;
	set_require_maintainer(request->relation_id, name, "refresh");
}

/* CALL rsfed.refresh_set(name) */
Datum
rsfed_refresh_set(PG_FUNCTION_ARGS)
{
	RunRequest	request;

	require_primary("rsfed.refresh_set()");
	request_from_name(fcinfo, "call", &request);
	return refresh_call(fcinfo, "rsfed.refresh_set", &request);
}

/* request_set_refresh(name): queued at commit, run by a worker */
Datum
rsfed_request_set_refresh(PG_FUNCTION_ARGS)
{
	RunRequest	request;

	require_primary("rsfed.request_set_refresh()");
	require_preloaded("requested refreshes", "rsfed.refresh_set");
	request_from_name(fcinfo, "request", &request);
	PG_RETURN_INT64(refresh_queue("rsfed.refresh_set", &request));
}
