/*
 * decimals.c
 *		Gives decimals the precision and scale that Redshift computes with.
 *
 * Policy: in Redshift every decimal expression has a precision of at most 38
 * and a scale, which are known before the query runs; sum() and avg() keep the
 * scale of their argument, and a quotient is truncated at a computed scale.
 * After parse analysis the tree is changed so that PostgreSQL computes the
 * same: calls of numeric(x, typmod) are put around aggregates, quotients and
 * the columns of the result, which also shows the typmod to the client.  An
 * expression is left alone if its shape cannot be determined.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "standin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#define MAX_PRECISION 38

typedef struct
{
	int			precision;
	int			scale;
} Shape;

typedef struct
{
	List	   *queries;		/* innermost first */
} ShapeContext;

static bool shape_of(Node *node, ShapeContext *context, Shape *shape);

static int32
make_typmod(Shape shape)
{
	return ((shape.precision << 16) | (shape.scale & 0x7ff)) + VARHDRSZ;
}

static void
from_typmod(int32 typmod, Shape *shape)
{
	typmod -= VARHDRSZ;
	shape->precision = (typmod >> 16) & 0xffff;
	shape->scale = typmod & 0x7ff;
}

/* cap limits a shape to 38 digits; the scale is reduced last. */
static void
cap(Shape *shape)
{
	shape->precision = Min(shape->precision, MAX_PRECISION);
	shape->scale = Min(shape->scale, MAX_PRECISION - 1);
}

/* coerce puts numeric(node, typmod) around an expression. */
static Node *
coerce(Node *node, Shape shape)
{
	Const	   *typmod = makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
								   Int32GetDatum(make_typmod(shape)),
								   false, true);

	return (Node *) makeFuncExpr(F_NUMERIC_NUMERIC_INT4, NUMERICOID,
								 list_make2(node, typmod), InvalidOid,
								 InvalidOid, COERCE_EXPLICIT_CAST);
}

/* cut removes the digits after a scale, without rounding. */
static Node *
cut(Node *node, Shape shape)
{
	Const	   *scale = makeConst(INT4OID, -1, InvalidOid, sizeof(int32),
								  Int32GetDatum(shape.scale), false, true);

	return (Node *) makeFuncExpr(F_TRUNC_NUMERIC_INT4, NUMERICOID,
								 list_make2(node, scale), InvalidOid,
								 InvalidOid, COERCE_EXPLICIT_CALL);
}

/* shape_of_const counts the digits of a literal. */
static bool
shape_of_const(Const *value, Shape *shape)
{
	char	   *text;
	char	   *point;
	int			digits = 0;

	if (value->constisnull)
		return false;
	text = DatumGetCString(DirectFunctionCall1(numeric_out, value->constvalue));
	for (char *c = text; *c; c++)
		if (*c >= '0' && *c <= '9')
			digits++;
	point = strchr(text, '.');
	shape->scale = point ? strlen(point + 1) : 0;
	shape->precision = digits;
	return digits > 0;
}

/* shape_of_var follows a column into the subquery that it comes from. */
static bool
shape_of_var(Var *var, ShapeContext *context, Shape *shape)
{
	Query	   *query;
	RangeTblEntry *rte;

	if (var->varlevelsup >= (Index) list_length(context->queries))
		return false;
	query = list_nth(context->queries, var->varlevelsup);
	if (var->varno < 1 || var->varno > list_length(query->rtable) ||
		var->varattno < 1)
		return false;
	rte = list_nth(query->rtable, var->varno - 1);
	if (rte->rtekind == RTE_SUBQUERY &&
		var->varattno <= list_length(rte->subquery->targetList))
	{
		TargetEntry *entry = list_nth(rte->subquery->targetList, var->varattno - 1);
		int32		typmod = exprTypmod((Node *) entry->expr);

		if (typmod < 0)
			return false;
		from_typmod(typmod, shape);
		return true;
	}
	return false;
}

/* shape_of_operator implements the documented rules for + - * and /. */
static bool
shape_of_operator(OpExpr *expr, ShapeContext *context, Shape *shape)
{
	char	   *name = get_opname(expr->opno);
	Shape		a,
				b;

	if (name == NULL || list_length(expr->args) > 2)
		return false;
	if (list_length(expr->args) == 1)
		return shape_of(linitial(expr->args), context, shape);
	if (!shape_of(linitial(expr->args), context, &a) ||
		!shape_of(lsecond(expr->args), context, &b))
		return false;
	switch (name[0])
	{
		case '+':
		case '-':
			shape->scale = Max(a.scale, b.scale);
			shape->precision = Max(a.precision - a.scale, b.precision - b.scale)
				+ 1 + shape->scale;
			break;
		case '*':
			shape->scale = a.scale + b.scale;
			shape->precision = a.precision + b.precision + 1;
			break;
		case '/':
			shape->scale = Max(4, a.scale + b.precision - b.scale + 1);
			shape->precision = a.precision - a.scale + b.scale + shape->scale;
			/* beyond 38 digits the scale is reduced, to not less than four */
			if (shape->precision > MAX_PRECISION)
				shape->scale = Max(4, shape->scale -
								   (shape->precision - MAX_PRECISION));
			break;
		case '%':
			*shape = b;
			break;
		default:
			return false;
	}
	cap(shape);
	return true;
}

static bool
shape_of_function(FuncExpr *call, ShapeContext *context, Shape *shape)
{
	switch (call->funcid)
	{
		case F_NUMERIC_INT2:
			*shape = (Shape) {5, 0};
			return true;
		case F_NUMERIC_INT4:
			*shape = (Shape) {10, 0};
			return true;
		case F_NUMERIC_INT8:
			*shape = (Shape) {19, 0};
			return true;
		case F_ABS_NUMERIC:
		case F_NUMERIC_ABS:
		case F_ROUND_NUMERIC_INT4:
		case F_TRUNC_NUMERIC_INT4:
			return shape_of(linitial(call->args), context, shape);
		default:
			return false;
	}
}

/* widest combines the shapes of alternatives, ignoring NULLs. */
static bool
widest(List *nodes, ShapeContext *context, Shape *shape)
{
	ListCell   *lc;
	bool		any = false;

	foreach(lc, nodes)
	{
		Node	   *node = lfirst(lc);
		Shape		one;
		int			whole;

		if (node == NULL || (IsA(node, Const) && ((Const *) node)->constisnull))
			continue;
		if (!shape_of(node, context, &one))
			return false;
		if (!any)
			*shape = one;
		whole = Max(shape->precision - shape->scale, one.precision - one.scale);
		shape->scale = Max(shape->scale, one.scale);
		shape->precision = whole + shape->scale;
		any = true;
	}
	if (any)
		cap(shape);
	return any;
}

/*
 * shape_of determines precision and scale of a decimal expression; it returns
 * false if they cannot be determined.
 */
static bool
shape_of(Node *node, ShapeContext *context, Shape *shape)
{
	int32		typmod;

	if (node == NULL || exprType(node) != NUMERICOID)
		return false;
	if ((typmod = exprTypmod(node)) >= 0)
	{
		from_typmod(typmod, shape);
		return true;
	}
	switch (nodeTag(node))
	{
		case T_Const:
			return shape_of_const((Const *) node, shape);
		case T_Var:
			return shape_of_var((Var *) node, context, shape);
		case T_OpExpr:
			return shape_of_operator((OpExpr *) node, context, shape);
		case T_FuncExpr:
			return shape_of_function((FuncExpr *) node, context, shape);
		case T_RelabelType:
			return shape_of((Node *) ((RelabelType *) node)->arg, context, shape);
		case T_CoalesceExpr:
			return widest(((CoalesceExpr *) node)->args, context, shape);
		case T_MinMaxExpr:
			return widest(((MinMaxExpr *) node)->args, context, shape);
		case T_Aggref:
			/*
			 * min() and max() return their argument; sum() and avg() are done
			 */
			if (list_length(((Aggref *) node)->args) == 1)
			{
				TargetEntry *entry = linitial(((Aggref *) node)->args);

				return shape_of((Node *) entry->expr, context, shape);
			}
			return false;
		case T_CaseExpr:
			{
				CaseExpr   *expr = (CaseExpr *) node;
				List	   *results = list_make1(expr->defresult);
				ListCell   *lc;

				foreach(lc, expr->args)
					results = lappend(results, ((CaseWhen *) lfirst(lc))->result);
				return widest(results, context, shape);
			}
		default:
			return false;
	}
}

/*
 * shape_aggregate: sum() and avg() of decimal(p,s) are decimal(38,s); the guide's
 * PIVOT example has 2.71 for the average of 2.50, 3.75 and 1.90.
 */
static Node *
shape_aggregate(Node *node, Oid function, Node *arg, ShapeContext *context)
{
	Shape		shape;

	if (function != F_SUM_NUMERIC && function != F_AVG_NUMERIC)
		return node;
	if (!shape_of(arg, context, &shape))
		return node;
	shape.precision = MAX_PRECISION;
	return coerce(function == F_AVG_NUMERIC ? cut(node, shape) : node, shape);
}

static Node *
shape_mutator(Node *node, ShapeContext *context)
{
	Shape		shape;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		Query	   *query = copyObject((Query *) node);

		context->queries = lcons(query, context->queries);
		query = query_tree_mutator(query, shape_mutator, context,
								   QTW_DONT_COPY_QUERY);
		context->queries = list_delete_first(context->queries);
		return (Node *) query;
	}
	node = expression_tree_mutator(node, shape_mutator, context);
	if (IsA(node, Aggref) && list_length(((Aggref *) node)->args) == 1)
	{
		TargetEntry *entry = linitial(((Aggref *) node)->args);

		return shape_aggregate(node, ((Aggref *) node)->aggfnoid,
							   (Node *) entry->expr, context);
	}
	if (IsA(node, WindowFunc) && list_length(((WindowFunc *) node)->args) == 1)
		return shape_aggregate(node, ((WindowFunc *) node)->winfnoid,
							   linitial(((WindowFunc *) node)->args), context);
	if (IsA(node, OpExpr) && ((OpExpr *) node)->opfuncid == F_NUMERIC_DIV &&
		shape_of(node, context, &shape))
		return coerce(cut(node, shape), shape);
	return node;
}

/* shape_columns adds the shape to each decimal column of the result. */
static void
shape_columns(Query *query, ShapeContext *context)
{
	ListCell   *lc;

	if (query->setOperations || query->commandType != CMD_SELECT)
		return;
	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst(lc);
		Shape		shape;

		if (entry->ressortgroupref == 0 && !entry->resjunk &&
			exprType((Node *) entry->expr) == NUMERICOID &&
			exprTypmod((Node *) entry->expr) < 0 &&
			shape_of((Node *) entry->expr, context, &shape))
			entry->expr = (Expr *) coerce((Node *) entry->expr, shape);
	}
}

/*
 * standin_shape_decimals changes a client's query in place.
 */
void
standin_shape_decimals(Query *query)
{
	ShapeContext context = {list_make1(query)};

	query_tree_mutator(query, shape_mutator, &context, QTW_DONT_COPY_QUERY);
	shape_columns(query, &context);
}
