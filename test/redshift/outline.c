/*-------------------------------------------------------------------------
 *
 * outline.c
 *		src/redshift as an SQL function, for constructs.py.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "redshift/lint.h"
#include "redshift/placeholder.h"
#include "redshift/query.h"
#include "redshift/rewrite.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(outline);

/* The texts of an array without NULLs. */
static const char **
strings(ArrayType *array, int *count)
{
	Datum	   *values;
	const char **result;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, NULL, count);
	result = palloc(sizeof(char *) * (*count + 1));
	for (int i = 0; i < *count; i++)
		result[i] = TextDatumGetCString(values[i]);
	return result;
}

/*
 * outline(query text, names text[], types text[], typmods text[]) RETURNS text[]
 *
 * Takes the names and Redshift's types of the result's columns.  Returns the
 * key, the reason if there is none, whether ORDER BY may be appended, the
 * findings of lint, and the query with A and B for {from} and {to}.  Raises the
 * errors of the checks of a definition.
 */
Datum
outline(PG_FUNCTION_ARGS)
{
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			count;
	const char **names = strings(PG_GETARG_ARRAYTYPE_P(1), &count);
	const char **type_texts = strings(PG_GETARG_ARRAYTYPE_P(2), &count);
	const char **typmod_texts = strings(PG_GETARG_ARRAYTYPE_P(3), &count);
	Oid		   *types = palloc(sizeof(Oid) * (count + 1));
	int32	   *typmods = palloc(sizeof(int32) * (count + 1));
	RedshiftSelect *select;
	const char *why_not;
	List	   *key;
	StringInfoData keys;
	StringInfoData lints;
	ListCell   *lc;
	Datum		result[5];

	for (int i = 0; i < count; i++)
	{
		types[i] = atooid(type_texts[i]);
		typmods[i] = atoi(typmod_texts[i]);
	}
	redshift_check_query(query);
	redshift_check_placeholders(query);
	select = redshift_parse_select(query);
	key = redshift_infer_key(select, names, count, &why_not);

	initStringInfo(&keys);
	foreach(lc, key)
		appendStringInfo(&keys, "%s%s", keys.len > 0 ? ", " : "", (char *) lfirst(lc));
	initStringInfo(&lints);
	foreach(lc, redshift_lint(select, names, types, typmods, count, key))
	{
		RedshiftLint *lint = lfirst(lc);

		appendStringInfo(&lints, "%s%s%s%s: %s", lints.len > 0 ? "\n" : "",
						 lint->severity == RS_LINT_WARNING ? "warning" : "note",
						 lint->column ? " of " : "", lint->column ? lint->column : "",
						 lint->problem);
	}
	result[0] = CStringGetTextDatum(keys.data);
	result[1] = CStringGetTextDatum(why_not ? why_not : "");
	result[2] = CStringGetTextDatum(redshift_takes_order(query) ? "yes" : "no");
	result[3] = CStringGetTextDatum(lints.data);
	result[4] = CStringGetTextDatum(redshift_fill_placeholders(query, "A", "B"));
	PG_RETURN_ARRAYTYPE_P(construct_array(result, 5, TEXTOID, -1, false, TYPALIGN_INT));
}
