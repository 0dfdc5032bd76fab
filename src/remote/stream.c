/*-------------------------------------------------------------------------
 *
 * stream.c
 *	  The rows of one remote query, one by one.
 *
 * Policy: one plain statement in the extended protocol, text format, without
 * cursor and row limit. libpq returns single rows (some at a time from libpq
 * 17 on), so the rows in hand bound the memory, not the result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "storage/latch.h"

#include "remote/internal.h"

#include "base/compat.h"

/* Number of rows that libpq 17 returns at once. */
#define ROWS_PER_CHUNK	64

/* The struct is in its own memory context, whose reset ends the stream. */
struct RemoteStream
{
	RemoteConnection *conn;		/* NULL once it is closed */
	MemoryContext context;
	MemoryContextCallback callback;
	char	   *query;			/* for messages */
	int			stall_timeout_ms;
	PGresult   *result;			/* rows in hand */
	int			row;			/* the next of them */
	RemoteColumns *columns;		/* NULL before the description is there */
	char	  **values;
	int		   *lengths;
	bool		ended;
	bool		is_wanted;		/* the connection is to be used again */
	bool		is_in_block;	/* the query was sent in a transaction block */
	TimestampTz silent_since;	/* since when no data has been available; 0 = data was available */
	int64		rows;
	int64		bytes;
};

static void send_request(RemoteStream *stream);
static void stream_reset(void *arg);
static void stream_end(RemoteStream *stream);
static int	longest_silence(const RemoteStream *stream);
static bool fetch(RemoteStream *stream);
static RemoteColumns *read_columns(RemoteStream *stream, const PGresult *result);
pg_noreturn static void report_silence(RemoteStream *stream);

/* Sends the query and returns without waiting.  See stream.h. */
RemoteStream *
remote_stream_open(RemoteConnection *conn, const char *query, int stall_timeout_ms)
{
	MemoryContext context;
	RemoteStream *stream;

	require_open(conn);
	context = AllocSetContextCreate(CurrentMemoryContext, "rsfed stream",
									ALLOCSET_SMALL_SIZES);
	stream = MemoryContextAllocZero(context, sizeof(RemoteStream));
	stream->context = context;
	stream->query = MemoryContextStrdup(context, query);
	stream->stall_timeout_ms = stall_timeout_ms;
	stream->callback.func = stream_reset;
	stream->callback.arg = stream;
	MemoryContextRegisterResetCallback(context, &stream->callback);

	conn->stream = stream;
	stream->conn = conn;
	send_request(stream);
	return stream;
}

/* Sends the query; raises 08006 if it cannot be. */
static void
send_request(RemoteStream *stream)
{
	RemoteConnection *conn = stream->conn;
	char	   *text = to_wire(stream->query);

	stream->is_in_block = PQtransactionStatus(conn->pg) != PQTRANS_IDLE;
	conn->notices_length = 0;
	conn->busy = true;
	conn->sent_at = monotonic_now();
	if (!PQsendQueryParams(conn->pg, text, 0, NULL, NULL, NULL, NULL, 0) ||
		!RSFED_SET_ROW_MODE(conn->pg, ROWS_PER_CHUNK))
		report_lost(conn, PQerrorMessage(conn->pg));
}

/* The reset callback; never raises. */
static void
stream_reset(void *arg)
{
	RemoteStream *stream = arg;

	stream_end(stream);
}

/*
 * Releases the connection.  If it is to be used again, the statement in progress
 * is ended or the connection is closed: see leave.c.  After an error the statement
 * is only cancelled, within a second: the connection stays busy until a caller
 * asks for it.  Never raises.
 */
static void
stream_end(RemoteStream *stream)
{
	RemoteConnection *conn = stream->conn;

	PQclear(stream->result);
	stream->result = NULL;
	stream->ended = true;
	if (conn == NULL)
		return;
	stream->conn = NULL;
	conn->stream = NULL;
	if (stream->is_wanted)
		leave_statement(conn);
	else if (conn->busy && conn->pg != NULL)
	{
		if (PQstatus(conn->pg) == CONNECTION_OK && !conn->ending)
			cancel_quietly(conn, TimestampTzPlusMilliseconds(monotonic_now(), CLEANUP_TIMEOUT_MS));
		conn->ending = true;
	}
}

/* Called when the connection is closed before its stream. */
void
stream_connection_closed(RemoteStream *stream)
{
	PQclear(stream->result);
	stream->result = NULL;
	stream->ended = true;
	stream->conn = NULL;
}

/*
 * Raises 08003 unless the connection can take a statement.  Waits,
 * interruptibly, for the end of a statement that failed or was cancelled: a
 * caller that caught its error may use the connection again, unless a cancel was
 * sent and not acknowledged.
 */
void
require_open(RemoteConnection *conn)
{
	if (conn->pg != NULL && conn->busy && conn->ending)
	{
		PGresult   *result;

		while ((result = wait_result(conn, 0, NULL)) != NULL)
			PQclear(result);
	}
	if (!conn->busy && conn->stream != NULL)
	{
		stream_connection_closed(conn->stream);
		conn->stream = NULL;
	}
	if (conn->pg == NULL || PQstatus(conn->pg) != CONNECTION_OK || conn->cancel_in_doubt)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_DOES_NOT_EXIST),
				 errmsg("the connection to Redshift server \"%s\" is closed", conn->server_name)));
	if (conn->busy)
		elog(ERROR, "the connection to Redshift server \"%s\" is in use", conn->server_name);
}

/* Ends the stream and frees it; see stream.h. */
void
remote_stream_close(RemoteStream *stream)
{
	stream->is_wanted = true;
	MemoryContextDelete(stream->context);
}

/*
 * Waits for the description of the result.  Interruptible; raises the error of
 * Redshift.
 */
RemoteColumns *
remote_stream_columns(RemoteStream *stream)
{
	if (stream->columns == NULL)
		(void) fetch(stream);
	return stream->columns;
}

/* The next row; false at the end.  Interruptible.  See stream.h. */
bool
remote_stream_next(RemoteStream *stream, char ***values, int **lengths)
{
	int			ncolumns;

	while (stream->result == NULL || stream->row >= PQntuples(stream->result))
	{
		if (!fetch(stream))
			return false;
	}

	ncolumns = stream->columns->count;
	for (int i = 0; i < ncolumns; i++)
	{
		if (PQgetisnull(stream->result, stream->row, i))
		{
			stream->values[i] = NULL;
			stream->lengths[i] = 0;
		}
		else
		{
			stream->values[i] = PQgetvalue(stream->result, stream->row, i);
			stream->lengths[i] = PQgetlength(stream->result, stream->row, i);
			stream->bytes += stream->lengths[i];
		}
	}
	stream->row++;
	stream->rows++;
	*values = stream->values;
	*lengths = stream->lengths;
	return true;
}

/*
 * The longest time without data from now on, in ms; 0 = any time.  A query may
 * run for as long as Redshift allows before its first row; if not even
 * Redshift's time-out arrives, the host has stopped or the network is down.
 * After the first row, data must keep arriving.
 */
static int
longest_silence(const RemoteStream *stream)
{
	int			limit_ms = stream->conn->pinned.statement_timeout_ms;

	if (stream->rows > 0 || stream->stall_timeout_ms == 0)
		return stream->stall_timeout_ms;
	return limit_ms == 0 ? 0 : (int) Min((int64) limit_ms + stream->stall_timeout_ms, INT_MAX);
}

/*
 * Sends the query once more and takes its first result: a cancel of an earlier
 * statement has ended it.
 */
static bool
fetch_again(RemoteStream *stream)
{
	PGresult   *result;
	bool		silent;

	while ((result = wait_result(stream->conn, longest_silence(stream), &silent)) != NULL)
		PQclear(result);
	if (silent)
		report_silence(stream);
	send_request(stream);
	return fetch(stream);
}

/* Takes the next result into stream->result; false at the end of all. */
static bool
fetch(RemoteStream *stream)
{
	RemoteConnection *conn = stream->conn;
	ExecStatusType status;
	PGresult   *result;
	bool		silent;
	bool		expects_cancel;

	PQclear(stream->result);
	stream->result = NULL;
	if (stream->ended)
		return false;
	if (conn == NULL || conn->pg == NULL)
		elog(ERROR, "the connection of a stream was closed");

	expects_cancel = stream->columns == NULL && !stream->is_in_block && remote_may_be_cancelled(conn);
	result = wait_result(conn, longest_silence(stream), &silent);
	if (silent)
		report_silence(stream);
	if (result == NULL)
	{
		stream->ended = true;
		return false;
	}

	status = PQresultStatus(result);
	switch (status)
	{
		RSFED_CASE_ROWS:
		case PGRES_TUPLES_OK:
		case PGRES_COMMAND_OK:
		case PGRES_EMPTY_QUERY:
			break;
		case PGRES_COPY_IN:
		case PGRES_COPY_OUT:
		case PGRES_COPY_BOTH:
			PQclear(result);
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("COPY from or to the client cannot be used")));
			break;
		default:
			if (expects_cancel && is_cancelled(result))
			{
				PQclear(result);
				return fetch_again(stream);
			}
			report_result(conn, result, stream->query);
	}

	stream->result = result;
	stream->row = 0;
	if (stream->columns == NULL)
		stream->columns = read_columns(stream, result);
	return true;
}

/* See stream.h. */
bool
remote_stream_ready(RemoteStream *stream)
{
	RemoteConnection *conn = stream->conn;
	int			limit_ms;

	if (stream->ended || conn == NULL || conn->pg == NULL ||
		(stream->result != NULL && stream->row < PQntuples(stream->result)))
		return true;
	if (!poll_result(conn))
	{
		limit_ms = longest_silence(stream);
		if (stream->silent_since == 0)
			stream->silent_since = monotonic_now();
		else if (limit_ms > 0 && monotonic_now() > TimestampTzPlusMilliseconds(stream->silent_since, limit_ms))
			report_silence(stream);
		return false;
	}
	stream->silent_since = 0;
	return true;
}

/* See stream.h. */
int
remote_stream_socket(RemoteStream *stream, int *events)
{
	RemoteConnection *conn = stream->conn;

	*events = WL_SOCKET_READABLE;
	if (conn == NULL || conn->pg == NULL)
		return -1;
	if (PQflush(conn->pg) > 0)
		*events |= WL_SOCKET_WRITEABLE;
	return PQsocket(conn->pg);
}

/* Copies the description; lives with the stream. */
static RemoteColumns *
read_columns(RemoteStream *stream, const PGresult *result)
{
	MemoryContext old = MemoryContextSwitchTo(stream->context);
	RemoteColumns *columns = columns_of_result(result);

	stream->values = palloc0(Max(columns->count, 1) * sizeof(char *));
	stream->lengths = palloc0(Max(columns->count, 1) * sizeof(int));
	MemoryContextSwitchTo(old);
	return columns;
}

/* Raises 08006 for a stream that is silent for too long; the clean-up cancels it. */
static void
report_silence(RemoteStream *stream)
{
	RemoteConnection *conn = stream->conn;

	if (stream->rows == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("Redshift server \"%s\" does not answer any more", conn->server_name),
				 errdetail("Nothing arrived for %d s, though it ends statements after %d s.",
						   longest_silence(stream) / 1000, conn->pinned.statement_timeout_ms / 1000),
				 errhint("Its host has stopped, or the network does not bring its answers. The options statement_timeout and stall_timeout of the server together say how long that may last.")));
	ereport(ERROR,
			(errcode(ERRCODE_CONNECTION_FAILURE),
			 errmsg("Redshift server \"%s\" fell silent in the middle of a result",
					conn->server_name),
			 errdetail("Nothing arrived for %d s, after " INT64_FORMAT " rows.",
					   stream->stall_timeout_ms / 1000, stream->rows),
			 errhint("The option stall_timeout of the server says how long that may last.")));
}

/* Rows received so far. */
int64
remote_stream_rows(RemoteStream *stream)
{
	return stream->rows;
}

/* Bytes of values received so far. */
int64
remote_stream_bytes(RemoteStream *stream)
{
	return stream->bytes;
}
