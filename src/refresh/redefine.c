/*-------------------------------------------------------------------------
 *
 * redefine.c
 *	  Changing a rollup that is in use.
 *
 * Policy: the table stays the same relation, and whatever its owner added to
 * it (columns, indexes, grants, views) stays as it is; only the rollup's own
 * columns and its key's index change.  Where they have to, the new result is
 * fetched before the table is locked, so that readers wait for the local work
 * only; and everything is one transaction, so that they never see a half.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/format.h"
#include "base/options.h"
#include "catalog/owner_scope.h"
#include "catalog/relation_schedule.h"
#include "refresh/definition.h"
#include "refresh/driver.h"
#include "refresh/redefine.h"
#include "refresh/refresh_run.h"
#include "refresh/reshape.h"
#include "refresh/table.h"
#include "refresh/window.h"

/*
 * Waiting for ACCESS EXCLUSIVE stops every reader that comes after; so wait
 * briefly, let them through, and try again.
 */
#define LOCK_TRIES 10
#define LOCK_TIMEOUT "500ms"
#define LOCK_PAUSE 1000			/* ms between tries */

static Rollup *changed_rollup(const Redefinition *change, const Rollup *old);
static void note_changes(List **actions, const Rollup *old, const Rollup *new);
static void warn_schedules_without_window(const RsfedRelation *relation);
static void lock_exclusively(Oid relid);
static void reshape_and_fill(const Redefinition *change, Oid owner, bool new_key, Rollup *old,
							 Rollup *new, const LocalColumn *columns, List **actions);
static const char *refresh_method(const Rollup *old, const Rollup *new);
static void refresh_now(const Redefinition *change, const char *method, List **actions);

void
add_action(List **actions, const char *action, const char *format,...)
{
	RedefinitionAction *new = palloc(sizeof(RedefinitionAction));
	va_list		args;

	va_start(args, format);
	new->action = action;
	new->detail = format_arguments(format, args);
	va_end(args);
	*actions = lappend(*actions, new);
}

List *
rollup_redefine(const Redefinition *change)
{
	Oid			relid = change->relation->relid;
	const char *name = change->relation->relation_name;
	List	   *actions = NIL;
	Relation	rel;
	Rollup	   *old;
	Rollup	   *new;
	RemoteColumns *remote;
	LocalColumn *columns;
	bool		new_key;
	bool		same_shape;
	Oid			owner;

	refresh_serialize(relid);
	rel = target_open(relid, name, AccessShareLock);
	owner = rel->rd_rel->relowner;
	old = rollup_load(change->relation->relation_id);
	new = changed_rollup(change, old);

	/* every run logs in as the owner, so this does too */
	definition_check(new, owner);
	remote = definition_describe(new, owner);
	if (!change->has_key && !definition_key_fits(new, remote))
		new->key = NIL;			/* told from the new query, as if it were a new rollup */
	columns = definition_resolve(new, remote, name);
	definition_warn(new, remote);
	/* the owner may have dropped the key's index, alone or with a column */
	new_key = reshape_changes_key(old, new) ||
		(new->key != NIL && !OidIsValid(target_find_key_index(rel, old)));
	same_shape = !new_key && reshape_is_needless(rel, old, new, columns);
	relation_close(rel, AccessShareLock);

	note_changes(&actions, old, new);
	if (same_shape)
	{
		rollup_update(new);
		reshape_options(relid, old, new, &actions);
		if (change->populate)
			refresh_now(change, refresh_method(old, new), &actions);
	}
	else
		reshape_and_fill(change, owner, new_key, old, new, columns, &actions);
	if (window_is_used(old) && !window_is_used(new))
	{
		watermark_delete(new->relation_id);
		warn_schedules_without_window(change->relation);
	}
	if (strcmp(old->source, new->source) != 0)
		table_comment(relid, new);
	return actions;
}

/* The rollup as it is to be, but for what Redshift's description tells. */
static Rollup *
changed_rollup(const Redefinition *change, const Rollup *old)
{
	Rollup	   *new = palloc(sizeof(Rollup));

	*new = *old;
	if (change->query != NULL)
		new->query = change->query;
	if (change->source != NULL)
		new->source = change->source;
	if (change->method != NULL)
		new->method = change->method;
	if (change->has_key)
		new->key = change->key;
	if (change->columns != NULL)
		new->pinned_columns = change->columns[0] == '\0' ? NULL : change->columns;
	options_check(OPTION_ROLLUP, change->options);
	new->options = options_merge(old->options, change->options);
	return new;
}

/* Names with commas between; palloc'd. */
static char *
names_list(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", quote_identifier(lfirst(lc)));
	return buf.data;
}

/* An option as text: what is written for it, or its default; palloc'd. */
static char *
option_words(Jsonb *options, const OptionSpec *spec)
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue *value;
	Jsonb	   *json;

	key.val.string.val = unconstify(char *, spec->name);
	key.val.string.len = strlen(spec->name);
	value = findJsonbValueFromContainer(&options->root, JB_FOBJECT, &key);
	if (value == NULL)
		return psprintf("%s (default)", spec->default_value ? spec->default_value : "none");
	json = JsonbValueToJsonb(value);
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

/* A row for each option that is another; fillfactor has one of its own. */
static void
note_options(List **actions, Jsonb *old, Jsonb *new)
{
	int			count;
	const OptionSpec *table = option_table(&count);

	for (int i = 0; i < count; i++)
	{
		char	   *was;
		char	   *is;

		if (table[i].scope != OPTION_ROLLUP || strcmp(table[i].name, "fillfactor") == 0)
			continue;
		was = option_words(old, &table[i]);
		is = option_words(new, &table[i]);
		if (strcmp(was, is) != 0)
			add_action(actions, "option", "%s: from %s to %s", table[i].name, was, is);
	}
}

/* Schedules that need the window, which the rollup has no more: their runs will fail. */
static void
warn_schedules_without_window(const RsfedRelation *relation)
{
	List	   *names = schedule_names(relation->relation_id);
	char	   *name = relation_display_name(relation->relid);
	ListCell   *lc;

	foreach(lc, names)
	{
		RelationSchedule *schedule = schedule_load(relation->relation_id, lfirst(lc));
		bool		has_range = option_is_set(schedule->options, "since") ||
			option_is_set(schedule->options, "until");
		bool		has_method = schedule->method != NULL && strcmp(schedule->method, "window") == 0;

		if (!has_range && !has_method)
			continue;
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the runs of schedule \"%s\" of %s will fail", schedule->name, name),
				 errdetail("It needs a window, which the rollup has no more."),
				 has_method ?
				 errhint("Remove it: SELECT rsfed.unschedule_refresh(%s, %s);",
						 quote_literal_cstr(name), quote_literal_cstr(schedule->name)) :
				 errhint("Let it refresh the whole rollup: SELECT rsfed.alter_schedule(%s, %s, options => '{\"since\": null, \"until\": null}');",
						 quote_literal_cstr(name), quote_literal_cstr(schedule->name))));
	}
}

/* What of the definition itself is another. */
static void
note_changes(List **actions, const Rollup *old, const Rollup *new)
{
	if (strcmp(old->query, new->query) != 0)
		add_action(actions, "query", "definition %d becomes %d", old->definition,
				   old->definition + 1);
	if (strcmp(old->source, new->source) != 0)
		add_action(actions, "source", "from \"%s\" to \"%s\"", old->source, new->source);
	if (strcmp(old->method, new->method) != 0)
		add_action(actions, "method", "from %s to %s", old->method, new->method);
	if (reshape_changes_key(old, new))
		add_action(actions, "key", "from (%s) to (%s)", names_list(old->key),
				   names_list(new->key));
	note_options(actions, old->options, new->options);
}

static void
add_refresh_action(List **actions, int64 run_id, int64 rows_changed)
{
	add_action(actions, "refresh", "run " INT64_FORMAT " changed " INT64_FORMAT " rows",
			   run_id, rows_changed);
}

/*
 * What a window holds was asked with the old query: with another one all of it
 * is asked again.  NULL = the rollup's own method will do.
 */
static const char *
refresh_method(const Rollup *old, const Rollup *new)
{
	return window_is_used(new) && strcmp(old->query, new->query) != 0 ? "merge" : NULL;
}

/* A refresh of the new definition within this transaction. */
static void
refresh_now(const Redefinition *change, const char *method, List **actions)
{
	RunRequest	request = {.relation_id = change->relation->relation_id,.trigger = "define",
	.method = method};
	RefreshResult result;

	refresh_run_in_transaction(&request, &result);
	add_refresh_action(actions, result.run_id, result.rows_changed);
}

static void
lock_step(void *arg)
{
	LockRelationOid(*(Oid *) arg, AccessExclusiveLock);
}

/*
 * One try for ACCESS EXCLUSIVE in a subtransaction; false if the lock was not
 * to be had in time.
 */
static bool
try_lock(Oid relid)
{
	ErrorData  *error;
	int			nestlevel = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	error = attempt_anything(lock_step, &relid);
	AtEOXact_GUC(false, nestlevel);
	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return error == NULL;
}

static void
lock_exclusively(Oid relid)
{
	for (int i = 0; i < LOCK_TRIES; i++)
	{
		if (try_lock(relid))
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOCK_PAUSE,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("could not lock table \"%s\" to change its columns", get_rel_name(relid)),
			 errdetail("Others held it at each of %d tries; the rollup is as it was.", LOCK_TRIES),
			 errhint("Look for long transactions on it in pg_locks, and try again.")));
}

/*
 * Fetches the new result, changes the table under ACCESS EXCLUSIVE, and writes
 * the rows.  A table whose key changes, or is gone, is written anew: its old rows
 * say nothing of the new key.
 */
static void
reshape_and_fill(const Redefinition *change, Oid owner, bool new_key, Rollup *old,
				 Rollup *new, const LocalColumn *columns, List **actions)
{
	Oid			relid = change->relation->relid;
	RunRequest	request = {.relation_id = change->relation->relation_id,.trigger = "define"};
	RefreshRun *run = NULL;
	RefreshTarget *target = NULL;
	RowSource  *rows = NULL;
	OwnerScope	scope;

	if (change->populate)
	{
		request.method = new_key ? "replace" : window_is_used(new) ? "merge" : new->method;
		run = refresh_run_begin(&request);
		target = reshape_target(relid, new, columns, !new_key);
		rows = rollup_fetch_for(run, new, target);
	}

	ereport(NOTICE,
			(errmsg("table \"%s\" is locked ACCESS EXCLUSIVE while its columns change",
					get_rel_name(relid)),
			 errdetail("Its readers, here and on replicas, wait until this transaction ends.")));
	lock_exclusively(relid);
	/* casts, CHECKs and defaults that this evaluates are the owner's code */
	owner_scope_enter(&scope, owner, true);
	reshape_columns(relid, old, new, columns, new_key, actions);
	owner_scope_leave(&scope);
	rollup_update(new);
	reshape_options(relid, old, new, actions);
	if (new_key && !change->populate)
		reshape_create_key(relid, new, actions);
	if (change->populate)
	{
		run->outcome.definition = new->definition;
		rollup_apply(run, new, target, rows);
		if (new_key)
			reshape_create_key(relid, new, actions);
		refresh_run_end(run);
		add_refresh_action(actions, run->run_id, run->outcome.rows_inserted +
						   run->outcome.rows_updated + run->outcome.rows_deleted);
	}
	owner_scope_enter(&scope, owner, true);
	reshape_not_null(relid, new, columns, actions);
	owner_scope_leave(&scope);
}
