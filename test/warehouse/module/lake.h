/*
 * lake.h
 *		Declarations for the files about the lake: the catalogue that several
 *		warehouses share, and the files that it points to.
 */
#ifndef LAKE_H
#define LAKE_H

#include "nodes/parsenodes.h"

/* The spelling of a NULL partition value in Hive and Glue. */
#define NULL_PARTITION "__HIVE_DEFAULT_PARTITION__"

typedef struct
{
	char	   *key;
	char	   *value;
} LakeProperty;

typedef struct
{
	char	   *name;
	char	   *external_type;	/* as the client wrote it, or Hive's name */
	char	   *local_type;		/* the type that represents it here */
	int			part_key;		/* from 1; 0: a column of the files */
} LakeColumn;

typedef struct
{
	char	   *location;
	List	   *values;			/* char *, in the order of the keys */
	List	   *properties;		/* LakeProperty */
} LakePartition;

typedef struct
{
	char	   *catalog;		/* "glue", or the name of a Hive metastore */
	char	   *database;
	char	   *name;
	char	   *location;
	char	   *input_format;
	char	   *output_format;
	char	   *serialization_lib;
	List	   *serde;			/* LakeProperty */
	List	   *properties;		/* LakeProperty */
	List	   *columns;		/* LakeColumn, partition keys last */
	List	   *partitions;		/* LakePartition */
} LakeTable;

typedef struct
{
	char	   *url;			/* s3://bucket/key */
	char	   *file;
	int64		size;
} LakeFile;

/* lake_catalog.c */
extern char *standin_lake;
extern int	lake_lock(void);
extern void lake_unlock(int lock);
extern bool lake_has_database(const char *catalog, const char *database);
extern void lake_create_database(const char *catalog, const char *database);
extern void lake_drop_database(const char *catalog, const char *database);
extern List *lake_table_names(const char *catalog, const char *database);
extern LakeTable *lake_read(const char *catalog, const char *database,
							const char *name);
extern void lake_write(LakeTable *table, bool columns_changed);
extern void lake_remove(LakeTable *table);
extern const char *lake_property(List *properties, const char *key);
extern char *lake_properties_json(List *properties);
extern char *lake_values_json(List *values);
extern int	lake_part_keys(LakeTable *table);

/* lake_files.c */
extern char *lake_path(const char *url);
extern List *lake_files(LakeTable *table, const char *location);
extern void lake_put(const char *url, const char *content, size_t length);
extern bool lake_is_iceberg(LakeTable *table);

/* lake_scan.c */
extern bool lake_is_external(Oid relid);

/* lake_utility.c */
extern bool lake_utility(Node *stmt, bool top_level);
extern void lake_check_view(const char *source, Query *query);

#endif							/* LAKE_H */
