/*-------------------------------------------------------------------------
 *
 * deparse_check.c
 *		Conditions for expressions in addition to their known types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/deparse_check.h"
#include "redshift/literal.h"

/*
 * The maximum length of the text of one expression: parts that are written
 * several times, such as the operand of a CASE, would grow with each level.
 * A statement of Redshift has 16 MB at most.
 */
#define MAX_TEXT (1024 * 1024)

/*
 * Operators and functions that often fail unless a CASE or OR around them
 * prevents it.
 */
static const char *const failing_names[] = {"/", "%", "div", "mod", "ln", "log", "sqrt", "power", "to_date", "to_number", "to_timestamp"};

/* See deparse_check.h. */
bool
deparse_refuse(Deparse *d, const char *item, const char *why)
{
	int			length = strlen(why);

	/* a note of the table ends with a period, but this sentence continues */
	if (length > 0 && why[length - 1] == '.')
		length--;
	d->reason = psprintf("%s: %.*s", item, length, why);
	return false;
}

/* See deparse_check.h. */
bool
deparse_is_too_long(Deparse *d)
{
	return d->buf.len > MAX_TEXT && !deparse_refuse(d, "expression", "its text would have more than 1 MB");
}

/*
 * Does a node depend on anything other than parameters, constants and the
 * time?
 */
static bool
depends_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_SubLink:
		case T_SubPlan:
		case T_AlternativeSubPlan:
		case T_CaseTestExpr:
		case T_CoerceToDomainValue:
		case T_CurrentOfExpr:
		case T_PlaceHolderVar:
			return true;
		default:
			return expression_tree_walker(node, depends_walker, context);
	}
}

/* See deparse_check.h. */
bool
deparse_is_parameter(Node *node)
{
	return !IsA(node, Const) && !IsA(node, List) && !depends_walker(node, NULL) &&
		!contain_volatile_functions(node) && redshift_null(exprType(node)) != NULL;
}

/* See deparse_check.h. */
bool
deparse_may_fail(Node *node, void *context)
{
	char	   *name = NULL;

	if (node == NULL)
		return false;
	if (IsA(node, CoerceViaIO) || IsA(node, CoerceToDomain))
		return true;
	if (IsA(node, OpExpr))
		name = get_opname(((OpExpr *) node)->opno);
	else if (IsA(node, FuncExpr))
	{
		FuncExpr   *func = (FuncExpr *) node;

		/*
		 * a number may be out of range of the new type, and a user-defined
		 * function may do anything
		 */
		if (func->funcid >= FirstGenbkiObjectId ||
			(func->funcformat == COERCE_EXPLICIT_CAST && TypeCategory(func->funcresulttype) == TYPCATEGORY_NUMERIC))
			return true;
		name = get_func_name(func->funcid);
	}
	for (int i = 0; name != NULL && i < lengthof(failing_names); i++)
	{
		if (strcmp(name, failing_names[i]) == 0)
			return true;
	}
	return expression_tree_walker(node, deparse_may_fail, context);
}

/* See deparse_check.h. */
bool
deparse_is_blank_safe(Deparse *d, Node *node)
{
	DeparseColumn column;
	ListCell   *lc;

	if (deparse_is_parameter(node) || IsA(node, Const))
		return true;			/* each value is checked when it is written */
	switch (nodeTag(node))
	{
		case T_Var:
			return ((Var *) node)->varattno > 0 &&
				d->column_for((Var *) node, &column, d->arg) && column.blank_safe;
		case T_RelabelType:
			return deparse_is_blank_safe(d, (Node *) ((RelabelType *) node)->arg);
		case T_CollateExpr:
			return deparse_is_blank_safe(d, (Node *) ((CollateExpr *) node)->arg);
		case T_NullIfExpr:
			return deparse_is_blank_safe(d, linitial(((NullIfExpr *) node)->args));
		case T_CoalesceExpr:
			foreach(lc, ((CoalesceExpr *) node)->args)
			{
				if (!deparse_is_blank_safe(d, lfirst(lc)))
					return false;
			}
			return true;
		case T_CaseExpr:
			foreach(lc, ((CaseExpr *) node)->args)
			{
				if (!deparse_is_blank_safe(d, (Node *) lfirst_node(CaseWhen, lc)->result))
					return false;
			}
			return deparse_is_blank_safe(d, (Node *) ((CaseExpr *) node)->defresult);
		default:
			return false;
	}
}

/*
 * Is the pattern of a LIKE a constant of single-byte characters without
 * escapes, which Redshift reads differently?  An underscore stands for a
 * character there, but for a byte in a database without an encoding.
 */
static bool
is_plain_pattern(Node *node)
{
	Const	   *constant = (Const *) node;

	if (!IsA(node, Const) || constant->constisnull || ship_class(constant->consttype) != SHIP_TEXT)
		return false;
	for (char *c = TextDatumGetCString(constant->constvalue); *c; c++)
	{
		if (*c == '\\' || IS_HIGHBIT_SET(*c) || (*c == '_' && GetDatabaseEncoding() == PG_SQL_ASCII))
			return false;
	}
	return true;
}

/* See deparse_check.h. */
bool
deparse_takes_padding(Node *pattern)
{
	char		last = '\0';
	char		last_letter = '\0';

	for (char *c = TextDatumGetCString(((Const *) pattern)->constvalue); *c; c++)
	{
		last = *c;
		if (*c != '%')
			last_letter = *c;
	}
	return last == '%' && last_letter != '_' && last_letter != ' ';
}

/* See deparse_check.h. */
bool
deparse_is_json(Node *node)
{
	Oid			type = exprType(node);

	return type == JSONOID || type == JSONBOID;
}

/* See deparse_check.h. */
Var *
deparse_column(Node *node)
{
	while (node != NULL && (IsA(node, RelabelType) || IsA(node, CollateExpr)))
		node = (Node *) (IsA(node, RelabelType) ? ((RelabelType *) node)->arg : ((CollateExpr *) node)->arg);
	return node != NULL && IsA(node, Var) ? (Var *) node : NULL;
}

/* See deparse_check.h. */
bool
deparse_check_text(Deparse *d, const ShipRule *rule, const char *item, Oid collation, List *args)
{
	ListCell   *lc;

	if (!(rule->checks & SHIP_BLANK_SAFE))
		return true;
	/* PostgreSQL raises an error when it compares such texts */
	if (!OidIsValid(collation))
		return deparse_refuse(d, item, "the collations of both sides conflict");
	if (!get_collation_isdeterministic(collation))
		return deparse_refuse(d, item, "the collation is not deterministic");
	/* the order of bytes, which in UTF-8 is that of the characters */
	if ((rule->checks & SHIP_ORDERED) &&
		((collation != C_COLLATION_OID && collation != POSIX_COLLATION_OID) || GetDatabaseEncoding() != PG_UTF8))
		return deparse_refuse(d, item, rule->note);
	foreach(lc, args)
	{
		if (IsA(lfirst(lc), List))
			continue;
		if (!deparse_is_blank_safe(d, lfirst(lc)))
			return deparse_refuse(d, item, rule->note);
	}
	if ((rule->checks & SHIP_PATTERN) && !is_plain_pattern(lsecond(args)))
		return deparse_refuse(d, item, rule->note);
	return true;
}

/* See deparse_check.h. */
const char *
deparse_field(Node *node, int checks, ShipClass of)
{
	static const char *const fields[] = {"year", "quarter", "month", "day", "doy", "dow", "hour", "minute"};
	static const char *const trunc_fields[] = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"};
	const char *const *known = checks & SHIP_FIELD ? fields : trunc_fields;
	int			count = 8;
	Const	   *constant = (Const *) node;
	char	   *given;

	StaticAssertStmt(lengthof(fields) == 8 && lengthof(trunc_fields) == 8, "count them");
	if (!IsA(node, Const) || constant->constisnull)
		return NULL;
	/* a date has no hours */
	if ((checks & SHIP_FIELD) && of == SHIP_DATE)
		count = 6;
	given = TextDatumGetCString(constant->constvalue);
	for (int i = 0; i < count; i++)
	{
		if (pg_strcasecmp(given, known[i]) == 0)
			return known[i];
	}
	return NULL;
}

/* See deparse_check.h. */
bool
deparse_groups(Deparse *deparse, Node *node)
{
	Oid			type = exprType(node);

	switch (ship_class(type))
	{
		case SHIP_INTEGER:
		case SHIP_NUMERIC:
		case SHIP_BOOL:
		case SHIP_DATE:
		case SHIP_TIMESTAMP:
		case SHIP_TIMESTAMPTZ:
			return true;
		case SHIP_TEXT:
		case SHIP_CHAR:
			{
				const ShipRule *rule = ship_find(SHIP_OPERATOR, "=", ship_class(type), ship_class(type));

				if (deparse_column(node) == NULL)
					return deparse_refuse(deparse, "GROUP BY, DISTINCT", ship_clause_note("GROUP BY"));
				return deparse_check_text(deparse, rule, "GROUP BY, DISTINCT", exprCollation(node), list_make1(node));
			}
		default:
			return deparse_refuse(deparse, psprintf("GROUP BY, DISTINCT of type %s", format_type_be(type)),
						  ship_clause_note("GROUP BY"));
	}
}

/* See deparse_check.h. */
bool
deparse_sorts(Deparse *deparse, Node *node)
{
	Oid			type = exprType(node);

	switch (ship_class(type))
	{
		case SHIP_INTEGER:
		case SHIP_NUMERIC:
		case SHIP_DATE:
		case SHIP_TIMESTAMP:
		case SHIP_TIMESTAMPTZ:
			return true;
		case SHIP_TEXT:
			return deparse_check_text(deparse, ship_find(SHIP_OPERATOR, "<", SHIP_TEXT, SHIP_TEXT), "ORDER BY with LIMIT",
							  exprCollation(node), list_make1(node));
		default:
			return deparse_refuse(deparse, psprintf("ORDER BY of type %s", format_type_be(type)),
						  ship_clause_note("ORDER BY with LIMIT"));
	}
}
