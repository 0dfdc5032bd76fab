/*-------------------------------------------------------------------------
 *
 * pushed.c
 *	  The SQL function that shows the statement for Redshift of a query.
 *
 * Policy: the query is planned with the caller's rights, as by EXPLAIN; nothing
 * is executed, and nothing is sent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/execdesc.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/names.h"

#include "fdw/one_statement.h"

PG_FUNCTION_INFO_V1(rsfed_pushed);

/* The plan of a query; raises 22023 if it is not a single SELECT. */
static PlannedStmt *
plan_query(const char *text)
{
	List	   *statements = pg_parse_query(text);
	List	   *queries = list_length(statements) == 1 ?
		pg_analyze_and_rewriteCompat(linitial_node(RawStmt, statements), text) : NIL;
	Query	   *query = list_length(queries) == 1 ? linitial_node(Query, queries) : NULL;

	if (query == NULL || query->commandType != CMD_SELECT || query->hasModifyingCTE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"query\" is not one SELECT"),
				 errhint("Give one query over foreign tables of the wrapper rsfed, without a semicolon.")));
	return pg_plan_query(query, text, 0, NULL);
}

/*
 * rsfed.pushed(query): the statement for Redshift; raises 0A000, with the
 * reasons, if a part of the query runs here.
 */
Datum
rsfed_pushed(PG_FUNCTION_ARGS)
{
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PlannedStmt *stmt = plan_query(query);
	QueryDesc  *desc = CreateQueryDesc(stmt, query, GetActiveSnapshot(), InvalidSnapshot, None_Receiver, NULL, NULL, 0);
	List	   *reasons;
	char	   *pushed;

	/* checks the caller's privileges */
	ExecutorStart(desc, EXEC_FLAG_EXPLAIN_ONLY);
	pushed = live_pushed(stmt, desc->planstate, &reasons);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	if (pushed == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the query does not become one statement in Redshift"),
				 errdetail("%s", texts_joined(reasons, "\n")),
				 errhint("EXPLAIN VERBOSE shows its parts; doc/pushdown.md says what Redshift computes.")));
	PG_RETURN_TEXT_P(cstring_to_text(pushed));
}
