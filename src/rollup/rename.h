/*-------------------------------------------------------------------------
 *
 * rename.h
 *	  A rollup whose table got another name for a column.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_RENAME_H
#define RSFED_REFRESH_RENAME_H

#include "catalog/relation.h"

/*
 * Follows ALTER TABLE ... RENAME COLUMN, which has been done: a new definition
 * in which that column has the new name.  Nothing for a column that is not the
 * rollup's own.
 */
extern void rollup_column_renamed(const RsfedRelation *relation, const char *old_name,
								  const char *new_name);

#endif							/* RSFED_REFRESH_RENAME_H */
