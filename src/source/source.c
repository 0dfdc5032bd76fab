/*-------------------------------------------------------------------------
 *
 * source.c
 *	  Turns the name of a source into a working connection.
 *
 * Policy: USAGE on the source and a user mapping are checked at each use, for
 * the role whose run it is.  Servers made by hand with postgres_fdw are valid
 * sources.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_foreign_server.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/options.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/kept.h"
#include "source/login.h"
#include "source/route.h"
#include "source/source.h"
#include "source/target.h"

static RemoteSession *wanted_session(ForeignServer *server, const SourceRequest *request);

/* See source.h. */
void
source_check_usage(const char *source, Oid userid)
{
	login_check(source_server(source), userid);
}

/* See source.h. */
bool
source_is_usable(const char *source, Oid userid)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	return server != NULL &&
		rsfed_foreign_server_aclcheck(server->serverid, userid, ACL_USAGE) == ACLCHECK_OK &&
		login_exists(server, userid);
}

/* The session that a request asks for; palloc'd. */
static RemoteSession *
wanted_session(ForeignServer *server, const SourceRequest *request)
{
	RemoteSession *session = target_session(server, request->timezone, request->writable);

	session->label = request->label;
	session->nested_as_json = request->nested_as_json;
	if (request->statement_timeout_ms > 0 &&
		(session->statement_timeout_ms == 0 ||
		 session->statement_timeout_ms > request->statement_timeout_ms))
		session->statement_timeout_ms = request->statement_timeout_ms;
	return session;
}

/* Connects, or uses the kept connection, and sets up the requested session. */
static void
open_connection(SourceConnection *source, ForeignServer *server, UserMapping *mapping,
				const SourceRequest *request)
{
	RemoteSession *session = wanted_session(server, request);

	if (request->keep)
		source->kept = kept_take(server->serverid, mapping->umid, request->userid, request->for_block);
	if (source->kept != NULL)
	{
		source->conn = kept_connection(source->kept);
		remote_session_set(source->conn, session);
		return;
	}
	if (request->keep)
	{
		source->kept = kept_open(server->serverid, mapping->umid, request->userid,
								 target_build(server, mapping, request->userid), session);
		source->conn = kept_connection(source->kept);
	}
	else
		source->conn = remote_connect(target_build(server, mapping, request->userid), session);
	source->is_new = true;
	if (!source->is_check)
		route_worked(server->serverid, server->servername, remote_connect_ms(source->conn), false);
}

/*
 * See source.h.  The struct and, unless kept, the connection live in the current
 * memory context.
 */
SourceConnection *
source_connect(const SourceRequest *request)
{
	ForeignServer *asked = source_server(request->source);
	SourceConnection *source = palloc0(sizeof(SourceConnection));
	ForeignServer *server;
	ForeignServer *group = source_is_group(asked) ? asked : NULL;

	login_check(asked, request->userid);
	server = route_choose(request, asked, &source->use);
	source->serverid = server->serverid;
	source->is_check = request->route != NULL && request->route->is_check;
	source->server = server->servername;
	source->stall_timeout_ms =
		(int) option_int_text(OPTION_SERVER, "stall_timeout",
							  source_option(server->options, "stall_timeout"));
	open_connection(source, server, login_mapping(server, group, request->userid), request);
	if (request->route != NULL)
		request->route->is_logged_in = true;
	return source;
}

/* The arguments of the step of source_with(). */
typedef struct Call
{
	const SourceRequest *request;
	SourceWork	work;
	void	   *arg;
	MemoryContext context;		/* of the connection */
} Call;

static void
call_work(void *arg)
{
	Call	   *call = arg;
	MemoryContext old = MemoryContextSwitchTo(call->context);
	SourceConnection *source = source_connect(call->request);

	MemoryContextSwitchTo(old);
	call->work(source, call->arg);
	source_release(source);
}

/* See source.h. */
void
source_with(const SourceRequest *request, SourceWork work, void *arg)
{
	SourceRequest routed = *request;
	Call		call = {&routed, work, arg};
	ErrorData  *error;

	call.context = AllocSetContextCreate(CurrentMemoryContext, "rsfed attempt", ALLOCSET_SMALL_SIZES);
	if (source_is_group(source_server(request->source)))
	{
		if (routed.route == NULL)
			routed.route = palloc0(sizeof(SourceRoute));
		while ((error = attempt_anything(call_work, &call)) != NULL)
		{
			/* closes the connection, so that the member no longer counts it */
			MemoryContextReset(call.context);
			if (!route_move_on(routed.route, error))
				ReThrowError(error);
		}
	}
	else
		call_work(&call);
	MemoryContextDelete(call.context);
}

static void
call_with(void *arg)
{
	Call	   *call = arg;

	source_with(call->request, call->work, call->arg);
}

/* See source.h. */
ErrorData *
source_attempt(const SourceRequest *request, SourceWork work, void *arg)
{
	Call		call = {request, work, arg};
	ErrorData  *error = attempt_anything(call_with, &call);

	/* our own error, not Redshift's: it ends the whole */
	if (error != NULL && !remote_raised(error) &&
		(error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN))
		ReThrowError(error);
	return error;
}

/* See source.h. */
void
source_repin(SourceConnection *source, const SourceRequest *request)
{
	remote_session_set(source->conn, wanted_session(source_server(source->server), request));
}

/* Ends the use of a connection: a kept one stays open, if it is idle. */
static void
give_back(SourceConnection *source)
{
	health_end(source->use);
	if (source->kept != NULL)
		kept_give_back(source->kept);
	else
		remote_close(source->conn);
	source->kept = NULL;
	source->conn = NULL;
	source->use = NULL;
}

/* See source.h. */
void
source_release(SourceConnection *source)
{
	/* a failed connection is never released */
	route_worked(source->serverid, source->server,
				 source->is_check ? remote_connect_ms(source->conn) : -1, true);
	give_back(source);
}

/* See source.h. */
void
source_leave(SourceConnection *source)
{
	if (source->kept != NULL)
		remote_leave(source->conn);
	give_back(source);
}

/* See source.h. */
void
source_close_idle(int older_than_s)
{
	kept_close_idle(older_than_s);
}
