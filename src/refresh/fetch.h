/*-------------------------------------------------------------------------
 *
 * fetch.h
 *	  The result of a rollup's query, from the connection to the local rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FETCH_H
#define RSFED_FETCH_H

#include "catalog/rollup.h"
#include "refresh/rowsource.h"
#include "refresh/target.h"
#include "remote/stream.h"
#include "source/source.h"

typedef struct Fetch
{
	const Rollup *rollup;
	const char *name;			/* the rollup's, for messages */
	SourceConnection *source;
	RemoteStream *stream;
	RemoteColumns *columns;		/* of the result */
	TimestampTz as_of;			/* just before the query was sent */
} Fetch;

/*
 * Connects with owner's user mapping, labels the session with the run, sends
 * the query and waits for the description of its result.  No snapshot may be
 * active.  Raises what connecting and Redshift raise.  Lives in the current
 * memory context; keep: the connection outlives it.
 */
extern Fetch *fetch_open(const Rollup *rollup, const char *name, Oid owner,
						 int64 run_id, bool keep);

/*
 * Reads the whole result as rows of the target, sorted by its key if ordered,
 * acting as the target's owner.  54000 once there are more rows than the
 * rollup may have; the remote query is then ended.
 */
extern RowSource *fetch_rows(Fetch *fetch, const RefreshTarget *target,
							 const int *ordinals, bool ordered);

/* Ends the stream and gives the connection back. */
extern void fetch_close(Fetch *fetch);

#endif							/* RSFED_FETCH_H */
