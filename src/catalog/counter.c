/*-------------------------------------------------------------------------
 *
 * counter.c
 *	  rsfed_catalog.counter: totals over the runs of a relation.
 *
 * Policy: a run is counted in the transaction of its outcome, so that a
 * counter agrees with the history, and remains when the history is pruned.
 * Runs of one relation happen one at a time, so a counter causes no additional
 * waiting.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "catalog/counter.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"

/* Each status that a run ends with has a column of the same name. */
static bool
is_counted(const char *status)
{
	static const char *const counted[] = {"published", "unchanged", "refused", "failed", "cancelled"};

	for (int i = 0; i < lengthof(counted); i++)
	{
		if (strcmp(status, counted[i]) == 0)
			return true;
	}
	return false;
}

static void
add(CatalogRow *row, const char *column, int64 more)
{
	if (more != 0)
		row_set_int(row, column, row_int64(row, column) + more);
}

/* RowChange of a counter. */
static bool
add_change(CatalogRow *row, void *arg)
{
	const CounterChange *change = arg;

	if (is_counted(change->status))
		add(row, change->status, 1);
	row_set(row, "run_seconds", Float8GetDatum(row_float8(row, "run_seconds") + change->seconds));
	add(row, "rows_received", change->rows_received);
	add(row, "bytes_received", change->bytes_received);
	add(row, "rows_inserted", change->rows_inserted);
	add(row, "rows_updated", change->rows_updated);
	add(row, "rows_deleted", change->rows_deleted);
	return true;
}

void
counter_add(int32 relation_id, const CounterChange *change)
{
	static const Oid types[] = {INT4OID};
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	CounterChange copy = *change;
	CatalogAccess access;

	if (row_change("counter", 1, &key, add_change, &copy))
		return;

	/* the first run of the relation, if the relation exists */
	catalog_open(&access);
	(void) catalog_run(SPI_OK_INSERT,
					   "INSERT INTO rsfed_catalog.counter (relation_id)"
					   " SELECT relation_id FROM rsfed_catalog.relation WHERE relation_id = $1"
					   " ON CONFLICT (relation_id) DO NOTHING",
					   1, types, &key.value, NULL);
	catalog_close(&access);
	(void) row_change("counter", 1, &key, add_change, &copy);
}
