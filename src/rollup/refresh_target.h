/*-------------------------------------------------------------------------
 *
 * refresh_target.h
 *	  The served table as a refresh sees it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_TARGET_H
#define RSFED_REFRESH_TARGET_H

#include "executor/tuptable.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

#include "catalog/rollup.h"

/* A column of the key, in the order of the key's index. */
typedef struct TargetKey
{
	int			column;			/* of the result, from 0 */
	AttrNumber	attnum;			/* of the table */
} TargetKey;

typedef struct RefreshTarget
{
	Oid			relid;
	Oid			owner;
	char	   *name;			/* for messages */
	char	   *sql_name;		/* with schema, quoted where needed: for hints */

	/* the result's columns, in the rollup's order, with the table's types */
	TupleDesc	desc;
	AttrNumber *attnums;		/* column i is stored in this attribute */
	bool	   *not_null;		/* the table refuses NULL in it */
	bool	   *gated_null;		/* the rollup's option not_null does */
	int		   *digits;			/* digits that count, for a float that is not in the key; 0 = all */

	/* the key; nkeys 0 without one */
	int			nkeys;
	TargetKey  *keys;
	Oid			key_index;
	Oid		   *sort_operators;
	Oid		   *sort_collations;
	bool	   *sort_nulls_first;
} RefreshTarget;

/*
 * Describes the table for a refresh of that definition, with its key if
 * with_key.  Raises if a refresh cannot work on it: not a plain table (42809),
 * a missing column (42703), no index of the key (42704), triggers, rules or a
 * foreign key from it (55000).  The caller holds a lock on rel.  palloc'd.
 */
extern RefreshTarget *target_describe(Relation rel, const Rollup *rollup, bool with_key);

/* The same for reading only: triggers, rules and foreign keys are allowed. */
extern RefreshTarget *target_describe_content(Relation rel, const Rollup *rollup, bool with_key);

/*
 * The same for an index that is still to be made: the key's columns in their
 * types' order.  keys[].attnum and key_index stay unset.
 */
extern void target_plan_key(RefreshTarget *target, const Rollup *rollup);

/*
 * Raises 40001 if the table, described again under its lock, differs from the
 * one that the rows were read for.
 */
extern void target_check_same(const RefreshTarget *before, const RefreshTarget *now);

/*
 * The unique index of exactly the rollup's key, InvalidOid if there is none:
 * valid, immediate, btree, whole columns, no predicate.
 */
extern Oid	target_find_key_index(Relation rel, const Rollup *rollup);

/* Does an index have no expressions and no predicate? */
extern bool target_is_plain_index(Relation index);

/* "(a, b)=(1, 2)" of a row of the result, for messages; palloc'd. */
extern char *target_key_text(const RefreshTarget *target, TupleTableSlot *row);

/*
 * Raises 23505 because several rows of the result have that key
 * (target_key_text).
 */
pg_noreturn extern void target_refuse_duplicate(const RefreshTarget *target, const char *key, int64 times);

/* The relation, locked; 42P01 with a hint if it is gone. */
extern Relation target_open(Oid relid, const char *name, LOCKMODE lockmode);

#endif							/* RSFED_REFRESH_TARGET_H */
