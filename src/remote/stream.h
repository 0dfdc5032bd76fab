/*-------------------------------------------------------------------------
 *
 * stream.h
 *	  The rows of one remote query, one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_STREAM_H
#define RSFED_STREAM_H

#include "remote/connection.h"

typedef struct RemoteColumn
{
	char	   *name;			/* in the database's encoding */
	Oid			type;			/* Redshift's type OID (redshift/types.h) */
	int32		typmod;
} RemoteColumn;

typedef struct RemoteColumns
{
	int			count;
	RemoteColumn *column;
} RemoteColumns;

/*
 * The position of the first column of that name, from 0; -1 if there is none.
 */
extern int	remote_columns_find(const RemoteColumns *columns, const char *name);

typedef struct RemoteStream RemoteStream;

/*
 * Sends the query (one statement, extended protocol, text format) and returns
 * without waiting.  The stream lives in the current memory context and belongs
 * to the connection. stall_timeout_ms: longest time without data after the
 * first row, 0 = no limit.
 */
extern RemoteStream *remote_stream_open(RemoteConnection *conn, const char *query,
										int stall_timeout_ms);

/*
 * Waits for the result's description; interruptible.  Raises the error of
 * Redshift (with its SQLSTATE, message and position). palloc'd with the
 * stream.  A statement that returns no columns gives count 0.
 */
extern RemoteColumns *remote_stream_columns(RemoteStream *stream);

/*
 * The next row: values[i] is NULL for a NULL, else a NUL-terminated text of
 * lengths[i] bytes in client encoding UTF8, valid until the next call.  False
 * at the end of the result.
 */
extern bool remote_stream_next(RemoteStream *stream, char ***values, int **lengths);

/*
 * Are the description and the next row, or the end, available without waiting?
 * Takes in what has arrived; raises 08006 for a stream that is silent for too
 * long, and nothing else.
 */
extern bool remote_stream_ready(RemoteStream *stream);

/* The socket to wait for and the events (of latch.h); -1 if the connection is lost. */
extern int	remote_stream_socket(RemoteStream *stream, int *events);

/* Rows and bytes (of values) received so far. */
extern int64 remote_stream_rows(RemoteStream *stream);
extern int64 remote_stream_bytes(RemoteStream *stream);

/*
 * Ends the stream.  Before its end what little is left is read; else the remote
 * query is cancelled, and the connection is closed unless it ends by that in about
 * the time that a log-in takes, a second at most.
 */
extern void remote_stream_close(RemoteStream *stream);

#endif							/* RSFED_STREAM_H */
