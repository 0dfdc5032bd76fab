/*-------------------------------------------------------------------------
 *
 * live_session.h
 *	  The connections shared by scans of live tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_FDW_SESSION_H
#define RSFED_FDW_SESSION_H

#include "lib/ilist.h"
#include "nodes/execnodes.h"

#include "remote/stream.h"
#include "source/source.h"

typedef struct LiveSession LiveSession;

/* A part of a scan that its session knows; lives with the scan. */
typedef struct LiveUse
{
	dlist_node	node;
	LiveSession *session;		/* NULL once it is gone */
	RemoteStream *stream;		/* that of the scan, while rows come */
	void		(*spool) (struct LiveUse *use); /* reads the rest, so that another can ask */
	struct AsyncRequest *request;	/* for which it asks; NULL = it is waited for alone */
} LiveUse;

/*
 * Takes part in the session of a statement with a server, for a role: connects
 * nothing yet.  The use lives in the current memory context, whose reset ends it.
 */
extern void session_join(LiveUse *use, EState *estate, Oid serverid, Oid userid);

/* Do the scans of one statement over a server share a connection, and a snapshot? */
extern bool session_is_shared(Oid serverid);

/*
 * The connection, free to be asked: connects, begins a transaction there if more
 * than one statement is to see the same rows, and lets another use read to its
 * end.  "is_new" says whether it was made for this.  Raises what connecting raises.
 */
extern SourceConnection *session_take(LiveUse *use, bool repeats, bool *is_new);

/*
 * The stream is to end: its rows are not needed.  "goes_on" says that the use will
 * ask again; then the rest is read, where a cancel would end the transaction there.
 */
extern void session_end_stream(LiveUse *use, bool goes_on);

/* Leaves; the last one gives the connection back. */
extern void session_leave(LiveUse *use);

/* The use whose rows come over the same connection, if it is another one; or NULL. */
extern LiveUse *session_in_way(const LiveUse *use);

/* Is the connection within a transaction block there? */
extern bool session_in_block(const LiveUse *use);

#endif							/* RSFED_FDW_SESSION_H */
