/*-------------------------------------------------------------------------
 *
 * outline.h
 *		Outlines of queries, for the fuzz targets that read one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FUZZ_OUTLINE_H
#define RSFED_FUZZ_OUTLINE_H

#include "redshift/query.h"

/* The same statement with other blanks and comments, and words in capitals. */
extern char *outline_spaced(const char *query);

/*
 * Two outlines must be the same; is_ordered: b has an ORDER BY that a does not
 * have.
 */
extern void outline_check_same(const RedshiftSelect *a, const RedshiftSelect *b, bool is_ordered);

/* The outline, or NULL if there is none. */
extern RedshiftSelect *outline_of(const char *query);

/* Names for that many columns of the result, as Redshift gives them. */
extern const char **outline_names(const RedshiftSelect *select, int count);

#endif							/* RSFED_FUZZ_OUTLINE_H */
