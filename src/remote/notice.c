/*-------------------------------------------------------------------------
 *
 * notice.c
 *	  Notices of Redshift.
 *
 * Redshift names the functions that it refuses in INFO messages, ahead of an
 * error that does not name them.  So notices are remembered until the statement
 * ends: report.c adds them to its error, execute.c passes them on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "remote/internal.h"

#include "base/compat.h"

/* Called by libpq in the middle of its work, so it must not raise: no palloc. */
void
notice_receive(void *arg, const PGresult *result)
{
	RemoteConnection *conn = arg;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	int			length;

	if (message == NULL)
		return;
	length = strlen(message);
	if (conn->notices_length + length + 2 > NOTICE_BUFFER_SIZE)
		return;
	if (conn->notices_length > 0)
		conn->notices[conn->notices_length++] = '\n';
	memcpy(conn->notices + conn->notices_length, message, length);
	conn->notices_length += length;
	conn->notices[conn->notices_length] = '\0';
}

/*
 * The notices since the last call, one per line, palloc'd; NULL if there are
 * none.
 */
char *
notice_take(RemoteConnection *conn)
{
	if (conn->notices_length == 0)
		return NULL;
	conn->notices_length = 0;
	return from_wire(conn->notices);
}
