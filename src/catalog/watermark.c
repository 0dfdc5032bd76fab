/*-------------------------------------------------------------------------
 *
 * watermark.c
 *	  rsfed_catalog.watermark and .probe.
 *
 * Policy: both are written in the transaction of the content that they speak
 * of, so that after a crash the next run goes on where the content ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/watermark.h"

Watermark *
watermark_load(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;
	Watermark  *watermark = NULL;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT window_column, value_type, filled_from, filled_to, backfilling"
					" FROM rsfed_catalog.watermark WHERE relation_id = $1",
					1, types, values, NULL) == 1)
	{
		watermark = MemoryContextAllocZero(access.caller, sizeof(Watermark));
		watermark->column = catalog_text(&access, 0, 1);
		watermark->value_type = catalog_text(&access, 0, 2);
		watermark->filled_from = catalog_text(&access, 0, 3);
		watermark->filled_to = catalog_text(&access, 0, 4);
		watermark->backfilling = DatumGetBool(catalog_datum(0, 5));
	}
	catalog_close(&access);
	return watermark;
}

void
watermark_store(int32 relation_id, const Watermark *watermark)
{
	static const Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID};
	CatalogAccess access;
	Datum		values[6];

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
}

char *
probe_load(int32 relation_id, int definition)
{
	static const Oid types[] = {INT4OID, INT4OID};
	Datum		values[2] = {Int32GetDatum(relation_id), Int32GetDatum(definition)};
	CatalogAccess access;
	char	   *answer = NULL;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT answer FROM rsfed_catalog.probe"
					" WHERE relation_id = $1 AND definition = $2",
					2, types, values, NULL) == 1)
		answer = catalog_text(&access, 0, 1);
	catalog_close(&access);
	return answer;
}

void
probe_store(int32 relation_id, int definition, const char *answer)
{
	static const Oid types[] = {INT4OID, INT4OID, TEXTOID};
	CatalogAccess access;
	Datum		values[3];

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
