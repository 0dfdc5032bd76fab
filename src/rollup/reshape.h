/*-------------------------------------------------------------------------
 *
 * reshape.h
 *	  The changes of a served table that a new definition needs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RESHAPE_H
#define RSFED_RESHAPE_H

#include "catalog/pg_attribute.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

#include "rollup/definition.h"
#include "rollup/refresh_target.h"

/* Are columns, types and key of the table already what the definition needs? */
extern bool reshape_is_needless(Relation rel, const Rollup *old, const Rollup *new,
								const LocalColumn *columns);

/* Has the attribute the type (and collation) that the column needs? */
extern bool reshape_same_type(Form_pg_attribute attr, const LocalColumn *column);

/* A column's type as a reader would write it; palloc'd. */
extern char *reshape_shown_type(const LocalColumn *column);

/* Is the key another one, or kept by another kind of index? */
extern bool reshape_changes_key(const Rollup *old, const Rollup *new);

/*
 * The target as it will be after reshaping: what rows can be read and sorted
 * for before the table is touched.  Attribute numbers and the index are not
 * known yet.
 */
extern RefreshTarget *reshape_target(Oid relid, const Rollup *new, const LocalColumn *columns,
									 bool with_key);

/*
 * Takes ACCESS EXCLUSIVE on the table without keeping readers waiting for long:
 * several short tries; 55P03 if none succeeds.
 */
extern void reshape_lock(Oid relid);

/*
 * ALTER TABLE for columns that go, come or change their type, and for the old
 * key's index if drop_key; constraints that the new definition does not name
 * go too.  The caller holds ACCESS EXCLUSIVE.
 */
extern void reshape_columns(Oid relid, const Rollup *old, const Rollup *new,
							const LocalColumn *columns, bool drop_key, List **actions);

/* The new key's index, once the rows are there. */
extern void reshape_create_key(Oid relid, const Rollup *new, List **actions);

/* SET NOT NULL where the new definition wants it and the table does not have it. */
extern void reshape_not_null(Oid relid, const Rollup *new, const LocalColumn *columns,
							 List **actions);

/* Storage options of the table. */
extern void reshape_options(Oid relid, const Rollup *old, const Rollup *new, List **actions);

#endif							/* RSFED_RESHAPE_H */
