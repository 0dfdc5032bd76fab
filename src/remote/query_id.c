/*-------------------------------------------------------------------------
 *
 * query_id.c
 *	  The number by which Redshift knows a query.
 *
 * Policy: the number is for people, so no result depends on it.  If the answer
 * does not come, the connection may be lost, and with it a transaction that
 * reads on, but not the rows that were received outside of one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "remote/execute.h"

/*
 * Redshift reports 8.0.2; a server with a later version is not Redshift and
 * does not have the function.
 */
#define FIRST_OTHER_VERSION 90000

#define LOST "the connection was lost"

/* A function of the leader node, which uses no slot of workload management. */
#define QUERY_ID_QUERY "/* rsfed query id */ SELECT pg_last_query_id()"

/* Reads the number in the answer: -1 if no query has run yet, or NULL. */
static int64
read_id(const PGresult *result)
{
	char	   *end;
	int64		id;

	if (PQntuples(result) != 1 || PQnfields(result) != 1 || PQgetisnull(result, 0, 0))
		return 0;
	id = strtoll(PQgetvalue(result, 0, 0), &end, 10);
	return *end == '\0' && id > 0 ? id : 0;
}

/* See execute.h. */
bool
remote_query_id(RemoteConnection *conn, int silence_ms, int64 *id, char **why)
{
	PGresult   *result;
	int64		answer = 0;
	bool		silent = false;

	*id = 0;
	*why = NULL;
	if (conn->pg == NULL || conn->busy || PQstatus(conn->pg) != CONNECTION_OK)
	{
		*why = pstrdup(LOST);
		return false;
	}
	if (PQserverVersion(conn->pg) >= FIRST_OTHER_VERSION)
		return true;
	conn->notices_length = 0;
	conn->busy = true;
	conn->sent_at = monotonic_now();
	if (!PQsendQuery(conn->pg, QUERY_ID_QUERY))
		*why = from_wire(pchomp(PQerrorMessage(conn->pg)));
	else
	{
		while ((result = wait_result(conn, silence_ms, &silent)) != NULL)
		{
			char	   *message = NULL;

			if (PQresultStatus(result) == PGRES_TUPLES_OK)
				answer = read_id(result);
			else
			{
				message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
				message = pchomp(message ? message : PQresultErrorMessage(result));
			}
			PQclear(result);
			if (message != NULL)
				*why = from_wire(message);
		}
		if (PQstatus(conn->pg) != CONNECTION_OK)
			*why = pstrdup(LOST);
		else if (silent)
			*why = psprintf("nothing arrived for %d ms", silence_ms);
	}
	if (conn->busy)
	{
		/* nobody waits for the rest of it */
		PQfinish(conn->pg);
		conn->pg = NULL;
		conn->busy = conn->ending = false;
	}

	/*
	 * a query that only the leader node ran has no id, and the last one stays
	 */
	if (*why == NULL && answer != conn->query_id)
		*id = conn->query_id = answer;
	return *why == NULL;
}
