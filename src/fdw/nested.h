/*-------------------------------------------------------------------------
 *
 * nested.h
 *	  Scans that are repeated with values of a nested loop's outer side, or of
 *	  the query around a subquery.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_NESTED_H
#define RSFED_FDW_NESTED_H

#include "nodes/pathnodes.h"

/*
 * Does an expression contain a value of an outer query?  For use while paths
 * are made.
 */
extern bool nested_is_correlated(PlannerInfo *root, Node *node);

/* The same for use while plans are made; also for lists of expressions. */
extern bool nested_varies(PlannerInfo *root, Node *node);

/*
 * Is a table, reduced by these RestrictInfo, known to be small enough to be
 * read once and kept?
 */
extern bool nested_keeps(PlannerInfo *root, RelOptInfo *baserel, List *conditions);

/*
 * A copy of an expression in which parameters replace the columns of tables
 * that are not in "own".  Their values are known when the statement is sent.
 * Adds these columns to *given.
 */
extern Node *nested_as_parameters(Node *node, Relids own, List **given);

/* Replaces these parameters with the columns again; also in lists. */
extern Node *nested_as_columns(Node *node, List *given);

/* Can a join clause be sent with the values of its other side? */
extern bool nested_ships(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *info);

/* Adds the paths of a table as the inner side of nested loops. */
extern void nested_paths(PlannerInfo *root, RelOptInfo *baserel);

#endif							/* RSFED_FDW_NESTED_H */
