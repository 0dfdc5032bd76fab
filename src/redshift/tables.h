/*-------------------------------------------------------------------------
 *
 * tables.h
 *		Finds the tables and views that a query reads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_TABLES_H
#define RSFED_REDSHIFT_TABLES_H

#include "nodes/pg_list.h"

/*
 * The schema of a name without a schema: the last one of the pinned
 * search_path.
 */
#define REDSHIFT_DEFAULT_SCHEMA "public"

typedef struct RedshiftTable
{
	char	   *schema;			/* folded; never NULL */
	char	   *name;
} RedshiftTable;

/* The tables that a query reads. */
typedef struct RedshiftReads
{
	List	   *tables;			/* of RedshiftTable, each once */
	List	   *unclear;		/* of char *: names that cannot be followed */
	bool		has_star;		/* "*" or "t.*": every column of some table */
} RedshiftReads;

extern RedshiftReads *redshift_read_tables(const char *query);
extern bool redshift_reads_table(const RedshiftReads *reads, const char *schema, const char *name);
extern bool redshift_mentions(const char *query, const char *name);
extern RedshiftTable *redshift_parse_table(const char *text);
extern char *redshift_table_text(const char *schema, const char *name);

#endif							/* RSFED_REDSHIFT_TABLES_H */
