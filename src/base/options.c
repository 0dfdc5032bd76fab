/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Options of servers, groups, credentials, rollups and schedules.
 *
 * Policy: options are as strict as settings: a misspelt name or a wrong unit
 * is an error, never ignored, because the user who wrote it believes that it
 * works.  The table in option_table.c lists the options.
 *
 * Values stay as they were written (text in a server's or mapping's OPTIONS,
 * JSON in the catalog) and are parsed when they are read, so that \des+ and
 * pg_dump show them as they were typed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"

static char *jsonb_value_text(const JsonbValue *value);
static void check_value(const OptionSpec *spec, const JsonbValue *value);
static void check_names(const OptionSpec *spec, JsonbContainer *array);
static void check_map(const OptionSpec *spec, JsonbContainer *object);
static void check_span(const OptionSpec *spec, const char *value);
static bool is_timezone(const char *name);
static bool parse_whole_number(const char *value, int64 *result);
static bool parse_number(const OptionSpec *spec, const char *value, int64 *result, const char **hint);
pg_noreturn static void refuse_value(const OptionSpec *spec, const char *value, const char *hint);
static char *get_text(OptionScope scope, Jsonb *options, const char *name, const OptionSpec **spec);
static const OptionSpec *need_spec(OptionScope scope, const char *name);

/* Raises 22023 for a name that is not in the table, with the nearest one. */
void
option_unknown(OptionScope scope, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s option \"%s\"", option_scope_name(scope), name),
			 errhint("%s", unknown_name_hint(name, option_names(scope), "options"))));
}

/*
 * Checks a jsonb object of options against the table.  Raises 22023 for a
 * value that is not an object, for an unknown key, and for a value outside the
 * type, unit or range.
 */
void
options_check(OptionScope scope, Jsonb *options)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	const OptionSpec *spec = NULL;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("Write them as '{\"name\": \"value\"}'; valid %s options: see the view rsfed.options.",
						 option_scope_name(scope))));

	it = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(value.val.string.val, value.val.string.len);

			spec = option_find(scope, name);
			if (spec == NULL)
				option_unknown(scope, name);
		}
		else if (token == WJB_VALUE)
			check_value(spec, &value);
	}
}

/*
 * A jsonb object of options as a List of OptionText in the current context,
 * checked as options_check() does; the value of a null is NULL.
 */
List *
options_to_texts(OptionScope scope, Jsonb *options)
{
	List	   *texts = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	OptionText *current = NULL;

	options_check(scope, options);
	it = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			current = palloc0(sizeof(OptionText));
			current->name = pnstrdup(value.val.string.val, value.val.string.len);
			texts = lappend(texts, current);
		}
		else if (token == WJB_VALUE && value.type != jbvNull)
			current->value = jsonb_value_text(&value);
	}
	return texts;
}

/* Checks one value of a jsonb object; null is always allowed. */
static void
check_value(const OptionSpec *spec, const JsonbValue *value)
{
	if (value->type == jbvNull)
		return;

	if (spec->type == OPTION_NAMES)
	{
		if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) ||
			JsonContainerIsScalar(value->val.binary.data))
			refuse_value(spec, NULL, "It takes a JSON array of names.");
		check_names(spec, value->val.binary.data);
		return;
	}
	if (spec->type == OPTION_MAP)
	{
		if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
			refuse_value(spec, NULL, "It takes a JSON object: a name for each name.");
		check_map(spec, value->val.binary.data);
		return;
	}
	if (value->type == jbvBinary)
		refuse_value(spec, NULL, "It takes a single value, not an array or an object.");
	option_check_text(spec, jsonb_value_text(value));
}

/* Checks that a JSON array holds strings only. */
static void
check_names(const OptionSpec *spec, JsonbContainer *array)
{
	uint32		count = JsonContainerSize(array);

	for (uint32 i = 0; i < count; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvString)
			refuse_value(spec, NULL, "Each element must be a string: a name.");
	}
}

/* Raises 22023 unless the object has members, and each is a string. */
static void
check_map(const OptionSpec *spec, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	int			members = 0;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_VALUE)
			continue;
		if (value.type != jbvString)
			refuse_value(spec, NULL, "Each member must be a string: a name.");
		members++;
	}
	if (members == 0)
		refuse_value(spec, NULL, "It needs one name at least.");
}

/* A scalar of a jsonb object as the text that a user would write; palloc'd. */
static char *
jsonb_value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvBool:
			return pstrdup(value->val.boolean ? "on" : "off");
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		default:
			elog(ERROR, "unexpected type of an option's value: %d", (int) value->type);
	}
	return NULL;				/* keep the compiler quiet */
}

/*
 * Checks one option given as text.  Raises 22023 if the value is outside the
 * option's type, unit or range.
 */
void
option_check_text(const OptionSpec *spec, const char *value)
{
	int64		number;
	bool		flag;
	const char *hint = NULL;

	switch (spec->type)
	{
		case OPTION_BOOLEAN:
			if (!parse_bool(value, &flag))
				refuse_value(spec, value, "It takes on or off.");
			break;
		case OPTION_INTEGER:
		case OPTION_TIME:
		case OPTION_SIZE:
			if (!parse_number(spec, value, &number, &hint))
				refuse_value(spec, value, hint);
			if (number < spec->min_value || number > spec->max_value)
			{
				const char *unit = spec->type == OPTION_TIME ? " ms" :
					spec->type == OPTION_SIZE ? " B" : "";

				refuse_value(spec, value,
							 psprintf("The valid range is " INT64_FORMAT "%s to " INT64_FORMAT "%s.",
									  spec->min_value, unit, spec->max_value, unit));
			}
			break;
		case OPTION_STRING:
			if (spec->allowed != NULL)
			{
				List	   *words;

				if (!SplitGUCList(pstrdup(spec->allowed), ',', &words))
					elog(ERROR, "invalid list of values of option \"%s\"", spec->name);
				if (!names_hold(words, value))
					refuse_value(spec, value, unknown_name_hint(value, words, "values"));
			}
			break;
		case OPTION_TIMESTAMP:
			/* raises 22007 with PostgreSQL's usual message */
			(void) DirectFunctionCall3(timestamptz_in, CStringGetDatum(value),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
			break;
		case OPTION_TIMEZONE:
			if (!is_timezone(value))
				refuse_value(spec, value, "The view pg_timezone_names lists the names.");
			break;
		case OPTION_NAMES:
		case OPTION_MAP:
			elog(ERROR, "option \"%s\" cannot be given as text", spec->name);
			break;
		case OPTION_SPAN:
			check_span(spec, value);
			break;
	}
}

/* Reads a span as users write it: digits only, or an interval. */
static OptionSpan
parse_span(const char *value)
{
	OptionSpan	span = {0};

	if (value[0] != '\0' && strspn(value, "0123456789") == strlen(value))
		span.count = DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(value)));
	else
		span.interval = *DatumGetIntervalP(DirectFunctionCall3(interval_in,
															   CStringGetDatum(value),
															   ObjectIdGetDatum(InvalidOid),
															   Int32GetDatum(-1)));
	return span;
}

typedef struct SpanText
{
	const char *text;
	OptionSpan	span;
} SpanText;

static void
read_span(void *arg)
{
	SpanText   *read = arg;

	read->span = parse_span(read->text);
}

/* Raises 22023 for a span that is negative, or zero where it must not be. */
static void
check_span(const OptionSpec *spec, const char *value)
{
	static const char hint[] = "Write a number and a unit, as in \"1 day\"; for a window over integers a whole number.";
	SpanText	read = {.text = value};
	OptionSpan	span;

	if (!attempt_reading(read_span, &read))
		refuse_value(spec, value, hint);
	span = read.span;
	if (span.interval.month < 0 || span.interval.day < 0 || span.interval.time < 0 ||
		span.interval.month == PG_INT32_MAX || span.interval.day == PG_INT32_MAX)
		refuse_value(spec, value, hint);
	if (spec->min_value > 0 && span.count == 0 && span.interval.month == 0 &&
		span.interval.day == 0 && span.interval.time == 0)
		refuse_value(spec, value, "It must be greater than zero.");
}

/*
 * Reads digits, with white space around them and a sign before them, as libpq
 * does.  Settings accept more (1.5 and 0x10), but libpq would round such a
 * value or read another number.  A number outside int64 becomes the nearest
 * int64, which is outside of every range.
 */
static bool
parse_whole_number(const char *value, int64 *result)
{
	char	   *end;

	*result = strtoll(value, &end, 10);
	if (end == value)
		return false;
	while (isspace((unsigned char) *end))
		end++;
	return *end == '\0';
}

/*
 * Reads a size in bytes; a size that is too large becomes the largest number.
 */
static bool
parse_size(const char *value, int64 *result, const char **hint)
{
	double		bytes;

	if (!parse_real(value, &bytes, GUC_UNIT_BYTE, hint))
	{
		if (*hint == NULL)
			*hint = "Write a number and a unit, as in \"10GB\"; valid units are \"B\", \"kB\", \"MB\", \"GB\" and \"TB\".";
		return false;
	}
	*result = (int64) Min(Max(rint(bytes), -1), (double) PG_INT64_MAX / 2);
	return true;
}

/* Does the server know a time zone of that name, without leap seconds? */
static bool
is_timezone(const char *name)
{
	pg_tz	   *zone = name[0] != '\0' ? pg_tzset(name) : NULL;

	return zone != NULL && pg_tz_acceptable(zone);
}

/*
 * Reads a number; a time is in ms, a size in bytes.  Time-outs that libpq
 * reads itself (OPTION_INTEGER) take no unit, since libpq would refuse it.
 */
static bool
parse_number(const OptionSpec *spec, const char *value, int64 *result, const char **hint)
{
	int			number;

	*hint = NULL;
	if (spec->type == OPTION_INTEGER)
	{
		*hint = "It takes a whole number.";
		return parse_whole_number(value, result);
	}

	/* a bare number is in the option's own unit */
	if (value[0] != '\0' && strspn(value, "0123456789. ") == strlen(value))
		value = psprintf("%s%s", value, spec->unit);
	if (spec->type == OPTION_SIZE)
		return parse_size(value, result, hint);
	if (!parse_int(value, &number, GUC_UNIT_MS, hint))
	{
		if (*hint == NULL)
			*hint = "Write a number and a unit, as in \"15 min\"; valid units are \"us\", \"ms\", \"s\", \"min\", \"h\" and \"d\".";
		return false;
	}
	*result = number;
	return true;
}

/* Raises 22023 for a value; hint may be NULL. */
static void
refuse_value(const OptionSpec *spec, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 value != NULL ?
			 errmsg("invalid value for %s option \"%s\": \"%s\"",
					option_scope_name(spec->scope), spec->name, value) :
			 errmsg("invalid value for %s option \"%s\"",
					option_scope_name(spec->scope), spec->name),
			 hint ? errhint("%s", hint) : 0));
}

/* "changes" laid over "old" (may be NULL): null removes a key.  palloc'd. */
Jsonb *
options_merge(Jsonb *old, Jsonb *changes)
{
	JsonbParseState *state = NULL;
	JsonbValue *merged;
	Jsonb	   *parts[2];

	parts[0] = old;
	parts[1] = changes;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < lengthof(parts); i++)
	{
		JsonbIterator *it;
		JsonbIteratorToken token;
		JsonbValue	value;
		bool		keep = true;

		if (parts[i] == NULL)
			continue;
		it = JsonbIteratorInit(&parts[i]->root);
		while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		{
			if (token == WJB_KEY)
			{
				JsonbValue	found;

				/*
				 * a key that the changes name comes from them, or is removed
				 */
				keep = true;
				if (i == 0 && changes != NULL)
					keep = getKeyJsonValueFromContainer(&changes->root,
														value.val.string.val,
														value.val.string.len,
														&found) == NULL;
				else if (i == 1)
					keep = getKeyJsonValueFromContainer(&changes->root,
														value.val.string.val,
														value.val.string.len,
														&found)->type != jbvNull;
				if (keep)
					pushJsonbValue(&state, WJB_KEY, &value);
			}
			else if (token == WJB_VALUE && keep)
				pushJsonbValue(&state, WJB_VALUE, &value);
		}
	}
	merged = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(merged);
}

/*
 * The definition of an option that the caller's code names; an internal error
 * if it does not exist.
 */
static const OptionSpec *
need_spec(OptionScope scope, const char *name)
{
	const OptionSpec *spec = option_find(scope, name);

	if (spec == NULL)
		elog(ERROR, "there is no %s option \"%s\"", option_scope_name(scope), name);
	return spec;
}

/* The value of an option in a jsonb object, or its default, or NULL. */
static char *
get_text(OptionScope scope, Jsonb *options, const char *name, const OptionSpec **spec)
{
	JsonbValue	value;

	*spec = need_spec(scope, name);
	if (options != NULL &&
		getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value) != NULL &&
		value.type != jbvNull)
		return jsonb_value_text(&value);
	return (*spec)->default_value ? pstrdup((*spec)->default_value) : NULL;
}

/* A text, palloc'd; NULL where there is neither value nor default. */
char *
option_text(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;

	return get_text(scope, options, name, &spec);
}

/* A span; zero where there is neither value nor default. */
OptionSpan
option_span(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;
	char	   *text = get_text(scope, options, name, &spec);
	OptionSpan	none = {0};

	if (spec->type != OPTION_SPAN)
		elog(ERROR, "option \"%s\" is not a span", name);
	return text == NULL ? none : parse_span(text);
}

/* An integer, a time in ms or a size in bytes; 0 where there is neither value nor default. */
int64
option_int(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;
	char	   *text = get_text(scope, options, name, &spec);

	return option_int_text(scope, name, text);
}

/* Does the object hold the key with a value other than null? */
bool
option_is_set(Jsonb *options, const char *name)
{
	JsonbValue	value;

	return options != NULL &&
		getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value) != NULL &&
		value.type != jbvNull;
}

/* A list of names as a List of char *, palloc'd; NIL where it is not set. */
List *
option_name_list(OptionScope scope, Jsonb *options, const char *name)
{
	List	   *names = NIL;
	JsonbValue	value;

	if (need_spec(scope, name)->type != OPTION_NAMES)
		elog(ERROR, "option \"%s\" is not a list of names", name);
	if (!option_is_set(options, name))
		return NIL;
	(void) getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value);
	if (value.type != jbvBinary)
		return NIL;
	for (uint32 i = 0; i < JsonContainerSize(value.val.binary.data); i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(value.val.binary.data, i);

		names = lappend(names, pnstrdup(element->val.string.val, element->val.string.len));
	}
	return names;
}

/* The same as option_int() for the text of a server's or mapping's option. */
int64
option_int_text(OptionScope scope, const char *name, const char *value)
{
	const OptionSpec *spec = need_spec(scope, name);
	int64		number;
	const char *hint;

	if (spec->type != OPTION_INTEGER && spec->type != OPTION_TIME && spec->type != OPTION_SIZE)
		elog(ERROR, "option \"%s\" is not a number", name);
	if (value == NULL)
		value = spec->default_value;
	if (value == NULL)
		return 0;
	/*
	 * the options of a server made by hand were checked by another validator
	 */
	option_check_text(spec, value);
	(void) parse_number(spec, value, &number, &hint);
	return number;
}

/*
 * A boolean option of a server or mapping, from its text; false if there is
 * neither value nor default.
 */
bool
option_bool_text(OptionScope scope, const char *name, const char *value)
{
	const OptionSpec *spec = need_spec(scope, name);
	bool		flag;

	if (spec->type != OPTION_BOOLEAN)
		elog(ERROR, "option \"%s\" is not a boolean", name);
	if (value == NULL)
		value = spec->default_value;
	if (value == NULL)
		return false;
	if (!parse_bool(value, &flag))
		refuse_value(spec, value, "It takes on or off.");
	return flag;
}
