/*-------------------------------------------------------------------------
 *
 * live.h
 *	  What of a query over live tables can be one statement in Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LIVE_H
#define RSFED_LIVE_H

#include "access/tupdesc.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "redshift/deparse.h"

/* A foreign table as Redshift knows it. */
typedef struct LiveTable
{
	Oid			relid;
	char	   *text;			/* "schema"."table" */
	int			natts;
	char	  **column;			/* quoted names; NULL for a dropped one */
	bool	   *blank_safe;
	bool	   *is_char;		/* declared so: padded in Redshift */
	int			max_rows;		/* 0 = any */
} LiveTable;

typedef enum LiveKind
{
	LIVE_BASE,
	LIVE_JOIN,
	LIVE_UPPER					/* grouped, distinct, sorted, cut */
} LiveKind;

/*
 * The fdw_private of a RelOptInfo.  Conditions are expressions without their
 * RestrictInfo.
 */
typedef struct LiveRel
{
	LiveKind	kind;
	PlannerInfo *root;
	RelOptInfo *rel;
	bool		is_whole;		/* a relation above may be shipped with it */
	bool		repeats;		/* with values of a query around it: a statement each time */
	List	   *where;			/* conditions there */
	List	   *saving;			/* of a plan: conditions there that only save rows */
	List	   *given;			/* of it: the columns of other tables in them (nested.h) */
	List	   *exists;			/* and LiveRel of semi-joins and anti-joins */
	List	   *here;			/* conditions that are applied here to its rows */
	List	   *reasons;		/* why something stays here: char * */

	LiveTable  *table;			/* of LIVE_BASE */

	struct LiveRel *outer;		/* of LIVE_JOIN */
	struct LiveRel *inner;
	JoinType	jointype;		/* INNER, LEFT or FULL; SEMI and ANTI */
	List	   *on;

	struct LiveRel *input;		/* of LIVE_UPPER: a base or a join */
	List	   *tlist;			/* what the executor gets: fdw_scan_tlist */
	List	   *group;			/* SortGroupClause of tlist */
	bool		is_grouped;
	bool		needs_row;		/* no group without a row, though "group" is empty */
	bool		is_distinct;
	List	   *having;
	bool		is_sorted;
	List	   *sort;			/* SortGroupClause of sort_tlist; NIL if all rows are equal */
	List	   *sort_tlist;
	Node	   *limit;			/* a number when the statement is sent; NULL = none */
	Node	   *offset;
} LiveRel;

/* live_table.c: reads the options of a table; palloc'd. */
extern LiveTable *live_table(Oid relid);

/* The column's name in Redshift as it is, palloc'd. */
extern char *live_column_name(Oid relid, AttrNumber attnum, const char *local_name);

/* How one column of the scan's row comes from those of the result. */
typedef enum LiveRecipe
{
	LIVE_COLUMN,				/* as it is */
	LIVE_AVERAGE,				/* the next two columns, sum and count, divided */
	LIVE_SCALED,				/* the next two columns, sum and the scale that it has */
	LIVE_VAR_SAMP,				/* this and the following of the next three: count, sum, sum of squares */
	LIVE_VAR_POP,
	LIVE_STDDEV_SAMP,
	LIVE_STDDEV_POP
} LiveRecipe;

/* A statement and how its result is read. */
typedef struct LiveText
{
	char	   *sql;			/* with marks for parameters */
	List	   *params;			/* Expr */
	List	   *recipes;		/* IntList of LiveRecipe, one a column of the scan */
	List	   *checks;			/* IntLists: a table's oid and the columns that expressions read */
	int			limit;			/* which parameter it is, from 0; -1 = none */
	int			offset;
} LiveText;

/* text.c */

/* The context in which expressions over a relation of the planner are written. */
typedef struct LiveScope
{
	PlannerInfo *root;
	Relids		relids;			/* tables that may be read */
	List	   *used;			/* IntLists, as LiveText.checks */
} LiveScope;

/*
 * A condition for HAVING, so that Redshift has a group where PostgreSQL has one:
 * "needs_row" where none is without a row, "is_one" where all rows are one, which
 * no aggregate that is written says; NULL if there is nothing to add.
 */
extern const char *live_group_condition(bool needs_row, bool is_one);

extern void live_scope(Deparse *deparse, LiveScope *scope, PlannerInfo *root, Relids relids);

/* May an expression be shipped over these tables?  Adds the reason if not. */
extern bool live_ships(PlannerInfo *root, Relids relids, Node *node, List **reasons);

/* Adds a column that an expression reads, whose type must be the declared one, to LiveText.checks. */
extern List *live_note_use(List *used, Oid relid, AttrNumber attnum);

/* Appends a mark of that kind: see DEPARSE_MARK. */
extern void live_mark(Deparse *deparse, int number, char kind);

/* Appends the place of a name behind the column of that number, from 0. */
extern void live_name_mark(Deparse *deparse, int number);

/*
 * Appends the columns that the executor gets, which were found to be shippable, and
 * adds how each is made to *recipes.
 */
extern void live_select(Deparse *deparse, List *tlist, List **recipes);

/* All tables of a relation, those in EXISTS too. */
extern Relids live_relids(const LiveRel *live);

/* The statement that reads these columns of a relation. */
extern void live_text(PlannerInfo *root, LiveRel *live, List *tlist, LiveText *text);

/* finish.c */

/* How many columns of the result a column of the scan comes from. */
extern int	live_width(LiveRecipe recipe);

/* Adds those columns of a recipe other than LIVE_COLUMN to a row, behind the *count that it has. */
extern void live_describe(LiveRecipe recipe, TupleDesc desc, int *count);

/*
 * The value of a column of the scan, and whether it is NULL, from its columns of the
 * result; palloc'd.
 */
extern Datum live_finish(LiveRecipe recipe, const Datum *values, const bool *nulls, bool *isnull);

/* plan.c, join.c, upper.c: what the planner calls. */
extern void live_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern void live_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern ForeignScan *live_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
							  List *tlist, List *scan_clauses, Plan *outer_plan);
extern void live_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
							RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra);
extern void live_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
							 RelOptInfo *output_rel, void *extra);

/* Is it a server of this wrapper, a scan of live tables? */
extern bool live_is_server(Oid server);
extern bool live_is_scan(const Plan *plan);

/* live_cost.c: in the planner's units. */
extern void live_cost(bool repeats, double rows_read, double rows_fetched, Cost *startup, Cost *total);
extern void live_undercut(RelOptInfo *rel, Cost *startup, Cost *total);

/* What a ForeignScan's fdw_private holds, in this order: see live_private(). */
enum LivePrivate
{
	LIVE_SQL,					/* String */
	LIVE_RECIPES,				/* IntList */
	LIVE_ATTNUMS,				/* IntList of a base relation's columns; NIL else */
	LIVE_CHECKS,				/* List of IntList */
	LIVE_REASONS,				/* List of String */
	LIVE_USER,					/* Integer: the role's oid, 0 for the current user */
	LIVE_MAX_ROWS,				/* Integer */
	LIVE_KEEPS,					/* Integer: 1 = it will be asked again, maybe with the same values */
	LIVE_COUNTS,				/* IntList: LiveText.limit and offset */
	LIVE_STRICT					/* IntList: parameters for which NULL means no rows */
};

/*
 * Puts that together, of a scan that is not repeated and has no LIMIT by parameter;
 * "reasons" are char *.
 */
extern List *live_private(char *sql, List *recipes, List *attnums, List *checks, List *reasons, Oid userid,
						  int max_rows);

#endif							/* RSFED_LIVE_H */
