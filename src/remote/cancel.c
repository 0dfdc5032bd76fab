/*-------------------------------------------------------------------------
 *
 * cancel.c
 *	  Cancels a statement in Redshift when nobody waits for it any more.
 *
 * Policy: PQcancel() may block without limit, so it is never used. libpq 17
 * has a cancel that does not block; before, a second connection logs in and
 * sends CANCEL, as a person would.  Both happen in clean-ups: they wait by
 * poll(), never raise, and give up at the deadline; then Redshift notices the
 * closed connection by itself, or its statement_timeout does.  Meanwhile the
 * results of the statement are read: no cancel is sent if it has ended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "storage/fd.h"

#include "remote/internal.h"

#include "base/compat.h"

#if RSFED_HAVE_ASYNC_CANCEL

/* Sends a cancel request and waits, until the deadline, for it to be taken. */
void
cancel_quietly(RemoteConnection *conn, TimestampTz deadline)
{
	PGcancelConn *cancel;

	if (!AcquireExternalFD())
		return;
	cancel = PQcancelCreate(conn->pg);
	conn->cancel_at = 0;
	libpq_enter();
	if (cancel != NULL && PQcancelStart(cancel))
	{
		PostgresPollingStatusType status = PGRES_POLLING_WRITING;

		while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
		{
			if (!drain_until(conn, PQcancelSocket(cancel),
							 status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
				break;
			/* any of these may send it; the other side has taken it when it closes */
			conn->cancel_at = monotonic_now();
			conn->cancel_in_doubt = true;
			status = PQcancelPoll(cancel);
			if (status == PGRES_POLLING_OK)
				conn->cancel_in_doubt = false;
		}
	}
	libpq_leave();
	PQcancelFinish(cancel);
	ReleaseExternalFD();
}

#else							/* !RSFED_HAVE_ASYNC_CANCEL */

static bool log_in_quietly(RemoteConnection *conn, PGconn *pg, TimestampTz deadline);
static void ignore_notice(void *arg, const PGresult *result);

/* Logs in a second time, to the same address, and runs CANCEL there. */
void
cancel_quietly(RemoteConnection *conn, TimestampTz deadline)
{
	PGconn	   *pg;
	char		command[64];

	if (conn->parameter_keywords == NULL || !AcquireExternalFD())
		return;

	conn->cancel_at = 0;

	/*
	 * the parameters of the first log-in, including its address, so there is
	 * nothing to resolve
	 */
	libpq_enter();
	pg = PQconnectStartParams(conn->parameter_keywords, conn->parameter_values, 0);
	if (pg != NULL)
		PQsetNoticeReceiver(pg, ignore_notice, NULL);
	snprintf(command, sizeof(command), "CANCEL %d", PQbackendPID(conn->pg));
	if (pg != NULL && PQstatus(pg) != CONNECTION_BAD &&
		log_in_quietly(conn, pg, deadline) &&
		PQsetnonblocking(pg, 1) == 0 && PQsendQuery(pg, command))
	{
		bool		alive = true;

		conn->cancel_at = monotonic_now();
		conn->cancel_in_doubt = true;
		while (alive && PQisBusy(pg))
		{
			short		events = PQflush(pg) > 0 ? POLLIN | POLLOUT : POLLIN;

			alive = drain_until(conn, PQsocket(pg), events, deadline) && PQconsumeInput(pg);
		}
		if (alive)
			conn->cancel_in_doubt = false;
	}
	libpq_leave();
	PQfinish(pg);
	ReleaseExternalFD();
}

/* Calls PQconnectPoll() until it ends, or the statement does, or until the deadline. */
static bool
log_in_quietly(RemoteConnection *conn, PGconn *pg, TimestampTz deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
	{
		if (!drain_until(conn, PQsocket(pg),
						 status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
			return false;
		status = PQconnectPoll(pg);
	}
	return status == PGRES_POLLING_OK;
}

/* libpq's own would print to the server's log. */
static void
ignore_notice(void *arg, const PGresult *result)
{
	(void) arg;
	(void) result;
}

#endif							/* RSFED_HAVE_ASYNC_CANCEL */
