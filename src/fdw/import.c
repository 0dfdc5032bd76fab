/*-------------------------------------------------------------------------
 *
 * import.c
 *	  IMPORT FOREIGN SCHEMA.
 *
 * Policy: three views know the tables that there are: SVV_EXTERNAL_COLUMNS those
 * of a lake, SVV_ALL_COLUMNS those of Redshift and of datashares, SVV_COLUMNS also
 * late-binding views.  A table is taken from the first that has it.  A name longer
 * than PostgreSQL's is cut; the option has it whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "foreign/fdwapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"
#include "redshift/declared.h"
#include "redshift/quote.h"
#include "remote/execute.h"
#include "source/source.h"

#include "fdw/import.h"

/* Table, column, type, precision, scale, comment; what is hidden behind a materialized view is left out. */
#define EXTERNAL_QUERY \
	"/* rsfed import */ SELECT tablename, columnname, external_type, NULL::integer, NULL::integer, NULL::varchar" \
	" FROM svv_external_columns WHERE schemaname = %s ORDER BY tablename, columnnum"
#define ALL_QUERY \
	"/* rsfed import */ SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, remarks" \
	" FROM svv_all_columns WHERE database_name = current_database() AND schema_name = %s" \
	" AND table_name NOT LIKE 'mv\\\\_tbl\\\\_\\\\_%%' ORDER BY table_name, ordinal_position"
#define VIEW_QUERY \
	"/* rsfed import */ SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, remarks" \
	" FROM svv_columns WHERE table_schema = %s" \
	" AND table_name NOT LIKE 'mv\\\\_tbl\\\\_\\\\_%%' ORDER BY table_name, ordinal_position"
#define QUERY_COLUMNS 6

typedef struct Import
{
	const char *schema;			/* as a literal */
	List	   *tables;			/* ImportTable */
	MemoryContext context;
} Import;

/* Trailing blanks come from columns of type char. */
static char *
trimmed(char *text)
{
	int			length = text ? strlen(text) : 0;

	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
	return text;
}

/* Adds the tables that one view has and those before it had not. */
static void
ask_view(SourceConnection *source, Import *import, const char *query, int view)
{
	int			nrows;
	int			ncolumns;
	char	  **rows = remote_fetch_all(source->conn, psprintf(query, import->schema), &nrows, &ncolumns);
	ImportTable *table = NULL;

	for (int i = 0; i < nrows; i++)
	{
		char	  **row = &rows[i * QUERY_COLUMNS];
		char	   *name = trimmed(row[0]);
		ListCell   *lc;

		if (table == NULL || strcmp(table->name, name) != 0)
		{
			table = NULL;
			foreach(lc, import->tables)
			{
				if (strcmp(((ImportTable *) lfirst(lc))->name, name) == 0)
					table = lfirst(lc);
			}
			if (table == NULL)
			{
				table = palloc0(sizeof(ImportTable));
				table->name = name;
				table->view = view;
				import->tables = lappend(import->tables, table);
			}
		}
		if (table->view == view)
			table->rows = lappend(table->rows, row);
	}
}

static void
import_at(SourceConnection *source, void *arg)
{
	Import	   *import = arg;
	MemoryContext old = MemoryContextSwitchTo(import->context);

	/* an attempt at another member may have come before */
	import->tables = NIL;
	ask_view(source, import, EXTERNAL_QUERY, 1);
	ask_view(source, import, ALL_QUERY, 2);
	ask_view(source, import, VIEW_QUERY, 3);
	MemoryContextSwitchTo(old);
}

/* See import.h. */
char *
import_local_name(const char *name, List *taken, const char *what)
{
	int			length = strlen(name);
	char	   *cut = pnstrdup(name, pg_mbcliplen(name, length, NAMEDATALEN - 1));

	for (int n = 2; names_hold(taken, cut); n++)
	{
		char	   *suffix = psprintf("_%d", n);

		cut = psprintf("%.*s%s", pg_mbcliplen(name, length, NAMEDATALEN - 1 - (int) strlen(suffix)), name, suffix);
	}
	if (what != NULL && strcmp(cut, name) != 0)
		ereport(NOTICE,
				(errmsg("%s \"%s\" of Redshift is named \"%s\" here", what, name, cut)));
	return cut;
}

/* What the column of a view's row is here; NULL, with a NOTICE, for one that cannot be had. */
static ImportColumn *
import_column(const char *table, char **row, List *taken, bool notices)
{
	char	   *name = trimmed(row[1]);
	char	   *spelled = trimmed(row[2]);
	DeclaredType type;
	ImportColumn *column;

	/* pseudo-columns of external tables cost a scan; they are read by rsfed.query() */
	if (name[0] == '$')
		return NULL;
	if (spelled == NULL || !redshift_declared_type(spelled, row[3] ? atoi(row[3]) : -1, row[4] ? atoi(row[4]) : -1, &type))
	{
		if (notices)
			ereport(NOTICE,
					(errmsg("column \"%s\" of table \"%s\" is left out", name, table),
					 errdetail("Its type, %s, is not one that rsfed knows.", spelled ? spelled : "not known")));
		return NULL;
	}
	if (type.is_complex && notices)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" is jsonb here", name, table),
				 errdetail("In Redshift it is %s, which can only be read as a whole if Redshift sends it as JSON.", spelled)));
	column = palloc0(sizeof(ImportColumn));
	column->name = name;
	column->local = import_local_name(name, taken, notices ? "column" : NULL);
	column->type = type.local;
	column->is_char = type.is_char;
	column->comment = row[5] && *row[5] ? row[5] : NULL;
	return column;
}

/* See import.h. */
List *
import_columns(const ImportTable *table, bool notices)
{
	List	   *columns = NIL;
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, table->rows)
	{
		ImportColumn *column = import_column(table->name, lfirst(lc), taken, notices);

		if (column == NULL)
			continue;
		taken = lappend(taken, column->local);
		columns = lappend(columns, column);
	}
	return columns;
}

/* The whole statement; NULL if no column of the table can be had. */
static char *
table_definition(ImportForeignSchemaStmt *stmt, const ImportTable *table, const char *local)
{
	List	   *columns = import_columns(table, true);
	StringInfoData buf;
	ListCell   *lc;

	if (columns == NIL)
	{
		ereport(NOTICE,
				(errmsg("table \"%s\" is left out, since none of its columns can be had", table->name)));
		return NULL;
	}
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(local));
	foreach(lc, columns)
	{
		const ImportColumn *column = lfirst(lc);

		appendStringInfo(&buf, "%s%s %s", lc == list_head(columns) ? "" : ", ", quote_identifier(column->local), column->type);
		if (strcmp(column->local, column->name) != 0)
			appendStringInfo(&buf, " OPTIONS (column_name %s%s)", quote_literal_cstr(column->name),
							 column->is_char ? ", blank_safe 'on'" : "");
		else if (column->is_char)
			appendStringInfoString(&buf, " OPTIONS (blank_safe 'on')");
	}
	appendStringInfo(&buf, ") SERVER %s OPTIONS (schema_name %s, table_name %s)",
					 quote_identifier(stmt->server_name), quote_literal_cstr(stmt->remote_schema),
					 quote_literal_cstr(table->name));
	return buf.data;
}

/* See import.h. */
List *
import_tables(const char *server, const char *schema)
{
	SourceRequest request = {0};
	Import		import = {0};

	import.schema = redshift_quote_literal(schema);
	import.context = CurrentMemoryContext;
	request.source = server;
	request.userid = GetUserId();
	request.label = "rsfed import";
	source_with(&request, import_at, &import);
	if (import.tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("schema \"%s\" on server \"%s\" has no tables that can be seen", schema, server),
				 errhint("Write its name in lower case, as Redshift stores it, and check that the user there has USAGE on it.")));
	return import.tables;
}

/* See import.h. */
List *
live_import(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	List	   *statements = NIL;
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, stmt->options)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown option \"%s\"", ((DefElem *) lfirst(lc))->defname),
				 errdetail("IMPORT FOREIGN SCHEMA from Redshift has no options.")));
	foreach(lc, import_tables(stmt->server_name, stmt->remote_schema))
	{
		const ImportTable *table = lfirst(lc);
		char	   *local = pnstrdup(table->name, pg_mbcliplen(table->name, strlen(table->name), NAMEDATALEN - 1));
		char	   *statement;

		if (!IsImportableForeignTable(local, stmt))
			continue;
		local = import_local_name(table->name, taken, "table");
		statement = table_definition(stmt, table, local);
		if (statement == NULL)
			continue;
		taken = lappend(taken, local);
		statements = lappend(statements, statement);
	}
	return statements;
}
