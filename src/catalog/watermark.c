/*-------------------------------------------------------------------------
 *
 * watermark.c
 *	  rsfed_catalog.watermark and .probe.
 *
 * Policy: both are written in the transaction of the content that they
 * describe, so that after a crash the next run continues where the content
 * ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/row.h"
#include "catalog/watermark.h"

Watermark *
watermark_load(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = row_find("watermark", NULL, 1, &key);
	Watermark  *watermark;

	if (row == NULL)
		return NULL;
	watermark = palloc0(sizeof(Watermark));
	watermark->column = row_text(row, "window_column");
	watermark->value_type = row_text(row, "value_type");
	watermark->filled_from = row_text(row, "filled_from");
	watermark->filled_to = row_text(row, "filled_to");
	watermark->backfilling = row_bool(row, "backfilling");
	return watermark;
}

/* RowChange of a watermark; an unchanged one is not written again. */
static bool
set_watermark(CatalogRow *row, void *arg)
{
	const Watermark *watermark = arg;

	if (strcmp(row_text(row, "window_column"), watermark->column) == 0 &&
		strcmp(row_text(row, "value_type"), watermark->value_type) == 0 &&
		strcmp(row_text(row, "filled_from"), watermark->filled_from) == 0 &&
		strcmp(row_text(row, "filled_to"), watermark->filled_to) == 0 &&
		row_bool(row, "backfilling") == watermark->backfilling)
		return false;
	row_set_text(row, "window_column", watermark->column);
	row_set_text(row, "value_type", watermark->value_type);
	row_set_text(row, "filled_from", watermark->filled_from);
	row_set_text(row, "filled_to", watermark->filled_to);
	row_set(row, "backfilling", BoolGetDatum(watermark->backfilling));
	return true;
}

void
watermark_store(int32 relation_id, const Watermark *watermark)
{
	static const Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID};
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogAccess access;
	Datum		values[6];

	if (row_change("watermark", 1, &key, set_watermark, unconstify(Watermark *, watermark)))
	{
		published_touch(relation_id);
		return;
	}
	values[0] = Int32GetDatum(relation_id);
	values[1] = CStringGetTextDatum(watermark->column);
	values[2] = CStringGetTextDatum(watermark->value_type);
	values[3] = CStringGetTextDatum(watermark->filled_from);
	values[4] = CStringGetTextDatum(watermark->filled_to);
	values[5] = BoolGetDatum(watermark->backfilling);

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.watermark"
				" (relation_id, window_column, value_type, filled_from, filled_to, backfilling)"
				" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (relation_id) DO UPDATE SET"
				" window_column = EXCLUDED.window_column, value_type = EXCLUDED.value_type,"
				" filled_from = EXCLUDED.filled_from, filled_to = EXCLUDED.filled_to,"
				" backfilling = EXCLUDED.backfilling",
				6, types, values, NULL);
	catalog_close(&access);
	published_touch(relation_id);
}

void
watermark_delete(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE, "DELETE FROM rsfed_catalog.watermark WHERE relation_id = $1",
				1, types, values, NULL);
	catalog_close(&access);
	published_touch(relation_id);
}

char *
probe_load(int32 relation_id, int definition)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *row = row_find("probe", NULL, 1, &key);

	return row != NULL && row_int32(row, "definition") == definition ? row_text(row, "answer") : NULL;
}

/* Arguments of probe_store(). */
typedef struct Answer
{
	int			definition;
	const char *answer;
} Answer;

/* RowChange of a probe's answer; an unchanged one is not written again. */
static bool
set_answer(CatalogRow *row, void *arg)
{
	const Answer *now = arg;

	if (row_int32(row, "definition") == now->definition &&
		strcmp(row_text(row, "answer"), now->answer) == 0)
		return false;
	row_set_int(row, "definition", now->definition);
	row_set_text(row, "answer", now->answer);
	return true;
}

void
probe_store(int32 relation_id, int definition, const char *answer)
{
	static const Oid types[] = {INT4OID, INT4OID, TEXTOID};
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	Answer		now = {definition, answer};
	CatalogAccess access;
	Datum		values[3];

	if (row_change("probe", 1, &key, set_answer, &now))
		return;
	values[0] = Int32GetDatum(relation_id);
	values[1] = Int32GetDatum(definition);
	values[2] = CStringGetTextDatum(answer);

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.probe (relation_id, definition, answer)"
				" VALUES ($1, $2, $3) ON CONFLICT (relation_id) DO UPDATE SET"
				" definition = EXCLUDED.definition, answer = EXCLUDED.answer",
				3, types, values, NULL);
	catalog_close(&access);
}
