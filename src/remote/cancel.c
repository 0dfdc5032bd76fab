/*-------------------------------------------------------------------------
 *
 * cancel.c
 *	  Cancels a statement in Redshift when nobody waits for it any more.
 *
 * Policy: PQcancel() may block without limit, so it is never used. libpq 17
 * has a cancel that does not block; before, a second connection logs in and
 * sends CANCEL, as a person would.  Both happen in clean-ups: they wait by
 * poll(), never raise, and give up at the deadline; then Redshift notices the
 * closed connection by itself, or its statement_timeout does.
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
	libpq_enter();
	if (cancel != NULL && PQcancelStart(cancel))
	{
		PostgresPollingStatusType status = PGRES_POLLING_WRITING;

		while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
		{
			if (wait_socket_quietly(PQcancelSocket(cancel),
									status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
									deadline) == 0)
				break;
			status = PQcancelPoll(cancel);
		}
	}
	libpq_leave();
	PQcancelFinish(cancel);
	ReleaseExternalFD();
}

#else							/* !RSFED_HAVE_ASYNC_CANCEL */

static bool log_in_quietly(PGconn *pg, TimestampTz deadline);
static void ignore_notice(void *arg, const PGresult *result);

/* Logs in a second time, to the same address, and runs CANCEL there. */
void
cancel_quietly(RemoteConnection *conn, TimestampTz deadline)
{
	PGconn	   *pg;
	char		command[64];

	if (conn->parameter_keywords == NULL || !AcquireExternalFD())
		return;

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
		log_in_quietly(pg, deadline) &&
		PQsetnonblocking(pg, 1) == 0 && PQsendQuery(pg, command))
	{
		bool		alive = true;

		while (alive && PQisBusy(pg))
		{
			short		events = PQflush(pg) > 0 ? POLLIN | POLLOUT : POLLIN;

			alive = wait_socket_quietly(PQsocket(pg), events, deadline) != 0 &&
				PQconsumeInput(pg);
		}
	}
	libpq_leave();
	PQfinish(pg);
	ReleaseExternalFD();
}

/* Calls PQconnectPoll() until it ends, or until the deadline. */
static bool
log_in_quietly(PGconn *pg, TimestampTz deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
	{
		if (wait_socket_quietly(PQsocket(pg),
								status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
								deadline) == 0)
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
