/*-------------------------------------------------------------------------
 *
 * order.h
 *	  May Redshift sort a result for us, and how is it asked to?
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REFRESH_ORDER_H
#define RSFED_REFRESH_ORDER_H

#include "catalog/rollup.h"
#include "rollup/refresh_target.h"

/*
 * The ORDER BY that makes Redshift send a rollup's rows in the order of the
 * target's key; NULL where it does not sort as we do, or where the query leaves
 * no room for it.  The same text at every run.  palloc'd.
 */
extern char *order_by_key(const Rollup *rollup, const RefreshTarget *target);

/*
 * Does the result have the columns of the key where order_by_key() took them to
 * be?  ordinals as description_match() returns them.
 */
extern bool order_fits(const RefreshTarget *target, const int *ordinals);

#endif							/* RSFED_REFRESH_ORDER_H */
