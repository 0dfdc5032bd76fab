/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  SQL function that shows the changes that a refresh would make.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

#include "api/arguments.h"
#include "api/result.h"
#include "base/compat.h"
#include "base/run_settings.h"
#include "catalog/relation.h"
#include "refresh/compare_rows.h"

PG_FUNCTION_INFO_V1(rsfed_compare);

/* Columns of the result: kind, key, local, remote. */
#define COMPARE_COLUMNS 4

/*
 * Another query, or another source, is read with the owner's credentials, and
 * its rows are shown: only users who may alter the rollup may do that.
 */
static void
require_owner(Oid relid)
{
	if (object_ownercheck(RelationRelationId, relid, GetUserId()))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to compare rollup \"%s\" with another query or source",
					get_rel_name(relid)),
			 errdetail("Redshift is asked with the owner's credentials, so only the owner or a member of the owning role may choose the query and the source.")));
}

/* Rows of the table are shown to users who may read all of them. */
static void
require_reader(Oid relid)
{
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(relid));
	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot show rows of \"%s\" because row security applies to them",
						get_rel_name(relid)),
				 errhint("Pass max_rows => 0: the summary counts the rows without showing them.")));
}

static int64
read_max_rows(FunctionCallInfo fcinfo)
{
	int32		max_rows;

	if (PG_ARGISNULL(6))
		return -1;
	max_rows = PG_GETARG_INT32(6);
	if (max_rows < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_rows must not be negative"),
				 errhint("NULL shows every difference, 0 only the summary.")));
	return max_rows;
}

/* Keeps a difference until the summary, which goes first, is known. */
static void
keep_difference(void *arg, const char *kind, Jsonb *key, Jsonb *local, Jsonb *remote)
{
	ResultRows *kept = arg;
	Datum		values[COMPARE_COLUMNS] = {CStringGetTextDatum(kind), JsonbPGetDatum(key),
	JsonbPGetDatum(local), JsonbPGetDatum(remote)};
	bool		nulls[COMPARE_COLUMNS] = {false, key == NULL, local == NULL, remote == NULL};

	result_add(kept, values, nulls);
}

/* The row "summary": the counts of keys and rows. */
static void
add_summary(ResultRows *rows, const CompareCounts *counts)
{
	char	   *keys = psprintf("{\"same\": " INT64_FORMAT ", \"missing\": " INT64_FORMAT
								", \"extra\": " INT64_FORMAT ", \"different\": " INT64_FORMAT "}",
								counts->same, counts->missing, counts->extra, counts->different);
	char	   *local = psprintf("{\"rows\": " INT64_FORMAT "}", counts->local_rows);
	char	   *remote = psprintf("{\"rows\": " INT64_FORMAT "}", counts->remote_rows);
	Datum		values[COMPARE_COLUMNS];
	bool		nulls[COMPARE_COLUMNS] = {false, false, false, false};

	values[0] = CStringGetTextDatum("summary");
	values[1] = DirectFunctionCall1(jsonb_in, CStringGetDatum(keys));
	values[2] = DirectFunctionCall1(jsonb_in, CStringGetDatum(local));
	values[3] = DirectFunctionCall1(jsonb_in, CStringGetDatum(remote));
	result_add(rows, values, nulls);
}

/* Returns the kept differences after the summary. */
static void
add_kept(ResultRows *rows, ResultRows *kept)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(kept->desc, &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(kept->store, true, false, slot))
		tuplestore_puttupleslot(rows->store, slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(kept->store);
}

/* rsfed.compare(relation, query, source, since, until, part, max_rows). */
Datum
rsfed_compare(PG_FUNCTION_ARGS)
{
	ResultRows *rows = result_begin(fcinfo);
	ResultRows	kept = {.desc = rows->desc};
	Comparison	comparison = {.show = keep_difference,.arg = &kept};
	Oid			relid;
	int			pinned;

	argument_require(fcinfo, 0, "relation");
	relid = PG_GETARG_OID(0);
	comparison.relation = relation_require_rollup(relid);
	comparison.query = argument_text(fcinfo, 1);
	comparison.source = PG_ARGISNULL(2) ? NULL : NameStr(*PG_GETARG_NAME(2));
	comparison.since = argument_text(fcinfo, 3);
	comparison.until = argument_text(fcinfo, 4);
	comparison.part = PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5);
	comparison.max_rows = read_max_rows(fcinfo);

	relation_require_maintainer(relid, "compare");
	if (comparison.query != NULL || comparison.source != NULL)
		require_owner(relid);
	if (comparison.max_rows != 0)
		require_reader(relid);

	kept.store = tuplestore_begin_heap(false, false, work_mem);
	pinned = run_settings_pin();
	rollup_compare(&comparison);
	run_settings_unpin(pinned);
	add_summary(rows, &comparison.counts);
	add_kept(rows, &kept);
	return (Datum) 0;
}
