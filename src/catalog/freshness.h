/*-------------------------------------------------------------------------
 *
 * freshness.h
 *	  Reads rsfed_catalog.freshness: the age of the content of a relation.  It
 *	  is written together with the outcome of a run: see run.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FRESHNESS_H
#define RSFED_FRESHNESS_H

#include "datatype/timestamp.h"

/*
 * as_of of a relation as the caller's snapshot sees it; false if it was never
 * refreshed.
 */
extern bool freshness_as_of(int32 relation_id, TimestampTz *as_of);

/*
 * The content that the next run replaces: as_of (0 = none yet) and the rows
 * that the last run received (-1 = unknown), in the latest committed state.
 */
extern void freshness_last(int32 relation_id, TimestampTz *as_of, int64 *rows);

#endif							/* RSFED_FRESHNESS_H */
