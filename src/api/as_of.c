/*-------------------------------------------------------------------------
 *
 * as_of.c
 *	  SQL functions about the freshness of an answer, called in the query of
 *	  that answer.
 *
 * Policy: everything is read with the snapshot of the query, by index, without
 * SQL and without changing the user.  So the result is about the content that
 * the query sees, also on replicas and in parallel workers, and costs some
 * microseconds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "api/arguments.h"
#include "base/compat.h"
#include "catalog/relation.h"
#include "catalog/serving.h"
#include "catalog/status.h"

PG_FUNCTION_INFO_V1(rsfed_as_of);
PG_FUNCTION_INFO_V1(rsfed_age);
PG_FUNCTION_INFO_V1(rsfed_require_fresh);
PG_FUNCTION_INFO_V1(rsfed_relation_status);
PG_FUNCTION_INFO_V1(rsfed_next_run_at);
PG_FUNCTION_INFO_V1(rsfed_may_see_runs);
PG_FUNCTION_INFO_V1(rsfed_has_oid);
PG_FUNCTION_INFO_V1(rsfed_schema_name);

#define STATUS_COLUMNS 17

/*
 * The content of a relation, after a check that the current user may read it.
 * There is none if the query's snapshot does not see the relation yet.  Raises
 * 42P01, 42809 with the nearest rollup as a hint, and 42501.
 */
static Content
require_served(Oid relid, Snapshot snapshot, Sight sight)
{
	Content		content = {0};

	if (sight.exists)
		content = serving_content(relid, snapshot);
	if (content.relation_id == 0 && relation_lookup(relid) == NULL)
		(void) relation_require_rollup(relid);
	if (!sight.may_select && !sight.may_see_all)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relid));
	return content;
}

/*
 * The last result of one call in a query, which is evaluated for each row of
 * an answer: valid as long as the snapshot and the relation are the same.  An
 * expression may outlive its query (PL/pgSQL keeps them), so everything that
 * determines a snapshot is compared.
 */
typedef struct LastRead
{
	Oid			relid;			/* InvalidOid: nothing was read */
	SubTransactionId subid;
	CommandId	curcid;
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	bool		suboverflowed;
	bool		in_recovery;
	TransactionId *xids;		/* xip and subxip */
	Content		content;
} LastRead;

static bool
is_same_snapshot(const LastRead *last, Snapshot snapshot)
{
	return last->curcid == snapshot->curcid && last->xmin == snapshot->xmin &&
		last->xmax == snapshot->xmax && last->xcnt == snapshot->xcnt &&
		last->subxcnt == snapshot->subxcnt && last->suboverflowed == snapshot->suboverflowed &&
		last->in_recovery == snapshot->takenDuringRecovery &&
		last->subid == GetCurrentSubTransactionId() &&
		(snapshot->xcnt == 0 ||
		 memcmp(last->xids, snapshot->xip, sizeof(TransactionId) * snapshot->xcnt) == 0) &&
		(snapshot->subxcnt <= 0 ||
		 memcmp(last->xids + snapshot->xcnt, snapshot->subxip,
				sizeof(TransactionId) * snapshot->subxcnt) == 0);
}

/* Stores the snapshot; reuses memory of the call. */
static void
note_snapshot(LastRead *last, Snapshot snapshot, MemoryContext context)
{
	int			nsub = Max(snapshot->subxcnt, 0);
	Size		size = sizeof(TransactionId) * (snapshot->xcnt + nsub + 1);

	last->relid = InvalidOid;
	last->xids = last->xids ? repalloc(last->xids, size) : MemoryContextAlloc(context, size);
	if (snapshot->xcnt > 0)
		memcpy(last->xids, snapshot->xip, sizeof(TransactionId) * snapshot->xcnt);
	if (nsub > 0)
		memcpy(last->xids + snapshot->xcnt, snapshot->subxip, sizeof(TransactionId) * nsub);
	last->subid = GetCurrentSubTransactionId();
	last->curcid = snapshot->curcid;
	last->xmin = snapshot->xmin;
	last->xmax = snapshot->xmax;
	last->xcnt = snapshot->xcnt;
	last->subxcnt = snapshot->subxcnt;
	last->suboverflowed = snapshot->suboverflowed;
	last->in_recovery = snapshot->takenDuringRecovery;
}

/* as_of of the relation in the first argument; false if it has no content. */
static bool
read_as_of(FunctionCallInfo fcinfo, TimestampTz *as_of)
{
	Oid			relid = PG_GETARG_OID(0);
	Snapshot	snapshot = GetActiveSnapshot();
	LastRead   *last = fcinfo->flinfo->fn_extra;
	Sight		sight;

	if (last == NULL)
	{
		last = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(LastRead));
		fcinfo->flinfo->fn_extra = last;
	}
	/* privileges do not depend on the snapshot */
	sight = serving_sight(relid);
	if (last->relid != relid || !(sight.may_select || sight.may_see_all) ||
		!is_same_snapshot(last, snapshot))
	{
		last->content = require_served(relid, snapshot, sight);
		note_snapshot(last, snapshot, fcinfo->flinfo->fn_mcxt);
		last->relid = relid;
	}
	*as_of = last->content.as_of;
	return last->content.exists;
}

/* rsfed.as_of(relation): NULL without content. */
Datum
rsfed_as_of(PG_FUNCTION_ARGS)
{
	TimestampTz as_of;

	if (!read_as_of(fcinfo, &as_of))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(as_of);
}

/* rsfed.age(relation): now() minus as_of; NULL without content. */
Datum
rsfed_age(PG_FUNCTION_ARGS)
{
	TimestampTz as_of;

	if (!read_as_of(fcinfo, &as_of))
		PG_RETURN_NULL();
	return DirectFunctionCall2(timestamp_mi,
							   TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()),
							   TimestampTzGetDatum(as_of));
}

/*
 * rsfed.require_fresh(rollup, max_age): true, or 55000.  Without max_age, that
 * of the rollup applies.
 */
Datum
rsfed_require_fresh(PG_FUNCTION_ARGS)
{
	Snapshot	snapshot = GetActiveSnapshot();
	Oid			relid;
	Content		content;
	Interval   *max_age;
	Datum		age;

	argument_require(fcinfo, 0, "rollup");
	relid = PG_GETARG_OID(0);
	content = require_served(relid, snapshot, serving_sight(relid));

	max_age = !PG_ARGISNULL(1) ? PG_GETARG_INTERVAL_P(1)
		: serving_max_age(content.relation_id, snapshot, NULL);
	if (max_age == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rollup \"%s\" has no max_age", get_rel_name(relid)),
				 errhint("Pass one: rsfed.require_fresh(..., max_age => '15 minutes').")));
	if (!content.exists)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rollup \"%s\" has never been refreshed", get_rel_name(relid))));

	/* as is_late in rsfed.freshness compares them: no max_age is too long for that */
	age = DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(GetCurrentTimestamp()),
							  TimestampTzGetDatum(content.as_of));
	if (DatumGetBool(DirectFunctionCall2(interval_gt, age, IntervalPGetDatum(max_age))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rollup \"%s\" is older than %s", get_rel_name(relid),
						DatumGetCString(DirectFunctionCall1(interval_out,
															IntervalPGetDatum(max_age)))),
				 errdetail("It is as of %s.", timestamptz_to_str(content.as_of)),
				 errhint("See rsfed.freshness for what keeps it from being refreshed.")));
	PG_RETURN_BOOL(true);
}

/* Puts a text, or NULL, into a row. */
static void
put_text(Datum *value, bool *isnull, const char *text)
{
	*isnull = text == NULL;
	if (text != NULL)
		*value = CStringGetTextDatum(text);
}

static void
put_time(Datum *value, bool *isnull, bool known, TimestampTz time)
{
	*isnull = !known;
	*value = TimestampTzGetDatum(time);
}

static void
put_interval(Datum *value, bool *isnull, Interval *interval)
{
	*isnull = interval == NULL;
	*value = IntervalPGetDatum(interval);
}

/*
 * rsfed_catalog.relation_status(relid): the row behind rsfed.freshness; NULL
 * for a relation that rsfed does not refresh or the caller may not see.
 */
Datum
rsfed_relation_status(PG_FUNCTION_ARGS)
{
	RelationStatus status;
	TupleDesc	desc;
	HeapTuple	tuple;
	Datum		values[STATUS_COLUMNS];
	bool		nulls[STATUS_COLUMNS] = {false};

	if (!status_read(PG_GETARG_OID(0), GetActiveSnapshot(), &status))
		PG_RETURN_NULL();

	values[0] = Int32GetDatum(status.relation_id);
	put_text(&values[1], &nulls[1], status.kind);
	values[2] = BoolGetDatum(status.is_held);
	values[3] = BoolGetDatum(status.may_see_all);
	nulls[4] = status.source == NULL;
	if (status.source != NULL)
		values[4] = DirectFunctionCall1(namein, CStringGetDatum(status.source));
	put_text(&values[5], &nulls[5], status.state);
	put_time(&values[6], &nulls[6], status.has_content, status.as_of);
	put_interval(&values[7], &nulls[7], status.age);
	put_interval(&values[8], &nulls[8], status.max_age);
	values[9] = BoolGetDatum(status.is_late);
	put_time(&values[10], &nulls[10], status.has_data_through, status.data_through);
	put_time(&values[11], &nulls[11], status.has_changed_at, status.changed_at);
	values[12] = Int64GetDatum(status.last_run_id);
	nulls[12] = !status.has_last_run_id;
	put_time(&values[13], &nulls[13], status.is_failing, status.failing_since);
	values[14] = Int32GetDatum(status.failures);
	put_text(&values[15], &nulls[15], status.sqlstate);
	put_text(&values[16], &nulls[16], status.message);

	desc = lookup_rowtype_tupdesc(get_fn_expr_rettype(fcinfo->flinfo), -1);
	tuple = heap_form_tuple(desc, values, nulls);
	ReleaseTupleDesc(desc);
	return HeapTupleGetDatum(tuple);
}

/* rsfed_catalog.next_run_at(relation_id): NULL if no schedule is to run. */
Datum
rsfed_next_run_at(PG_FUNCTION_ARGS)
{
	TimestampTz next_run_at;

	if (!status_next_run(PG_GETARG_INT32(0), GetActiveSnapshot(), &next_run_at))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(next_run_at);
}

/* rsfed_catalog.has_oid(relation_id): does the cache of oids have a relation? */
Datum
rsfed_has_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(serving_has_oid(PG_GETARG_INT32(0), GetActiveSnapshot()));
}

/*
 * rsfed_catalog.schema_name(oid): not quoted, unlike a regnamespace; NULL if
 * gone.
 */
Datum
rsfed_schema_name(PG_FUNCTION_ARGS)
{
	char	   *name = get_namespace_name(PG_GETARG_OID(0));

	if (name == NULL)
		PG_RETURN_NULL();
	return DirectFunctionCall1(namein, CStringGetDatum(name));
}

/*
 * The result of may_see_runs() for a relation or a set in the current query.
 */
typedef struct SeenRuns
{
	int32		relation_id;
	bool		may_see;
} SeenRuns;

/*
 * rsfed_catalog.may_see_runs(relation_id): may the current user see all of the
 * runs of a relation, or of a set?  Computed once for each in a query.
 */
Datum
rsfed_may_see_runs(PG_FUNCTION_ARGS)
{
	int32		relation_id = PG_GETARG_INT32(0);
	HTAB	   *known = fcinfo->flinfo->fn_extra;
	SeenRuns   *seen;
	bool		found;

	if (known == NULL)
	{
		HASHCTL		info = {0};

		info.keysize = sizeof(int32);
		info.entrysize = sizeof(SeenRuns);
		info.hcxt = fcinfo->flinfo->fn_mcxt;
		known = hash_create("rsfed runs seen", 64, &info, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		fcinfo->flinfo->fn_extra = known;
	}
	seen = hash_search(known, &relation_id, HASH_FIND, NULL);
	if (seen == NULL)
	{
		bool		may_see = serving_may_see_runs(relation_id, GetActiveSnapshot());

		seen = hash_search(known, &relation_id, HASH_ENTER, &found);
		seen->may_see = may_see;
	}
	PG_RETURN_BOOL(seen->may_see);
}
