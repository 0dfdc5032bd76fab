/*-------------------------------------------------------------------------
 *
 * unfit.h
 *	  Members of a group that differ in the tables that a query reads.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_UNFIT_H
#define RSFED_UNFIT_H

#include "nodes/pg_list.h"

/*
 * Names of the servers that rsfed.check_group() has found to differ in what a
 * query of a role to a source reads, and of those that refuse it as the query
 * of that rollup (0 = of none): List of char *, palloc'd; NIL if it is not a
 * group.  Raises the errors of redshift_lex().
 */
extern List *source_unfit(const char *source, const char *query, Oid userid, int32 relation_id);

#endif							/* RSFED_UNFIT_H */
