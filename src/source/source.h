/*-------------------------------------------------------------------------
 *
 * source.h
 *	  From the name of a source to a connection that works.
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
	const char *server;			/* that of the source, or the member that was chosen */
	int			stall_timeout_ms;
	bool		is_new;			/* the log-in was made for this request */
	bool		is_check;		/* it works once all of the check has */
	struct HealthUse *use;		/* what the server counts until it is given back */
	struct KeptUse *kept;		/* source.c's own; NULL if it is not kept */
} SourceConnection;

/*
 * Checks without connecting that userid has USAGE on the source (42501) and a
 * user mapping, its own or PUBLIC's (42704, hint: rsfed.set_credentials).
 */
extern void source_check_usage(const char *source, Oid userid);

/* The same as an answer; a server that is not there is not usable. */
extern bool source_is_usable(const char *source, Oid userid);

/*
 * Connects as above, to the server or to the member of the group whose turn it
 * is, or takes the kept connection of the same server, mapping and options.
 * Lives in the current memory context unless kept.  A run waits while each server
 * that it may go to has its max_runs.
 */
extern SourceConnection *source_connect(const SourceRequest *request);

/*
 * Does some work with a connection and gives that back.  Where a member of a group
 * fails for a reason of its own, the work is done at the next one: it must give
 * nothing out before it ends, and begin afresh.  With a group it stands in a
 * subtransaction; memory is the caller's.
 */
typedef void (*SourceWork) (SourceConnection *source, void *arg);
extern void source_with(const SourceRequest *request, SourceWork work, void *arg);

/* The same, but its error is returned, palloc'd; NULL if it worked.  Raises interrupts. */
extern struct ErrorData *source_attempt(const SourceRequest *request, SourceWork work, void *arg);

/*
 * Makes the session of an open connection the one of another request for the
 * same source and user; may be in a transaction there, which must commit then.
 */
extern void source_repin(SourceConnection *source, const SourceRequest *request);

/*
 * Gives it back: kept if that was asked and it is usable, else closed.  After
 * an error nobody calls this: the memory context closes it.
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
