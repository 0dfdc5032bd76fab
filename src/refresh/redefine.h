/*-------------------------------------------------------------------------
 *
 * redefine.h
 *	  Changing a rollup that is in use.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDEFINE_H
#define RSFED_REDEFINE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "catalog/relation.h"

/* What to change: NULL leaves a thing as it is. */
typedef struct Redefinition
{
	RsfedRelation *relation;
	char	   *query;
	bool		has_key;
	List	   *key;			/* of char *, if has_key; NIL = infer it, or none */
	char	   *source;
	char	   *method;
	char	   *columns;		/* empty = no longer pinned */
	Jsonb	   *options;		/* laid over the present ones */
	bool		populate;
} Redefinition;

typedef struct RedefinitionAction
{
	const char *action;			/* a word or two: add column, refresh */
	const char *detail;
} RedefinitionAction;

/*
 * Makes the change in the current transaction, as the current user, and
 * returns what was done: List of RedefinitionAction *.  Where the table has to
 * change, the new result is fetched first and the table then locked ACCESS
 * EXCLUSIVE for as long as it takes to write it (55P03 if the lock is not to
 * be had).
 */
extern List *rollup_redefine(const Redefinition *change);

#endif							/* RSFED_REDEFINE_H */
