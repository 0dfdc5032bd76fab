/*-------------------------------------------------------------------------
 *
 * query.h
 *		The outline of a query for Redshift, and the key of its result.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_QUERY_H
#define RSFED_REDSHIFT_QUERY_H

#include "nodes/pg_list.h"

#include "redshift/lex.h"

/* One item of the select list. */
typedef struct RedshiftSelectItem
{
	int			first_token;	/* the expression, without its alias */
	int			end_token;		/* the token after the expression */
	int			last_token;		/* the token after the item */
	int			location;		/* byte offset of the item in the query */
	const char *text;			/* source of the expression */
	const char *name;			/* alias or plain column name, folded; NULL
								 * if Redshift chooses one */
	bool		has_alias;
	bool		is_star;		/* "*" or "t.*": an unknown number of columns */
} RedshiftSelectItem;

/* One expression of the GROUP BY list. */
typedef struct RedshiftGroupItem
{
	int			first_token;
	int			end_token;
	const char *text;
} RedshiftGroupItem;

/* The outermost SELECT of a query; the first one of a set operation. */
typedef struct RedshiftSelect
{
	RedshiftTokens *tokens;		/* of the whole query */
	List	   *items;			/* of RedshiftSelectItem */
	List	   *group_items;	/* of RedshiftGroupItem; (a, b) is two of them */
	int			limit_token;	/* LIMIT or TOP; -1 = none */
	bool		has_with;
	bool		has_setop;		/* UNION, INTERSECT, EXCEPT, MINUS */
	bool		has_group_by;
	bool		has_group_by_all;
	bool		has_grouping_sets;	/* GROUPING SETS, ROLLUP, CUBE */
	bool		has_star;
	bool		has_exclude;	/* EXCLUDE: some items are not columns of the result */
	bool		has_distinct;
	bool		has_distinct_on;
	bool		has_having;
	bool		has_order_by;
	bool		has_limit;		/* LIMIT or TOP */
	bool		has_from;
} RedshiftSelect;

/* query.c */
extern void redshift_check_query(const char *query);
extern RedshiftSelect *redshift_parse_select(const char *query);

/* key.c */
extern List *redshift_infer_key(const RedshiftSelect *select, const char *const *column_names,
								int ncolumns, const char **why_not);

#endif							/* RSFED_REDSHIFT_QUERY_H */
