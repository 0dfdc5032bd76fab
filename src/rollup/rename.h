/*-------------------------------------------------------------------------
 *
 * rename.h
 *	  Follows the rename of a column of a rollup's table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_RENAME_H
#define RSFED_REFRESH_RENAME_H

#include "catalog/relation.h"

/*
 * Follows an ALTER TABLE ... RENAME COLUMN that has been executed: stores a
 * new definition in which that column has the new name.  Does nothing for a
 * column that is not the rollup's own.
 */
extern void rollup_column_renamed(const RsfedRelation *relation, const char *old_name,
								  const char *new_name);

#endif							/* RSFED_REFRESH_RENAME_H */
