/*-------------------------------------------------------------------------
 *
 * recipe.h
 *	  What a view reads from a warehouse, by dblink or by foreign tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_RECIPE_H
#define RSFED_RECIPE_H

#include "nodes/pg_list.h"

/* A column of the list after AS. */
typedef struct RecipeColumn
{
	char	   *name;
	Oid			type;
	int32		typmod;
	Oid			collation;
} RecipeColumn;

/* A call of dblink in FROM. */
typedef struct RecipeCall
{
	Oid			holder;			/* the view whose query it stands in */
	char	   *connection;		/* string, or name of a server; NULL if there is
								 * none, or it is not constant */
	char	   *query;			/* NULL if it is not constant: then */
	char	   *expression;		/* what it is put together from */
	List	   *columns;		/* of RecipeColumn * */
	char	   *text;			/* as pg_get_viewdef() writes it, with alias and
								 * columns; NULL where that cannot be told */
	char	   *alias;
	char	   *target;			/* for recipe_definition(): what stands there
								 * instead, quoted; set by the caller */
} RecipeCall;

/* Where a column of a view comes from. */
typedef struct RecipeOrigin
{
	int			position;		/* from 0 on, in the columns of the call */
	bool		is_cast;
} RecipeOrigin;

typedef struct Recipe
{
	Oid			relid;
	char		relkind;		/* view or materialized view */
	Oid			owner;
	Oid			schema;
	char	   *schema_name;
	char	   *name;
	char	   *qualified;		/* schema.name, quoted where needed */
	List	   *calls;			/* of RecipeCall *, those of views below first */
	List	   *foreign_tables; /* oids of what is read else, */
	List	   *tables;
	List	   *matviews;
	List	   *views;			/* and by way of what */
	int			ncolumns;		/* of the view */
	RecipeOrigin *origins;		/* of each column, if the rows are those of the
								 * one call, unchanged; else NULL */
	bool		is_ordered;		/* its query has an ORDER BY */
	bool		is_grouped;		/* and a GROUP BY */
} Recipe;

/*
 * Reads the query tree of a view or materialized view, and those of views below.
 * Takes ACCESS SHARE on them to the end of the transaction.  Raises 0A000 for
 * calls of dblink that stand elsewhere than in FROM.
 */
extern Recipe *recipe_read(Oid relid);

/* Views with calls, List of oids, those below first. */
extern List *recipe_holders(const Recipe *recipe);

/*
 * The definition of a view as pg_get_viewdef() gives it under the search_path at
 * hand, with the target of each call instead of the call; palloc'd, without the
 * semicolon.  Raises 0A000 where that cannot be done.
 */
extern char *recipe_definition(const Recipe *recipe, Oid view);

#endif							/* RSFED_RECIPE_H */
