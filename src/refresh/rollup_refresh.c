/*-------------------------------------------------------------------------
 *
 * rollup_refresh.c
 *	  One refresh of one rollup: fetch, lock, apply.
 *
 * Policy: until the first row has arrived, or every row if they are sorted
 * here, only the lock against concurrent refreshes is held; then the table is
 * locked as by an INSERT, and examined again, because it may have changed
 * meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/format.h"
#include "catalog/owner_scope.h"
#include "refresh/constraints.h"
#include "refresh/engine.h"
#include "refresh/gate.h"
#include "refresh/order.h"
#include "refresh/refresh_run.h"
#include "refresh/step.h"
#include "rollup/description.h"
#include "rollup/table.h"
#include "shmem/progress.h"

void
refresh_serialize(Oid relid)
{
	Oid			classid = get_relname_relid("rollup", get_namespace_oid("rsfed_catalog", false));

	/* the wait may take as long as another run's query in Redshift */
	InvalidateCatalogSnapshot();
	LockDatabaseObject(classid, relid, 0, ExclusiveLock);
}

/* The method of this run: the one asked for, else the rollup's own. */
static const Method *
run_method(const RefreshRun *run, const Rollup *rollup)
{
	const char *name = run->request->method ? run->request->method : rollup->method;
	const Method *method = method_find(name);

	if (method->needs_key && rollup->key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" needs a key, and rollup \"%s\" has none",
						name, run->relation->relation_name),
				 errhint("Name the columns that identify a row: rsfed.alter_rollup(..., key => ARRAY[...]).")));
	return method;
}

Fetch *
rollup_open_fetch(RefreshRun *run, const RefreshTarget *target, const char *order)
{
	RunStep    *step = run->step;
	Fetch	   *fetch = fetch_connect(step->asked, target->name, target->owner, run->run_id,
									  run->keep_connection, run->request->remote_timeout_ms,
									  run->route);

	run->outcome.query_id = 0;
	run->outcome.server = MemoryContextStrdup(GetMemoryChunkContext(run), fetch->source->server);
	run->outcome.remote_pid = remote_backend_pid(fetch->source->conn);
	run->outcome.label = MemoryContextStrdup(GetMemoryChunkContext(run), fetch->request.label);
	if (!step_ask(run, step, fetch))
	{
		fetch_close(fetch);
		return NULL;
	}
	fetch_send(fetch, order);
	if (step->window == NULL)
		run->outcome.as_of = fetch->as_of;
	return fetch;
}

/* Adds to a count of the outcome; -1 means unknown so far. */
static void
add_count(int64 *count, int64 more)
{
	*count = Max(*count, 0) + more;
}

void
rollup_count_changes(RefreshRun *run, int64 inserted, int64 updated, int64 deleted)
{
	add_count(&run->outcome.rows_inserted, inserted);
	add_count(&run->outcome.rows_updated, updated);
	add_count(&run->outcome.rows_deleted, deleted);
	if (inserted + updated + deleted > 0)
		run->outcome.status = "published";
	else if (run->outcome.status == NULL)
		run->outcome.status = "unchanged";
}

void
rollup_close_fetch(RefreshRun *run, Fetch *fetch)
{
	char	   *why;

	add_count(&run->outcome.rows_received, remote_stream_rows(fetch->stream));
	add_count(&run->outcome.bytes_received, remote_stream_bytes(fetch->stream));
	run->outcome.query_id = fetch_query_id(fetch, &why);
	if (why != NULL)
		note_append(&run->note, "Redshift's query id is not known: %s.", why);
	fetch_close(fetch);
}

RowSource *
rollup_drain(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target, Fetch *fetch)
{
	const Method *method = run_method(run, rollup);
	int		   *ordinals = description_match(rollup, fetch->columns, target, &run->note);
	RowSource  *rows = fetch_rows(fetch, target, ordinals, method->ordered);

	rollup_close_fetch(run, fetch);
	return rows;
}

RowSource *
rollup_fetch_for(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target)
{
	Fetch	   *fetch;

	(void) run_method(run, rollup);
	(void) step_begin(run, rollup, target);
	fetch = rollup_open_fetch(run, target, NULL);
	return fetch == NULL ? NULL : rollup_drain(run, rollup, target, fetch);
}

/*
 * A key that somebody else inserted after the snapshot was taken meets the
 * index as a duplicate; for the refresh that is a conflict, to be tried again,
 * and not an error of the content.
 */
static void
apply_or_conflict(const Method *method, Apply *apply)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		engine_apply(method, apply);
	}
	PG_CATCH();
	{
		ErrorData  *error;
		char	   *key_index;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		key_index = OidIsValid(apply->target->key_index)
			? get_rel_name(apply->target->key_index) : NULL;
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION || key_index == NULL ||
			error->constraint_name == NULL || strcmp(error->constraint_name, key_index) != 0)
			PG_RE_THROW();
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not refresh \"%s\" because a row was inserted into it meanwhile",
						apply->target->name),
				 error->detail ? errdetail_internal("%s", error->detail) : 0,
				 errhint("Refresh it again. Rows of a rollup should be changed in Redshift only.")));
	}
	PG_END_TRY();
}

/* Raises 42P01: the rollup was dropped, and perhaps its table kept. */
static void
refuse_dropped(const RefreshRun *run)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("rollup \"%s\" was dropped while it was being refreshed",
					run->relation->relation_name)));
}

/* The definition as it is now.  Raises as above. */
static Rollup *
load_definition(const RefreshRun *run)
{
	Rollup	   *rollup = NULL;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (relation_lookup_id(run->relation->relation_id) != NULL)
		rollup = rollup_load(run->relation->relation_id);
	PopActiveSnapshot();
	if (rollup == NULL)
		refuse_dropped(run);
	return rollup;
}

/*
 * Is it still the definition with which the rows were requested?  A column may
 * have been renamed.  Raises 40001, and as above.
 */
static void
check_definition(const RefreshRun *run, const Rollup *rollup)
{
	int			definition = 0;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (relation_lookup_id(run->relation->relation_id) != NULL)
		definition = rollup_definition(run->relation->relation_id);
	PopActiveSnapshot();
	if (definition == 0)
		refuse_dropped(run);
	if (definition != rollup->definition)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("rollup \"%s\" was redefined while it was being refreshed",
						run->relation->relation_name),
				 errhint("Refresh it again.")));
}

/* Lets the gate see the new content. */
static void
judge(Gate *gate, RefreshRun *run, const Apply *apply)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	gate_judge(gate, run, apply->inserted, apply->updated, apply->deleted);
	PopActiveSnapshot();
}

void
rollup_apply(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target, RowSource *rows)
{
	const Method *method = run_method(run, rollup);
	RowScope   *row_scope = run->step->scope;
	Apply		apply = {.rollup = rollup,.run = run};
	OwnerScope	scope;
	Gate	   *gate;
	bool		is_first;

	if (rows == NULL)
	{
		rollup_count_changes(run, 0, 0, 0);
		step_finish(run, rollup);
		return;
	}
	apply.rows = scope_rows(row_scope, target, rows);
	apply.scope = scope_is_partial(row_scope) ? row_scope : NULL;

	progress_set_phase(PHASE_APPLYING);
	apply.rel = target_open(target->relid, target->name, RowExclusiveLock);
	/*
	 * drop_rollup(keep_table) locks the table, too: it has ended, or comes
	 * later
	 */
	check_definition(run, rollup);
	apply.target = target_describe(apply.rel, rollup, method->needs_key);
	target_check_same(target, apply.target);

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	constraints_immediate(apply.rel);
	PopActiveSnapshot();

	owner_scope_enter(&scope, target->owner, true);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	apply.snapshot = GetActiveSnapshot();
	gate = gate_open(run, rollup, apply.rel);
	apply_or_conflict(method, &apply);
	PopActiveSnapshot();
	CommandCounterIncrement();
	judge(gate, run, &apply);
	owner_scope_leave(&scope);
	constraints_restore(apply.rel);

	apply.rows->end(apply.rows);
	is_first = apply.rel->rd_rel->reltuples <= 0 && apply.inserted > 0;
	relation_close(apply.rel, NoLock);
	if (is_first)
		table_analyze(target->relid);
	rollup_count_changes(run, apply.inserted, apply.updated, apply.deleted);
	step_finish(run, rollup);
}

/*
 * The ORDER BY for a run that merges rows as they arrive; NULL if they have to
 * be sorted here, or need no order.
 */
static char *
stream_order(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target)
{
	if (!run_method(run, rollup)->ordered || rollup->sorts_locally || run->disorder != NULL)
		return NULL;
	return order_by_key(rollup, target);
}

/* The table as it is now, without keeping a lock while Redshift works. */
static RefreshTarget *
describe_target(RefreshRun *run, const Rollup *rollup)
{
	Relation	rel = target_open(run->relation->relid, run->relation->relation_name,
								  AccessShareLock);
	RefreshTarget *target = target_describe(rel, rollup, run_method(run, rollup)->needs_key);

	relation_close(rel, AccessShareLock);
	return target;
}

Rollup *
rollup_prepare(RefreshRun *run, RefreshTarget **target)
{
	Rollup	   *rollup;

	rollup = load_definition(run);
	run->outcome.definition = rollup->definition;
	*target = describe_target(run, rollup);
	return rollup;
}

void
rollup_refresh(RefreshRun *run)
{
	RefreshTarget *target;
	Rollup	   *rollup = rollup_prepare(run, &target);
	Fetch	   *fetch;
	char	   *order;
	int		   *ordinals;

	order = stream_order(run, step_begin(run, rollup, target)->asked, target);
	fetch = rollup_open_fetch(run, target, order);
	if (fetch == NULL)
	{
		rollup_apply(run, rollup, target, NULL);
		return;
	}
	ordinals = description_match(rollup, fetch->columns, target, &run->note);

	if (!run_method(run, rollup)->ordered || (order != NULL && order_fits(target, ordinals)))
	{
		/*
		 * the first row has arrived: the following does not wait for
		 * Redshift's work
		 */
		rollup_apply(run, rollup, target, fetch_stream(fetch, target, ordinals));
		rollup_close_fetch(run, fetch);
	}
	else
	{
		RowSource  *rows = fetch_rows(fetch, target, ordinals, true);

		rollup_close_fetch(run, fetch);
		rollup_apply(run, rollup, target, rows);
	}
	if (run->disorder != NULL)
	{
		/*
		 * only now, because a transaction that has written also holds back
		 * vacuum
		 */
		PushActiveSnapshot(GetTransactionSnapshot());
		rollup_sort_locally(rollup, run->disorder);
		PopActiveSnapshot();
	}
}
