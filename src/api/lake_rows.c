/*-------------------------------------------------------------------------
 *
 * lake_rows.c
 *	  SQL functions for the facts about the lake that the servers behind a
 *	  source know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "api/arguments.h"
#include "api/each_member.h"
#include "api/lake_range.h"
#include "api/result.h"
#include "base/compat.h"
#include "base/json.h"
#include "redshift/external.h"
#include "source/lake_views.h"

PG_FUNCTION_INFO_V1(rsfed_external_schemas);
PG_FUNCTION_INFO_V1(rsfed_external_tables);
PG_FUNCTION_INFO_V1(rsfed_external_columns);
PG_FUNCTION_INFO_V1(rsfed_external_partitions);
PG_FUNCTION_INFO_V1(rsfed_missing_partitions);

/*
 * The state of the work at each member, which adds its rows only after all
 * have arrived.
 */
typedef struct Listing
{
	PartitionRequest request;
	char	   *schema;			/* or NULL */
	ResultRows *result;
	List	   *found;
	List	   *keys;
	void		(*add) (MemberVisit *visit, struct Listing *listing, void *item);
} Listing;

/*
 * JSON of the warehouse, or a string if it is not JSON.  True if there is no
 * value.
 */
static bool
json_is_null(const char *text, Datum *value)
{
	Jsonb	   *json;
	JsonbValue	string;

	if (text == NULL || text[0] == '\0')
		return true;
	json = json_parse(text);
	if (json != NULL)
	{
		*value = JsonbPGetDatum(json);
		return false;
	}
	string.type = jbvString;
	string.val.string.val = unconstify(char *, text);
	string.val.string.len = strlen(text);
	*value = JsonbPGetDatum(JsonbValueToJsonb(&string));
	return false;
}

static bool
text_is_null(const char *text, Datum *value)
{
	if (text == NULL)
		return true;
	*value = CStringGetTextDatum(text);
	return false;
}

static Datum
server_name(const MemberVisit *visit)
{
	return DirectFunctionCall1(namein, CStringGetDatum(visit->server));
}

static void
add_found(MemberVisit *visit)
{
	Listing    *listing = visit->arg;
	ListCell   *lc;

	if (visit->error == NULL)
	{
		foreach(lc, listing->found)
			listing->add(visit, listing, lfirst(lc));
	}
	listing->found = NIL;
}

/* Begins the result, and asks every member. */
static void
list_all(FunctionCallInfo fcinfo, Listing *listing, void (*work) (MemberVisit *visit),
		 void (*add) (MemberVisit *visit, Listing *listing, void *item))
{
	argument_require(fcinfo, 0, "source");
	listing->result = result_begin(fcinfo);
	listing->add = add;
	each_member(NameStr(*PG_GETARG_NAME(0)), "rsfed lake", false, work, add_found, listing);
}

static void
find_schemas(MemberVisit *visit)
{
	((Listing *) visit->arg)->found = lake_schemas(visit->conn, NULL);
}

static const char *
kind_name(int kind)
{
	switch (kind)
	{
		case 1:
			return "glue";
		case 2:
			return "hive";
		case 3:
			return "postgres";
		case 4:
		case 5:
			return "redshift";
		case 7:
		case 8:
			return "mysql";
		case 9:
			return "kinesis";
		case 10:
			return "msk";
		default:
			return psprintf("%d", kind);
	}
}

static void
add_schema(MemberVisit *visit, Listing *listing, void *item)
{
	LakeSchema *schema = item;
	bool		nulls[5] = {false};
	Datum		values[5];

	values[0] = server_name(visit);
	values[1] = CStringGetTextDatum(schema->name);
	values[2] = CStringGetTextDatum(kind_name(schema->kind));
	nulls[3] = text_is_null(schema->database, &values[3]);
	nulls[4] = json_is_null(schema->options, &values[4]);
	result_add(listing->result, values, nulls);
}

/* rsfed.external_schemas(source) */
Datum
rsfed_external_schemas(PG_FUNCTION_ARGS)
{
	Listing		listing = {{0}};

	list_all(fcinfo, &listing, find_schemas, add_schema);
	return (Datum) 0;
}

static void
find_tables(MemberVisit *visit)
{
	Listing    *listing = visit->arg;

	listing->found = lake_tables(visit->conn, listing->schema, NULL);
}

static void
add_table(MemberVisit *visit, Listing *listing, void *item)
{
	LakeTable  *table = item;
	bool		nulls[6] = {false};
	Datum		values[6];

	values[0] = server_name(visit);
	nulls[1] = text_is_null(table->schema, &values[1]);
	nulls[2] = text_is_null(table->name, &values[2]);
	nulls[3] = text_is_null(table->location, &values[3]);
	nulls[4] = text_is_null(table->input_format, &values[4]);
	nulls[5] = json_is_null(table->parameters, &values[5]);
	result_add(listing->result, values, nulls);
}

/* rsfed.external_tables(source, schema_name): NULL for all schemas */
Datum
rsfed_external_tables(PG_FUNCTION_ARGS)
{
	Listing		listing = {{0}};

	listing.schema = argument_text(fcinfo, 1);
	list_all(fcinfo, &listing, find_tables, add_table);
	return (Datum) 0;
}

/* Reads the argument table_name into the request. */
static void
table_argument(FunctionCallInfo fcinfo, Listing *listing)
{
	argument_require(fcinfo, 1, "table_name");
	lake_table_name(argument_text(fcinfo, 1), &listing->request.schema, &listing->request.table);
}

static void
find_columns(MemberVisit *visit)
{
	Listing    *listing = visit->arg;

	listing->found = lake_columns(visit->conn, listing->request.schema, listing->request.table);
}

static void
add_column(MemberVisit *visit, Listing *listing, void *item)
{
	LakeColumn *column = item;
	bool		nulls[5] = {false};
	Datum		values[5];

	values[0] = server_name(visit);
	values[1] = Int32GetDatum(column->ordinal);
	values[2] = CStringGetTextDatum(column->name);
	values[3] = CStringGetTextDatum(column->type);
	nulls[4] = column->part_key == 0;
	values[4] = Int32GetDatum(column->part_key);
	result_add(listing->result, values, nulls);
}

/* rsfed.external_columns(source, table_name) */
Datum
rsfed_external_columns(PG_FUNCTION_ARGS)
{
	Listing		listing = {{0}};

	table_argument(fcinfo, &listing);
	list_all(fcinfo, &listing, find_columns, add_column);
	return (Datum) 0;
}

static void
find_partitions(MemberVisit *visit)
{
	Listing    *listing = visit->arg;

	listing->keys = request_keys(&listing->request, visit->conn);
	listing->found = lake_partitions(visit->conn, listing->request.schema, listing->request.table);
}

static void
add_partition(MemberVisit *visit, Listing *listing, void *item)
{
	LakePartition *partition = item;
	bool		nulls[4] = {false};
	Datum		values[4];

	values[0] = server_name(visit);
	values[1] = JsonbPGetDatum(partition_values_json(listing->keys, lake_values(partition->values_text)));
	values[2] = CStringGetTextDatum(partition->location);
	nulls[3] = json_is_null(partition->parameters, &values[3]);
	result_add(listing->result, values, nulls);
}

/* rsfed.external_partitions(source, table_name) */
Datum
rsfed_external_partitions(PG_FUNCTION_ARGS)
{
	Listing		listing = {{0}};

	table_argument(fcinfo, &listing);
	list_all(fcinfo, &listing, find_partitions, add_partition);
	return (Datum) 0;
}

static void
find_missing(MemberVisit *visit)
{
	Listing    *listing = visit->arg;
	List	   *wanted;
	PartitionIndex *there;
	ListCell   *lc;

	listing->keys = request_keys(&listing->request, visit->conn);
	wanted = request_partitions(&listing->request, listing->keys);
	there = partition_index(listing->keys,
							lake_partitions(visit->conn, listing->request.schema, listing->request.table));
	listing->found = NIL;
	foreach(lc, wanted)
	{
		if (partition_find(there, ((ExternalPartition *) lfirst(lc))->values) == NULL)
			listing->found = lappend(listing->found, lfirst(lc));
	}
}

static void
add_missing(MemberVisit *visit, Listing *listing, void *item)
{
	bool		nulls[2] = {false};
	Datum		values[2];

	values[0] = server_name(visit);
	values[1] = JsonbPGetDatum(partition_values_json(listing->keys, ((ExternalPartition *) item)->values));
	result_add(listing->result, values, nulls);
}

/* rsfed.missing_partitions(source, table_name, since, until, partitions) */
Datum
rsfed_missing_partitions(PG_FUNCTION_ARGS)
{
	Listing		listing = {{0}};

	argument_require(fcinfo, 1, "table_name");
	request_read(&listing.request, argument_text(fcinfo, 1),
				 PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4), NULL,
				 argument_text(fcinfo, 2), argument_text(fcinfo, 3));
	list_all(fcinfo, &listing, find_missing, add_missing);
	return (Datum) 0;
}
