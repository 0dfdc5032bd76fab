/*-------------------------------------------------------------------------
 *
 * republish.h
 *	  What publications show of a rollup's table, and how that changes with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REPUBLISH_H
#define RSFED_REPUBLISH_H

#include "catalog/relation.h"
#include "rollup/definition.h"

/*
 * Names of the rollup's columns that the table has, for a publication that names
 * columns: List of char *; NIL where it cannot: before PostgreSQL 15, and of a
 * table whose replica identity is the whole row.
 */
extern List *republish_columns(Oid relid, const Rollup *rollup);

/*
 * Puts a table into a publication, with these columns only unless NIL; one that is
 * in it already is first taken out.  As the current user.
 */
extern void republish_add(const char *publication, Oid relid, List *columns);

/* Takes a table out of a publication.  As the current user. */
extern void republish_remove(const char *publication, Oid relid);

/* The same for all publications of a rollup that is no rollup any more, with a NOTICE. */
extern void republish_forget(const RsfedRelation *relation);

/*
 * Raises 55000 where subscribers of the rollup could not apply what comes after the
 * change of its table, with the order in which to go about it.
 */
extern void republish_check(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
							const LocalColumn *columns, bool new_key);

/* The same for a column that is renamed. */
extern void republish_check_rename(const RsfedRelation *relation, const char *old_name,
								   const char *new_name);

/*
 * Before columns of the table go or change their type: publications that name
 * columns do not name these any more.  Returns what republish_again() is to be
 * given, palloc'd.
 */
extern List *republish_without(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
							   const LocalColumn *columns);

/*
 * Afterwards: those whose type has changed are named again.  Adds a
 * RedefinitionAction for each publication: subscribers are to be given the new script.
 */
extern void republish_again(const RsfedRelation *relation, const Rollup *new, List *publications,
							List **actions);

#endif							/* RSFED_REPUBLISH_H */
