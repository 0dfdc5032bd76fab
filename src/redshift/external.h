/*-------------------------------------------------------------------------
 *
 * external.h
 *		Statements about external schemas and tables, and partitions of those.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_EXTERNAL_H
#define RSFED_REDSHIFT_EXTERNAL_H

#include "nodes/pg_list.h"

/* Most partitions of one ALTER TABLE. */
#define REDSHIFT_MAX_PARTITIONS 100

/* How Hive and Glue write the value of a partition that is NULL. */
#define REDSHIFT_NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

typedef enum ExternalCatalog
{
	EXTERNAL_DATA_CATALOG,
	EXTERNAL_HIVE_METASTORE,
	EXTERNAL_REDSHIFT
} ExternalCatalog;

/* What an external schema points to; NULL where it is not said. */
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
 * Raises 22023 for what CREATE EXTERNAL SCHEMA would refuse: options of another
 * kind of catalog, a role that is no ARN, an account or region that is none.
 */
extern void redshift_check_external_schema(const ExternalSchema *schema);

/* Is the text the ARN of an IAM role? */
extern bool redshift_is_role_arn(const char *text);

/* The statements; palloc'd. */
extern char *redshift_create_external_schema(const ExternalSchema *schema);
extern char *redshift_drop_external_schema(const char *name, bool drop_database, bool cascade);
extern char *redshift_add_partitions(const char *schema, const char *table, List *keys,
									 List *partitions);

/*
 * A location with what stands for {name} put in; "lookup" returns the value of
 * a name, or NULL.  22023 for a name without one, or braces that do not match.
 */
extern char *redshift_fill_location(const char *location,
									const char *(*lookup) (const char *name, void *arg), void *arg);

/* Raises 22023 unless the text is a path in S3. */
extern void redshift_check_location(const char *location);

/* Without the slash at its end, which the catalog does not give back; palloc'd. */
extern char *redshift_trim_location(const char *location);

#endif							/* RSFED_REDSHIFT_EXTERNAL_H */
