/*-------------------------------------------------------------------------
 *
 * alter.c
 *	  Changes a rollup that is in use.
 *
 * Policy: the table stays the same relation, and whatever its owner added to
 * it (columns, indexes, grants, views) stays as it is; only the rollup's own
 * columns and its key's index change.  If they have to change, the new result
 * is fetched before the table is locked, so that readers wait only for the
 * local work; and everything is one transaction, so that they never see an
 * intermediate state.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/watermark.h"
#include "refresh/alter.h"
#include "refresh/driver.h"
#include "refresh/refresh_run.h"
#include "rollup/action.h"
#include "rollup/definition.h"
#include "rollup/republish.h"
#include "rollup/reshape.h"
#include "rollup/table.h"
#include "rollup/window.h"
#include "source/server.h"

static void reshape_and_fill(const Redefinition *change, Oid owner, bool new_key, Rollup *old,
							 Rollup *new, const LocalColumn *columns, List **actions);
static const char *refresh_method(const Rollup *old, const Rollup *new);
static void refresh_now(const Redefinition *change, const char *method, List **actions);

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

	/* DROP SERVER also locks the server before the rollups */
	if (change->source != NULL)
		(void) source_server_locked(change->source);
	refresh_serialize(relid);
	rel = target_open(relid, name, AccessShareLock);
	owner = rel->rd_rel->relowner;
	old = rollup_load(change->relation->relation_id);
	new = redefine_rollup(change, old);

	/* every run logs in as the owner, so this does too */
	definition_check(new, owner);
	remote = definition_describe(new, owner);
	if (!change->has_key && !definition_key_fits(new, remote))
		new->key = NIL;			/* derived from the new query, as for a new rollup */
	columns = definition_resolve(new, remote, name);
	definition_warn(new, remote);
	/* the owner may have dropped the key's index, alone or with a column */
	new_key = reshape_changes_key(old, new) ||
		(new->key != NIL && !OidIsValid(target_find_key_index(rel, old)));
	same_shape = !new_key && reshape_is_needless(rel, old, new, columns);
	relation_close(rel, AccessShareLock);

	redefine_note_changes(&actions, old, new);
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
		redefine_warn_schedules(change->relation);
	}
	if (strcmp(old->source, new->source) != 0)
		table_comment(relid, new);
	return actions;
}

static void
add_refresh_action(List **actions, int64 run_id, int64 rows_changed)
{
	add_action(actions, "refresh", "run " INT64_FORMAT " changed " INT64_FORMAT " rows",
			   run_id, rows_changed);
}

/*
 * The content of a window was read with the old query: with a new query all of
 * it is read again.  NULL = the rollup's own method suffices.
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

/*
 * Fetches the new result, changes the table under ACCESS EXCLUSIVE, and writes
 * the rows.  A table whose key changes, or is removed, is rewritten: its old
 * rows do not tell the new key.
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
	List	   *publications;
	OwnerScope	scope;

	republish_check(change->relation, old, new, columns, new_key);
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
	reshape_lock(relid);
	publications = republish_without(change->relation, old, new, columns);
	/* casts, CHECKs and defaults that this evaluates are the owner's code */
	owner_scope_enter(&scope, owner, true);
	reshape_columns(relid, old, new, columns, new_key, actions);
	owner_scope_leave(&scope);
	/*
	 * before the rows are written, because rows written without it are not
	 * published
	 */
	republish_again(change->relation, new, publications, actions);
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
