/*-------------------------------------------------------------------------
 *
 * import.c
 *	  IMPORT FOREIGN SCHEMA.
 *
 * Policy: three views list the tables: SVV_EXTERNAL_COLUMNS has those of a
 * data lake, SVV_ALL_COLUMNS those of Redshift and of datashares, and
 * SVV_COLUMNS also late-binding views.  A table is taken from the first view
 * that has it.
 *
 * A name longer than PostgreSQL's limit is truncated, with a hash if the
 * truncated name is taken; the option has the full name.  Names that differ
 * only in case are kept, since PostgreSQL distinguishes quoted names.  But
 * unless the server's option says that Redshift does so, too, a name with
 * upper case letters would refer to another column in Redshift, or to none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "foreign/fdwapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/names.h"
#include "redshift/declared.h"
#include "redshift/quote.h"
#include "remote/execute.h"
#include "source/source.h"
#include "source/target.h"

#include "fdw/import.h"

/*
 * Table, column, type, precision, scale, comment.  The internal tables of
 * materialized views are left out.
 */
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

/* The number of the view of external tables, in the order of the queries. */
#define EXTERNAL_VIEW 1

#define COMMENT_QUERY \
	"/* rsfed import */ SELECT table_name, remarks FROM svv_all_tables" \
	" WHERE database_name = current_database() AND schema_name = %s AND remarks IS NOT NULL"
#define COMMENT_COLUMNS 2

typedef struct Import
{
	const char *schema;			/* as a literal */
	List	   *tables;			/* ImportTable */
	MemoryContext context;
} Import;

/* A comment on a table that is not created yet. */
typedef struct ImportComment
{
	char	   *table;			/* local name */
	char	   *column;			/* local name; NULL = for the table itself */
	char	   *text;
} ImportComment;

/*
 * The comments of the last IMPORT FOREIGN SCHEMA of the transaction, and their
 * memory context.
 */
static List *comments = NIL;
static char *comments_server = NULL;
static MemoryContext comments_context = NULL;

/* Removes trailing blanks, which come from columns of type char. */
static char *
trimmed(char *text)
{
	int			length = text ? strlen(text) : 0;

	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
	return text;
}

/* Adds the tables of a view that the previous views do not have. */
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

/* Fetches the comments of the tables. */
static void
ask_comments(SourceConnection *source, Import *import)
{
	int			nrows;
	int			ncolumns;
	char	  **rows = remote_fetch_all(source->conn, psprintf(COMMENT_QUERY, import->schema), &nrows, &ncolumns);

	for (int i = 0; i < nrows; i++)
	{
		char	  **row = &rows[i * COMMENT_COLUMNS];
		ListCell   *lc;

		foreach(lc, import->tables)
		{
			ImportTable *table = lfirst(lc);

			if (*row[1] && strcmp(table->name, trimmed(row[0])) == 0)
				table->comment = row[1];
		}
	}
}

/*
 * A name truncated to PostgreSQL's limit.  If that name is taken, it gets a
 * hash of the full name, which does not depend on the other names.
 */
static char *
local_name(const char *name, const List *taken)
{
	int			length = strlen(name);
	char	   *cut = pnstrdup(name, pg_mbcliplen(name, length, NAMEDATALEN - 1));
	uint32		hash = hash_bytes((const unsigned char *) name, length);

	for (; names_hold(taken, cut); hash++)
		cut = psprintf("%.*s_%08x", pg_mbcliplen(name, length, NAMEDATALEN - 1 - 9), name, hash);
	return cut;
}

static void
import_at(SourceConnection *source, void *arg)
{
	Import	   *import = arg;
	MemoryContext old = MemoryContextSwitchTo(import->context);
	bool		is_case_sensitive = target_session(GetForeignServer(source->serverid), NULL, false)->case_sensitive;
	List	   *taken = NIL;
	ListCell   *lc;

	/* another member may have been tried before */
	import->tables = NIL;
	ask_view(source, import, EXTERNAL_QUERY, EXTERNAL_VIEW);
	ask_view(source, import, ALL_QUERY, 2);
	ask_view(source, import, VIEW_QUERY, 3);
	ask_comments(source, import);
	foreach(lc, import->tables)
	{
		ImportTable *table = lfirst(lc);

		table->is_case_sensitive = is_case_sensitive;
		table->local = local_name(table->name, taken);
		taken = lappend(taken, table->local);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Can the name be used in PostgreSQL, and in this server's sessions, in which
 * quotes may not preserve upper case?
 */
static bool
is_reachable(const ImportTable *table, const char *name)
{
	for (const char *c = name; *c && !table->is_case_sensitive; c++)
	{
		if (*c >= 'A' && *c <= 'Z')
			return false;
	}
	return *name != '\0';
}

/*
 * Is the column a pseudo-column of an external table?  These cost a scan even if
 * no other column is read, so they are only read by rsfed.query().  Any other
 * column may have such a name, too.
 */
static bool
is_pseudo_column(const ImportTable *table, const char *name)
{
	return table->view == EXTERNAL_VIEW &&
		(strcmp(name, "$path") == 0 || strcmp(name, "$size") == 0 || strcmp(name, "$spectrum_oid") == 0);
}

static void
tell_unreachable(const char *what, const char *name)
{
	if (*name == '\0')
		ereport(NOTICE,
				(errmsg("%s is left out, since its name has nothing but blanks", what)));
	else
		ereport(NOTICE,
				(errmsg("%s is left out, since its name has upper case letters", what),
				 errdetail("Redshift reads it as lower case, and that is another name."),
				 errhint("The option enable_case_sensitive_identifier of the server keeps them.")));
}

static void
tell_renamed(const char *what, const char *name, const char *local)
{
	if (strcmp(local, name) != 0)
		ereport(NOTICE,
				(errmsg("%s \"%s\" of Redshift is named \"%s\" here", what, name, local)));
}

/*
 * The local column for a row of a view; NULL, with a NOTICE, if it cannot be
 * imported.
 */
static ImportColumn *
import_column(const ImportTable *table, char **row, List *taken, bool notices)
{
	char	   *name = trimmed(row[1]);
	char	   *spelled = trimmed(row[2]);
	DeclaredType type;
	ImportColumn *column;

	if (is_pseudo_column(table, name))
		return NULL;
	if (!is_reachable(table, name))
	{
		if (notices)
			tell_unreachable(psprintf("column \"%s\" of table \"%s\"", name, table->name), name);
		return NULL;
	}
	if (spelled == NULL || !redshift_declared_type(spelled, row[3] ? atoi(row[3]) : -1, row[4] ? atoi(row[4]) : -1, &type))
	{
		if (notices)
			ereport(NOTICE,
					(errmsg("column \"%s\" of table \"%s\" is left out", name, table->name),
					 errdetail("Its type, %s, is not one that rsfed knows.", spelled ? spelled : "not known")));
		return NULL;
	}
	if (type.is_complex && notices)
		ereport(NOTICE,
				(errmsg("column \"%s\" of table \"%s\" is jsonb here", name, table->name),
				 errdetail("In Redshift it is %s, which is read as JSON; a value whose JSON is longer than 65535 bytes comes as NULL.", spelled)));
	column = palloc0(sizeof(ImportColumn));
	column->name = name;
	column->local = local_name(name, taken);
	if (notices)
		tell_renamed("column", name, column->local);
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

	foreach(lc, is_reachable(table, table->name) ? table->rows : NIL)
	{
		ImportColumn *column = import_column(table, lfirst(lc), taken, notices);

		if (column == NULL)
			continue;
		taken = lappend(taken, column->local);
		columns = lappend(columns, column);
	}
	return columns;
}

/* See import.h. */
char *
import_column_definition(const ImportColumn *column)
{
	StringInfoData buf;
	const char *before = " OPTIONS (";

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s %s", quote_identifier(column->local), column->type);
	if (strcmp(column->local, column->name) != 0)
	{
		appendStringInfo(&buf, "%scolumn_name %s", before, quote_literal_cstr(column->name));
		before = ", ";
	}
	if (column->is_char)
	{
		appendStringInfo(&buf, "%sis_char 'on'", before);
		before = ", ";
	}
	if (*before == ',')
		appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* Stores a comment until its table is created. */
static void
keep_comment(const char *table, const char *column, const char *text)
{
	MemoryContext old = MemoryContextSwitchTo(comments_context);
	ImportComment *comment = palloc(sizeof(ImportComment));

	comment->table = pstrdup(table);
	comment->column = column ? pstrdup(column) : NULL;
	comment->text = pstrdup(text);
	comments = lappend(comments, comment);
	MemoryContextSwitchTo(old);
}

/* The comments are freed with the transaction. */
static void
comments_reset(void *arg)
{
	comments = NIL;
	comments_server = NULL;
	comments_context = NULL;
}

/* Discards the comments of a previous import. */
static void
begin_comments(const char *server)
{
	MemoryContextCallback *callback;

	if (comments_context != NULL)
		MemoryContextDelete(comments_context);
	comments_context = AllocSetContextCreate(TopTransactionContext, "rsfed imported comments", ALLOCSET_SMALL_SIZES);
	callback = MemoryContextAllocZero(comments_context, sizeof(MemoryContextCallback));
	callback->func = comments_reset;
	MemoryContextRegisterResetCallback(comments_context, callback);
	comments_server = MemoryContextStrdup(comments_context, server);
}

/*
 * The CREATE FOREIGN TABLE statement; NULL if no column of the table can be
 * imported.
 */
static char *
table_definition(ImportForeignSchemaStmt *stmt, const ImportTable *table)
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
	appendStringInfo(&buf, "CREATE FOREIGN TABLE %s (", quote_identifier(table->local));
	foreach(lc, columns)
	{
		const ImportColumn *column = lfirst(lc);

		appendStringInfo(&buf, "%s%s", lc == list_head(columns) ? "" : ", ", import_column_definition(column));
		if (column->comment != NULL)
			keep_comment(table->local, column->local, column->comment);
	}
	appendStringInfo(&buf, ") SERVER %s OPTIONS (schema_name %s, table_name %s)",
					 quote_identifier(stmt->server_name), quote_literal_cstr(stmt->remote_schema),
					 quote_literal_cstr(table->name));
	if (table->comment != NULL)
		keep_comment(table->local, NULL, table->comment);
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
	ListCell   *lc;

	foreach(lc, stmt->options)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown option \"%s\"", ((DefElem *) lfirst(lc))->defname),
				 errdetail("IMPORT FOREIGN SCHEMA from Redshift has no options.")));
	begin_comments(stmt->server_name);
	foreach(lc, import_tables(stmt->server_name, stmt->remote_schema))
	{
		const ImportTable *table = lfirst(lc);
		char	   *statement;

		/* by the local name, since PostgreSQL itself checks it again */
		if (!IsImportableForeignTable(table->local, stmt))
			continue;
		if (!is_reachable(table, table->name))
		{
			tell_unreachable(psprintf("table \"%s\"", table->name), table->name);
			continue;
		}
		tell_renamed("table", table->name, table->local);
		statement = table_definition(stmt, table);
		if (statement != NULL)
			statements = lappend(statements, statement);
	}
	return statements;
}

/* See import.h. */
void
import_comment(const ImportForeignSchemaStmt *stmt)
{
	Oid			schema = get_namespace_oid(stmt->local_schema, true);
	ListCell   *lc;

	if (comments_server == NULL || strcmp(comments_server, stmt->server_name) != 0)
		return;
	foreach(lc, comments)
	{
		const ImportComment *comment = lfirst(lc);
		Oid			relid = get_relname_relid(comment->table, schema);
		AttrNumber	attnum = comment->column && OidIsValid(relid) ? get_attnum(relid, comment->column) : 0;

		if (OidIsValid(relid) && (comment->column == NULL || attnum != InvalidAttrNumber))
			CreateComments(relid, RelationRelationId, attnum, comment->text);
	}
	MemoryContextDelete(comments_context);
}
