/*-------------------------------------------------------------------------
 *
 * counter.c
 *	  rsfed_catalog.counter: what the runs of a relation added up to.
 *
 * Policy: counted in the transaction of the outcome, so that a counter agrees
 * with the history, and outlives it when that is pruned.  Runs of one relation
 * are one at a time, so nobody waits for a counter who would not wait anyway.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "catalog/counter.h"
#include "catalog/owner_scope.h"

void
counter_add(int64 run_id)
{
	static const Oid types[] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(run_id)};

	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.counter AS c (relation_id, published, unchanged, refused,"
				" failed, cancelled, run_seconds, rows_received, bytes_received, rows_inserted,"
				" rows_updated, rows_deleted)"
				" SELECT relation_id, (r.status = 'published')::int, (r.status = 'unchanged')::int,"
				" (r.status = 'refused')::int, (r.status = 'failed')::int, (r.status = 'cancelled')::int,"
				" GREATEST(COALESCE(date_part('epoch', r.finished_at - r.started_at), 0), 0),"
				" COALESCE(r.rows_received, 0), COALESCE(r.bytes_received, 0),"
				" COALESCE(r.rows_inserted, 0), COALESCE(r.rows_updated, 0), COALESCE(r.rows_deleted, 0)"
				" FROM rsfed_catalog.run r JOIN rsfed_catalog.relation USING (relation_id)"
				" WHERE r.run_id = $1"
				" ON CONFLICT (relation_id) DO UPDATE SET published = c.published + EXCLUDED.published,"
				" unchanged = c.unchanged + EXCLUDED.unchanged, refused = c.refused + EXCLUDED.refused,"
				" failed = c.failed + EXCLUDED.failed, cancelled = c.cancelled + EXCLUDED.cancelled,"
				" run_seconds = c.run_seconds + EXCLUDED.run_seconds,"
				" rows_received = c.rows_received + EXCLUDED.rows_received,"
				" bytes_received = c.bytes_received + EXCLUDED.bytes_received,"
				" rows_inserted = c.rows_inserted + EXCLUDED.rows_inserted,"
				" rows_updated = c.rows_updated + EXCLUDED.rows_updated,"
				" rows_deleted = c.rows_deleted + EXCLUDED.rows_deleted",
				1, types, values, NULL);
}
