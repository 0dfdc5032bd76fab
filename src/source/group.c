/*-------------------------------------------------------------------------
 *
 * group.c
 *	  Groups, cached in this process.
 *
 * Policy: a member is chosen for each statement, which must not cost a query.
 * So the data is cached until an invalidation reports a change of a member or
 * a server: a trigger of rsfed_catalog.member sends one, and PostgreSQL does
 * for foreign servers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"
#include "catalog/members.h"
#include "source/credentials.h"
#include "source/group.h"

/* The cache is in a memory context that is deleted as a whole. */
static MemoryContext known_context = NULL;
static List *known_groups = NIL;
static List *known_limited = NIL;	/* of LimitedSource, once knows_limited */
static bool knows_limited = false;
static Oid	known_table = InvalidOid;	/* rsfed_catalog.member */
static bool is_stale = true;

/*
 * A table or catalog with data of groups has changed.  May be called at any
 * time.
 */
static void
servers_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	is_stale = true;
}

static void
table_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == known_table)
		is_stale = true;
}

/* An empty cache, to be filled. */
static void
forget_all(void)
{
	if (known_context == NULL)
	{
		CacheRegisterSyscacheCallback(FOREIGNSERVEROID, servers_changed, (Datum) 0);
		CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
		known_context = AllocSetContextCreate(CacheMemoryContext, "rsfed groups",
											  ALLOCSET_SMALL_SIZES);
	}
	known_groups = known_limited = NIL;
	knows_limited = false;
	MemoryContextReset(known_context);
	known_table = members_table();
	is_stale = false;
}

static GroupStrategy
read_strategy(ForeignServer *server)
{
	const char *strategy = source_option(server->options, "strategy");

	if (strcmp(strategy, "failover") == 0)
		return GROUP_FAILOVER;
	return strcmp(strategy, "least_busy") == 0 ? GROUP_LEAST_BUSY : GROUP_WEIGHTED;
}

/* Fills in a member; false if there is no such server. */
static bool
read_member(const Member *row, GroupMember *member)
{
	ForeignServer *server = GetForeignServerByName(row->server, true);

	if (server == NULL)
		return false;
	member->serverid = server->serverid;
	member->server = MemoryContextStrdup(known_context, row->server);
	member->weight = row->weight;
	member->priority = row->priority;
	member->draining = row->draining;
	member->max_runs = (int) option_int_text(OPTION_SERVER, "max_runs",
											 source_option(server->options, "max_runs"));
	return true;
}

/* Reads a group from the tables into the cache. */
static SourceGroup *
read_group(ForeignServer *server)
{
	bool		needs_snapshot = !ActiveSnapshotSet();
	List	   *rows;
	SourceGroup *group;
	const char *query;
	MemoryContext old;
	ListCell   *lc;

	/* SPI would leave a snapshot that it takes itself to the portal */
	if (needs_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	rows = members_of(server->servername);
	if (needs_snapshot)
		PopActiveSnapshot();

	group = MemoryContextAllocZero(known_context, sizeof(SourceGroup));
	group->serverid = server->serverid;
	group->name = MemoryContextStrdup(known_context, server->servername);
	group->strategy = read_strategy(server);
	group->owner = server->owner;
	group->health_interval_ms = option_int_text(OPTION_GROUP, "health_interval",
												source_option(server->options, "health_interval"));
	query = source_option(server->options, "health_query");
	group->health_query = query ? MemoryContextStrdup(known_context, query) : NULL;
	group->member = MemoryContextAllocZero(known_context,
										   sizeof(GroupMember) * Max(list_length(rows), 1));
	foreach(lc, rows)
	{
		if (read_member(lfirst(lc), &group->member[group->count]))
			group->count++;
	}
	old = MemoryContextSwitchTo(known_context);
	known_groups = lappend(known_groups, group);
	MemoryContextSwitchTo(old);
	return group;
}

const SourceGroup *
group_get(ForeignServer *server)
{
	ListCell   *lc;

	if (is_stale)
		forget_all();
	foreach(lc, known_groups)
	{
		SourceGroup *group = lfirst(lc);

		if (group->serverid == server->serverid)
			return group;
	}
	return read_group(server);
}

/* Finds the servers with a limit. */
static void
read_limited(void)
{
	List	   *names = source_names();
	ListCell   *lc;

	foreach(lc, names)
	{
		ForeignServer *server = source_server(lfirst(lc));
		int			max_runs = (int) option_int_text(OPTION_SERVER, "max_runs",
													 source_option(server->options, "max_runs"));
		LimitedSource *limited;
		MemoryContext old;

		if (max_runs == 0 && !source_is_group(server))
			continue;
		old = MemoryContextSwitchTo(known_context);
		limited = palloc(sizeof(LimitedSource));
		limited->serverid = server->serverid;
		limited->name = pstrdup(server->servername);
		limited->is_group = source_is_group(server);
		limited->max_runs = max_runs;
		known_limited = lappend(known_limited, limited);
		MemoryContextSwitchTo(old);
	}
	knows_limited = true;
}

List *
limited_sources(void)
{
	List	   *copy = NIL;
	ListCell   *lc;

	if (is_stale)
		forget_all();
	if (!knows_limited)
		read_limited();
	foreach(lc, known_limited)
	{
		LimitedSource *limited = palloc(sizeof(LimitedSource));

		*limited = *(LimitedSource *) lfirst(lc);
		limited->name = pstrdup(limited->name);
		copy = lappend(copy, limited);
	}
	return copy;
}

const SourceGroup *
limited_group(const LimitedSource *source)
{
	ForeignServer *server = source->is_group ? GetForeignServerExtended(source->serverid, FSV_MISSING_OK) : NULL;

	return server ? group_get(server) : NULL;
}

ForeignServer *
source_require_group(const char *name)
{
	ForeignServer *server = source_server(name);

	if (!source_is_group(server))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not a group", name),
				 errhint("Define a group with SELECT rsfed.define_group('...') and put the server into it with SELECT rsfed.add_member('...', %s).",
						 quote_literal_cstr(name))));
	return server;
}

List *
source_servers(const char *source)
{
	ForeignServer *server = source_server(source);
	List	   *names = NIL;
	const SourceGroup *group;

	if (!source_is_group(server))
		return list_make1(pstrdup(server->servername));
	group = group_get(server);
	for (int i = 0; i < group->count; i++)
		names = lappend(names, pstrdup(group->member[i].server));
	return names;
}
