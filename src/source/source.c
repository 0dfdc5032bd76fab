/*-------------------------------------------------------------------------
 *
 * source.c
 *	  From the name of a source to a connection that works.
 *
 * Policy: USAGE on the server and a user mapping are checked at each use, for
 * the role whose run it is.  Servers made by hand with postgres_fdw are sources
 * as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"
#include "source/credentials.h"
#include "source/kept.h"
#include "source/source.h"
#include "source/target.h"

static bool is_source_wrapper(Oid fdwid);
static List *server_names(void);
static Oid	find_mapping(Oid userid, Oid serverid);
static UserMapping *usable_mapping(ForeignServer *server, Oid userid);

/* The server of that name; see source.h. */
ForeignServer *
source_server(const char *source)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	if (server == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("Redshift server \"%s\" does not exist", source),
				 server_names() == NIL ?
				 errhint("Register one with SELECT rsfed.register_server(...).") :
				 errhint("%s", unknown_name_hint(source, server_names(), "servers"))));
	if (!is_source_wrapper(server->fdwid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" cannot be a source", source),
				 errdetail("Its foreign-data wrapper is \"%s\"; rsfed uses servers of the wrappers rsfed and postgres_fdw.",
						   GetForeignDataWrapper(server->fdwid)->fdwname)));
	return server;
}

/* Is the wrapper one whose options we can connect with? */
static bool
is_source_wrapper(Oid fdwid)
{
	const char *name = GetForeignDataWrapper(fdwid)->fdwname;

	return strcmp(name, "rsfed") == 0 || strcmp(name, "postgres_fdw") == 0;
}

/* Names of all servers that can be sources; List of char *, palloc'd. */
static List *
server_names(void)
{
	Relation	relation = table_open(ForeignServerRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(relation, 0, NULL);
	HeapTuple	tuple;
	List	   *names = NIL;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (is_source_wrapper(form->srvfdw))
			names = lappend(names, pstrdup(NameStr(form->srvname)));
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	return names;
}

/* See source.h. */
void
source_check_usage(const char *source, Oid userid)
{
	(void) usable_mapping(source_server(source), userid);
}

/* See source.h. */
bool
source_is_usable(const char *source, Oid userid)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	return server != NULL &&
		rsfed_foreign_server_aclcheck(server->serverid, userid, ACL_USAGE) == ACLCHECK_OK &&
		OidIsValid(find_mapping(userid, server->serverid));
}

/* The mapping that userid uses, after the check of its rights; palloc'd. */
static UserMapping *
usable_mapping(ForeignServer *server, Oid userid)
{
	AclResult	acl = rsfed_foreign_server_aclcheck(server->serverid, userid, ACL_USAGE);

	if (acl != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for foreign server %s", server->servername),
				 errhint("GRANT USAGE ON FOREIGN SERVER %s TO %s;",
						 quote_identifier(server->servername),
						 quote_identifier(GetUserNameFromId(userid, false)))));
	if (!OidIsValid(find_mapping(userid, server->serverid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" has no user mapping for server \"%s\"",
						GetUserNameFromId(userid, false), server->servername),
				 errhint("Make one with SELECT rsfed.set_credentials(%s, username => '...', password => '...', for_role => %s).",
						 quote_literal_cstr(server->servername),
						 quote_literal_cstr(GetUserNameFromId(userid, false)))));
	return GetUserMapping(userid, server->serverid);
}

/* The role's own mapping, else PUBLIC's, else InvalidOid. */
static Oid
find_mapping(Oid userid, Oid serverid)
{
	Oid			found = GetSysCacheOid2(USERMAPPINGUSERSERVER, Anum_pg_user_mapping_oid,
										ObjectIdGetDatum(userid), ObjectIdGetDatum(serverid));

	if (!OidIsValid(found))
		found = GetSysCacheOid2(USERMAPPINGUSERSERVER, Anum_pg_user_mapping_oid,
								ObjectIdGetDatum(InvalidOid), ObjectIdGetDatum(serverid));
	return found;
}

/* The session that a request asks for; palloc'd. */
static RemoteSession *
wanted_session(ForeignServer *server, const SourceRequest *request)
{
	RemoteSession *session = target_session(server, request->timezone, request->writable);

	session->label = request->label;
	if (request->statement_timeout_ms > 0 &&
		(session->statement_timeout_ms == 0 ||
		 session->statement_timeout_ms > request->statement_timeout_ms))
		session->statement_timeout_ms = request->statement_timeout_ms;
	return session;
}

/*
 * Connects, or takes the kept connection; see source.h.  The struct and, unless
 * kept, the connection live in the current memory context.
 */
SourceConnection *
source_connect(const SourceRequest *request)
{
	ForeignServer *server = source_server(request->source);
	UserMapping *mapping = usable_mapping(server, request->userid);
	RemoteSession *session = wanted_session(server, request);
	SourceConnection *source = palloc0(sizeof(SourceConnection));

	source->server = server->servername;
	source->stall_timeout_ms =
		(int) option_int_text(OPTION_SERVER, "stall_timeout",
							  source_option(server->options, "stall_timeout"));
	if (request->keep)
		source->kept = kept_take(mapping->umid, request->userid);
	if (source->kept != NULL)
	{
		source->conn = kept_connection(source->kept);
		remote_session_set(source->conn, session);
	}
	else if (request->keep)
	{
		source->kept = kept_open(mapping->umid, request->userid,
								 target_build(server, mapping, request->userid), session);
		source->conn = kept_connection(source->kept);
	}
	else
		source->conn = remote_connect(target_build(server, mapping, request->userid), session);
	return source;
}

/* See source.h. */
void
source_repin(SourceConnection *source, const SourceRequest *request)
{
	remote_session_set(source->conn, wanted_session(source_server(request->source), request));
}

/* Gives it back; see source.h. */
void
source_release(SourceConnection *source)
{
	if (source->kept != NULL)
		kept_give_back(source->kept);
	else
		remote_close(source->conn);
	source->kept = NULL;
	source->conn = NULL;
}

/* See source.h. */
void
source_close_idle(int older_than_s)
{
	kept_close_idle(older_than_s);
}
