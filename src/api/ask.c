/*-------------------------------------------------------------------------
 *
 * ask.c
 *	  SQL functions that send one query or command to Redshift.
 *
 * Policy: the query is sent as it was written, without the semicolon at its
 * end.  A column list that does not fit is refused before the first row is
 * read, and the error contains the list that fits.  A local error, cancel or
 * time-out also ends the query in Redshift, because the connection is in the
 * query's memory context.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "api/json_rows.h"
#include "api/result.h"
#include "base/compat.h"
#include "base/errors.h"
#include "redshift/lex.h"
#include "redshift/lint.h"
#include "redshift/placeholder.h"
#include "redshift/query.h"
#include "redshift/types.h"
#include "remote/execute.h"
#include "source/group.h"
#include "source/route.h"
#include "source/rows.h"
#include "source/source.h"

PG_FUNCTION_INFO_V1(rsfed_describe);
PG_FUNCTION_INFO_V1(rsfed_columns);
PG_FUNCTION_INFO_V1(rsfed_query);
PG_FUNCTION_INFO_V1(rsfed_query_as);
PG_FUNCTION_INFO_V1(rsfed_query_json);
PG_FUNCTION_INFO_V1(rsfed_execute);

static void ask(Name source, const char *label, bool writable, SourceWork work, void *arg);
static char *checked_query(text *query);
static RemoteColumns *describe(FunctionCallInfo fcinfo);
static List *lint(const char *query, RemoteColumns *columns);
static char *column_note(RemoteColumns *columns, int i, List *lints);
static void read_rows(RemoteStream *stream, RowReader *reader, TupleDesc desc,
					  const int *position, ResultRows *result);
static TupleDesc live_columns(TupleDesc desc, int **position);
static int *match_columns(RemoteColumns *columns, TupleDesc desc, Oid type);
static void check_types(RemoteColumns *columns, TupleDesc desc, const int *source_column);

/* A request of the current user; a command that writes is sent only once. */
static SourceRequest
ask_request(Name source, const char *label, bool writable)
{
	SourceRequest request = {0};

	request.source = NameStr(*source);
	request.userid = GetUserId();
	request.label = label;
	request.writable = writable;
	request.route = palloc0(sizeof(SourceRoute));
	request.route->stays_once_in = writable;
	return request;
}

/* Does some work with a connection for the current user. */
static void
ask(Name source, const char *label, bool writable, SourceWork work, void *arg)
{
	SourceRequest request = ask_request(source, label, writable);

	source_with(&request, work, arg);
}

/* A request to Redshift, and its result. */
typedef struct Question
{
	const char *query;
	RemoteColumns *columns;		/* of describe */
	ResultRows *result;			/* of the others */

	/* of rsfed.query(rowtype, ...) */
	Oid			type;
	TupleDesc	live;			/* its columns that are not dropped */
	int		   *position;		/* the position of each in the result */
	char	   *tag;			/* of rsfed.execute() */
} Question;

/* The query without the semicolon at its end; raises if it is not one query. */
static char *
checked_query(text *query)
{
	char	   *given = text_to_cstring(query);

	redshift_check_query(given);
	return redshift_strip(given);
}

static void
describe_at(SourceConnection *source, void *arg)
{
	Question   *question = arg;

	question->columns = remote_describe(source->conn, question->query, 0);
}

/* The columns of the query in the arguments (source, query). */
static RemoteColumns *
describe(FunctionCallInfo fcinfo)
{
	Question	question = {.query = checked_query(PG_GETARG_TEXT_PP(1))};

	/* a NULL takes the type of the value that it is compared with */
	redshift_check_placeholders(question.query);
	question.query = redshift_fill_placeholders(question.query, "NULL", "NULL");
	ask(PG_GETARG_NAME(0), "rsfed describe", false, describe_at, &question);
	return question.columns;
}

/*
 * Parts of the query that would give silently wrong or unstable values, also
 * in the key of a rollup of it.
 */
static List *
lint(const char *query, RemoteColumns *columns)
{
	const char **names = palloc(sizeof(char *) * (columns->count + 1));
	Oid		   *types = palloc(sizeof(Oid) * (columns->count + 1));
	int32	   *typmods = palloc(sizeof(int32) * (columns->count + 1));
	RedshiftSelect *select = redshift_parse_select(query);
	const char *why_not;

	for (int i = 0; i < columns->count; i++)
	{
		names[i] = columns->column[i].name;
		types[i] = columns->column[i].type;
		typmods[i] = columns->column[i].typmod;
	}
	return redshift_lint(select, names, types, typmods, columns->count,
						 redshift_infer_key(select, names, columns->count, &why_not));
}

/*
 * The note of column i: the one of its type, and the findings of lint about
 * it.  The first column also gets the findings about the query as a whole.
 * NULL if there are none.
 */
static char *
column_note(RemoteColumns *columns, int i, List *lints)
{
	const char *note = redshift_type_note(columns->column[i].type, columns->column[i].typmod);
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	if (note != NULL)
		appendStringInfoString(&buf, note);
	foreach(lc, lints)
	{
		RedshiftLint *found = lfirst(lc);

		if (found->column == NULL ? i != 0 : strcmp(found->column, columns->column[i].name) != 0)
			continue;
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? " " : "", found->problem);
		if (found->rewrite != NULL)
			appendStringInfo(&buf, " Write %s.", found->rewrite);
	}
	return buf.len > 0 ? buf.data : NULL;
}

/*
 * rsfed.describe(source, query): a row for each column.  Raises the errors of
 * Redshift.
 */
Datum
rsfed_describe(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	RemoteColumns *columns = describe(fcinfo);
	List	   *lints = lint(text_to_cstring(PG_GETARG_TEXT_PP(1)), columns);

	for (int i = 0; i < columns->count; i++)
	{
		RemoteColumn *column = &columns->column[i];
		const char *local = redshift_local_type_name(column->type, column->typmod);
		const char *note = column_note(columns, i, lints);
		Datum		values[5];
		bool		nulls[5] = {false};
		NameData	name;

		/*
		 * truncated as PostgreSQL truncates names; Redshift's may be twice as
		 * long
		 */
		namestrcpy(&name, pnstrdup(column->name,
								   pg_mbcliplen(column->name, strlen(column->name), NAMEDATALEN - 1)));
		values[0] = Int32GetDatum(i + 1);
		values[1] = NameGetDatum(&name);
		values[2] = CStringGetTextDatum(local ? local : "text");
		values[3] = CStringGetTextDatum(redshift_type_name(column->type, column->typmod));
		nulls[4] = note == NULL;
		if (note != NULL)
			values[4] = CStringGetTextDatum(note);
		result_add(result, values, nulls);
	}
	return (Datum) 0;
}

/* rsfed.columns(source, query): the list to paste after AS. */
Datum
rsfed_columns(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(row_column_list(describe(fcinfo))));
}

/* Sends the query; rows of a previous attempt are discarded. */
static RemoteStream *
send_query(SourceConnection *source, Question *question)
{
	tuplestore_clear(question->result->store);
	return remote_stream_open(source->conn, question->query, source->stall_timeout_ms);
}

static void
query_at(SourceConnection *source, void *arg)
{
	Question   *question = arg;
	ResultRows *result = question->result;
	RemoteStream *stream = send_query(source, question);
	RemoteColumns *columns = remote_stream_columns(stream);

	row_check_column_list(columns, result->desc);
	read_rows(stream, row_reader_create(columns, result->desc, NULL), result->desc, NULL, result);
	remote_stream_close(stream);
}

/*
 * rsfed.query(source, query): rows as the caller's column list.  Raises 42804
 * with the right list for one that does not fit, and the errors of Redshift.
 */
Datum
rsfed_query(PG_FUNCTION_ARGS)
{
	Question	question = {.result = result_begin(fcinfo)};

	question.query = checked_query(PG_GETARG_TEXT_PP(1));
	ask(PG_GETARG_NAME(0), "rsfed query", false, query_at, &question);
	return (Datum) 0;
}

static void
query_as_at(SourceConnection *source, void *arg)
{
	Question   *question = arg;
	RemoteStream *stream = send_query(source, question);
	RemoteColumns *columns = remote_stream_columns(stream);
	int		   *source_column = NULL;

	if (type_is_rowtype(question->type))
		source_column = match_columns(columns, question->live, question->type);
	else if (columns->count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the query must return one column for type %s", format_type_be(question->type)),
				 errdetail("It returns %d: %s.", columns->count, row_column_list(columns))));
	check_types(columns, question->live, source_column);
	read_rows(stream, row_reader_create(columns, question->live, source_column), question->live,
			  question->position, question->result);
	remote_stream_close(stream);
}

/*
 * rsfed.query(rowtype, source, query): rows as a type.  Columns of a composite
 * type are found by name, 42703 for one that is missing; another type takes
 * the only column.
 */
Datum
rsfed_query_as(PG_FUNCTION_ARGS)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Question	question = {.type = type};
	TupleDesc	desc;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("source and query must not be null")));
	question.query = checked_query(PG_GETARG_TEXT_PP(2));
	if (type == RECORDOID)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rowtype must be a named type"),
				 errhint("Write NULL::your_type, or rsfed.query(source, query) AS t (columns).")));
	if (type_is_rowtype(type))
		desc = lookup_rowtype_tupdesc_copy(getBaseType(type), -1);
	else
	{
		desc = CreateTemplateTupleDesc(1);
		TupleDescInitEntry(desc, (AttrNumber) 1, "value", type, -1, 0);
	}
	question.result = result_begin_as(fcinfo, desc);
	question.live = live_columns(desc, &question.position);
	ask(PG_GETARG_NAME(1), "rsfed query", false, query_as_at, &question);
	return (Datum) 0;
}

/*
 * Reads all rows into the result. position[i] is the position of column i of
 * desc in the result's row; NULL means one to one.
 */
static void
read_rows(RemoteStream *stream, RowReader *reader, TupleDesc desc,
		  const int *position, ResultRows *result)
{
	int			width = result->desc->natts;
	Datum	   *values = palloc0(Max(width, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(width, 1) * sizeof(bool));
	Datum	   *placed = palloc0(Max(width, 1) * sizeof(Datum));
	bool	   *placed_nulls = palloc(Max(width, 1) * sizeof(bool));
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed row",
													  ALLOCSET_DEFAULT_SIZES);
	char	  **texts;
	int		   *lengths;

	memset(placed_nulls, true, Max(width, 1) * sizeof(bool));
	while (remote_stream_next(stream, &texts, &lengths))
	{
		MemoryContext old = MemoryContextSwitchTo(row_context);

		row_reader_read(reader, texts, lengths, values, nulls);
		if (position == NULL)
			result_add(result, values, nulls);
		else
		{
			for (int i = 0; i < desc->natts; i++)
			{
				placed[position[i]] = values[i];
				placed_nulls[position[i]] = nulls[i];
			}
			result_add(result, placed, placed_nulls);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_context);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextDelete(row_context);
}

/*
 * The row type without its dropped columns, and the position of each column.
 */
static TupleDesc
live_columns(TupleDesc desc, int **position)
{
	TupleDesc	live;
	int			count = 0;

	*position = palloc(Max(desc->natts, 1) * sizeof(int));
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			(*position)[count++] = i;
	}
	live = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; i++)
		TupleDescCopyEntry(live, i + 1, desc, (*position)[i] + 1);
	return live;
}

/* For each column of a type the position of the remote column of that name. */
static int *
match_columns(RemoteColumns *columns, TupleDesc desc, Oid type)
{
	int		   *source_column = palloc(Max(desc->natts, 1) * sizeof(int));
	List	   *names = NIL;

	for (int i = 0; i < columns->count; i++)
		names = lappend(names, columns->column[i].name);
	for (int i = 0; i < desc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(desc, i)->attname);
		int			found = -1;

		for (int j = 0; j < columns->count; j++)
		{
			if (strcmp(columns->column[j].name, name) != 0)
				continue;
			if (found >= 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("the result of the query has column \"%s\" more than once", name),
						 errhint("Give each an alias of its own.")));
			found = j;
		}
		if (found < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the result of the query has no column \"%s\", which type %s has",
							name, format_type_be(type)),
					 errdetail("The result is (%s).", row_column_list(columns)),
					 errhint("%s", unknown_name_hint(name, names, "columns"))));
		source_column[i] = found;
	}
	return source_column;
}

/* Raises 42804 for the first column of a type that cannot hold its values. */
static void
check_types(RemoteColumns *columns, TupleDesc desc, const int *source_column)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		RemoteColumn *remote = &columns->column[source_column ? source_column[i] : i];
		RedshiftFit fit = redshift_type_fits(remote->type, remote->typmod,
											 getBaseType(att->atttypid), att->atttypmod);

		if (fit != RS_FIT_YES)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 fit == RS_FIT_LOSSY ?
					 errmsg("type %s would lose a part of Redshift's %s silently",
							format_type_with_typemod(att->atttypid, att->atttypmod),
							redshift_type_name(remote->type, remote->typmod)) :
					 errmsg("type %s cannot hold Redshift's %s",
							format_type_with_typemod(att->atttypid, att->atttypmod),
							redshift_type_name(remote->type, remote->typmod)),
					 errdetail("The result is (%s); this is column \"%s\".",
							   row_column_list(columns), remote->name)));
	}
}

static void
query_json_at(SourceConnection *source, void *arg)
{
	Question   *question = arg;
	RemoteStream *stream = send_query(source, question);
	RemoteColumns *columns = remote_stream_columns(stream);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed row",
													  ALLOCSET_DEFAULT_SIZES);
	char	  **texts;
	int		   *lengths;

	json_check_columns(columns);
	while (remote_stream_next(stream, &texts, &lengths))
	{
		MemoryContext old = MemoryContextSwitchTo(row_context);
		Datum		value = JsonbPGetDatum(json_row(columns, texts, lengths,
													remote_stream_rows(stream)));
		bool		isnull = false;

		result_add(question->result, &value, &isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_context);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextDelete(row_context);
	remote_stream_close(stream);
}

/*
 * rsfed.query_json(source, query): an object for each row.  Raises 42701 for
 * two columns of the same name, and the errors of Redshift.
 */
Datum
rsfed_query_json(PG_FUNCTION_ARGS)
{
	Question	question = {.result = result_begin(fcinfo)};

	question.query = checked_query(PG_GETARG_TEXT_PP(1));
	ask(PG_GETARG_NAME(0), "rsfed query", false, query_json_at, &question);
	return (Datum) 0;
}

static void
execute_at(SourceConnection *source, void *arg)
{
	Question   *question = arg;

	question->tag = remote_execute(source->conn, question->query);
}

/*
 * Runs the command at every member of a group, regardless of its result at the
 * members before: returns the answers, one line for each.  Raises the first
 * error, with all lines as its detail.
 */
static char *
execute_everywhere(Name source, Question *question)
{
	List	   *members = source_servers(NameStr(*source));
	StringInfoData lines;
	ErrorData  *first = NULL;
	int			failed = 0;
	ListCell   *lc;

	initStringInfo(&lines);
	foreach(lc, members)
	{
		SourceRequest request = ask_request(source, "rsfed execute", true);
		ErrorData  *error;

		request.route->only = list_make1(lfirst(lc));
		request.route->drained_too = true;
		error = source_attempt(&request, execute_at, question);
		appendStringInfo(&lines, "%s%s: %s", lines.len > 0 ? "\n" : "", (char *) lfirst(lc),
						 error ? error->message : question->tag);
		if (error == NULL)
			continue;
		failed++;
		if (first == NULL)
			first = error;
	}
	if (failed > 0)
		ereport(ERROR,
				(errcode(first->sqlerrcode),
				 errmsg_plural("the command failed at %d of %d member of group \"%s\"",
							   "the command failed at %d of %d members of group \"%s\"",
							   list_length(members), failed, list_length(members), NameStr(*source)),
				 errdetail_internal("%s", lines.data),
				 errhint("What it has done at the others stays.")));
	return lines.data;
}

/*
 * Reads 'one' or 'all', which is required for a group and refused otherwise.
 */
static bool
is_for_all(const char *source, const char *on_members)
{
	bool		is_group = source_is_group(source_server(source));

	if (on_members != NULL && strcmp(on_members, "one") != 0 && strcmp(on_members, "all") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"on_members\": \"%s\"", on_members),
				 errhint("It is 'one' or 'all'.")));
	if (is_group && on_members == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is a group of several servers", source),
				 errhint("Say where the command should run: on_members => 'all', or on_members => 'one' for what the members share.")));
	return is_group && strcmp(on_members, "all") == 0;
}

/*
 * rsfed.execute(source, command, on_members): the command's tag.  Raises 42601
 * for no or several commands: several at once would be one transaction, in which
 * external tables cannot be made.
 */
Datum
rsfed_execute(PG_FUNCTION_ARGS)
{
	Question	question = {0};
	char	   *command;
	int			count;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	command = text_to_cstring(PG_GETARG_TEXT_PP(1));
	count = redshift_statement_count(command);
	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 count == 0 ? errmsg("the command is empty") :
				 errmsg("rsfed.execute() takes one command, not %d", count),
				 count == 0 ? 0 : errhint("Call it once for each.")));
	question.query = redshift_strip(command);
	if (is_for_all(NameStr(*PG_GETARG_NAME(0)),
				   PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2))))
		question.tag = execute_everywhere(PG_GETARG_NAME(0), &question);
	else
		ask(PG_GETARG_NAME(0), "rsfed execute", true, execute_at, &question);
	PG_RETURN_TEXT_P(cstring_to_text(question.tag));
}
