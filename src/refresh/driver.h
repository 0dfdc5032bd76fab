/*-------------------------------------------------------------------------
 *
 * driver.h
 *	  One refresh of one relation, from the request to the outcome.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_DRIVER_H
#define RSFED_DRIVER_H

#include "catalog/run.h"

typedef struct RefreshResult
{
	int64		run_id;
	const char *status;			/* published, unchanged, ... */
	int64		rows_changed;
	TimestampTz as_of;
	Interval	elapsed;
	bool		more;			/* a backfill has begun and continues with the next run */
	ErrorFields *error;			/* failed, refused, cancelled: the error */
} RefreshResult;

/*
 * A refresh in transactions of its own: the caller is in SPI opened with
 * SPI_OPT_NONATOMIC at top level (a worker, or CALL outside a transaction
 * block).  The run's row "running" commits first (run_id 0: it is made here),
 * no snapshot is held while Redshift works, content and outcome commit
 * together.  A failure is committed as the run's outcome and returned in
 * result->error with status failed or cancelled; it is not raised; the caller
 * does that if a user waits for it.  Results are palloc'd in the memory
 * context that was current at the call, which must outlive transactions.
 */
extern void refresh_run_autonomous(const RunRequest *request, int64 run_id,
								   bool keep_connection, RefreshResult *result);

/*
 * A refresh wholly inside the caller's transaction (a transaction block,
 * define_rollup).  A failure raises.
 */
extern void refresh_run_in_transaction(const RunRequest *request, RefreshResult *result);

/*
 * The first content of a rollup whose table the caller's subtransaction made,
 * without its key; makes the key, and the table's statistics.  A failure
 * raises.  True if it was the first batch of several.
 */
extern bool refresh_populate(const RunRequest *request);

#endif							/* RSFED_DRIVER_H */
