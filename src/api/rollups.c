/*-------------------------------------------------------------------------
 *
 * rollups.c
 *	  SQL functions that define, change and drop rollups.
 *
 * Policy: everything happens in the caller's transaction and as the caller, so
 * that a failed definition leaves nothing behind, and a definition makes only
 * objects that its author may make.
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
#include "base/run_settings.h"
#include "catalog/relation.h"
#include "catalog/relation_delete.h"
#include "catalog/rollup.h"
#include "catalog/run.h"
#include "refresh/alter.h"
#include "refresh/driver.h"
#include "rollup/action.h"
#include "rollup/definition.h"
#include "rollup/republish.h"
#include "rollup/table.h"
#include "shmem/wake.h"
#include "source/server.h"

PG_FUNCTION_INFO_V1(rsfed_define_rollup);
PG_FUNCTION_INFO_V1(rsfed_alter_rollup);
PG_FUNCTION_INFO_V1(rsfed_drop_rollup);

/* Raises 42501 unless the current user owns the relation. */
static void
require_owner(Oid relid, const char *action)
{
	if (!object_ownercheck(RelationRelationId, relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s \"%s\"", action, get_rel_name(relid)),
				 errdetail("Only its owner or a member of the owning role may do that.")));
}

static bool
equal_names(List *a, List *b)
{
	ListCell   *lc;
	int			i = 0;

	if (list_length(a) != list_length(b))
		return false;
	foreach(lc, a)
	{
		if (strcmp(lfirst(lc), list_nth(b, i++)) != 0)
			return false;
	}
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

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_options(Jsonb *a, Jsonb *b)
{
	return compareJsonbContainers(&a->root, &b->root) == 0;
}

static bool
same_max_age(Interval *a, Interval *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return DatumGetBool(DirectFunctionCall2(interval_eq, IntervalPGetDatum(a), IntervalPGetDatum(b)));
}

/*
 * The differences between a requested definition and the existing one; "" if
 * there are none.
 */
static char *
differences(const Rollup *wanted, const Rollup *present)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (!same_text(wanted->source, present->source))
		appendStringInfoString(&buf, ", source");
	if (!same_text(wanted->query, present->query))
		appendStringInfoString(&buf, ", query");
	/* without one it is derived from the query */
	if (wanted->key != NIL && !equal_names(wanted->key, present->key))
		appendStringInfoString(&buf, ", key");
	if (!same_text(wanted->method, present->method))
		appendStringInfoString(&buf, ", method");
	if (!same_text(wanted->pinned_columns, present->pinned_columns))
		appendStringInfoString(&buf, ", columns");
	if (!same_text(wanted->timezone, present->timezone))
		appendStringInfoString(&buf, ", timezone");
	if (!same_max_age(wanted->max_age, present->max_age))
		appendStringInfoString(&buf, ", max_age");
	if (!same_options(wanted->options, present->options))
		appendStringInfoString(&buf, ", options");
	return buf.len > 0 ? buf.data + 2 : "";
}

/*
 * A rollup of that name exists, which is allowed: leaves it as it is, with a
 * NOTICE, or a WARNING if its definition differs.
 */
static void
skip_existing(const RsfedRelation *relation, const Rollup *wanted)
{
	char	   *others = differences(wanted, rollup_load(relation->relation_id));

	if (others[0] == '\0')
		ereport(NOTICE,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("rollup \"%s\" already exists, skipping", relation->relation_name)));
	else
		ereport(WARNING,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("rollup \"%s\" already exists with another definition, skipping",
						relation->relation_name),
				 errdetail("These are others: %s.", others),
				 errhint("To change it, use rsfed.alter_rollup().")));
}

/*
 * A relation of that name exists.  Raises 42P07 unless it is a rollup and
 * if_not_exists, or a table of the caller's and adopt.  Returns true if
 * nothing is left to do.
 */
static bool
exists_already(Oid relid, const Rollup *wanted, bool if_not_exists, bool adopt)
{
	const char *name = get_rel_name(relid);
	RsfedRelation *relation = relation_lookup(relid);

	if (relation != NULL && relation->is_rollup)
	{
		if (!if_not_exists)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_TABLE),
					 errmsg("rollup \"%s\" already exists", name),
					 errhint("To change it, use rsfed.alter_rollup(). To leave it as it is, use if_not_exists => true.")));
		skip_existing(relation, wanted);
		return true;
	}
	if (get_rel_relkind(relid) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists and is not a rollup", name),
				 errhint("Choose another name; rsfed makes the table itself.")));
	if (!adopt)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists and is not a rollup", name),
				 errhint("Choose another name; rsfed makes the table itself. If it is the table of a former rollup: adopt => true, and what is in it is overwritten by refreshes.")));
	require_owner(relid, "adopt table");
	return false;
}

/* The newest batch is loaded; a worker loads the others after the commit. */
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
 * max_age, options, populate, if_not_exists, adopt): asks Redshift for the
 * columns, makes the table, or adopts an existing one, and fills it.
 */
Datum
rsfed_define_rollup(PG_FUNCTION_ARGS)
{
	RunRequest	request = {.trigger = "define"};
	Rollup	   *rollup;
	RangeVar   *rangevar;
	RemoteColumns *remote;
	LocalColumn *columns;
	RefreshResult result;
	bool		populate = PG_ARGISNULL(9) || PG_GETARG_BOOL(9);
	bool		adopted;
	int			pinned;
	Oid			relid;

	require_primary("rsfed.define_rollup()");
	argument_require(fcinfo, 0, "name");
	argument_require(fcinfo, 1, "source");
	argument_require(fcinfo, 2, "query");
	argument_require(fcinfo, 4, "method");
	argument_require(fcinfo, 6, "timezone");

	rangevar = table_parse_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	rollup = rollup_from_arguments(fcinfo);
	relid = get_relname_relid(rangevar->relname, get_namespace_oid(rangevar->schemaname, false));
	adopted = OidIsValid(relid);
	if (adopted &&
		exists_already(relid, rollup, !PG_ARGISNULL(10) && PG_GETARG_BOOL(10),
					   !PG_ARGISNULL(11) && PG_GETARG_BOOL(11)))
		PG_RETURN_OID(relid);

	pinned = run_settings_pin();
	/*
	 * a session that drops the server cannot see the rollup before the commit
	 */
	(void) source_server_locked(rollup->source);
	definition_check(rollup, GetUserId());
	remote = definition_describe(rollup, GetUserId());
	columns = definition_resolve(rollup, remote, rangevar->relname);
	definition_warn(rollup, remote);

	if (adopted)
		table_adopt(relid, rollup);
	else
		relid = table_create(rangevar, rollup, columns, !populate);
	rollup->relation_id = relation_insert(relid, true);
	rollup_insert(rollup);
	request.relation_id = rollup->relation_id;
	if (populate && adopted)
		refresh_run_in_transaction(&request, &result);
	if (populate && (adopted ? result.more : refresh_populate(&request)))
		continue_backfill(rollup->relation_id, rangevar->relname);
	run_settings_unpin(pinned);
	PG_RETURN_OID(relid);
}

/*
 * rsfed.alter_rollup(rollup, query, key, source, method, columns, options,
 * populate): returns its actions, one row for each.
 */
Datum
rsfed_alter_rollup(PG_FUNCTION_ARGS)
{
	ResultRows *rows = result_begin(fcinfo);
	Redefinition change = {0};
	List	   *actions;
	ListCell   *lc;
	int			pinned;
	Oid			relid;

	require_primary("rsfed.alter_rollup()");
	argument_require(fcinfo, 0, "rollup");
	relid = PG_GETARG_OID(0);
	change.relation = relation_require_rollup(relid);
	require_owner(relid, "alter rollup");

	change.query = argument_text(fcinfo, 1);
	change.has_key = !PG_ARGISNULL(2);
	if (change.has_key)
		change.key = argument_names(fcinfo, 2, "key");
	change.source = PG_ARGISNULL(3) ? NULL : NameStr(*PG_GETARG_NAME(3));
	change.method = argument_text(fcinfo, 4);
	change.columns = argument_text(fcinfo, 5);
	change.options = PG_ARGISNULL(6) ? argument_no_options() : PG_GETARG_JSONB_P(6);
	change.populate = PG_ARGISNULL(7) || PG_GETARG_BOOL(7);

	pinned = run_settings_pin();
	actions = rollup_redefine(&change);
	run_settings_unpin(pinned);
	/* a budget may have changed */
	wake_scheduler_at_commit();
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

/*
 * rsfed.drop_rollup(rollup, keep_table): the table is dropped with it, or
 * stays as it is.
 */
Datum
rsfed_drop_rollup(PG_FUNCTION_ARGS)
{
	RsfedRelation *relation;
	Oid			relid;

	require_primary("rsfed.drop_rollup()");
	argument_require(fcinfo, 0, "rollup");
	relid = PG_GETARG_OID(0);
	relation = relation_require_rollup(relid);
	require_owner(relid, "drop rollup");

	if (!PG_ARGISNULL(1) && PG_GETARG_BOOL(1))
	{
		/*
		 * no refresh may still write to a relation that is no longer a rollup
		 */
		LockRelationOid(relid, ShareRowExclusiveLock);
		/* checks the owner again, which may have changed meanwhile */
		table_uncomment(relid);
		republish_forget(relation);
	}
	else
		table_drop(relid);
	relation_delete(relation->relation_id);
	PG_RETURN_VOID();
}
