/*-------------------------------------------------------------------------
 *
 * rewrite.h
 *		Adds an ORDER BY or a condition to a query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_REWRITE_H
#define RSFED_REDSHIFT_REWRITE_H

extern bool redshift_takes_order(const char *query);
extern char *redshift_append_order(const char *query, const char *order);
extern char *redshift_wrap_query(const char *query, const char *alias,
								 const char *const *column_names, int ncolumns);

#endif							/* RSFED_REDSHIFT_REWRITE_H */
