/*
 * nested.c
 *		Arrays, structs and maps of external tables: whether they can be read.
 *
 * Policy: as the guide says (nested-data-restrictions,
 * serializing-complex-JSON).  Without json_serialization_enable, such a column
 * can be used only in paths and unnesting; with it, the column is a
 * varchar(65535) of JSON, or NULL if that is too long, and there are no paths
 * into it.  Other uses, such as comparisons of that text, are not documented
 * and are refused.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lake.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "standin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#define SUPER_OID	4000
#define MOST_BYTES	65535

typedef struct
{
	List	   *queries;		/* innermost first */
	bool		serializes;
	bool		has_star;		/* the client has written SELECT * */
} NestedContext;

static Query *nested_query(Query *query, NestedContext *context);

static bool
is_on(const char *setting)
{
	const char *value = GetConfigOption(setting, true, false);
	bool		on;

	return value != NULL && parse_bool(value, &on) && on;
}

/* entry_of returns the range table entry that a column belongs to. */
static RangeTblEntry *
entry_of(Var *var, NestedContext *context)
{
	Query	   *query;

	if (var->varlevelsup >= (Index) list_length(context->queries) || var->varattno < 1)
		return NULL;
	query = list_nth(context->queries, var->varlevelsup);
	return var->varno >= 1 && var->varno <= list_length(query->rtable) ? list_nth(query->rtable, var->varno - 1) : NULL;
}

static bool
is_nested(Node *node, NestedContext *context)
{
	RangeTblEntry *rte = node != NULL && IsA(node, Var) && ((Var *) node)->vartype == SUPER_OID ?
		entry_of((Var *) node, context) : NULL;

	return rte != NULL && rte->rtekind == RTE_RELATION && lake_is_external(rte->relid);
}

/*
 * is_path recognizes navigation and unnesting, which the proxy has written as
 * calls.
 */
static bool
is_path(Node *node)
{
	FuncExpr   *call = (FuncExpr *) node;
	char	   *name;

	if (!IsA(node, FuncExpr) || call->args == NIL)
		return false;
	name = get_func_name(call->funcid);
	return name != NULL && (strcmp(name, "navigate") == 0 || strcmp(name, "unnest") == 0 || strcmp(name, "unnest_at") == 0) &&
		strcmp(get_namespace_name(get_func_namespace(call->funcid)), "standin") == 0;
}

static void
refuse_column(Var *var, NestedContext *context)
{
	RangeTblEntry *rte = entry_of(var, context);

	if (context->has_star)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Nested tables do not support '*' in the SELECT clause.")));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist in %s", get_attname(rte->relid, var->varattno, false),
					get_rel_name(rte->relid))));
}

/* serialized converts a column to its JSON as varchar(65535). */
static Node *
serialized(Node *column)
{
	Oid			super = SUPER_OID;
	Oid			cast_types[] = {VARCHAROID, INT4OID, BOOLOID};
	Oid			function = LookupFuncName(list_make2(makeString("standin"), makeString("serialized")), 1, &super, false);
	Oid			cast = LookupFuncName(list_make2(makeString("standin"), makeString("varchar")), 3, cast_types, false);
	Node	   *text = (Node *) makeFuncExpr(function, VARCHAROID, list_make1(column), DEFAULT_COLLATION_OID,
											 InvalidOid, COERCE_EXPLICIT_CALL);

	return (Node *) makeFuncExpr(cast, VARCHAROID,
								 list_make3(text, makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
															Int32GetDatum(MOST_BYTES + VARHDRSZ), false, true),
											makeBoolConst(true, false)),
								 DEFAULT_COLLATION_OID, DEFAULT_COLLATION_OID, COERCE_EXPLICIT_CAST);
}

/* takes_nested: may a node have such a column, as text, directly below it? */
static bool
takes_nested(Node *node)
{
	return IsA(node, TargetEntry) || IsA(node, NullTest) || IsA(node, List) ||
		(IsA(node, Aggref) && strcmp(get_func_name(((Aggref *) node)->aggfnoid), "count") == 0);
}

static bool
has_nested_walker(Node *node, NestedContext *context)
{
	return is_nested(node, context);
}

/* has_nested: is such a column directly below a node? */
static bool
has_nested(Node *node, NestedContext *context)
{
	/* the walker visits these from the CASE only */
	if (IsA(node, CaseWhen))
		return is_nested((Node *) ((CaseWhen *) node)->expr, context) ||
			is_nested((Node *) ((CaseWhen *) node)->result, context);
	return expression_tree_walker(node, has_nested_walker, context);
}

static Node *
nested_mutator(Node *node, NestedContext *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) nested_query((Query *) node, context);
	if (is_path(node) && is_nested(linitial(((FuncExpr *) node)->args), context))
	{
		if (context->serializes)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("subfields of nested columns cannot be accessed while json_serialization_enable is on")));
		return node;
	}
	if (is_nested(node, context))
	{
		if (!context->serializes)
			refuse_column((Var *) node, context);
		return serialized(node);
	}
	/* a column of a subquery that has become text */
	if (IsA(node, Var) && ((Var *) node)->vartype == SUPER_OID)
	{
		RangeTblEntry *rte = entry_of((Var *) node, context);
		TargetEntry *entry = rte != NULL && rte->rtekind == RTE_SUBQUERY ?
			list_nth(rte->subquery->targetList, ((Var *) node)->varattno - 1) : NULL;
		Var		   *var = copyObject((Var *) node);

		if (entry != NULL && exprType((Node *) entry->expr) != SUPER_OID)
		{
			var->vartype = exprType((Node *) entry->expr);
			var->vartypmod = exprTypmod((Node *) entry->expr);
			var->varcollid = exprCollation((Node *) entry->expr);
		}
		return (Node *) var;
	}
	if (context->serializes && !takes_nested(node) && has_nested(node, context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the stand-in cannot do this: a nested column as text in an expression")));
	return expression_tree_mutator(node, nested_mutator, context);
}

/* nested_query processes subqueries first, because their columns change. */
static Query *
nested_query(Query *query, NestedContext *context)
{
	ListCell   *lc;

	query = copyObject(query);
	context->queries = lcons(query, context->queries);
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_SUBQUERY)
			rte->subquery = nested_query(rte->subquery, context);
	}
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst(lc);

		if (context->serializes && entry->ressortgroupref != 0 && is_nested((Node *) entry->expr, context))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the stand-in cannot do this: rows are told apart or sorted by a nested column")));
	}
	query = query_tree_mutator(query, nested_mutator, context, QTW_DONT_COPY_QUERY | QTW_IGNORE_RT_SUBQUERIES);
	context->queries = list_delete_first(context->queries);
	return query;
}

/* begins_with_star recognizes "SELECT *" in the text, after comments. */
static bool
begins_with_star(const char *source)
{
	for (;;)
	{
		while (isspace((unsigned char) *source))
			source++;
		if (strncmp(source, "/*", 2) != 0 || (source = strstr(source, "*/")) == NULL)
			break;
		source += 2;
	}
	if (source == NULL || pg_strncasecmp(source, "select", 6) != 0)
		return false;
	source += 6;
	while (isspace((unsigned char) *source))
		source++;
	return *source == '*';
}

/* standin_read_nested changes a client's query in place, or refuses it. */
void
standin_read_nested(Query *query, const char *source)
{
	NestedContext context = {NIL, is_on("json_serialization_enable"), begins_with_star(source)};

	if (query->commandType == CMD_SELECT)
		*query = *nested_query(query, &context);
}
