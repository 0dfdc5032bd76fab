/*-------------------------------------------------------------------------
 *
 * deparse_value.h
 *		Constants, parameters and columns as text of Redshift, and their sizes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_VALUE_H
#define RSFED_REDSHIFT_DEPARSE_VALUE_H

#include "redshift/deparse.h"

/*
 * These append one, "bare" for the constant side of a comparison of texts; false, with
 * the reason set, for what has no literal or is no column of the block.
 */
extern bool deparse_param(Deparse *deparse, Node *node, bool bare);
extern bool deparse_const(Deparse *deparse, Const *constant, bool bare);
extern bool deparse_var(Deparse *deparse, Var *var);

/* Appends the values of a constant array with commas between; false as above, about "item". */
extern bool deparse_list(Deparse *deparse, Const *array, const char *item);

/* The typmod of a column; -1 for what is no column or has none.  "arg" is the Deparse. */
extern int32 deparse_column_typmod(const Var *var, void *arg);

/* The size of a decimal expression, as an operand; false if it is not known. */
extern bool deparse_size(Deparse *deparse, Node *node, int *precision, int *scale);

/* The scale of a value, or NULL for one that is NULL, as an expression; NULL if it is not known. */
extern Node *deparse_scale(Deparse *deparse, Node *value);

#endif							/* RSFED_REDSHIFT_DEPARSE_VALUE_H */
