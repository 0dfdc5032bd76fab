/*-------------------------------------------------------------------------
 *
 * rollup.h
 *	  rsfed_catalog.rollup and .definition: the definitions of rollups.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_ROLLUP_H
#define RSFED_ROLLUP_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* A column of the result as Redshift described it at definition. */
typedef struct RollupColumn
{
	char	   *name;			/* the local column's name */
	Oid			type;			/* Redshift's */
	int32		typmod;
} RollupColumn;

typedef struct Rollup
{
	int32		relation_id;
	int			definition;		/* its number, from 1 */
	char	   *source;
	char	   *query;
	List	   *key;			/* of char *; NIL without a key */
	char	   *method;			/* merge, replace */
	char	   *pinned_columns; /* the argument "columns", or NULL */
	int			ncolumns;
	RollupColumn *columns;
	char	   *timezone;
	Interval   *max_age;		/* or NULL */
	Jsonb	   *options;
	bool		sorts_locally;	/* Redshift's order of the key differs from ours */
} Rollup;

/* The rollup of that relation, palloc'd; internal error if there is none. */
extern Rollup *rollup_load(int32 relation_id);

/* The number of its present definition; 0 if there is no such rollup. */
extern int	rollup_definition(int32 relation_id);

/* Its source, palloc'd; internal error if there is no such rollup. */
extern char *rollup_source(int32 relation_id);

/*
 * Stores a new rollup (definition 1), or the next definition of an existing
 * one.
 */
extern void rollup_insert(Rollup *rollup);
extern void rollup_update(Rollup *rollup);

/*
 * Stores that the rows of the current definition must be sorted here, and why;
 * the next definition resets it.
 */
extern void rollup_sort_locally(const Rollup *rollup, const char *reason);

/* Names of the rollups that use a source, quoted with schema: List of char *. */
extern List *rollups_of_source(const char *source);

/*
 * Numbers of the rollups that use a source (NULL: of all), by name: List of int.
 * Works with every version of the extension.
 */
extern List *rollup_ids(const char *source);

/* Follows the new name of a source; earlier definitions keep the old one. */
extern void rollups_rename_source(const char *old_name, const char *new_name);

#endif							/* RSFED_ROLLUP_H */
