/*-------------------------------------------------------------------------
 *
 * live_check.c
 *	  Checks whether tables in Redshift still match the foreign tables.
 *
 * Policy: the types of columns that are read are checked when rows arrive.
 * Columns that Redshift only computes with must have the declared type in
 * Redshift, or the result would be that of another type.  So the types are
 * requested once per connection, by a query without rows, and again after the
 * time for which an idle connection is kept, because a table may be recreated
 * in the meantime.
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
#include "base/monotonic.h"
#include "base/settings.h"
#include "redshift/types.h"
#include "source/credentials.h"

#include "fdw/live.h"
#include "fdw/live_check.h"

/* The maximum number of remembered checks; beyond it, all are repeated. */
#define MAX_REMEMBERED 500

/* A successful check. */
typedef struct Remembered
{
	TimestampTz at;
	char		identity[FLEXIBLE_ARRAY_MEMBER];	/* connection, query and types in one text */
} Remembered;

static List *remembered = NIL;

/* Does a column that Redshift computes with have the declared type? */
static bool
is_declared_type(const RemoteColumn *remote, Form_pg_attribute att, bool is_char)
{
	Oid			type = getBaseType(att->atttypid);
	RedshiftKind kind = redshift_type_kind(remote->type);

	/* trailing blanks of a varchar count in PostgreSQL, but not in Redshift */
	if (is_char && kind != RS_CHAR)
		return false;
	switch (kind)
	{
		case RS_TEXT:
		case RS_CHAR:
			return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
		case RS_DECIMAL:
			/* the number of digits was computed from the declared size */
			return type == NUMERICOID && (att->atttypmod < 0 || att->atttypmod == remote->typmod);
		case RS_TIMESTAMP:
		case RS_TIMESTAMPTZ:
			/* Redshift computes with microseconds */
			return redshift_type_fits(remote->type, remote->typmod, type, att->atttypmod) == RS_FIT_YES;
		default:
			return redshift_local_type(remote->type, remote->typmod) == type;
	}
}

/* The call that applies changes of a table's schema to the foreign tables. */
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

/* Raises 42804 for a column that is declared as char but is not. */
pg_noreturn static void
refuse_char(Relation relation, const char *column, const RemoteColumn *remote)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of foreign table \"%s\" does not fit its column in Redshift",
					column, RelationGetRelationName(relation)),
			 errdetail("It is char by its option is_char here, and \"%s\" is %s there, whose trailing blanks count.",
					   remote->name, redshift_type_name(remote->type, remote->typmod)),
			 errhint("%s brings changes over.", refresh_call(relation))));
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

/* The query for the types of the columns in use; *identity identifies it. */
static char *
types_query(SourceConnection *source, Relation relation, const LiveTable *table, List *use, char **identity)
{
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
		appendStringInfo(&key, " %u/%d%s", att->atttypid, att->atttypmod, table->is_char[att->attnum - 1] ? "c" : "");
	}
	appendStringInfo(&query, " FROM %s LIMIT 0", table->text);
	*identity = psprintf("%s %s", key.data, query.data);
	return query.data;
}

/* Was this check successful, and not too long ago? */
static bool
is_remembered(const char *identity)
{
	ListCell   *lc;

	foreach(lc, remembered)
	{
		Remembered *one = lfirst(lc);

		if (strcmp(one->identity, identity) != 0)
			continue;
		if (monotonic_now() - one->at < (int64) rsfed_idle_connection * USECS_PER_SEC)
			return true;
		remembered = foreach_delete_current(remembered, lc);
		pfree(one);
		return false;
	}
	return false;
}

static void
remember(const char *identity)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	Remembered *one;

	if (list_length(remembered) >= MAX_REMEMBERED)
	{
		list_free_deep(remembered);
		remembered = NIL;
	}
	one = palloc(offsetof(Remembered, identity) + strlen(identity) + 1);
	one->at = monotonic_now();
	strcpy(one->identity, identity);
	remembered = lappend(remembered, one);
	MemoryContextSwitchTo(old);
}

static void
check_table(SourceConnection *source, List *use)
{
	Relation	relation = table_open((Oid) linitial_int(use), AccessShareLock);
	LiveTable  *table = live_table(RelationGetRelid(relation));
	char	   *identity;
	char	   *query = types_query(source, relation, table, use, &identity);

	if (!is_remembered(identity))
	{
		RemoteStream *stream = remote_stream_open(source->conn, query, source->stall_timeout_ms);
		RemoteColumns *columns = remote_stream_columns(stream);
		char	  **texts;
		int		   *lengths;

		for (int i = 1; i < list_length(use); i++)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), list_nth_int(use, i) - 1);
			const RemoteColumn *remote = i > columns->count ? NULL : &columns->column[i - 1];
			bool		is_char = table->is_char[att->attnum - 1];

			if (remote != NULL && is_declared_type(remote, att, is_char))
				continue;
			if (remote != NULL && is_char && is_declared_type(remote, att, false))
				refuse_char(relation, NameStr(att->attname), remote);
			check_refuse(relation, NameStr(att->attname), att->atttypid, att->atttypmod, remote);
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
