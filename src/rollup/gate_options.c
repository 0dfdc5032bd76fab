/*-------------------------------------------------------------------------
 *
 * gate_options.c
 *	  The options of the gate in a definition.
 *
 * refresh/gate.c applies them to new content.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"

#include "base/compat.h"
#include "base/options.h"
#include "rollup/gate_options.h"
#include "rollup/method.h"

static const char *const gate_options[] = {"min_rows", "max_rows", "max_shrink_percent",
"max_change_percent", "check"};

bool
gate_options_any(const Rollup *rollup)
{
	for (int i = 0; i < lengthof(gate_options); i++)
	{
		if (option_is_set(rollup->options, gate_options[i]))
			return true;
	}
	return false;
}

char *
gate_check_statement(const char *check, const char *table)
{
	/* the expression may end with a comment */
	return psprintf("WITH new_rows AS (SELECT * FROM %s) SELECT (%s\n)", table, check);
}

/* Raises 42601 unless the check is one expression. */
static void
check_expression(const char *check)
{
	List	   *statements = pg_parse_query(gate_check_statement(check, "t"));
	SelectStmt *select = NULL;

	if (list_length(statements) == 1 &&
		IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (select == NULL || select->op != SETOP_NONE || list_length(select->targetList) != 1 ||
		select->fromClause != NIL || select->whereClause != NULL || select->intoClause != NULL ||
		select->groupClause != NIL || select->sortClause != NIL || select->limitCount != NULL ||
		select->lockingClause != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("option check must be one SQL expression"),
				 errhint("Write, for example: \"(SELECT sum(sales) FROM new_rows) >= 0.9 * (SELECT sum(sales) FROM old_rows)\".")));
}

void
gate_options_check(const Rollup *rollup)
{
	char	   *check = option_text(OPTION_ROLLUP, rollup->options, "check");

	if (check != NULL)
		check_expression(check);
	if (option_is_set(rollup->options, "max_change_percent") &&
		!method_find(rollup->method)->needs_key)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option max_change_percent needs a key"),
				 errdetail("Method \"%s\" writes every row each time.", rollup->method),
				 errhint("Use max_shrink_percent, or give the rollup a key and the method \"merge\".")));
}
