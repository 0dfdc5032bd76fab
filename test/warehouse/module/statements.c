/*
 * statements.c
 *		Refuses the utility statements that Redshift refuses.
 *
 * Policy: the proxy finds the statements that are syntax errors in Redshift,
 * with a position; this file has the rules that need the state of the session
 * (open cursors, settings), and checks again for connections that come to the
 * server directly.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/portalcmds.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "history.h"
#include "lake.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parser.h"
#include "standin.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/portal.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define SINGLE_NODE_FETCH_LIMIT 1000
#define SLOW_LIMIT 1000000000	/* of Execute: the proxy requests a wait */

static ProcessUtility_hook_type prev_utility = NULL;
static ExecutorStart_hook_type prev_executor_start = NULL;
static ExecutorRun_hook_type prev_executor_run = NULL;
static ExecutorEnd_hook_type prev_executor_end = NULL;

/* The only cursor that a session may have open. */
static char open_cursor[NAMEDATALEN] = "";

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("SQL command \"%s\" not supported.", what)));
}

/* check_set raises an error for SET and RESET that Redshift does not accept. */
static void
check_set(VariableSetStmt *stmt)
{
	ListCell   *lc;

	if (stmt->name == NULL)
		return;					/* RESET ALL */
	if (stmt->kind == VAR_SET_MULTI)
		return;					/* SET TRANSACTION: every level is accepted */
	standin_check_setting_name(stmt->name);
	foreach(lc, stmt->args)
	{
		Node	   *arg = lfirst(lc);

		if (IsA(arg, A_Const) && !((A_Const *) arg)->isnull &&
			nodeTag(&((A_Const *) arg)->val) == T_String)
			standin_check_setting_value(stmt->name,
										strVal(&((A_Const *) arg)->val));
	}
}

/* check_cursor allows one open cursor per session. */
static void
check_cursor(DeclareCursorStmt *stmt)
{
	Portal		portal = open_cursor[0] ? GetPortalByName(open_cursor) : NULL;

	if (PortalIsValid(portal))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("opening multiple cursors from within the same client connection is not allowed.")));
	if (stmt->options & CURSOR_OPT_HOLD)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("syntax error at or near \"WITH\"")));
	strlcpy(open_cursor, stmt->portalname, sizeof(open_cursor));
}

/*
 * check_fetch allows forward fetches only, of few rows on a single-node
 * cluster.
 */
static void
check_fetch(FetchStmt *stmt)
{
	if (stmt->ismove)
		refuse("MOVE");
	if (stmt->direction != FETCH_FORWARD || stmt->howMany < 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cursor can only scan forward")));
	if (!standin_single_node || stmt->howMany <= SINGLE_NODE_FETCH_LIMIT)
		return;
	if (stmt->howMany == FETCH_ALL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("FETCH ALL is not supported for a single node configuration")));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("Fetch size %ld exceeds the limit of %d for a single node configuration. Reduce the client fetch/cache size or upgrade to a multi node installation.",
					stmt->howMany, SINGLE_NODE_FETCH_LIMIT)));
}

/*
 * materialize_cursor stores the whole result of the cursor, as Redshift does
 * when the first row is fetched (DG:declare).
 */
static void
materialize_cursor(FetchStmt *stmt)
{
	Portal		portal = GetPortalByName(stmt->portalname);

	if (!PortalIsValid(portal) || portal->status != PORTAL_READY ||
		portal->strategy != PORTAL_ONE_SELECT || portal->holdStore != NULL)
		return;
	PortalCreateHoldStore(portal);
	PersistHoldablePortal(portal);
}

static void
check_transaction(TransactionStmt *stmt)
{
	switch (stmt->kind)
	{
		case TRANS_STMT_SAVEPOINT:
			refuse("SAVEPOINT");
			break;
		case TRANS_STMT_RELEASE:
			refuse("RELEASE SAVEPOINT");
			break;
		case TRANS_STMT_ROLLBACK_TO:
			refuse("ROLLBACK TO SAVEPOINT");
			break;
		case TRANS_STMT_PREPARE:
		case TRANS_STMT_COMMIT_PREPARED:
		case TRANS_STMT_ROLLBACK_PREPARED:
			refuse("PREPARE TRANSACTION");
			break;
		default:
			break;
	}
}

/*
 * shape_columns gives types without a size in CREATE TABLE Redshift's default.
 */
static void
shape_columns(CreateStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->tableElts)
	{
		ColumnDef  *column = lfirst(lc);
		TypeName   *type;
		char	   *name;

		if (!IsA(column, ColumnDef) || (type = column->typeName) == NULL)
			continue;
		if (type->arrayBounds != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("Column \"%s.%s\" has unsupported type \"%s[]\".",
							stmt->relation->relname, column->colname,
							strVal(llast(type->names)))));
		name = type->names ? strVal(llast(type->names)) : "";
		if (type->typmods != NIL)
			continue;
		if (strcmp(name, "text") == 0 || strcmp(name, "varchar") == 0)
		{
			type->names = SystemTypeName("varchar")->names;
			type->typmods = list_make1(makeInteger(256));
		}
		else if (strcmp(name, "numeric") == 0)
			type->typmods = list_make2(makeInteger(18), makeInteger(0));
		else
			continue;
		for (ListCell *m = list_head(type->typmods); m; m = lnext(type->typmods, m))
		{
			A_Const    *value = makeNode(A_Const);

			value->val.ival = *(Integer *) lfirst(m);
			value->location = -1;
			lfirst(m) = value;
		}
	}
}

/*
 * check_call refuses external DDL, which the proxy sends as calls of
 * procedures, in transaction blocks.
 */
static void
check_call(CallStmt *stmt, bool top_level)
{
	static const struct
	{
		const char *procedure;
		const char *command;
	}			external[] =
	{
		{"create_external_schema", "CREATE EXTERNAL SCHEMA"},
		{"create_external_table", "CREATE EXTERNAL TABLE"},
		{"drop_external_database", "DROP EXTERNAL DATABASE"},
		{"drop_external_tables", "DROP EXTERNAL TABLE"},
		{"all_of", "ALTER EXTERNAL TABLE"},
	};
	List	   *names = stmt->funccall->funcname;

	if (list_length(names) != 2 || strcmp(strVal(linitial(names)), "standin") != 0)
		return;
	for (size_t i = 0; i < lengthof(external); i++)
		if (strcmp(strVal(lsecond(names)), external[i].procedure) == 0)
			PreventInTransactionBlock(top_level, external[i].command);
}

/* check_statement applies the rules to one utility statement of a client. */
static void
check_statement(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_VariableSetStmt:
			check_set((VariableSetStmt *) stmt);
			break;
		case T_VariableShowStmt:
			standin_check_shown_name(((VariableShowStmt *) stmt)->name);
			break;
		case T_TransactionStmt:
			check_transaction((TransactionStmt *) stmt);
			break;
		case T_DeclareCursorStmt:
			check_cursor((DeclareCursorStmt *) stmt);
			break;
		case T_FetchStmt:
			check_fetch((FetchStmt *) stmt);
			materialize_cursor((FetchStmt *) stmt);
			break;
		case T_CopyStmt:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("syntax error at or near \"%s\"",
							((CopyStmt *) stmt)->is_from ? "STDIN" : "STDOUT")));
			break;
		case T_DiscardStmt:
			ereport(ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg("syntax error at or near \"DISCARD\"")));
			break;
		case T_DeallocateStmt:
			if (((DeallocateStmt *) stmt)->name == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("syntax error at or near \"ALL\"")));
			break;
		case T_ClosePortalStmt:
			if (((ClosePortalStmt *) stmt)->portalname == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_SYNTAX_ERROR),
						 errmsg("syntax error at or near \"ALL\"")));
			break;
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
		case T_IndexStmt:
		case T_CreateTrigStmt:
		case T_CreateSeqStmt:
		case T_CreateDomainStmt:
		case T_CreateEnumStmt:
		case T_CreateRangeStmt:
		case T_CompositeTypeStmt:
		case T_RuleStmt:
		case T_CreateExtensionStmt:
		case T_CreatePolicyStmt:
		case T_AlterSystemStmt:
		case T_DoStmt:
		case T_ClusterStmt:
		case T_ReindexStmt:
			refuse(GetCommandTagName(CreateCommandTag(stmt)));
			break;
		default:
			break;
	}
}

static void
utility(PlannedStmt *pstmt, const char *query, bool read_only,
		ProcessUtilityContext context, ParamListInfo params,
		QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	if (context != PROCESS_UTILITY_SUBCOMMAND && standin_is_client_text(query))
	{
		history_next_query();
		if (standin_is_strict())
			check_statement(pstmt->utilityStmt);
		if (IsA(pstmt->utilityStmt, CallStmt))
			check_call((CallStmt *) pstmt->utilityStmt,
					   context == PROCESS_UTILITY_TOPLEVEL);
		if (lake_utility(pstmt->utilityStmt, context == PROCESS_UTILITY_TOPLEVEL))
			return;
		if (IsA(pstmt->utilityStmt, CreateStmt) && !superuser())
		{
			/* the tree may be in a plan cache, so change a copy */
			pstmt = copyObject(pstmt);
			shape_columns((CreateStmt *) pstmt->utilityStmt);
		}
	}
	if (prev_utility)
		prev_utility(pstmt, query, read_only, context, params, env, dest, qc);
	else
		standard_ProcessUtility(pstmt, query, read_only, context, params, env,
								dest, qc);
}

/*
 * wait_slowly delays a slow statement.  The delay is here and not in the
 * proxy, so that a cancel and statement_timeout end it.
 */
static void
wait_slowly(long milliseconds)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												  milliseconds);

	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);

		CHECK_FOR_INTERRUPTS();
		if (left <= 0)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT |
						 WL_EXIT_ON_PM_DEATH, left, WAIT_EVENT_PG_SLEEP);
		ResetLatch(MyLatch);
	}
}

/*
 * executor_start and executor_run wait if the proxy has requested a slow
 * statement: by a comment in a simple query, or by an unusually high row limit
 * in an extended one.
 */
static void
executor_start(QueryDesc *desc, int eflags)
{
	static const char mark[] = "/*standin slow ";

	if (standin_is_client_text(desc->sourceText))
	{
		history_next_query();
		history_begin(desc);
		if (standin_through_proxy &&
			strncmp(desc->sourceText, mark, sizeof(mark) - 1) == 0)
			wait_slowly(atol(desc->sourceText + sizeof(mark) - 1));
	}
	if (prev_executor_start)
		prev_executor_start(desc, eflags);
	else
		standard_ExecutorStart(desc, eflags);
}

static void
executor_run(QueryDesc *desc, ScanDirection direction, uint64 count, bool once)
{
	if (standin_through_proxy && count >= SLOW_LIMIT)
	{
		wait_slowly(count - SLOW_LIMIT);
		count = 0;
	}
	if (prev_executor_run)
		prev_executor_run(desc, direction, count, once);
	else
		standard_ExecutorRun(desc, direction, count, once);
}

static void
executor_end(QueryDesc *desc)
{
	uint64		rows = desc->estate->es_processed;

	if (prev_executor_end)
		prev_executor_end(desc);
	else
		standard_ExecutorEnd(desc);
	history_end(desc, rows);
}

void
standin_statements_init(void)
{
	prev_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
	prev_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
	prev_executor_run = ExecutorRun_hook;
	ExecutorRun_hook = executor_run;
	prev_executor_end = ExecutorEnd_hook;
	ExecutorEnd_hook = executor_end;
}
