/*-------------------------------------------------------------------------
 *
 * source.h
 *	  Turns the name of a source into a working connection.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_SOURCE_H
#define RSFED_SOURCE_H

#include "remote/connection.h"
#include "source/request.h"
#include "source/server.h"

typedef struct SourceConnection
{
	RemoteConnection *conn;
	Oid			serverid;
	const char *server;			/* the source, or the member that was chosen */
	int			stall_timeout_ms;
	bool		is_new;			/* the log-in was made for this request */
	bool		is_check;		/* it works only if the whole check succeeds */
	struct HealthUse *use;		/* the use that the server counts until it is returned */
	struct KeptUse *kept;		/* source.c's own; NULL if it is not kept */
} SourceConnection;

/*
 * Checks without connecting that userid has USAGE on the source (42501) and a
 * user mapping, its own or PUBLIC's (42704, hint: rsfed.set_credentials).
 */
extern void source_check_usage(const char *source, Oid userid);

/* The same as an answer; a server that does not exist is not usable. */
extern bool source_is_usable(const char *source, Oid userid);

/*
 * Connects as above, to the server or to the member of the group whose turn it
 * is, or takes the kept connection of the same server, mapping and options.
 * Lives in the current memory context unless kept.  A run waits while each
 * server that it may use has its max_runs.
 */
extern SourceConnection *source_connect(const SourceRequest *request);

/*
 * Does some work with a connection and returns the connection.  If a member of
 * a group fails for a reason of its own, the work is repeated at the next one:
 * so it must produce no output before it ends, and be able to restart.  With a
 * group it runs in a subtransaction, in the caller's memory context.
 */
typedef void (*SourceWork) (SourceConnection *source, void *arg);
extern void source_with(const SourceRequest *request, SourceWork work, void *arg);

/* The same, but its error is returned, palloc'd; NULL if it worked.  Raises interrupts. */
extern struct ErrorData *source_attempt(const SourceRequest *request, SourceWork work, void *arg);

/*
 * Sets up the session of an open connection for another request with the same
 * source and user; may be used in a transaction there, which must then commit.
 */
extern void source_repin(SourceConnection *source, const SourceRequest *request);

/*
 * Returns it: kept if that was requested and it is usable, otherwise closed.
 * Not called after an error: the memory context closes it.
 */
extern void source_release(SourceConnection *source);

/*
 * The same after an error, which says nothing of the server's health: what runs
 * there ends, as remote_leave() does it.  Never raises.
 */
extern void source_leave(SourceConnection *source);

/* Closes kept connections idle for longer than that many seconds (0: all). */
extern void source_close_idle(int older_than_s);

#endif							/* RSFED_SOURCE_H */
