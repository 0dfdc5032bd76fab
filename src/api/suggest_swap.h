/*-------------------------------------------------------------------------
 *
 * suggest_swap.h
 *	  The transaction in which a suggested rollup takes a view's place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_SWAP_H
#define RSFED_SUGGEST_SWAP_H

#include "api/suggestion.h"

/* A materialized view that makes way for something under its name. */
typedef struct Swap
{
	Oid			relid;
	bool		is_table;		/* a rollup takes its place */
	char	   *new_name;		/* its replacement; NULL if that is made in the swap */
	List	   *indexes;		/* of SuggestedIndex * */
	bool		has_key;		/* rsfed makes an index for it */
} Swap;

/* Writes the renames; stores the new name of the old one in *kept, quoted. */
extern void suggest_rename(Suggestion *s, const Swap *swap, List **kept);

/*
 * Writes new definitions for all views that read the old relation, directly or
 * through materialized views; *kept gets the old names of these views.
 */
extern void suggest_dependents(Suggestion *s, Oid relid, List **kept);

/* Writes CREATE OR REPLACE VIEW with that definition, with the view's own options. */
extern void suggest_replace_view(Suggestion *s, Oid view, const char *definition);

/* schema.name, quoted where needed; palloc'd. */
extern char *suggest_qualified(Oid relid);

#endif							/* RSFED_SUGGEST_SWAP_H */
