/*-------------------------------------------------------------------------
 *
 * freshness.c
 *	  Reads rsfed_catalog.freshness: the age of the content of a relation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "catalog/freshness.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"

bool
freshness_as_of(int32 relation_id, TimestampTz *as_of)
{
	Oid			types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;
	bool		known;

	catalog_open(&access);
	/* read-only: with the snapshot of the calling query */
	if (SPI_execute_with_args("SELECT as_of FROM rsfed_catalog.freshness WHERE relation_id = $1",
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the freshness of relation %d", relation_id);
	known = SPI_processed == 1 && !catalog_isnull(0, 1);
	if (known)
		*as_of = DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return known;
}

void
freshness_last(int32 relation_id, TimestampTz *as_of, int64 *rows)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CatalogRow *freshness = row_find("freshness", NULL, 1, &key);
	CatalogRow *run;

	*as_of = 0;
	*rows = -1;
	if (freshness == NULL)
		return;
	*as_of = row_time(freshness, "as_of");
	if (row_isnull(freshness, "last_run_id"))
		return;
	key = (RowKey) {"run_id", row_datum(freshness, "last_run_id")};
	run = row_find("run", NULL, 1, &key);
	if (run != NULL && !row_isnull(run, "rows_received"))
		*rows = row_int64(run, "rows_received");
}
