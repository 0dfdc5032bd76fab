/*-------------------------------------------------------------------------
 *
 * script.h
 *	  Pieces of the scripts that rsfed writes: export() and suggest_rollup().
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SCRIPT_H
#define RSFED_SCRIPT_H

#include "lib/stringinfo.h"

/*
 * Pins what the look of values and names depends on, beside what a run pins: the
 * search_path is pg_catalog alone, so that all other names are qualified.  To be
 * called after run_settings_pin(), whose level ends it.
 */
extern void script_fix_settings(void);

/* A comment: whatever is in the text, it stays one line. */
extern void script_comment(StringInfo script, const char *text);

/* A statement, each line of which is commented out: without the "-- " it is as it was. */
extern void script_commented_out(StringInfo script, const char *statement);

/* A text in dollar quotes whose tag, which begins with that word, does not occur in it. */
extern void script_dollar_quoted(StringInfo script, const char *word, const char *text);

/* SET ROLE or RESET ROLE, unless *role, whom statements run as, is that role already. */
extern void script_become(StringInfo script, Oid *role, Oid next);

/*
 * Adds each row of a query (one column of text) as a line, or commented out; NULLs
 * add nothing.  The query runs as the caller and reads only.
 */
extern void script_lines(StringInfo script, const char *query, int nargs, Oid *types,
						 Datum *values, bool comment);

/* The rows of such a query: List of char *, palloc'd in the current context. */
extern List *script_texts(const char *query, int nargs, Oid *types, Datum *values);

/* The same of a column of oids: a list of oids. */
extern List *script_oids(const char *query, int nargs, Oid *types, Datum *values);

/* The one text that such a query gives, palloc'd; NULL for a NULL and for no row. */
extern char *script_text(const char *query, int nargs, Oid *types, Datum *values);

/* The query of a view or materialized view, without a semicolon, palloc'd. */
extern char *script_view_definition(Oid view);

#endif							/* RSFED_SCRIPT_H */
