/*
 * lake_ddl.c
 *		The changes of the catalogue by external DDL, and its contents for the
 *		SVV_EXTERNAL_* views.
 *
 * Policy: the procedures of the altered catalog (35-external.sql) have checked
 * schema and privileges; this file locks, reads, changes and writes the
 * catalogue.  Rows for the views are arrays of text.
 */
#include "postgres.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lake.h"
#include "storage/fd.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(standin_lake_create_database);
PG_FUNCTION_INFO_V1(standin_lake_drop_database);
PG_FUNCTION_INFO_V1(standin_lake_create_table);
PG_FUNCTION_INFO_V1(standin_lake_drop_table);
PG_FUNCTION_INFO_V1(standin_lake_add_partition);
PG_FUNCTION_INFO_V1(standin_lake_drop_partition);
PG_FUNCTION_INFO_V1(standin_lake_set_location);
PG_FUNCTION_INFO_V1(standin_lake_set_properties);
PG_FUNCTION_INFO_V1(standin_lake_tables);
PG_FUNCTION_INFO_V1(standin_lake_columns);
PG_FUNCTION_INFO_V1(standin_lake_partitions);
PG_FUNCTION_INFO_V1(standin_lake_crawl);
PG_FUNCTION_INFO_V1(standin_lake_commit);

#define TEXT_ARG(n) text_to_cstring(PG_GETARG_TEXT_PP(n))

/* texts returns the elements of argument n, a text[], as a list. */
static List *
texts(FunctionCallInfo fcinfo, int n)
{
	Datum	   *values;
	int			count;
	List	   *list = NIL;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT,
					  &values, NULL, &count);
	for (int i = 0; i < count; i++)
		list = lappend(list, TextDatumGetCString(values[i]));
	return list;
}

static List *
to_properties(List *pairs)
{
	List	   *properties = NIL;

	for (int i = 0; i + 1 < list_length(pairs); i += 2)
	{
		LakeProperty *property = palloc(sizeof(LakeProperty));

		property->key = list_nth(pairs, i);
		property->value = list_nth(pairs, i + 1);
		properties = lappend(properties, property);
	}
	return properties;
}

static void
set_property(List **properties, const char *key, const char *value)
{
	ListCell   *lc;
	LakeProperty *property;

	foreach(lc, *properties)
	{
		property = lfirst(lc);
		if (strcmp(property->key, key) == 0)
		{
			property->value = pstrdup(value);
			return;
		}
	}
	property = palloc(sizeof(LakeProperty));
	property->key = pstrdup(key);
	property->value = pstrdup(value);
	*properties = lappend(*properties, property);
}

static void
touch(List **properties)
{
	set_property(properties, "transient_lastDdlTime", psprintf("%ld", (long) time(NULL)));
}

/* need_table reads the table that the first three arguments name. */
static LakeTable *
need_table(FunctionCallInfo fcinfo)
{
	LakeTable  *table = lake_read(TEXT_ARG(0), TEXT_ARG(1), TEXT_ARG(2));

	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("EntityNotFoundException: Entity Not Found"),
				 errdetail_internal("Table %s", TEXT_ARG(2))));
	return table;
}

Datum
standin_lake_create_database(PG_FUNCTION_ARGS)
{
	lake_create_database(TEXT_ARG(0), TEXT_ARG(1));
	PG_RETURN_VOID();
}

Datum
standin_lake_drop_database(PG_FUNCTION_ARGS)
{
	bool		cascade = PG_GETARG_BOOL(2);

	if (!lake_has_database(TEXT_ARG(0), TEXT_ARG(1)))
		ereport(INFO, (errmsg_internal("External database \"%s\" does not exist", TEXT_ARG(1))));
	else if (!cascade && lake_table_names(TEXT_ARG(0), TEXT_ARG(1)) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg_internal("cannot drop external database \"%s\" because other objects depend on it", TEXT_ARG(1))));
	else
		lake_drop_database(TEXT_ARG(0), TEXT_ARG(1));
	PG_RETURN_VOID();
}

/*
 * arguments: catalog, database, name, columns (four texts each), location,
 * formats, serde, properties
 */
Datum
standin_lake_create_table(PG_FUNCTION_ARGS)
{
	LakeTable  *table = palloc0(sizeof(LakeTable));
	List	   *columns = texts(fcinfo, 3);
	List	   *formats = texts(fcinfo, 5);
	int			lock;

	table->catalog = TEXT_ARG(0);
	table->database = TEXT_ARG(1);
	table->name = TEXT_ARG(2);
	if (!lake_has_database(table->catalog, table->database))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("EntityNotFoundException: Database %s not found.", table->database)));
	if (lake_read(table->catalog, table->database, table->name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg_internal("Table \"%s\" already exists in the external catalog", table->name)));
	for (int i = 0; i < list_length(columns); i += 4)
	{
		LakeColumn *column = palloc(sizeof(LakeColumn));

		column->name = list_nth(columns, i);
		column->local_type = list_nth(columns, i + 1);
		column->external_type = list_nth(columns, i + 2);
		column->part_key = atoi(list_nth(columns, i + 3));
		table->columns = lappend(table->columns, column);
	}
	table->location = TEXT_ARG(4);
	table->input_format = linitial(formats);
	table->output_format = lsecond(formats);
	table->serialization_lib = lthird(formats);
	table->serde = to_properties(texts(fcinfo, 6));
	table->properties = to_properties(texts(fcinfo, 7));
	touch(&table->properties);
	lock = lake_lock();
	lake_write(table, true);
	lake_unlock(lock);
	PG_RETURN_VOID();
}

Datum
standin_lake_drop_table(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();

	lake_remove(need_table(fcinfo));
	lake_unlock(lock);
	PG_RETURN_VOID();
}

/*
 * key_values returns the values of PARTITION (k='v', ...) in the order of the
 * keys.
 */
static List *
key_values(LakeTable *table, List *pairs)
{
	List	   *values = NIL;
	ListCell   *lc;
	int			keys = lake_part_keys(table);

	if (keys == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg_internal("table \"%s\" is not partitioned", table->name)));
	if (list_length(pairs) != 2 * keys)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg_internal("The number of partition keys does not match the table's: %d instead of %d",
								 list_length(pairs) / 2, keys)));
	foreach(lc, table->columns)
	{
		LakeColumn *column = lfirst(lc);
		bool		found = false;

		for (int i = 0; column->part_key > 0 && i < list_length(pairs); i += 2)
			if (strcmp(list_nth(pairs, i), column->name) == 0)
			{
				values = lappend(values, list_nth(pairs, i + 1));
				found = true;
			}
		if (column->part_key > 0 && !found)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg_internal("partition key \"%s\" is missing", column->name)));
	}
	return values;
}

static LakePartition *
find_partition(LakeTable *table, List *values)
{
	ListCell   *lc;

	foreach(lc, table->partitions)
	{
		LakePartition *partition = lfirst(lc);
		bool		same = list_length(partition->values) == list_length(values);

		for (int i = 0; same && i < list_length(values); i++)
			same = strcmp(list_nth(partition->values, i), list_nth(values, i)) == 0;
		if (same)
			return partition;
	}
	return NULL;
}

/* arguments: catalog, database, name, keys and values, location, IF NOT EXISTS */
Datum
standin_lake_add_partition(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);
	List	   *values = key_values(table, texts(fcinfo, 3));
	LakePartition *partition = find_partition(table, values);

	if (partition && !PG_GETARG_BOOL(5))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("AlreadyExistsException: Partition already exists.")));
	if (partition == NULL)
	{
		partition = palloc0(sizeof(LakePartition));
		partition->values = values;
		partition->location = TEXT_ARG(4);
		touch(&partition->properties);
		table->partitions = lappend(table->partitions, partition);
		lake_write(table, false);
	}
	lake_unlock(lock);
	PG_RETURN_VOID();
}

static LakePartition *
need_partition(LakeTable *table, List *values)
{
	LakePartition *partition = find_partition(table, values);

	if (partition == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg_internal("EntityNotFoundException: Cannot find partition."),
				 errdetail_internal("%s", lake_values_json(values))));
	return partition;
}

Datum
standin_lake_drop_partition(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);
	List	   *values = key_values(table, texts(fcinfo, 3));

	table->partitions = list_delete_ptr(table->partitions, need_partition(table, values));
	lake_write(table, false);
	lake_unlock(lock);
	PG_RETURN_VOID();
}

/* arguments: catalog, database, name, keys and values ('{}': the table), location */
Datum
standin_lake_set_location(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);
	List	   *pairs = texts(fcinfo, 3);

	if (pairs == NIL)
	{
		table->location = TEXT_ARG(4);
		touch(&table->properties);
	}
	else
	{
		LakePartition *partition = need_partition(table, key_values(table, pairs));

		partition->location = TEXT_ARG(4);
		touch(&partition->properties);
	}
	lake_write(table, false);
	lake_unlock(lock);
	PG_RETURN_VOID();
}

/* arguments: catalog, database, name, keys and values ('{}': the table), properties */
Datum
standin_lake_set_properties(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);
	List	   *pairs = texts(fcinfo, 3);
	List	  **properties = &table->properties;
	ListCell   *lc;

	if (pairs != NIL)
		properties = &need_partition(table, key_values(table, pairs))->properties;
	foreach(lc, to_properties(texts(fcinfo, 4)))
		set_property(properties, ((LakeProperty *) lfirst(lc))->key,
					 ((LakeProperty *) lfirst(lc))->value);
	lake_write(table, false);
	lake_unlock(lock);
	PG_RETURN_VOID();
}

/* put_row adds an array of the texts to the result. */
static void
put_row(FunctionCallInfo fcinfo, int count, const char **fields)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum	   *values = palloc(count * sizeof(Datum));
	Datum		array;
	bool		null = false;

	for (int i = 0; i < count; i++)
		values[i] = CStringGetTextDatum(fields[i]);
	array = PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
	tuplestore_putvalues(result->setResult, result->setDesc, &array, &null);
}

/* columns_text returns the list of columns for CREATE FOREIGN TABLE. */
static char *
columns_text(LakeTable *table)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, table->columns)
		appendStringInfo(&buf, "%s%s %s", buf.len ? ", " : "",
						 quote_identifier(((LakeColumn *) lfirst(lc))->name),
						 ((LakeColumn *) lfirst(lc))->local_type);
	return buf.data;
}

/* standin.lake_tables(catalog, database) */
Datum
standin_lake_tables(PG_FUNCTION_ARGS)
{
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(lc, lake_table_names(TEXT_ARG(0), TEXT_ARG(1)))
	{
		LakeTable  *table = lake_read(TEXT_ARG(0), TEXT_ARG(1), lfirst(lc));

		if (table)
			put_row(fcinfo, 8, (const char *[]) {table->name, table->location,
					table->input_format, table->output_format, table->serialization_lib,
					lake_properties_json(table->serde), lake_properties_json(table->properties),
					columns_text(table)});
	}
	return (Datum) 0;
}

/* standin.lake_columns(catalog, database) */
Datum
standin_lake_columns(PG_FUNCTION_ARGS)
{
	ListCell   *lc,
			   *lcol;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(lc, lake_table_names(TEXT_ARG(0), TEXT_ARG(1)))
	{
		LakeTable  *table = lake_read(TEXT_ARG(0), TEXT_ARG(1), lfirst(lc));
		int			number = 0;

		if (table == NULL)
			continue;
		foreach(lcol, table->columns)
		{
			LakeColumn *column = lfirst(lcol);

			put_row(fcinfo, 5, (const char *[]) {table->name, column->name,
					column->external_type, psprintf("%d", ++number),
					psprintf("%d", column->part_key)});
		}
	}
	return (Datum) 0;
}

/* standin.lake_partitions(catalog, database) */
Datum
standin_lake_partitions(PG_FUNCTION_ARGS)
{
	ListCell   *lc,
			   *lp;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(lc, lake_table_names(TEXT_ARG(0), TEXT_ARG(1)))
	{
		LakeTable  *table = lake_read(TEXT_ARG(0), TEXT_ARG(1), lfirst(lc));

		if (table == NULL)
			continue;
		foreach(lp, table->partitions)
		{
			LakePartition *partition = lfirst(lp);

			put_row(fcinfo, 8, (const char *[]) {table->name, lake_values_json(partition->values),
					partition->location, table->input_format, table->output_format,
					table->serialization_lib, lake_properties_json(table->serde),
					lake_properties_json(partition->properties)});
		}
	}
	return (Datum) 0;
}

static char *
decode(const char *text)
{
	StringInfoData buf;
	unsigned int code;

	initStringInfo(&buf);
	for (; *text; text++)
		if (*text == '%' && sscanf(text + 1, "%02X", &code) == 1)
		{
			appendStringInfoChar(&buf, (char) code);
			text += 2;
		}
		else
			appendStringInfoChar(&buf, *text);
	return buf.data;
}

/* found registers a folder of data and counts its contents, as a crawler does. */
static void
found(LakeTable *table, List *values, const char *url)
{
	LakePartition *partition = find_partition(table, values);
	ListCell   *lc;
	int64		size = 0;
	List	   *files = lake_files(table, url);

	if (partition == NULL)
	{
		partition = palloc0(sizeof(LakePartition));
		partition->values = values;
		table->partitions = lappend(table->partitions, partition);
	}
	partition->location = pstrdup(url);
	foreach(lc, files)
		size += ((LakeFile *) lfirst(lc))->size;
	set_property(&partition->properties, "objectCount", psprintf("%d", list_length(files)));
	set_property(&partition->properties, "sizeKey", psprintf(INT64_FORMAT, size));
}

/* crawl descends into the folders key=value, one level for each key. */
static void
crawl(LakeTable *table, List *values, const char *url)
{
	char	   *path = lake_path(url);
	DIR		   *dir;
	struct dirent *entry;
	List	   *names = NIL;
	ListCell   *lc;

	if (list_length(values) == lake_part_keys(table))
	{
		found(table, values, url);
		return;
	}
	if ((dir = AllocateDir(path)) == NULL)
		return;
	while ((entry = ReadDir(dir, path)) != NULL)
		if (strchr(entry->d_name, '=') && !strchr("._#", entry->d_name[0]))
			names = lappend(names, pstrdup(entry->d_name));
	FreeDir(dir);
	foreach(lc, names)
		crawl(table, lappend(list_copy(values), decode(strchr(lfirst(lc), '=') + 1)),
			  psprintf("%s%s%s/", url, url[strlen(url) - 1] == '/' ? "" : "/", (char *) lfirst(lc)));
}

/* standin.lake_crawl(catalog, database, name): acts like a Glue crawler */
Datum
standin_lake_crawl(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);

	crawl(table, NIL, table->location);
	lake_write(table, false);
	lake_unlock(lock);
	PG_RETURN_VOID();
}

/*
 * snapshot_json is the metadata of a snapshot: a list of its files is
 * sufficient here.
 */
static char *
snapshot_json(List *urls)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"entries\":[");
	foreach(lc, urls)
	{
		appendStringInfoString(&buf, lc == list_head(urls) ? "{\"url\":" : ",{\"url\":");
		escape_json(&buf, lfirst(lc));
		appendStringInfoString(&buf, ",\"mandatory\":true}");
	}
	appendStringInfoString(&buf, "]}");
	return buf.data;
}

/*
 * standin.lake_commit(catalog, database, name, urls): an Iceberg commit, after
 * which the table consists of these files.  The old metadata is kept.
 */
Datum
standin_lake_commit(PG_FUNCTION_ARGS)
{
	int			lock = lake_lock();
	LakeTable  *table = need_table(fcinfo);
	const char *before = lake_property(table->properties, "metadata_location");
	char	   *metadata;
	char	   *json = snapshot_json(texts(fcinfo, 3));
	int			number = 0;

	if (!lake_is_iceberg(table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg_internal("table \"%s\" is not an Iceberg table", table->name)));
	if (before)
	{
		number = atoi(strstr(before, "/metadata/") + strlen("/metadata/")) + 1;
		set_property(&table->properties, "previous_metadata_location", pstrdup(before));
	}
	metadata = psprintf("%s%smetadata/%05d-%08lx.metadata.json", table->location,
						table->location[strlen(table->location) - 1] == '/' ? "" : "/",
						number, (unsigned long) random() & 0xffffffff);
	lake_put(metadata, json, strlen(json));
	set_property(&table->properties, "metadata_location", metadata);
	lake_write(table, false);
	lake_unlock(lock);
	PG_RETURN_VOID();
}
