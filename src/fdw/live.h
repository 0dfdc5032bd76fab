/*-------------------------------------------------------------------------
 *
 * live.h
 *	  The parts of a query over live tables that can be one statement in
 *	  Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LIVE_H
#define RSFED_LIVE_H

#include "access/tupdesc.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "redshift/deparse.h"

/* A foreign table, as it is named and read in Redshift. */
typedef struct LiveTable
{
	Oid			relid;
	char	   *text;			/* "schema"."table" */
	int			natts;
	char	  **column;			/* quoted names; NULL for a dropped column */
	bool	   *blank_safe;
	bool	   *is_char;		/* declared as char: padded in Redshift */
	int			max_rows;		/* of a statement that reads it; 0 = no limit */
} LiveTable;

typedef enum LiveKind
{
	LIVE_BASE,
	LIVE_JOIN,
	LIVE_UPPER					/* grouped, distinct, sorted or limited */
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
	bool		repeats;		/* sent again for each set of values of an
								 * outer query */
	List	   *where;			/* shipped conditions */
	List	   *saving;			/* in a plan: shipped conditions that only
								 * reduce the number of rows */
	List	   *given;			/* in a plan: columns of other tables in
								 * "saving" (nested.h) */
	List	   *exists;			/* shipped semi-joins and anti-joins: LiveRel */
	List	   *here;			/* conditions that are evaluated locally */
	List	   *reasons;		/* why something is evaluated locally: char * */

	LiveTable  *table;			/* of LIVE_BASE */

	struct LiveRel *outer;		/* of LIVE_JOIN */
	struct LiveRel *inner;
	JoinType	jointype;		/* INNER, LEFT, FULL, SEMI or ANTI */
	List	   *on;

	struct LiveRel *input;		/* of LIVE_UPPER: a base or a join */
	List	   *tlist;			/* columns that the executor gets:
								 * fdw_scan_tlist */
	List	   *group;			/* SortGroupClause of tlist */
	bool		is_grouped;
	bool		needs_row;		/* there is no group without a row, although
								 * "group" is empty */
	bool		is_distinct;
	List	   *having;
	bool		is_sorted;
	List	   *sort;			/* SortGroupClause of sort_tlist; NIL if all rows are equal */
	List	   *sort_tlist;
	Node	   *limit;			/* known when the statement is sent; NULL =
								 * none */
	Node	   *offset;
} LiveRel;

/* live_table.c: reads the options of a table; palloc'd. */
extern LiveTable *live_table(Oid relid);

/* The lower of two limits on the rows of a statement; 0 = none. */
extern int	live_least_rows(int one, int other);

/* How a column of the scan's row is computed from columns of the result. */
typedef enum LiveRecipe
{
	LIVE_COLUMN,				/* unchanged */
	LIVE_AVERAGE,				/* the next two columns: sum divided by count */
	LIVE_SCALED,				/* the next two columns: sum and its scale */
	LIVE_VAR_SAMP,				/* this and the following: the next three
								 * columns: count, sum, sum of squares */
	LIVE_VAR_POP,
	LIVE_STDDEV_SAMP,
	LIVE_STDDEV_POP
} LiveRecipe;

/* A statement and how its result is read. */
typedef struct LiveText
{
	char	   *sql;			/* with marks for parameters */
	List	   *params;			/* Expr */
	List	   *recipes;		/* IntList of LiveRecipe, one for each column
								 * of the scan */
	List	   *checks;			/* IntLists: a table's oid and the columns that expressions read */
	int			limit;			/* number of its parameter, from 0; -1 = none */
	int			offset;
} LiveText;

/*
 * text.c: Does an expression have the same value for all rows?  It is evaluated
 * above, and is not one of the columns that the executor gets: an equal
 * expression among the parameters would be mistaken for that column.
 */
extern bool live_is_fixed(Node *expr);

/* The context for writing expressions over a relation of the planner. */
typedef struct LiveScope
{
	PlannerInfo *root;
	Relids		relids;			/* tables that may be read */
	List	   *used;			/* IntLists, as LiveText.checks */
} LiveScope;

/*
 * A condition for HAVING that makes Redshift return a group exactly when
 * PostgreSQL does; NULL if none is needed.  "needs_row": there is no group
 * without a row.  "is_one": all rows are one group, although no aggregate in
 * the statement says so.
 */
extern const char *live_group_condition(bool needs_row, bool is_one);

extern void live_scope(Deparse *deparse, LiveScope *scope, PlannerInfo *root, Relids relids);

/* Can an expression over these tables be shipped?  Adds the reason if not. */
extern bool live_ships(PlannerInfo *root, Relids relids, Node *node, List **reasons);

/*
 * Adds a reason that the scan of a relation shows, once.  It is copied into the
 * memory context of the relation.
 */
extern void live_add_reason(LiveRel *live, const char *reason);

/*
 * The same for a clause that is applied locally, whatever it contains: "why"
 * or, if that is NULL, the note of its row.
 */
extern void live_note_clause(LiveRel *live, const char *clause, const char *why);

/* The same for the reasons of a step above it, "live", that is executed locally. */
extern void live_pass_reasons(LiveRel *below, const LiveRel *live);

/*
 * Adds a column that an expression reads to LiveText.checks.  Its type must be
 * the declared one.
 */
extern List *live_note_use(List *used, Oid relid, AttrNumber attnum);

/* Appends the mark for a name after the column with this number, from 0. */
extern void live_name_mark(Deparse *deparse, int number);

/*
 * Appends the columns that the executor gets, which must be shippable, and
 * adds to *recipes how each of them is computed.
 */
extern void live_select(Deparse *deparse, List *tlist, List **recipes);

/* All tables of a relation, including those in EXISTS. */
extern Relids live_relids(const LiveRel *live);

/* The statement that reads these columns of a relation. */
extern void live_text(PlannerInfo *root, LiveRel *live, List *tlist, LiveText *text);

/* finish.c */

/* The recipe for an aggregate that was divided in this way. */
extern LiveRecipe live_recipe(DeparseFinish finish);

/* The number of result columns from which a column of the scan is computed. */
extern int	live_width(LiveRecipe recipe);

/* The number of result columns of all recipes (IntList of LiveRecipe). */
extern int	live_columns(List *recipes);

/* Redshift accepts no longer list of columns, as PostgreSQL. */
#define LIVE_MAX_COLUMNS MaxTupleAttributeNumber
#define LIVE_TOO_MANY_COLUMNS "the parts of its aggregates are more than 1664 columns"

/*
 * Adds the columns of the result for a recipe other than LIVE_COLUMN to a row
 * descriptor, after its first *count columns.
 */
extern void live_describe(LiveRecipe recipe, TupleDesc desc, int *count);

/*
 * Computes the value of a column of the scan, and whether it is NULL, from its
 * columns of the result; palloc'd.
 */
extern Datum live_finish(LiveRecipe recipe, const Datum *values, const bool *nulls, bool *isnull);

/* plan.c, join.c, upper.c: callbacks of the planner. */
extern void live_rel_size(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern void live_paths(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern ForeignScan *live_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path,
							  List *tlist, List *scan_clauses, Plan *outer_plan);
extern void live_join_paths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
							RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra);
extern void live_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
							 RelOptInfo *output_rel, void *extra);

/* Is it a server of this wrapper, or a scan of live tables? */
extern bool live_is_server(Oid server);
extern bool live_is_scan(const Plan *plan);

/* live_cost.c: costs in the planner's units. */
extern void live_cost(bool repeats, double rows_read, double rows_fetched, Cost *startup, Cost *total);
extern void live_undercut(RelOptInfo *rel, Cost *startup, Cost *total);

/* The members of a ForeignScan's fdw_private, in order: see live_private(). */
enum LivePrivate
{
	LIVE_SQL,					/* String */
	LIVE_RECIPES,				/* IntList */
	LIVE_ATTNUMS,				/* IntList of a base relation's columns;
								 * otherwise NIL */
	LIVE_CHECKS,				/* List of IntList */
	LIVE_REASONS,				/* List of String */
	LIVE_USER,					/* Integer: the role's oid, 0 for the current user */
	LIVE_MAX_ROWS,				/* Integer */
	LIVE_KEEPS,					/* Integer: 1 = it will be rescanned, perhaps
								 * with the same values */
	LIVE_COUNTS,				/* IntList: LiveText.limit and offset */
	LIVE_STRICT					/* IntList: parameters for which NULL means no rows */
};

/*
 * Makes that list for a scan that is not repeated and has no parameter for
 * LIMIT; "reasons" are char *.
 */
extern List *live_private(char *sql, List *recipes, List *attnums, List *checks, List *reasons, Oid userid,
						  int max_rows);

#endif							/* RSFED_LIVE_H */
