/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Converts remote rows to local values.
 *
 * Policy: text from the wire is never trusted: it is verified and converted to
 * the database's encoding before an input function sees it.  Settings that
 * affect input functions (DateStyle, IntervalStyle, TimeZone) are pinned to
 * the output format of Redshift's session.  The variables are set directly
 * while a row is read: three changes of settings per row would cost more than
 * reading it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/types.h"
#include "source/quick.h"
#include "source/rows.h"

/* A value in a message is truncated to that many bytes. */
#define SHOWN_VALUE_BYTES 100

/* The way to read one column of the local row. */
typedef struct ColumnReader
{
	int			source;			/* ordinal of the remote column */
	const char *name;			/* its name, for messages */
	QuickReader quick;			/* NULL: there is none for its type */
	bool		is_text;		/* just a copy of the text */
	FmgrInfo	input;
	Oid			ioparam;
	int32		typmod;
	bool		trims;			/* blank-padded char(n) */
	bool		needs_hex;		/* bare hex that bytea would misread */
} ColumnReader;

struct RowReader
{
	int			ncolumns;
	ColumnReader *column;
	int64		rows;			/* begun so far */
	const char *current_name;	/* of the column being read */
	const char *current_text;
};

static Datum read_value(ColumnReader *column, char *text, int length);
static void row_error_context(void *arg);
static char *printable(const char *text);
static char *suggested_name(const char *name, int ordinal, List *taken);

/* See rows.h. */
RowReader *
row_reader_create(RemoteColumns *columns, TupleDesc desc, const int *source_column)
{
	RowReader  *reader = palloc0(sizeof(RowReader));

	reader->ncolumns = desc->natts;
	reader->column = palloc0(Max(desc->natts, 1) * sizeof(ColumnReader));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		ColumnReader *column = &reader->column[i];
		RemoteColumn *remote;
		Oid			function;

		column->source = source_column ? source_column[i] : i;
		if (column->source < 0 || column->source >= columns->count)
			elog(ERROR, "column %d of the row has no remote column", i + 1);
		remote = &columns->column[column->source];
		column->name = pstrdup(remote->name);
		column->typmod = att->atttypmod;
		column->trims = redshift_trims_blanks(remote->type);
		column->needs_hex = redshift_needs_hex_prefix(remote->type, getBaseType(att->atttypid));
		column->quick = quick_reader(att->atttypid, att->atttypmod);
		column->is_text = att->atttypid == TEXTOID || (att->atttypid == VARCHAROID && att->atttypmod < 0);
		getTypeInputInfo(att->atttypid, &function, &column->ioparam);
		fmgr_info_cxt(function, &column->input, CurrentMemoryContext);
	}
	return reader;
}

/* See rows.h. */
void
row_reader_read(RowReader *reader, char **texts, int *lengths, Datum *values, bool *nulls)
{
	static pg_tz *utc = NULL;
	int			saved_style = DateStyle;
	int			saved_order = DateOrder;
	int			saved_interval = IntervalStyle;
	pg_tz	   *saved_zone = session_timezone;
	ErrorContextCallback callback;

	if (utc == NULL)
		utc = pg_tzset("GMT");
	reader->rows++;
	reader->current_name = NULL;
	callback.callback = row_error_context;
	callback.arg = reader;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	PG_TRY();
	{
		DateStyle = USE_ISO_DATES;
		DateOrder = DATEORDER_MDY;
		IntervalStyle = INTSTYLE_POSTGRES;
		session_timezone = utc;
		for (int i = 0; i < reader->ncolumns; i++)
		{
			ColumnReader *column = &reader->column[i];
			char	   *text = texts[column->source];

			nulls[i] = text == NULL;
			reader->current_name = column->name;
			reader->current_text = text;
			if (text != NULL)
				values[i] = read_value(column, text, lengths[column->source]);
			else if (column->input.fn_strict)
				values[i] = (Datum) 0;
			else
				/* a domain may refuse a NULL */
				values[i] = InputFunctionCall(&column->input, NULL,
											  column->ioparam, column->typmod);
		}
	}
	PG_FINALLY();
	{
		DateStyle = saved_style;
		DateOrder = saved_order;
		IntervalStyle = saved_interval;
		session_timezone = saved_zone;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
}

/*
 * Reads one value that is not NULL; raises the errors of the input function.
 */
static Datum
read_value(ColumnReader *column, char *text, int length)
{
	Datum		value;

	if (column->quick != NULL && column->quick(text, length, &value))
		return value;

	/* the text is in libpq's memory: changes are made to a copy */
	if (column->trims && length > 0 && text[length - 1] == ' ')
	{
		while (length > 0 && text[length - 1] == ' ')
			length--;
		text = pnstrdup(text, length);
	}

	/*
	 * raises 22021 for invalid UTF-8, and for characters that do not exist in
	 * this encoding
	 */
	text = pg_any_to_server(text, length, PG_UTF8);
	if (column->is_text)
		return CStringGetTextDatum(text);
	if (column->needs_hex)
		text = psprintf("\\x%s", text);
	return InputFunctionCall(&column->input, text, column->ioparam, column->typmod);
}

/* Names the value of the result that an error is about. */
static void
row_error_context(void *arg)
{
	RowReader  *reader = arg;
	char	   *shown;

	if (reader->current_name == NULL)
		return;
	if (reader->current_text == NULL)
	{
		errcontext("row " INT64_FORMAT " of the result, column \"%s\": null",
				   reader->rows, reader->current_name);
		return;
	}

	/* it may be the text that is not valid */
	shown = printable(reader->current_text);
	errcontext("row " INT64_FORMAT " of the result, column \"%s\": \"%s\"%s",
			   reader->rows, reader->current_name, shown,
			   strlen(reader->current_text) > SHOWN_VALUE_BYTES ? " ..." : "");
}

/* The beginning of a text in a form that can be shown anywhere; palloc'd. */
static char *
printable(const char *text)
{
	int			length = strnlen(text, SHOWN_VALUE_BYTES);
	char	   *shown;

	/* cut between characters: a byte 10xxxxxx continues one */
	if (text[length] != '\0')
	{
		while (length > 0 && ((unsigned char) text[length] & 0xC0) == 0x80)
			length--;
	}
	shown = pnstrdup(text, length);
	if (GetDatabaseEncoding() != PG_UTF8 || !pg_verify_mbstr(PG_UTF8, shown, length, true))
	{
		for (char *c = shown; *c != '\0'; c++)
		{
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
		}
	}
	return shown;
}

/* See rows.h. */
void
row_check_column_list(RemoteColumns *columns, TupleDesc desc)
{
	if (columns->count != desc->natts)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the column list does not fit the result of the query"),
				 errdetail("The number of columns in the list is %d, in the result %d.",
						   desc->natts, columns->count),
				 errhint("Write AS t (%s).", row_column_list(columns))));

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		RemoteColumn *remote = &columns->column[i];
		RedshiftFit fit = redshift_type_fits(remote->type, remote->typmod,
											 getBaseType(att->atttypid), att->atttypmod);

		if (fit == RS_FIT_YES)
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the column list does not fit the result of the query"),
				 fit == RS_FIT_LOSSY ?
				 errdetail("Column %d, \"%s\" %s, would lose a part of Redshift's %s (column \"%s\" of the result) silently.",
						   i + 1, NameStr(att->attname),
						   format_type_with_typemod(att->atttypid, att->atttypmod),
						   redshift_type_name(remote->type, remote->typmod), remote->name) :
				 errdetail("Column %d, \"%s\" %s, cannot hold Redshift's %s (column \"%s\" of the result).",
						   i + 1, NameStr(att->attname),
						   format_type_with_typemod(att->atttypid, att->atttypmod),
						   redshift_type_name(remote->type, remote->typmod), remote->name),
				 errhint("Write AS t (%s).", row_column_list(columns))));
	}
}

/* The list to paste after AS: "sellerid integer, sales numeric"; palloc'd. */
char *
row_column_list(RemoteColumns *columns)
{
	StringInfoData buf;
	List	   *names = NIL;

	initStringInfo(&buf);
	for (int i = 0; i < columns->count; i++)
	{
		RemoteColumn *remote = &columns->column[i];
		Oid			type = redshift_local_type(remote->type, remote->typmod);
		char	   *name = suggested_name(remote->name, i + 1, names);

		names = lappend(names, makeString(name));
		appendStringInfo(&buf, "%s%s %s", i > 0 ? ", " : "", quote_identifier(name),
						 OidIsValid(type) ? format_type_be(type) : "text");
	}
	return buf.data;
}

/*
 * A name for a column list: truncated to 63 bytes, not Redshift's ?column?,
 * and not one that is used already.
 */
static char *
suggested_name(const char *name, int ordinal, List *taken)
{
	char	   *suggested;

	if (name[0] == '\0' || strcmp(name, "?column?") == 0)
		suggested = psprintf("column%d", ordinal);
	else
		suggested = pnstrdup(name, pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1));
	if (list_member(taken, makeString(suggested)))
		suggested = psprintf("%.*s_%d", pg_mbcliplen(name, strlen(name), NAMEDATALEN - 12),
							 name, ordinal);
	return suggested;
}
