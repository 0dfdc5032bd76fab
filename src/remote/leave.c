/*-------------------------------------------------------------------------
 *
 * leave.c
 *	  Leaving a statement whose rest nobody wants, so that the connection stays.
 *
 * Policy: the rest of a small result is read.  A greater one is cancelled, and what
 * is still on its way is read.  If that takes longer than a log-in, beside the
 * cancel, the connection is closed instead.
 *
 * A cancel does not travel over the connection, so it may reach Redshift after the
 * statement has ended, and end the next one.  So the connection is kept only if the
 * cancel was acknowledged: a server of PostgreSQL's kind has passed it on by then.  If
 * this statement ended without it, the next one outside of a block is sent once more
 * if it is cancelled there within some seconds and before its first row; and no block
 * is begun over such a connection.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"

/*
 * Longest time to read on before a cancel is sent, which costs more.  Where a cancel
 * is a log-in, there is time enough while that is made.
 */
#define READ_ON_MS	(RSFED_HAVE_ASYNC_CANCEL ? 20 : 0)

/* A cancel that met no statement is not expected any more after this time. */
#define STRAY_CANCEL_MS	5000

/* The rest of a cancelled statement may take this long where a log-in takes less. */
#define LEAST_DRAIN_MS	50

/* Closes; the struct stays, for whoever looks at it next.  Never raises. */
void
close_quietly(RemoteConnection *conn)
{
	PQfinish(conn->pg);
	conn->pg = NULL;
	conn->busy = conn->ending = false;
}

/*
 * Ends the statement in progress: afterwards the connection is idle, perhaps in a
 * block that has failed, or closed.  Waits for a second at most; never raises.
 */
void
leave_statement(RemoteConnection *conn)
{
	TimestampTz now = monotonic_now();
	TimestampTz deadline = TimestampTzPlusMilliseconds(now, CLEANUP_TIMEOUT_MS);
	TimestampTz read_until;

	if (conn->pg == NULL || !conn->busy)
		return;
	if (!conn->ending)
	{
		(void) drain_quietly(conn, TimestampTzPlusMilliseconds(now, Min(conn->connect_ms / 4 + 1, READ_ON_MS)));
		if (conn->busy && PQstatus(conn->pg) == CONNECTION_OK)
			cancel_quietly(conn, deadline);
	}
	read_until = TimestampTzPlusMilliseconds(monotonic_now(), Max(conn->connect_ms, LEAST_DRAIN_MS));
	if (!drain_quietly(conn, Min(deadline, read_until)) || conn->cancel_in_doubt)
		close_quietly(conn);
}

/* See connection.h. */
bool
remote_may_be_cancelled(RemoteConnection *conn)
{
	return conn->cancel_at != 0 &&
		!TimestampDifferenceExceeds(conn->cancel_at, monotonic_now(), STRAY_CANCEL_MS);
}
