/*-------------------------------------------------------------------------
 *
 * deparse_check.h
 *		Conditions for expressions in addition to their known types.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_CHECK_H
#define RSFED_REDSHIFT_DEPARSE_CHECK_H

#include "redshift/deparse.h"
#include "redshift/ship.h"

/* The reason why what is made of several columns cannot be computed with. */
#define DEPARSE_DIVIDED "what is compared with it is divided here"

/*
 * Sets the reason: the item that is computed locally, and why (a sentence of
 * the table, or the end of a sentence).  Returns false.
 */
extern bool deparse_refuse(Deparse *deparse, const char *item, const char *why);

/* Is the text longer than an expression may be?  If so, sets the reason. */
extern bool deparse_is_too_long(Deparse *deparse);

/* Can the value be computed before the statement is sent? */
extern bool deparse_is_parameter(Node *node);

/*
 * Does the expression contain an operation that often fails for some values,
 * such as a division?  A walker for expression_tree_walker().
 */
extern bool deparse_may_fail(Node *node, void *context);

/* Are all values of an expression texts without trailing blanks? */
extern bool deparse_is_blank_safe(Deparse *deparse, Node *node);

/* Is the type json or jsonb?  Such a column can only be selected. */
extern bool deparse_is_json(Node *node);

/*
 * The column that an expression consists of, apart from changes of its
 * collation and text type; NULL if it is not a column.
 */
extern Var *deparse_column(Node *node);

/*
 * Does the end of a pattern, which deparse_check_text() has accepted, match
 * the padding that a char may have in Redshift?  It does if it matches any
 * text after a character that is not a blank.
 */
extern bool deparse_takes_padding(Node *pattern);

/*
 * The field of a date or time of class "of" that a constant names, if both
 * servers treat it alike; NULL otherwise.  "checks" are those of the rule.
 */
extern const char *deparse_field(Node *node, int checks, ShipClass of);

/*
 * Do the arguments, which are compared in that collation, satisfy the text
 * checks of a rule?  If not, sets the reason.
 */
extern bool deparse_check_text(Deparse *deparse, const ShipRule *rule, const char *item, Oid collation, List *args);

/* Can Redshift group rows by the expression (GROUP BY, DISTINCT)? */
extern bool deparse_groups(Deparse *deparse, Node *node);

/* Can Redshift sort rows by the expression? */
extern bool deparse_sorts(Deparse *deparse, Node *node);

#endif							/* RSFED_REDSHIFT_DEPARSE_CHECK_H */
