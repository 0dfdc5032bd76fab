/*-------------------------------------------------------------------------
 *
 * internal.h
 *	  Declarations that the files of src/remote/ share; no other file includes
 *	  it.
 *
 * compat.h tests macros of libpq-fe.h, so this file includes that one first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_REMOTE_INTERNAL_H
#define RSFED_REMOTE_INTERNAL_H

#include "libpq-fe.h"

#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/monotonic.h"
#include "remote/connection.h"
#include "remote/stream.h"

/*
 * The domain of messages of these files, which marks their errors as errors of
 * Redshift or of the way to it: see remote_raised().
 */
#undef TEXTDOMAIN
#define TEXTDOMAIN REMOTE_DOMAIN

/* Longest time that a clean-up or a cancel request may take. */
#define CLEANUP_TIMEOUT_MS	1000

/* Longest remembered text of remote notices. */
#define NOTICE_BUFFER_SIZE	2048

/* Longest remembered text of the reason why a connection broke. */
#define END_WORDS_SIZE	256

/* A file that cannot exist, for keywords whose default is a file of the server. */
#define NO_FILE "/dev/null/none"

/*
 * Members change only in the file named with them.  The struct is the first
 * thing in its own memory context, whose reset closes the connection.
 */
struct RemoteConnection
{
	PGconn	   *pg;				/* connect.c; NULL once closed */
	bool		has_fd;			/* connect.c: counted by AcquireExternalFD */
	bool		busy;			/* wait.c, drain.c: results are still to be
								 * read */
	bool		ending;			/* busy, but there is nothing more to cancel: it failed there, or was cancelled
								 * already */
	TimestampTz cancel_at;		/* cancel.c: when a cancel was sent that has ended no statement yet; 0 = none */
	bool		cancel_in_doubt;	/* cancel.c: a cancel was sent and not acknowledged */
	char		end_words[END_WORDS_SIZE];	/* wait.c: libpq's message about the lost connection */
	TimestampTz sent_at;		/* the statement in progress */
	dlist_node	node;			/* connection.c: of all open ones */
	MemoryContext context;
	MemoryContextCallback callback;
	char	   *server_name;
	RemoteTarget target;		/* a copy, for the log-in of a cancel */
	const char **parameter_keywords;	/* connect.c: as given to libpq */
	const char **parameter_values;
	char	   *address;		/* connect.c: the one that answered */
	int			connect_ms;
	RemoteStream *stream;		/* stream.c: the one in progress */
	RemoteSession pinned;		/* session.c */
	bool		is_pinned;
	const char *label;
	int64		query_id;		/* query_id.c: the last one told; 0 = none */
	char		notices[NOTICE_BUFFER_SIZE];	/* notice.c: since the last
												 * statement began */
	int			notices_length;
};

/* The wait events; each has its own name from PostgreSQL 17 on. */
typedef enum RemoteWait
{
	REMOTE_WAIT_RESOLVE,
	REMOTE_WAIT_CONNECT,
	REMOTE_WAIT_RESULT,
	REMOTE_WAIT_SEND
} RemoteWait;

/* environment.c */
extern void libpq_enter(void);
extern void libpq_leave(void);

/* resolve.c */
extern List *remote_resolve(const char *server_name, const char *host, TimestampTz deadline);

/* connect.c */
extern void connect_target(RemoteConnection *conn);
extern void connect_done(void);

/* keywords.c */
extern const char *target_value(const RemoteTarget *target, const char *keyword);

/* socket.c */
extern int	wait_socket(int sock, int events, TimestampTz deadline, RemoteWait what);

/* wait.c */
extern void wait_sent(RemoteConnection *conn);
extern PGresult *wait_result(RemoteConnection *conn, int silence_ms, bool *silent);
extern bool poll_result(RemoteConnection *conn);

/* drain.c */
extern void drain_arrived(RemoteConnection *conn);
extern bool drain_quietly(RemoteConnection *conn, TimestampTz deadline);
extern bool drain_until(RemoteConnection *conn, int sock, short events, TimestampTz deadline);
extern PGresult *take_result(RemoteConnection *conn);
extern bool is_cancelled(const PGresult *result);

/* leave.c */
extern void leave_statement(RemoteConnection *conn);
extern void close_quietly(RemoteConnection *conn);

/* session.c */
extern void session_pin(RemoteConnection *conn, const RemoteSession *session);

/* execute.c */
extern PGresult *run_simple(RemoteConnection *conn, const char *command, int silence_ms);

/* notice.c */
extern void notice_receive(void *arg, const PGresult *result);
extern char *notice_take(RemoteConnection *conn);

/* cancel.c */
extern void cancel_quietly(RemoteConnection *conn, TimestampTz deadline);

/* columns.c */
extern RemoteColumns *columns_of_result(const PGresult *result);

/* stream.c */
extern void stream_connection_closed(RemoteStream *stream);
extern void require_open(RemoteConnection *conn);

/* wire.c */
extern char *from_wire(const char *text);
extern char *to_wire(const char *text);

/* report.c */
pg_noreturn extern void report_result(RemoteConnection *conn, PGresult *result, const char *query);
pg_noreturn extern void report_lost(RemoteConnection *conn, const char *message);
pg_noreturn extern void report_connect(RemoteConnection *conn, const char *message);
pg_noreturn extern void report_connect_timeout(RemoteConnection *conn);
extern bool message_is_from_server(const char *message);

#endif							/* RSFED_REMOTE_INTERNAL_H */
