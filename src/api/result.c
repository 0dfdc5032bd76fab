/*-------------------------------------------------------------------------
 *
 * result.c
 *	  Results of set-returning SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"

#include "api/result.h"
#include "base/compat.h"

/* See result.h. */
ResultRows *
result_begin(FunctionCallInfo fcinfo)
{
	TupleDesc	desc;
	Oid			type;
	TypeFuncClass class = get_call_result_type(fcinfo, &type, &desc);

	if (class == TYPEFUNC_RECORD)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("a column definition list is required for functions returning \"record\"")));
	if (class == TYPEFUNC_SCALAR)
	{
		desc = CreateTemplateTupleDesc(1);
		TupleDescInitEntry(desc, (AttrNumber) 1, "value", type, -1, 0);
	}
	else if (class != TYPEFUNC_COMPOSITE && class != TYPEFUNC_COMPOSITE_DOMAIN)
		elog(ERROR, "return type must be a row type");
	return result_begin_as(fcinfo, desc);
}

/* See result.h. */
ResultRows *
result_begin_as(FunctionCallInfo fcinfo, TupleDesc desc)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	ResultRows *result = palloc(sizeof(ResultRows));
	MemoryContext old;

	if (info == NULL || !IsA(info, ReturnSetInfo) ||
		(info->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set"),
				 errhint("Call it in FROM.")));

	old = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
	result->store = tuplestore_begin_heap((info->allowedModes & SFRM_Materialize_Random) != 0,
										  false, work_mem);
	result->desc = CreateTupleDescCopy(desc);
	info->returnMode = SFRM_Materialize;
	info->setResult = result->store;
	info->setDesc = result->desc;
	MemoryContextSwitchTo(old);
	return result;
}

/* Adds a row; copies its values. */
void
result_add(ResultRows *result, Datum *values, bool *nulls)
{
	tuplestore_putvalues(result->store, result->desc, values, nulls);
}
