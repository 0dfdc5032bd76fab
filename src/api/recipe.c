/*-------------------------------------------------------------------------
 *
 * recipe.c
 *	  Finds the data that a view reads from a warehouse by dblink or by foreign
 *	  tables.
 *
 * Policy: the query tree is read, not its text.  A view returns the rows of
 * its call unchanged only if each of its columns is a column of the call,
 * possibly with a cast that reads the same value from the same text; any other
 * processing of the rows stays in the view.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "api/constant.h"
#include "api/recipe.h"
#include "api/script.h"
#include "base/compat.h"

/* The state of the walker. */
typedef struct Reading
{
	Recipe	   *recipe;
	Oid			holder;			/* the view whose query it reads */
	int			found;			/* calls of dblink, anywhere */
	int			in_from;		/* those in FROM */
} Reading;

static bool read_walker(Node *node, void *context);

/* Is it dblink() of the extension, in any schema? */
static bool
is_dblink(Node *node)
{
	Oid			extension;
	Oid			function;

	if (node == NULL || !IsA(node, FuncExpr))
		return false;
	function = ((FuncExpr *) node)->funcid;
	if (strcmp(get_func_name(function), "dblink") != 0)
		return false;
	/* last, since an extension is looked up without a cache */
	extension = get_extension_oid("dblink", true);
	return OidIsValid(extension) && getExtensionOfObject(ProcedureRelationId, function) == extension;
}

/* A copy of the query of a view or materialized view, which stays locked. */
static Query *
view_query(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	Query	   *query = NULL;

	for (int i = 0; rel->rd_rules != NULL && i < rel->rd_rules->numLocks; i++)
	{
		RewriteRule *rule = rel->rd_rules->rules[i];

		if (rule->event == CMD_SELECT)
			query = copyObject(linitial_node(Query, rule->actions));
	}
	if (query == NULL)
		elog(ERROR, "relation %u has no query", relid);
	relation_close(rel, NoLock);
	return query;
}

/* The columns of the list after AS. */
static List *
call_columns(const RangeTblFunction *function)
{
	List	   *columns = NIL;
	ListCell   *name,
			   *type,
			   *typmod,
			   *collation;

	forfour(name, function->funccolnames, type, function->funccoltypes,
			typmod, function->funccoltypmods, collation, function->funccolcollations)
	{
		RecipeColumn *column = palloc0(sizeof(RecipeColumn));

		column->name = pstrdup(strVal(lfirst(name)));
		column->type = lfirst_oid(type);
		column->typmod = lfirst_int(typmod);
		column->collation = lfirst_oid(collation);
		columns = lappend(columns, column);
	}
	return columns;
}

/* An entry of FROM in the format of pg_get_viewdef(). */
static char *
call_text(const RangeTblEntry *rte, Node *function, List *columns)
{
	StringInfoData buf;
	ListCell   *lc;

	if (rte->lateral || rte->funcordinality || list_length(rte->functions) != 1)
		return NULL;
	initStringInfo(&buf);
	appendStringInfo(&buf, "%s %s(", deparse_expression(function, NIL, false, false),
					 quote_identifier(rte->eref->aliasname));
	foreach(lc, columns)
	{
		RecipeColumn *column = lfirst(lc);

		appendStringInfo(&buf, "%s%s %s", lc == list_head(columns) ? "" : ", ",
						 quote_identifier(column->name),
						 format_type_with_typemod(column->type, column->typmod));
		if (OidIsValid(column->collation) && column->collation != get_typcollation(column->type))
			appendStringInfo(&buf, " COLLATE %s", generate_collation_name(column->collation));
	}
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

static void
read_call(Reading *reading, const RangeTblEntry *rte, const RangeTblFunction *function)
{
	FuncExpr   *expr = (FuncExpr *) function->funcexpr;
	RecipeCall *call = palloc0(sizeof(RecipeCall));
	int			nargs = list_length(expr->args);
	Node	   *query;
	ListCell   *lc;

	/* (sql), (sql, fail), (connection, sql), (connection, sql, fail) */
	if (nargs == 3 || (nargs == 2 && exprType(lsecond(expr->args)) != BOOLOID))
	{
		call->connection = constant_text(linitial(expr->args));
		query = lsecond(expr->args);
	}
	else
		query = linitial(expr->args);
	call->holder = reading->holder;
	call->query = constant_text(query);
	if (call->query == NULL)
		call->expression = contain_var_clause(query) ? pstrdup("columns of the view")
			: deparse_expression(query, NIL, false, false);
	call->columns = call_columns(function);
	call->text = contain_var_clause((Node *) expr) ? NULL :
		call_text(rte, (Node *) expr, call->columns);
	call->alias = rte->eref->aliasname;
	reading->in_from++;

	/* the same call twice counts as one */
	foreach(lc, reading->recipe->calls)
	{
		RecipeCall *other = lfirst(lc);

		if (other->holder == call->holder && other->text != NULL && call->text != NULL &&
			strcmp(other->text, call->text) == 0)
			return;
	}
	reading->recipe->calls = lappend(reading->recipe->calls, call);
}

static void
read_relation(Reading *reading, const RangeTblEntry *rte)
{
	Recipe	   *recipe = reading->recipe;
	Oid			holder = reading->holder;

	/* before 16, the query of a view has entries for the view itself */
	if (rte->relid == holder)
		return;
	switch (rte->relkind)
	{
		case RELKIND_VIEW:
			if (list_member_oid(recipe->views, rte->relid))
				return;
			recipe->views = lappend_oid(recipe->views, rte->relid);
			reading->holder = rte->relid;
			(void) read_walker((Node *) view_query(rte->relid), reading);
			reading->holder = holder;
			break;
		case RELKIND_MATVIEW:
			recipe->matviews = list_append_unique_oid(recipe->matviews, rte->relid);
			break;
		case RELKIND_FOREIGN_TABLE:
			recipe->foreign_tables = list_append_unique_oid(recipe->foreign_tables, rte->relid);
			break;
		default:
			recipe->tables = list_append_unique_oid(recipe->tables, rte->relid);
	}
}

static bool
read_walker(Node *node, void *context)
{
	Reading    *reading = context;
	ListCell   *lc;

	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION)
			read_relation(reading, rte);
		foreach(lc, rte->functions)
		{
			RangeTblFunction *function = lfirst_node(RangeTblFunction, lc);

			if (is_dblink(function->funcexpr) && function->funccolnames != NIL)
				read_call(reading, rte, function);
		}
		/* its contents come next */
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, read_walker, context, QTW_EXAMINE_RTES_BEFORE);
	if (is_dblink(node))
		reading->found++;
	return expression_tree_walker(node, read_walker, context);
}

/*
 * The argument of a cast between numbers, if the cast returns the same value
 * as the input function of the wider type for the same text; or NULL.
 */
static Node *
cast_number(const FuncExpr *cast, bool is_sized)
{
	Oid			from = cast->args == NIL ? InvalidOid : exprType(linitial(cast->args));
	Oid			to = cast->funcresulttype;

	if (cast->funcformat == COERCE_EXPLICIT_CALL)
		return NULL;
	if (from == NUMERICOID && to == NUMERICOID)
		return is_sized ? NULL : linitial(cast->args);
	if ((from == INT2OID && (to == INT4OID || to == INT8OID || to == NUMERICOID)) ||
		(from == INT4OID && (to == INT8OID || to == NUMERICOID)) ||
		(from == INT8OID && to == NUMERICOID))
		return linitial(cast->args);
	return NULL;
}

/*
 * Strips casts that return the same value as the type's input function for the
 * text that the warehouse sends: one cast of a text or between numbers, and
 * around it, once, the precision of a numeric.
 */
static Node *
strip_casts(Node *node, bool *is_cast)
{
	bool		is_changed = false;
	bool		is_sized = false;

	for (;;)
	{
		Node	   *arg = NULL;

		if (IsA(node, RelabelType))
		{
			node = (Node *) ((RelabelType *) node)->arg;
			continue;
		}
		if (IsA(node, CoerceViaIO))
		{
			Oid			type = exprType((Node *) ((CoerceViaIO *) node)->arg);

			if (type == TEXTOID || type == VARCHAROID)
				arg = (Node *) ((CoerceViaIO *) node)->arg;
		}
		else if (IsA(node, FuncExpr))
			arg = cast_number((FuncExpr *) node, is_sized);
		if (arg == NULL || is_changed)
			break;
		if (exprType(arg) == NUMERICOID)
			is_sized = true;
		else
			is_changed = true;
		node = arg;
	}
	*is_cast = is_changed || is_sized;
	return node;
}

/* Does the query only select columns from its single entry of FROM? */
static bool
is_projection(const Query *query)
{
	return query->commandType == CMD_SELECT && query->setOperations == NULL &&
		query->groupClause == NIL && query->groupingSets == NIL && query->havingQual == NULL &&
		query->distinctClause == NIL && query->limitCount == NULL && query->limitOffset == NULL &&
		!query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs &&
		query->cteList == NIL && query->rowMarks == NIL && query->jointree->quals == NULL &&
		list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef);
}

/*
 * The origins of the columns of a query, if its rows are those of a call; or
 * NULL.
 */
static RecipeOrigin *
find_origins(Query *query)
{
	RecipeOrigin *origins;
	RecipeOrigin *below = NULL;
	RangeTblEntry *rte;
	int			varno;
	int			n = 0;
	ListCell   *lc;

	if (!is_projection(query))
		return NULL;
	varno = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
	rte = rt_fetch(varno, query->rtable);
	if (rte->rtekind == RTE_SUBQUERY)
		below = find_origins(rte->subquery);
	else if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_VIEW)
		below = find_origins(view_query(rte->relid));
	else if (rte->rtekind != RTE_FUNCTION || rte->funcordinality ||
			 list_length(rte->functions) != 1 ||
			 !is_dblink(linitial_node(RangeTblFunction, rte->functions)->funcexpr))
		return NULL;
	if (below == NULL && rte->rtekind != RTE_FUNCTION)
		return NULL;

	origins = palloc0(sizeof(RecipeOrigin) * list_length(query->targetList));
	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);
		RecipeOrigin *origin = &origins[n];
		Var		   *var;

		if (tle->resjunk)
			continue;
		var = (Var *) strip_casts((Node *) tle->expr, &origin->is_cast);
		if (!IsA(var, Var) || var->varno != varno || var->varlevelsup != 0 || var->varattno < 1)
			return NULL;
		origin->position = below ? below[var->varattno - 1].position : var->varattno - 1;
		if (below && below[var->varattno - 1].is_cast)
		{
			/* two casts may differ from one cast */
			if (origin->is_cast)
				return NULL;
			origin->is_cast = true;
		}
		n++;
	}
	return origins;
}

Recipe *
recipe_read(Oid relid)
{
	Recipe	   *recipe = palloc0(sizeof(Recipe));
	Reading		reading = {.recipe = recipe,.holder = relid};
	Query	   *query = view_query(relid);
	Relation	rel = relation_open(relid, NoLock);

	recipe->relid = relid;
	recipe->relkind = rel->rd_rel->relkind;
	recipe->owner = rel->rd_rel->relowner;
	recipe->schema = RelationGetNamespace(rel);
	recipe->schema_name = get_namespace_name(recipe->schema);
	recipe->name = pstrdup(RelationGetRelationName(rel));
	recipe->qualified = quote_qualified_identifier(recipe->schema_name, recipe->name);
	recipe->ncolumns = RelationGetNumberOfAttributes(rel);
	relation_close(rel, NoLock);

	(void) read_walker((Node *) query, &reading);
	if (reading.found > reading.in_from)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" calls dblink elsewhere than in FROM with a list of columns", recipe->name),
				 errhint("Write the call as FROM dblink(...) AS t (a integer, ...), and try again.")));
	recipe->is_ordered = query->sortClause != NIL;
	recipe->is_grouped = query->groupClause != NIL;
	if (list_length(recipe->calls) == 1 && reading.found == 1)
		recipe->origins = find_origins(query);
	return recipe;
}

List *
recipe_holders(const Recipe *recipe)
{
	List	   *holders = NIL;
	ListCell   *lc;

	foreach(lc, recipe->calls)
		holders = list_append_unique_oid(holders, ((RecipeCall *) lfirst(lc))->holder);
	return holders;
}

/* The text with each occurrence of "what" replaced; NULL if there is none. */
static char *
replace_all(const char *text, const char *what, const char *with)
{
	StringInfoData buf;
	const char *found;
	bool		any = false;

	initStringInfo(&buf);
	while ((found = strstr(text, what)) != NULL)
	{
		appendBinaryStringInfo(&buf, text, found - text);
		appendStringInfoString(&buf, with);
		text = found + strlen(what);
		any = true;
	}
	appendStringInfoString(&buf, text);
	return any ? buf.data : NULL;
}

char *
recipe_definition(const Recipe *recipe, Oid view)
{
	char	   *text = script_view_definition(view);
	ListCell   *lc;

	foreach(lc, recipe->calls)
	{
		RecipeCall *call = lfirst(lc);
		char	   *replaced = NULL;

		if (call->holder != view)
			continue;
		if (call->text != NULL)
			replaced = replace_all(text, call->text,
								   psprintf("%s %s", call->target, quote_identifier(call->alias)));
		if (replaced == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the definition of \"%s\" cannot be written over a rollup", get_rel_name(view)),
					 errdetail("Its call of dblink has LATERAL, WITH ORDINALITY, ROWS FROM, a subquery or a column of the view in it."),
					 errhint("Give the call a FROM of its own, with a constant query, and try again.")));
		text = replaced;
	}
	return text;
}
