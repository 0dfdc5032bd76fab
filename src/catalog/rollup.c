/*-------------------------------------------------------------------------
 *
 * rollup.c
 *	  rsfed_catalog.rollup and .definition: the definitions of rollups.
 *
 * Policy: every change makes a new definition with a number; the old one stays
 * readable, and each run names its definition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/rollup.h"
#include "catalog/row.h"

/* Names as a text[] datum; NIL gives NULL through *isnull. */
static Datum
nullable_names(List *names, char *isnull)
{
	*isnull = names == NIL ? 'n' : ' ';
	return names == NIL ? (Datum) 0 : names_to_array(names);
}

/* The description of the result as jsonb for the table. */
static char *
columns_to_json(const Rollup *rollup)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '[');
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		const RollupColumn *column = &rollup->columns[i];

		if (i > 0)
			appendStringInfoString(&buf, ", ");
		appendStringInfoString(&buf, "{\"name\": ");
		escape_json(&buf, column->name);
		appendStringInfo(&buf, ", \"type\": %u, \"typmod\": %d}", column->type, column->typmod);
	}
	appendStringInfoChar(&buf, ']');
	return buf.data;
}

/* A field of a column's description; an internal error if it is missing. */
static JsonbValue *
description_field(JsonbContainer *column, const char *name)
{
	JsonbValue	key;
	JsonbValue *value;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	value = findJsonbValueFromContainer(column, JB_FOBJECT, &key);
	if (value == NULL)
		elog(ERROR, "a column of a rollup's description has no \"%s\"", name);
	return value;
}

static int64
description_number(JsonbContainer *column, const char *name)
{
	JsonbValue *value = description_field(column, name);

	if (value->type != jbvNumeric)
		elog(ERROR, "\"%s\" of a rollup's description is no number", name);
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

/* Reads the description back, in order. */
static void
load_columns(Rollup *rollup, Jsonb *description)
{
	rollup->ncolumns = JB_ROOT_IS_ARRAY(description) ? JB_ROOT_COUNT(description) : 0;
	rollup->columns = palloc(sizeof(RollupColumn) * Max(rollup->ncolumns, 1));
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(&description->root, i);
		JsonbValue *name;

		if (element == NULL || element->type != jbvBinary)
			elog(ERROR, "the description of rollup %d is damaged", rollup->relation_id);
		name = description_field(element->val.binary.data, "name");
		if (name->type != jbvString)
			elog(ERROR, "the description of rollup %d is damaged", rollup->relation_id);
		rollup->columns[i].name = pnstrdup(name->val.string.val, name->val.string.len);
		rollup->columns[i].type = (Oid) description_number(element->val.binary.data, "type");
		rollup->columns[i].typmod = (int32) description_number(element->val.binary.data, "typmod");
	}
}

/* The row of a rollup; internal error if there is none. */
static CatalogRow *
require_row(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = row_find("rollup", NULL, 1, &key);

	if (row == NULL)
		elog(ERROR, "rollup %d does not exist", relation_id);
	return row;
}

Rollup *
rollup_load(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = require_row(relation_id);
	CatalogRow *sorted = row_find("local_sort", NULL, 1, &key);
	Rollup	   *rollup = palloc0(sizeof(Rollup));

	rollup->relation_id = relation_id;
	rollup->definition = row_int32(row, "definition");
	rollup->source = row_text(row, "source");
	rollup->query = row_text(row, "query");
	if (!row_isnull(row, "key_columns"))
		rollup->key = array_to_names(row_datum(row, "key_columns"));
	rollup->method = row_text(row, "method");
	rollup->pinned_columns = row_text(row, "pinned_columns");
	rollup->timezone = row_text(row, "timezone");
	rollup->max_age = row_isnull(row, "max_age") ? NULL
		: DatumGetIntervalP(row_datum(row, "max_age"));
	rollup->options = DatumGetJsonbPCopy(row_datum(row, "options"));
	rollup->sorts_locally = sorted != NULL && row_int32(sorted, "definition") == rollup->definition;
	load_columns(rollup, DatumGetJsonbP(row_datum(row, "columns")));
	return rollup;
}

int
rollup_definition(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = row_find("rollup", NULL, 1, &key);

	return row ? row_int32(row, "definition") : 0;
}

char *
rollup_source(int32 relation_id)
{
	return row_text(require_row(relation_id), "source");
}

/* Writes the row of table rollup, and its definition. */
static void
rollup_write(const Rollup *rollup, const char *statement, int expected)
{
	static const Oid types[] = {INT4OID, INT4OID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID,
	TEXTOID, TEXTOID, TEXTOID, INTERVALOID, JSONBOID, TEXTOID};
	CatalogAccess access;
	Datum		values[12];
	char		nulls[] = "            ";

	values[0] = Int32GetDatum(rollup->relation_id);
	values[1] = Int32GetDatum(rollup->definition);
	values[2] = CStringGetTextDatum(rollup->source);
	values[3] = CStringGetTextDatum(rollup->query);
	values[4] = nullable_names(rollup->key, &nulls[4]);
	values[5] = CStringGetTextDatum(rollup->method);
	values[6] = rollup->pinned_columns ? CStringGetTextDatum(rollup->pinned_columns) : (Datum) 0;
	nulls[6] = rollup->pinned_columns ? ' ' : 'n';
	values[7] = CStringGetTextDatum(columns_to_json(rollup));
	values[8] = CStringGetTextDatum(rollup->timezone);
	values[9] = rollup->max_age ? IntervalPGetDatum(rollup->max_age) : (Datum) 0;
	nulls[9] = rollup->max_age ? ' ' : 'n';
	values[10] = JsonbPGetDatum(rollup->options);
	values[11] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));

	catalog_open(&access);
	catalog_run(expected, statement, 11, types, values, nulls);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.definition (relation_id, definition, defined_by,"
				" source, query, key_columns, method, columns, options)"
				" SELECT relation_id, definition, $12, source, query, key_columns, method, columns, options"
				" FROM rsfed_catalog.rollup WHERE relation_id = $1",
				12, types, values, nulls);
	catalog_close(&access);
}

void
rollup_insert(Rollup *rollup)
{
	rollup->definition = 1;
	rollup_write(rollup,
				 "INSERT INTO rsfed_catalog.rollup (relation_id, definition, source, query, key_columns,"
				 " method, pinned_columns, columns, timezone, max_age, options)"
				 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11)",
				 SPI_OK_INSERT);
}

void
rollup_update(Rollup *rollup)
{
	rollup->definition++;
	rollup_write(rollup,
				 "UPDATE rsfed_catalog.rollup SET definition = $2, source = $3, query = $4,"
				 " key_columns = $5, method = $6, pinned_columns = $7,"
				 " columns = $8::jsonb, timezone = $9, max_age = $10, options = $11"
				 " WHERE relation_id = $1",
				 SPI_OK_UPDATE);
	published_touch(rollup->relation_id);
}

void
rollup_sort_locally(const Rollup *rollup, const char *reason)
{
	static const Oid types[] = {INT4OID, INT4OID, TEXTOID};
	Datum		values[3] = {Int32GetDatum(rollup->relation_id),
	Int32GetDatum(rollup->definition), CStringGetTextDatum(reason)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.local_sort (relation_id, definition, reason)"
				" VALUES ($1, $2, $3) ON CONFLICT (relation_id) DO UPDATE"
				" SET definition = excluded.definition, reason = excluded.reason,"
				" noted_at = excluded.noted_at",
				3, types, values, NULL);
	catalog_close(&access);
}

List *
rollups_of_source(const char *source)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(source)};

	return catalog_names("SELECT format('%I.%I', r.schema_name, r.relation_name)"
						 " FROM rsfed_catalog.rollup u JOIN rsfed_catalog.relation r"
						 " ON r.relation_id = u.relation_id"
						 " WHERE u.source = $1 ORDER BY 1",
						 1, types, values);
}

List *
rollup_ids(const char *source)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {source ? CStringGetTextDatum(source) : (Datum) 0};
	List	   *ids;
	uint64		n;

	catalog_open_any_version(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT u.relation_id"
					" FROM rsfed_catalog.rollup u JOIN rsfed_catalog.relation r"
					" ON r.relation_id = u.relation_id"
					" WHERE $1 IS NULL OR u.source = $1"
					" ORDER BY r.schema_name, r.relation_name",
					1, types, values, source ? " " : "n");
	ids = catalog_ids(&access, n);
	catalog_close(&access);
	return ids;
}

void
rollups_rename_source(const char *old_name, const char *new_name)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[2];

	values[0] = CStringGetTextDatum(old_name);
	values[1] = CStringGetTextDatum(new_name);

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.rollup SET source = $2 WHERE source = $1",
				2, types, values, NULL);
	catalog_close(&access);
}
