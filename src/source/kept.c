/*-------------------------------------------------------------------------
 *
 * kept.c
 *	  Connections that stay open from one run to the next.
 *
 * Policy: a connection of a server, mapping (a group's mapping serves several
 * servers) and role is kept only on request (workers, live tables), and has
 * one user at a time.  A worker has one, a session with live tables as many as
 * it used at once.  A worker closes them by itself when it has nothing to do;
 * a session may sleep for hours, so there a timer shuts the sockets of idle
 * connections.  The rest is freed at the next access.  A change of any server,
 * wrapper or mapping, or of a role, makes all of them stale: they are closed
 * at the next access, because an invalidation may arrive at any point.  A
 * failed run does not return its connection: the reset of its memory context
 * closes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/socket.h>

#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/monotonic.h"
#include "base/settings.h"
#include "source/kept.h"

typedef struct KeptConnection
{
	Oid			server;
	Oid			mapping;
	Oid			userid;
	RemoteConnection *conn;		/* in a memory context that outlives runs */
	uint64		generation;		/* state of the catalogs when its options were read */
	bool		lent;
	TimestampTz idle_since;
} KeptConnection;

struct KeptUse
{
	KeptConnection *kept;		/* NULL after it was returned */
	MemoryContextCallback callback;
};

/* The largest number of idle connections of a session that the timer shuts. */
#define MAX_TIMED 64

static List *kept_connections = NIL;	/* in TopMemoryContext */

/* Sockets of idle connections, -1 if none: read by a signal handler */
static volatile int idle_sockets[MAX_TIMED];
static uint64 catalog_generation = 0;

static KeptUse *lend(KeptConnection *kept);
static void forget(KeptConnection *kept);
static void use_lost(void *arg);
static void catalog_changed(Datum arg, int cacheid, uint32 hashvalue);

/*
 * The timer's handler: the other ends see the end of their sessions, and the
 * next access here finds the connections closed.  Safe in a signal handler.
 */
static void
shut_idle(void)
{
	int			saved_errno = errno;

	for (int i = 0; i < MAX_TIMED; i++)
	{
		if (idle_sockets[i] >= 0)
			(void) shutdown(idle_sockets[i], SHUT_RDWR);
		idle_sockets[i] = -1;
	}
	errno = saved_errno;
}

/* Starts to watch an idle connection of a session. */
static void
watch(KeptConnection *kept)
{
	static TimeoutId timer = MAX_TIMEOUTS;

	if (MyBackendType == B_BG_WORKER)
		return;
	if (timer == MAX_TIMEOUTS)
	{
		for (int i = 0; i < MAX_TIMED; i++)
			idle_sockets[i] = -1;
		timer = RegisterTimeout(USER_TIMEOUT, shut_idle);
	}
	for (int i = 0; i < MAX_TIMED; i++)
	{
		if (idle_sockets[i] < 0)
		{
			idle_sockets[i] = remote_socket(kept->conn);
			break;
		}
	}
	/*
	 * it restarts for each of them, so that those it finds have been idle that
	 * long
	 */
	enable_timeout_after(timer, rsfed_idle_connection * 1000);
}

/*
 * Stops watching a connection that is used or closed: its socket's number may
 * be reused soon.
 */
static void
unwatch(KeptConnection *kept)
{
	int			socket = remote_socket(kept->conn);

	for (int i = 0; i < MAX_TIMED; i++)
	{
		if (socket >= 0 && idle_sockets[i] == socket)
			idle_sockets[i] = -1;
	}
}

/* See kept.h. */
KeptUse *
kept_take(Oid server, Oid mapping, Oid userid, bool for_block)
{
	ListCell   *lc;

	foreach(lc, kept_connections)
	{
		KeptConnection *kept = lfirst(lc);

		if (kept->lent || kept->server != server || kept->mapping != mapping || kept->userid != userid ||
			(for_block && remote_may_be_cancelled(kept->conn)))
			continue;
		unwatch(kept);
		if (kept->generation == catalog_generation && remote_is_usable(kept->conn))
			return lend(kept);
		forget(kept);
		return NULL;
	}
	return NULL;
}

/* See kept.h. */
KeptUse *
kept_open(Oid server, Oid mapping, Oid userid, const RemoteTarget *target, const RemoteSession *session)
{
	static bool watching = false;
	KeptConnection *kept;
	RemoteConnection *conn;
	MemoryContext context;
	MemoryContext old;
	uint64		generation;

	/* callbacks of the catalogs cannot be unregistered: once per process */
	if (!watching)
	{
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, catalog_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(FOREIGNDATAWRAPPEROID, catalog_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(USERMAPPINGOID, catalog_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHOID, catalog_changed, (Datum) 0);
		watching = true;
	}

	/* a change that arrives while we connect makes it stale */
	generation = catalog_generation;

	/* under the caller's context until it works, so that an error closes it */
	context = AllocSetContextCreate(CurrentMemoryContext, "rsfed kept connection",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	conn = remote_connect(target, session);
	kept = palloc0(sizeof(KeptConnection));
	kept->server = server;
	kept->mapping = mapping;
	kept->userid = userid;
	kept->conn = conn;
	kept->generation = generation;
	MemoryContextSwitchTo(TopMemoryContext);
	kept_connections = lappend(kept_connections, kept);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(context, TopMemoryContext);
	return lend(kept);
}

/* Marks a connection as lent, in a struct whose loss closes it. */
static KeptUse *
lend(KeptConnection *kept)
{
	KeptUse    *use = palloc0(sizeof(KeptUse));

	use->kept = kept;
	use->callback.func = use_lost;
	use->callback.arg = use;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &use->callback);
	kept->lent = true;
	return use;
}

/* The reset callback: the user of the connection failed.  Never raises. */
static void
use_lost(void *arg)
{
	KeptUse    *use = arg;

	if (use->kept != NULL)
		forget(use->kept);
}

/* The connection of a use. */
RemoteConnection *
kept_connection(KeptUse *use)
{
	return use->kept->conn;
}

/* See kept.h. */
void
kept_give_back(KeptUse *use)
{
	KeptConnection *kept = use->kept;

	use->kept = NULL;
	kept->lent = false;
	kept->idle_since = monotonic_now();
	if (kept->generation != catalog_generation || !remote_is_usable(kept->conn) ||
		(rsfed_idle_connection == 0 && MyBackendType != B_BG_WORKER))
		forget(kept);
	else
		watch(kept);
}

/* See kept.h. */
void
kept_close_idle(int older_than_s)
{
	TimestampTz now = monotonic_now();
	List	   *old = NIL;
	ListCell   *lc;

	foreach(lc, kept_connections)
	{
		KeptConnection *kept = lfirst(lc);

		if (!kept->lent &&
			(older_than_s == 0 || kept->generation != catalog_generation ||
			 TimestampDifferenceExceeds(kept->idle_since, now, older_than_s * 1000)))
			old = lappend(old, kept);
	}
	foreach(lc, old)
		forget(lfirst(lc));
	list_free(old);
}

/* Closes one and removes it from the list; never raises. */
static void
forget(KeptConnection *kept)
{
	kept_connections = list_delete_ptr(kept_connections, kept);
	unwatch(kept);

	/* its context holds the connection and the struct itself */
	MemoryContextDelete(GetMemoryChunkContext(kept));
}

/* The callback for the catalogs that define a connection. */
static void
catalog_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	catalog_generation++;
}
