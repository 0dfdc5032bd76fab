/*-------------------------------------------------------------------------
 *
 * compare_rows.c
 *	  Finds the changes that a refresh would make, without making them.
 *
 * Policy: the pass is the same as that of merge, so that the result shows
 * exactly what a refresh does.  The table is read with the snapshot of the
 * statement, which is closest to the time when Redshift is asked, and stays
 * locked for reading until the transaction ends: it must not be rewritten in
 * between.  Rows without a key are compared as by EXCEPT ALL, with both sides
 * sorted by all their columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/json.h"
#include "catalog/owner_scope.h"
#include "catalog/rollup.h"
#include "redshift/query.h"
#include "redshift/types.h"
#include "refresh/compare_rows.h"
#include "refresh/fetch.h"
#include "refresh/step.h"
#include "refresh/walk.h"
#include "rollup/description.h"
#include "source/route.h"

/* The state to turn rows into objects. */
typedef struct RowShower
{
	const RefreshTarget *target;
	FmgrInfo   *to_jsonb;		/* by column of the result */
	bool	   *is_key;
} RowShower;

static RowShower *
shower_create(const RefreshTarget *target, bool keyed)
{
	RowShower  *shower = palloc(sizeof(RowShower));
	int			natts = target->desc->natts;

	shower->target = target;
	shower->to_jsonb = palloc0(sizeof(FmgrInfo) * natts);
	shower->is_key = palloc0(sizeof(bool) * natts);
	for (int i = 0; i < natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(target->desc, i);
		Const	   *argument = makeNullConst(attr->atttypid, attr->atttypmod, attr->attcollation);

		/* to_jsonb accepts any type, and finds it in the call expression */
		fmgr_info(F_TO_JSONB, &shower->to_jsonb[i]);
		fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument),
												 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL),
						   &shower->to_jsonb[i]);
	}
	for (int i = 0; keyed && i < target->nkeys; i++)
		shower->is_key[target->keys[i].column] = true;
	return shower;
}

/*
 * A row as an object of the chosen columns (NULL: of all); attnums[i] is the
 * attribute of column i of the result (NULL: the same position).
 */
static Jsonb *
row_object(RowShower *shower, TupleTableSlot *row, const AttrNumber *attnums, const bool *chosen)
{
	TupleDesc	desc = shower->target->desc;
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < desc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(desc, i)->attname);
		JsonbValue	key;
		Datum		value;
		bool		isnull;

		if (chosen != NULL && !chosen[i])
			continue;
		key.type = jbvString;
		key.val.string.val = unconstify(char *, name);
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		value = slot_getattr(row, attnums ? attnums[i] : i + 1, &isnull);
		json_push(&state, isnull ? NULL
				   : DatumGetJsonbP(FunctionCall1(&shower->to_jsonb[i], value)));
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static void
show_step(Comparison *comparison, RowShower *shower, Walk *walk, bool keyed)
{
	Jsonb	   *key = NULL;

	if (keyed && walk->step == WALK_EXTRA)
		key = row_object(shower, walk->local, walk->local_attnums, shower->is_key);
	else if (keyed)
		key = row_object(shower, walk->remote, NULL, shower->is_key);

	if (walk->step == WALK_MISSING)
		comparison->show(comparison->arg, "missing", key, NULL,
						 row_object(shower, walk->remote, NULL, NULL));
	else if (walk->step == WALK_EXTRA)
		comparison->show(comparison->arg, "extra", key,
						 row_object(shower, walk->local, walk->local_attnums, NULL), NULL);
	else
		comparison->show(comparison->arg, "different", key,
						 row_object(shower, walk->local, walk->local_attnums, walk->changed),
						 row_object(shower, walk->remote, NULL, walk->changed));
}

/* Walks to the end, counts the differences, and shows as many as requested. */
static void
walk_all(Comparison *comparison, Walk *walk, bool keyed)
{
	CompareCounts *counts = &comparison->counts;
	RowShower  *shower = shower_create(walk->target, keyed);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed compared row",
													  ALLOCSET_DEFAULT_SIZES);
	int64		shown = 0;
	WalkStep	step;

	while ((step = walk_next(walk)) != WALK_END)
	{
		counts->remote_rows += step != WALK_EXTRA;
		counts->local_rows += step != WALK_MISSING;
		counts->same += step == WALK_SAME;
		counts->missing += step == WALK_MISSING;
		counts->extra += step == WALK_EXTRA;
		counts->different += step == WALK_DIFFERENT;
		if (step != WALK_SAME && (comparison->max_rows < 0 || shown < comparison->max_rows))
		{
			MemoryContext old = MemoryContextSwitchTo(row_context);

			show_step(comparison, shower, walk, keyed);
			MemoryContextSwitchTo(old);
			MemoryContextReset(row_context);
			shown++;
		}
	}
	MemoryContextDelete(row_context);
}

/* Makes all columns the target's key, to order rows without one. */
static void
key_of_all_columns(RefreshTarget *target)
{
	int			natts = target->desc->natts;

	target->nkeys = natts;
	target->keys = palloc(sizeof(TargetKey) * natts);
	target->sort_operators = palloc(sizeof(Oid) * natts);
	target->sort_collations = palloc(sizeof(Oid) * natts);
	target->sort_nulls_first = palloc0(sizeof(bool) * natts);
	for (int i = 0; i < natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(target->desc, i);
		TypeCacheEntry *type = lookup_type_cache(attr->atttypid, TYPECACHE_LT_OPR);

		if (!OidIsValid(type->lt_opr))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("cannot compare rollup \"%s\"", target->name),
					 errdetail("It has no key, and its column \"%s\" is of type %s, which has no order.",
							   NameStr(attr->attname), format_type_be(attr->atttypid)),
					 errhint("Name the columns that identify a row: rsfed.alter_rollup(..., key => ARRAY[...]).")));
		target->keys[i].column = i;
		target->keys[i].attnum = target->attnums[i];
		target->sort_operators[i] = type->lt_opr;
		/* byte by byte, which is the cheapest order */
		target->sort_collations[i] = OidIsValid(attr->attcollation) ? C_COLLATION_OID : InvalidOid;
	}
}

/* The result's columns of all rows of the table, in the order of the target. */
static RowSource *
local_rows(Relation rel, const RefreshTarget *target, Snapshot snapshot)
{
	int			natts = target->desc->natts;
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	RowSpill   *spill = spill_begin(target, true, maintenance_work_mem);
	Datum	   *values = palloc(sizeof(Datum) * natts);
	bool	   *nulls = palloc(sizeof(bool) * natts);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < natts; i++)
			values[i] = slot_getattr(slot, target->attnums[i], &nulls[i]);
		spill_put(spill, values, nulls);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return spill_finish(spill);
}

/* Raises 42804 because the columns of another query differ. */
static void
refuse_columns(const RemoteColumns *columns, const RefreshTarget *target)
{
	StringInfoData needed;

	initStringInfo(&needed);
	for (int i = 0; i < target->desc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(target->desc, i)->attname);

		if (remote_columns_find(columns, name) < 0)
			appendStringInfo(&needed, "%s\"%s\"", needed.len > 0 ? ", " : "", name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the result does not have the columns of rollup \"%s\"", target->name),
			 needed.len > 0
			 ? errdetail("It lacks %s. It has %d columns, the rollup %d.", needed.data,
						 columns->count, target->desc->natts)
			 : errdetail("It has %d columns, the rollup %d.", columns->count, target->desc->natts),
			 errhint("Give the columns the names that they have in the rollup (AS ...), and leave out what is not in it.")));
}

/*
 * The positions of the columns in the result of another query or source: by
 * name, as in a rollup with that query (pinned ones by position), with any
 * type that the table can hold.
 */
static int *
match_other(const Rollup *rollup, const RemoteColumns *columns, const RefreshTarget *target)
{
	int			natts = target->desc->natts;
	int		   *ordinals = palloc(sizeof(int) * natts);

	for (int i = 0; i < natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(target->desc, i);
		const RemoteColumn *column;

		ordinals[i] = rollup->pinned_columns != NULL ? i
			: remote_columns_find(columns, NameStr(attr->attname));
		if (columns->count != natts || ordinals[i] < 0)
			refuse_columns(columns, target);
		column = &columns->column[ordinals[i]];
		if (redshift_type_fits(column->type, column->typmod,
							   attr->atttypid, attr->atttypmod) == RS_FIT_NO)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of the result cannot be compared with that of rollup \"%s\"",
							NameStr(attr->attname), target->name),
					 errdetail("It is %s in the result and %s in the rollup.",
							   redshift_type_name(column->type, column->typmod),
							   format_type_with_typemod(attr->atttypid, attr->atttypmod)),
					 errhint("Cast it in the query.")));
	}
	return ordinals;
}

/*
 * Reads the result, sorted for the walk; *scope tells the rows that it covers.
 * Without since and until, the whole content of a window is compared.
 */
static RowSource *
fetch_result(const Comparison *comparison, const Rollup *rollup, const RefreshTarget *target,
			 RowScope **scope)
{
	RunRequest	request = {
		.relation_id = rollup->relation_id,
		.trigger = "call",
		.method = window_is_used(rollup) ? "merge" : NULL,
		.since = comparison->since,
		.until = comparison->until,
		.part = comparison->part,
	};
	RefreshRun *run = palloc0(sizeof(RefreshRun));
	Fetch	   *fetch;
	RowSource  *rows;
	int		   *ordinals;

	run->request = &request;
	run->asks_no_probe = true;
	/* to skip members that differ in the tables that are read */
	run->route = palloc0(sizeof(SourceRoute));
	initStringInfo(&run->note);
	*scope = step_begin(run, rollup, target)->scope;
	fetch = rollup_open_fetch(run, target, NULL);
	if (fetch == NULL)
		return spill_finish(spill_begin(target, true, maintenance_work_mem));
	if (comparison->query == NULL && comparison->source == NULL)
		ordinals = description_match(rollup, fetch->columns, target, &run->note);
	else
		ordinals = match_other(rollup, fetch->columns, target);
	rows = fetch_rows(fetch, target, ordinals, true);
	fetch_close(fetch);
	return scope_rows(*scope, target, rows);
}

/* The rollup with the comparison's query and source. */
static Rollup *
load_compared(const Comparison *comparison)
{
	Rollup	   *rollup = rollup_load(comparison->relation->relation_id);

	if (comparison->query != NULL)
	{
		redshift_check_query(comparison->query);
		rollup->query = pstrdup(comparison->query);
	}
	if (comparison->source != NULL)
		rollup->source = pstrdup(comparison->source);
	return rollup;
}

void
rollup_compare(Comparison *comparison)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rsfed compare",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Rollup	   *rollup = load_compared(comparison);
	bool		keyed = rollup->key != NIL;
	Relation	rel = target_open(comparison->relation->relid,
								  comparison->relation->relation_name, AccessShareLock);
	RefreshTarget *target = target_describe_content(rel, rollup, keyed);
	RowSource  *rows;
	RowSource  *local = NULL;
	RowScope   *row_scope;
	OwnerScope	scope;
	Walk		walk;

	if (!keyed)
		key_of_all_columns(target);
	rows = fetch_result(comparison, rollup, target, &row_scope);

	/* comparing and showing values may run code of the author of their type */
	owner_scope_enter(&scope, target->owner, true);
	if (keyed)
		walk_begin(&walk, target, rows, NULL, rel, GetActiveSnapshot(),
				   scope_is_partial(row_scope) ? row_scope : NULL);
	else
	{
		local = local_rows(rel, target, GetActiveSnapshot());
		walk_begin_unkeyed(&walk, target, rows, local);
	}
	walk_all(comparison, &walk, keyed);
	walk_end(&walk);
	owner_scope_leave(&scope);

	rows->end(rows);
	if (local != NULL)
		local->end(local);
	relation_close(rel, NoLock);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
