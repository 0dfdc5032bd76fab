/*-------------------------------------------------------------------------
 *
 * option_rows.c
 *	  The SQL functions behind the views rsfed.options and rsfed.pinned_settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/result.h"
#include "base/compat.h"
#include "base/options.h"
#include "base/run_settings.h"

PG_FUNCTION_INFO_V1(rsfed_options);
PG_FUNCTION_INFO_V1(rsfed_option_amount);
PG_FUNCTION_INFO_V1(rsfed_pinned_settings);

static const char *type_word(const OptionSpec *spec);
static char *allowed_text(const OptionSpec *spec);

/*
 * rsfed_catalog.options(): a row for each option of the table.
 */
Datum
rsfed_options(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	int			count;
	const OptionSpec *table = option_table(&count);

	for (int i = 0; i < count; i++)
	{
		const OptionSpec *spec = &table[i];
		char	   *allowed = allowed_text(spec);
		Datum		values[7];
		bool		nulls[7] = {false};

		values[0] = CStringGetTextDatum(option_scope_name(spec->scope));
		values[1] = CStringGetTextDatum(spec->name);
		values[2] = CStringGetTextDatum(type_word(spec));
		nulls[3] = spec->unit == NULL;
		if (spec->unit != NULL)
			values[3] = CStringGetTextDatum(spec->unit);
		nulls[4] = spec->default_value == NULL;
		if (spec->default_value != NULL)
			values[4] = CStringGetTextDatum(spec->default_value);
		nulls[5] = allowed == NULL;
		if (allowed != NULL)
			values[5] = CStringGetTextDatum(allowed);
		values[6] = CStringGetTextDatum(spec->superuser ?
										psprintf("%s Superusers only.", spec->description) :
										spec->description);
		result_add(result, values, nulls);
	}
	return (Datum) 0;
}

/*
 * rsfed_catalog.pinned_settings(): a row for each setting that is pinned.
 */
Datum
rsfed_pinned_settings(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	int			count;
	const RunSetting *table = run_settings(&count);

	for (int i = 0; i < count; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = CStringGetTextDatum(table[i].name);
		values[1] = CStringGetTextDatum(table[i].value);
		values[2] = CStringGetTextDatum(run_setting_scope_name(table[i].scope));
		values[3] = CStringGetTextDatum(table[i].reason);
		result_add(result, values, nulls);
	}
	return (Datum) 0;
}

/* The type as pg_settings would call it. */
static const char *
type_word(const OptionSpec *spec)
{
	switch (spec->type)
	{
		case OPTION_BOOLEAN:
			return "bool";
		case OPTION_INTEGER:
			return "integer";
		case OPTION_TIME:
			return "time";
		case OPTION_STRING:
			return spec->allowed ? "enum" : "string";
		case OPTION_TIMESTAMP:
			return "timestamptz";
		case OPTION_NAMES:
			return "names";
		case OPTION_SPAN:
			return "interval";
		case OPTION_MAP:
			return "object";
		case OPTION_SIZE:
			return "size";
		case OPTION_TIMEZONE:
			return "timezone";
	}
	elog(ERROR, "unrecognized option type: %d", (int) spec->type);
	return NULL;				/* keep the compiler quiet */
}

/* The possible values; NULL for any. */
static char *
allowed_text(const OptionSpec *spec)
{
	switch (spec->type)
	{
		case OPTION_INTEGER:
			return psprintf(INT64_FORMAT " to " INT64_FORMAT, spec->min_value, spec->max_value);
		case OPTION_TIME:
			return psprintf(INT64_FORMAT " ms to " INT64_FORMAT " ms",
							spec->min_value, spec->max_value);
		case OPTION_SIZE:
			return psprintf(INT64_FORMAT " B to " INT64_FORMAT " B", spec->min_value, spec->max_value);
		case OPTION_BOOLEAN:
			return pstrdup("on, off");
		default:
			return spec->allowed ? pstrdup(spec->allowed) : NULL;
	}
}

/*
 * rsfed_catalog.option_amount(scope, name, value): an option that is a number.
 * Raises 22023 if there is no such option, or the value is not valid.
 */
Datum
rsfed_option_amount(PG_FUNCTION_ARGS)
{
	char	   *word = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int			count;
	const OptionSpec *table = option_table(&count);

	for (int i = 0; i < count; i++)
	{
		if (strcmp(table[i].name, name) == 0 && strcmp(option_scope_name(table[i].scope), word) == 0)
			PG_RETURN_INT64(option_int_text(table[i].scope, name,
											text_to_cstring(PG_GETARG_TEXT_PP(2))));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s option \"%s\"", word, name)));
}
