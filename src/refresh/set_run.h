/*-------------------------------------------------------------------------
 *
 * set_run.h
 *	  A refresh of several rollups together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SET_RUN_H
#define RSFED_SET_RUN_H

#include "refresh/refresh_run.h"

/* The runs of a set's members, in addition to the set's own. */
typedef struct SetRun
{
	int			count;
	RefreshRun **members;		/* in the order of their relation_id */
	int			at;				/* the current one; -1 = all or none */
} SetRun;

/*
 * Raises 22023 unless the rollups (relid by relid) have one source, and 42501
 * unless they have one owner: a set is read over one connection.
 */
extern void set_check_members(const char *name, int count, Rollup *const *rollups,
							  const Oid *relids);

/* A NOTICE for each window that must be filled before the set can be refreshed. */
extern void set_tell_unfilled(const char *name, int count, Rollup *const *rollups,
							  const Oid *relids);

/* Adds to the new run of a set those of its members, and inserts their rows. */
extern void set_run_begin(RefreshRun *run);

/*
 * Reads all members in one transaction of Redshift, then applies them, in the
 * current transaction.
 */
extern void set_run_refresh(RefreshRun *run);

/*
 * Called after an error, whose cause is the current member or all of them.
 * Returns whether its gate was the cause; fills in the members' outcomes, with
 * the error and the status of the whole.
 */
extern bool set_run_is_refused(const RefreshRun *run);
extern void set_run_fail(RefreshRun *run, const char *status, ErrorFields *error);

/* Writes the members' outcomes; within a snapshot, in the current transaction. */
extern void set_run_finish(RefreshRun *run);

#endif							/* RSFED_SET_RUN_H */
