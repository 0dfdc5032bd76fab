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
 * table relid: List of ScopeValues *, palloc'd.  Raises 22023 if it is not
 * such an object, 42703 (with the nearest name) for an unknown column, and
 * 22023 for a column outside the key or values that do not fit.
 */
extern List *part_parse(Jsonb *part, const Rollup *rollup, Oid relid);

/* The rollup's query, for rows of that part only; palloc'd. */
extern char *part_wrap_query(const Rollup *rollup, List *values);

#endif							/* RSFED_PART_H */
