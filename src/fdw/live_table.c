/*-------------------------------------------------------------------------
 *
 * live_table.c
 *	  A foreign table as Redshift knows it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "foreign/foreign.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/options.h"
#include "redshift/quote.h"
#include "source/credentials.h"
#include "source/server.h"

#include "fdw/live.h"

/*
 * The column's option, the table's, the server's: the first that is given.  A char
 * comes without its padding.
 */
static bool
is_blank_safe(List *column, bool is_char, List *table, const char *server)
{
	const char *value = source_option(column, "blank_safe");

	if (value == NULL && is_char)
		return true;
	if (value == NULL)
		value = source_option(table, "blank_safe");
	return option_bool_text(OPTION_SERVER, "blank_safe", value ? value : server);
}

/* See live.h. */
char *
live_column_name(Oid relid, AttrNumber attnum, const char *local_name)
{
	const char *name = source_option(GetForeignColumnOptions(relid, attnum), "column_name");

	return pstrdup(name ? name : local_name);
}

/* See live.h. */
LiveTable *
live_table(Oid relid)
{
	LiveTable  *live = palloc0(sizeof(LiveTable));
	ForeignTable *table = GetForeignTable(relid);
	ForeignServer *server = GetForeignServer(table->serverid);
	const char *server_safe = source_option(server->options, "blank_safe");
	const char *schema = source_option(table->options, "schema_name");
	const char *name = source_option(table->options, "table_name");
	/* the planner and the executor have it locked */
	Relation	relation = table_open(relid, NoLock);
	TupleDesc	desc = RelationGetDescr(relation);

	live->relid = relid;
	live->text = psprintf("%s.%s",
						  redshift_quote_identifier(schema ? schema : get_namespace_name(RelationGetNamespace(relation))),
						  redshift_quote_identifier(name ? name : RelationGetRelationName(relation)));
	live->max_rows = (int) option_int_text(OPTION_TABLE, "max_rows", source_option(table->options, "max_rows"));
	live->natts = desc->natts;
	live->column = palloc0(Max(desc->natts, 1) * sizeof(char *));
	live->blank_safe = palloc0(Max(desc->natts, 1) * sizeof(bool));
	live->is_char = palloc0(Max(desc->natts, 1) * sizeof(bool));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		List	   *options;

		if (att->attisdropped || att->attgenerated)
			continue;
		options = GetForeignColumnOptions(relid, i + 1);
		live->column[i] = redshift_quote_identifier(live_column_name(relid, i + 1, NameStr(att->attname)));
		live->is_char[i] = option_bool_text(OPTION_COLUMN, "is_char", source_option(options, "is_char"));
		live->blank_safe[i] = is_blank_safe(options, live->is_char[i], table->options, server_safe);
	}
	table_close(relation, NoLock);
	return live;
}
