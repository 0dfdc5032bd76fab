/*-------------------------------------------------------------------------
 *
 * live_check.h
 *	  Whether tables in Redshift are still what the foreign tables say.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_CHECK_H
#define RSFED_FDW_CHECK_H

#include "utils/relcache.h"

#include "source/source.h"
#include "remote/stream.h"

/*
 * Raises 42804 unless the columns that expressions read in Redshift have there
 * the types that they are declared with here; asked once a connection.  "checks"
 * is LiveText.checks.
 */
extern void check_used_columns(SourceConnection *source, List *checks);

/* Raises 42804: that column of a relation (NULL: of a join) cannot hold what comes. */
pg_noreturn extern void check_refuse(Relation relation, const char *column, Oid type, int32 typmod,
									 const RemoteColumn *remote);

#endif							/* RSFED_FDW_CHECK_H */
