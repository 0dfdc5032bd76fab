/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  Waits until Redshift has received a statement and answered it.
 *
 * Policy: functions of libpq that can block are never called; socket.c waits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/latch.h"

#include "remote/internal.h"

#include "base/compat.h"

/* Waits until all data is sent; raises 08006 if that is impossible. */
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

		/* the other side may not read until its own data has been read */
		came = wait_socket(PQsocket(conn->pg), WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE,
						   0, REMOTE_WAIT_SEND);
		if ((came & WL_SOCKET_READABLE) && !PQconsumeInput(conn->pg))
			report_lost(conn, PQerrorMessage(conn->pg));
	}
}

/*
 * Would wait_result() return without waiting?  Sends and receives as much as
 * is possible.  A lost connection needs no waiting either.
 */
bool
poll_result(RemoteConnection *conn)
{
	if (!PQisBusy(conn->pg))
		return true;
	(void) PQflush(conn->pg);
	if (!PQconsumeInput(conn->pg))
	{
		strlcpy(conn->end_words, PQerrorMessage(conn->pg), sizeof(conn->end_words));
		return true;
	}
	return !PQisBusy(conn->pg) || PQsocket(conn->pg) < 0;
}

/*
 * The next result of the statement, or NULL at its end (the connection is idle
 * then).  The caller clears it.  After silence_ms (0 = any) without a byte
 * from the other side, *silent is true and NULL is returned.  Interruptible.
 */
PGresult *
wait_result(RemoteConnection *conn, int silence_ms, bool *silent)
{
	PGconn	   *pg = conn->pg;
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
			 * After a failure PQgetResult() does not wait: it returns the last
			 * message of the other side, if there is one, or its own, which
			 * before 14 is about a socket that it has closed.
			 */
			if (!PQconsumeInput(pg))
			{
				strlcpy(conn->end_words, PQerrorMessage(pg), sizeof(conn->end_words));
				break;
			}
		}
	}
	return take_result(conn);
}
