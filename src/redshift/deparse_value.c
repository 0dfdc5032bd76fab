/*-------------------------------------------------------------------------
 *
 * deparse_value.c
 *		Writes constants, parameters and columns in the SQL of Redshift, and
 *		determines their sizes.
 *
 * Policy: only nodes without operands are handled here, so that no function
 * calls the walker of deparse.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/decimal.h"
#include "redshift/deparse_check.h"
#include "redshift/deparse_value.h"
#include "redshift/literal.h"
#include "redshift/ship.h"

/* The longest IN list. */
#define MAX_LIST 5000

/* See deparse_value.h. */
bool
deparse_param(Deparse *d, Node *node, bool bare)
{
	/* a parameter is computed even if no row needs it */
	if (d->is_conditional && deparse_may_fail(node, NULL))
		return deparse_refuse(d, "constants and parameters", "what may fail is computed where it is needed");
	deparse_mark(d, deparse_parameter(d, node), bare ? 'b' : 'c');
	return true;
}

/* See deparse_value.h. */
bool
deparse_const(Deparse *d, Const *constant, bool bare)
{
	const char *why = NULL;
	char	   *text;

	text = constant->constisnull ? redshift_null(constant->consttype)
		: redshift_literal(constant->consttype, constant->constvalue, bare, &why);
	if (text == NULL)
		return deparse_refuse(d, psprintf("constant of type %s", format_type_be(constant->consttype)),
					  why ? why : "Redshift has no such type");
	appendStringInfoString(&d->buf, text);
	return true;
}

/* See deparse_value.h. */
bool
deparse_var(Deparse *d, Var *var)
{
	DeparseColumn column = {0};

	if (var->varattno <= 0)
		return deparse_refuse(d, "whole rows, system columns", ship_clause_note("whole rows, system columns"));
	if (!d->column_for(var, &column, d->arg))
		return deparse_refuse(d, "column", "it is none of the tables that are read together");
	if (column.divided != NULL)
		return deparse_refuse(d, column.divided, DEPARSE_DIVIDED);
	appendStringInfoString(&d->buf, column.text);
	return true;
}

/* See deparse_value.h. */
bool
deparse_list(Deparse *d, Const *array, const char *item)
{
	ArrayType  *values = DatumGetArrayTypeP(array->constvalue);
	Oid			type = ARR_ELEMTYPE(values);
	int16		length;
	bool		by_value;
	char		align;
	Datum	   *value;
	bool	   *isnull;
	int			count;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(values, type, length, by_value, align, &value, &isnull, &count);
	if (count == 0 || count > MAX_LIST)
		return deparse_refuse(d, item, ship_clause_note("IN (list)"));
	for (int i = 0; i < count; i++)
	{
		const char *why = NULL;
		char	   *text = isnull[i] ? redshift_null(type) : redshift_literal(type, value[i], true, &why);

		if (text == NULL)
			return deparse_refuse(d, item, why ? why : SHIP_NOT_LISTED);
		appendStringInfo(&d->buf, "%s%s", i > 0 ? ", " : "", text);
		if (deparse_is_too_long(d))
			return false;
	}
	return true;
}

/* See deparse_value.h. */
int32
deparse_column_typmod(const Var *var, void *arg)
{
	Deparse    *d = arg;
	DeparseColumn column;

	return var->varattno > 0 && d->column_for(var, &column, d->arg) ? column.typmod : -1;
}

/* See deparse_value.h. */
bool
deparse_size(Deparse *d, Node *node, int *precision, int *scale)
{
	DecimalColumns columns = {deparse_column_typmod, d};

	return decimal_size(node, &columns, precision, scale);
}

/* See deparse.h. */
int32
deparse_typmod(Deparse *deparse, Node *node)
{
	DecimalColumns columns = {deparse_column_typmod, deparse};

	return decimal_result_typmod(node, &columns);
}

/* See deparse_value.h. */
Node *
deparse_scale(Deparse *d, Node *value)
{
	int			precision;
	int			scale;
	CaseExpr   *expr;
	CaseWhen   *when;
	NullTest   *test;

	if (value == NULL)
		return NULL;
	if (IsA(value, Const) && ((Const *) value)->constisnull)
		return (Node *) makeNullConst(INT4OID, -1, InvalidOid);
	if (!deparse_size(d, value, &precision, &scale))
		return NULL;
	if (IsA(value, Const))
		return (Node *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(scale), false, true);
	test = makeNode(NullTest);
	test->arg = (Expr *) value;
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	when = makeNode(CaseWhen);
	when->expr = (Expr *) test;
	when->result = (Expr *) makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(scale), false, true);
	when->location = -1;
	expr = makeNode(CaseExpr);
	expr->casetype = INT4OID;
	expr->args = list_make1(when);
	expr->location = -1;
	return (Node *) expr;
}
