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

/* The part of a scan that its session knows; it is freed with the scan. */
typedef struct LiveUse
{
	dlist_node	node;
	LiveSession *session;		/* NULL after it has ended */
	EState	   *estate;			/* of its statement */
	RemoteStream *stream;		/* stream of the scan while rows arrive */
	void		(*spool) (struct LiveUse *use); /* reads the rest, to free
												 * the connection */
	struct AsyncRequest *request;	/* request that it reads rows for; NULL =
									 * not asynchronous */
} LiveUse;

/*
 * Joins the session of a statement with a server, for a role; does not connect
 * yet.  The use is allocated in the current memory context and ends when that
 * is reset.
 */
extern void session_join(LiveUse *use, EState *estate, Oid serverid, Oid userid);

/* Do the scans of a statement over a server share connection and snapshot? */
extern bool session_is_shared(Oid serverid);

/*
 * Returns the connection, ready for a statement.  Connects if necessary, begins
 * a transaction in Redshift if more than one statement must see the same rows,
 * and makes another use read its rows to the end.  *is_new tells whether the
 * connection was made for this call.  Raises the errors of connecting.
 */
extern SourceConnection *session_take(LiveUse *use, bool repeats, bool *is_new);

/*
 * Ends the stream: its remaining rows are not needed.  "goes_on": the use will
 * send another statement, so the remaining rows are read if a cancel would end
 * the transaction in Redshift.
 */
extern void session_end_stream(LiveUse *use, bool goes_on);

/* Leaves the session; the last use releases the connection. */
extern void session_leave(LiveUse *use);

/* The other use whose rows arrive over the same connection, or NULL. */
extern LiveUse *session_in_way(const LiveUse *use);

/* The maximum time to wait for the ID of a query. */
#define SESSION_QUERY_ID_TIMEOUT_MS 1000

/*
 * May the ID of the last query be requested?  Not in a transaction block of a
 * server that has not given one before: an error would end the block.
 */
extern bool session_gives_ids(const LiveUse *use);

#endif							/* RSFED_FDW_SESSION_H */
