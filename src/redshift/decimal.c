/*-------------------------------------------------------------------------
 *
 * decimal.c
 *		The precision and scale of decimal expressions in Redshift.
 *
 * Policy: Redshift determines the precision and scale of each expression in
 * advance and has 38 digits; beyond that it raises an error or drops decimal
 * digits.  PostgreSQL uses as many digits as a value needs.  Both agree if
 * their rules give the same scale and 38 digits are enough.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
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

static bool size_of(Node *node, const DecimalColumns *columns, DecimalSize *size);

static bool
is_possible(const DecimalSize *size)
{
	return size->precision <= DECIMAL_MAX_DIGITS && size->scale <= DECIMAL_MAX_SCALE;
}

/* The declared size of a column; false if it is not known. */
static bool
size_of_typmod(int32 typmod, DecimalSize *size)
{
	if (typmod < (int32) VARHDRSZ)
		return false;
	size->precision = ((typmod - VARHDRSZ) >> 16) & 0xffff;
	size->scale = (((typmod - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	return size->scale >= 0;
}

/* See decimal.h. */
int
decimal_digits_of_integer(Oid type)
{
	return type == INT2OID ? 5 : type == INT4OID ? 10 : 19;
}

/* The size of a cast from an integer, as ship.c writes it. */
static bool
size_of_function(FuncExpr *func, DecimalSize *size)
{
	if (list_length(func->args) != 1 || ship_class(exprType(linitial(func->args))) != SHIP_INTEGER)
		return false;
	size->precision = decimal_digits_of_integer(exprType(linitial(func->args)));
	size->scale = 0;
	return true;
}

/*
 * The size of a sum, which is cast to that size where it is an operand, and of
 * min and max.
 */
static bool
size_of_aggregate(Aggref *aggref, const DecimalColumns *columns, DecimalSize *size)
{
	Node	   *arg = list_length(aggref->args) == 1 ? (Node *) linitial_node(TargetEntry, aggref->args)->expr : NULL;
	char	   *name = get_func_name(aggref->aggfnoid);

	if (arg == NULL || name == NULL)
		return false;
	if (decimal_is_sum((Node *) aggref) && ship_class(exprType(arg)) == SHIP_INTEGER)
	{
		size->precision = decimal_digits_of_integer(exprType(arg)) + DECIMAL_SUM_DIGITS;
		size->scale = 0;
		return true;
	}
	if (!size_of(arg, columns, size))
		return false;
	if (decimal_is_sum((Node *) aggref))
		size->precision = redshift_decimal_precision(size->precision + DECIMAL_SUM_DIGITS);
	return decimal_is_sum((Node *) aggref) || strcmp(name, "min") == 0 || strcmp(name, "max") == 0;
}

static bool
size_of_operator(OpExpr *op, const DecimalColumns *columns, DecimalSize *size)
{
	char	   *name = get_opname(op->opno);
	DecimalSize left;
	DecimalSize right;

	if (name == NULL || !size_of(llast(op->args), columns, &right))
		return false;
	if (list_length(op->args) == 1)
	{
		*size = right;
		return strcmp(name, "-") == 0;
	}
	if (!size_of(linitial(op->args), columns, &left))
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

/*
 * The size that holds all results of a CASE.  PostgreSQL keeps the scale of
 * each result, so most uses allow only one scale; *is_mixed tells whether
 * there are several.
 */
static bool
size_of_case(CaseExpr *expr, const DecimalColumns *columns, DecimalSize *size, bool *is_mixed)
{
	List	   *results = NIL;
	int			before_point = 0;
	bool		is_first = true;
	ListCell   *lc;

	*is_mixed = false;
	foreach(lc, expr->args)
		results = lappend(results, lfirst_node(CaseWhen, lc)->result);
	if (expr->defresult != NULL)
		results = lappend(results, expr->defresult);
	foreach(lc, results)
	{
		DecimalSize one;

		if (IsA(lfirst(lc), Const) && ((Const *) lfirst(lc))->constisnull)
			continue;
		if (!size_of(lfirst(lc), columns, &one))
			return false;
		*is_mixed = *is_mixed || (!is_first && one.scale != size->scale);
		size->scale = is_first ? one.scale : Max(size->scale, one.scale);
		before_point = Max(before_point, one.precision - one.scale);
		is_first = false;
	}
	size->precision = is_first ? 0 : redshift_decimal_precision(before_point + size->scale);
	return !is_first;
}

static bool
size_of(Node *node, const DecimalColumns *columns, DecimalSize *size)
{
	bool		is_known;
	bool		is_mixed;

	if (exprType(node) != NUMERICOID)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			is_known = size_of_typmod(columns->typmod_of((Var *) node, columns->arg), size);
			break;
		case T_Const:
			is_known = !((Const *) node)->constisnull &&
				redshift_decimal_size(((Const *) node)->constvalue, &size->precision, &size->scale);
			break;
		case T_FuncExpr:
			is_known = size_of_function((FuncExpr *) node, size);
			break;
		case T_OpExpr:
			is_known = size_of_operator((OpExpr *) node, columns, size);
			break;
		case T_CaseExpr:
			is_known = size_of_case((CaseExpr *) node, columns, size, &is_mixed) && !is_mixed;
			break;
		case T_Aggref:
			is_known = size_of_aggregate((Aggref *) node, columns, size);
			break;
		default:
			is_known = false;
	}
	return is_known && is_possible(size);
}

/* See decimal.h. */
bool
decimal_is_sum(Node *node)
{
	char	   *name = IsA(node, Aggref) ? get_func_name(((Aggref *) node)->aggfnoid) : NULL;

	return name != NULL && strcmp(name, "sum") == 0;
}

/* See decimal.h. */
bool
decimal_size(Node *node, const DecimalColumns *columns, int *precision, int *scale)
{
	DecimalSize size;

	if (!size_of(node, columns, &size))
		return false;
	*precision = size.precision;
	*scale = size.scale;
	return true;
}

/* See decimal.h. */
bool
decimal_size_of_mixed(Node *node, const DecimalColumns *columns, int *precision, int *scale)
{
	DecimalSize size;
	bool		is_mixed;

	if (!IsA(node, CaseExpr) || exprType(node) != NUMERICOID ||
		!size_of_case((CaseExpr *) node, columns, &size, &is_mixed) || !is_mixed || !is_possible(&size))
		return false;
	*precision = size.precision;
	*scale = size.scale;
	return true;
}

/* See decimal.h. */
int32
decimal_result_typmod(Node *node, const DecimalColumns *columns)
{
	DecimalSize size;

	if (!size_of(node, columns, &size))
		return -1;
	if (decimal_is_sum(node))
		size.precision = DECIMAL_MAX_DIGITS;
	return ((size.precision << 16) | size.scale) + VARHDRSZ;
}

/* See decimal.h. */
Datum
decimal_power_of_ten(int digit, int exponent)
{
	char	   *text = psprintf("%de%d", digit, exponent);

	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}
