/*-------------------------------------------------------------------------
 *
 * lake_step.h
 *	  Which partitions of the lake a refresh has to read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_LAKE_STEP_H
#define RSFED_LAKE_STEP_H

#include "refresh/fetch.h"
#include "refresh/step.h"

/*
 * Asks the catalog for the partitions of the rollup's option lake_table, if it
 * has one and the run is for all of it, and narrows the step to what is new,
 * changed or gone since the content was made: the query, and the rows that its
 * result speaks of.  True if nothing is, so that the query need not be sent.
 * Raises 42P01 where the table is not there, 42703 for a key that it has not.
 */
extern bool lake_step_look(RefreshRun *run, RunStep *step, Fetch *fetch, Oid relid);

/* Has the rollup an option lake_table without lake_key, which is a probe? */
extern bool lake_step_has_snapshots(const Rollup *rollup);

/*
 * Asks the catalog which snapshot of lake_table, an Iceberg table, is the present
 * one: where its metadata is.  Empty, with a note, where the catalog does not show
 * that.  Raises 42P01 where the table is not there.
 */
extern char *lake_step_snapshot(RefreshRun *run, const Rollup *rollup, Fetch *fetch);

/* Remembers, in the current transaction, what lake_step_look() has found. */
extern void lake_step_finish(RefreshRun *run, const Rollup *rollup, RunStep *step);

#endif							/* RSFED_LAKE_STEP_H */
