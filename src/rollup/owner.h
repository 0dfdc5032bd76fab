/*-------------------------------------------------------------------------
 *
 * owner.h
 *	  Checks whether the owners of rollups can refresh them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_OWNER_H
#define RSFED_REFRESH_OWNER_H

#include "catalog/relation.h"

/*
 * Raises a WARNING if the relation (may be NULL) is a rollup whose owner
 * cannot use its source: no such server, no USAGE, or no user mapping.
 */
extern void owner_warn(const RsfedRelation *relation);

/*
 * The same for each rollup of a source (NULL = any) that a role (InvalidOid =
 * any) owns.
 */
extern void owner_warn_all(const char *source, Oid owner);

#endif							/* RSFED_REFRESH_OWNER_H */
