/*-------------------------------------------------------------------------
 *
 * suggest_relation.h
 *	  Carries the properties of a relation over to its replacement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_RELATION_H
#define RSFED_SUGGEST_RELATION_H

#include "api/suggestion.h"

/*
 * A name for an object next to "name" in its schema: with the label at its
 * end, truncated to fit, and with a number if another relation that is not
 * rsfed's has the name; palloc'd.
 */
extern char *suggest_free_name(Oid schema, const char *name, const char *label);

/*
 * Writes CREATE INDEX for the new relation (quoted), with names for the time
 * before the swap.  Writes nothing for the index of the rollup's key, which
 * rsfed makes itself, unless it is more than a list of columns.  Returns all
 * as List of SuggestedIndex *.
 */
extern List *suggest_indexes(Suggestion *s, Oid relid, const char *new_relation, Oid key_index);

/* The same without statements: only the names for the time afterwards. */
extern List *suggest_kept_indexes(Oid relid);

/* Does a materialized view have content? */
extern bool suggest_is_populated(Oid relid);

/* Writes storage options, statistics targets, grants and comments for the new relation. */
extern void suggest_properties(Suggestion *s, Oid relid, const char *new_relation, bool is_table);

/*
 * Writes a comparison of old and new content, which ends the script if they
 * differ.
 */
extern void suggest_compare(Suggestion *s, Oid relid, const char *old_relation, const char *new_relation);

#endif							/* RSFED_SUGGEST_RELATION_H */
