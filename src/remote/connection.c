/*-------------------------------------------------------------------------
 *
 * connection.c
 *	  Opens, examines, leaves and closes a connection.
 *
 * Policy: a connection belongs to a memory context and to nothing else.  When
 * the context is reset or deleted (at the latest when a failed transaction is
 * cleaned up), the statement in progress is cancelled and the socket is
 * closed, within a second.  So no caller needs PG_TRY, and none can leak a
 * connection.  A process that ends cancels the statements of connections in
 * contexts that nothing resets any more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "storage/fd.h"
#include "storage/ipc.h"

#include "remote/internal.h"

#include "base/compat.h"

static dlist_head open_connections = DLIST_STATIC_INIT(open_connections);

static void cancel_at_exit(int code, Datum arg);
static RemoteConnection *connection_create(const RemoteTarget *target);
static void connection_reset(void *arg);
static void check_password_used(RemoteConnection *conn);

/*
 * Connects, logs in and pins the session: one round trip beside the log-in.
 * Lives in the current memory context.  See connection.h.
 */
RemoteConnection *
remote_connect(const RemoteTarget *target, const RemoteSession *session)
{
	RemoteConnection *conn = connection_create(target);

	connect_target(conn);
	check_password_used(conn);
	session_pin(conn, session);
	connect_done();
	return conn;
}

/* A connection that is not open yet, in a child of the current context. */
static RemoteConnection *
connection_create(const RemoteTarget *target)
{
	static bool watching_exit = false;
	MemoryContext context;
	MemoryContext old;
	RemoteConnection *conn;
	int			count = 0;

	if (!watching_exit)
	{
		before_shmem_exit(cancel_at_exit, (Datum) 0);
		watching_exit = true;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "rsfed connection",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	conn = palloc0(sizeof(RemoteConnection));
	conn->context = context;
	conn->server_name = pstrdup(target->server_name);
	while (target->keywords[count] != NULL)
		count++;
	conn->target = *target;
	conn->target.server_name = conn->server_name;
	conn->target.keywords = palloc0((count + 1) * sizeof(char *));
	conn->target.values = palloc0((count + 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
	{
		conn->target.keywords[i] = pstrdup(target->keywords[i]);
		conn->target.values[i] = target->values[i] ? pstrdup(target->values[i]) : NULL;
	}
	conn->callback.func = connection_reset;
	conn->callback.arg = conn;
	MemoryContextRegisterResetCallback(context, &conn->callback);
	dlist_push_tail(&open_connections, &conn->node);
	MemoryContextSwitchTo(old);
	return conn;
}

/*
 * The reset callback: cancels the statement in progress and closes, waiting at
 * most a second.  Runs in clean-ups, so it never raises.
 */
static void
connection_reset(void *arg)
{
	RemoteConnection *conn = arg;

	dlist_delete(&conn->node);
	if (conn->stream != NULL)
	{
		stream_connection_closed(conn->stream);
		conn->stream = NULL;
	}
	if (conn->pg != NULL)
	{
		if (conn->busy && !conn->ending && PQstatus(conn->pg) == CONNECTION_OK)
			cancel_quietly(conn, TimestampTzPlusMilliseconds(monotonic_now(),
															 CLEANUP_TIMEOUT_MS));
		PQfinish(conn->pg);
		conn->pg = NULL;
	}
	if (conn->has_fd)
	{
		ReleaseExternalFD();
		conn->has_fd = false;
	}
}

/*
 * At the end of the process: cancels all statements in progress, within a
 * second in all.
 */
static void
cancel_at_exit(int code, Datum arg)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(monotonic_now(),
													   CLEANUP_TIMEOUT_MS);
	dlist_iter	iter;

	dlist_foreach(iter, &open_connections)
	{
		RemoteConnection *conn = dlist_container(RemoteConnection, node, iter.cur);

		if (conn->pg != NULL && conn->busy && !conn->ending &&
			PQstatus(conn->pg) == CONNECTION_OK)
			cancel_quietly(conn, deadline);
		conn->ending = true;
	}
}

/* Ends the transaction block that is open, with no regard to how; or closes. */
static void
leave_block(RemoteConnection *conn)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(monotonic_now(), CLEANUP_TIMEOUT_MS);

	conn->notices_length = 0;
	conn->busy = true;
	conn->sent_at = monotonic_now();
	if (!PQsendQuery(conn->pg, "ROLLBACK") || !drain_quietly(conn, deadline) ||
		PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		close_quietly(conn);
}

/* See connection.h. */
void
remote_leave(RemoteConnection *conn)
{
	if (conn->stream != NULL)
	{
		stream_connection_closed(conn->stream);
		conn->stream = NULL;
	}

	/* a process that ends has cancelled already, and closes */
	if (proc_exit_inprogress)
		return;
	leave_statement(conn);
	if (conn->pg != NULL && PQstatus(conn->pg) == CONNECTION_OK &&
		PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		leave_block(conn);
}

/*
 * Closes at once, cancels the statement in progress, and frees the connection;
 * NULL is allowed.  Never raises.
 */
void
remote_close(RemoteConnection *conn)
{
	if (conn != NULL)
		MemoryContextDelete(conn->context);
}

/*
 * Refuses a log-in without a password where one is required: otherwise a user
 * who may create a server could use whatever lets the server's operating
 * system user in (trust, a client certificate, peer authentication).
 */
static void
check_password_used(RemoteConnection *conn)
{
	if (conn->target.require_password && !PQconnectionUsedPassword(conn->pg))
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("password is required"),
				 errdetail("Server \"%s\" let the session in without asking for a password.",
						   conn->server_name),
				 errhint("The server must ask for one, or a superuser sets password_required 'off' in the user mapping.")));
}

/*
 * Open, idle, outside a transaction, and not closed by the peer.  Looks at the
 * socket only, sends nothing; never raises.
 */
bool
remote_is_usable(RemoteConnection *conn)
{
	struct pollfd pfd;

	if (conn->pg == NULL || conn->busy || conn->cancel_in_doubt || conn->stream != NULL ||
		PQstatus(conn->pg) != CONNECTION_OK ||
		PQtransactionStatus(conn->pg) != PQTRANS_IDLE)
		return false;
	pfd.fd = PQsocket(conn->pg);
	pfd.events = POLLIN;
	pfd.revents = 0;
	if (poll(&pfd, 1, 0) > 0 && !PQconsumeInput(conn->pg))
		return false;
	return PQstatus(conn->pg) == CONNECTION_OK;
}

/* A parameter that the server reported about itself; NULL if it did not. */
const char *
remote_parameter(RemoteConnection *conn, const char *name)
{
	return conn->pg ? PQparameterStatus(conn->pg, name) : NULL;
}

/* The process that serves the session there; 0 once closed. */
int
remote_backend_pid(RemoteConnection *conn)
{
	return conn->pg ? PQbackendPID(conn->pg) : 0;
}

/* See connection.h. */
int
remote_socket(RemoteConnection *conn)
{
	return conn->pg ? PQsocket(conn->pg) : -1;
}

/* The duration of the log-in in ms, including name resolution. */
int
remote_connect_ms(RemoteConnection *conn)
{
	return conn->connect_ms;
}

/* The user that is logged in; lives with the connection. */
const char *
remote_user(RemoteConnection *conn)
{
	return target_value(&conn->target, "user");
}

/* The numeric address in use; lives with the connection. */
const char *
remote_address(RemoteConnection *conn)
{
	return conn->address;
}

/* "TLSv1.3, TLS_AES_256_GCM_SHA384", palloc'd; NULL without TLS. */
char *
remote_tls(RemoteConnection *conn)
{
	const char *protocol;
	const char *cipher;

	if (conn->pg == NULL || !PQsslInUse(conn->pg))
		return NULL;
	protocol = PQsslAttribute(conn->pg, "protocol");
	cipher = PQsslAttribute(conn->pg, "cipher");
	return psprintf("%s, %s", protocol ? protocol : "?", cipher ? cipher : "?");
}
