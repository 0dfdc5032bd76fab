/*-------------------------------------------------------------------------
 *
 * republish.h
 *	  The columns of a rollup's table that publications name, and their
 *	  changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REPUBLISH_H
#define RSFED_REPUBLISH_H

#include "catalog/relation.h"
#include "rollup/definition.h"

/*
 * Names of the rollup's columns that the table has, for a publication that
 * names columns: List of char *; NIL if it cannot: before PostgreSQL 15, and
 * for a table whose replica identity is the whole row.
 */
extern List *republish_columns(Oid relid, const Rollup *rollup);

/*
 * Puts a table into a publication, with these columns only unless NIL; if it
 * is in the publication already, it is first removed.  Runs as the current
 * user.
 */
extern void republish_add(const char *publication, Oid relid, List *columns);

/* Removes a table from a publication, as the current user. */
extern void republish_remove(const char *publication, Oid relid);

/*
 * The same for all publications of a relation that is no longer a rollup, with
 * a NOTICE.
 */
extern void republish_forget(const RsfedRelation *relation);

/*
 * Raises 55000, with a hint about the steps and their order, if subscribers of
 * the rollup could not apply changes after the change of its table.
 */
extern void republish_check(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
							const LocalColumn *columns, bool new_key);

/* The same for the rename of a column. */
extern void republish_check_rename(const RsfedRelation *relation, const char *old_name,
								   const char *new_name);

/*
 * Called before columns of the table are dropped or change their type: removes
 * these columns from publications that name them.  Returns the argument of
 * republish_again(), palloc'd.
 */
extern List *republish_without(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
							   const LocalColumn *columns);

/*
 * Called afterwards: adds the columns whose type has changed to the
 * publications again.  Adds a RedefinitionAction for each publication:
 * subscribers need the new script.
 */
extern void republish_again(const RsfedRelation *relation, const Rollup *new, List *publications,
							List **actions);

#endif							/* RSFED_REPUBLISH_H */
