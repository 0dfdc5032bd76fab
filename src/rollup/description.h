/*-------------------------------------------------------------------------
 *
 * description.h
 *	  Checks that the result still has the columns of the definition.
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
 * The position (from 0) in the result of each column of the rollup; palloc'd.
 * Columns are matched by name, or by position if the columns of the rollup are
 * pinned.  A harmless widening becomes a sentence of the note; a column that
 * was removed, added or renamed, or whose kind has changed, raises 42804 with
 * the call to run.
 */
extern int *description_match(const Rollup *rollup, const RemoteColumns *columns,
							  const RefreshTarget *target, StringInfo note);

#endif							/* RSFED_DESCRIPTION_H */
