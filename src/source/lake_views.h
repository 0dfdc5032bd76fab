/*-------------------------------------------------------------------------
 *
 * lake_views.h
 *	  The external schemas, tables and partitions that a warehouse knows.
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
	char	   *options;		/* JSON of the warehouse; or NULL */
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
	int			part_key;		/* position among the partition keys, from 1; 0 = none */
} LakeColumn;

/* One row of SVV_EXTERNAL_PARTITIONS. */
typedef struct LakePartition
{
	char	   *values_text;	/* JSON array of the warehouse: see lake_values() */
	char	   *location;		/* its first 128 characters */
	char	   *parameters;		/* JSON; or "" */
} LakePartition;

/*
 * Each runs one query over metadata, which reads nothing in S3, and returns a
 * List of the above, palloc'd; NIL for objects that do not exist or are not
 * visible.  Raises the errors of Redshift. schema or name NULL: all.
 */
extern List *lake_schemas(RemoteConnection *conn, const char *schema);
extern List *lake_tables(RemoteConnection *conn, const char *schema, const char *name);
extern List *lake_columns(RemoteConnection *conn, const char *schema, const char *table);
extern List *lake_partitions(RemoteConnection *conn, const char *schema, const char *table);

/* The columns that are partition keys, in their order. */
extern List *lake_keys(List *columns);

/*
 * The elements of a JSON array of scalars, NULL for Hive's notation of NULL;
 * raises XX000 if it is not such an array.
 */
extern List *lake_values(const char *json);

/*
 * The location of the metadata of an Iceberg table, from the parameters of
 * LakeTable; NULL if they do not contain it, or are NULL.
 */
extern char *lake_metadata_location(const char *parameters);

/*
 * The number of rows that the parameter numRows of LakeTable tells, which the
 * owner of the table or a crawler has set; 0 = not known.
 */
extern double lake_row_count(const char *parameters);

/*
 * Parses the name of a table, "schema.table", folded as names are; raises
 * 42602 unless it has both parts.
 */
extern void lake_table_name(const char *text, char **schema, char **table);

#endif							/* RSFED_LAKE_VIEWS_H */
