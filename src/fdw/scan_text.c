/*-------------------------------------------------------------------------
 *
 * scan_text.c
 *	  The statement of a scan with its parameters' values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"

#include "base/compat.h"
#include "redshift/deparse.h"
#include "redshift/literal.h"

#include "fdw/scan_text.h"

/*
 * The prefix of every statement, by which it can be found in the query history
 * of the warehouse.
 */
#define LABEL "/* rsfed live */ "

/* Raises 0A000: the value of a parameter has no literal. */
pg_noreturn static void
refuse(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a parameter of the statement cannot be sent to Redshift as it is"),
			 why ? errdetail("With such a value %s.", why) : 0,
			 errhint("Write the value as a constant. Then the condition is applied here.")));
}

/* Evaluates a parameter; *why is the reason if its value has no literal. */
static DeparseValue
read_value(ExprState *param, ExprContext *econtext, const char **why)
{
	Oid			type = exprType((Node *) param->expr);
	DeparseValue result = {0};
	Datum		value = ExecEvalExpr(param, econtext, &result.isnull);

	if (result.isnull)
	{
		result.bare = result.cast = redshift_null(type);
		return result;
	}
	result.bare = redshift_literal(type, value, true, why);
	result.cast = redshift_literal(type, value, false, why);
	if (result.bare == NULL)
	{
		(void) redshift_place(type, value, true, &result.bare);
		result.place = redshift_place(type, value, false, &result.cast);
	}
	if (type == INT8OID)
		result.count = DatumGetInt64(value);
	return result;
}

/*
 * Raises PostgreSQL's errors for an invalid LIMIT or OFFSET, and 0A000 for one
 * that is too large for Redshift.
 */
static void
check_count(const DeparseValue *value, const char *word, int negative)
{
	if (value->isnull)
		return;
	if (value->count < 0)
		ereport(ERROR,
				(errcode(negative),
				 errmsg("%s must not be negative", word)));
	if (value->count > INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s " INT64_FORMAT " cannot be sent to Redshift", word, value->count),
				 errdetail("The greatest one is %d.", INT_MAX),
				 errhint("Write it as a constant. Then it is applied here.")));
}

char *
scan_text(const char *sql, List *params, const ScanRules *rules, ExprContext *econtext)
{
	int			count = list_length(params);
	DeparseValue *values = palloc0(sizeof(DeparseValue) * (count + 1));
	const char **why = palloc0(sizeof(char *) * (count + 1));
	char	   *text;
	int			missing;
	ListCell   *lc;

	for (int i = 0; i < count; i++)
		values[i] = read_value(list_nth(params, i), econtext, &why[i]);
	/* in the same order as PostgreSQL */
	if (rules->offset >= 0)
		check_count(&values[rules->offset], "OFFSET", ERRCODE_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE);
	if (rules->limit >= 0)
		check_count(&values[rules->limit], "LIMIT", ERRCODE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE);
	foreach(lc, rules->strict)
	{
		if (values[lfirst_int(lc)].isnull)
			return NULL;
	}
	text = deparse_fill(sql, values, &missing);
	if (missing >= 0)
		refuse(why[missing]);
	return psprintf(LABEL "%s", text);
}
