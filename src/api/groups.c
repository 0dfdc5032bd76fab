/*-------------------------------------------------------------------------
 *
 * groups.c
 *	  SQL functions for groups: several servers behind one name.
 *
 * Policy: a group is a foreign server and is made, changed and dropped as one,
 * by the functions of CREATE SERVER and ALTER SERVER and with their privilege
 * checks.  A user who adds a server to a group lets others use it, so that
 * requires the privileges for GRANT USAGE on it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_foreign_server.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/check_group.h"
#include "api/schedule_checks.h"
#include "api/servers.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"
#include "catalog/members.h"
#include "shmem/health.h"
#include "shmem/wake.h"
#include "source/budget_check.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/source.h"

/* Each choice walks over all members. */
#define MAX_MEMBERS 100

/* The same limits as in the table's constraints. */
#define MAX_WEIGHT 1000
#define MAX_PRIORITY 1000

PG_FUNCTION_INFO_V1(rsfed_define_group);
PG_FUNCTION_INFO_V1(rsfed_alter_group);
PG_FUNCTION_INFO_V1(rsfed_drop_group);
PG_FUNCTION_INFO_V1(rsfed_add_member);
PG_FUNCTION_INFO_V1(rsfed_alter_member);
PG_FUNCTION_INFO_V1(rsfed_remove_member);
PG_FUNCTION_INFO_V1(rsfed_member_health);

/*
 * The group in the first argument, which must be the current user's.  Locked
 * against other changes of it and against DROP to the end of the transaction.
 */
static ForeignServer *
own_group(FunctionCallInfo fcinfo)
{
	char	   *name = argument_name(fcinfo, 0, "group_name");
	ForeignServer *group = source_require_group(name);

	if (!rsfed_foreign_server_ownercheck(group->serverid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FOREIGN_SERVER, name);
	LockDatabaseObject(ForeignServerRelationId, group->serverid, 0, ShareUpdateExclusiveLock);
	return source_require_group(name);
}

/*
 * The arguments strategy and options as elements of an OPTIONS list; "old" are
 * the present options of the group.
 */
static List *
option_changes(List *old, const char *strategy, Jsonb *options)
{
	List	   *given = options ? options_to_texts(OPTION_GROUP, options) : NIL;
	List	   *changes = NIL;
	ListCell   *lc;

	if (strategy != NULL)
	{
		option_check_text(option_find(OPTION_GROUP, "strategy"), strategy);
		changes = lappend(changes,
						  server_option("strategy", strategy,
										source_option(old, "strategy") ? DEFELEM_SET : DEFELEM_ADD));
	}
	foreach(lc, given)
	{
		OptionText *option = lfirst(lc);
		bool		is_there = source_option(old, option->name) != NULL;

		if (strcmp(option->name, "strategy") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is an argument of its own, not an option here", option->name),
					 errhint("Write %s => ... in the call.", option->name)));
		if (option->value != NULL)
			changes = lappend(changes, server_option(option->name, option->value,
													 is_there ? DEFELEM_SET : DEFELEM_ADD));
		else if (is_there)
			changes = lappend(changes, server_option(option->name, NULL, DEFELEM_DROP));
	}
	return changes;
}

/*
 * Raises WARNINGs about effects of the group's options on a source: the group,
 * or a member.
 */
static void
warn_of_options(const char *group_name, const char *source)
{
	List	   *options = source_require_group(group_name)->options;
	int64		interval_ms;

	if (option_int_text(OPTION_GROUP, "max_scan_per_day", source_option(options, "max_scan_per_day")) > 0)
		budget_warn_unknown_scan(psprintf("group \"%s\"", group_name), source);
	interval_ms = option_int_text(OPTION_GROUP, "health_interval", source_option(options, "health_interval"));
	if (interval_ms == 0)
		return;
	if (source_option(options, "health_query") != NULL)
		warn_if_checks_are_billed_often(source, interval_ms);
	if (!rsfed_preloaded)
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("option \"health_interval\" is stored, but nothing will check members"),
				 errdetail("\"rsfed\" is not in shared_preload_libraries, so the server has no workers."),
				 errhint("Add it to the list in postgresql.conf (shared_preload_libraries = 'rsfed') and restart the server.")));
}

/*
 * rsfed.define_group(group_name, strategy, options).  Raises what CREATE SERVER
 * raises, 22023 for strategy and options.
 */
Datum
rsfed_define_group(PG_FUNCTION_ARGS)
{
	CreateForeignServerStmt *stmt = makeNode(CreateForeignServerStmt);

	require_primary("rsfed.define_group()");
	stmt->servername = argument_new_name(fcinfo, 0, "group_name");
	argument_require(fcinfo, 1, "strategy");
	stmt->fdwname = pstrdup("rsfed");
	stmt->options = option_changes(NIL, argument_text(fcinfo, 1),
								   PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	CreateForeignServer(stmt);
	CommandCounterIncrement();
	warn_of_options(stmt->servername, stmt->servername);
	PG_RETURN_VOID();
}

/*
 * rsfed.alter_group(group_name, strategy, options): NULL leaves an option,
 * null resets it.
 */
Datum
rsfed_alter_group(PG_FUNCTION_ARGS)
{
	AlterForeignServerStmt *stmt = makeNode(AlterForeignServerStmt);
	ForeignServer *group;

	require_primary("rsfed.alter_group()");
	group = own_group(fcinfo);
	stmt->servername = group->servername;
	stmt->options = option_changes(group->options, argument_text(fcinfo, 1),
								   PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	if (stmt->options != NIL)
		AlterForeignServer(stmt);
	CommandCounterIncrement();
	warn_of_options(group->servername, group->servername);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/* rsfed.drop_group(group_name, cascade): its members stay servers. */
Datum
rsfed_drop_group(PG_FUNCTION_ARGS)
{
	require_primary("rsfed.drop_group()");
	server_drop(own_group(fcinfo), !PG_ARGISNULL(1) && PG_GETARG_BOOL(1));
	PG_RETURN_VOID();
}

/* The member of that name, or NULL. */
static Member *
find_member(const char *group, const char *server)
{
	List	   *members = members_of(group);
	ListCell   *lc;

	foreach(lc, members)
	{
		Member	   *member = lfirst(lc);

		if (strcmp(member->server, server) == 0)
			return member;
	}
	return NULL;
}

/* The member of that name; raises 42704 if it is not a member. */
static Member *
require_member(const char *group, const char *server)
{
	Member	   *member = find_member(group, server);
	List	   *names;

	if (member != NULL)
		return member;
	names = source_servers(group);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("server \"%s\" is not a member of group \"%s\"", server, group),
			 names == NIL ? errhint("The group has no member. Add one with SELECT rsfed.add_member(%s, ...).",
									quote_literal_cstr(group))
			 : errhint("%s", unknown_name_hint(server, names, "members"))));
}

/* Raises 22023 for an argument outside its range. */
static void
check_range(const char *name, int value, int least, int most)
{
	if (value < least || value > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": %d", name, value),
				 errdetail("The valid range is %d to %d.", least, most)));
}

/*
 * The server of that name, after a check that the current user may add it to a
 * group: raises 42809 for a group, 42501 without the right to let others use
 * it.
 */
static void
check_new_member(const char *server_name, const char *group)
{
	ForeignServer *server = source_server_locked(server_name);

	if (source_is_group(server))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("group \"%s\" cannot be a member of a group", server_name),
				 errhint("Add its members one by one.")));
	if (rsfed_foreign_server_aclcheck(server->serverid, GetUserId(),
									  ACL_GRANT_OPTION_FOR(ACL_USAGE)) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to let others use server \"%s\"", server_name),
				 errdetail("Whoever may use group \"%s\" may use its members through it.", group),
				 errhint("GRANT USAGE ON FOREIGN SERVER %s TO %s WITH GRANT OPTION;",
						 quote_identifier(server_name),
						 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

/* rsfed.add_member(group_name, server, weight, priority, verify) */
Datum
rsfed_add_member(PG_FUNCTION_ARGS)
{
	ForeignServer *group;
	Member		member = {0};

	require_primary("rsfed.add_member()");
	group = own_group(fcinfo);
	member.server = argument_name(fcinfo, 1, "server");
	argument_require(fcinfo, 2, "weight");
	argument_require(fcinfo, 3, "priority");
	member.weight = PG_GETARG_INT32(2);
	member.priority = PG_GETARG_INT32(3);
	check_range("weight", member.weight, 0, MAX_WEIGHT);
	check_range("priority", member.priority, 1, MAX_PRIORITY);
	check_new_member(member.server, group->servername);
	if (find_member(group->servername, member.server) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("server \"%s\" is already a member of group \"%s\"",
						member.server, group->servername),
				 errhint("To change its weight or priority: rsfed.alter_member().")));
	if (list_length(members_of(group->servername)) >= MAX_MEMBERS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("group \"%s\" has too many members", group->servername),
				 errdetail("A group has at most %d.", MAX_MEMBERS)));
	member_insert(group->servername, &member);
	CommandCounterIncrement();
	if ((PG_ARGISNULL(4) || PG_GETARG_BOOL(4)) && list_length(members_of(group->servername)) > 1)
		group_warn_unlike(group);
	warn_of_options(group->servername, member.server);
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/*
 * Applies the arguments drain and reason to a member; NULL leaves it
 * unchanged.
 */
static void
apply_drain(FunctionCallInfo fcinfo, Member *member)
{
	char	   *reason = argument_text(fcinfo, 5);

	if (!PG_ARGISNULL(4))
	{
		member->draining = PG_GETARG_BOOL(4);
		member->drain_reason = NULL;
	}
	if (reason == NULL)
		return;
	if (!member->draining)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a reason is given, and server \"%s\" is not draining", member->server),
				 errhint("To take it out of the rotation: drain => true, reason => '...'.")));
	member->drain_reason = reason;
}

/*
 * rsfed.alter_member(group_name, server, weight, priority, drain, reason):
 * NULL leaves a value unchanged.
 */
Datum
rsfed_alter_member(PG_FUNCTION_ARGS)
{
	ForeignServer *group;
	Member	   *member;

	require_primary("rsfed.alter_member()");
	group = own_group(fcinfo);
	member = require_member(group->servername, argument_name(fcinfo, 1, "server"));
	if (!PG_ARGISNULL(2))
		member->weight = PG_GETARG_INT32(2);
	if (!PG_ARGISNULL(3))
		member->priority = PG_GETARG_INT32(3);
	check_range("weight", member->weight, 0, MAX_WEIGHT);
	check_range("priority", member->priority, 1, MAX_PRIORITY);
	apply_drain(fcinfo, member);
	member_update(group->servername, member);
	PG_RETURN_VOID();
}

/* rsfed.remove_member(group_name, server): it stays a server. */
Datum
rsfed_remove_member(PG_FUNCTION_ARGS)
{
	ForeignServer *group;
	Member	   *member;

	require_primary("rsfed.remove_member()");
	group = own_group(fcinfo);
	member = require_member(group->servername, argument_name(fcinfo, 1, "server"));
	(void) member_delete(group->servername, member->server);
	PG_RETURN_VOID();
}

/*
 * rsfed_catalog.member_health(group_id, server_id): the known facts about a
 * member, for the view rsfed.groups.
 */
Datum
rsfed_member_health(PG_FUNCTION_ARGS)
{
	HealthReport report;
	TupleDesc	desc;
	Datum		values[7];
	bool		nulls[7] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	health_report(PG_GETARG_OID(0), PG_GETARG_OID(1), &report);
	nulls[0] = !report.known;
	values[0] = BoolGetDatum(report.broken);
	nulls[1] = report.since == 0;
	values[1] = TimestampTzGetDatum(report.since);
	values[2] = Int32GetDatum(report.running);
	values[3] = Int32GetDatum(report.runs);
	values[4] = Int64GetDatum(report.served);
	nulls[5] = report.latency_ms < 0;
	values[5] = Float8GetDatum(report.latency_ms);
	nulls[6] = report.last_error[0] == '\0';
	values[6] = CStringGetTextDatum(report.last_error);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
