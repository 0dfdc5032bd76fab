/*-------------------------------------------------------------------------
 *
 * block.h
 *	  Whole queries over live tables, subqueries included, as one statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_BLOCK_H
#define RSFED_FDW_BLOCK_H

#include "nodes/params.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "redshift/deparse.h"

#include "fdw/live.h"

/* An output column of a subquery. */
typedef struct BlockColumn
{
	bool		is_given;		/* false = left out, since nothing reads it */
	bool		blank_safe;
	Oid			type;
	int32		typmod;			/* of a decimal in Redshift; -1 = not known */
	DeparseFinish finish;		/* an aggregate in several columns: c1, c1_2,
								 * and so on; it can only be selected */
	Oid			relid;			/* the table column that it returns unchanged */
	AttrNumber	attnum;			/* 0 = none */
} BlockColumn;

/* An item of FROM. */
typedef struct BlockSource
{
	char	   *alias;			/* NULL = not in FROM, or not written yet */
	LiveTable  *table;			/* NULL = a subquery with these columns */
	int			count;
	BlockColumn *column;		/* c1, c2, ... */
} BlockSource;

/* A SELECT that is being written, with the SELECTs around it. */
typedef struct BlockLevel
{
	struct BlockLevel *outer;
	Query	   *query;
	BlockSource *source;		/* by range table index, less 1 */
	List	   *ctes;			/* BlockSource of query->cteList; NULL for a
								 * query that is not read */
	bool		is_correlated;	/* reads columns of the level around it */
	bool		sees_outer;		/* may read them in the current condition */
	bool		may_differ;		/* may be correlated by <>, too */
	List	   *moved;			/* conditions of ON with subqueries, which
								 * are written in WHERE */
} BlockLevel;

/* The use of a subquery. */
typedef enum BlockUse
{
	BLOCK_FROM,
	BLOCK_SET,					/* one side of a set operation */
	BLOCK_IN,
	BLOCK_SCALAR,
	BLOCK_EXISTS
} BlockUse;

struct Block;

/* Writes a subquery: see block_subquery_text(). */
typedef char *(*BlockSubquery) (struct Block *block, Query *query, BlockUse use, Bitmapset *wanted, BlockSource *result);

typedef struct Block
{
	Deparse		deparse;		/* its argument is the block */
	BlockSubquery subquery_text;
	BlockLevel *level;
	int			aliases;		/* number of aliases used so far */
	Oid			server;			/* of all tables */
	Oid			userid;			/* role whose privileges are used; 0 = the
								 * current user */
	int			max_rows;		/* lowest limit of all tables; 0 = no limit */
	bool		is_noting;		/* columns that are read are added to "used" */
	List	   *used;			/* as LiveText.checks */
	SubLink    *correlated;		/* the scalar subquery that may be correlated */
	bool		is_below_or;	/* a condition below AND and OR is being written:
								 * its subqueries may not be correlated */
	bool		is_selecting;	/* an output column is being written: a
								 * scalar subquery may be correlated */
	bool		in_order;		/* the whole statement is sorted by its ORDER
								 * BY, even without LIMIT */
	List	   *saving;			/* conditions that only reduce the number of
								 * rows */
} Block;

/* The statement for a whole query. */
typedef struct BlockText
{
	char	   *sql;			/* with marks for parameters and names */
	List	   *tlist;			/* columns of the result: fdw_scan_tlist */
	List	   *recipes;
	bool		is_sorted;		/* rows are sorted by ORDER BY */
} BlockText;

/* A subquery that becomes one statement, in a query that is planned locally. */
typedef struct BlockPart
{
	Query	   *query;			/* prepared */
	Bitmapset  *wanted;			/* its columns that the query around it reads */
	bool		wants_all;
	bool		in_order;		/* the order of its rows may matter */
	List	   *saving;			/* conditions of the query around it that were added to it */
	Block		block;
	BlockText	text;
	double		rows;			/* as estimated by its ordinary plan */
} BlockPart;

/*
 * block_text.c: writes a query that block_prepare() has processed.  "part" is
 * NULL if it is not a part of another query.  Returns false, with the reason in
 * block->deparse, if the query cannot be shipped.
 */
extern bool block_text(Block *block, Query *query, const BlockPart *part, BlockText *text);

/*
 * Does a part return this column, numbered from 1?  With DISTINCT or set
 * operations, it returns all columns.
 */
extern bool block_part_gives(const BlockPart *part, int column);

/* The correlated subqueries (SubLink) that a part returns as columns. */
extern List *block_correlated(const BlockPart *part);

/* Clauses, as named in the table of redshift/ship.c. */
#define BLOCK_FROM_CLAUSE "subqueries in FROM, WITH"
#define BLOCK_IN_CLAUSE "EXISTS, IN (subquery)"
#define BLOCK_SCALAR_CLAUSE "scalar subqueries"
#define BLOCK_SET_CLAUSE "UNION, INTERSECT, EXCEPT"

/*
 * block_query.c: writes the parts of the query at block->level.  The functions
 * append to the text, and return false or NULL, with the reason set, if
 * something cannot be shipped.
 */

/* The DeparseColumnFor of a block. */
extern bool block_column_for(const Var *var, DeparseColumn *column, void *arg);

/*
 * The column of a subquery of the query at block->level that a Var refers to;
 * *name is its name.  NULL for a table's column and for other expressions.
 */
extern BlockColumn *block_column_of(Block *block, const Expr *expr, char **name);

/*
 * The text of a subquery, or NULL if it cannot be shipped; sets its columns.
 * "wanted" are the columns that are read, if they have names.
 */
extern char *block_subquery_text(Block *block, Query *query, BlockUse use, Bitmapset *wanted, BlockSource *result);

/* Appends WITH and its queries, with all of their columns. */
extern bool block_append_with(Block *block);

/* Returns the text of FROM and WHERE, without appending it. */
extern char *block_from_text(Block *block);

/* Can Redshift compare rows by the columns of SELECT DISTINCT? */
extern bool block_checks_distinct(Block *block, List *targets);

/*
 * Appends GROUP BY and HAVING.  "has_aggregate": an aggregate is selected, so
 * without GROUP BY all rows are one group.
 */
extern bool block_append_group(Block *block, bool has_aggregate);

/*
 * Appends ORDER BY and LIMIT.  Without a limit, ORDER BY is left out unless the
 * order of the rows may matter.
 */
extern bool block_append_limit(Block *block);

/*
 * Appends one side of a set operation, which is a query or another set
 * operation, and sets its columns.
 */
extern bool block_append_side(Block *block, Node *node, bool needs_parentheses, BlockSource *result);

/* block_condition.c */

/*
 * Sets the reason why a clause cannot be shipped: "why" or, if that is NULL,
 * the note of its row.  Returns false.
 */
extern bool block_stays(Block *block, const char *clause, const char *why);

/* Creates the columns of a subquery, without their properties. */
extern void block_make_columns(BlockSource *source, Query *query);

/*
 * Appends a condition that contains no subquery as a condition; one of
 * block->saving is omitted if a value has no literal.
 */
extern bool block_append_test(Block *block, Node *expr);

/*
 * Appends one condition of WHERE.  *has_equality is set to
 * true if the condition is an equality that correlates the query at
 * block->level with the one around it.
 */
extern bool block_append_condition(Block *block, Node *node, bool *has_equality);

/* The reason for a subquery that is correlated in another way. */
#define BLOCK_NOT_CORRELATED "a subquery is correlated with the query just around it by =, and beside that by = or, in EXISTS, <>"

/* The DeparseSubquery of a block. */
extern bool block_append_scalar(Deparse *deparse, SubLink *sublink);

/*
 * block_groups.c: if subqueries are compared with groups or selected beside
 * them, returns an equal query over a subquery that returns the groups.
 * Otherwise returns the query itself.
 */
extern Query *block_over_groups(Query *query);

/*
 * Translates columns of such a query, which are expressions over the groups,
 * back to expressions of the original query.
 */
extern List *block_inside_groups(Query *over, List *tlist);

/* block_check.c: functions without side effects. */

/* Can a query of this form be written?  If not, the reason is set. */
extern bool block_checks_form(Deparse *deparse, Query *query);

/* Does a query have subqueries in FROM, WITH, set operations or expressions? */
extern bool block_has_subqueries(Query *query);

/* Are the rows of a query groups, or do all of them form one group? */
extern bool block_is_grouped(const Query *query);

/* Does a query, or a subquery in its expressions, read a foreign table? */
extern bool block_reads_foreign(Query *query);

/*
 * Are all relations of a query foreign tables?  One of them, which must be of
 * this wrapper, is stored in *table.
 */
extern bool block_reads_live_only(Query *query, Oid *table);

/*
 * Could the planner merge a subquery with the query around it, and so read only
 * some of its rows?
 */
extern bool block_may_merge(const Query *query);

/* Is it a constant that Redshift accepts for LIMIT and OFFSET? */
extern bool block_limit_value(Node *node, int64 *value);

/*
 * Does a condition correlate a subquery in a form that Redshift can convert to
 * a join?  It must compare a column or expression of the subquery with one of
 * the level around it, by = or (if "may_differ") <>.
 */
extern bool block_correlates(Node *condition, bool may_differ, bool *is_equality);

/*
 * Is an aggregate expression NULL without rows, both if the subquery runs for
 * each row and if it is converted to a join?
 */
extern bool block_is_strict_aggregate(Node *expr);

/* Does an expression contain aggregates other than min and max? */
extern bool block_has_sums(Node *expr);

/*
 * Does a query, or a subquery in it, have a condition that reads no column?
 * Such a condition may prevent the evaluation of the other conditions and of
 * the select list.
 */
extern bool block_is_guarded(Query *query);

/*
 * The columns of a range table entry that its query and the subqueries in it
 * read; *is_whole tells whether whole rows are read.
 */
extern Bitmapset *block_wanted(Query *query, int rtindex, bool *is_whole);

/*
 * block_scans.c: finds a scan of a table in a plan; InvalidOid means any live
 * table.  Returns NULL if there is none.
 */
extern ForeignScan *block_find_scan(const PlannedStmt *stmt, Oid table);

/*
 * Is a plan one scan of live tables, or none, even without shipping the query
 * as a whole?  Sorting is ignored.
 */
extern bool block_is_needless(const PlannedStmt *stmt);

/* block_prepare.c: resolves join aliases and folds constants, in place. */
extern void block_prepare(Query *query, ParamListInfo params);

/* Does the same for a copy of one expression of a query. */
extern Node *block_prepare_expr(Query *query, Node *expr, ParamListInfo params);

/*
 * block_push.c: the conditions of a query on the columns of its subquery at
 * "rtindex" that apply before an outer join null-extends its rows.
 */
extern List *block_conditions(Query *query, int rtindex, ParamListInfo params);

/*
 * Adds such a condition to the subquery, in place, and the added condition to
 * *saving.  Returns false if there is no place for it.
 */
extern bool block_push(Query *subquery, int rtindex, Node *condition, List **saving);

/*
 * block_part.c: replaces each subquery that becomes one statement with a
 * stand-in, for which block_path.c makes a scan.  Changes the query.
 */
typedef struct BlockParts
{
	ParamListInfo params;
	const char *query_string;
	List	   *made;			/* BlockPart */
	List	   *items;			/* PlanInvalItem of them */
	bool		depends_on_role;
	bool		may_merge;		/* the planner could merge one of them with
								 * the query around it */
	List	   *refused;		/* char *: why a subquery is not shipped */
	List	   *refused_tables; /* oids: one table of each of these
								 * subqueries */
} BlockParts;

extern void block_find_parts(BlockParts *parts, Query *query);

/*
 * block_path.c: sets the parts of the query that is being planned, where NULL
 * means none.  Returns the previous ones.
 */
extern const BlockParts *block_set_parts(const BlockParts *parts);

extern void block_path_init(void);

/*
 * block_plan.c: the plan of a query that became one statement, which replaces
 * another plan.
 */
extern Plan *block_plan(Block *block, Query *query, BlockText *text, const Plan *instead_of);

/*
 * block.c: installs the hooks that ship whole queries; called when the library
 * is loaded.
 */
extern void block_hook_init(void);

#endif							/* RSFED_FDW_BLOCK_H */
