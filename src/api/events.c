/*-------------------------------------------------------------------------
 *
 * events.c
 *	  Event triggers that keep rsfed's tables true to the catalog.
 *
 * Policy: they look at the parse tree first and return at once for every
 * command that does not concern them, without running a query; and they never
 * make somebody's command fail for a relation or server that rsfed does not
 * know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "source/source.h"

PG_FUNCTION_INFO_V1(rsfed_on_ddl_end);
PG_FUNCTION_INFO_V1(rsfed_on_drop);
PG_FUNCTION_INFO_V1(rsfed_on_relation_insert);

/* The event trigger's data; an error if it is called in another way. */
static EventTriggerData *
event_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as an event trigger")));
	return (EventTriggerData *) fcinfo->context;
}

/* The oids that a query gives, as a List in the current memory context. */
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

/* A schema got another name: so did everything in it. */
static void
schema_renamed(void)
{
	CatalogAccess access;
	List	   *oids = NIL;
	uint64		n;
	ListCell   *lc;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT, "SELECT relid FROM rsfed_catalog.relation_oid",
					0, NULL, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);

		oids = lappend_oid(oids, DatumGetObjectId(catalog_datum(i, 1)));
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	foreach(lc, oids)
		relation_renamed(lfirst_oid(lc));
}

/* Rollups follow their server's new name. */
static void
server_renamed(const char *old_name, const char *new_name)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	Datum		values[2] = {CStringGetTextDatum(old_name), CStringGetTextDatum(new_name)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.rollup SET source = $2 WHERE source = $1",
				2, types, values, NULL);
	catalog_close(&access);
}

/* Relations that the command just run changed; List of oids. */
static List *
relations_altered(void)
{
	return query_oids("SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands()"
					  " WHERE classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass");
}

/*
 * The number of a relation, 0 if it is not of rsfed.  Reads what every version
 * has: commands that concern nothing of rsfed work also while the extension
 * waits for ALTER EXTENSION ... UPDATE; the others are refused then.
 */
static int32
known_relation(Oid relid)
{
	static const Oid types[] = {OIDOID};
	Datum		values[1] = {ObjectIdGetDatum(relid)};
	CatalogAccess access;
	int32		relation_id = 0;

	catalog_open_any_version(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT relation_id FROM rsfed_catalog.relation_oid WHERE relid = $1",
					1, types, values, NULL) == 1)
		relation_id = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return relation_id;
}

/* Relations that the command just run renamed or moved. */
static void
relations_renamed(void)
{
	List	   *oids = relations_altered();
	ListCell   *lc;

	foreach(lc, oids)
	{
		if (known_relation(lfirst_oid(lc)) != 0)
			relation_renamed(lfirst_oid(lc));
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

/*
 * Runs use the owner's mapping: says at once if the new owner has none.  Only
 * a warning, since both may be wanted in either order.
 */
static void
owner_changed(void)
{
	List	   *oids = relations_altered();
	ListCell   *lc;

	foreach(lc, oids)
	{
		RsfedRelation *relation = NULL;
		const char *source;
		char	   *owner;

		if (known_relation(lfirst_oid(lc)) != 0)
			relation = relation_lookup(lfirst_oid(lc));
		if (relation == NULL || !relation->is_rollup)
			continue;
		source = rollup_load(relation->relation_id)->source;
		if (source_is_usable(source, relation_owner(relation->relid)))
			continue;
		owner = GetUserNameFromId(relation_owner(relation->relid), false);
		ereport(WARNING,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("refreshes of rollup \"%s\" will fail", relation->relation_name),
				 errdetail("They log in as its owner, and role \"%s\" cannot use server \"%s\".",
						   owner, source),
				 errhint("It needs GRANT USAGE ON FOREIGN SERVER %s TO %s, and a user mapping: SELECT rsfed.set_credentials(%s, username => '...', password => '...', for_role => %s).",
						 quote_identifier(source), quote_identifier(owner),
						 quote_literal_cstr(source), quote_literal_cstr(owner))));
	}
}

/* ddl_command_end: follows ALTER ... RENAME, SET SCHEMA and OWNER TO. */
Datum
rsfed_on_ddl_end(PG_FUNCTION_ARGS)
{
	Node	   *command = event_data(fcinfo)->parsetree;

	if (IsA(command, RenameStmt))
	{
		RenameStmt *rename = (RenameStmt *) command;

		if (is_relation(rename->renameType))
			relations_renamed();
		else if (rename->renameType == OBJECT_SCHEMA)
			schema_renamed();
		else if (rename->renameType == OBJECT_FOREIGN_SERVER)
			server_renamed(strVal(rename->object), rename->newname);
	}
	else if (IsA(command, AlterObjectSchemaStmt) &&
			 is_relation(((AlterObjectSchemaStmt *) command)->objectType))
		relations_renamed();
	else if (IsA(command, AlterTableStmt) && changes_owner((AlterTableStmt *) command))
		owner_changed();
	PG_RETURN_NULL();
}

/* sql_drop: forgets relations that were dropped, by whatever command. */
Datum
rsfed_on_drop(PG_FUNCTION_ARGS)
{
	List	   *oids;
	ListCell   *lc;

	(void) event_data(fcinfo);
	oids = query_oids("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects()"
					  " WHERE object_type OPERATOR(pg_catalog.=)"
					  " ANY ('{table,materialized view}'::pg_catalog.text[])");
	foreach(lc, oids)
	{
		int32		relation_id = known_relation(lfirst_oid(lc));

		if (relation_id != 0)
			relation_delete(relation_id);
	}
	PG_RETURN_NULL();
}

/* A trigger: rows of rsfed_catalog.relation came, by a restore for example. */
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
