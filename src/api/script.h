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
 * Pins settings that affect the text of values and names, in addition to those
 * of a run: the search_path is only pg_catalog, so that all other names are
 * qualified.  To be called after run_settings_pin(), whose level ends it.
 */
extern void script_fix_settings(void);

/* Adds a comment: any text stays on one line. */
extern void script_comment(StringInfo script, const char *text);

/*
 * Adds a statement with each of its lines commented out; without the "-- " it is
 * the statement again.
 */
extern void script_commented_out(StringInfo script, const char *statement);

/*
 * Adds a text in dollar quotes; their tag begins with that word and does not
 * occur in the text.
 */
extern void script_dollar_quoted(StringInfo script, const char *word, const char *text);

/*
 * Adds SET ROLE or RESET ROLE, unless *role, the role of the statements, is
 * that role already.
 */
extern void script_become(StringInfo script, Oid *role, Oid next);

/*
 * Adds each row of a query (one column of text) as a line, or commented out; NULLs
 * add nothing.  The query runs as the caller and reads only.
 */
extern void script_lines(StringInfo script, const char *query, int nargs, Oid *types,
						 Datum *values, bool comment);

/*
 * The rows of such a query: List of char *, palloc'd in the current context.
 */
extern List *script_texts(const char *query, int nargs, Oid *types, Datum *values);

/* The same for a column of oids: a list of oids. */
extern List *script_oids(const char *query, int nargs, Oid *types, Datum *values);

/*
 * The single text that such a query returns, palloc'd; NULL for a NULL and for
 * no row.
 */
extern char *script_text(const char *query, int nargs, Oid *types, Datum *values);

/* The query of a view or materialized view, without a semicolon, palloc'd. */
extern char *script_view_definition(Oid view);

#endif							/* RSFED_SCRIPT_H */
