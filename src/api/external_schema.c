/*-------------------------------------------------------------------------
 *
 * external_schema.c
 *	  SQL functions for external schemas and partitions at every server behind
 *	  a source.
 *
 * Policy: Redshift runs external DDL only outside of transaction blocks, so
 * each statement is sent by itself and takes effect regardless of the
 * transaction here.  So every call first reads the existing objects and then
 * does only the rest: a repeated call completes the work after a failure.
 * Members that share a catalog find the objects that the first of them made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"

#include "api/arguments.h"
#include "api/each_member.h"
#include "api/lake_range.h"
#include "api/result.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"
#include "redshift/external.h"
#include "remote/execute.h"
#include "source/lake_views.h"

PG_FUNCTION_INFO_V1(rsfed_create_external_schema);
PG_FUNCTION_INFO_V1(rsfed_drop_external_schema);
PG_FUNCTION_INFO_V1(rsfed_add_partitions);

typedef struct SchemaWork
{
	ExternalSchema schema;
	bool		drop_database;
	bool		cascade;
	List	   *dropped;		/* catalogs whose database is dropped, as text */
	ResultRows *result;
	bool		ok;				/* of the present member */
	char	   *detail;
} SchemaWork;

/* The name of a schema as a caller writes it, folded as names are. */
static char *
schema_name(FunctionCallInfo fcinfo, int number)
{
	List	   *names;
	char	   *text;

	argument_require(fcinfo, number, "schema_name");
	text = argument_text(fcinfo, number);
	names = stringToQualifiedNameListCompat(text, NULL);
	if (list_length(names) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not the name of a schema", text)));
	return strVal(linitial(names));
}

/* The catalog and its options, from the arguments; raises 22023. */
static void
read_options(ExternalSchema *schema, Jsonb *options)
{
	char	   *catalog;

	options_check(OPTION_EXTERNAL_SCHEMA, options);
	catalog = option_text(OPTION_EXTERNAL_SCHEMA, options, "catalog");
	schema->catalog = strcmp(catalog, "hive") == 0 ? EXTERNAL_HIVE_METASTORE :
		strcmp(catalog, "redshift") == 0 ? EXTERNAL_REDSHIFT : EXTERNAL_DATA_CATALOG;
	schema->catalog_role = option_text(OPTION_EXTERNAL_SCHEMA, options, "catalog_role");
	schema->catalog_id = option_text(OPTION_EXTERNAL_SCHEMA, options, "catalog_id");
	schema->uri = option_text(OPTION_EXTERNAL_SCHEMA, options, "uri");
	schema->schema = option_text(OPTION_EXTERNAL_SCHEMA, options, "schema");
	schema->port = option_is_set(options, "port") ? (int) option_int(OPTION_EXTERNAL_SCHEMA, options, "port") : 0;
	schema->create_database =
		option_bool_text(OPTION_EXTERNAL_SCHEMA, "create_database",
						 option_text(OPTION_EXTERNAL_SCHEMA, options, "create_database"));
}

/* The target of an existing external schema, and the requested one. */
static bool
is_as_wanted(const LakeSchema *found, const ExternalSchema *wanted)
{
	bool		same_kind = wanted->catalog == EXTERNAL_DATA_CATALOG ? found->kind == 1 :
		wanted->catalog == EXTERNAL_HIVE_METASTORE ? found->kind == 2 :
		found->kind == 4 || found->kind == 5;

	return same_kind && found->database != NULL && strcmp(found->database, wanted->database) == 0;
}

static void
create_at_member(MemberVisit *visit)
{
	SchemaWork *work = visit->arg;
	List	   *found = lake_schemas(visit->conn, work->schema.name);

	if (found == NIL)
	{
		(void) remote_execute(visit->conn, redshift_create_external_schema(&work->schema));
		found = lake_schemas(visit->conn, work->schema.name);
		if (found == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_SCHEMA),
					 errmsg("external schema \"%s\" was not made", work->schema.name),
					 errdetail("There is a schema of that name that is not external.")));
		work->detail = "created";
	}
	else
		work->detail = "already there";
	work->ok = is_as_wanted(linitial(found), &work->schema);
	if (!work->ok)
		work->detail = psprintf("already there, but for the external database \"%s\" of another catalog or name",
								((LakeSchema *) linitial(found))->database ?
								((LakeSchema *) linitial(found))->database : "");
}

/* The row of a member: server, ok, detail. */
static void
add_schema_row(MemberVisit *visit)
{
	SchemaWork *work = visit->arg;
	bool		nulls[3] = {false};
	Datum		values[3];

	if (visit->error != NULL)
	{
		work->ok = false;
		work->detail = member_failure(visit);
	}
	values[0] = DirectFunctionCall1(namein, CStringGetDatum(visit->server));
	values[1] = BoolGetDatum(work->ok);
	values[2] = CStringGetTextDatum(work->detail);
	result_add(work->result, values, nulls);
}

/*
 * rsfed.create_external_schema(source, schema_name, catalog_database,
 * iam_role, region, options): a row for each member.  Raises 22023 for
 * arguments that Redshift would refuse and, for a server that is not a group,
 * the errors of Redshift.
 */
Datum
rsfed_create_external_schema(PG_FUNCTION_ARGS)
{
	SchemaWork	work = {{0}};

	argument_require(fcinfo, 0, "source");
	argument_require(fcinfo, 2, "catalog_database");
	work.schema.name = schema_name(fcinfo, 1);
	work.schema.database = argument_text(fcinfo, 2);
	work.schema.iam_role = argument_text(fcinfo, 3);
	work.schema.region = argument_text(fcinfo, 4);
	read_options(&work.schema, PG_ARGISNULL(5) ? argument_no_options() : PG_GETARG_JSONB_P(5));
	redshift_check_external_schema(&work.schema);
	work.result = result_begin(fcinfo);
	each_member(NameStr(*PG_GETARG_NAME(0)), "rsfed lake", true, create_at_member, add_schema_row, &work);
	return (Datum) 0;
}

/* The catalog and the database of a schema, as a text that can be compared. */
static char *
catalog_identity(const LakeSchema *schema)
{
	return psprintf("%d %s %s", schema->kind, schema->database ? schema->database : "",
					schema->kind == 2 && schema->options ? schema->options : "");
}

static void
drop_at_member(MemberVisit *visit)
{
	SchemaWork *work = visit->arg;
	List	   *found = lake_schemas(visit->conn, work->schema.name);
	char	   *identity;
	bool		with_database;

	work->ok = true;
	if (found == NIL)
	{
		work->detail = "not there";
		return;
	}
	identity = catalog_identity(linitial(found));
	with_database = work->drop_database && !names_hold(work->dropped, identity);
	(void) remote_execute(visit->conn,
						  redshift_drop_external_schema(work->schema.name, with_database, work->cascade));
	if (with_database)
		work->dropped = lappend(work->dropped, identity);
	work->detail = with_database ? "dropped with the external database" : "dropped";
}

/*
 * rsfed.drop_external_schema(source, schema_name, drop_database, cascade): a
 * row for each member.  A database that members share is dropped once.
 */
Datum
rsfed_drop_external_schema(PG_FUNCTION_ARGS)
{
	SchemaWork	work = {{0}};

	argument_require(fcinfo, 0, "source");
	work.schema.name = schema_name(fcinfo, 1);
	work.drop_database = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	work.cascade = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	work.result = result_begin(fcinfo);
	each_member(NameStr(*PG_GETARG_NAME(0)), "rsfed lake", true, drop_at_member, add_schema_row, &work);
	return (Datum) 0;
}

typedef struct PartitionWork
{
	PartitionRequest request;
	ResultRows *result;
	/* of the present member */
	int			added;
	int			present;
	int			wanted;
	StringInfoData detail;
} PartitionWork;

/* Adds partitions, in statements with at most as many as Redshift accepts. */
static void
add_missing(MemberVisit *visit, PartitionWork *work, List *keys, List *missing)
{
	List	   *names = NIL;
	List	   *some = NIL;
	ListCell   *lc;

	foreach(lc, keys)
		names = lappend(names, ((LakeColumn *) lfirst(lc))->name);
	foreach(lc, missing)
	{
		some = lappend(some, lfirst(lc));
		if (list_length(some) < REDSHIFT_MAX_PARTITIONS && lnext(missing, lc) != NULL)
			continue;
		(void) remote_execute(visit->conn, redshift_add_partitions(work->request.schema,
																   work->request.table, names, some));
		work->added += list_length(some);
		some = NIL;
	}
}

static void
add_at_member(MemberVisit *visit)
{
	PartitionWork *work = visit->arg;
	List	   *keys = request_keys(&work->request, visit->conn);
	List	   *wanted = request_partitions(&work->request, keys);
	List	   *there = lake_partitions(visit->conn, work->request.schema, work->request.table);
	List	   *missing = NIL;
	PartitionIndex *index = partition_index(keys, there);
	ListCell   *lc;
	int			elsewhere = 0;

	work->wanted = list_length(wanted);
	foreach(lc, wanted)
	{
		ExternalPartition *partition = lfirst(lc);
		LakePartition *known = partition_find(index, partition->values);

		if (known == NULL)
		{
			missing = lappend(missing, partition);
			continue;
		}
		work->present++;
		if (!same_location(known->location, partition->location) && elsewhere++ == 0)
			appendStringInfo(&work->detail, "%s is at %s instead of %s.", known->values_text,
							 known->location, partition->location);
	}
	if (elsewhere > 1)
		appendStringInfo(&work->detail, " %d more are elsewhere, too.", elsewhere - 1);
	add_missing(visit, work, keys, missing);
}

/* The row of a member: server, added, present, failed, detail. */
static void
add_partition_row(MemberVisit *visit)
{
	PartitionWork *work = visit->arg;
	bool		nulls[5] = {false};
	Datum		values[5];

	if (visit->error != NULL)
		appendStringInfo(&work->detail, "%s%s", work->detail.len > 0 ? " " : "", member_failure(visit));
	values[0] = DirectFunctionCall1(namein, CStringGetDatum(visit->server));
	values[1] = Int32GetDatum(work->added);
	values[2] = Int32GetDatum(work->present);
	/*
	 * if the list of requested partitions could not be made, nothing is known
	 */
	nulls[3] = visit->error != NULL && work->wanted == 0;
	values[3] = Int32GetDatum(work->wanted - work->added - work->present);
	nulls[4] = work->detail.len == 0;
	values[4] = CStringGetTextDatum(work->detail.data);
	result_add(work->result, values, nulls);
	work->added = work->present = work->wanted = 0;
	resetStringInfo(&work->detail);
}

/*
 * rsfed.add_partitions(source, table_name, partitions, location, since,
 * until): a row for each member.  Raises 22023 for an invalid list, template
 * or range and, for a server that is not a group, the errors of Redshift.
 */
Datum
rsfed_add_partitions(PG_FUNCTION_ARGS)
{
	PartitionWork work = {{0}};

	argument_require(fcinfo, 0, "source");
	argument_require(fcinfo, 1, "table_name");
	request_read(&work.request, argument_text(fcinfo, 1),
				 PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2), argument_text(fcinfo, 3),
				 argument_text(fcinfo, 4), argument_text(fcinfo, 5));
	request_check_locations(&work.request);
	initStringInfo(&work.detail);
	work.result = result_begin(fcinfo);
	each_member(NameStr(*PG_GETARG_NAME(0)), "rsfed lake", true, add_at_member, add_partition_row, &work);
	return (Datum) 0;
}
