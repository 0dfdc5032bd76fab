/*-------------------------------------------------------------------------
 *
 * connection.h
 *	  A connection to one Redshift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_CONNECTION_H
#define RSFED_CONNECTION_H

#include "utils/timestamp.h"

/*
 * The target of a connection: built by source/ from a foreign server and a
 * mapping.
 */
typedef struct RemoteTarget
{
	const char *server_name;	/* for messages only */
	const char **keywords;		/* of libpq, NULL-terminated */
	const char **values;		/* the same number; the password is in here */
	int			connect_timeout_ms; /* for name resolution to log-in together */
	bool		require_password;	/* refuse a log-in that asked for none */
} RemoteTarget;

/*
 * Settings of the session that decide its answers: pinned, whatever the
 * warehouse user's defaults.
 */
typedef struct RemoteSession
{
	const char *timezone;		/* IANA name; NULL = UTC */
	const char *search_path;	/* as Redshift reads it; NULL = "$user", public */
	int			statement_timeout_ms;	/* 0 = none */
	bool		read_only;
	bool		case_sensitive; /* enable_case_sensitive_identifier */
	bool		nested_as_json; /* arrays, structs and maps of Spectrum come as JSON; else as
								 * the user has it */
	const char *label;			/* query_group, in the same round trip; NULL =
								 * leave it as it is */
} RemoteSession;

typedef struct RemoteConnection RemoteConnection;

/*
 * Connects, logs in and pins the session.  The connection lives in the current
 * memory context: deleting or resetting it (so also an aborted subtransaction,
 * where it is CurTransactionContext) cancels the statement in progress and
 * closes the socket, waiting at most a second.  Interruptible; raises 08001
 * (not reached, TLS), 28P01 / 28000 (log-in) and errors of the server.
 */
extern RemoteConnection *remote_connect(const RemoteTarget *target,
										const RemoteSession *session);

/* Pins an open, idle connection anew; sends only what differs. */
extern void remote_session_set(RemoteConnection *conn, const RemoteSession *session);

/* Open, idle, outside a transaction and not closed by the peer (no query). */
extern bool remote_is_usable(RemoteConnection *conn);

/*
 * Ends what runs there and the transaction block that is open, by ROLLBACK, for
 * whoever reads no more: the connection can be used again then, or it is closed.
 * Its stream gives no more rows.  Waits about as long as a log-in takes beside the
 * cancel and the ROLLBACK, a second at most for each; never raises.
 */
extern void remote_leave(RemoteConnection *conn);

/*
 * May a cancel that was sent for an earlier statement still end the next one?  That
 * one is sent once more then, unless it has given a row or is in a block.
 */
extern bool remote_may_be_cancelled(RemoteConnection *conn);

/* Closes at once; never raises.  A statement in progress is cancelled. */
extern void remote_close(RemoteConnection *conn);

/*
 * Returns the step in which the last remote_connect() of this process failed,
 * or REMOTE_STEP_DONE, and forgets it.  For check_server().
 */
typedef enum RemoteStep
{
	REMOTE_STEP_RESOLVE,
	REMOTE_STEP_TCP,
	REMOTE_STEP_TLS,
	REMOTE_STEP_LOGIN,
	REMOTE_STEP_SESSION,		/* logged in, but not pinned */
	REMOTE_STEP_DONE
} RemoteStep;

extern RemoteStep remote_last_step(void);

/*
 * The duration of the log-in, including name resolution, and the address in
 * use.
 */
extern int	remote_connect_ms(RemoteConnection *conn);
extern const char *remote_user(RemoteConnection *conn);
extern const char *remote_address(RemoteConnection *conn);

/* "TLSv1.3, TLS_AES_256_GCM_SHA384", palloc'd; NULL without TLS. */
extern char *remote_tls(RemoteConnection *conn);

/*
 * Facts known since log-in, without a query.  NULL if the server did not
 * report them.
 */
extern const char *remote_parameter(RemoteConnection *conn, const char *name);
extern int	remote_backend_pid(RemoteConnection *conn);

/* The socket, for poll() and shutdown(); -1 once closed. */
extern int	remote_socket(RemoteConnection *conn);

/*
 * Did remote/ raise the error, so that it comes from Redshift or from the way
 * to it, and not from this server or from an interrupt?  The domain of its
 * message tells.
 */
#define REMOTE_DOMAIN "rsfed remote"
extern bool remote_raised(const struct ErrorData *error);

#endif							/* RSFED_CONNECTION_H */
