/*-------------------------------------------------------------------------
 *
 * describe.c
 *	  Asks for the result columns of a query without running it.
 *
 * BEGIN; Parse; Describe; ROLLBACK, with the text as it is.  A wrapper with
 * LIMIT 0 would break on comments and semicolons and may run the aggregate;
 * and outside a transaction block servers of Redshift's age crash on Describe.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "remote/execute.h"

static void run_checked(RemoteConnection *conn, const char *command);
static PGresult *finish_sent(RemoteConnection *conn, int sent, int silence_ms);

/*
 * The columns, palloc'd; count 0 for a statement without a result.
 * Interruptible; raises the error of Redshift.  The connection stays usable
 * after an error, because the block is rolled back before the error is raised.
 */
RemoteColumns *
remote_describe(RemoteConnection *conn, const char *query, int silence_ms)
{
	RemoteColumns *columns = NULL;
	PGresult   *result;
	char	   *text = to_wire(query);

	require_open(conn);
	run_checked(conn, "BEGIN");

	conn->notices_length = 0;
	result = finish_sent(conn, PQsendPrepare(conn->pg, "", text, 0, NULL), silence_ms);
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
	{
		PQclear(result);
		result = finish_sent(conn, PQsendDescribePrepared(conn->pg, ""), silence_ms);
	}

	/* no error may be raised between here and the end of the block */
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
	{
		PG_TRY();
		{
			columns = columns_of_result(result);
		}
		PG_CATCH();
		{
			PQclear(result);
			PG_RE_THROW();
		}
		PG_END_TRY();
		PQclear(result);
		run_checked(conn, "ROLLBACK");
		return columns;
	}

	if (PQstatus(conn->pg) == CONNECTION_OK)
	{
		PGresult   *ended;

		PG_TRY();
		{
			ended = run_simple(conn, "ROLLBACK", 0);
		}
		PG_CATCH();
		{
			PQclear(result);
			PG_RE_THROW();
		}
		PG_END_TRY();
		PQclear(ended);
	}
	report_result(conn, result, query);
}

/* Runs a command that can fail only if the connection is lost. */
static void
run_checked(RemoteConnection *conn, const char *command)
{
	PGresult   *result = run_simple(conn, command, 0);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		report_result(conn, result, command);
	PQclear(result);
}

/* Waits for the one result of what was sent, and for the end after it. */
static PGresult *
finish_sent(RemoteConnection *conn, int sent, int silence_ms)
{
	PGresult   *volatile result = NULL;
	bool		silent;

	if (!sent)
		report_lost(conn, PQerrorMessage(conn->pg));
	conn->busy = true;
	conn->sent_at = monotonic_now();
	PG_TRY();
	{
		PGresult   *next;

		wait_sent(conn);
		while ((next = wait_result(conn, silence_ms, &silent)) != NULL)
		{
			if (result != NULL)
				PQclear(next);
			else
				result = next;
		}
		/* the caller that raises this closes the connection */
		if (silent)
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_FAILURE),
					 errmsg("Redshift server \"%s\" does not answer", conn->server_name),
					 errdetail("Nothing arrived for %d ms.", silence_ms)));
	}
	PG_CATCH();
	{
		PQclear(result);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (result == NULL)
		report_lost(conn, PQerrorMessage(conn->pg));
	return result;
}
