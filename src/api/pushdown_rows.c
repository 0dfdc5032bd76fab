/*-------------------------------------------------------------------------
 *
 * pushdown_rows.c
 *	  The SQL function behind the view rsfed.pushdown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/result.h"
#include "base/compat.h"
#include "redshift/ship.h"

PG_FUNCTION_INFO_V1(rsfed_pushdown);

static const char *const kind_words[] = {
	[SHIP_OPERATOR] = "operator",
	[SHIP_FUNCTION] = "function",
	[SHIP_AGGREGATE] = "aggregate",
	[SHIP_CLAUSE] = "clause",
};

static const char *const how_words[] = {
	[SHIP_AS_IS] = "as it is",
	[SHIP_REWRITTEN] = "rewritten",
	[SHIP_LOCAL] = "no",
};

/*
 * rsfed_catalog.pushdown(): a row for each row of the table.
 */
Datum
rsfed_pushdown(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	int			count;
	const ShipRule *table = ship_table(&count);

	for (int i = 0; i < count; i++)
	{
		const ShipRule *rule = &table[i];
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = CStringGetTextDatum(kind_words[rule->kind]);
		values[1] = CStringGetTextDatum(ship_item(rule->kind, rule->names, rule->left, rule->right));
		values[2] = CStringGetTextDatum(how_words[rule->how]);
		nulls[3] = rule->text == NULL;
		if (rule->text != NULL)
			values[3] = CStringGetTextDatum(rule->text);
		nulls[4] = rule->note == NULL;
		if (rule->note != NULL)
			values[4] = CStringGetTextDatum(rule->note);
		result_add(result, values, nulls);
	}
	return (Datum) 0;
}
