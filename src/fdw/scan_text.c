/*-------------------------------------------------------------------------
 *
 * scan_text.c
 *	  The statement of a scan with its parameters' values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"

#include "redshift/deparse.h"
#include "redshift/literal.h"

#include "fdw/scan_text.h"

/* Begins every statement, so that one finds them in the warehouse's history. */
#define LABEL "/* rsfed live */ "

/* One value as a literal; raises 0A000 for one that has none. */
static char *
value_literal(ExprState *param, ExprContext *econtext, bool bare)
{
	Oid			type = exprType((Node *) param->expr);
	const char *why = NULL;
	bool		isnull;
	Datum		value = ExecEvalExpr(param, econtext, &isnull);
	char	   *text = isnull ? redshift_null(type) : redshift_literal(type, value, bare, &why);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a parameter of the statement cannot be sent to Redshift as it is"),
				 why ? errdetail("With such a value %s.", why) : 0,
				 errhint("Write the value as a constant. Then the condition is applied here.")));
	return text;
}

char *
scan_text(const char *sql, List *params, ExprContext *econtext)
{
	int			count = list_length(params);
	char	  **bare = palloc(sizeof(char *) * (count + 1));
	char	  **cast = palloc(sizeof(char *) * (count + 1));

	for (int i = 0; i < count; i++)
	{
		bare[i] = value_literal(list_nth(params, i), econtext, true);
		cast[i] = value_literal(list_nth(params, i), econtext, false);
	}
	return psprintf(LABEL "%s", deparse_fill(sql, bare, cast));
}
