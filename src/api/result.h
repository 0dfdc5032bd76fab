/*-------------------------------------------------------------------------
 *
 * result.h
 *	  Results of set-returning SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RESULT_H
#define RSFED_RESULT_H

#include "access/tupdesc.h"
#include "fmgr.h"
#include "utils/tuplestore.h"

typedef struct ResultRows
{
	Tuplestorestate *store;
	TupleDesc	desc;
} ResultRows;

/*
 * Begins a materialized result, which spills to disk beyond work_mem, of the
 * type that the function is declared or called with.  Raises 0A000 if the
 * caller does not accept a set.
 */
extern ResultRows *result_begin(FunctionCallInfo fcinfo);

/* The same with a row type that the function supplies. */
extern ResultRows *result_begin_as(FunctionCallInfo fcinfo, TupleDesc desc);

/* Adds a row; copies its values. */
extern void result_add(ResultRows *result, Datum *values, bool *nulls);

#endif							/* RSFED_RESULT_H */
