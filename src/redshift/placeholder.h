/*-------------------------------------------------------------------------
 *
 * placeholder.h
 *		{from} and {to} in a query, the placeholders for a window's range.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REDSHIFT_PLACEHOLDER_H
#define RSFED_REDSHIFT_PLACEHOLDER_H

#include "postgres.h"

extern bool redshift_has_placeholders(const char *query);
extern void redshift_check_placeholders(const char *query);
extern void redshift_require_window(const char *query);
extern char *redshift_fill_placeholders(const char *query, const char *from, const char *to);

#endif							/* RSFED_REDSHIFT_PLACEHOLDER_H */
