/*-------------------------------------------------------------------------
 *
 * scan_async.c
 *	  Scans below an Append that wait concurrently.
 *
 * Policy: each scan with its own connection sends its statement at once, and
 * the Append waits for all of them.  Scans that share a connection, and
 * therefore a snapshot, take turns: each is sent when the previous one has
 * ended.  If all scans of a query share one connection, they cannot wait
 * concurrently.
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

/* How often a wait checks whether a stream has been silent for too long. */
#define LOOK_EVERY_MS 1000

/*
 * Does an Append wake up when the statement is cancelled?  Early minor releases
 * wait only for the sockets.
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

/* Can a scan wait concurrently with others of the query? */
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
 * Is the scan that uses the connection one that this Append is still reading?
 * If the Append "waits", that scan must also be waited for, or have received a
 * row since the last call; otherwise nothing would request its rows again.
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

/* Sends the statement if it was not sent; false if other scans come first. */
static bool
send_in_turn(AsyncRequest *request, bool waits)
{
	ForeignScanState *node = (ForeignScanState *) request->requestee;

	if (!scan_is_waiting(node) && is_in_turn(scan_in_way(node), request, waits))
		return false;
	scan_send(node, request);
	return true;
}

/* The timer's handler: the signal itself wakes up a wait for the latch. */
static void
look(void)
{
}

/* Makes a wait that begins now wake up after some time. */
static void
look_later(void)
{
	static TimeoutId timer = MAX_TIMEOUTS;

	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, look);
	if (!get_timeout_active(timer))
		enable_timeout_after(timer, LOOK_EVERY_MS);
}

/* Returns a row or the end, or marks the request as pending. */
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

/* Data has arrived for a scan that was waited for. */
void
async_notify(AsyncRequest *request)
{
	produce(request);
}

/* Adds the event to wait for, or returns a row that has already arrived. */
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
			/* the executor does not count this row */
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
