/*-------------------------------------------------------------------------
 *
 * order.h
 *	  The ORDER BY with which Redshift sorts a result by the key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_ORDER_H
#define RSFED_REFRESH_ORDER_H

#include "catalog/rollup.h"
#include "rollup/refresh_target.h"

/*
 * The ORDER BY that makes Redshift send a rollup's rows in the order of the
 * target's key; NULL if it does not sort as PostgreSQL does, or if the query
 * cannot take an ORDER BY.  The same text at every run. palloc'd.
 */
extern char *order_by_key(const Rollup *rollup, const RefreshTarget *target);

/*
 * Are the key columns in the result where order_by_key() assumed them?  The
 * ordinals are those of description_match().
 */
extern bool order_fits(const RefreshTarget *target, const int *ordinals);

#endif							/* RSFED_REFRESH_ORDER_H */
