/*-------------------------------------------------------------------------
 *
 * lint.h
 *		Finds parts of a query that would give silently wrong or unstable
 *		numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_LINT_H
#define RSFED_REDSHIFT_LINT_H

#include "nodes/pg_list.h"

#include "redshift/query.h"

typedef enum RedshiftLintSeverity
{
	RS_LINT_NOTE,				/* may be intended: shown on request */
	RS_LINT_WARNING				/* rarely intended: always reported */
} RedshiftLintSeverity;

typedef struct RedshiftLint
{
	RedshiftLintSeverity severity;
	const char *column;			/* result column, or NULL: the whole query */
	const char *problem;		/* a full sentence */
	const char *rewrite;		/* SQL to write instead, or NULL */
	int			location;		/* byte offset in the query */
} RedshiftLint;

extern List *redshift_lint(const RedshiftSelect *select, const char *const *names, const Oid *types,
						   const int32 *typmods, int ncolumns, List *key_names);

#endif							/* RSFED_REDSHIFT_LINT_H */
