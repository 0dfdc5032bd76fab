/*-------------------------------------------------------------------------
 *
 * fetch.h
 *	  Reads the result of a rollup's query, from the connection to the local
 *	  rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FETCH_H
#define RSFED_FETCH_H

#include "catalog/rollup.h"
#include "refresh/rowsource.h"
#include "remote/stream.h"
#include "rollup/refresh_target.h"
#include "source/rows.h"
#include "source/source.h"

typedef struct Fetch
{
	const Rollup *rollup;
	const char *name;			/* the rollup's, for messages */
	SourceRequest request;
	SourceConnection *source;
	bool		is_guest;		/* the connection belongs to another fetch */
	RemoteStream *stream;		/* NULL once closed */
	RemoteColumns *columns;		/* of the result */
	TimestampTz as_of;			/* just before the query was sent */
	RowReader  *reader;			/* once the rows are read */
	bool		needs_snapshot; /* for each row, if none is active */
	int64		max_rows;		/* 0 = any number */
	bool		is_own_limit;	/* max_rows is the rollup's option */
	int			memory_kb;		/* for rows that are stored here */
} Fetch;

struct SourceRoute;

/*
 * Makes a route (may be NULL) avoid members of the source that differ in the
 * tables that the rollup reads.  fetch_connect() does that for its own route.
 */
extern void fetch_pass_over(struct SourceRoute *route, const Rollup *rollup, Oid owner);

/*
 * Connects with owner's user mapping, on that route (source/route.h), and
 * labels the session with the run; then the caller can send other queries.
 * remote_timeout_ms: for its statements, if the server has no or a longer
 * time-out; 0 = the server's. keep: the connection outlives the fetch, which
 * lives in the current memory context.  No snapshot may be active.  Raises the
 * errors of the connection.
 */
extern Fetch *fetch_connect(const Rollup *rollup, const char *name, Oid owner,
							int64 run_id, bool keep, int remote_timeout_ms,
							struct SourceRoute *route);

/*
 * Sends the query that fetch->rollup contains now, with that ORDER BY appended
 * (NULL = none), and waits for the first row, or the end of a result without
 * rows.  No snapshot may be active.  Raises the errors of Redshift.
 */
extern void fetch_send(Fetch *fetch, const char *order);

/*
 * A fetch for another rollup of the same source on the connection of this one.
 * Before it sends anything, the second function sets up the session for it,
 * and again after another fetch has used the connection; closing it leaves the
 * connection to its host.
 */
extern Fetch *fetch_join(const Fetch *host, const Rollup *rollup, const char *name);
extern void fetch_take_turn(Fetch *fetch);

/*
 * Reads the whole result as rows of the target, sorted by its key if ordered,
 * acting as the target's owner. raises 54000 if there are more rows than the
 * rollup may have; then the remote query is cancelled.
 */
extern RowSource *fetch_rows(Fetch *fetch, const RefreshTarget *target,
							 const int *ordinals, bool ordered);

/*
 * The rows of the target as they arrive; their order is not verified.  The
 * caller acts as the target's owner while it takes them; raises the errors of
 * fetch_rows.  The fetch stays open until all are taken.
 */
extern RowSource *fetch_stream(Fetch *fetch, const RefreshTarget *target, const int *ordinals);

/*
 * Asks for Redshift's id of the query whose rows have all been taken, and ends
 * its stream.  Returns 0 if the query has no id, or if the id is not
 * available: then *why is the reason, otherwise NULL.  For a joined fetch the
 * latter is an error, 08006, because the transaction is over.  Interruptible.
 */
extern int64 fetch_query_id(Fetch *fetch, char **why);

/* Ends the stream and returns the connection. */
extern void fetch_close(Fetch *fetch);

#endif							/* RSFED_FETCH_H */
