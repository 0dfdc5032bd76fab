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

/* A table in Redshift, as described by its views. */
typedef struct ImportTable
{
	char	   *name;			/* in Redshift */
	char	   *local;			/* local name; unique among the tables */
	char	   *comment;		/* NULL = none */
	List	   *rows;			/* char **: a row of the query for each
								 * column */
	int			view;			/* number of the query that returned it */
	bool		is_case_sensitive;	/* enable_case_sensitive_identifier is on for its server */
} ImportTable;

/* A column, as it is imported. */
typedef struct ImportColumn
{
	char	   *name;			/* in Redshift */
	char	   *local;			/* local name */
	const char *type;			/* local type, in SQL syntax */
	bool		is_char;		/* char in Redshift, whose padding is not sent */
	char	   *comment;		/* NULL = none */
} ImportColumn;

/*
 * The tables of a schema: List of ImportTable, palloc'd.  Raises HV00Q if there
 * are none.
 */
extern List *import_tables(const char *server, const char *schema);

/*
 * The columns that can be imported: List of ImportColumn.  With "notices", a
 * NOTICE is raised for each other column, and for each difference from
 * Redshift.
 */
extern List *import_columns(const ImportTable *table, bool notices);

/*
 * The column definition for CREATE and ALTER FOREIGN TABLE: name, type and
 * options; palloc'd.
 */
extern char *import_column_definition(const ImportColumn *column);

/*
 * The CREATE FOREIGN TABLE statement for each requested table of the schema:
 * List of char *.  Comments are kept for import_comment(), since these
 * statements cannot contain them.
 */
extern List *live_import(ImportForeignSchemaStmt *stmt, Oid serverid);

/*
 * Adds the comments to the tables that the statement has just created, if it
 * was an import by this wrapper.
 */
extern void import_comment(const ImportForeignSchemaStmt *stmt);

#endif							/* RSFED_FDW_IMPORT_H */
