/*-------------------------------------------------------------------------
 *
 * table.h
 *	  Makes and changes the table that serves a rollup.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_TABLE_H
#define RSFED_TABLE_H

#include "nodes/primnodes.h"

#include "rollup/definition.h"

/*
 * Parses the name of a new table as regclass input is parsed and determines
 * its schema: the one that is named, or the first of the search_path.  Raises
 * 42602 if it is not a name, 42622 if a part is too long, 3F000 without a
 * schema, 42P16 for a temporary one, 0A000 for another database.
 */
extern RangeVar *table_parse_name(const char *name);

/*
 * Creates the table with its storage options and comment, and with its key if
 * with_key, as the current user, and returns its oid.
 */
extern Oid	table_create(const RangeVar *name, const Rollup *rollup, const LocalColumn *columns,
						 bool with_key);

/*
 * Uses an existing table of the current user for the rollup: gives it the
 * storage options, the key and the comment of table_create if it has none.
 * Raises 42703 for a missing column, and the errors of target_describe if a
 * refresh could not work on it.
 */
extern void table_adopt(Oid relid, const Rollup *rollup);

/*
 * Runs CREATE UNIQUE INDEX or ADD PRIMARY KEY for the rollup's key, if it has
 * one, and sets the replica identity.
 */
extern void table_create_key(Oid relid, const Rollup *rollup);

/*
 * Gives the table a replica identity, as the current user: the key if none of
 * its columns can be NULL, else whole rows.  An index that is the replica
 * identity already stays.
 */
extern void table_set_identity(Oid relid, const Rollup *rollup);

/*
 * Gathers statistics of a table that got its first rows; a WARNING if it is
 * locked.
 */
extern void table_analyze(Oid relid);

/*
 * Sets the comment, which tells a reader of \d+ where the content comes from.
 */
extern void table_comment(Oid relid, const Rollup *rollup);
extern void table_uncomment(Oid relid);

/*
 * Follows the new name of its source in the comment, if rsfed wrote that
 * comment.
 */
extern void table_source_renamed(Oid relid, const char *old_source, const char *new_source);

/* Drops the table (RESTRICT), as the current user. */
extern void table_drop(Oid relid);

/* Runs a utility statement by SPI, as the current user. */
extern void table_run(const char *command);

/* Type of a column with its collation, as CREATE TABLE takes it; palloc'd. */
extern char *table_column_type(const LocalColumn *column);

#endif							/* RSFED_TABLE_H */
