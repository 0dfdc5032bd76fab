/*-------------------------------------------------------------------------
 *
 * import.h
 *	  IMPORT FOREIGN SCHEMA.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_IMPORT_H
#define RSFED_FDW_IMPORT_H

#include "nodes/parsenodes.h"

/* A table in Redshift, as its views tell. */
typedef struct ImportTable
{
	char	   *name;			/* in Redshift */
	List	   *rows;			/* char **: a column each, as the query has it */
	int			view;			/* which query brought it */
} ImportTable;

/* A column, as it is imported. */
typedef struct ImportColumn
{
	char	   *name;			/* in Redshift */
	char	   *local;			/* its name here */
	const char *type;			/* its type here, as SQL has it */
	bool		is_char;		/* char in Redshift, whose padding is not sent */
	char	   *comment;		/* NULL = none */
} ImportColumn;

/* The tables of a schema: List of ImportTable, palloc'd.  HV00Q if there are none. */
extern List *import_tables(const char *server, const char *schema);

/* The columns that can be had: List of ImportColumn; "notices" tells of the others. */
extern List *import_columns(const ImportTable *table, bool notices);

/*
 * A name as PostgreSQL has it: cut to its length, and another one than those taken.
 * A NOTICE says so of a changed one, unless "what" is NULL.
 */
extern char *import_local_name(const char *name, List *taken, const char *what);

/* CREATE FOREIGN TABLE for each table of the schema that is wanted: List of char *. */
extern List *live_import(ImportForeignSchemaStmt *stmt, Oid serverid);

#endif							/* RSFED_FDW_IMPORT_H */
