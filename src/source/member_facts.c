/*-------------------------------------------------------------------------
 *
 * member_facts.c
 *	  The facts about schemas, tables and grants at a member of a group.
 *
 * Policy: a member is asked by a few statements over its system views,
 * regardless of the number of tables.  The facts of all members are sorted
 * together within work_mem, so that lakes with many partitions can be
 * compared, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "base/json.h"
#include "base/names.h"
#include "redshift/quote.h"
#include "redshift/tables.h"
#include "remote/stream.h"
#include "source/member_facts.h"

/* If there are more tables, all are read and filtered here. */
#define MAX_NAMES_SENT 300

#define FACT_COLUMNS 6

/* Longer than any name of Redshift, which has at most 127 bytes. */
#define MAX_PLACE 600

/* Roles by the user that they log in as, while one member is asked. */
typedef struct Asking
{
	MemberFacts *facts;
	SourceConnection *source;
	int			member;
	List	   *users;			/* of FactUser */
	List	   *external;		/* names of external schemas: char * */
	MemoryContext row_context;
} Asking;

typedef void (*TakeRow) (Asking *asking, char **cells);

/* The key of a place in the hash of wanted ones. */
static void
place_key(char key[MAX_PLACE], const char *schema, const char *relation)
{
	memset(key, 0, MAX_PLACE);
	snprintf(key, MAX_PLACE, "%s%c%s", schema, '\1', relation);
}

/* Makes the hash of the wanted places: the tables, and their schemas. */
static HTAB *
hash_tables(List *tables)
{
	HASHCTL		control = {.keysize = MAX_PLACE, .entrysize = MAX_PLACE, .hcxt = CurrentMemoryContext};
	HTAB	   *hash = hash_create("rsfed tables to compare", Max(list_length(tables) * 2, 16), &control,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	char		key[MAX_PLACE];
	ListCell   *lc;

	foreach(lc, tables)
	{
		RedshiftTable *table = lfirst(lc);

		place_key(key, table->schema, table->name);
		(void) hash_search(hash, key, HASH_ENTER, NULL);
		place_key(key, table->schema, "");
		(void) hash_search(hash, key, HASH_ENTER, NULL);
	}
	return hash;
}

/* NULL has all places. */
static bool
has_place(HTAB *places, const char *schema, const char *relation)
{
	char		key[MAX_PLACE];

	if (places == NULL)
		return true;
	place_key(key, schema, relation);
	return hash_search(places, key, HASH_FIND, NULL) != NULL;
}

bool
facts_is_direct(const MemberFacts *facts, const char *schema, const char *relation)
{
	return has_place(facts->direct, schema, relation);
}

/* Adds a fact, unless its place is not wanted. */
static void
put_fact(MemberFacts *facts, int member, const char *schema, const char *relation, FactKind kind,
		 const char *name, const char *value)
{
	TupleTableSlot *slot = facts->slot;
	ResourceOwner asking = CurrentResourceOwner;

	if (schema == NULL || relation == NULL || name == NULL ||
		!has_place(kind == FACT_GRANT ? facts->direct : facts->wanted, schema, relation))
		return;
	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, sizeof(bool) * FACT_COLUMNS);
	slot->tts_values[0] = CStringGetTextDatum(schema);
	slot->tts_values[1] = CStringGetTextDatum(relation);
	slot->tts_values[2] = Int32GetDatum(kind);
	slot->tts_values[3] = CStringGetTextDatum(name);
	slot->tts_values[4] = Int32GetDatum(member);
	slot->tts_values[5] = CStringGetTextDatum(value ? value : "");
	ExecStoreVirtualTuple(slot);
	/* files of the sort outlive the subtransaction in which a member is asked */
	CurrentResourceOwner = facts->owner;
	tuplesort_puttupleslot(facts->sort, slot);
	CurrentResourceOwner = asking;
	ExecClearTuple(slot);
}

void
facts_add(MemberFacts *facts, int member, const char *schema, const char *name, const char *value)
{
	put_fact(facts, member, schema, "", FACT_SCHEMA, name, value);
}

MemberFacts *
facts_begin(List *tables, List *behind, bool with_partitions, bool with_grants)
{
	static AttrNumber keys[] = {1, 2, 3, 4, 5};
	Oid			operators[] = {TextLessOperator, TextLessOperator, Int4LessOperator, TextLessOperator, Int4LessOperator};
	Oid			collations[] = {C_COLLATION_OID, C_COLLATION_OID, InvalidOid, C_COLLATION_OID, InvalidOid};
	bool		nulls_first[] = {false, false, false, false, false};
	MemberFacts *facts = palloc0(sizeof(MemberFacts));
	TupleDesc	desc = CreateTemplateTupleDesc(FACT_COLUMNS);
	ListCell   *lc;

	TupleDescInitEntry(desc, 1, "schema", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 2, "relation", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 3, "kind", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 4, "name", TEXTOID, -1, 0);
	TupleDescInitEntry(desc, 5, "member", INT4OID, -1, 0);
	TupleDescInitEntry(desc, 6, "value", TEXTOID, -1, 0);
	facts->slot = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
	facts->sort = tuplesort_begin_heap(desc, lengthof(keys), keys, operators, collations, nulls_first,
									   work_mem, NULL, 0);
	facts->owner = CurrentResourceOwner;
	facts->tables = list_concat(list_copy(tables), behind);
	facts->direct = tables ? hash_tables(tables) : NULL;
	facts->wanted = behind ? hash_tables(facts->tables) : facts->direct;
	facts->with_partitions = with_partitions;
	facts->with_grants = with_grants;
	/* a table that no member has must be reported, too */
	foreach(lc, tables)
	{
		RedshiftTable *table = lfirst(lc);

		put_fact(facts, -1, table->schema, table->name, FACT_RELATION, "", NULL);
	}
	return facts;
}

/* Appends "column IN ('a', 'b')" over the wanted tables' schemas or names. */
static void
append_in(StringInfo sql, const char *column, List *tables, bool is_schema)
{
	const char *separator = "";
	ListCell   *lc;

	appendStringInfo(sql, " AND %s IN (", column);
	foreach(lc, tables)
	{
		RedshiftTable *table = lfirst(lc);

		appendStringInfo(sql, "%s%s", separator,
						 redshift_quote_literal(is_schema ? table->schema : table->name));
		separator = ", ";
	}
	appendStringInfoChar(sql, ')');
}

char *
facts_place_condition(List *tables, const char *schema, const char *relation)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "%s NOT LIKE 'pg!_%%' ESCAPE '!' AND %s <> 'information_schema'", schema, schema);
	if (tables != NIL && list_length(tables) <= MAX_NAMES_SENT)
	{
		append_in(&sql, schema, tables, true);
		if (relation != NULL)
			append_in(&sql, relation, tables, false);
	}
	return sql.data;
}

static char *
place_condition(const MemberFacts *facts, const char *schema, const char *relation)
{
	return facts_place_condition(facts->tables, schema, relation);
}

/* Runs a statement and gives each row to take(). */
static void
ask(Asking *asking, const char *query, TakeRow take)
{
	RemoteStream *stream = remote_stream_open(asking->source->conn, query,
											  asking->source->stall_timeout_ms);
	RemoteColumns *columns = remote_stream_columns(stream);
	char	  **cells = palloc(sizeof(char *) * Max(columns->count, 1));
	char	  **values;
	int		   *lengths;

	while (remote_stream_next(stream, &values, &lengths))
	{
		MemoryContext old = MemoryContextSwitchTo(asking->row_context);

		for (int i = 0; i < columns->count; i++)
			cells[i] = values[i] ? pg_any_to_server(values[i], lengths[i], PG_UTF8) : NULL;
		take(asking, cells);
		MemoryContextSwitchTo(old);
		MemoryContextReset(asking->row_context);
	}
	remote_stream_close(stream);
}

static void
put(Asking *asking, const char *schema, const char *relation, FactKind kind, const char *name,
	const char *value)
{
	put_fact(asking->facts, asking->member, schema, relation, kind, name, value);
}

/* The options of an external schema without the role, in one order. */
static char *
options_text(char *options)
{
	Jsonb	   *json = options != NULL && options[0] == '{' ? json_parse(options) : NULL;
	Datum		others;

	if (json == NULL)
		return options;

	/*
	 * each warehouse may have a role of its own and still read the same lake
	 */
	others = DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(json), CStringGetTextDatum("IAM_ROLE"));
	return DatumGetCString(DirectFunctionCall1(jsonb_out, others));
}

/* schemaname, eskind, databasename, esoptions */
static void
take_schema(Asking *asking, char **cells)
{
	static const char *const kinds[] = {"data catalog", "Hive metastore", "PostgreSQL", "Redshift"};
	int			kind = cells[1] ? atoi(cells[1]) : 0;
	char	   *options = options_text(cells[3]);
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(asking));

	asking->external = lappend(asking->external, pstrdup(cells[0]));
	MemoryContextSwitchTo(old);
	put(asking, cells[0], "", FACT_SCHEMA, "",
		psprintf("%s, database \"%s\"%s%s",
				 kind >= 1 && kind <= lengthof(kinds) ? kinds[kind - 1] : psprintf("kind %d", kind),
				 cells[2] ? cells[2] : "",
				 options && strcmp(options, "{}") != 0 ? " " : "",
				 options && strcmp(options, "{}") != 0 ? options : ""));
}

/* table_schema, table_name, table_type */
static void
take_relation(Asking *asking, char **cells)
{
	if (cells[0] == NULL)
		return;
	if (names_hold(asking->external, cells[0]))
		put(asking, cells[0], cells[1], FACT_RELATION, "", "external table");
	else
		put(asking, cells[0], cells[1], FACT_RELATION, "",
			cells[2] == NULL ? "table" : pg_strcasecmp(cells[2], "BASE TABLE") == 0 ? "table" :
			asc_tolower(cells[2], strlen(cells[2])));
}

/* schemaname, tablename, location, input_format */
static void
take_external(Asking *asking, char **cells)
{
	put(asking, cells[0], cells[1], FACT_RELATION, "location", cells[2]);
	put(asking, cells[0], cells[1], FACT_RELATION, "format", cells[3]);
}

/* schemaname, viewname, definition */
static void
take_view(Asking *asking, char **cells)
{
	put(asking, cells[0], cells[1], FACT_RELATION, "definition", cells[2]);
}

/* table_schema, table_name, column_name, data_type, length, precision, scale */
static void
take_column(Asking *asking, char **cells)
{
	const char *type = cells[3] ? cells[3] : "?";

	/* the types of an external table are read separately */
	if (cells[0] == NULL || names_hold(asking->external, cells[0]))
		return;
	if (cells[4] != NULL)
		type = psprintf("%s(%s)", type, cells[4]);
	else if (cells[5] != NULL && cells[6] != NULL &&
			 (strcmp(type, "numeric") == 0 || strcmp(type, "decimal") == 0))
		type = psprintf("%s(%s,%s)", type, cells[5], cells[6]);
	put(asking, cells[0], cells[1], FACT_COLUMN, cells[2], type);
}

/* schemaname, tablename, columnname, external_type, part_key */
static void
take_external_column(Asking *asking, char **cells)
{
	bool		is_key = cells[4] != NULL && strcmp(cells[4], "0") != 0;

	put(asking, cells[0], cells[1], FACT_COLUMN, cells[2],
		psprintf("%s%s", cells[3] ? cells[3] : "?", is_key ? psprintf(", partition key %s", cells[4]) : ""));
}

/* schemaname, tablename, values, location */
static void
take_partition(Asking *asking, char **cells)
{
	put(asking, cells[0], cells[1], FACT_PARTITION, cells[2], cells[3]);
}

/* nspname, relname, usename: may that user read it? */
static void
take_grant(Asking *asking, char **cells)
{
	ListCell   *lc;

	/* in an external schema, the privilege is on the schema */
	if (cells[0] == NULL || names_hold(asking->external, cells[0]) != (cells[1][0] == '\0'))
		return;
	foreach(lc, asking->users)
	{
		FactUser   *user = lfirst(lc);

		if (user->username != NULL && strcmp(user->username, cells[2]) == 0)
			put(asking, cells[0], cells[1], FACT_GRANT, user->role, "");
	}
}

/* The statements on what users may read; without users none. */
static void
ask_grants(Asking *asking)
{
	const MemberFacts *facts = asking->facts;
	StringInfoData names;
	ListCell   *lc;

	initStringInfo(&names);
	foreach(lc, asking->users)
	{
		FactUser   *user = lfirst(lc);

		if (user->username != NULL)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 redshift_quote_literal(user->username));
	}
	if (names.len == 0)
		return;
	if (asking->external != NIL)
		ask(asking, psprintf("/* rsfed check */ SELECT n.nspname, '' AS relname, u.usename"
							 " FROM pg_catalog.pg_namespace n, pg_catalog.pg_user u"
							 " WHERE u.usename IN (%s) AND %s"
							 " AND has_schema_privilege(u.usename, n.oid, 'USAGE')",
							 names.data, place_condition(facts, "n.nspname", NULL)), take_grant);
	ask(asking, psprintf("/* rsfed check */ SELECT n.nspname, c.relname, u.usename"
						 " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,"
						 " pg_catalog.pg_user u WHERE c.relkind IN ('r', 'v', 'm') AND u.usename IN (%s) AND %s"
						 " AND has_schema_privilege(u.usename, n.oid, 'USAGE')"
						 " AND has_table_privilege(u.usename, c.oid, 'SELECT')",
						 names.data, place_condition(facts, "n.nspname", "c.relname")), take_grant);
}

void
facts_ask(MemberFacts *facts, SourceConnection *source, int member, List *users)
{
	Asking	   *asking = palloc0(sizeof(Asking));

	asking->facts = facts;
	asking->source = source;
	asking->member = member;
	asking->users = users;
	asking->row_context = AllocSetContextCreate(CurrentMemoryContext, "rsfed facts", ALLOCSET_SMALL_SIZES);

	ask(asking, psprintf("/* rsfed check */ SELECT schemaname, eskind, databasename, esoptions"
						 " FROM svv_external_schemas WHERE %s",
						 place_condition(facts, "schemaname", NULL)), take_schema);
	ask(asking, psprintf("/* rsfed check */ SELECT table_schema, table_name, table_type FROM svv_tables WHERE %s",
						 place_condition(facts, "table_schema", "table_name")), take_relation);
	ask(asking, psprintf("/* rsfed check */ SELECT schemaname, viewname, definition"
						 " FROM pg_catalog.pg_views WHERE %s",
						 place_condition(facts, "schemaname", "viewname")), take_view);
	ask(asking, psprintf("/* rsfed check */ SELECT table_schema, table_name, column_name, data_type,"
						 " character_maximum_length, numeric_precision, numeric_scale FROM svv_columns WHERE %s",
						 place_condition(facts, "table_schema", "table_name")), take_column);
	if (asking->external != NIL)
	{
		ask(asking, psprintf("/* rsfed check */ SELECT schemaname, tablename, location, input_format"
							 " FROM svv_external_tables WHERE %s",
							 place_condition(facts, "schemaname", "tablename")), take_external);
		ask(asking, psprintf("/* rsfed check */ SELECT schemaname, tablename, columnname, external_type, part_key"
							 " FROM svv_external_columns WHERE %s",
							 place_condition(facts, "schemaname", "tablename")), take_external_column);
		if (facts->with_partitions)
			ask(asking, psprintf("/* rsfed check */ SELECT schemaname, tablename, \"values\", location"
								 " FROM svv_external_partitions WHERE %s",
								 place_condition(facts, "schemaname", "tablename")), take_partition);
	}
	if (facts->with_grants)
		ask_grants(asking);
	MemoryContextDelete(asking->row_context);
}

void
facts_sort(MemberFacts *facts)
{
	TupleDesc	desc = facts->slot->tts_tupleDescriptor;

	tuplesort_performsort(facts->sort);
	ExecDropSingleTupleTableSlot(facts->slot);
	facts->slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
}

bool
facts_next(MemberFacts *facts, MemberFact *fact)
{
	TupleTableSlot *slot = facts->slot;

	CHECK_FOR_INTERRUPTS();
	if (!tuplesort_gettupleslot(facts->sort, true, false, slot, NULL))
		return false;
	slot_getallattrs(slot);
	fact->schema = TextDatumGetCString(slot->tts_values[0]);
	fact->relation = TextDatumGetCString(slot->tts_values[1]);
	fact->kind = (FactKind) DatumGetInt32(slot->tts_values[2]);
	fact->name = TextDatumGetCString(slot->tts_values[3]);
	fact->member = DatumGetInt32(slot->tts_values[4]);
	fact->value = TextDatumGetCString(slot->tts_values[5]);
	return true;
}

void
facts_end(MemberFacts *facts)
{
	ExecDropSingleTupleTableSlot(facts->slot);
	tuplesort_end(facts->sort);
}
