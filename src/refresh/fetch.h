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
	bool		is_guest;		/* the connection is another fetch's */
	RemoteStream *stream;		/* NULL once closed */
	RemoteColumns *columns;		/* of the result */
	TimestampTz as_of;			/* just before the query was sent */
	RowReader  *reader;			/* once the rows are read */
	bool		needs_snapshot; /* for each row, and none is active */
	int64		max_rows;		/* 0 = any number */
	bool		is_own_limit;	/* max_rows is the rollup's option */
	int			memory_kb;		/* for rows that are kept here */
} Fetch;

struct SourceRoute;

/*
 * Keeps a route (may be NULL) away from members of the source that differ in what
 * the rollup reads.  fetch_connect() does so for its own.
 */
extern void fetch_pass_over(struct SourceRoute *route, const Rollup *rollup, Oid owner);

/*
 * Connects with owner's user mapping, on that route (source/route.h), and labels the session with the run; the
 * caller can ask other things then.  remote_timeout_ms: for its statements,
 * where the server has none or a longer one; 0 = the server's.  keep: the
 * connection outlives the fetch, which lives in the current memory context.
 * No snapshot may be active.  Raises what connecting raises.
 */
extern Fetch *fetch_connect(const Rollup *rollup, const char *name, Oid owner,
							int64 run_id, bool keep, int remote_timeout_ms,
							struct SourceRoute *route);

/*
 * Sends the query, as fetch->rollup has it by then, with that ORDER BY appended
 * (NULL = as it is), and waits for the first row, or the end of a result without
 * rows.  No snapshot may be active.  Raises what Redshift raises.
 */
extern void fetch_send(Fetch *fetch, const char *order);

/*
 * A fetch for another rollup of the same source on the connection of this one.
 * Before it asks anything the session is made its own by the second, again
 * after each turn of another; closing it leaves the connection to its host.
 */
extern Fetch *fetch_join(const Fetch *host, const Rollup *rollup, const char *name);
extern void fetch_take_turn(Fetch *fetch);

/*
 * Reads the whole result as rows of the target, sorted by its key if ordered,
 * acting as the target's owner.  54000 once there are more rows than the
 * rollup may have; the remote query is then ended.
 */
extern RowSource *fetch_rows(Fetch *fetch, const RefreshTarget *target,
							 const int *ordinals, bool ordered);

/*
 * The rows of the target as they arrive, unproven where their order matters.
 * The caller acts as the target's owner while it takes them; raises what
 * fetch_rows raises.  The fetch stays open until they are all taken.
 */
extern RowSource *fetch_stream(Fetch *fetch, const RefreshTarget *target, const int *ordinals);

/*
 * Asks for Redshift's id of the query whose rows have all been taken, and ends
 * its stream; 0 if it has none, or if it cannot be had: then *why says why, else
 * that is NULL.  Of a fetch that was joined that is an error, 08006: the
 * transaction is over.  Interruptible.
 */
extern int64 fetch_query_id(Fetch *fetch, char **why);

/* Ends the stream and gives the connection back. */
extern void fetch_close(Fetch *fetch);

#endif							/* RSFED_FETCH_H */
