/*-------------------------------------------------------------------------
 *
 * names.h
 *	  Lists of names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_NAMES_H
#define RSFED_NAMES_H

#include "nodes/pg_list.h"

/* Is a name in a list of names (char *)?  Case matters. */
extern bool names_hold(const List *names, const char *name);

/* Names separated by commas, quoted where needed; palloc'd. */
extern char *names_quoted(const List *names);

/* The texts of a list (char *), joined by a separator; palloc'd. */
extern char *texts_joined(const List *texts, const char *separator);

/* A List of char * as text[], and back. */
extern Datum names_to_array(const List *names);
extern List *array_to_names(Datum array);

/* Makes a text[] of texts that are datums already. */
extern Datum texts_to_array(Datum *texts, int count);

#endif							/* RSFED_NAMES_H */
