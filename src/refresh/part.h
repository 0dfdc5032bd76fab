/*-------------------------------------------------------------------------
 *
 * part.h
 *	  The argument part of a refresh: key columns and their values.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_PART_H
#define RSFED_PART_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "catalog/rollup.h"

/*
 * Reads '{"column": [values], ...}' (or one value instead of a list) for the
 * table relid: List of ScopeValues *, palloc'd.  22023 for what is no such
 * object, 42703 (with the nearest name) for a column that there is not, 22023
 * for one that is not of the key or whose values do not fit.
 */
extern List *part_parse(Jsonb *part, const Rollup *rollup, Oid relid);

/* The rollup's query, for rows of that part only; palloc'd. */
extern char *part_wrap_query(const Rollup *rollup, List *values);

#endif							/* RSFED_PART_H */
