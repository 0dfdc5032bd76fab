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
	char	   *local;			/* its name here; another one for each table */
	char	   *comment;		/* NULL = none */
	List	   *rows;			/* char **: a column each, as the query has it */
	int			view;			/* which query brought it */
	bool		is_case_sensitive;	/* enable_case_sensitive_identifier is on for its server */
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

/*
 * The columns that can be had: List of ImportColumn; "notices" tells of the others,
 * and of what is not here as it is there.
 */
extern List *import_columns(const ImportTable *table, bool notices);

/* The column as CREATE and ALTER FOREIGN TABLE have it: name, type and options; palloc'd. */
extern char *import_column_definition(const ImportColumn *column);

/*
 * CREATE FOREIGN TABLE for each table of the schema that is wanted: List of char *.
 * Comments are remembered, since these statements cannot have them.
 */
extern List *live_import(ImportForeignSchemaStmt *stmt, Oid serverid);

/* Puts the comments on the tables that the statement just run has made, if it was ours. */
extern void import_comment(const ImportForeignSchemaStmt *stmt);

#endif							/* RSFED_FDW_IMPORT_H */
