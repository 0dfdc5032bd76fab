/*-------------------------------------------------------------------------
 *
 * suggest_source.h
 *	  The server of a suggested rollup.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SUGGEST_SOURCE_H
#define RSFED_SUGGEST_SOURCE_H

#include "api/suggestion.h"

/*
 * Writes the statements that make the server of a call of dblink, given by its
 * connection (NULL: not known), and returns the name of the source; palloc'd.
 * "done" stores what was written already.
 */
extern char *suggest_source(Suggestion *s, const char *connection, List **done);

/*
 * The same for the server of foreign tables: one of the wrapper rsfed, on which
 * foreign tables of that wrapper can stand.
 */
extern char *suggest_source_of_tables(Suggestion *s, Oid serverid);

#endif							/* RSFED_SUGGEST_SOURCE_H */
