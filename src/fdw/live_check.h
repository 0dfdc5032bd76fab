/*-------------------------------------------------------------------------
 *
 * live_check.h
 *	  Checks whether tables in Redshift still match the foreign tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_CHECK_H
#define RSFED_FDW_CHECK_H

#include "utils/relcache.h"

#include "source/source.h"
#include "remote/stream.h"

/*
 * Raises 42804 unless the columns that expressions read in Redshift have the
 * declared types.  The types are requested once per connection.  "checks" is
 * LiveText.checks.
 */
extern void check_used_columns(SourceConnection *source, List *checks);

/*
 * Raises 42804: a column of a relation (NULL: of a join) does not fit the
 * remote column.
 */
pg_noreturn extern void check_refuse(Relation relation, const char *column, Oid type, int32 typmod,
									 const RemoteColumn *remote);

#endif							/* RSFED_FDW_CHECK_H */
