/*-------------------------------------------------------------------------
 *
 * deparse.c
 *		Writes expressions of PostgreSQL in the SQL of Redshift, if they have the
 *		same result there.
 *
 * Policy: one pass decides and writes.  Unknown nodes are refused, as are
 * operators and functions that are not in the table of ship.c.  An expression
 * that reads no column is not written: it is computed locally when the
 * statement is executed, and its value is inserted as a literal.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/decimal.h"
#include "redshift/deparse.h"
#include "redshift/deparse_check.h"
#include "redshift/deparse_value.h"
#include "redshift/literal.h"
#include "redshift/ship.h"
#include "redshift/types.h"

static bool emit(Deparse *d, Node *node, bool bare);

void
deparse_begin(Deparse *deparse, DeparseColumnFor column_for, void *arg)
{
	memset(deparse, 0, sizeof(*deparse));
	deparse->column_for = column_for;
	deparse->arg = arg;
	initStringInfo(&deparse->buf);
}

/* The text of one operand as a separate string; NULL if it is refused. */
static char *
operand(Deparse *d, Node *node, bool bare)
{
	StringInfoData saved = d->buf;
	bool		is_shipped;
	char	   *text;

	initStringInfo(&d->buf);
	is_shipped = emit(d, node, bare) && !deparse_is_too_long(d);
	text = d->buf.data;
	d->buf = saved;
	return is_shipped ? text : NULL;
}

/*
 * The same as operand(), for an operation whose digits are limited: a sum has
 * 38 digits, which leaves none for the result, so it is cast to its size.
 */
static char *
decimal_operand(Deparse *d, Node *node)
{
	char	   *text = operand(d, node, false);
	int			precision;
	int			scale;

	if (text != NULL && decimal_is_sum(node) && deparse_size(d, node, &precision, &scale))
		return psprintf("(%s)::decimal(%d,%d)", text, precision, scale);
	return text;
}

/* Appends a text with $1 and $2 replaced. */
static void
append_template(Deparse *d, const char *text, const char *first, const char *second)
{
	for (; *text; text++)
	{
		if (*text == '$')
			appendStringInfoString(&d->buf, *++text == '1' ? first : second);
		else
			appendStringInfoChar(&d->buf, *text);
	}
}

/*
 * The rule for an operator on two classes, and its name and item in the table;
 * NULL, with the reason set, if it is computed locally.
 */
static const ShipRule *
operator_rule(Deparse *d, Oid opno, ShipClass left, ShipClass right, char **name, char **item)
{
	const ShipRule *rule = NULL;

	*name = get_opname(opno);
	*item = ship_item(SHIP_OPERATOR, *name ? *name : "?", left, right);
	if (*name != NULL && opno < FirstGenbkiObjectId)
		rule = ship_find(SHIP_OPERATOR, *name, left, right);
	if (rule != NULL && rule->how != SHIP_LOCAL)
		return rule;
	(void) deparse_refuse(d, *item, rule ? rule->note : SHIP_NOT_LISTED);
	return NULL;
}

static bool
is_text_class(ShipClass class)
{
	return class == SHIP_TEXT || class == SHIP_CHAR;
}

/*
 * Appends a comparison with a parameter and stores the operator in its mark,
 * because a value without a literal is compared differently.  False, with
 * nothing appended, for any other comparison.
 */
static bool
append_compared(Deparse *d, OpExpr *op, const char *name, const char *left_text, const char *right_text)
{
	bool		is_left = deparse_is_parameter(linitial(op->args));
	const char *mark = is_left ? left_text : right_text;
	char	   *written = is_left ? get_opname(get_commutator(op->opno)) : pstrdup(name);

	if (*mark != DEPARSE_MARK || written == NULL)
		return false;
	appendStringInfo(&d->buf, "(%s%.*s%s%c)", is_left ? right_text : left_text, (int) strlen(mark) - 1, mark,
					 written, DEPARSE_MARK);
	return true;
}

static bool
is_comparison(const char *name)
{
	return *name == '=' || *name == '<' || *name == '>';
}

static bool
emit_operator(Deparse *d, OpExpr *op)
{
	bool		is_unary = list_length(op->args) == 1;
	Node	   *left = is_unary ? NULL : linitial(op->args);
	Node	   *right = llast(op->args);
	ShipClass	left_class = is_unary ? SHIP_NONE : ship_class(exprType(left));
	ShipClass	right_class = ship_class(exprType(right));
	char	   *name;
	char	   *item;
	const ShipRule *rule = operator_rule(d, op->opno, left_class, right_class, &name, &item);
	char	   *left_text = NULL;
	char	   *right_text;
	int			precision;
	int			scale;

	if (rule == NULL)
		return false;
	if (!deparse_check_text(d, rule, item, op->inputcollid, op->args))
		return false;
	if (rule->checks & SHIP_DECIMAL)
	{
		if (!deparse_size(d, (Node *) op, &precision, &scale))
			return deparse_refuse(d, item, rule->note);
		left_text = is_unary ? NULL : decimal_operand(d, left);
		right_text = decimal_operand(d, right);
	}
	else
	{
		left_text = is_unary ? NULL : operand(d, left, is_text_class(left_class));
		right_text = operand(d, right, is_text_class(right_class));
	}
	if ((!is_unary && left_text == NULL) || right_text == NULL)
		return false;
	/* a padded value is compared without its padding */
	if ((rule->checks & SHIP_PATTERN) && !deparse_takes_padding(right))
		left_text = psprintf("rtrim(%s, ' ')", left_text);
	if (rule->text != NULL)
		append_template(d, rule->text, left_text, right_text);
	else if (is_unary)
		appendStringInfo(&d->buf, "(%s %s)", name, right_text);
	else if (!is_comparison(name) || !append_compared(d, op, name, left_text, right_text))
		appendStringInfo(&d->buf, "(%s %s %s)", left_text, name, right_text);
	return true;
}

static bool
emit_function(Deparse *d, FuncExpr *func)
{
	int			count = list_length(func->args);
	Node	   *first = count > 0 ? linitial(func->args) : NULL;
	Node	   *second = count > 1 ? lsecond(func->args) : NULL;
	ShipClass	first_class = first ? ship_class(exprType(first)) : SHIP_NONE;
	ShipClass	second_class = second ? ship_class(exprType(second)) : SHIP_NONE;
	char	   *name = get_func_name(func->funcid);
	char	   *item = ship_item(SHIP_FUNCTION, name ? name : "?", first_class, second_class);
	const ShipRule *rule = NULL;
	char	   *first_text = NULL;
	char	   *second_text = NULL;

	if (name != NULL && func->funcid < FirstGenbkiObjectId && count <= 2 && !func->funcretset && !func->funcvariadic)
		rule = ship_find(SHIP_FUNCTION, name, first_class, second_class);
	if (rule == NULL)
		return deparse_refuse(d, item, SHIP_NOT_LISTED);
	if (rule->how == SHIP_LOCAL)
		return deparse_refuse(d, item, rule->note);
	if (rule->checks & (SHIP_FIELD | SHIP_TRUNC_FIELD))
	{
		const char *field = deparse_field(first, rule->checks, second_class);

		if (field == NULL)
			return deparse_refuse(d, item, rule->note);
		first_text = rule->checks & SHIP_FIELD ? pstrdup(field) : psprintf("'%s'", field);
	}
	else if (first != NULL && (first_text = operand(d, first, false)) == NULL)
		return false;
	if (second != NULL && (second_text = operand(d, second, false)) == NULL)
		return false;
	if (first_class == SHIP_INTEGER && second == NULL)
		second_text = psprintf("%d", decimal_digits_of_integer(exprType(first)));
	append_template(d, rule->text, first_text, second_text);
	return true;
}

/*
 * The same as emit(), for an expression that PostgreSQL evaluates only if it
 * needs the value.
 */
static bool
emit_if_needed(Deparse *d, Node *node)
{
	bool		saved = d->is_conditional;
	bool		is_shipped;

	d->is_conditional = true;
	is_shipped = emit(d, node, false);
	d->is_conditional = saved;
	return is_shipped;
}

static bool
emit_bool(Deparse *d, BoolExpr *expr)
{
	ListCell   *lc;

	if (expr->boolop == NOT_EXPR)
	{
		appendStringInfoString(&d->buf, "(NOT ");
		if (!emit(d, linitial(expr->args), false))
			return false;
		appendStringInfoChar(&d->buf, ')');
		return true;
	}
	appendStringInfoChar(&d->buf, '(');
	foreach(lc, expr->args)
	{
		if (lc != list_head(expr->args))
			appendStringInfoString(&d->buf, expr->boolop == AND_EXPR ? " AND " : " OR ");
		if (!emit_if_needed(d, lfirst(lc)))
			return false;
	}
	appendStringInfoChar(&d->buf, ')');
	return true;
}

static bool
emit_null_test(Deparse *d, NullTest *test)
{
	if (test->argisrow || type_is_rowtype(exprType((Node *) test->arg)))
		return deparse_refuse(d, "IS NULL", ship_clause_note("row comparisons"));
	appendStringInfoChar(&d->buf, '(');
	if (!emit(d, (Node *) test->arg, false))
		return false;
	appendStringInfoString(&d->buf, test->nulltesttype == IS_NULL ? " IS NULL)" : " IS NOT NULL)");
	return true;
}

static bool
emit_boolean_test(Deparse *d, BooleanTest *test)
{
	static const char *const words[] = {
		[IS_TRUE] = " IS TRUE)", [IS_NOT_TRUE] = " IS NOT TRUE)",
		[IS_FALSE] = " IS FALSE)", [IS_NOT_FALSE] = " IS NOT FALSE)",
		[IS_UNKNOWN] = " IS NULL)", [IS_NOT_UNKNOWN] = " IS NOT NULL)",
	};

	appendStringInfoChar(&d->buf, '(');
	if (!emit(d, (Node *) test->arg, false))
		return false;
	appendStringInfoString(&d->buf, words[test->booltesttype]);
	return true;
}

static bool
emit_any(Deparse *d, ScalarArrayOpExpr *op)
{
	Node	   *left = linitial(op->args);
	Node	   *right = lsecond(op->args);
	ShipClass	left_class = ship_class(exprType(left));
	ShipClass	right_class = ship_class(get_element_type(exprType(right)));
	char	   *name;
	char	   *item;
	const ShipRule *rule = operator_rule(d, op->opno, left_class, right_class, &name, &item);

	if (rule == NULL)
		return false;
	if (rule->how != SHIP_AS_IS || strcmp(name, op->useOr ? "=" : "<>") != 0)
		return deparse_refuse(d, item, SHIP_NOT_LISTED);
	if (!IsA(right, Const) || ((Const *) right)->constisnull)
		return deparse_refuse(d, "IN (list)", ship_clause_note("IN (list)"));
	if (!deparse_check_text(d, rule, item, op->inputcollid, list_make1(left)))
		return false;
	appendStringInfoChar(&d->buf, '(');
	if (!emit(d, left, false))
		return false;
	appendStringInfoString(&d->buf, op->useOr ? " IN (" : " NOT IN (");
	if (!deparse_list(d, (Const *) right, item))
		return false;
	appendStringInfoString(&d->buf, "))");
	return true;
}

/* See deparse.h. */
bool
deparse_in(Deparse *d, OpExpr *op, const char *subquery, bool is_blank_safe)
{
	Node	   *left = linitial(op->args);
	ShipClass	left_class = ship_class(exprType(left));
	ShipClass	right_class = ship_class(exprType(lsecond(op->args)));
	char	   *name;
	char	   *item;
	const ShipRule *rule = operator_rule(d, op->opno, left_class, right_class, &name, &item);
	char	   *left_text;

	if (rule == NULL)
		return false;
	if (rule->how != SHIP_AS_IS || (strcmp(name, "=") != 0 && strcmp(name, "<>") != 0))
		return deparse_refuse(d, item, SHIP_NOT_LISTED);
	if ((rule->checks & SHIP_BLANK_SAFE) && !is_blank_safe)
		return deparse_refuse(d, item, rule->note);
	if (!deparse_check_text(d, rule, item, op->inputcollid, list_make1(left)) ||
		(left_text = operand(d, left, false)) == NULL)
		return false;
	appendStringInfo(&d->buf, "(%s %s (%s))", left_text, strcmp(name, "=") == 0 ? "IN" : "NOT IN", subquery);
	return true;
}

/* IS DISTINCT FROM; the operator of the node is the = of its operands. */
static bool
emit_distinct(Deparse *d, DistinctExpr *expr)
{
	OpExpr	   *equal_op = (OpExpr *) copyObject(expr);
	char	   *left;
	char	   *right;
	char	   *equal_text;

	NodeSetTag(equal_op, T_OpExpr);
	if ((equal_text = operand(d, (Node *) equal_op, false)) == NULL ||
		(left = operand(d, linitial(expr->args), false)) == NULL ||
		(right = operand(d, lsecond(expr->args), false)) == NULL)
		return false;
	appendStringInfo(&d->buf, "CASE WHEN %s IS NULL THEN %s IS NOT NULL WHEN %s IS NULL THEN true ELSE NOT %s END",
					 left, right, right, equal_text);
	return true;
}

/* NULLIF; the operator of the node is the = of its operands. */
static bool
emit_nullif(Deparse *d, NullIfExpr *expr)
{
	OpExpr	   *equal_op = (OpExpr *) copyObject(expr);
	char	   *value;
	char	   *equal_text;

	NodeSetTag(equal_op, T_OpExpr);
	equal_op->opresulttype = BOOLOID;
	if ((equal_text = operand(d, (Node *) equal_op, false)) == NULL ||
		(value = operand(d, linitial(expr->args), false)) == NULL)
		return false;
	appendStringInfo(&d->buf, "CASE WHEN %s THEN NULL ELSE %s END", equal_text, value);
	return true;
}

/* GREATEST and LEAST, which return the other operand if one is NULL. */
static bool
emit_minmax(Deparse *d, MinMaxExpr *expr)
{
	char	   *left;
	char	   *right;

	switch (ship_class(expr->minmaxtype))
	{
		case SHIP_INTEGER:
		case SHIP_DATE:
		case SHIP_TIMESTAMP:
		case SHIP_TIMESTAMPTZ:
			if (list_length(expr->args) == 2)
				break;
			/* FALLTHROUGH */
		default:
			return deparse_refuse(d, "GREATEST, LEAST", ship_clause_note("GREATEST, LEAST"));
	}
	if ((left = operand(d, linitial(expr->args), false)) == NULL ||
		(right = operand(d, lsecond(expr->args), false)) == NULL)
		return false;
	appendStringInfo(&d->buf, "CASE WHEN %s IS NULL THEN %s WHEN %s IS NULL OR %s %s %s THEN %s ELSE %s END",
					 left, right, right, left, expr->op == IS_GREATEST ? ">" : "<", right, left, right);
	return true;
}

/* A CASE with a cast of each result. */
static bool
emit_case_cast(Deparse *d, CaseExpr *expr, const char *cast)
{
	Node	   *saved = d->case_operand;
	bool		is_shipped = true;
	ListCell   *lc;

	if (expr->arg != NULL)
		d->case_operand = (Node *) expr->arg;
	appendStringInfoString(&d->buf, "(CASE");
	foreach(lc, expr->args)
	{
		CaseWhen   *when = lfirst_node(CaseWhen, lc);

		appendStringInfoString(&d->buf, " WHEN ");
		is_shipped = is_shipped && emit_if_needed(d, (Node *) when->expr);
		appendStringInfoString(&d->buf, " THEN ");
		is_shipped = is_shipped && emit_if_needed(d, (Node *) when->result);
		appendStringInfoString(&d->buf, cast);
	}
	d->case_operand = saved;
	/* without ELSE the result is NULL, of the type of the others */
	if (expr->defresult != NULL &&
		!(IsA(expr->defresult, Const) && ((Const *) expr->defresult)->constisnull))
	{
		appendStringInfoString(&d->buf, " ELSE ");
		is_shipped = is_shipped && emit_if_needed(d, (Node *) expr->defresult);
		appendStringInfoString(&d->buf, cast);
	}
	appendStringInfoString(&d->buf, " END)");
	return is_shipped;
}

static bool
emit_case(Deparse *d, CaseExpr *expr)
{
	int			precision;
	int			scale;

	if (ship_class(expr->casetype) != SHIP_NUMERIC)
		return emit_case_cast(d, expr, "");
	if (!deparse_size(d, (Node *) expr, &precision, &scale))
		return deparse_refuse(d, "CASE", ship_clause_note("CASE"));
	/* one type for all results, so that Redshift need not find a common one */
	return emit_case_cast(d, expr, psprintf("::decimal(%d,%d)", precision, scale));
}

static bool
emit_coalesce(Deparse *d, CoalesceExpr *expr)
{
	ListCell   *lc;

	if (ship_class(expr->coalescetype) == SHIP_NUMERIC)
		return deparse_refuse(d, "COALESCE", ship_clause_note("COALESCE"));
	appendStringInfoString(&d->buf, "COALESCE(");
	foreach(lc, expr->args)
	{
		appendStringInfoString(&d->buf, lc == list_head(expr->args) ? "" : ", ");
		if (!emit_if_needed(d, lfirst(lc)))
			return false;
	}
	appendStringInfoChar(&d->buf, ')');
	return true;
}

/* The operand of a CASE x WHEN, which is written again for each comparison. */
static bool
emit_case_operand(Deparse *d)
{
	Node	   *node = d->case_operand;
	bool		is_shipped;

	if (node == NULL)
		return deparse_refuse(d, "CASE", SHIP_NOT_LISTED);
	d->case_operand = NULL;
	is_shipped = emit(d, node, false);
	d->case_operand = node;
	return is_shipped;
}

/* A cast that does not change the value, which must be between text types. */
static bool
emit_relabel(Deparse *d, Node *arg, Oid type, bool bare)
{
	ShipClass	from = ship_class(exprType(arg));

	if (from != ship_class(type) || from != SHIP_TEXT)
		return deparse_refuse(d, psprintf("cast from %s to %s", format_type_be(exprType(arg)), format_type_be(type)),
					  SHIP_NOT_LISTED);
	return emit(d, arg, bare);
}

/* Appends one node; "bare" for the constant side of a text comparison. */
static bool
emit(Deparse *d, Node *node, bool bare)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (deparse_is_too_long(d))
		return false;
	if (deparse_is_parameter(node))
		return deparse_param(d, node, bare);
	switch (nodeTag(node))
	{
		case T_Const:
			return deparse_const(d, (Const *) node, bare);
		case T_Var:
			/*
			 * NULL in SUPER may be a JSON null, and nested columns can only be
			 * selected
			 */
			if (deparse_is_json(node))
				return deparse_refuse(d, "json, jsonb", ship_clause_note("json, jsonb"));
			return deparse_var(d, (Var *) node);
		case T_OpExpr:
			return emit_operator(d, (OpExpr *) node);
		case T_FuncExpr:
			return emit_function(d, (FuncExpr *) node);
		case T_BoolExpr:
			return emit_bool(d, (BoolExpr *) node);
		case T_NullTest:
			return emit_null_test(d, (NullTest *) node);
		case T_BooleanTest:
			return emit_boolean_test(d, (BooleanTest *) node);
		case T_ScalarArrayOpExpr:
			return emit_any(d, (ScalarArrayOpExpr *) node);
		case T_DistinctExpr:
			return emit_distinct(d, (DistinctExpr *) node);
		case T_CaseExpr:
			return emit_case(d, (CaseExpr *) node);
		case T_CaseTestExpr:
			return emit_case_operand(d);
		case T_CoalesceExpr:
			return emit_coalesce(d, (CoalesceExpr *) node);
		case T_RelabelType:
			return emit_relabel(d, (Node *) ((RelabelType *) node)->arg,
								((RelabelType *) node)->resulttype, bare);
		case T_CollateExpr:
			return emit(d, (Node *) ((CollateExpr *) node)->arg, bare);
		case T_Aggref:
			{
				DeparseAggregate parts;

				if (!deparse_aggregate(d, (Aggref *) node, &parts))
					return false;
				if (parts.finish == DEPARSE_SCALED)
					return deparse_refuse(d, "CASE", ship_clause_note("CASE"));
				if (parts.finish != DEPARSE_WHOLE)
					return deparse_refuse(d, deparse_finish_item(parts.finish), DEPARSE_DIVIDED);
				appendStringInfoString(&d->buf, parts.text[0]);
				return true;
			}
		case T_NullIfExpr:
			return emit_nullif(d, (NullIfExpr *) node);
		case T_MinMaxExpr:
			return emit_minmax(d, (MinMaxExpr *) node);
		case T_RowExpr:
		case T_RowCompareExpr:
			return deparse_refuse(d, "row comparisons", ship_clause_note("row comparisons"));
		case T_SubLink:
			if (d->subquery != NULL)
				return d->subquery(d, (SubLink *) node);
			return deparse_refuse(d, "subquery", "it is computed here");
		case T_SubPlan:
		case T_AlternativeSubPlan:
			return deparse_refuse(d, "subquery", "it is computed here");
		default:
			return deparse_refuse(d, "expression", SHIP_NOT_LISTED);
	}
}

/* See deparse.h. */
bool
deparse_expr(Deparse *deparse, Node *node)
{
	int			params = list_length(deparse->params);
	char	   *text;

	/* a plain column may have a type that expressions cannot use */
	if (IsA(node, Var))
		return deparse_var(deparse, (Var *) node);
	text = operand(deparse, node, false);
	if (text == NULL)
	{
		deparse->params = list_truncate(deparse->params, params);
		return false;
	}
	appendStringInfoString(&deparse->buf, text);
	pfree(text);
	return true;
}

/*
 * The argument of an aggregate, replaced by NULL in rows that its FILTER
 * rejects.
 */
static char *
filtered(Deparse *d, Aggref *aggref, char *text)
{
	char	   *filter;

	if (text == NULL || aggref->aggfilter == NULL)
		return text;
	filter = operand(d, (Node *) aggref->aggfilter, false);
	return filter ? psprintf("CASE WHEN %s THEN %s END", filter, text) : NULL;
}

/*
 * The text of an aggregate's argument, which is evaluated only in rows that
 * its FILTER accepts.
 */
static char *
argument_text(Deparse *d, Aggref *aggref, Node *arg)
{
	bool		saved = d->is_conditional;
	char	   *text;

	d->is_conditional = saved || aggref->aggfilter != NULL;
	text = arg ? operand(d, arg, false) : pstrdup("1");
	d->is_conditional = saved;
	return text;
}

/*
 * Writes a CASE whose results have several scales: *value has decimals of the
 * largest scale, and *scale_text has the scale of each result.  A sum has the
 * largest scale of the values that were added.
 */
static bool
scaled_arguments(Deparse *d, Aggref *aggref, CaseExpr *expr, char **value, char **scale_text)
{
	DecimalColumns columns = {deparse_column_typmod, d};
	CaseExpr   *scales = copyObject(expr);
	StringInfoData saved = d->buf;
	bool		is_shipped;
	int			precision;
	int			scale;
	ListCell   *lc;

	if (!decimal_size_of_mixed((Node *) expr, &columns, &precision, &scale))
		return false;
	initStringInfo(&d->buf);
	is_shipped = emit_case_cast(d, expr, psprintf("::decimal(%d,%d)", precision, scale));
	*value = filtered(d, aggref, d->buf.data);
	scales->casetype = INT4OID;
	foreach(lc, scales->args)
		lfirst_node(CaseWhen, lc)->result = (Expr *) deparse_scale(d, (Node *) lfirst_node(CaseWhen, lc)->result);
	scales->defresult = (Expr *) deparse_scale(d, (Node *) scales->defresult);
	initStringInfo(&d->buf);
	is_shipped = is_shipped && emit_case_cast(d, scales, "");
	*scale_text = filtered(d, aggref, d->buf.data);
	d->buf = saved;
	return is_shipped && *value != NULL && *scale_text != NULL;
}

/* See deparse.h. */
const char *
deparse_finish_item(DeparseFinish finish)
{
	return finish == DEPARSE_WHOLE ? NULL : finish == DEPARSE_AVERAGE ? "avg" : finish == DEPARSE_SCALED ? "CASE" : "stddev, variance";
}

/* The computation of a variance or standard deviation from its parts. */
static DeparseFinish
spread_finish(const char *name)
{
	if (strcmp(name, "var_pop") == 0)
		return DEPARSE_VAR_POP;
	if (strcmp(name, "stddev_pop") == 0)
		return DEPARSE_STDDEV_POP;
	return strncmp(name, "var", 3) == 0 ? DEPARSE_VAR_SAMP : DEPARSE_STDDEV_SAMP;
}

/*
 * Count, sum and sum of squares, as decimals with enough digits for 10^10 of
 * the largest squares.
 */
static bool
spread_parts(Deparse *d, Aggref *aggref, const char *item, const ShipRule *rule, DeparseAggregate *result)
{
	Node	   *arg = (Node *) linitial_node(TargetEntry, aggref->args)->expr;
	bool		is_integer = ship_class(exprType(arg)) == SHIP_INTEGER;
	int			precision = decimal_digits_of_integer(exprType(arg));
	int			scale = 0;
	char	   *text;

	if ((!is_integer && !deparse_size(d, arg, &precision, &scale)) || 2 * precision + DECIMAL_SUM_DIGITS > DECIMAL_MAX_DIGITS)
		return deparse_refuse(d, item, rule->note);
	text = argument_text(d, aggref, arg);
	if (text != NULL && is_integer)
		text = psprintf("(%s)::decimal(%d,0)", text, precision);
	if (text == NULL || (result->text[0] = filtered(d, aggref, text)) == NULL)
		return false;
	result->text[1] = psprintf("sum(%s)", result->text[0]);
	result->text[2] = psprintf("sum(%s)", filtered(d, aggref, psprintf("%s * %s", text, text)));
	result->text[0] = psprintf("count(%s)", result->text[0]);
	result->finish = spread_finish(get_func_name(aggref->aggfnoid));
	return true;
}

/* May an aggregate with DISTINCT be shipped?  If not, sets the reason. */
static bool
checks_distinct(Deparse *d, Node *arg, const char *name, const ShipRule *rule, const char *item)
{
	if (strcmp(name, "count") != 0 && strcmp(name, "sum") != 0 && !(rule->checks & SHIP_AVERAGE))
		return deparse_refuse(d, item, "of aggregates with DISTINCT only count, sum and avg are shipped");
	return arg != NULL && deparse_groups(d, arg);
}

/* Do duplicate values leave the result of the aggregate unchanged? */
static bool
ignores_duplicates(const char *name)
{
	return strcmp(name, "min") == 0 || strcmp(name, "max") == 0 || strncmp(name, "bool_", 5) == 0 ||
		strncmp(name, "bit_", 4) == 0 || strcmp(name, "every") == 0;
}

/*
 * The columns of an aggregate that has a rule, and the local computation on
 * them.
 */
static bool
aggregate_parts(Deparse *d, Aggref *aggref, const char *item, const ShipRule *rule, DeparseAggregate *result)
{
	Node	   *arg = aggref->args ? (Node *) linitial_node(TargetEntry, aggref->args)->expr : NULL;
	char	   *name = get_func_name(aggref->aggfnoid);
	const char *distinct = aggref->aggdistinct != NIL && !ignores_duplicates(name) ? "DISTINCT " : "";
	char	   *scale = NULL;
	char	   *text;

	if (*distinct && !checks_distinct(d, arg, name, rule, item))
		return false;
	if (rule->checks & SHIP_SPREAD)
		return spread_parts(d, aggref, item, rule, result);
	if (arg != NULL && !*distinct && decimal_is_sum((Node *) aggref) &&
		scaled_arguments(d, aggref, (CaseExpr *) arg, &text, &scale))
		result->finish = DEPARSE_SCALED;
	else if ((text = filtered(d, aggref, argument_text(d, aggref, arg))) == NULL)
		return false;
	if (strcmp(name, "count") == 0)
		result->text[0] = arg == NULL && aggref->aggfilter == NULL ? pstrdup("count(*)")
			: psprintf("count(%s%s)", distinct, text);
	else if (strcmp(name, "sum") == 0 || (rule->checks & SHIP_AVERAGE))
		result->text[0] = psprintf(arg != NULL && exprType(arg) == INT8OID ? "sum(%s(%s)::decimal(38,0))" : "sum(%s%s)",
								   distinct, text);
	else
		result->text[0] = psprintf("%s(%s)", strcmp(name, "every") == 0 ? "bool_and" : name, text);
	if (rule->checks & SHIP_AVERAGE)
	{
		result->finish = DEPARSE_AVERAGE;
		result->text[1] = psprintf("count(%s%s)", distinct, text);
	}
	else if (scale != NULL)
		result->text[1] = psprintf("max(%s)", scale);
	return true;
}

/* See deparse.h. */
bool
deparse_aggregate(Deparse *d, Aggref *aggref, DeparseAggregate *result)
{
	Node	   *arg = aggref->args ? (Node *) ((TargetEntry *) linitial(aggref->args))->expr : NULL;
	ShipClass	class = arg ? ship_class(exprType(arg)) : SHIP_NONE;
	ShipClass	second = list_length(aggref->args) > 1 ?
	ship_class(exprType((Node *) ((TargetEntry *) lsecond(aggref->args))->expr)) : SHIP_NONE;
	char	   *name = get_func_name(aggref->aggfnoid);
	char	   *item = ship_item(SHIP_AGGREGATE, name ? name : "?", class, second);
	const ShipRule *rule = name == NULL || aggref->aggfnoid >= FirstGenbkiObjectId ? NULL
		: ship_find(SHIP_AGGREGATE, name, class, second);

	memset(result, 0, sizeof(*result));
	if (rule == NULL)
		return deparse_refuse(d, item, SHIP_NOT_LISTED);
	if (rule->how == SHIP_LOCAL)
		return deparse_refuse(d, item, rule->note);
	if (aggref->agglevelsup != 0 || aggref->aggsplit != AGGSPLIT_SIMPLE || aggref->aggorder != NIL ||
		aggref->aggkind != AGGKIND_NORMAL || aggref->aggvariadic || list_length(aggref->args) > 1)
		return deparse_refuse(d, item, SHIP_NOT_LISTED);
	if (arg != NULL && !deparse_check_text(d, rule, item, aggref->inputcollid, list_make1(arg)))
		return false;
	/* the result of an expression may have padding, which is not known here */
	if ((rule->checks & SHIP_ORDERED) && deparse_column(arg) == NULL)
		return deparse_refuse(d, item, rule->note);
	return aggregate_parts(d, aggref, item, rule, result);
}
