/*-------------------------------------------------------------------------
 *
 * deparse_value.h
 *		Writes constants, parameters and columns in the SQL of Redshift, and
 *		determines their sizes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_VALUE_H
#define RSFED_REDSHIFT_DEPARSE_VALUE_H

#include "redshift/deparse.h"

/*
 * These append one node, "bare" for the constant side of a text comparison;
 * false, with the reason set, if it has no literal or is not a column of the
 * query block.
 */
extern bool deparse_param(Deparse *deparse, Node *node, bool bare);
extern bool deparse_const(Deparse *deparse, Const *constant, bool bare);
extern bool deparse_var(Deparse *deparse, Var *var);

/*
 * Appends the values of a constant array, separated by commas; false as above,
 * with a reason about "item".
 */
extern bool deparse_list(Deparse *deparse, Const *array, const char *item);

/*
 * The typmod of a column; -1 if it is not a column of the block or has no
 * typmod.  "arg" is the Deparse.
 */
extern int32 deparse_column_typmod(const Var *var, void *arg);

/* The size of a decimal expression as an operand; false if it is not known. */
extern bool deparse_size(Deparse *deparse, Node *node, int *precision, int *scale);

/*
 * An expression for the scale of a value, NULL for a value that is NULL;
 * returns NULL if the scale is not known.
 */
extern Node *deparse_scale(Deparse *deparse, Node *value);

#endif							/* RSFED_REDSHIFT_DEPARSE_VALUE_H */
