/*-------------------------------------------------------------------------
 *
 * definition.h
 *	  Turns the arguments of a user into the definition of a rollup.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DEFINITION_H
#define RSFED_DEFINITION_H

#include "utils/timestamp.h"

#include "catalog/rollup.h"
#include "remote/stream.h"

/* A column of the table that serves a rollup. */
typedef struct LocalColumn
{
	char	   *name;
	Oid			type;
	int32		typmod;
	Oid			collation;		/* InvalidOid = the type's own */
	bool		not_null;
} LocalColumn;

/*
 * Checks what can be checked without asking Redshift: method, options, time
 * zone, max_age, that the query is one query, and that userid may use the
 * source.  Raises 22023 and the errors of the layers below.
 */
extern void definition_check(const Rollup *rollup, Oid userid);

/* Asks Redshift for the columns of the query, with userid's mapping. */
extern RemoteColumns *definition_describe(const Rollup *rollup, Oid userid);

/*
 * The columns that the table needs (ncolumns of them, palloc'd), from
 * Redshift's description and the pinned columns; fills the rollup's columns
 * and, where none is given and the method needs one, its key. "name" is the
 * rollup's, for messages.  Raises for names and types that cannot be (42701,
 * 42622, 42602, 42804, 54011), a key column that is not there (42703) or has
 * no order (42883), a key that cannot be derived (22023).
 */
extern LocalColumn *definition_resolve(Rollup *rollup, const RemoteColumns *remote,
									   const char *name);

/*
 * Raises a WARNING for each part of the query that would give wrong numbers.
 */
extern void definition_warn(const Rollup *rollup, const RemoteColumns *remote);

/* Are all columns of the rollup's key in the result that Redshift describes? */
extern bool definition_key_fits(const Rollup *rollup, const RemoteColumns *remote);

/* Is the column a key column? */
extern bool definition_is_key(const Rollup *rollup, const char *column);

/* Are all columns of the key in option not_null (so that it is a primary key)? */
extern bool definition_has_primary_key(const Rollup *rollup);

#endif							/* RSFED_DEFINITION_H */
