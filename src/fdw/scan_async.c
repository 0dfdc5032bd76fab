/*-------------------------------------------------------------------------
 *
 * scan_async.c
 *	  Scans below an Append, which wait side by side.
 *
 * Policy: each scan that has a connection of its own sends its statement at once,
 * and the Append waits for all of them.  Scans that share a connection, and with it
 * a snapshot, take turns: one is sent when the one before it has come to its end.
 * Where all of a query share one, there is nothing to wait for side by side.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#if RSFED_HAVE_ASYNC_APPEND

#include "catalog/pg_class.h"
#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "foreign/foreign.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/timeout.h"

#include "fdw/live.h"
#include "fdw/live_session.h"
#include "fdw/scan.h"
#include "fdw/scan_async.h"

/* How often a wait looks whether a stream has been silent for too long. */
#define LOOK_EVERY_MS 1000

/*
 * Does an Append wake up when the statement is cancelled?  The first releases
 * wait for the sockets alone.
 */
static bool
waits_interruptibly(void)
{
	int			version = atoi(GetConfigOption("server_version_num", false, false));

	switch (version / 10000)
	{
		case 14:
			return version >= 140018;
		case 15:
			return version >= 150013;
		case 16:
			return version >= 160009;
		case 17:
			return version >= 170005;
		default:
			return true;
	}
}

/* Collects the servers of all foreign tables of a query. */
static bool
servers_walker(Node *node, List **servers)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION && rte->relkind == RELKIND_FOREIGN_TABLE)
			*servers = list_append_unique_oid(*servers, GetForeignTable(rte->relid)->serverid);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, servers_walker, servers, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, servers_walker, servers);
}

/* May a scan wait while others of the query do? */
bool
async_capable(ForeignPath *path)
{
	LiveRel    *live = path->path.parent->fdw_private;
	PlannerInfo *root = live->root;
	List	   *servers = NIL;

	if (!waits_interruptibly())
		return false;
	if (!session_is_shared(path->path.parent->serverid))
		return true;
	while (root->parent_root != NULL)
		root = root->parent_root;
	(void) servers_walker((Node *) root->parse, &servers);
	return list_length(servers) > 1;
}

/*
 * Is the scan that has the connection one that this Append is still reading?  When
 * the Append "waits", that scan must also be waited for, or have given a row since
 * the last time: else nobody would ever ask it again.
 */
static bool
is_in_turn(AsyncRequest *other, AsyncRequest *request, bool waits)
{
	if (other == NULL || other->requestor != request->requestor ||
		!bms_is_member(other->request_index, ((AppendState *) request->requestor)->as_valid_asyncplans))
		return false;
	return !waits || other->callback_pending ||
		scan_sees_progress((ForeignScanState *) request->requestee, (ForeignScanState *) other->requestee);
}

/* Sends the statement if that is still to be done; false if others come first. */
static bool
send_in_turn(AsyncRequest *request, bool waits)
{
	ForeignScanState *node = (ForeignScanState *) request->requestee;

	if (!scan_is_waiting(node) && is_in_turn(scan_in_way(node), request, waits))
		return false;
	scan_send(node, request);
	return true;
}

/* The alarm: what waits for the latch looks around. */
static void
look(void)
{
}

/* A wait that begins now ends at times. */
static void
look_later(void)
{
	static TimeoutId timer = MAX_TIMEOUTS;

	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, look);
	if (!get_timeout_active(timer))
		enable_timeout_after(timer, LOOK_EVERY_MS);
}

/* A row, the end, or the promise of one of them. */
static void
produce(AsyncRequest *request)
{
	ForeignScanState *node = (ForeignScanState *) request->requestee;
	TupleTableSlot *slot = NULL;

	if (send_in_turn(request, false))
	{
		scan_poll(node, true);
		slot = request->requestee->ExecProcNodeReal(request->requestee);
		scan_poll(node, false);
		if (!TupIsNull(slot) || scan_is_over(node))
		{
			ExecAsyncRequestDone(request, slot);
			return;
		}
	}
	ExecAsyncRequestPending(request);
}

void
async_request(AsyncRequest *request)
{
	produce(request);
}

/* Something has come for a scan that was waited for. */
void
async_notify(AsyncRequest *request)
{
	produce(request);
}

/* Says what to wait for, or gives what is there already. */
void
async_configure_wait(AsyncRequest *request)
{
	ForeignScanState *node = (ForeignScanState *) request->requestee;
	AppendState *append = (AppendState *) request->requestor;
	Instrumentation *instrument = request->requestee->instrument;
	int			events;
	int			socket;

	if (!send_in_turn(request, true))
		return;
	if (scan_is_ready(node))
	{
		request->callback_pending = false;
		produce(request);
		if (request->request_complete)
		{
			ExecAsyncResponse(request);
			/* nobody else counts it */
			if (instrument != NULL)
				InstrUpdateTupleCount(instrument, TupIsNull(request->result) ? 0.0 : 1.0);
			return;
		}
	}
	socket = scan_socket(node, &events);
	AddWaitEventToSet(append->as_eventset, events, socket, NULL, request);
	look_later();
}

#endif							/* RSFED_HAVE_ASYNC_APPEND */
