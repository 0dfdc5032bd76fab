/*-------------------------------------------------------------------------
 *
 * script.c
 *	  Pieces of the scripts that rsfed writes: export() and suggest_rollup().
 *
 * Policy: every name and value goes through quote_identifier and
 * quote_literal_cstr, or the same of format(); queries are dollar-quoted, and
 * other text of users appears in a script only in comments, on one line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "api/script.h"
#include "base/compat.h"

void
script_fix_settings(void)
{
	static const char *const settings[][2] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"TimeZone", "UTC"},
	};

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

void
script_comment(StringInfo script, const char *text)
{
	appendStringInfoString(script, "-- ");
	for (; *text; text++)
		appendStringInfoChar(script, *text == '\n' || *text == '\r' ? ' ' : *text);
	appendStringInfoChar(script, '\n');
}

void
script_commented_out(StringInfo script, const char *statement)
{
	appendStringInfoString(script, "-- ");
	for (; *statement; statement++)
	{
		appendStringInfoChar(script, *statement);
		/* psql ends a comment at either */
		if (*statement == '\n' || *statement == '\r')
			appendStringInfoString(script, "-- ");
	}
	appendStringInfoChar(script, '\n');
}

void
script_dollar_quoted(StringInfo script, const char *word, const char *text)
{
	char	   *tag = psprintf("$%s", word);

	/*
	 * without the closing $, because the text may end with the part before it
	 */
	for (int i = 2; strstr(text, tag) != NULL; i++)
		tag = psprintf("$%s%d", word, i);
	appendStringInfo(script, "%s$%s%s$", tag, text, tag);
}

void
script_become(StringInfo script, Oid *role, Oid next)
{
	if (*role == next)
		return;
	if (next == GetUserId())
		appendStringInfoString(script, "RESET ROLE;\n");
	else
		appendStringInfo(script, "SET ROLE %s;\n", quote_identifier(GetUserNameFromId(next, false)));
	*role = next;
}

List *
script_texts(const char *query, int nargs, Oid *types, Datum *values)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *texts = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(query, nargs, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run: %s", query);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *text = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		MemoryContext spi;

		if (text == NULL)
			continue;
		spi = MemoryContextSwitchTo(caller);
		texts = lappend(texts, pstrdup(text));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return texts;
}

List *
script_oids(const char *query, int nargs, Oid *types, Datum *values)
{
	List	   *oids = NIL;
	ListCell   *lc;

	foreach(lc, script_texts(query, nargs, types, values))
		oids = lappend_oid(oids, atooid((char *) lfirst(lc)));
	return oids;
}

void
script_lines(StringInfo script, const char *query, int nargs, Oid *types, Datum *values, bool comment)
{
	ListCell   *lc;

	foreach(lc, script_texts(query, nargs, types, values))
	{
		if (comment)
			script_commented_out(script, lfirst(lc));
		else
			appendStringInfo(script, "%s\n", (char *) lfirst(lc));
	}
}

char *
script_text(const char *query, int nargs, Oid *types, Datum *values)
{
	List	   *texts = script_texts(query, nargs, types, values);

	if (list_length(texts) > 1)
		elog(ERROR, "several rows of: %s", query);
	return texts == NIL ? NULL : linitial(texts);
}

char *
script_view_definition(Oid view)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(view)};

	return script_text("SELECT rtrim(pg_get_viewdef($1), ';')", 1, types, values);
}
