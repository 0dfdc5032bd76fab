/*-------------------------------------------------------------------------
 *
 * refresh.h
 *	  Common code of the procedures that refresh.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_API_REFRESH_H
#define RSFED_API_REFRESH_H

#include "fmgr.h"

#include "catalog/run.h"

/*
 * Runs the request of a procedure, named for hints: in transactions of its own
 * outside a transaction block, otherwise in the caller's.  Raises the run's
 * error; returns the row of run_id, status, rows_changed, as_of, elapsed.
 */
extern Datum refresh_call(FunctionCallInfo fcinfo, const char *procedure, const RunRequest *request);

/*
 * Queues the request, or finds a queued run for the same; returns its run_id.
 * The procedure is the one that would do it at once.
 */
extern int64 refresh_queue(const char *procedure, const RunRequest *request);

#endif							/* RSFED_API_REFRESH_H */
