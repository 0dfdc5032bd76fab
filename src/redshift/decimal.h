/*-------------------------------------------------------------------------
 *
 * decimal.h
 *		The precision and scale of decimal expressions in Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DECIMAL_H
#define RSFED_REDSHIFT_DECIMAL_H

#include "nodes/primnodes.h"

/*
 * The digits that a sum has in addition to those of its argument: enough for
 * ten thousand million rows.
 */
#define DECIMAL_SUM_DIGITS 10

/*
 * A function that knows the sizes of columns: it returns the typmod of
 * numeric, -1 if the size is not known.
 */
typedef struct DecimalColumns
{
	int32		(*typmod_of) (const Var *var, void *arg);
	void	   *arg;
} DecimalColumns;

/*
 * The size of a numeric expression as an operand.  False if it is not known,
 * if it has more than 38 digits, or if the values could have different scales.
 */
extern bool decimal_size(Node *node, const DecimalColumns *columns, int *precision, int *scale);

/*
 * The size that holds all results of a CASE with several scales; false for any
 * other expression.
 */
extern bool decimal_size_of_mixed(Node *node, const DecimalColumns *columns, int *precision, int *scale);

/*
 * The typmod of the column that selects an expression, where a sum has 38
 * digits; -1 if it is not known.
 */
extern int32 decimal_result_typmod(Node *node, const DecimalColumns *columns);

/*
 * Is the expression the aggregate sum?  As an operand it is cast to its size.
 */
extern bool decimal_is_sum(Node *node);

/* The digits of the decimal that an integer is cast to. */
extern int	decimal_digits_of_integer(Oid type);

/* A numeric: a digit times a power of ten, palloc'd. */
extern Datum decimal_power_of_ten(int digit, int exponent);

#endif							/* RSFED_REDSHIFT_DECIMAL_H */
