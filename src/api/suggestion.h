/*-------------------------------------------------------------------------
 *
 * suggestion.h
 *	  A script of suggest_rollup() while it is being written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGESTION_H
#define RSFED_SUGGESTION_H

#include "lib/stringinfo.h"

#include "api/recipe.h"

/* An index that gets another name when the old relation makes way for the new one. */
typedef struct SuggestedIndex
{
	Oid			old;
	char	   *name;			/* its name, which the new one gets in the end */
	char	   *new_name;		/* the new one's until then; NULL if rsfed makes it */
	char	   *kept_name;		/* the old one's from then on */
} SuggestedIndex;

typedef struct Suggestion
{
	StringInfoData text;		/* without its head */
	List	   *notes;			/* of char *: what a person must look at */
	Oid			role;			/* as which the next statement runs */
	Recipe	   *recipe;
	List	   *rollups;		/* of char *: names that rollups have in the end, quoted */
	List	   *sources;		/* what suggest_source() remembers */
} Suggestion;

/* Adds to the notes; palloc'd as psprintf does. */
#define suggest_note(suggestion, ...) \
	((suggestion)->notes = lappend((suggestion)->notes, psprintf(__VA_ARGS__)))

#endif							/* RSFED_SUGGESTION_H */
