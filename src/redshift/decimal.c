/*-------------------------------------------------------------------------
 *
 * decimal.c
 *		How many digits a decimal expression has in Redshift.
 *
 * Policy: Redshift gives each expression a precision and a scale beforehand and
 * has 38 digits; beyond that it fails or drops decimals.  PostgreSQL has as many
 * as a value needs.  They agree where the rules of both give the same scale, and
 * 38 digits are enough.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "redshift/decimal.h"
#include "redshift/literal.h"
#include "redshift/ship.h"
#include "redshift/types.h"

typedef struct DecimalSize
{
	int			precision;
	int			scale;
} DecimalSize;

static bool size_of(Node *node, DecimalSize *size);

/* Of a column: declared, or not known. */
static bool
size_of_typmod(int32 typmod, DecimalSize *size)
{
	if (typmod < (int32) VARHDRSZ)
		return false;
	size->precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	size->scale = (((typmod - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	return size->scale >= 0;
}

/* Of a cast from an integer, as ship.c writes it. */
static bool
size_of_function(FuncExpr *func, DecimalSize *size)
{
	if (list_length(func->args) != 1 || ship_class(exprType(linitial(func->args))) != SHIP_INTEGER)
		return false;
	size->precision = 20;
	size->scale = 0;
	return true;
}

static bool
size_of_operator(OpExpr *op, DecimalSize *size)
{
	char	   *name = get_opname(op->opno);
	DecimalSize left;
	DecimalSize right;

	if (name == NULL || !size_of(llast(op->args), &right))
		return false;
	if (list_length(op->args) == 1)
	{
		*size = right;
		return strcmp(name, "-") == 0;
	}
	if (!size_of(linitial(op->args), &left))
		return false;
	if (strcmp(name, "*") == 0)
	{
		size->precision = left.precision + right.precision + 1;
		size->scale = left.scale + right.scale;
		return true;
	}
	size->scale = Max(left.scale, right.scale);
	size->precision = Max(left.precision - left.scale, right.precision - right.scale) + 1 + size->scale;
	return strcmp(name, "+") == 0 || strcmp(name, "-") == 0;
}

/* All results have one scale, since PostgreSQL keeps that of each value. */
static bool
size_of_case(CaseExpr *expr, DecimalSize *size)
{
	List	   *results = NIL;
	bool		is_first = true;
	ListCell   *lc;

	foreach(lc, expr->args)
		results = lappend(results, lfirst_node(CaseWhen, lc)->result);
	if (expr->defresult != NULL)
		results = lappend(results, expr->defresult);
	foreach(lc, results)
	{
		DecimalSize one;

		if (IsA(lfirst(lc), Const) && ((Const *) lfirst(lc))->constisnull)
			continue;
		if (!size_of(lfirst(lc), &one) || (!is_first && one.scale != size->scale))
			return false;
		size->precision = is_first ? one.precision : Max(one.precision, size->precision);
		size->scale = one.scale;
		is_first = false;
	}
	return !is_first;
}

static bool
size_of(Node *node, DecimalSize *size)
{
	bool		is_known;

	if (exprType(node) != NUMERICOID)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			is_known = size_of_typmod(((Var *) node)->vartypmod, size);
			break;
		case T_Const:
			is_known = !((Const *) node)->constisnull &&
				redshift_decimal_size(((Const *) node)->constvalue, &size->precision, &size->scale);
			break;
		case T_FuncExpr:
			is_known = size_of_function((FuncExpr *) node, size);
			break;
		case T_OpExpr:
			is_known = size_of_operator((OpExpr *) node, size);
			break;
		case T_CaseExpr:
			is_known = size_of_case((CaseExpr *) node, size);
			break;
		default:
			is_known = false;
	}
	return is_known && size->precision <= DECIMAL_MAX_DIGITS;
}

/* See decimal.h. */
bool
decimal_size(Node *node, int *precision, int *scale)
{
	DecimalSize size;

	if (!size_of(node, &size))
		return false;
	*precision = size.precision;
	*scale = size.scale;
	return true;
}

/* See decimal.h. */
bool
decimal_fits(Node *node)
{
	int			precision;
	int			scale;

	return decimal_size(node, &precision, &scale);
}
