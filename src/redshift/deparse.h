/*-------------------------------------------------------------------------
 *
 * deparse.h
 *		Expressions of PostgreSQL as text of Redshift, if they are the same there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_H
#define RSFED_REDSHIFT_DEPARSE_H

#include "lib/stringinfo.h"
#include "nodes/primnodes.h"

/* A column as the expression's text names it. */
typedef struct DeparseColumn
{
	const char *text;			/* r1."name" */
	bool		blank_safe;
	int32		typmod;			/* of a decimal there; -1 = not known */
} DeparseColumn;

/* Fills in the column that a Var stands for; false for what is none of the block's. */
typedef bool (*DeparseColumnFor) (const Var *var, DeparseColumn *column, void *arg);

struct Deparse;

/* Appends a subquery; false, with the reason set, for one that stays. */
typedef bool (*DeparseSubquery) (struct Deparse *deparse, SubLink *sublink);

typedef struct Deparse
{
	DeparseColumnFor column_for;
	DeparseSubquery subquery;	/* NULL = all stay */
	void	   *arg;
	StringInfoData buf;			/* the text */
	List	   *params;			/* Expr that are computed here when it is executed */
	const char *reason;			/* after a refusal: what stays, and why */
	Node	   *case_operand;	/* of the CASE that is being written */
	bool		is_conditional; /* within what computes its parts only if it needs them */
} Deparse;

/*
 * Where a parameter's literal goes in: this byte, its number (from 0), 'b' for a
 * bare one or 'c' for one with a cast, and the byte again.  With 'l' it becomes a
 * LIMIT of that value, with 'o' an OFFSET, and nothing for NULL.  With 'n' it stands
 * behind the column of that number, where a name may go in.  Between '?' and '.'
 * stands a condition that only saves rows: it is left out where a value has no
 * literal.  No literal holds the byte.
 */
#define DEPARSE_MARK '\x01'

extern void deparse_begin(Deparse *deparse, DeparseColumnFor column_for, void *arg);

/*
 * Appends the text of an expression.  False, with the buffer as it was and the
 * reason set, if Redshift's answer could be another one.
 */
extern bool deparse_expr(Deparse *deparse, Node *node);

/*
 * x IN (subquery) or, if "op" is <>, NOT IN: appends it as deparse_expr() does.
 * The subquery is the operator's second operand, and its column blank_safe or not.
 */
extern bool deparse_in(Deparse *deparse, OpExpr *op, const char *subquery, bool is_blank_safe);

/* The size of a decimal that is selected there, as numeric's typmod; -1 if not known. */
extern int32 deparse_typmod(Deparse *deparse, Node *node);

/* How an aggregate's value comes from its columns of the result there. */
typedef enum DeparseFinish
{
	DEPARSE_WHOLE,				/* it is the only one */
	DEPARSE_AVERAGE,			/* sum and count, to be divided */
	DEPARSE_SCALED,				/* sum, and the scale that it has */
	DEPARSE_VAR_SAMP,			/* this and the next: count, sum and sum of squares */
	DEPARSE_VAR_POP,
	DEPARSE_STDDEV_SAMP,
	DEPARSE_STDDEV_POP
} DeparseFinish;

#define DEPARSE_MAX_PARTS 3

/* An aggregate as columns of the result there. */
typedef struct DeparseAggregate
{
	DeparseFinish finish;
	char	   *text[DEPARSE_MAX_PARTS];	/* NULL after the last one */
} DeparseAggregate;

/* False, with the reason set, if it stays here.  palloc'd. */
extern bool deparse_aggregate(Deparse *deparse, Aggref *aggref, DeparseAggregate *result);

/* The number of an expression among the parameters, from 0; added if it is new. */
extern int	deparse_parameter(Deparse *deparse, Node *node);

/* A parameter's value as redshift_literal() wrote it; NULL if it has no literal. */
typedef struct DeparseValue
{
	bool		isnull;
	char	   *bare;
	char	   *cast;
	int64		count;			/* of a LIMIT or OFFSET */
} DeparseValue;

/*
 * The text with its parameters' values put in; palloc'd.  "missing" is the number
 * of one that has no literal but must be there, or -1.
 */
extern char *deparse_fill(const char *text, const DeparseValue *values, int *missing);

/* For people: $1, $2, ... instead; palloc'd. */
extern char *deparse_show(const char *text);

/* The same, with names for the columns; palloc'd. */
extern char *deparse_named(const char *text, const char **names);

#endif							/* RSFED_REDSHIFT_DEPARSE_H */
