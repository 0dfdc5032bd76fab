/*-------------------------------------------------------------------------
 *
 * execute.c
 *	  One remote command as a whole, by the simple protocol.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "remote/execute.h"

/*
 * Runs one command outside a transaction block and returns its tag, palloc'd.
 * Rows are discarded one by one; remote notices are passed on.  Interruptible;
 * raises the error of Redshift.
 */
char *
remote_execute(RemoteConnection *conn, const char *command)
{
	PGresult   *result;
	char	   *tag;
	char	   *notices;

	require_open(conn);
	result = run_simple(conn, command, 0);
	switch (PQresultStatus(result))
	{
		case PGRES_COMMAND_OK:
		case PGRES_TUPLES_OK:
		case PGRES_EMPTY_QUERY:
			break;
		default:
			report_result(conn, result, command);
	}
	tag = pstrdup(PQcmdStatus(result));
	PQclear(result);

	notices = notice_take(conn);
	if (notices != NULL)
		ereport(NOTICE,
				(errmsg_internal("%s", notices),
				 errcontext("command on Redshift server \"%s\"", conn->server_name)));
	return tag;
}

/* What run_simple() does, once. */
static PGresult *
run_once(RemoteConnection *conn, const char *command, int silence_ms)
{
	PGresult   *volatile last = NULL;
	char	   *text = to_wire(command);

	conn->notices_length = 0;
	conn->busy = true;
	conn->sent_at = monotonic_now();
	if (!PQsendQuery(conn->pg, text) || !PQsetSingleRowMode(conn->pg))
		report_lost(conn, PQerrorMessage(conn->pg));
	wait_sent(conn);

	PG_TRY();
	{
		for (;;)
		{
			bool		silent;
			PGresult   *result = wait_result(conn, silence_ms, &silent);
			ExecStatusType status;

			if (silent)
				report_lost(conn, psprintf("Nothing arrived for %d ms.", silence_ms));
			if (result == NULL)
				break;
			status = PQresultStatus(result);
			if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR)
			{
				PQclear(result);
				continue;
			}
			PQclear(last);
			last = result;
			if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("COPY from or to the client cannot be used")));
		}
	}
	PG_CATCH();
	{
		PQclear(last);
		PG_RE_THROW();
	}
	PG_END_TRY();

	if (last == NULL)
		report_lost(conn, PQerrorMessage(conn->pg));
	return last;
}

/*
 * Sends by the simple protocol and reads all results; returns the first error,
 * or else the last result (rows are dropped as they arrive).  The caller
 * clears it; it is in malloc'd memory, so no error may be raised before.
 * Interruptible; raises 08006 after silence_ms (0 = any) without a byte of an
 * answer.  A command outside of a block is sent once more if the cancel of an
 * earlier statement has ended it.
 */
PGresult *
run_simple(RemoteConnection *conn, const char *command, int silence_ms)
{
	bool		expects_cancel = remote_may_be_cancelled(conn) && PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
	PGresult   *result = run_once(conn, command, silence_ms);

	if (!expects_cancel || !is_cancelled(result))
		return result;
	PQclear(result);
	return run_once(conn, command, silence_ms);
}

/*
 * The rows of a small query of our own as an array of text, row by row,
 * palloc'd; NULL for a NULL.  Interruptible; raises the error of Redshift.
 */
char **
remote_fetch_all(RemoteConnection *conn, const char *query, int *nrows, int *ncolumns)
{
	RemoteStream *stream = remote_stream_open(conn, query, 0);
	RemoteColumns *columns = remote_stream_columns(stream);
	int			width = columns->count;
	int			room = 16;
	char	  **cells = palloc(room * Max(width, 1) * sizeof(char *));
	char	  **values;
	int		   *lengths;
	int			rows = 0;

	while (remote_stream_next(stream, &values, &lengths))
	{
		if (rows == room)
		{
			room *= 2;
			cells = repalloc(cells, room * Max(width, 1) * sizeof(char *));
		}
		for (int i = 0; i < width; i++)
			cells[rows * width + i] = values[i] ? from_wire(values[i]) : NULL;
		rows++;
	}
	remote_stream_close(stream);
	*nrows = rows;
	*ncolumns = width;
	return cells;
}
