/*-------------------------------------------------------------------------
 *
 * drain.c
 *	  Reads the rest of the answer to a statement that is over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "remote/internal.h"

#include "base/compat.h"

/* Notes the end of a failed statement, if it has arrived already. */
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
 * Reads and drops the rest of the answer to a cancelled statement.  Returns
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
