/*-------------------------------------------------------------------------
 *
 * drain.c
 *	  Reads the rest of the answer to a statement that is over.
 *
 * Policy: in a clean-up (reset of a memory context, after an error) interrupts are
 * not looked at and nothing may raise: there poll() waits, and not past a deadline.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "remote/internal.h"

#include "base/compat.h"

/* Is it the error of a statement that a cancel has ended, or a time limit? */
bool
is_cancelled(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return sqlstate != NULL && strcmp(sqlstate, "57014") == 0;
}

/*
 * PQgetResult(), which does not wait where PQisBusy() says so, and what it tells of
 * the connection: at the end of the statement's results (NULL) it is idle; a
 * statement that was cancelled has met the cancel that was sent to it.
 */
PGresult *
take_result(RemoteConnection *conn)
{
	PGresult   *result = PQgetResult(conn->pg);

	if (result == NULL)
		conn->busy = conn->ending = false;
	else if (is_cancelled(result))
		conn->cancel_at = 0;
	return result;
}

/* Drops the results that have arrived already, and notes the statement's end. */
void
drain_arrived(RemoteConnection *conn)
{
	bool		is_copy = false;

	/* of a COPY there is no end without an answer of ours */
	while (conn->busy && !is_copy && !PQisBusy(conn->pg))
	{
		PGresult   *result = take_result(conn);
		ExecStatusType status = PQresultStatus(result);

		is_copy = status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
		PQclear(result);
	}
}

/*
 * Waits for another socket (-1: for none) until the deadline, and meanwhile reads and
 * drops what comes of a statement.  False after the deadline, which a fast sender does
 * not move, if the connection is lost, and once the statement is over, unless a cancel
 * that was sent is not acknowledged yet; never raises.
 */
bool
drain_until(RemoteConnection *conn, int sock, short events, TimestampTz deadline)
{
	for (;;)
	{
		struct pollfd pfd[2] = {{.fd = sock, .events = events}, {.events = POLLIN}};
		long		timeout = TimestampDifferenceMilliseconds(monotonic_now(), deadline);
		int			left = PQflush(conn->pg);

		drain_arrived(conn);
		pfd[1].fd = conn->busy ? PQsocket(conn->pg) : -1;
		if ((!conn->busy && (sock < 0 || !conn->cancel_in_doubt)) || PQstatus(conn->pg) != CONNECTION_OK ||
			left < 0 || timeout <= 0)
			return false;
		if (left > 0)
			pfd[1].events |= POLLOUT;
		if (poll(pfd, 2, (int) timeout) < 0)
		{
			if (errno != EINTR)
				return false;
			continue;
		}
		if (pfd[1].revents != 0 && !PQconsumeInput(conn->pg))
			return false;
		if (pfd[0].revents != 0)
			return true;
	}
}

/*
 * Reads and drops what is left of a statement.  Returns whether the connection can
 * take another one by the deadline (in a block that has failed, ROLLBACK); never
 * raises.
 */
bool
drain_quietly(RemoteConnection *conn, TimestampTz deadline)
{
	(void) drain_until(conn, -1, 0, deadline);
	return !conn->busy && PQstatus(conn->pg) == CONNECTION_OK;
}
