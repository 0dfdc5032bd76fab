/*-------------------------------------------------------------------------
 *
 * decimal.h
 *		How many digits a decimal expression has in Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DECIMAL_H
#define RSFED_REDSHIFT_DECIMAL_H

#include "nodes/nodes.h"

/*
 * Is it known from declared sizes that Redshift has all digits of an expression
 * of type numeric, and as many after the point as PostgreSQL has?
 */
extern bool decimal_fits(Node *node);

/* The same, with its digits and those after the point. */
extern bool decimal_size(Node *node, int *precision, int *scale);

#endif							/* RSFED_REDSHIFT_DECIMAL_H */
