/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  Waiting for Redshift: interruptibly, or in a clean-up for a second.
 *
 * Policy: no call of libpq that can block is ever made.  Sending and receiving
 * wait for the socket and the session's latch together.  In a clean-up (reset
 * of a memory context, after an error) interrupts are not looked at and
 * nothing may raise: there poll() waits, and not past a deadline.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "miscadmin.h"
#include "storage/latch.h"

#include "remote/internal.h"

#include "base/compat.h"

static uint32 wait_event(RemoteWait what);

/*
 * Waits for WL_SOCKET_* events on a socket or pipe; returns those that came,
 * 0 after the deadline (0 = none).  Interruptible: raises what an interrupt
 * raises.
 */
int
wait_socket(int sock, int events, TimestampTz deadline, RemoteWait what)
{
	for (;;)
	{
		int			wanted = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | events;
		long		timeout = -1;
		int			came;

		CHECK_FOR_INTERRUPTS();
		if (deadline != 0)
		{
			timeout = TimestampDifferenceMilliseconds(monotonic_now(), deadline);
			if (timeout <= 0)
				return 0;
			wanted |= WL_TIMEOUT;
		}
		came = WaitLatchOrSocket(MyLatch, wanted, sock, timeout, wait_event(what));
		if (came & WL_LATCH_SET)
		{
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		if (came & events)
			return came & events;
	}
}

/* The same with POLLIN and POLLOUT for a clean-up: never raises. */
int
wait_socket_quietly(int sock, short events, TimestampTz deadline)
{
	for (;;)
	{
		struct pollfd pfd;
		long		timeout;
		int			count;

		timeout = TimestampDifferenceMilliseconds(monotonic_now(), deadline);
		if (timeout <= 0)
			return 0;
		pfd.fd = sock;
		pfd.events = events;
		pfd.revents = 0;
		count = poll(&pfd, 1, (int) timeout);
		if (count > 0)
			return pfd.revents;
		if (count < 0 && errno != EINTR)
			return 0;
	}
}

/* Waits until all that was to be sent is sent; raises 08006 if it cannot be. */
void
wait_sent(RemoteConnection *conn)
{
	for (;;)
	{
		int			left = PQflush(conn->pg);
		int			came;

		if (left == 0)
			return;
		if (left < 0)
			report_lost(conn, PQerrorMessage(conn->pg));

		/* the other side may not read before we have read what it sends */
		came = wait_socket(PQsocket(conn->pg), WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE,
						   0, REMOTE_WAIT_SEND);
		if ((came & WL_SOCKET_READABLE) && !PQconsumeInput(conn->pg))
			report_lost(conn, PQerrorMessage(conn->pg));
	}
}

/*
 * The next result of what was sent, or NULL at its end (the connection is idle
 * then).  The caller clears it.  After silence_ms (0 = any) without a byte from
 * the other side, *silent is true and NULL is returned.  Interruptible.
 */
PGresult *
wait_result(RemoteConnection *conn, int silence_ms, bool *silent)
{
	PGconn	   *pg = conn->pg;
	PGresult   *result;
	TimestampTz deadline = 0;

	if (silent != NULL)
		*silent = false;
	while (PQisBusy(pg))
	{
		int			events = WL_SOCKET_READABLE;
		int			came;

		if (PQflush(pg) > 0)
			events |= WL_SOCKET_WRITEABLE;
		if (silence_ms > 0 && deadline == 0)
			deadline = TimestampTzPlusMilliseconds(monotonic_now(), silence_ms);
		if (PQsocket(pg) < 0)
			break;
		came = wait_socket(PQsocket(pg), events, deadline, REMOTE_WAIT_RESULT);
		if (came == 0)
		{
			*silent = true;
			return NULL;
		}
		if (came & WL_SOCKET_READABLE)
		{
			deadline = 0;

			/*
			 * After a failure PQgetResult() does not wait: it gives the last
			 * words of the other side, if there are any, or its own, which
			 * before 14 are about a socket that it has closed.
			 */
			if (!PQconsumeInput(pg))
			{
				strlcpy(conn->end_words, PQerrorMessage(pg), sizeof(conn->end_words));
				break;
			}
		}
	}
	result = PQgetResult(pg);
	if (result == NULL)
		conn->busy = conn->ending = false;
	return result;
}

/* Takes note of the end of a statement that failed, if it has arrived already. */
void
drain_arrived(RemoteConnection *conn)
{
	while (conn->busy && !PQisBusy(conn->pg))
	{
		PGresult   *result = PQgetResult(conn->pg);

		if (result == NULL)
			conn->busy = conn->ending = false;
		PQclear(result);
	}
}

/*
 * Reads and drops what is left of a statement that was cancelled.  Returns
 * whether the connection is idle by the deadline; never raises.
 */
bool
drain_quietly(RemoteConnection *conn, TimestampTz deadline)
{
	PGconn	   *pg = conn->pg;

	for (;;)
	{
		PGresult   *result;

		while (PQisBusy(pg))
		{
			int			left = PQflush(pg);

			if (left < 0 || PQsocket(pg) < 0)
				return false;
			if (wait_socket_quietly(PQsocket(pg), left > 0 ? POLLIN | POLLOUT : POLLIN,
									deadline) == 0)
				return false;
			if (!PQconsumeInput(pg))
				return false;
		}

		/* a fast sender must not keep us here */
		if (monotonic_now() >= deadline)
			return false;
		result = PQgetResult(pg);
		if (result == NULL)
			break;
		PQclear(result);
	}
	conn->busy = conn->ending = false;
	return PQstatus(pg) == CONNECTION_OK && PQtransactionStatus(pg) == PQTRANS_IDLE;
}

/* The number of a wait event; allocated at its first use. */
static uint32
wait_event(RemoteWait what)
{
	static uint32 events[REMOTE_WAIT_SEND + 1] = {0};

	if (events[what] == 0)
	{
		switch (what)
		{
			case REMOTE_WAIT_RESOLVE:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedResolve");
				break;
			case REMOTE_WAIT_CONNECT:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedConnect");
				break;
			case REMOTE_WAIT_RESULT:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedResult");
				break;
			case REMOTE_WAIT_SEND:
				events[what] = RSFED_WAIT_EVENT_NEW("RsfedSend");
				break;
		}
	}
	return events[what];
}
