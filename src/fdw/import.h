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

/* CREATE FOREIGN TABLE for each table of the schema that is wanted: List of char *. */
extern List *live_import(ImportForeignSchemaStmt *stmt, Oid serverid);

#endif							/* RSFED_FDW_IMPORT_H */
