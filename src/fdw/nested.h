/*-------------------------------------------------------------------------
 *
 * nested.h
 *	  Scans that are repeated: with values of a nested loop's outer side, or of
 *	  the query around a subquery.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_NESTED_H
#define RSFED_FDW_NESTED_H

#include "nodes/pathnodes.h"

/* Holds an expression a value of a query around this one?  While paths are made. */
extern bool nested_is_correlated(PlannerInfo *root, Node *node);

/* The same while plans are made; expressions or lists of them. */
extern bool nested_varies(PlannerInfo *root, Node *node);

/* Is a table, cut down by these RestrictInfo, known to be small enough to be read once and kept? */
extern bool nested_keeps(PlannerInfo *root, RelOptInfo *baserel, List *conditions);

/*
 * A copy of an expression in which parameters stand for the columns of tables that
 * are not among "own": their values are known when the statement is sent.  Adds the
 * columns to *given.
 */
extern Node *nested_as_parameters(Node *node, Relids own, List **given);

/* The columns in the place of these parameters again; of lists, too. */
extern Node *nested_as_columns(Node *node, List *given);

/* May a join clause be sent with the values of its other side? */
extern bool nested_ships(PlannerInfo *root, RelOptInfo *baserel, RestrictInfo *info);

/* Adds the paths of a table as the inner side of nested loops. */
extern void nested_paths(PlannerInfo *root, RelOptInfo *baserel);

#endif							/* RSFED_FDW_NESTED_H */
