/*-------------------------------------------------------------------------
 *
 * json_rows.c
 *	  Remote rows as JSON objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "api/json_rows.h"
#include "base/compat.h"
#include "base/json.h"
#include "redshift/types.h"

/* What the error context needs. */
typedef struct JsonPlace
{
	int64		row;
	const char *column;
} JsonPlace;

static void push_value(JsonbParseState **state, RemoteColumn *column, char *text, int length);
static void json_error_context(void *arg);

/* See json_rows.h. */
void
json_check_columns(RemoteColumns *columns)
{
	for (int i = 0; i < columns->count; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (strcmp(columns->column[i].name, columns->column[j].name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("the result of the query has column \"%s\" more than once",
								columns->column[i].name),
						 errhint("Give each an alias of its own.")));
		}
	}
}

/* See json_rows.h. */
Jsonb *
json_row(RemoteColumns *columns, char **texts, int *lengths, int64 row)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	JsonPlace	place;
	ErrorContextCallback callback;

	place.row = row;
	place.column = "";
	callback.callback = json_error_context;
	callback.arg = &place;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < columns->count; i++)
	{
		RemoteColumn *column = &columns->column[i];
		JsonbValue	key;

		place.column = column->name;
		key.type = jbvString;
		key.val.string.val = column->name;
		key.val.string.len = strlen(column->name);
		pushJsonbValue(&state, WJB_KEY, &key);
		push_value(&state, column, texts[i], lengths[i]);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	error_context_stack = callback.previous;
	return JsonbValueToJsonb(object);
}

/* One value of an object. */
static void
push_value(JsonbParseState **state, RemoteColumn *column, char *text, int length)
{
	RedshiftKind kind = redshift_type_kind(column->type);
	JsonbValue	value;

	if (text == NULL)
	{
		value.type = jbvNull;
		pushJsonbValue(state, WJB_VALUE, &value);
		return;
	}

	text = pg_any_to_server(text, length, PG_UTF8);
	length = strlen(text);
	switch (kind)
	{
		case RS_INTEGER:
		case RS_DECIMAL:
		case RS_FLOAT:
			/* JSON has no NaN and no infinity: these stay text */
			if (strspn(text, "0123456789.eE+-") == length)
			{
				value.type = jbvNumeric;
				value.val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in,
																		CStringGetDatum(text),
																		ObjectIdGetDatum(InvalidOid),
																		Int32GetDatum(-1)));
				pushJsonbValue(state, WJB_VALUE, &value);
				return;
			}
			break;
		case RS_BOOL:
			value.type = jbvBool;
			value.val.boolean = text[0] == 't';
			pushJsonbValue(state, WJB_VALUE, &value);
			return;
		case RS_SUPER:
			json_push(state, DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
			return;
		case RS_CHAR:
			while (length > 0 && text[length - 1] == ' ')
				length--;
			break;
		default:
			break;
	}
	value.type = jbvString;
	value.val.string.val = text;
	value.val.string.len = length;
	pushJsonbValue(state, WJB_VALUE, &value);
}

/* Names the value of the result that an error is about. */
static void
json_error_context(void *arg)
{
	JsonPlace  *place = arg;

	errcontext("row " INT64_FORMAT " of the result, column \"%s\"", place->row, place->column);
}
