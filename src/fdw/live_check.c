/*-------------------------------------------------------------------------
 *
 * live_check.c
 *	  Whether tables in Redshift are still what the foreign tables say.
 *
 * Policy: what is read is looked at when it comes.  What Redshift only computes
 * with must have the declared type there, or its answer would be another type's:
 * so each connection is asked for the types once, by a query without rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "redshift/types.h"
#include "source/credentials.h"

#include "fdw/live.h"
#include "fdw/live_check.h"

/* So many answers are remembered; then they are asked again. */
#define MAX_REMEMBERED 500

/* What was found to be right: connection, query and types in one text. */
static List *remembered = NIL;

/* Is a type that Redshift computes with the one that is declared here? */
static bool
is_declared_type(const RemoteColumn *remote, Form_pg_attribute att)
{
	Oid			type = getBaseType(att->atttypid);

	switch (redshift_type_kind(remote->type))
	{
		case RS_TEXT:
		case RS_CHAR:
			return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
		case RS_DECIMAL:
			/* digits were counted by the declared size */
			return type == NUMERICOID && (att->atttypmod < 0 || att->atttypmod == remote->typmod);
		default:
			return redshift_local_type(remote->type, remote->typmod) == type;
	}
}

/* The call that brings the changes of a table's schema over. */
static char *
refresh_call(Relation relation)
{
	ForeignTable *table = GetForeignTable(RelationGetRelid(relation));
	char	   *here = get_namespace_name(RelationGetNamespace(relation));
	const char *there = source_option(table->options, "schema_name");

	return psprintf("SELECT * FROM rsfed.refresh_foreign_schema(%s, %s, %s)",
					quote_literal_cstr(GetForeignServer(table->serverid)->servername),
					quote_literal_cstr(there ? there : here), quote_literal_cstr(here));
}

/* See live_check.h. */
void
check_refuse(Relation relation, const char *column, Oid type, int32 typmod, const RemoteColumn *remote)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 relation ?
			 errmsg("column \"%s\" of foreign table \"%s\" does not fit its column in Redshift",
					column, RelationGetRelationName(relation)) :
			 errmsg("a column of a foreign table does not fit its column in Redshift"),
			 remote ?
			 errdetail("It is %s here, and \"%s\" is %s there.", format_type_with_typemod(type, typmod),
					   remote->name, redshift_type_name(remote->type, remote->typmod)) :
			 errdetail("It is not there."),
			 relation ?
			 errhint("%s brings changes over.", refresh_call(relation)) :
			 errhint("rsfed.refresh_foreign_schema() brings changes over.")));
}

/* The query for the types of the columns in use, and what makes it another one. */
static char *
types_query(SourceConnection *source, Relation relation, List *use, char **identity)
{
	LiveTable  *table = live_table(RelationGetRelid(relation));
	StringInfoData query;
	StringInfoData key;

	initStringInfo(&query);
	initStringInfo(&key);
	appendStringInfo(&key, "%s %d", remote_address(source->conn), remote_backend_pid(source->conn));
	for (int i = 1; i < list_length(use); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), list_nth_int(use, i) - 1);

		appendStringInfo(&query, "%s%s", i == 1 ? "/* rsfed types */ SELECT " : ", ",
						 table->column[att->attnum - 1]);
		appendStringInfo(&key, " %u/%d", att->atttypid, att->atttypmod);
	}
	appendStringInfo(&query, " FROM %s LIMIT 0", table->text);
	*identity = psprintf("%s %s", key.data, query.data);
	return query.data;
}

static bool
is_remembered(const char *identity)
{
	ListCell   *lc;

	foreach(lc, remembered)
	{
		if (strcmp(lfirst(lc), identity) == 0)
			return true;
	}
	return false;
}

static void
remember(const char *identity)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	if (list_length(remembered) >= MAX_REMEMBERED)
	{
		list_free_deep(remembered);
		remembered = NIL;
	}
	remembered = lappend(remembered, pstrdup(identity));
	MemoryContextSwitchTo(old);
}

static void
check_table(SourceConnection *source, List *use)
{
	Relation	relation = table_open((Oid) linitial_int(use), AccessShareLock);
	char	   *identity;
	char	   *query = types_query(source, relation, use, &identity);

	if (!is_remembered(identity))
	{
		RemoteStream *stream = remote_stream_open(source->conn, query, source->stall_timeout_ms);
		RemoteColumns *columns = remote_stream_columns(stream);
		char	  **texts;
		int		   *lengths;

		for (int i = 1; i < list_length(use); i++)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), list_nth_int(use, i) - 1);

			if (i > columns->count || !is_declared_type(&columns->column[i - 1], att))
				check_refuse(relation, NameStr(att->attname), att->atttypid, att->atttypmod,
							 i > columns->count ? NULL : &columns->column[i - 1]);
		}
		while (remote_stream_next(stream, &texts, &lengths))
			;
		remote_stream_close(stream);
		remember(identity);
	}
	table_close(relation, AccessShareLock);
}

/* See live_check.h. */
void
check_used_columns(SourceConnection *source, List *checks)
{
	ListCell   *lc;

	foreach(lc, checks)
		check_table(source, lfirst(lc));
}
