/*-------------------------------------------------------------------------
 *
 * deparse.h
 *		Writes expressions of PostgreSQL in the SQL of Redshift, if they have the
 *		same result there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_H
#define RSFED_REDSHIFT_DEPARSE_H

#include "lib/stringinfo.h"
#include "nodes/primnodes.h"

#include "redshift/literal.h"

/* A column as the text of an expression refers to it. */
typedef struct DeparseColumn
{
	const char *text;			/* r1."name" */
	bool		blank_safe;
	int32		typmod;			/* size of a decimal in Redshift; -1 = not known */
	const char *divided;		/* the aggregate whose parts it is one of, so
								 * that it can only be selected; NULL = none */
} DeparseColumn;

/*
 * Fills in the column of a Var; false if it is not a column of the query
 * block.
 */
typedef bool (*DeparseColumnFor) (const Var *var, DeparseColumn *column, void *arg);

struct Deparse;

/*
 * Appends a subquery; false, with the reason set, if it is computed locally.
 */
typedef bool (*DeparseSubquery) (struct Deparse *deparse, SubLink *sublink);

typedef struct Deparse
{
	DeparseColumnFor column_for;
	DeparseSubquery subquery;	/* NULL = all are computed locally */
	void	   *arg;
	StringInfoData buf;			/* the text */
	List	   *params;			/* Expr that are computed locally at execution */
	const char *reason;			/* after a refusal: what is computed locally, and why */
	Node	   *case_operand;	/* of the CASE that is being written */
	bool		is_conditional; /* inside an expression that evaluates its parts only if needed */
} Deparse;

/*
 * A mark, which the literal of a parameter replaces: this byte, the number of
 * the parameter (from 0), 'b' for a bare literal or 'c' for one with a cast,
 * and the byte again.  An operator may precede the second byte: then it is
 * written before the literal and compares the text before the mark with it; a
 * value without a literal is compared according to its place.  With 'l' the
 * mark becomes a LIMIT of that value, with 'o' an OFFSET; both become nothing
 * for NULL.  With 'n' it follows the column of that number, where a name can
 * be inserted.  Marks with '?' and '.' enclose a condition that only reduces the
 * number of rows: it is left out if a value has no literal.  No literal
 * contains the byte.
 */
#define DEPARSE_MARK '\x01'

extern void deparse_begin(Deparse *deparse, DeparseColumnFor column_for, void *arg);

/*
 * Appends the text of an expression.  False, with the buffer unchanged and the
 * reason set, if Redshift's result could be different.
 */
extern bool deparse_expr(Deparse *deparse, Node *node);

/*
 * Appends x IN (subquery) or, if "op" is <>, x NOT IN (subquery), and returns
 * the same as deparse_expr().  The subquery is the second operand of the
 * operator; is_blank_safe tells whether its column is blank_safe.
 */
extern bool deparse_in(Deparse *deparse, OpExpr *op, const char *subquery, bool is_blank_safe);

/*
 * The size of a selected decimal, as numeric's typmod; -1 if it is not known.
 */
extern int32 deparse_typmod(Deparse *deparse, Node *node);

/*
 * How the value of an aggregate is computed from its columns of the remote
 * result.
 */
typedef enum DeparseFinish
{
	DEPARSE_WHOLE,				/* the only column is the value */
	DEPARSE_AVERAGE,			/* sum and count, to be divided */
	DEPARSE_SCALED,				/* sum, and its scale */
	DEPARSE_VAR_SAMP,			/* this and the following: count, sum and sum of squares */
	DEPARSE_VAR_POP,
	DEPARSE_STDDEV_SAMP,
	DEPARSE_STDDEV_POP
} DeparseFinish;

#define DEPARSE_MAX_PARTS 3

/* An aggregate as columns of the remote result. */
typedef struct DeparseAggregate
{
	DeparseFinish finish;
	char	   *text[DEPARSE_MAX_PARTS];	/* NULL after the last one */
} DeparseAggregate;

/* The aggregate's name in the table of ship.c; NULL for DEPARSE_WHOLE. */
extern const char *deparse_finish_item(DeparseFinish finish);

/*
 * Divides an aggregate into columns, palloc'd.  False, with the reason set, if
 * it is computed locally.
 */
extern bool deparse_aggregate(Deparse *deparse, Aggref *aggref, DeparseAggregate *result);

/*
 * The number of an expression in the list of parameters, from 0; adds it if it
 * is new.
 */
extern int	deparse_parameter(Deparse *deparse, Node *node);

/* Appends a mark of this kind: see DEPARSE_MARK. */
extern void deparse_mark(Deparse *deparse, int number, char kind);

/*
 * The value of a parameter as redshift_literal() or redshift_place() wrote it;
 * the texts are NULL if it has no literal.
 */
typedef struct DeparseValue
{
	bool		isnull;
	RedshiftPlace place;
	char	   *bare;
	char	   *cast;
	int64		count;			/* of a LIMIT or OFFSET */
} DeparseValue;

/*
 * The text with the values of its parameters; palloc'd.  *missing is the
 * number of a parameter that is required but has no literal, or -1.
 */
extern char *deparse_fill(const char *text, const DeparseValue *values, int *missing);

/* The text for users, with $1, $2, ... for the parameters; palloc'd. */
extern char *deparse_show(const char *text);

/* The same, with names of the columns; palloc'd. */
extern char *deparse_named(const char *text, const char **names);

#endif							/* RSFED_REDSHIFT_DEPARSE_H */
