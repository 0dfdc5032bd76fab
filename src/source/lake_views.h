/*-------------------------------------------------------------------------
 *
 * lake_views.h
 *	  What a warehouse knows of the lake: external schemas, tables, partitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAKE_VIEWS_H
#define RSFED_LAKE_VIEWS_H

#include "nodes/pg_list.h"

#include "remote/connection.h"

/* One row of SVV_EXTERNAL_SCHEMAS. */
typedef struct LakeSchema
{
	char	   *name;
	int			kind;			/* 1 data catalog, 2 Hive metastore, 4 and 5 Redshift, ... */
	char	   *database;		/* or NULL */
	char	   *options;		/* JSON, as the warehouse has it; or NULL */
} LakeSchema;

/* One row of SVV_EXTERNAL_TABLES. */
typedef struct LakeTable
{
	char	   *schema;
	char	   *name;
	char	   *location;
	char	   *input_format;
	char	   *parameters;		/* JSON; or NULL */
} LakeTable;

/* One row of SVV_EXTERNAL_COLUMNS. */
typedef struct LakeColumn
{
	char	   *name;
	char	   *type;			/* in the words of the catalog */
	int			ordinal;
	int			part_key;		/* which partition key it is, from 1; 0 = none */
} LakeColumn;

/* One row of SVV_EXTERNAL_PARTITIONS. */
typedef struct LakePartition
{
	char	   *values_text;	/* the JSON array, as the warehouse has it: see lake_values() */
	char	   *location;		/* its first 128 characters */
	char	   *parameters;		/* JSON; or "" */
} LakePartition;

/*
 * Each asks one query of metadata, which reads nothing in S3, and returns a
 * List of the above, palloc'd; NIL for what is not there or may not be seen.
 * Raises what Redshift raises.  schema or name NULL: of all.
 */
extern List *lake_schemas(RemoteConnection *conn, const char *schema);
extern List *lake_tables(RemoteConnection *conn, const char *schema, const char *name);
extern List *lake_columns(RemoteConnection *conn, const char *schema, const char *table);
extern List *lake_partitions(RemoteConnection *conn, const char *schema, const char *table);

/* The columns that are partition keys, in their order. */
extern List *lake_keys(List *columns);

/*
 * The elements of a JSON array of scalars, NULL for a NULL as Hive writes it;
 * raises XX000 for what is none.
 */
extern List *lake_values(const char *json);

/*
 * Where the metadata of an Iceberg table is, by the parameters of LakeTable; NULL
 * if they do not say it, or are NULL.
 */
extern char *lake_metadata_location(const char *parameters);

/*
 * The name of a table as a caller writes it, "schema.table", folded as names
 * are; 42602 unless it has both.
 */
extern void lake_table_name(const char *text, char **schema, char **table);

#endif							/* RSFED_LAKE_VIEWS_H */
