/*-------------------------------------------------------------------------
 *
 * external.h
 *		Statements about external schemas, external tables and their
 *		partitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_EXTERNAL_H
#define RSFED_REDSHIFT_EXTERNAL_H

#include "nodes/pg_list.h"

/* The largest number of partitions in one ALTER TABLE. */
#define REDSHIFT_MAX_PARTITIONS 100

/* The value that Hive and Glue write for a partition key that is NULL. */
#define REDSHIFT_NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

typedef enum ExternalCatalog
{
	EXTERNAL_DATA_CATALOG,
	EXTERNAL_HIVE_METASTORE,
	EXTERNAL_REDSHIFT
} ExternalCatalog;

/* The target of an external schema; NULL for values that are not given. */
typedef struct ExternalSchema
{
	const char *name;
	ExternalCatalog catalog;
	const char *database;
	const char *iam_role;		/* an ARN, several with commas, "default" or "SESSION" */
	const char *region;
	const char *catalog_role;
	const char *catalog_id;
	bool		create_database;
	const char *uri;			/* of a Hive metastore */
	int			port;			/* 0 = its default */
	const char *schema;			/* of another Redshift database */
} ExternalSchema;

/* One partition: a value (char *, NULL for a NULL) for each key of the table. */
typedef struct ExternalPartition
{
	List	   *values;
	const char *location;
} ExternalPartition;

/*
 * Raises 22023 for values that CREATE EXTERNAL SCHEMA would refuse: options of
 * another kind of catalog, and an invalid ARN, account or region.
 */
extern void redshift_check_external_schema(const ExternalSchema *schema);

/* The statements; palloc'd. */
extern char *redshift_create_external_schema(const ExternalSchema *schema);
extern char *redshift_drop_external_schema(const char *name, bool drop_database, bool cascade);
extern char *redshift_add_partitions(const char *schema, const char *table, List *keys,
									 List *partitions);

/*
 * A location with {name} replaced by its value; "lookup" returns the value of
 * a name, or NULL.  Raises 22023 for a name without a value, or braces that do
 * not match.
 */
extern char *redshift_fill_location(const char *location,
									const char *(*lookup) (const char *name, void *arg), void *arg);

/* Raises 22023 unless the text is a path in S3. */
extern void redshift_check_location(const char *location);

/*
 * The path without the slash at its end, which the catalog does not return;
 * palloc'd.
 */
extern char *redshift_trim_location(const char *location);

#endif							/* RSFED_REDSHIFT_EXTERNAL_H */
