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
	char	   *kept_name;		/* the old one's name from then on */
} SuggestedIndex;

typedef struct Suggestion
{
	StringInfoData text;		/* without its head */
	List	   *notes;			/* of char *: what a person must look at */
	Oid			role;			/* the role of the next statement */
	Recipe	   *recipe;
	List	   *rollups;		/* of char *: final names of rollups, quoted */
	List	   *sources;		/* state of suggest_source() */
} Suggestion;

/* Adds to the notes; palloc'd as psprintf does. */
#define suggest_note(suggestion, ...) \
	((suggestion)->notes = lappend((suggestion)->notes, psprintf(__VA_ARGS__)))

#endif							/* RSFED_SUGGESTION_H */
