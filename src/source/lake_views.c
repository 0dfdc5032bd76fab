/*-------------------------------------------------------------------------
 *
 * lake_views.c
 *	  The external schemas, tables and partitions that a warehouse knows.
 *
 * Policy: external objects are not in PostgreSQL's catalogs, so Redshift's
 * SVV_EXTERNAL_* views are read, with the conditions in the query, because a
 * table may have 20,000 partitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/regproc.h"

#include "base/compat.h"
#include "base/json.h"
#include "redshift/external.h"
#include "redshift/quote.h"
#include "remote/execute.h"
#include "source/lake_views.h"

/* The property of an Iceberg table in the catalog that each commit changes. */
#define METADATA_LOCATION "metadata_location"
#define NUM_ROWS "numRows"
#define LARGEST_COUNT 1e18

/* " AND column = 'value'", or nothing. */
static char *
condition(const char *column, const char *value)
{
	return value == NULL ? "" : psprintf(" AND %s = %s", column, redshift_quote_literal(value));
}

List *
lake_schemas(RemoteConnection *conn, const char *schema)
{
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(conn,
										 psprintf("/* rsfed lake */ SELECT schemaname, eskind, databasename, esoptions"
												  " FROM svv_external_schemas WHERE true%s ORDER BY schemaname",
												  condition("schemaname", schema)),
										 &rows, &columns);
	List	   *list = NIL;

	for (int i = 0; i < rows; i++, cells += columns)
	{
		LakeSchema *found = palloc(sizeof(LakeSchema));

		found->name = cells[0];
		found->kind = cells[1] ? atoi(cells[1]) : 0;
		found->database = cells[2];
		found->options = cells[3];
		list = lappend(list, found);
	}
	return list;
}

List *
lake_tables(RemoteConnection *conn, const char *schema, const char *name)
{
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(conn,
										 psprintf("/* rsfed lake */ SELECT schemaname, tablename, location, input_format, parameters"
												  " FROM svv_external_tables WHERE true%s%s ORDER BY schemaname, tablename",
												  condition("schemaname", schema), condition("tablename", name)),
										 &rows, &columns);
	List	   *list = NIL;

	for (int i = 0; i < rows; i++, cells += columns)
	{
		LakeTable  *table = palloc(sizeof(LakeTable));

		table->schema = cells[0];
		table->name = cells[1];
		table->location = cells[2];
		table->input_format = cells[3];
		table->parameters = cells[4];
		list = lappend(list, table);
	}
	return list;
}

List *
lake_columns(RemoteConnection *conn, const char *schema, const char *table)
{
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(conn,
										 psprintf("/* rsfed lake */ SELECT columnname, external_type, columnnum, part_key"
												  " FROM svv_external_columns WHERE true%s%s ORDER BY columnnum",
												  condition("schemaname", schema), condition("tablename", table)),
										 &rows, &columns);
	List	   *list = NIL;

	for (int i = 0; i < rows; i++, cells += columns)
	{
		LakeColumn *column = palloc(sizeof(LakeColumn));

		column->name = cells[0];
		column->type = cells[1] ? cells[1] : "";
		column->ordinal = cells[2] ? atoi(cells[2]) : 0;
		column->part_key = cells[3] ? atoi(cells[3]) : 0;
		list = lappend(list, column);
	}
	return list;
}

List *
lake_partitions(RemoteConnection *conn, const char *schema, const char *table)
{
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(conn,
										 psprintf("/* rsfed lake */ SELECT \"values\", location, parameters"
												  " FROM svv_external_partitions WHERE true%s%s ORDER BY \"values\"",
												  condition("schemaname", schema), condition("tablename", table)),
										 &rows, &columns);
	List	   *list = NIL;

	for (int i = 0; i < rows; i++, cells += columns)
	{
		LakePartition *partition = palloc(sizeof(LakePartition));

		partition->values_text = cells[0] ? cells[0] : "[]";
		partition->location = cells[1] ? cells[1] : "";
		partition->parameters = cells[2] ? cells[2] : "";
		list = lappend(list, partition);
	}
	return list;
}

List *
lake_keys(List *columns)
{
	List	   *keys = NIL;

	/* Redshift counts the keys from 1 */
	for (int number = 1; number <= list_length(columns); number++)
	{
		ListCell   *lc;

		foreach(lc, columns)
		{
			if (((LakeColumn *) lfirst(lc))->part_key == number)
				keys = lappend(keys, lfirst(lc));
		}
	}
	return keys;
}

/* The text of a scalar; NULL for null, and for Hive's notation of it. */
static char *
scalar(const JsonbValue *value)
{
	char	   *text = json_scalar_text(value);

	return text != NULL && strcmp(text, REDSHIFT_NULL_PARTITION) == 0 ? NULL : text;
}

List *
lake_values(const char *json)
{
	Jsonb	   *array = json_parse(json);
	List	   *values = NIL;

	if (array == NULL || !JB_ROOT_IS_ARRAY(array) || JB_ROOT_IS_SCALAR(array))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("Redshift shows values of a partition that are no list: %s", json)));
	for (uint32 i = 0; i < JB_ROOT_COUNT(array); i++)
		values = lappend(values, scalar(getIthJsonbValueFromContainer(&array->root, i)));
	return values;
}

/* One of the parameters of a table; NULL if it is not there. */
static char *
parameter(const char *parameters, const char *name)
{
	Jsonb	   *json = parameters ? json_parse(parameters) : NULL;
	JsonbValue	value;

	if (json == NULL || !JB_ROOT_IS_OBJECT(json) ||
		getKeyJsonValueFromContainer(&json->root, name, strlen(name), &value) == NULL)
		return NULL;
	return scalar(&value);
}

char *
lake_metadata_location(const char *parameters)
{
	return parameter(parameters, METADATA_LOCATION);
}

double
lake_row_count(const char *parameters)
{
	const char *text = parameter(parameters, NUM_ROWS);
	double		count = text ? strtod(text, NULL) : 0;

	/* negative: not known; and neither NaN nor infinity is a count */
	return count > 0 && count <= LARGEST_COUNT ? count : 0;
}

void
lake_table_name(const char *text, char **schema, char **table)
{
	List	   *names = stringToQualifiedNameListCompat(text, NULL);

	if (list_length(names) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not the name of an external table", text),
				 errhint("Write it with its external schema: 'schema.table'; Redshift does not look for external tables in a search path.")));
	*schema = strVal(linitial(names));
	*table = strVal(lsecond(names));
}
