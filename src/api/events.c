/*-------------------------------------------------------------------------
 *
 * events.c
 *	  Event triggers that keep rsfed's tables consistent with the catalog.
 *
 * Policy: they look at the parse tree first and return at once for every
 * command that does not concern them, without running a query; and they never
 * make a command fail because of a relation or server that rsfed does not
 * know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "replication/logicalworker.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/rel.h"

#include "api/publish.h"
#include "api/servers.h"
#include "base/compat.h"
#include "catalog/members.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/relation.h"
#include "catalog/relation_delete.h"
#include "catalog/rollup.h"
#include "fdw/import.h"
#include "rollup/owner.h"
#include "rollup/rename.h"
#include "rollup/republish.h"
#include "rollup/table.h"

PG_FUNCTION_INFO_V1(rsfed_on_ddl_end);
PG_FUNCTION_INFO_V1(rsfed_on_drop);
PG_FUNCTION_INFO_V1(rsfed_on_relation_insert);
PG_FUNCTION_INFO_V1(rsfed_on_member_change);
PG_FUNCTION_INFO_V1(rsfed_on_replicated_change);

/*
 * The event trigger's data; raises an error if the function is called in
 * another way.
 */
static EventTriggerData *
event_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as an event trigger")));
	return (EventTriggerData *) fcinfo->context;
}

/* The oids that a query returns, as a List in the current memory context. */
static List *
query_oids(const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *oids = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run: %s", query);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		oids = lappend_oid(oids, DatumGetObjectId(catalog_datum(i, 1)));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return oids;
}

/* Relations that the current command changed; List of oids. */
static List *
relations_altered(void)
{
	return query_oids("SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands()"
					  " WHERE classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass");
}

/* Follows the relations that the current command renamed or moved. */
static void
relations_renamed(void)
{
	List	   *oids = relations_altered();
	ListCell   *lc;

	foreach(lc, oids)
	{
		if (relation_id_by_oid(lfirst_oid(lc)) == 0)
			continue;
		relations_sync();
		return;
	}
}

/*
 * Can that kind of object be one that rsfed refreshes?  ALTER INDEX, too,
 * renames a table or a materialized view.
 */
static bool
is_relation(ObjectType type)
{
	return type == OBJECT_TABLE || type == OBJECT_MATVIEW || type == OBJECT_INDEX;
}

static bool
changes_owner(AlterTableStmt *alter)
{
	ListCell   *lc;

	foreach(lc, alter->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_ChangeOwner)
			return true;
	}
	return false;
}

/* The tables whose owner the command changed. */
static void
owner_changed(void)
{
	List	   *oids = relations_altered();
	ListCell   *lc;

	foreach(lc, oids)
	{
		if (relation_id_by_oid(lfirst_oid(lc)) != 0)
			owner_warn(relation_lookup(lfirst_oid(lc)));
	}
}

/* The role, or for PUBLIC any role, may have no other mapping. */
static void
mapping_dropped(const DropUserMappingStmt *drop)
{
	Oid			role = drop->user->roletype == ROLESPEC_PUBLIC ? InvalidOid
		: get_rolespec_oid(drop->user, true);

	owner_warn_all(drop->servername, role);
}

/* Follows a column of a rollup that the current command renamed. */
static void
column_renamed(const RenameStmt *rename)
{
	List	   *oids = relations_altered();
	ListCell   *lc;

	foreach(lc, oids)
	{
		RsfedRelation *relation = NULL;

		if (relation_id_by_oid(lfirst_oid(lc)) != 0)
			relation = relation_lookup(lfirst_oid(lc));
		if (relation == NULL || !relation->is_rollup)
			continue;
		republish_check_rename(relation, rename->subname, rename->newname);
		rollup_column_renamed(relation, rename->subname, rename->newname);
	}
}

/* Follows the new name of a server, in rsfed's tables and in comments. */
static void
server_renamed(const char *old_name, const char *new_name)
{
	List	   *ids = rollup_ids(old_name);
	ListCell   *lc;

	if (members_know(old_name))
		members_rename_server(old_name, new_name);
	if (ids == NIL)
		return;
	rollups_rename_source(old_name, new_name);
	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));

		if (relation != NULL && OidIsValid(relation->relid))
			table_source_renamed(relation->relid, old_name, new_name);
	}
}

/* Follows ALTER ... RENAME TO. */
static void
object_renamed(RenameStmt *rename)
{
	if (is_relation(rename->renameType))
		relations_renamed();
	else if (rename->renameType == OBJECT_COLUMN && is_relation(rename->relationType))
		column_renamed(rename);
	else if (rename->renameType == OBJECT_SCHEMA)
		relations_sync();
	else if (rename->renameType == OBJECT_FOREIGN_SERVER)
		server_renamed(strVal(rename->object), rename->newname);
	else if (rename->renameType == OBJECT_PUBLICATION)
		publish_renamed(strVal(rename->object), rename->newname);
}

/*
 * ddl_command_end: follows ALTER ... RENAME and SET SCHEMA, warns if an owner
 * cannot refresh any more (OWNER TO, DROP USER MAPPING, REVOKE ... ON FOREIGN
 * SERVER), and sets comments on imported tables.  (REASSIGN OWNED has no event
 * trigger: see worker/utility.c.)
 */
Datum
rsfed_on_ddl_end(PG_FUNCTION_ARGS)
{
	Node	   *command = event_data(fcinfo)->parsetree;

	switch (nodeTag(command))
	{
		case T_RenameStmt:
			object_renamed((RenameStmt *) command);
			break;
		case T_AlterObjectSchemaStmt:
			if (is_relation(((AlterObjectSchemaStmt *) command)->objectType))
				relations_renamed();
			/* any extension: its members change with it */
			else if (((AlterObjectSchemaStmt *) command)->objectType == OBJECT_EXTENSION)
				relations_sync();
			break;
		case T_AlterTableStmt:
			if (changes_owner((AlterTableStmt *) command))
				owner_changed();
			break;
		case T_AlterOwnerStmt:
			if (((AlterOwnerStmt *) command)->objectType == OBJECT_FOREIGN_SERVER)
				owner_warn_all(strVal(((AlterOwnerStmt *) command)->object), InvalidOid);
			break;
		case T_ImportForeignSchemaStmt:
			import_comment((ImportForeignSchemaStmt *) command);
			break;
		case T_DropUserMappingStmt:
			mapping_dropped((DropUserMappingStmt *) command);
			break;
		case T_GrantStmt:
			if (!((GrantStmt *) command)->is_grant &&
				((GrantStmt *) command)->objtype == OBJECT_FOREIGN_SERVER)
			{
				ListCell   *lc;

				foreach(lc, ((GrantStmt *) command)->objects)
					owner_warn_all(strVal(lfirst(lc)), InvalidOid);
			}
			break;
		default:
			break;
	}
	PG_RETURN_NULL();
}

/* Does the command say CASCADE? */
static bool
drops_cascade(Node *command)
{
	if (IsA(command, DropStmt))
		return ((DropStmt *) command)->behavior == DROP_CASCADE;
	if (IsA(command, DropOwnedStmt))
		return ((DropOwnedStmt *) command)->behavior == DROP_CASCADE;
	return false;
}

/*
 * Servers were dropped.  The rows of a group's members are deleted with it; a
 * member of another group must stay, unless CASCADE removes it from the group.
 */
static void
members_dropped(List *servers, bool cascade)
{
	ListCell   *lc;

	foreach(lc, servers)
	{
		if (members_know(lfirst(lc)))
			members_delete(lfirst(lc));
	}
	foreach(lc, servers)
	{
		if (members_know(lfirst(lc)))
			server_leave_groups(lfirst(lc), cascade);
	}
}

/*
 * A server was dropped.  Rollups depend on it as other objects do: without
 * CASCADE that is an error.  With it the rollups stay, because replicas serve
 * their tables; their refreshes fail until they have a source again.
 */
static void
server_dropped(const char *server, bool cascade)
{
	List	   *rollups;

	if (rollup_ids(server) == NIL)
		return;
	rollups = rollups_of_source(server);
	if (cascade)
		server_warn_drop(server, rollups);
	else
		server_refuse_drop(server, rollups);
}

/* Names of the servers that the command dropped; List of char *. */
static List *
servers_dropped(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *names = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT address_names[1] FROM pg_catalog.pg_event_trigger_dropped_objects()"
					" WHERE classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_foreign_server'::pg_catalog.regclass",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the dropped objects");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		names = lappend(names, pstrdup(SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1)));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return names;
}

/* Did the command drop a publication, or remove a table from one? */
static bool
publications_dropped(void)
{
	return query_oids("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects()"
					  " WHERE classid OPERATOR(pg_catalog.=) ANY"
					  " ('{pg_catalog.pg_publication,pg_catalog.pg_publication_rel}'::pg_catalog.regclass[]::pg_catalog.oid[])") != NIL;
}

/*
 * sql_drop: removes relations that were dropped, by any command, and protects
 * servers that rollups or groups use.
 */
Datum
rsfed_on_drop(PG_FUNCTION_ARGS)
{
	Node	   *command = event_data(fcinfo)->parsetree;
	List	   *dropped;
	ListCell   *lc;

	dropped = query_oids("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects()"
						 " WHERE object_type OPERATOR(pg_catalog.=)"
						 " ANY ('{table,materialized view}'::pg_catalog.text[])");
	foreach(lc, dropped)
	{
		int32		relation_id = relation_id_by_oid(lfirst_oid(lc));

		if (relation_id != 0)
			relation_delete(relation_id);
	}
	if (publications_dropped())
		publications_sync();

	/* after the relations: those dropped by the same command need no server */
	dropped = servers_dropped();
	members_dropped(dropped, drops_cascade(command));
	foreach(lc, dropped)
		server_dropped(lfirst(lc), drops_cascade(command));
	PG_RETURN_NULL();
}

/*
 * A trigger: rows of rsfed_catalog.relation were inserted, by a restore for
 * example.
 */
Datum
rsfed_on_relation_insert(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as a trigger")));
	relation_cache_oids();
	return PointerGetDatum(NULL);
}

/*
 * A trigger: rows of rsfed_catalog.member were inserted, updated or deleted,
 * by any session.  At the commit every process discards its knowledge of
 * groups.
 */
Datum
rsfed_on_member_change(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as a trigger")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/*
 * A trigger that fires if session_replication_role is replica: skips a row
 * that a subscription applies.  A user who sets it writes deliberately.
 */
Datum
rsfed_on_replicated_change(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(data->tg_event) ||
		!TRIGGER_FIRED_BEFORE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as a trigger before each row")));
	if (IsLogicalWorker())
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple);
}
