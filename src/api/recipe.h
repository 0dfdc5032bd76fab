/*-------------------------------------------------------------------------
 *
 * recipe.h
 *	  Finds the data that a view reads from a warehouse by dblink or by foreign
 *	  tables.
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
	Oid			holder;			/* the view whose query contains it */
	char	   *connection;		/* string, or name of a server; NULL if there is
								 * none, or it is not constant */
	char	   *query;			/* NULL if it is not constant; then */
	char	   *expression;		/* its text is built from this */
	List	   *columns;		/* of RecipeColumn * */
	char	   *text;			/* in the format of pg_get_viewdef(), with alias and columns; NULL if unknown */
	char	   *alias;
	char	   *target;			/* for recipe_definition(): the replacement, quoted; set by the caller */
} RecipeCall;

/* The origin of a column of a view. */
typedef struct RecipeOrigin
{
	int			position;		/* position in the columns of the call, from 0 */
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
	List	   *calls;			/* of RecipeCall *, with those of underlying views first */
	List	   *foreign_tables; /* oids of other relations that are read, */
	List	   *tables;
	List	   *matviews;
	List	   *views;			/* and of the objects through which they are read */
	int			ncolumns;		/* of the view */
	RecipeOrigin *origins;		/* of each column, if the rows are those of the single call, unchanged; else
								 * NULL */
	bool		is_ordered;		/* its query has an ORDER BY */
	bool		is_grouped;		/* its query has a GROUP BY */
} Recipe;

/*
 * Reads the query tree of a view or materialized view, and those of underlying
 * views.  Takes ACCESS SHARE on them to the end of the transaction.  Raises
 * 0A000 for calls of dblink outside of FROM.
 */
extern Recipe *recipe_read(Oid relid);

/* Views with calls: List of oids, underlying views first. */
extern List *recipe_holders(const Recipe *recipe);

/*
 * The definition of a view as pg_get_viewdef() returns it under the current
 * search_path, with the target of each call instead of the call; palloc'd,
 * without the semicolon.  Raises 0A000 if that is not possible.
 */
extern char *recipe_definition(const Recipe *recipe, Oid view);

#endif							/* RSFED_RECIPE_H */
