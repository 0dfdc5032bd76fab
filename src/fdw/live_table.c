/*-------------------------------------------------------------------------
 *
 * live_table.c
 *	  A foreign table, as it is named and read in Redshift.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "foreign/foreign.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/options.h"
#include "redshift/deparse.h"
#include "redshift/quote.h"
#include "source/credentials.h"
#include "source/server.h"

#include "fdw/live.h"

/*
 * The first option that is set, of the column, the table or the server.  A char
 * is received without its padding.
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

/* The limit of the table or, if it has none of its own, of the server. */
static int
max_rows(List *table, List *server)
{
	const char *value = source_option(table, "max_rows");

	return (int) option_int_text(OPTION_SERVER, "max_rows", value ? value : source_option(server, "max_rows"));
}

/* See live.h. */
int
live_least_rows(int one, int other)
{
	return one == 0 || other == 0 ? Max(one, other) : Min(one, other);
}

/*
 * A name, quoted for Redshift.  Raises 42602 for a name with the byte that
 * marks parameters in a text.
 */
static char *
quoted_name(Relation relation, const char *name)
{
	if (strchr(name, DEPARSE_MARK) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("a name in Redshift cannot have a control character"),
				 errdetail("A name of foreign table \"%s\" has the character of code %d.",
						   RelationGetRelationName(relation), DEPARSE_MARK),
				 errhint("The options schema_name, table_name and column_name say what it is called there.")));
	return redshift_quote_identifier(name);
}

/* The column's name in Redshift, not quoted; palloc'd. */
static char *
column_name(Oid relid, AttrNumber attnum, const char *local_name)
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
						  quoted_name(relation, schema ? schema : get_namespace_name(RelationGetNamespace(relation))),
						  quoted_name(relation, name ? name : RelationGetRelationName(relation)));
	live->max_rows = max_rows(table->options, server->options);
	live->natts = desc->natts;
	live->column = palloc0(Max(desc->natts, 1) * sizeof(char *));
	live->blank_safe = palloc0(Max(desc->natts, 1) * sizeof(bool));
	live->is_char = palloc0(Max(desc->natts, 1) * sizeof(bool));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		List	   *options;

		/*
		 * a virtual generated column does not exist in Redshift; a stored one
		 * is read from Redshift
		 */
		if (att->attisdropped || (att->attgenerated && att->attgenerated != ATTRIBUTE_GENERATED_STORED))
			continue;
		options = GetForeignColumnOptions(relid, i + 1);
		live->column[i] = quoted_name(relation, column_name(relid, i + 1, NameStr(att->attname)));
		live->is_char[i] = option_bool_text(OPTION_COLUMN, "is_char", source_option(options, "is_char"));
		live->blank_safe[i] = is_blank_safe(options, live->is_char[i], table->options, server_safe);
	}
	table_close(relation, NoLock);
	return live;
}
