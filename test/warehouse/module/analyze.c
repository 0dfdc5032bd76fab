/*
 * analyze.c
 *		Rules about the meaning of a query: the node that it runs on.
 *
 * Policy: Redshift runs a query on the leader node if it uses only PG_*
 * catalogs or no relation, otherwise on the compute nodes; functions of one
 * kind fail on the other.  Only the client's own text is checked: the bodies of
 * views and functions of the altered catalog have no restrictions.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lake.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "standin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

bool		standin_on_compute_nodes = false;

static post_parse_analyze_hook_type prev_post_parse = NULL;

/* Functions that run on the leader node only. */
static const char *const leader_only[] = {
	"age", "current_schema", "current_schemas", "generate_series", "get_bit",
	"get_byte", "has_any_column_privilege", "has_column_privilege",
	"has_database_privilege", "has_schema_privilege", "has_table_privilege",
	"isfinite", "now", "pg_backend_pid", "pg_get_constraintdef",
	"pg_get_expr", "pg_get_userbyid", "pg_get_viewdef", "pg_last_query_id",
	"pg_table_is_visible", "session_user", "set_bit", "set_byte", "to_ascii",
	"version", NULL
};

/* Functions that run on compute nodes only. */
static const char *const compute_only[] = {
	"listagg", "median", "percentile_cont", "percentile_disc", NULL
};

typedef struct
{
	bool		compute;		/* touches a user table or an STV/SVV view */
	bool		catalog;		/* touches a PG_* catalog */
	List	   *leader_functions;	/* names, one INFO message each */
	bool		compute_functions;
} Touched;

static bool
in_list(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* classify_relation notes the nodes that a query needs for a relation. */
static void
classify_relation(Oid relid, Touched *touched)
{
	static const char *const prefixes[] = {"svv_", "stv_", "stl_", "svl_", "svcs_", "sys_"};
	Oid			namespace = get_rel_namespace(relid);
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		return;
	if (namespace != PG_CATALOG_NAMESPACE)
	{
		char	   *schema = get_namespace_name(namespace);

		if (schema && strcmp(schema, "information_schema") == 0)
			touched->catalog = true;
		else
			touched->compute = true;
		return;
	}
	for (size_t i = 0; i < lengthof(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
		{
			touched->compute = true;
			return;
		}
	touched->catalog = true;
}

/*
 * raise_refusal raises the error that the proxy wrote into the statement as
 * standin.refuse(sqlstate, message, detail, position).  The server raises it,
 * so that the transaction has the same state as after a real refusal.
 */
static void
raise_refusal(FuncExpr *call)
{
	char	   *words[3];
	int			position = 0;

	for (int i = 0; i < 3; i++)
	{
		Const	   *arg = list_nth_node(Const, call->args, i);

		words[i] = arg->constisnull ? NULL : TextDatumGetCString(arg->constvalue);
	}
	position = DatumGetInt32(list_nth_node(Const, call->args, 3)->constvalue);
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(words[0][0], words[0][1], words[0][2],
								   words[0][3], words[0][4])),
			 errmsg_internal("%s", words[1]),
			 words[2] ? errdetail_internal("%s", words[2]) : 0,
			 position > 0 ? errposition(position) : 0));
}

/* check_function notes a function that runs on one kind of node only. */
static void
check_function(Oid funcid, Touched *touched)
{
	char	   *name;

	if (get_func_namespace(funcid) != PG_CATALOG_NAMESPACE ||
		(name = get_func_name(funcid)) == NULL)
		return;
	if (in_list(name, compute_only))
		touched->compute_functions = true;
	if (in_list(name, leader_only) || strncmp(name, "pg_", 3) == 0)
		touched->leader_functions = lappend(touched->leader_functions,
											psprintf("%s()", name));
}

static const char *
sql_value_name(SQLValueFunction *value)
{
	switch (value->op)
	{
		case SVFOP_CURRENT_TIME:
		case SVFOP_CURRENT_TIME_N:
			return "current_time";
		case SVFOP_CURRENT_TIMESTAMP:
		case SVFOP_CURRENT_TIMESTAMP_N:
			return "current_timestamp";
		case SVFOP_LOCALTIME:
		case SVFOP_LOCALTIME_N:
			return "localtime";
		case SVFOP_LOCALTIMESTAMP:
		case SVFOP_LOCALTIMESTAMP_N:
			return "localtimestamp";
		case SVFOP_SESSION_USER:
			return "session_user";
		case SVFOP_CURRENT_CATALOG:
			return "current_catalog";
		case SVFOP_CURRENT_SCHEMA:
			return "current_schema";
		default:
			return NULL;
	}
}

/* check_array allows only IN lists and = ANY over a constant array. */
static void
check_array(ScalarArrayOpExpr *expr)
{
	Node	   *array = lsecond(expr->args);
	char	   *operator = get_opname(expr->opno);

	if (IsA(array, ArrayExpr) || IsA(array, ArrayCoerceExpr))
		return;					/* an IN list: ARRAY[] never reaches this */
	if (!IsA(array, Const))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("Only constant arrays supported in IN/ANY/ALL operation")));
	if (!expr->useOr || operator == NULL || strcmp(operator, "=") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ANY and ALL of an array are supported with \"=\" and ANY only")));
}

static bool touched_walker(Node *node, Touched *touched);

static bool
touched_query(Query *query, Touched *touched)
{
	ListCell   *lc;
	int			index = 0;
	bool		from_select = false;

	foreach(lc, query->rtable)
		if (((RangeTblEntry *) lfirst(lc))->rtekind == RTE_SUBQUERY)
			from_select = true;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		/* INSERT ... VALUES is evaluated on the leader */
		if (++index == query->resultRelation &&
			query->commandType == CMD_INSERT && !from_select)
			continue;
		if (rte->rtekind == RTE_RELATION)
			classify_relation(rte->relid, touched);
	}
	return query_tree_walker(query, touched_walker, touched, 0);
}

static bool
touched_walker(Node *node, Touched *touched)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return touched_query((Query *) node, touched);
	if (IsA(node, FuncExpr))
	{
		FuncExpr   *call = (FuncExpr *) node;

		if (call->funcformat == COERCE_EXPLICIT_CALL)
			check_function(call->funcid, touched);
	}
	else if (IsA(node, Aggref))
		check_function(((Aggref *) node)->aggfnoid, touched);
	else if (IsA(node, WindowFunc))
		check_function(((WindowFunc *) node)->winfnoid, touched);
	else if (IsA(node, ScalarArrayOpExpr))
		check_array((ScalarArrayOpExpr *) node);
	else if (IsA(node, SQLValueFunction))
	{
		const char *name = sql_value_name((SQLValueFunction *) node);

		if (name)
			touched->leader_functions = lappend(touched->leader_functions,
												pstrdup(name));
	}
	return expression_tree_walker(node, touched_walker, touched);
}

/* find_refusal looks for standin.refuse() at the top of the select list. */
static void
find_refusal(Query *query)
{
	TargetEntry *entry;
	FuncExpr   *call;

	if (query->commandType != CMD_SELECT || list_length(query->targetList) != 1)
		return;
	entry = linitial(query->targetList);
	call = (FuncExpr *) entry->expr;
	if (IsA(call, FuncExpr) && list_length(call->args) == 4 &&
		strcmp(get_func_name(call->funcid), "refuse") == 0)
	{
		char	   *schema = get_namespace_name(get_func_namespace(call->funcid));

		if (schema && strcmp(schema, "standin") == 0)
			raise_refusal(call);
	}
}

/* is_exclude recognizes the proxy's standin.exclude('a...') by its name. */
static bool
is_exclude(Expr *expr)
{
	FuncExpr   *call = (FuncExpr *) expr;
	char	   *schema;

	if (!IsA(call, FuncExpr) || list_length(call->args) != 1 ||
		strcmp(get_func_name(call->funcid), "exclude") != 0)
		return false;
	schema = get_namespace_name(get_func_namespace(call->funcid));
	return schema && strcmp(schema, "standin") == 0;
}

/*
 * drop_excluded removes the columns of EXCLUDE from the select list.  The
 * proxy has written their names, one on each line, into standin.exclude().
 */
static void
drop_excluded(Query *query)
{
	TargetEntry *mark = query->targetList ? llast(query->targetList) : NULL;
	Const	   *names;
	char	   *name;
	char	   *rest;

	if (query->commandType != CMD_SELECT || mark == NULL || !is_exclude(mark->expr))
		return;
	if (mark->ressortgroupref != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the stand-in cannot do this: EXCLUDE with DISTINCT")));
	names = linitial_node(Const, ((FuncExpr *) mark->expr)->args);
	query->targetList = list_delete_last(query->targetList);
	for (name = strtok_r(TextDatumGetCString(names->constvalue), "\n", &rest); name;
		 name = strtok_r(NULL, "\n", &rest))
	{
		bool		found = false;
		ListCell   *lc;

		foreach(lc, query->targetList)
		{
			TargetEntry *entry = lfirst(lc);

			if (entry->resname == NULL || strcmp(entry->resname, name) != 0)
				continue;
			found = true;
			/* columns that ORDER BY or GROUP BY needs stay, but hidden */
			if (entry->ressortgroupref != 0)
				entry->resjunk = true;
			else
				query->targetList = foreach_delete_current(query->targetList, lc);
		}
		if (!found)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" does not exist", name)));
	}
}

/* number_columns renumbers the select list, with hidden entries last. */
static void
number_columns(Query *query)
{
	List	   *seen = NIL;
	List	   *junk = NIL;
	AttrNumber	number = 1;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst(lc);

		if (entry->resjunk)
			junk = lappend(junk, entry);
		else
			seen = lappend(seen, entry);
	}
	query->targetList = list_concat(seen, junk);
	foreach(lc, query->targetList)
		((TargetEntry *) lfirst(lc))->resno = number++;
}

/* check_nodes applies the rule of leader and compute nodes. */
static void
check_nodes(Query *query)
{
	Touched		touched = {0};
	ListCell   *lc;

	if (query->commandType == CMD_UTILITY)
		return;
	touched_query(query, &touched);
	standin_on_compute_nodes = touched.compute;
	if (touched.compute && touched.leader_functions)
	{
		foreach(lc, touched.leader_functions)
			ereport(INFO,
					(errmsg_internal("Function \"%s\" not supported.",
									 (char *) lfirst(lc))));
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg_internal("Specified types or functions (one per INFO message) not supported on Redshift tables.")));
	}
	if (touched.compute_functions && !touched.compute)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg_internal("One or more of the used functions must be applied on at least one user created table. Examples of user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc")));
}

/*
 * end_of_literal returns the position after a quoted literal or NULL at text.
 */
static const char *
end_of_literal(const char *text)
{
	if (pg_strncasecmp(text, "null", 4) == 0)
		return text + 4;
	if (*text++ != '\'')
		return NULL;
	for (; *text; text++)
	{
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '\'' && *++text != '\'')
			return text;
	}
	return NULL;
}

/*
 * is_bare_literal distinguishes an untyped literal of the select list from a
 * cast one by the text around it: the parser has given both the type text.
 */
static bool
is_bare_literal(const char *source, int location)
{
	const char *after;
	int			before = location;

	if (location <= 0 || (after = end_of_literal(source + location)) == NULL)
		return false;
	while (*after && isspace((unsigned char) *after))
		after++;
	if (*after && strchr(":+-*/<>=~!@#%^&|?.(", *after))
		return false;
	while (before > 0 && isspace((unsigned char) source[before - 1]))
		before--;
	if (before > 0 && source[before - 1] == ',')
		return true;
	return before >= 6 && pg_strncasecmp(source + before - 6, "select", 6) == 0;
}

/*
 * keep_unknown gives untyped literals of a client's SELECT the type unknown
 * (OID 705), as in 8.0 and in Redshift; PostgreSQL 10+ makes them text.
 */
static void
keep_unknown(Query *query, const char *source)
{
	ListCell   *lc;

	if (query->commandType != CMD_SELECT || query->setOperations ||
		query->distinctClause)
		return;
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst(lc);
		Const	   *value = (Const *) entry->expr;

		if (!IsA(value, Const) || value->consttype != TEXTOID ||
			entry->ressortgroupref != 0 ||
			!is_bare_literal(source, value->location))
			continue;
		value = copyObject(value);
		value->consttype = UNKNOWNOID;
		value->constlen = -2;
		value->constcollid = InvalidOid;
		if (!value->constisnull)
			value->constvalue = CStringGetDatum(TextDatumGetCString(value->constvalue));
		entry->expr = (Expr *) value;
	}
}

/* Is the client's statement a SELECT that creates no view or table? */
static bool
is_plain_select(const char *source)
{
	for (;;)
	{
		while (isspace((unsigned char) *source) || *source == '(')
			source++;
		if (strncmp(source, "/*", 2) != 0)
			break;
		if ((source = strstr(source, "*/")) == NULL)
			return false;
		source += 2;
	}
	return pg_strncasecmp(source, "select", 6) == 0 ||
		pg_strncasecmp(source, "with", 4) == 0;
}

static void
post_parse(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (prev_post_parse)
		prev_post_parse(pstate, query, jstate);
	if (!standin_is_client_text(pstate->p_sourcetext))
		return;
	find_refusal(query);
	if (query->commandType == CMD_SELECT)
	{
		drop_excluded(query);
		number_columns(query);
	}
	if (standin_is_strict())
	{
		check_nodes(query);
		standin_check_subqueries(query);
		standin_read_nested(query, pstate->p_sourcetext);
		lake_check_view(pstate->p_sourcetext, query);
	}
	if (query->commandType == CMD_UTILITY)
		return;
	standin_shape_decimals(query);
	if (is_plain_select(pstate->p_sourcetext))
		keep_unknown(query, pstate->p_sourcetext);
}

void
standin_analyze_init(void)
{
	prev_post_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse;
}
