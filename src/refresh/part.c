/*-------------------------------------------------------------------------
 *
 * part.c
 *	  The argument part of a refresh: key columns and their values.
 *
 * Policy: the values are first converted to the types of the local columns,
 * and the literals for Redshift are made from these: no text of the argument
 * is copied into a query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/json.h"
#include "base/names.h"
#include "redshift/quote.h"
#include "redshift/rewrite.h"
#include "refresh/part.h"
#include "refresh/scope.h"

static void
refuse_form(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid argument part"),
			 errdetail("%s", why),
			 errhint("Write key columns and their values: part => '{\"tenant_id\": [42, 57]}'.")));
}

/* Can a value of that type be written as a literal of Redshift? */
static bool
has_literals(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case BOOLOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return true;
		default:
			return false;
	}
}

/*
 * The position of a key column in the result; raises an error for other
 * columns.
 */
static int
find_key_column(const Rollup *rollup, const char *name)
{
	List	   *names = NIL;

	for (int i = 0; i < rollup->ncolumns; i++)
	{
		names = lappend(names, rollup->columns[i].name);
		if (strcmp(rollup->columns[i].name, name) != 0)
			continue;
		if (names_hold(rollup->key, name))
			return i;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" of argument part is not of the key", name),
				 errdetail("Rows that are found by another column may come from and go to other parts."),
				 errhint("%s", unknown_name_hint(name, rollup->key, "columns"))));
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of argument part does not exist", name),
			 errhint("%s", unknown_name_hint(name, rollup->key ? rollup->key : names, "columns"))));
}

/* Reads a text as a value of the column; raises 22023 if it is not valid. */
static Datum
read_value(const char *column, Oid type, int32 typmod, char *text)
{
	MemoryContext context = CurrentMemoryContext;
	int			saved_style = DateStyle;
	int			saved_order = DateOrder;
	ErrorData  *volatile error = NULL;
	volatile Datum value = (Datum) 0;
	Oid			input;
	Oid			ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	PG_TRY();
	{
		DateStyle = USE_ISO_DATES;
		DateOrder = DATEORDER_MDY;
		value = OidInputFunctionCall(input, text, ioparam, typmod);
	}
	PG_CATCH();
	{
		DateStyle = saved_style;
		DateOrder = saved_order;
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	DateStyle = saved_style;
	DateOrder = saved_order;
	if (error != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a value of argument part does not fit column \"%s\"", column),
				 errdetail("The column is of type %s: %s.", format_type_be(type), error->message)));
	return value;
}

/* Adds the values of one column. */
static ScopeValues *
begin_column(const Rollup *rollup, Oid relid, const char *name, int count)
{
	ScopeValues *column = palloc0(sizeof(ScopeValues));
	AttrNumber	attnum;
	Oid			type;
	TypeCacheEntry *entry;

	column->column = find_key_column(rollup, name);
	column->name = rollup->columns[column->column].name;
	column->values = palloc(sizeof(Datum) * Max(count, 1));
	attnum = get_attnum(relid, name);
	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of argument part does not exist", name)));
	type = get_atttype(relid, attnum);
	entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	if (!has_literals(type) || !OidIsValid(entry->cmp_proc_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" cannot be in argument part", name),
				 errdetail("It is of type %s, whose values are not written into a query.",
						   format_type_be(type))));
	column->type = type;
	fmgr_info_copy(&column->compare, &entry->cmp_proc_finfo, CurrentMemoryContext);
	column->collation = get_typcollation(type);
	column->ignores_blanks = type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
	return column;
}

static void
add_value(ScopeValues *column, Oid relid, const JsonbValue *value)
{
	AttrNumber	attnum = get_attnum(relid, column->name);
	char	   *text = json_scalar_text(value);
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (value->type == jbvNull)
	{
		column->has_null = true;
		return;
	}
	if (text == NULL)
		refuse_form("A value is a string, a number, true, false or null.");
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	column->values[column->count++] = read_value(column->name, type, typmod, text);
}

List *
part_parse(Jsonb *part, const Rollup *rollup, Oid relid)
{
	List	   *columns = NIL;
	ScopeValues *column = NULL;
	char	   *name = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(part) || JB_ROOT_COUNT(part) == 0)
		refuse_form("It is a JSON object with at least one column.");
	it = JsonbIteratorInit(&part->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			name = pnstrdup(value.val.string.val, value.val.string.len);
			continue;
		}
		if (token != WJB_VALUE)
			continue;
		if (value.type != jbvBinary)
		{
			column = begin_column(rollup, relid, name, 1);
			add_value(column, relid, &value);
		}
		else
		{
			JsonbContainer *array = value.val.binary.data;

			if (!JsonContainerIsArray(array) || JsonContainerSize(array) == 0)
				refuse_form("A column has one value, or a list of at least one.");
			column = begin_column(rollup, relid, name, JsonContainerSize(array));
			for (uint32 i = 0; i < JsonContainerSize(array); i++)
				add_value(column, relid, getIthJsonbValueFromContainer(array, i));
		}
		columns = lappend(columns, column);
	}
	return columns;
}

/* A value as a literal of Redshift. */
static char *
value_literal(Oid type, Datum value)
{
	int			saved_style = DateStyle;
	pg_tz	   *saved_zone = session_timezone;
	Oid			output;
	bool		varlena;
	char	   *text;

	getTypeOutputInfo(type, &output, &varlena);
	DateStyle = USE_ISO_DATES;
	session_timezone = pg_tzset("GMT");
	text = OidOutputFunctionCall(output, value);
	DateStyle = saved_style;
	session_timezone = saved_zone;
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			/* NaN is a number here, not there */
			if (strspn(text, "0123456789.-") != strlen(text))
				refuse_form("A number must be finite.");
			return text;
		case BOOLOID:
			return text[0] == 't' ? "true" : "false";
		case DATEOID:
			return psprintf("date %s", redshift_quote_literal(text));
		case TIMESTAMPOID:
			return psprintf("timestamp %s", redshift_quote_literal(text));
		case TIMESTAMPTZOID:
			return psprintf("timestamptz %s", redshift_quote_literal(text));
		default:
			return redshift_quote_literal(text);
	}
}

char *
part_wrap_query(const Rollup *rollup, List *values)
{
	StringInfoData buf;
	const char **names = NULL;
	ListCell   *lc;

	if (rollup->pinned_columns != NULL)
	{
		names = palloc(sizeof(char *) * rollup->ncolumns);
		for (int i = 0; i < rollup->ncolumns; i++)
			names[i] = rollup->columns[i].name;
	}
	initStringInfo(&buf);
	appendStringInfoString(&buf, redshift_wrap_query(rollup->query, "rsfed_part", names,
													 rollup->ncolumns));
	foreach(lc, values)
	{
		const ScopeValues *column = lfirst(lc);
		char	   *name = redshift_quote_identifier(column->name);

		appendStringInfoString(&buf, lc == list_head(values) ? " WHERE (" : " AND (");
		for (int i = 0; i < column->count; i++)
		{
			if (i == 0)
				appendStringInfo(&buf, "%s IN (", name);
			appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
							 value_literal(column->type, column->values[i]));
		}
		if (column->count > 0)
			appendStringInfoChar(&buf, ')');
		if (column->has_null)
			appendStringInfo(&buf, "%s%s IS NULL", column->count > 0 ? " OR " : "", name);
		appendStringInfoChar(&buf, ')');
	}
	return buf.data;
}
