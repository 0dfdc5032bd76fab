/*-------------------------------------------------------------------------
 *
 * reshape.h
 *	  Changes a served table as a new definition needs it.
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

/*
 * Does the table already have the columns, types and key that the definition
 * needs?
 */
extern bool reshape_is_needless(Relation rel, const Rollup *old, const Rollup *new,
								const LocalColumn *columns);

/* Has the attribute the type (and collation) that the column needs? */
extern bool reshape_same_type(Form_pg_attribute attr, const LocalColumn *column);

/* A column's type as SQL text; palloc'd. */
extern char *reshape_shown_type(const LocalColumn *column);

/* Does the key change, or the kind of its index? */
extern bool reshape_changes_key(const Rollup *old, const Rollup *new);

/*
 * The target as it will be after reshaping, so that rows can be read and
 * sorted before the table is changed.  Attribute numbers and the index are not
 * known yet.
 */
extern RefreshTarget *reshape_target(Oid relid, const Rollup *new, const LocalColumn *columns,
									 bool with_key);

/*
 * Takes ACCESS EXCLUSIVE on the table in several short tries, so that readers
 * do not wait for long; raises 55P03 if none succeeds.
 */
extern void reshape_lock(Oid relid);

/*
 * Runs ALTER TABLE for columns that are dropped, added or change their type,
 * and drops the old key's index if drop_key, as well as constraints that the
 * new definition does not name.  The caller holds ACCESS EXCLUSIVE.
 */
extern void reshape_columns(Oid relid, const Rollup *old, const Rollup *new,
							const LocalColumn *columns, bool drop_key, List **actions);

/* Makes the new key's index, after the rows are written. */
extern void reshape_create_key(Oid relid, const Rollup *new, List **actions);

/* Runs SET NOT NULL for columns that need it and do not have it. */
extern void reshape_not_null(Oid relid, const Rollup *new, const LocalColumn *columns,
							 List **actions);

/* Sets the storage options of the table. */
extern void reshape_options(Oid relid, const Rollup *old, const Rollup *new, List **actions);

#endif							/* RSFED_RESHAPE_H */
