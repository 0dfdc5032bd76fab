/*-------------------------------------------------------------------------
 *
 * redefine.h
 *	  What a change of a rollup makes of its definition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDEFINE_H
#define RSFED_REDEFINE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "catalog/relation.h"
#include "catalog/rollup.h"

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

/* The rollup as it is to be, but for what Redshift's description tells; palloc'd. */
extern Rollup *redefine_rollup(const Redefinition *change, const Rollup *old);

/* Adds a RedefinitionAction for what of the definition itself is another. */
extern void redefine_note_changes(List **actions, const Rollup *old, const Rollup *new);

/*
 * A WARNING for each schedule that needs the window, which the rollup has no
 * more: its runs will fail.
 */
extern void redefine_warn_schedules(const RsfedRelation *relation);

#endif							/* RSFED_REDEFINE_H */
