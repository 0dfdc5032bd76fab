/*-------------------------------------------------------------------------
 *
 * description.h
 *	  Does the result still have the columns of the definition?
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DESCRIPTION_H
#define RSFED_DESCRIPTION_H

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "catalog/rollup.h"
#include "remote/stream.h"
#include "rollup/refresh_target.h"

/*
 * The ordinal (from 0) in the result of each column of the rollup; palloc'd.
 * Columns are matched by name, those of a rollup with pinned columns by
 * position.  A harmless widening becomes a sentence of the note; a column that
 * vanished, came, was renamed or changed its kind raises 42804 with the call
 * to run.
 */
extern int *description_match(const Rollup *rollup, const RemoteColumns *columns,
							  const RefreshTarget *target, StringInfo note);

#endif							/* RSFED_DESCRIPTION_H */
