/*-------------------------------------------------------------------------
 *
 * ship.c
 *		The operations that Redshift computes exactly as PostgreSQL does.
 *
 * Policy: PostgreSQL computes everything that is not in this table.  A row is
 * here only if both results are the same to the last digit; rows that explain
 * why something is computed locally are for users, who find them in
 * doc/pushdown.md, which is made from this table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "redshift/ship.h"

#define COMPARISONS "= <> < <= > >="

#define BLANKS \
	"Only where blank_safe says that no text ends in a blank: Redshift takes 'a' and 'a ' for equal."
#define ORDER_OF_TEXT \
	"Only in the collation C, which is Redshift's order of bytes, and where blank_safe is on."
#define DIGITS \
	"Only where the declared sizes keep the result within Redshift's 38 digits."
#define FLOATS_ARE_LOCAL \
	"Redshift adds floats in another order, and what it makes of NaN and -0 is not documented."

#define SPREADS "stddev stddev_samp stddev_pop variance var_samp var_pop"

static const ShipRule ship_rules[] = {
	/* operators */
	{SHIP_OPERATOR, COMPARISONS, SHIP_INTEGER, SHIP_INTEGER, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, COMPARISONS, SHIP_NUMERIC, SHIP_NUMERIC, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, COMPARISONS, SHIP_DATE, SHIP_DATE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, COMPARISONS, SHIP_TIMESTAMP, SHIP_TIMESTAMP, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, COMPARISONS, SHIP_TIMESTAMPTZ, SHIP_TIMESTAMPTZ, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, "=", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp = $2)", 0, NULL},
	{SHIP_OPERATOR, "<>", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp <> $2)", 0, NULL},
	{SHIP_OPERATOR, "<", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp < $2)", 0, NULL},
	{SHIP_OPERATOR, "<=", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp <= $2)", 0, NULL},
	{SHIP_OPERATOR, ">", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp > $2)", 0, NULL},
	{SHIP_OPERATOR, ">=", SHIP_DATE, SHIP_TIMESTAMP, SHIP_REWRITTEN, "(($1)::timestamp >= $2)", 0, NULL},
	{SHIP_OPERATOR, "=", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 = ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, "<>", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 <> ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, "<", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 < ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, "<=", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 <= ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, ">", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 > ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, ">=", SHIP_TIMESTAMP, SHIP_DATE, SHIP_REWRITTEN, "($1 >= ($2)::timestamp)", 0, NULL},
	{SHIP_OPERATOR, "= <>", SHIP_BOOL, SHIP_BOOL, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, "= <>", SHIP_TEXT, SHIP_TEXT, SHIP_AS_IS, NULL, SHIP_BLANK_SAFE, BLANKS},
	{SHIP_OPERATOR, "= <>", SHIP_CHAR, SHIP_CHAR, SHIP_AS_IS, NULL, SHIP_BLANK_SAFE, BLANKS},
	{SHIP_OPERATOR, "< <= > >=", SHIP_TEXT, SHIP_TEXT, SHIP_AS_IS, NULL, SHIP_BLANK_SAFE | SHIP_ORDERED, ORDER_OF_TEXT},
	{SHIP_OPERATOR, "~~", SHIP_TEXT, SHIP_TEXT, SHIP_REWRITTEN, "($1 LIKE $2)", SHIP_BLANK_SAFE | SHIP_PATTERN,
	"LIKE. Only where blank_safe is on and the pattern is a constant of ASCII characters without a backslash or, in a database of encoding SQL_ASCII, an underscore. A char may be padded there: so it is rtrim(x, ' ') unless the pattern ends in %, with neither _ nor a blank just before that."},
	{SHIP_OPERATOR, "!~~", SHIP_TEXT, SHIP_TEXT, SHIP_REWRITTEN, "($1 NOT LIKE $2)", SHIP_BLANK_SAFE | SHIP_PATTERN,
	"NOT LIKE. As LIKE."},
	{SHIP_OPERATOR, "+ - * / %", SHIP_INTEGER, SHIP_INTEGER, SHIP_AS_IS, NULL, 0,
	"Of the greater of both types; a result beyond its range is an error, as here."},
	{SHIP_OPERATOR, "-", SHIP_NONE, SHIP_INTEGER, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, "-", SHIP_NONE, SHIP_NUMERIC, SHIP_AS_IS, NULL, SHIP_DECIMAL, DIGITS},
	{SHIP_OPERATOR, "+ - *", SHIP_NUMERIC, SHIP_NUMERIC, SHIP_AS_IS, NULL, SHIP_DECIMAL, DIGITS},
	{SHIP_OPERATOR, "/ %", SHIP_NUMERIC, SHIP_NUMERIC, SHIP_LOCAL, NULL, 0,
	"Redshift gives a quotient other digits than PostgreSQL."},
	{SHIP_OPERATOR, "+ -", SHIP_DATE, SHIP_INTEGER, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, "-", SHIP_DATE, SHIP_DATE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_OPERATOR, COMPARISONS " + - * /", SHIP_FLOAT, SHIP_FLOAT, SHIP_LOCAL, NULL, 0, FLOATS_ARE_LOCAL},
	{SHIP_OPERATOR, COMPARISONS, SHIP_TIMESTAMP, SHIP_TIMESTAMPTZ, SHIP_LOCAL, NULL, 0,
	"It depends on the time zone of the session here; Redshift's session is in UTC."},
	{SHIP_OPERATOR, COMPARISONS, SHIP_DATE, SHIP_TIMESTAMPTZ, SHIP_LOCAL, NULL, 0,
	"It depends on the time zone of the session here; Redshift's session is in UTC."},
	{SHIP_OPERATOR, "||", SHIP_TEXT, SHIP_TEXT, SHIP_LOCAL, NULL, 0,
	"Whether a char keeps its padding there is not documented."},

	/* functions and casts, by the names that PostgreSQL's parser gives them */
	{SHIP_FUNCTION, "int4", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "($1)::integer", 0, "The cast."},
	{SHIP_FUNCTION, "int8", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "($1)::bigint", 0, "The cast."},
	{SHIP_FUNCTION, "int2", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "($1)::smallint", 0, "The cast."},
	{SHIP_FUNCTION, "numeric", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "($1)::decimal($2,0)", 0,
	"The cast, to 5, 10 or 19 digits as the type has; a decimal without a size would be decimal(18,0)."},
	{SHIP_FUNCTION, "numeric", SHIP_NUMERIC, SHIP_INTEGER, SHIP_LOCAL, NULL, 0,
	"A cast to numeric(p,s) rounds here, and whether it does there is not documented."},
	{SHIP_FUNCTION, "timestamp", SHIP_DATE, SHIP_NONE, SHIP_REWRITTEN, "($1)::timestamp", 0, "The cast."},
	{SHIP_FUNCTION, "date", SHIP_TIMESTAMP, SHIP_NONE, SHIP_REWRITTEN, "($1)::date", 0, "The cast."},
	{SHIP_FUNCTION, "abs", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "abs($1)", 0, NULL},
	{SHIP_FUNCTION, "date_part", SHIP_TEXT, SHIP_TIMESTAMP, SHIP_REWRITTEN, "extract($1 FROM $2)::double precision", SHIP_FIELD,
	"Fields year, quarter, month, day, doy, dow, hour and minute."},
	{SHIP_FUNCTION, "date_part", SHIP_TEXT, SHIP_DATE, SHIP_REWRITTEN, "extract($1 FROM ($2)::timestamp)::double precision", SHIP_FIELD,
	"Fields year, quarter, month, day, doy and dow."},
	{SHIP_FUNCTION, "extract", SHIP_TEXT, SHIP_TIMESTAMP, SHIP_REWRITTEN, "extract($1 FROM $2)::decimal(10,0)", SHIP_FIELD,
	"Fields year, quarter, month, day, doy, dow, hour and minute."},
	{SHIP_FUNCTION, "extract", SHIP_TEXT, SHIP_DATE, SHIP_REWRITTEN, "extract($1 FROM ($2)::timestamp)::decimal(10,0)", SHIP_FIELD,
	"Fields year, quarter, month, day, doy and dow."},
	{SHIP_FUNCTION, "date_trunc", SHIP_TEXT, SHIP_TIMESTAMP, SHIP_REWRITTEN, "date_trunc($1, $2)", SHIP_TRUNC_FIELD,
	"Fields year, quarter, month, week, day, hour, minute and second. Of a date it is computed here, in the session's time zone."},
	{SHIP_FUNCTION, "date_trunc", SHIP_TEXT, SHIP_TIMESTAMPTZ, SHIP_LOCAL, NULL, 0,
	"It depends on the time zone of the session here; Redshift's session is in UTC."},
	{SHIP_FUNCTION, "float8 float4", SHIP_ANY, SHIP_NONE, SHIP_LOCAL, NULL, 0, FLOATS_ARE_LOCAL},
	{SHIP_FUNCTION, "round", SHIP_NUMERIC, SHIP_INTEGER, SHIP_LOCAL, NULL, 0,
	"How ties are rounded there is not documented."},
	{SHIP_FUNCTION, "upper lower", SHIP_TEXT, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"Letters outside ASCII depend on the locale."},
	{SHIP_FUNCTION, "now", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"It is the time of the transaction here; its value is shipped, as that of any expression that reads no column and is not volatile."},

	/* aggregates */
	{SHIP_AGGREGATE, "count", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, "count(*)", 0, "count(*)"},
	{SHIP_AGGREGATE, "count", SHIP_ANY, SHIP_NONE, SHIP_REWRITTEN, "count($1)", 0, "count(distinct x): where = of x may be shipped."},
	{SHIP_AGGREGATE, "sum", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "sum($1)", 0,
	"sum(bigint) becomes sum(x::decimal(38,0)), since Redshift's sum of bigint is a bigint. And sum(distinct x)."},
	{SHIP_AGGREGATE, "sum", SHIP_NUMERIC, SHIP_NONE, SHIP_REWRITTEN, "sum($1)", 0, "A sum of more than 38 digits is an error. What is computed with it there, in HAVING or in a subquery, gets it as a decimal of ten digits more than x has."},
	{SHIP_AGGREGATE, "avg", SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "$1", SHIP_AVERAGE,
	"sum(x) and count(x) are computed there and divided here: Redshift drops the fraction. And avg(distinct x)."},
	{SHIP_AGGREGATE, "avg", SHIP_NUMERIC, SHIP_NONE, SHIP_REWRITTEN, "$1", SHIP_AVERAGE,
	"sum(x) and count(x) are computed there and divided here: Redshift keeps as many decimals as x has. Not in HAVING, which is applied here then."},
	{SHIP_AGGREGATE, "min max", SHIP_INTEGER, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "min max", SHIP_NUMERIC, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "min max", SHIP_DATE, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "min max", SHIP_TIMESTAMP, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "min max", SHIP_TIMESTAMPTZ, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "min max", SHIP_TEXT, SHIP_NONE, SHIP_AS_IS, NULL, SHIP_BLANK_SAFE | SHIP_ORDERED,
	"Of a column. " ORDER_OF_TEXT},
	{SHIP_AGGREGATE, "bool_and bool_or", SHIP_BOOL, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "every", SHIP_BOOL, SHIP_NONE, SHIP_REWRITTEN, "bool_and($1)", 0, NULL},
	{SHIP_AGGREGATE, "bit_and bit_or", SHIP_INTEGER, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_AGGREGATE, "sum avg min max", SHIP_FLOAT, SHIP_NONE, SHIP_LOCAL, NULL, 0, FLOATS_ARE_LOCAL},
	{SHIP_AGGREGATE, SPREADS, SHIP_INTEGER, SHIP_NONE, SHIP_REWRITTEN, "$1", SHIP_SPREAD,
	"count(x), sum(x) and sum(x * x) of decimals are computed there and put together here: Redshift computes in double precision. Of smallint and integer; the squares of bigint have 38 digits, which leaves none for their sum. Not in HAVING, which is applied here then."},
	{SHIP_AGGREGATE, SPREADS, SHIP_NUMERIC, SHIP_NONE, SHIP_REWRITTEN, "$1", SHIP_SPREAD,
	"As of integers, where the declared size has 14 digits at most: 38 digits hold the sum of 10000000000 squares then."},
	{SHIP_AGGREGATE, SPREADS, SHIP_FLOAT, SHIP_NONE, SHIP_LOCAL, NULL, 0, FLOATS_ARE_LOCAL},
	{SHIP_AGGREGATE, "string_agg", SHIP_TEXT, SHIP_TEXT, SHIP_LOCAL, NULL, 0,
	"Redshift's LISTAGG leaves empty strings out and fails beyond 65535 bytes."},
	{SHIP_AGGREGATE, "array_agg", SHIP_ANY, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"Redshift has no arrays."},

	/* clauses and constructs */
	{SHIP_CLAUSE, "AND OR NOT", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0, NULL},
	{SHIP_CLAUSE, "IS NULL", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0, "And IS NOT NULL; not of rows."},
	{SHIP_CLAUSE, "IS TRUE", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0, "And IS FALSE, IS UNKNOWN, with NOT or without."},
	{SHIP_CLAUSE, "IN (list)", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"= ANY and <> ALL of a constant array become IN and NOT IN, where = of the operands may be shipped; up to 5000 values."},
	{SHIP_CLAUSE, "IS DISTINCT FROM", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"Becomes CASE, where <> of the operands may be shipped."},
	{SHIP_CLAUSE, "CASE", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Of decimals only where all results have the same scale, as PostgreSQL keeps each value's own; in sum() they may differ, and the scale of the sum comes beside it."},
	{SHIP_CLAUSE, "COALESCE", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Not of decimals, which Redshift cuts to 19 digits."},
	{SHIP_CLAUSE, "NULLIF", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"Becomes CASE, where = of the operands may be shipped."},
	{SHIP_CLAUSE, "GREATEST, LEAST", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"Of two integers, dates or timestamps: they become CASE, since what they make of NULL there has changed between releases."},
	{SHIP_CLAUSE, "constants and parameters", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"As literals, written as Redshift reads them: backslashes doubled, decimals sized, times in UTC. Parameters get their value when the statement is executed. Not: NaN, infinities, years before 1 or after 9999, texts that end in a blank or hold control characters. A comparison with a parameter that is NaN, an infinity, a number of more than 38 digits, or a text that ends in a blank is written as one with the next value below it, or as true or false."},
	{SHIP_CLAUSE, "WHERE", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Each condition that may be shipped is; the others are applied here. Conditions behind a security barrier stay here."},
	{SHIP_CLAUSE, "INNER JOIN", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Of tables of one source, read with the same user's rights. Conditions that stay are applied here to the joined rows."},
	{SHIP_CLAUSE, "LEFT, RIGHT JOIN", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Where all conditions may be shipped."},
	{SHIP_CLAUSE, "FULL JOIN", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Where all conditions may be shipped, and no side has conditions of its own."},
	{SHIP_CLAUSE, "joins with what is not there", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"A condition that may be shipped goes in with the value of the other side, a statement for each row, where that is cheaper than to read all; NULL and the value of the row before need none. It is applied here, too, so that a value without a literal is no error."},
	{SHIP_CLAUSE, "EXISTS, IN (subquery)", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"And NOT EXISTS, NOT IN, as conditions in WHERE, or in ON of an inner join, which is then written in WHERE. Those that are not correlated may stand below AND and OR, too; not below CASE or IS TRUE, and not as columns. EXISTS may be correlated by equalities with the query just around it, and beside one by <>; IN may be by equalities; NOT IN may not. No example of Redshift has a correlated one below OR. In EXISTS, and in a correlated IN, nothing is grouped, sorted or cut."},
	{SHIP_CLAUSE, "GROUP BY", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"By integers, decimals, booleans, dates and timestamps, and by columns of texts where = of them may be shipped. Not by floats."},
	{SHIP_CLAUSE, "HAVING", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Conditions that may not be shipped are applied here to the groups."},
	{SHIP_CLAUSE, "FILTER", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0, "Becomes CASE within the aggregate."},
	{SHIP_CLAUSE, "DISTINCT", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0, "As GROUP BY."},
	{SHIP_CLAUSE, "ORDER BY with LIMIT", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"By integers, decimals, dates and timestamps, and by texts in the collation C where blank_safe is on, with NULLS FIRST or LAST written out; LIMIT and OFFSET are constants or what is a number when the statement is executed, up to 2147483647. Without LIMIT rows are sorted here."},
	{SHIP_CLAUSE, "DISTINCT ON", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0, "Redshift has none."},
	{SHIP_CLAUSE, "GROUPING SETS, ROLLUP, CUBE", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"The rows that they group are read as they are."},
	{SHIP_CLAUSE, "window functions", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"What stands below them may be shipped."},
	{SHIP_CLAUSE, "UNION, INTERSECT, EXCEPT", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Where both sides may be shipped, with columns of one type: decimals of one known size, texts of the same column of a table. Without ALL as DISTINCT. Not INTERSECT ALL and EXCEPT ALL."},
	{SHIP_CLAUSE, "subqueries in FROM, WITH", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"In a query all of whose relations are live tables of one source, read with the same user's rights. In another query each such subquery, in FROM, WITH, a set operation or an expression, becomes one statement by itself, if it reads nothing of the query around it; conditions of that on its columns go in, too, and its ORDER BY. Their columns may all be shipped, as may all conditions; texts are columns, constants, min or max. An average or a variance can only be selected, by the query just around its subquery. Not RECURSIVE, and not LATERAL with columns of what stands beside it, which Redshift does not have; not behind a security barrier, with volatile functions, FOR UPDATE or functions that return sets; not in SCROLL cursors."},
	{SHIP_CLAUSE, "scalar subqueries", SHIP_NONE, SHIP_NONE, SHIP_AS_IS, NULL, 0,
	"Of an aggregate without GROUP BY, in a query all of whose relations are live tables of one source. Correlated by equalities with the query just around it only as one side of a comparison in WHERE, or as a column by itself where nothing is grouped, of min, max and sum; not below OR. In HAVING Redshift has none: the groups are a subquery in FROM then, and HAVING is WHERE around it; the same with one that is selected beside groups. Not in GROUP BY. Others are statements of their own, whose value is shipped as a parameter."},
	{SHIP_CLAUSE, "correlated subqueries", SHIP_NONE, SHIP_NONE, SHIP_REWRITTEN, NULL, 0,
	"Conditions with values of the query around it go in with these, a statement for each row of that. ANALYZE tells which tables have 20000 rows at most: of these all rows are read once, and kept."},
	{SHIP_CLAUSE, "row comparisons", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"Redshift compares rows column by column, which is wrong."},
	{SHIP_CLAUSE, "json, jsonb", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0,
	"Columns are read, also of joins and with LIMIT. What is asked of them is computed here: a null of JSON in SUPER may be NULL there, and arrays, structs and maps of Spectrum can only be selected."},
	{SHIP_CLAUSE, "whole rows, system columns", SHIP_NONE, SHIP_NONE, SHIP_LOCAL, NULL, 0, "Put together here."},
};

/* See ship.h. */
const ShipRule *
ship_table(int *count)
{
	*count = lengthof(ship_rules);
	return ship_rules;
}

/* Is a name in a list of names that are separated by blanks? */
static bool
names_have(const char *names, const char *name)
{
	size_t		length = strlen(name);
	const char *at = names;

	while ((at = strstr(at, name)) != NULL)
	{
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
		at += length;
	}
	return false;
}

static bool
class_fits(ShipClass wanted, ShipClass given)
{
	return wanted == given || (wanted == SHIP_ANY && given != SHIP_NONE);
}

/* See ship.h. */
const ShipRule *
ship_find(ShipKind kind, const char *name, ShipClass left, ShipClass right)
{
	for (int i = 0; i < lengthof(ship_rules); i++)
	{
		const ShipRule *rule = &ship_rules[i];

		if (rule->kind == kind && class_fits(rule->left, left) && class_fits(rule->right, right) &&
			names_have(rule->names, name))
			return rule;
	}
	return NULL;
}

/* See ship.h. */
ShipClass
ship_class(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return SHIP_INTEGER;
		case NUMERICOID:
			return SHIP_NUMERIC;
		case FLOAT4OID:
		case FLOAT8OID:
			return SHIP_FLOAT;
		case BOOLOID:
			return SHIP_BOOL;
		case TEXTOID:
		case VARCHAROID:
			return SHIP_TEXT;
		case BPCHAROID:
			return SHIP_CHAR;
		case DATEOID:
			return SHIP_DATE;
		case TIMESTAMPOID:
			return SHIP_TIMESTAMP;
		case TIMESTAMPTZOID:
			return SHIP_TIMESTAMPTZ;
		case INTERVALOID:
			return SHIP_INTERVAL;
		case InvalidOid:
			return SHIP_NONE;
		default:
			return SHIP_OTHER;
	}
}

/* The word for a class in the documentation; static memory. */
static const char *
class_name(ShipClass class)
{
	switch (class)
	{
		case SHIP_NONE:
			return "";
		case SHIP_OTHER:
			return "another type";
		case SHIP_ANY:
			return "any";
		case SHIP_INTEGER:
			return "integer";
		case SHIP_NUMERIC:
			return "numeric";
		case SHIP_FLOAT:
			return "float";
		case SHIP_BOOL:
			return "boolean";
		case SHIP_TEXT:
			return "text";
		case SHIP_CHAR:
			return "char";
		case SHIP_DATE:
			return "date";
		case SHIP_TIMESTAMP:
			return "timestamp";
		case SHIP_TIMESTAMPTZ:
			return "timestamptz";
		case SHIP_INTERVAL:
			return "interval";
	}
	return "";
}

/* See ship.h. */
char *
ship_item(ShipKind kind, const char *name, ShipClass left, ShipClass right)
{
	const char *l = class_name(left);
	const char *r = class_name(right);

	if (kind == SHIP_CLAUSE)
		return pstrdup(name);
	if (kind == SHIP_OPERATOR && strchr(name, ' ') != NULL)
		return psprintf("%s (%s, %s)", name, l, r);
	if (kind == SHIP_OPERATOR)
		return left == SHIP_NONE ? psprintf("%s %s", name, r) : psprintf("%s %s %s", l, name, r);
	return psprintf("%s(%s%s%s)", name, l, right == SHIP_NONE ? "" : ", ", r);
}

/* See ship.h. */
const char *
ship_clause_note(const char *clause)
{
	for (int i = 0; i < lengthof(ship_rules); i++)
	{
		if (ship_rules[i].kind == SHIP_CLAUSE && strcmp(ship_rules[i].names, clause) == 0)
			return ship_rules[i].note;
	}
	return NULL;
}
