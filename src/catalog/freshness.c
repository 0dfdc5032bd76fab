/*-------------------------------------------------------------------------
 *
 * freshness.c
 *	  Reading rsfed_catalog.freshness: how old the content of a relation is.
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

bool
freshness_as_of(int32 relation_id, TimestampTz *as_of)
{
	Oid			types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;
	bool		known;

	catalog_open(&access);
	/* read-only: with the snapshot of the query that asks */
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
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;

	*as_of = 0;
	*rows = -1;
	catalog_open(&access);
	if (catalog_run_kept(SPI_OK_SELECT,
						 "SELECT f.as_of, r.rows_received FROM rsfed_catalog.freshness f"
						 " LEFT JOIN rsfed_catalog.run r ON r.run_id = f.last_run_id"
						 " WHERE f.relation_id = $1",
						 1, types, values, NULL) == 1)
	{
		*as_of = DatumGetTimestampTz(catalog_datum(0, 1));
		if (!catalog_isnull(0, 2))
			*rows = DatumGetInt64(catalog_datum(0, 2));
	}
	catalog_close(&access);
}
