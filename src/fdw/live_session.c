/*-------------------------------------------------------------------------
 *
 * live_session.c
 *	  The connections shared by scans of live tables.
 *
 * Policy: a connection has one result at a time.  All scans of one statement
 * (an EState) over one server share a connection and one transaction in
 * Redshift, so that they read one snapshot.  A scan that blocks another one is
 * read to its end into a tuplestore.  Statements that run at the same time
 * (functions, cursors) have their own connections, up to the option pool_size;
 * beyond that, they share connections.
 *
 * A session is allocated in the transaction's memory, and its uses in the
 * memory of their executors.  An error ends both, in the order in which their
 * contexts are reset, which may be any order.  The connection is kept if its
 * running statement can be ended in about the time of a new log-in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "remote/execute.h"
#include "source/credentials.h"
#include "source/route.h"
#include "source/server.h"

#include "fdw/live_session.h"

struct LiveSession
{
	dlist_node	node;
	MemoryContext context;
	MemoryContextCallback callback;
	EState	   *estate;			/* of the statement that created it; NULL after
								 * that has ended */
	Oid			serverid;
	Oid			userid;
	dlist_head	uses;
	int			count;			/* number of uses */
	bool		one_snapshot;
	SourceConnection *source;	/* NULL before the first statement */
	bool		was_connected;	/* the connection may have been replaced since */
	bool		in_block;
	bool		is_broken;		/* an error has ended a statement in the block */
	bool		gives_ids;		/* the ID of a query can be had in the block */
	LiveUse    *active;			/* the use whose rows are being received */
};

static dlist_head sessions = DLIST_STATIC_INIT(sessions);

/* The session is freed before its uses: the transaction has failed. */
static void
session_reset(void *arg)
{
	LiveSession *session = arg;
	dlist_iter	iter;

	dlist_foreach(iter, &session->uses)
		dlist_container(LiveUse, node, iter.cur)->session = NULL;
	dlist_delete(&session->node);
}

/*
 * Removes a use.  The statement that created the session ends with its first
 * one: a later statement may have the same address.
 */
static void
remove_use(LiveSession *session, LiveUse *use)
{
	use->session = NULL;
	dlist_delete(&use->node);
	session->count--;
	if (session->estate == use->estate)
		session->estate = NULL;
}

/* The use is freed without session_leave(): its statement has failed. */
static void
use_reset(void *arg)
{
	LiveUse    *use = arg;
	LiveSession *session = use->session;

	if (session == NULL)
		return;
	remove_use(session, use);
	if (session->active == use)
	{
		/* its stream was freed before it, and its statement was cancelled */
		session->active = NULL;
		session->is_broken = session->in_block;
	}
	/* the connection was not released, so it is left */
	if (session->count == 0)
		MemoryContextDelete(session->context);
}

/* Leaves the connection, if there is one, after an error. */
static void
let_go(void *arg)
{
	LiveSession *session = arg;
	SourceConnection *source = session->source;

	session->source = NULL;
	if (source != NULL)
		source_leave(source);
}

static LiveSession *
session_create(EState *estate, Oid serverid, Oid userid, bool one_snapshot)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext, "rsfed live session",
												  ALLOCSET_SMALL_SIZES);
	LiveSession *session = MemoryContextAllocZero(context, sizeof(LiveSession));

	session->context = context;
	session->estate = estate;
	session->serverid = serverid;
	session->userid = userid;
	session->one_snapshot = one_snapshot;
	dlist_init(&session->uses);
	dlist_push_tail(&sessions, &session->node);
	session->callback.func = session_reset;
	session->callback.arg = session;
	MemoryContextRegisterResetCallback(context, &session->callback);
	return session;
}

static OptionScope
scope_of(ForeignServer *server)
{
	return source_is_group(server) ? OPTION_GROUP : OPTION_SERVER;
}

static bool
is_shared(ForeignServer *server)
{
	return option_bool_text(scope_of(server), "one_snapshot", source_option(server->options, "one_snapshot"));
}

/* See live_session.h. */
bool
session_is_shared(Oid serverid)
{
	return is_shared(GetForeignServer(serverid));
}

/* The session for a scan; creates one if pool_size allows it. */
static LiveSession *
session_find(EState *estate, Oid serverid, Oid userid)
{
	ForeignServer *server = GetForeignServer(serverid);
	bool		one_snapshot = is_shared(server);
	int			pool_size = (int) option_int_text(scope_of(server), "pool_size", source_option(server->options, "pool_size"));
	LiveSession *least = NULL;
	int			count = 0;
	dlist_iter	iter;

	dlist_foreach(iter, &sessions)
	{
		LiveSession *session = dlist_container(LiveSession, node, iter.cur);

		if (session->serverid != serverid || session->userid != userid)
			continue;
		if (one_snapshot && session->estate == estate)
			return session;
		if (least == NULL || session->count < least->count)
			least = session;
		count++;
	}
	return count < pool_size ? session_create(estate, serverid, userid, one_snapshot) : least;
}

/* See live_session.h. */
void
session_join(LiveUse *use, EState *estate, Oid serverid, Oid userid)
{
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	use->session = session_find(estate, serverid, userid);
	use->estate = estate;
	dlist_push_tail(&use->session->uses, &use->node);
	use->session->count++;
	callback->func = use_reset;
	callback->arg = use;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
}

/* Arguments of connect_step(), which connects to one member of a group. */
typedef struct Connect
{
	LiveSession *session;
	SourceRequest request;
	MemoryContext context;		/* of the connection and its use of the server */
} Connect;

static void
connect_step(void *arg)
{
	Connect    *connect = arg;
	MemoryContext old = MemoryContextSwitchTo(connect->context);

	connect->session->source = source_connect(&connect->request);
	MemoryContextSwitchTo(old);
}

/* Connects; for a group, to the next member if one fails. */
static void
session_connect(LiveSession *session, bool for_block)
{
	/* a cursor over a join does not prevent the server from being dropped */
	ForeignServer *server = GetForeignServerExtended(session->serverid, FSV_MISSING_OK);
	MemoryContext old = MemoryContextSwitchTo(session->context);
	Connect		connect = {.session = session};
	MemoryContextCallback *callback;
	ErrorData  *error;

	if (server == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the foreign server of this statement was dropped")));
	/* connections of earlier statements that have been idle for long */
	source_close_idle(rsfed_idle_connection);
	connect.request.source = server->servername;
	connect.request.userid = session->userid;
	connect.request.label = "rsfed live";
	connect.request.nested_as_json = true;
	connect.request.keep = true;
	connect.request.for_block = for_block;
	connect.context = AllocSetContextCreate(session->context, "rsfed live connection", ALLOCSET_SMALL_SIZES);
	if (source_is_group(server))
	{
		connect.request.route = palloc0(sizeof(SourceRoute));
		while ((error = attempt_anything(connect_step, &connect)) != NULL)
		{
			/* ends the use of the member, which is not counted or tried by it any more */
			MemoryContextReset(connect.context);
			if (!route_move_on(connect.request.route, error))
				ReThrowError(error);
		}
	}
	else
		connect_step(&connect);

	/* registered after the connection's callbacks, so called before them */
	callback = MemoryContextAllocZero(connect.context, sizeof(MemoryContextCallback));
	callback->func = let_go;
	callback->arg = session;
	MemoryContextRegisterResetCallback(connect.context, callback);
	MemoryContextSwitchTo(old);
}

/*
 * Finds out, for EXPLAIN ANALYZE, whether the server gives the IDs of queries:
 * in the block, an error would end the transaction.
 */
static void
try_query_id(LiveSession *session, const EState *estate)
{
	int64		id;
	char	   *why;

	if (estate->es_instrument == 0)
		return;
	session->gives_ids = remote_query_id(session->source->conn, SESSION_QUERY_ID_TIMEOUT_MS, &id, &why);
	if (!remote_is_usable(session->source->conn))
	{
		let_go(session);
		session_connect(session, true);
	}
}

/* Leaves a connection that can no longer run a statement outside a block. */
static void
session_check(LiveSession *session)
{
	if (session->source == NULL || session->active != NULL || session->in_block)
		return;
	/* a failed scan may have left a statement that has not ended */
	remote_leave(session->source->conn);
	if (!remote_is_usable(session->source->conn))
		let_go(session);
}

/* See live_session.h. */
SourceConnection *
session_take(LiveUse *use, bool repeats, bool *is_new)
{
	LiveSession *session = use->session;

	if (session == NULL || session->is_broken)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("the transaction in Redshift in which this statement reads was ended by an error"),
				 errhint("Run the statement again; a greater pool_size of the server lets statements that run at the same time have connections of their own.")));
	*is_new = false;
	session_check(session);
	if (session->source == NULL)
	{
		/*
		 * a transaction that an error of one statement would end must not be
		 * started for others later
		 */
		bool		for_block = !session->was_connected && session->one_snapshot && (session->count > 1 || repeats);

		session_connect(session, for_block);
		session->was_connected = true;
		*is_new = session->source->is_new;
		if (for_block)
		{
			try_query_id(session, use->estate);
			(void) remote_execute(session->source->conn, REMOTE_BEGIN_SNAPSHOT);
			session->in_block = true;
		}
	}
	if (session->active != NULL && session->active != use)
	{
		LiveUse    *other = session->active;

		other->spool(other);
	}
	session->active = use;
	return session->source;
}

/* See live_session.h. */
void
session_end_stream(LiveUse *use, bool goes_on)
{
	LiveSession *session = use->session;
	RemoteStream *stream = use->stream;
	char	  **texts;
	int		   *lengths;

	use->stream = NULL;
	if (session != NULL && session->active == use)
		session->active = NULL;
	if (stream == NULL)
		return;
	/*
	 * a cancel would end the transaction in which others, or this use again,
	 * read
	 */
	if (session != NULL && session->in_block && (session->count > 1 || goes_on))
	{
		while (remote_stream_next(stream, &texts, &lengths))
			;
	}
	remote_stream_close(stream);
}

/* See live_session.h. */
void
session_leave(LiveUse *use)
{
	LiveSession *session = use->session;

	if (session == NULL)
		return;
	remove_use(session, use);
	if (session->count > 0)
		return;
	if (session->source != NULL)
	{
		/* it has only read, so it does not matter how the block ends */
		remote_leave(session->source->conn);
		source_release(session->source);
		session->source = NULL;
	}
	MemoryContextDelete(session->context);
}

/* See live_session.h. */
LiveUse *
session_in_way(const LiveUse *use)
{
	return use->session == NULL || use->session->active == use ? NULL : use->session->active;
}

/* See live_session.h. */
bool
session_gives_ids(const LiveUse *use)
{
	return use->session != NULL && (!use->session->in_block || use->session->gives_ids);
}
