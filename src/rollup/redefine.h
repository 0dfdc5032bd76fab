/*-------------------------------------------------------------------------
 *
 * redefine.h
 *	  Computes the new definition of a rollup from a change.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDEFINE_H
#define RSFED_REDEFINE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "catalog/relation.h"
#include "catalog/rollup.h"

/* The change: a member that is NULL leaves its property as it is. */
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

/*
 * The rollup after the change, without the facts from Redshift's description;
 * palloc'd.
 */
extern Rollup *redefine_rollup(const Redefinition *change, const Rollup *old);

/* Adds a RedefinitionAction for each changed part of the definition itself. */
extern void redefine_note_changes(List **actions, const Rollup *old, const Rollup *new);

/*
 * Raises a WARNING for each schedule that needs the window, if the rollup has
 * none any more: its runs will fail.
 */
extern void redefine_warn_schedules(const RsfedRelation *relation);

#endif							/* RSFED_REDEFINE_H */
