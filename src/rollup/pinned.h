/*-------------------------------------------------------------------------
 *
 * pinned.h
 *	  The argument "columns" of a rollup: names and types that a user pins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_PINNED_H
#define RSFED_PINNED_H

#include "nodes/pg_list.h"

typedef struct PinnedColumn
{
	char	   *name;
	Oid			type;
	int32		typmod;
	Oid			collation;		/* InvalidOid = not given */
} PinnedColumn;

/*
 * "sellerid int, sales numeric(12,2)" as a List of PinnedColumn *; palloc'd.
 * Types are looked up by the caller's search_path.  Raises 42601 with the
 * position if it is not such a list, 42704 for an unknown type, and 42701 for
 * a duplicate name.
 */
extern List *pinned_parse(const char *columns);

#endif							/* RSFED_PINNED_H */
