/*-------------------------------------------------------------------------
 *
 * constant.c
 *	  Expressions whose value does not depend on when they are read.
 *
 * Policy: only functions of a list are evaluated.  The author of a view is not
 * its reader, so functions of users are never run.  A function that is only
 * stable, such as format() because the text of some values depends on
 * settings, is run only over values whose text does not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "api/constant.h"
#include "base/compat.h"

/* Stable functions that are constant over constants with one text each. */
static const char *const text_functions[] = {
	"format", "concat", "concat_ws", "textanycat", "anytextcat", "quote_literal",
	"quote_nullable", NULL
};

/* Is the text of the type's values independent of settings? */
static bool
has_one_text(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case UNKNOWNOID:
		case CSTRINGOID:
		case TEXTARRAYOID:
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

static bool
is_forbidden_function(Oid function, void *context)
{
	char	   *name;

	if (get_func_namespace(function) != PG_CATALOG_NAMESPACE)
		return true;
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return false;
	name = get_func_name(function);
	for (int i = 0; text_functions[i] != NULL; i++)
	{
		if (strcmp(text_functions[i], name) == 0)
			return false;
	}
	return true;
}

/*
 * Does the expression contain anything but functions of the list over
 * constants?
 */
static bool
varies(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Const:
			return !has_one_text(((Const *) node)->consttype);
		case T_List:
		case T_FuncExpr:
		case T_OpExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_CollateExpr:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CoalesceExpr:
		case T_ArrayExpr:
		case T_BoolExpr:
		case T_NullTest:
			break;
		default:
			return true;
	}
	if (check_functions_in_node(node, is_forbidden_function, NULL))
		return true;
	return expression_tree_walker(node, varies, context);
}

char *
constant_text(Node *expression)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	Node	   *value;
	Const	   *constant;

	if (varies(expression, NULL))
		return NULL;
	root->glob = makeNode(PlannerGlobal);
	value = estimate_expression_value(root, (Node *) copyObject(expression));
	if (!IsA(value, Const))
		return NULL;
	constant = (Const *) value;
	if (constant->constisnull || constant->consttype != TEXTOID)
		return NULL;
	return TextDatumGetCString(constant->constvalue);
}
