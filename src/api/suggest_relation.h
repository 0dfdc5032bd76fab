/*-------------------------------------------------------------------------
 *
 * suggest_relation.h
 *	  What belongs to a relation, for the one that takes its place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_RELATION_H
#define RSFED_SUGGEST_RELATION_H

#include "api/suggestion.h"

/*
 * A name for something beside "name" in its schema: with the label at its end, cut
 * to fit, and a number where a relation has it that is not rsfed's; palloc'd.
 */
extern char *suggest_free_name(Oid schema, const char *name, const char *label);

/*
 * Writes CREATE INDEX for the new relation (quoted), with names for the time
 * before the swap.  For the index of the rollup's key, which rsfed makes itself,
 * nothing is written unless it is more than a list of columns.  Returns all as
 * List of SuggestedIndex *.
 */
extern List *suggest_indexes(Suggestion *s, Oid relid, const char *new_relation, Oid key_index);

/* The same, without statements: names for the time afterwards only. */
extern List *suggest_kept_indexes(Oid relid);

/* Has a materialized view content? */
extern bool suggest_is_populated(Oid relid);

/* Writes storage options, statistics targets, grants and comments for the new relation. */
extern void suggest_properties(Suggestion *s, Oid relid, const char *new_relation, bool is_table);

/* Writes a comparison of old and new content, which ends the script where they differ. */
extern void suggest_compare(Suggestion *s, Oid relid, const char *old_relation, const char *new_relation);

#endif							/* RSFED_SUGGEST_RELATION_H */
