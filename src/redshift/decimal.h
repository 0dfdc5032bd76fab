/*-------------------------------------------------------------------------
 *
 * decimal.h
 *		How many digits a decimal expression has in Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DECIMAL_H
#define RSFED_REDSHIFT_DECIMAL_H

#include "nodes/primnodes.h"

/* What a sum may have more than what is added: of ten thousand million rows. */
#define DECIMAL_SUM_DIGITS 10

/* Where the sizes of columns are known: as numeric's typmod, -1 if not. */
typedef struct DecimalColumns
{
	int32		(*typmod_of) (const Var *var, void *arg);
	void	   *arg;
} DecimalColumns;

/*
 * The size of an expression of type numeric as an operand.  False if it is not
 * known, if it is beyond 38 digits, or if its values could differ in their scale.
 */
extern bool decimal_size(Node *node, const DecimalColumns *columns, int *precision, int *scale);

/* The size that holds all results of a CASE of several scales; false for what is none. */
extern bool decimal_size_of_mixed(Node *node, const DecimalColumns *columns, int *precision, int *scale);

/* The size of a column that an expression is selected as: a sum is of 38 digits; -1 if not known. */
extern int32 decimal_result_typmod(Node *node, const DecimalColumns *columns);

/* Is it the aggregate sum?  As an operand it is cast to its size. */
extern bool decimal_is_sum(Node *node);

/* Digits of the decimal that an integer is cast to. */
extern int	decimal_digits_of_integer(Oid type);

#endif							/* RSFED_REDSHIFT_DECIMAL_H */
