/*-------------------------------------------------------------------------
 *
 * source.c
 *	  From the name of a source to a connection that works.
 *
 * Policy: USAGE on the source and a user mapping are checked at each use, for
 * the role whose run it is.  Servers made by hand with postgres_fdw are sources
 * as they are.  Of a group it is the group that USAGE is needed on; the log-in
 * at a member is the role's own there, else the role's at the group, which
 * serves all members, and only then what PUBLIC has at either.
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
#include "source/group.h"
#include "source/kept.h"
#include "source/source.h"
#include "source/target.h"

static bool is_source_wrapper(Oid fdwid);
static List *server_names(void);
static void check_acl(ForeignServer *source, Oid userid);
static bool may_log_in(ForeignServer *source, Oid userid);
static Oid	find_mapping(Oid userid, Oid serverid, Oid group);
static UserMapping *usable_mapping(ForeignServer *server, ForeignServer *group, Oid userid);
pg_noreturn static void refuse_mapping(ForeignServer *source, Oid userid);
pg_noreturn static void refuse_empty(ForeignServer *group);
static ForeignServer *choose_server(ForeignServer *source, Oid userid);

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
	ForeignServer *server = source_server(source);

	check_acl(server, userid);
	if (!may_log_in(server, userid))
		refuse_mapping(server, userid);
}

/* See source.h. */
bool
source_is_usable(const char *source, Oid userid)
{
	ForeignServer *server = GetForeignServerByName(source, true);

	return server != NULL &&
		rsfed_foreign_server_aclcheck(server->serverid, userid, ACL_USAGE) == ACLCHECK_OK &&
		may_log_in(server, userid);
}

/* Raises 42501 unless userid has USAGE on a source. */
static void
check_acl(ForeignServer *source, Oid userid)
{
	if (rsfed_foreign_server_aclcheck(source->serverid, userid, ACL_USAGE) == ACLCHECK_OK)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for foreign server %s", source->servername),
			 errhint("GRANT USAGE ON FOREIGN SERVER %s TO %s;",
					 quote_identifier(source->servername),
					 quote_identifier(GetUserNameFromId(userid, false)))));
}

/* Has userid a mapping for the server, or for one member of the group at least? */
static bool
may_log_in(ForeignServer *source, Oid userid)
{
	const Group *group;

	if (OidIsValid(find_mapping(userid, source->serverid, InvalidOid)))
		return true;
	if (!source_is_group(source))
		return false;
	group = group_get(source);
	for (int i = 0; i < group->count; i++)
	{
		if (OidIsValid(find_mapping(userid, group->member[i].serverid, InvalidOid)))
			return true;
	}
	return false;
}

/* Raises 55000 for a group that has no member to send anything to. */
static void
refuse_empty(ForeignServer *group)
{
	bool		has_member = group_get(group)->count > 0;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("group \"%s\" has no member to send a statement to", group->servername),
			 has_member ? errdetail("Its members are draining, or their weight is 0.") : 0,
			 has_member ? errhint("Give one back its share: SELECT rsfed.alter_member(%s, ..., weight => 1, drain => false).",
								  quote_literal_cstr(group->servername))
			 : errhint("Add one with SELECT rsfed.add_member(%s, '...').",
					   quote_literal_cstr(group->servername))));
}

/* Raises 42704 for a role that cannot log in to a source. */
static void
refuse_mapping(ForeignServer *source, Oid userid)
{
	const char *role = GetUserNameFromId(userid, false);

	if (source_is_group(source) && group_get(source)->count == 0)
		refuse_empty(source);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 source_is_group(source) ?
			 errmsg("role \"%s\" has no user mapping for group \"%s\" or one of its members",
					role, source->servername) :
			 errmsg("role \"%s\" has no user mapping for server \"%s\"", role, source->servername),
			 errhint("Make one with SELECT rsfed.set_credentials(%s, username => '...', password => '...', for_role => %s).",
					 quote_literal_cstr(source->servername), quote_literal_cstr(role))));
}

/* The mapping that userid uses at a server, as a member of that group (or NULL); palloc'd. */
static UserMapping *
usable_mapping(ForeignServer *server, ForeignServer *group, Oid userid)
{
	Oid			found = find_mapping(userid, server->serverid, group ? group->serverid : InvalidOid);
	Form_pg_user_mapping form;
	HeapTuple	tuple;

	if (!OidIsValid(found))
		refuse_mapping(server, userid);
	tuple = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(found));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for user mapping %u", found);
	form = (Form_pg_user_mapping) GETSTRUCT(tuple);
	/* by whom and for what it was made: PUBLIC's is found where the role has none */
	userid = OidIsValid(form->umuser) ? userid : InvalidOid;
	found = form->umserver;
	ReleaseSysCache(tuple);
	return GetUserMapping(userid, found);
}

/* The mapping of exactly that role (InvalidOid: PUBLIC), or InvalidOid. */
static Oid
exact_mapping(Oid userid, Oid serverid)
{
	return GetSysCacheOid2(USERMAPPINGUSERSERVER, Anum_pg_user_mapping_oid,
						   ObjectIdGetDatum(userid), ObjectIdGetDatum(serverid));
}

/*
 * The role's own mapping at the server, its own at the group, PUBLIC's at the
 * server, PUBLIC's at the group: the first that there is, else InvalidOid.
 */
static Oid
find_mapping(Oid userid, Oid serverid, Oid group)
{
	Oid			roles[2] = {userid, InvalidOid};

	for (int i = 0; i < lengthof(roles); i++)
	{
		Oid			found = exact_mapping(roles[i], serverid);

		if (!OidIsValid(found) && OidIsValid(group))
			found = exact_mapping(roles[i], group);
		if (OidIsValid(found))
			return found;
	}
	return InvalidOid;
}

/* The server that a statement to a source goes to. */
static ForeignServer *
choose_server(ForeignServer *source, Oid userid)
{
	const Group *group;
	const GroupMember *best = NULL;

	if (!source_is_group(source))
		return source;
	group = group_get(source);
	for (int i = 0; i < group->count; i++)
	{
		const GroupMember *member = &group->member[i];

		if (member->draining || member->weight == 0 ||
			!OidIsValid(find_mapping(userid, member->serverid, group->serverid)))
			continue;
		if (best == NULL || member->priority < best->priority)
			best = member;
	}
	if (best == NULL)
		refuse_empty(source);
	return GetForeignServer(best->serverid);
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
	ForeignServer *asked = source_server(request->source);
	SourceConnection *source = palloc0(sizeof(SourceConnection));
	ForeignServer *server;
	ForeignServer *group = source_is_group(asked) ? asked : NULL;
	UserMapping *mapping;
	RemoteSession *session;

	check_acl(asked, request->userid);
	if (!may_log_in(asked, request->userid))
		refuse_mapping(asked, request->userid);
	server = request->member ? source_server(request->member)
		: choose_server(asked, request->userid);
	mapping = usable_mapping(server, group, request->userid);
	session = wanted_session(server, request);

	source->server = server->servername;
	source->stall_timeout_ms =
		(int) option_int_text(OPTION_SERVER, "stall_timeout",
							  source_option(server->options, "stall_timeout"));
	if (request->keep)
		source->kept = kept_take(server->serverid, mapping->umid, request->userid);
	if (source->kept != NULL)
	{
		source->conn = kept_connection(source->kept);
		remote_session_set(source->conn, session);
	}
	else if (request->keep)
	{
		source->kept = kept_open(server->serverid, mapping->umid, request->userid,
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
	remote_session_set(source->conn, wanted_session(source_server(source->server), request));
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
