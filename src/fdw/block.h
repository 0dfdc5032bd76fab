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

/* A column that a subquery gives. */
typedef struct BlockColumn
{
	bool		is_given;		/* the others are left out, as nobody reads them */
	bool		blank_safe;
	Oid			type;
	int32		typmod;			/* of a decimal there; -1 = not known */
	Oid			relid;			/* the column of a table that it is, unchanged */
	AttrNumber	attnum;			/* 0 = none */
} BlockColumn;

/* What stands in FROM under one name. */
typedef struct BlockSource
{
	char	   *alias;			/* NULL = not in FROM, or not yet */
	LiveTable  *table;			/* a table, or else a subquery with columns */
	int			count;
	BlockColumn *column;		/* c1, c2, ... */
} BlockSource;

/* A SELECT and those around it, while it is written. */
typedef struct BlockLevel
{
	struct BlockLevel *outer;
	Query	   *query;
	BlockSource *source;		/* by range table index, less 1 */
	List	   *ctes;			/* BlockSource of query->cteList, NULL for one that is not read */
	bool		is_correlated;	/* reads columns of the level around it */
	bool		sees_outer;		/* and may now */
	bool		may_differ;		/* also by <> */
	List	   *moved;			/* conditions with subqueries of ON, which go to WHERE */
} BlockLevel;

typedef struct Block
{
	Deparse		deparse;		/* its argument is the block */
	BlockLevel *level;
	int			aliases;		/* numbers that were used */
	Oid			server;			/* of all tables */
	Oid			userid;			/* whose rights they are read with; 0 = the current user's */
	bool		is_noting;		/* columns that are read are computed with */
	List	   *used;			/* as LiveText.checks */
	SubLink    *correlated;		/* the scalar subquery that may be correlated */
	bool		is_selecting;	/* what is written is a column by itself: a scalar subquery may be correlated */
	bool		in_order;		/* the rows of the whole come as its ORDER BY says, without LIMIT, too */
	List	   *saving;			/* conditions that only save rows */
} Block;

/* What a whole query becomes. */
typedef struct BlockText
{
	char	   *sql;			/* with marks for parameters and names */
	List	   *tlist;			/* what comes: fdw_scan_tlist */
	List	   *recipes;
	bool		is_sorted;		/* rows come as ORDER BY says */
} BlockText;

/* A subquery of a query that is planned, which becomes one statement by itself. */
typedef struct BlockPart
{
	Query	   *query;			/* prepared */
	Bitmapset  *wanted;			/* its columns that the query around it reads */
	bool		wants_all;
	bool		in_order;		/* the order of its rows may matter */
	List	   *saving;			/* conditions of the query around it that were added to it */
	Block		block;
	BlockText	text;
	double		rows;			/* as its ordinary plan has them */
} BlockPart;

/*
 * block_text.c: writes a query that block_prepare() has seen, a part of another one
 * or (NULL) not.  False, with the reason in block->deparse, if it stays.
 */
extern bool block_text(Block *block, Query *query, const BlockPart *part, BlockText *text);

/* Is a column, from 1, among what a part gives?  Where rows are told apart all are. */
extern bool block_part_gives(const BlockPart *part, int column);

/* The correlated subqueries (SubLink) among what comes of a part. */
extern List *block_correlated(const BlockPart *part);

/* Rows of the table of what is shipped. */
#define BLOCK_FROM_CLAUSE "subqueries in FROM, WITH"
#define BLOCK_IN_CLAUSE "EXISTS, IN (subquery)"
#define BLOCK_SCALAR_CLAUSE "scalar subqueries"
#define BLOCK_SET_CLAUSE "UNION, INTERSECT, EXCEPT"

/*
 * block_query.c: parts of the query at block->level.  They append to the text, and
 * are false or NULL, with the reason set, if something stays.
 */

/* Stays because of a clause, for that reason or, if it is NULL, the note of its row: false. */
extern bool block_stays(Block *block, const char *clause, const char *why);

/* The DeparseColumnFor and DeparseSubquery of a block. */
extern bool block_column_for(const Var *var, DeparseColumn *column, void *arg);
extern bool block_append_scalar(Deparse *deparse, SubLink *sublink);

/* WITH and its queries; all their columns are written. */
extern bool block_append_with(Block *block);

/* The text of FROM and WHERE, which is not appended. */
extern char *block_from_text(Block *block);

/* May rows be told apart by the columns of SELECT DISTINCT? */
extern bool block_checks_distinct(Block *block, List *targets);

/* GROUP BY and HAVING; "has_aggregate": one is selected, so that all rows are a group. */
extern bool block_append_group(Block *block, bool has_aggregate);

/* ORDER BY and LIMIT; without a limit, the order is nobody's there. */
extern bool block_append_limit(Block *block);

/* One side of a set operation, a query or another set operation, and its columns. */
extern bool block_append_side(Block *block, Node *node, bool needs_parentheses, BlockSource *result);

/* block_check.c: pure. */

/* Has a query a form that is written?  Else the reason is set. */
extern bool block_checks_form(Deparse *deparse, Query *query);

/* Has a query subqueries, in FROM, WITH, set operations or expressions? */
extern bool block_has_subqueries(Query *query);

/* Are its rows groups, or all of them one? */
extern bool block_is_grouped(const Query *query);

/* Is a foreign table among the relations of a query, those of its expressions too? */
extern bool block_reads_foreign(Query *query);

/* Are all relations of a query foreign tables, one of which is *table, of this wrapper? */
extern bool block_reads_live_only(Query *query, Oid *table);

/* Is it a constant that Redshift takes for LIMIT and OFFSET? */
extern bool block_limit_value(Node *node, int64 *value);

/* Has an expression one value for all rows? */
extern bool block_is_fixed(Node *expr);

/*
 * Does a condition correlate as Redshift can make a join of it: a column or
 * expression of its own, = or (where "may_differ") <>, one of the level around?
 */
extern bool block_correlates(Node *condition, bool may_differ, bool *is_equality);

/* Is it NULL without rows, whether they are looked for one by one or joined? */
extern bool block_is_strict_aggregate(Node *expr);

/* Has an expression aggregates other than min and max? */
extern bool block_has_sums(Node *expr);

/*
 * Has a query, or a subquery in it, a condition that reads no column?  It may keep
 * the others, and all that is selected, from being computed.
 */
extern bool block_is_guarded(Query *query);

/*
 * The columns of a range table entry that its query and the subqueries there read;
 * "is_whole" says that whole rows are read.
 */
extern Bitmapset *block_wanted(Query *query, int rtindex, bool *is_whole);

/* block_scans.c: a scan of that table (or InvalidOid: any live table) in a plan, or NULL. */
extern ForeignScan *block_find_scan(const PlannedStmt *stmt, Oid table);

/* Is a plan one scan of live tables, or none, without this?  Sorting does not count. */
extern bool block_is_needless(const PlannedStmt *stmt);

/* block_prepare.c: in place, with join aliases resolved and constants folded. */
extern void block_prepare(Query *query, ParamListInfo params);

/* The same for a copy of one expression of a query. */
extern Node *block_prepare_expr(Query *query, Node *expr, ParamListInfo params);

/*
 * block_push.c: conditions of a query on the columns of its subquery at "rtindex",
 * whose rows no outer join completes with NULLs.
 */
extern List *block_conditions(Query *query, int rtindex, ParamListInfo params);

/*
 * Adds such a condition to the subquery, in place; adds to *saving what was added
 * to WHERE.  False if its place is not there.
 */
extern bool block_push(Query *subquery, int rtindex, Node *condition, List **saving);

/*
 * block_part.c: puts in the place of subqueries that become one statement each what
 * block_path.c makes a scan of.  The query is changed.
 */
typedef struct BlockParts
{
	ParamListInfo params;
	const char *query_string;
	List	   *made;			/* BlockPart */
	List	   *items;			/* PlanInvalItem of them */
	bool		depends_on_role;
	List	   *refused;		/* char *, why a subquery stays */
	List	   *refused_tables; /* oids: a table of each of these */
} BlockParts;

extern void block_find_parts(BlockParts *parts, Query *query);

/* block_path.c: the parts of the query that is being planned, NULL = none; the ones before. */
extern const BlockParts *block_set_parts(const BlockParts *parts);

extern void block_path_init(void);

/* block_plan.c: the plan of a query that became one statement, in place of another. */
extern Plan *block_plan(Block *block, Query *query, BlockText *text, const Plan *instead_of);

/* block.c: lets queries be shipped whole; called when the library is loaded. */
extern void block_hook_init(void);

#endif							/* RSFED_FDW_BLOCK_H */
