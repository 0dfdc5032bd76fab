/*-------------------------------------------------------------------------
 *
 * lake_step.h
 *	  Finds the partitions of the lake that a refresh has to read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAKE_STEP_H
#define RSFED_LAKE_STEP_H

#include "refresh/fetch.h"
#include "refresh/step.h"

/*
 * Asks the catalog for the partitions of the rollup's option lake_table, if it
 * has one and the run is for all of it, and narrows the step, that is, the
 * query and the rows that its result covers, to partitions that are new,
 * changed or gone since the content was made.  True if there are none, so that
 * the query need not be sent.  Raises 42P01 if the table does not exist, 42703
 * for a key that it does not have.
 */
extern bool lake_step_look(RefreshRun *run, RunStep *step, Fetch *fetch, Oid relid);

/*
 * Does the rollup have the option lake_table without lake_key, which makes it
 * a probe?
 */
extern bool lake_step_has_snapshots(const Rollup *rollup);

/*
 * Asks the catalog for the current snapshot of lake_table, an Iceberg table:
 * the location of its metadata.  Empty, with a note, if the catalog does not
 * show it.  Raises 42P01 if the table does not exist.
 */
extern char *lake_step_snapshot(RefreshRun *run, const Rollup *rollup, Fetch *fetch);

/* Stores the findings of lake_step_look() in the current transaction. */
extern void lake_step_finish(RefreshRun *run, const Rollup *rollup, RunStep *step);

#endif							/* RSFED_LAKE_STEP_H */
