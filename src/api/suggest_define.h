/*-------------------------------------------------------------------------
 *
 * suggest_define.h
 *	  The definition of a suggested rollup.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_DEFINE_H
#define RSFED_SUGGEST_DEFINE_H

#include "api/suggestion.h"

typedef struct RollupDraft
{
	char	   *name;			/* quoted, with schema; set by the caller */
	char	   *source;
	char	   *query;			/* NULL if it is not known yet; then */
	char	   *expression;		/* the expression that builds it in the view, or */
	char	   *pushed;			/* the definition that rsfed.pushed() translates, */
	char	   *live_schema;	/* over the foreign tables there, and */
	List	   *tables;			/* the tables that they are modeled on: oids */
	char	   *columns;
	List	   *key;			/* of char *; NIL and */
	const char *method;			/* NULL: derived from the query */
	Oid			key_index;		/* the index that gave the key */
} RollupDraft;

/*
 * Fills the draft from a call of dblink.  With origins, the rollup has the columns
 * of the view, and its key by a unique index; without, those of the call.
 */
extern void suggest_draft_call(Suggestion *s, RollupDraft *draft, const RecipeCall *call,
							   const RecipeOrigin *origins);

/*
 * Fills the draft, including the source, from the definition of a view over
 * foreign tables.  Raises 0A000 if they are not all on one server that rsfed
 * can use, and the errors of rsfed.pushed().
 */
extern void suggest_draft_tables(Suggestion *s, RollupDraft *draft);

/* Writes the statements that make the rollup, or refresh the existing one. */
extern void suggest_define(Suggestion *s, const RollupDraft *draft);

/* Writes the comparison with the view, if the view has any content. */
extern void suggest_populated_compare(Suggestion *s, const char *new_relation);

/*
 * The columns of a relation, separated by commas, quoted where needed;
 * palloc'd.
 */
extern char *suggest_column_names(Oid relid);

#endif							/* RSFED_SUGGEST_DEFINE_H */
