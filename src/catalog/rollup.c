/*-------------------------------------------------------------------------
 *
 * rollup.c
 *	  rsfed_catalog.rollup and .definition: what a rollup is.
 *
 * Policy: every change is a new definition with a number; the old one stays
 * readable, and each run says which one it ran.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "catalog/members.h"
#include "catalog/owner_scope.h"
#include "catalog/rollup.h"

/* Names as a text[] datum; NIL gives NULL through *isnull. */
static Datum
names_to_array(List *names, char *isnull)
{
	Datum	   *elements;
	int			n = 0;
	ListCell   *lc;

	*isnull = names == NIL ? 'n' : ' ';
	if (names == NIL)
		return (Datum) 0;
	elements = palloc(sizeof(Datum) * list_length(names));
	foreach(lc, names)
		elements[n++] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The inverse; the datum stands in the caller's memory context already. */
static List *
array_to_names(Datum array)
{
	List	   *names = NIL;
	Datum	   *elements;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &n);
	for (int i = 0; i < n; i++)
		names = lappend(names, TextDatumGetCString(elements[i]));
	return names;
}

/* The description of the result as the jsonb that the table keeps. */
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

/* Reads the description back, in order. */
static void
load_columns(CatalogAccess *access, Rollup *rollup)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(rollup->relation_id)};

	rollup->ncolumns = (int)
		catalog_run_kept(SPI_OK_SELECT,
						 "SELECT e.value ->> 'name',"
						 " (e.value ->> 'type')::oid,"
						 " (e.value ->> 'typmod')::int4"
						 " FROM rsfed_catalog.rollup,"
						 " jsonb_array_elements(columns) WITH ORDINALITY AS e (value, n)"
						 " WHERE relation_id = $1 ORDER BY e.n",
						 1, types, values, NULL);
	rollup->columns = MemoryContextAlloc(access->caller,
										 sizeof(RollupColumn) * Max(rollup->ncolumns, 1));
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		rollup->columns[i].name = catalog_text(access, i, 1);
		rollup->columns[i].type = DatumGetObjectId(catalog_datum(i, 2));
		rollup->columns[i].typmod = DatumGetInt32(catalog_datum(i, 3));
	}
}

Rollup *
rollup_load(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Rollup	   *rollup = palloc0(sizeof(Rollup));
	Datum		values[1] = {Int32GetDatum(relation_id)};
	Datum		key;

	catalog_open(&access);
	if (catalog_run_kept(SPI_OK_SELECT,
						 "SELECT r.definition, source, query, key_columns, method, pinned_columns,"
						 " timezone, max_age, options, s.definition IS NOT NULL"
						 " FROM rsfed_catalog.rollup r LEFT JOIN rsfed_catalog.local_sort s"
						 " ON s.relation_id = r.relation_id AND s.definition = r.definition"
						 " WHERE r.relation_id = $1",
						 1, types, values, NULL) != 1)
		elog(ERROR, "rollup %d does not exist", relation_id);
	rollup->relation_id = relation_id;
	rollup->definition = DatumGetInt32(catalog_datum(0, 1));
	rollup->source = catalog_text(&access, 0, 2);
	rollup->query = catalog_text(&access, 0, 3);
	key = catalog_copy(&access, 0, 4);
	rollup->method = catalog_text(&access, 0, 5);
	rollup->pinned_columns = catalog_text(&access, 0, 6);
	rollup->timezone = catalog_text(&access, 0, 7);
	rollup->max_age = catalog_isnull(0, 8) ? NULL
		: DatumGetIntervalP(catalog_copy(&access, 0, 8));
	rollup->options = DatumGetJsonbP(catalog_copy(&access, 0, 9));
	rollup->sorts_locally = DatumGetBool(catalog_datum(0, 10));
	load_columns(&access, rollup);
	catalog_close(&access);

	if (key != (Datum) 0)
		rollup->key = array_to_names(key);
	return rollup;
}

/* Writes the row of table rollup, and its definition beside it. */
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
	values[4] = names_to_array(rollup->key, &nulls[4]);
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
	members_forget_rollup(rollup->relation_id);
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
