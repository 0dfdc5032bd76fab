/*-------------------------------------------------------------------------
 *
 * rollups.c
 *	  SQL functions that define, change and drop rollups.
 *
 * Policy: everything happens in the caller's transaction and as the caller,
 * so that a definition that fails leaves nothing, and makes nothing that its
 * author may not make.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "api/arguments.h"
#include "api/result.h"
#include "base/compat.h"
#include "base/errors.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "catalog/run.h"
#include "refresh/definition.h"
#include "refresh/redefine.h"
#include "refresh/refresh.h"
#include "refresh/table.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_define_rollup);
PG_FUNCTION_INFO_V1(rsfed_alter_rollup);
PG_FUNCTION_INFO_V1(rsfed_drop_rollup);

/*
 * A relation of that name is there already.  Returns true if it is a rollup
 * and that is fine; raises 42P07 otherwise.
 */
static bool
exists_already(Oid relid, bool if_not_exists)
{
	const char *name = get_rel_name(relid);
	RsfedRelation *relation = relation_lookup(relid);

	if (relation == NULL || !relation->is_rollup)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists and is not a rollup", name),
				 errhint("Choose another name; rsfed makes the table itself.")));
	if (!if_not_exists)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("rollup \"%s\" already exists", name),
				 errhint("To change it: rsfed.alter_rollup(). To leave it as it is: if_not_exists => true.")));
	ereport(NOTICE,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 errmsg("rollup \"%s\" already exists, skipping", name)));
	return true;
}

/* The rollup in the arguments of define_rollup. */
static Rollup *
rollup_from_arguments(FunctionCallInfo fcinfo)
{
	Rollup	   *rollup = palloc0(sizeof(Rollup));

	rollup->source = NameStr(*PG_GETARG_NAME(1));
	rollup->query = text_to_cstring(PG_GETARG_TEXT_PP(2));
	rollup->key = PG_ARGISNULL(3) ? NIL : argument_names(fcinfo, 3, "key");
	rollup->method = text_to_cstring(PG_GETARG_TEXT_PP(4));
	rollup->pinned_columns = argument_text(fcinfo, 5);
	rollup->timezone = text_to_cstring(PG_GETARG_TEXT_PP(6));
	rollup->max_age = PG_ARGISNULL(7) ? NULL : PG_GETARG_INTERVAL_P(7);
	rollup->options = PG_ARGISNULL(8) ? argument_no_options() : PG_GETARG_JSONB_P(8);
	return rollup;
}

/* The newest batch is there; a worker does the others once this is committed. */
static void
continue_backfill(int32 relation_id, const char *name)
{
	RunRequest	request = {.relation_id = relation_id,.trigger = "define"};

	if (!rsfed_preloaded)
	{
		ereport(NOTICE,
				(errmsg("rollup \"%s\" holds its first batch only", name),
				 errhint("Run CALL rsfed.refresh(%s), which does the others and commits each.",
						 quote_literal_cstr(name))));
		return;
	}
	ereport(NOTICE,
			(errmsg("rollup \"%s\" holds its first batch; a worker does the others once this is committed",
					name)));
	(void) run_insert(&request, false);
	wake_scheduler_at_commit();
}

/*
 * rsfed.define_rollup(name, source, query, key, method, columns, timezone,
 * max_age, options, populate, if_not_exists): asks Redshift for the columns,
 * makes the table, and fills it.
 */
Datum
rsfed_define_rollup(PG_FUNCTION_ARGS)
{
	RunRequest	request = {.trigger = "define"};
	Rollup	   *rollup;
	RangeVar   *rangevar;
	RemoteColumns *remote;
	LocalColumn *columns;
	bool		populate = PG_ARGISNULL(9) || PG_GETARG_BOOL(9);
	Oid			relid;

	require_primary("rsfed.define_rollup()");
	argument_require(fcinfo, 0, "name");
	argument_require(fcinfo, 1, "source");
	argument_require(fcinfo, 2, "query");
	argument_require(fcinfo, 4, "method");
	argument_require(fcinfo, 6, "timezone");

	rangevar = table_parse_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	relid = get_relname_relid(rangevar->relname, get_namespace_oid(rangevar->schemaname, false));
	if (OidIsValid(relid) &&
		exists_already(relid, !PG_ARGISNULL(10) && PG_GETARG_BOOL(10)))
		PG_RETURN_OID(relid);

	rollup = rollup_from_arguments(fcinfo);
	definition_check(rollup, GetUserId());
	remote = definition_describe(rollup, GetUserId());
	columns = definition_resolve(rollup, remote, rangevar->relname);
	definition_warn(rollup, remote);

	relid = table_create(rangevar, rollup, columns, !populate);
	rollup->relation_id = relation_insert(relid, true);
	rollup_insert(rollup);
	if (populate)
	{
		request.relation_id = rollup->relation_id;
		if (refresh_populate(&request))
			continue_backfill(rollup->relation_id, rangevar->relname);
	}
	PG_RETURN_OID(relid);
}

/* Raises 42501 unless the current user owns the rollup. */
static void
require_owner(Oid relid, const char *action)
{
	if (!object_ownercheck(RelationRelationId, relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s rollup \"%s\"", action, get_rel_name(relid)),
				 errdetail("Only its owner or a member of the owning role may do that.")));
}

/*
 * rsfed.alter_rollup(rollup, query, key, source, method, columns, options,
 * populate): returns what it did, a row an action.
 */
Datum
rsfed_alter_rollup(PG_FUNCTION_ARGS)
{
	ResultRows *rows = result_begin(fcinfo);
	Redefinition change = {0};
	List	   *actions;
	ListCell   *lc;
	Oid			relid;

	require_primary("rsfed.alter_rollup()");
	argument_require(fcinfo, 0, "rollup");
	relid = PG_GETARG_OID(0);
	change.relation = relation_require_rollup(relid);
	require_owner(relid, "alter");

	change.query = argument_text(fcinfo, 1);
	change.has_key = !PG_ARGISNULL(2);
	if (change.has_key)
		change.key = argument_names(fcinfo, 2, "key");
	change.source = PG_ARGISNULL(3) ? NULL : NameStr(*PG_GETARG_NAME(3));
	change.method = argument_text(fcinfo, 4);
	change.columns = argument_text(fcinfo, 5);
	change.options = PG_ARGISNULL(6) ? argument_no_options() : PG_GETARG_JSONB_P(6);
	change.populate = PG_ARGISNULL(7) || PG_GETARG_BOOL(7);

	actions = rollup_redefine(&change);
	foreach(lc, actions)
	{
		RedefinitionAction *action = lfirst(lc);
		Datum		values[2] = {CStringGetTextDatum(action->action),
		CStringGetTextDatum(action->detail)};
		bool		nulls[2] = {false, false};

		result_add(rows, values, nulls);
	}
	return (Datum) 0;
}

/* rsfed.drop_rollup(rollup, keep_table): the table goes with it, or stays as it is. */
Datum
rsfed_drop_rollup(PG_FUNCTION_ARGS)
{
	RsfedRelation *relation;
	Oid			relid;

	require_primary("rsfed.drop_rollup()");
	argument_require(fcinfo, 0, "rollup");
	relid = PG_GETARG_OID(0);
	relation = relation_require_rollup(relid);
	require_owner(relid, "drop");

	if (!PG_ARGISNULL(1) && PG_GETARG_BOOL(1))
	{
		/* no refresh may still write to what is no rollup any more */
		LockRelationOid(relid, ShareRowExclusiveLock);
		table_uncomment(relid);
	}
	else
		table_drop(relid);
	relation_delete(relation->relation_id);
	PG_RETURN_VOID();
}
