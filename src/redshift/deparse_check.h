/*-------------------------------------------------------------------------
 *
 * deparse_check.h
 *		What must hold of expressions beside that their types are known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_DEPARSE_CHECK_H
#define RSFED_REDSHIFT_DEPARSE_CHECK_H

#include "redshift/deparse.h"
#include "redshift/ship.h"

/* Says what stays, and why (a sentence of the table, or the end of one); false. */
extern bool deparse_refuse(Deparse *deparse, const char *item, const char *why);

/* Has the text become longer than an expression may be?  Then the reason is set. */
extern bool deparse_is_too_long(Deparse *deparse);

/* Can its value be had before the statement is sent? */
extern bool deparse_is_parameter(Node *node);

/* Has it what often fails for some values, as a division does?  An expression_tree_walker. */
extern bool deparse_may_fail(Node *node, void *context);

/* Holds an expression nothing but texts without blanks at their end? */
extern bool deparse_is_blank_safe(Deparse *deparse, Node *node);

/* Is it of json or jsonb?  Such a column can only be selected. */
extern bool deparse_is_json(Node *node);

/* The column that an expression is, but for its collation and kind of text; NULL if it is none. */
extern Var *deparse_column(Node *node);

/*
 * Takes the end of a pattern, which deparse_check_text() has seen, the padding that
 * a char may have there: any text after a character that is no blank?
 */
extern bool deparse_takes_padding(Node *pattern);

/*
 * The constant name of a field of a date or time, which is of class "of", that both
 * sides know alike; NULL if it is none.  "checks" are those of the rule.
 */
extern const char *deparse_field(Node *node, int checks, ShipClass of);

/* Does a rule hold for texts that are compared in that collation?  Else the reason is set. */
extern bool deparse_check_text(Deparse *deparse, const ShipRule *rule, const char *item, Oid collation, List *args);

/* May rows be told apart by that expression there (GROUP BY, DISTINCT)? */
extern bool deparse_groups(Deparse *deparse, Node *node);

/* May rows be sorted by it there? */
extern bool deparse_sorts(Deparse *deparse, Node *node);

#endif							/* RSFED_REDSHIFT_DEPARSE_CHECK_H */
