/*-------------------------------------------------------------------------
 *
 * login.c
 *	  Checks whether a role may use a source, and finds its log-in there.
 *
 * Policy: for a group, USAGE on the group itself is required.  The log-in at a
 * member is the role's own mapping there, or the role's mapping at the group,
 * which serves all members, and only then the one of PUBLIC at either.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "source/group.h"
#include "source/login.h"

static void check_acl(ForeignServer *source, Oid userid);
pg_noreturn static void refuse_mapping(ForeignServer *source, Oid userid);
static Oid	find_mapping(Oid userid, Oid serverid, Oid group);

void
login_check(ForeignServer *source, Oid userid)
{
	check_acl(source, userid);
	if (!login_exists(source, userid))
		refuse_mapping(source, userid);
}

bool
login_exists_at(Oid userid, Oid serverid, Oid group)
{
	return OidIsValid(find_mapping(userid, serverid, group));
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

bool
login_exists(ForeignServer *source, Oid userid)
{
	const SourceGroup *group;

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

void
login_refuse_empty(ForeignServer *group)
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
		login_refuse_empty(source);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 source_is_group(source) ?
			 errmsg("role \"%s\" has no user mapping for group \"%s\" or one of its members",
					role, source->servername) :
			 errmsg("role \"%s\" has no user mapping for server \"%s\"", role, source->servername),
			 errhint("Make one with SELECT rsfed.set_credentials(%s, username => '...', password => '...', for_role => %s).",
					 quote_literal_cstr(source->servername), quote_literal_cstr(role))));
}

UserMapping *
login_mapping(ForeignServer *server, ForeignServer *group, Oid userid)
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
	/* check the mapping itself: PUBLIC's is found if the role has none */
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
