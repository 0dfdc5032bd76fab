/*-------------------------------------------------------------------------
 *
 * lake_state.c
 *	  rsfed_catalog.lake_state and .lake_partition: the partitions that a
 *	  rollup has read.
 *
 * Policy: the tables are written in the transaction of the content that they
 * describe, and only rows that differ: a table may have 20,000 partitions, of
 * which one changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/lake_state.h"
#include "catalog/owner_scope.h"

List *
lake_state_load(int32 relation_id, int definition, bool *known)
{
	static const Oid types[] = {INT4OID, INT4OID};
	Datum		values[2] = {Int32GetDatum(relation_id), Int32GetDatum(definition)};
	CatalogAccess access;
	List	   *list = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT p.partition_values, p.location, p.parameters"
						 " FROM rsfed_catalog.lake_state s"
						 " LEFT JOIN rsfed_catalog.lake_partition p ON p.relation_id = s.relation_id"
						 " WHERE s.relation_id = $1 AND s.definition = $2",
						 2, types, values, NULL);
	*known = n > 0;
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi;
		KnownPartition *partition;

		/* a table without partitions */
		if (catalog_isnull(i, 1))
			continue;
		spi = MemoryContextSwitchTo(access.caller);
		partition = palloc(sizeof(KnownPartition));
		partition->values_text = catalog_text(&access, i, 1);
		partition->location = catalog_text(&access, i, 2);
		partition->parameters = catalog_text(&access, i, 3);
		list = lappend(list, partition);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return list;
}

static void
forget(int32 relation_id, bool all, List *gone)
{
	static const Oid types[] = {INT4OID, BOOLOID, TEXTARRAYOID};
	Datum		values[3];

	if (!all && gone == NIL)
		return;
	values[0] = Int32GetDatum(relation_id);
	values[1] = BoolGetDatum(all);
	values[2] = names_to_array(gone);
	catalog_run_kept(SPI_OK_DELETE,
					 "DELETE FROM rsfed_catalog.lake_partition"
					 " WHERE relation_id = $1 AND ($2 OR partition_values = ANY ($3))",
					 3, types, values, NULL);
}

static void
remember(int32 relation_id, List *changed)
{
	static const Oid types[] = {INT4OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	int			count = list_length(changed);
	Datum	   *texts[3];
	Datum		values[4];
	ListCell   *lc;
	int			i = 0;

	if (changed == NIL)
		return;
	for (int j = 0; j < lengthof(texts); j++)
		texts[j] = palloc(sizeof(Datum) * count);
	foreach(lc, changed)
	{
		const KnownPartition *partition = lfirst(lc);

		texts[0][i] = CStringGetTextDatum(partition->values_text);
		texts[1][i] = CStringGetTextDatum(partition->location);
		texts[2][i++] = CStringGetTextDatum(partition->parameters);
	}
	values[0] = Int32GetDatum(relation_id);
	for (int j = 0; j < lengthof(texts); j++)
		values[j + 1] = texts_to_array(texts[j], count);
	catalog_run_kept(SPI_OK_INSERT,
					 "INSERT INTO rsfed_catalog.lake_partition"
					 " (relation_id, partition_values, location, parameters)"
					 " SELECT $1, u.* FROM unnest($2, $3, $4) u"
					 " ON CONFLICT (relation_id, partition_values) DO UPDATE SET"
					 " location = EXCLUDED.location, parameters = EXCLUDED.parameters",
					 4, types, values, NULL);
}

void
lake_state_store(int32 relation_id, int definition, bool all, List *changed, List *gone)
{
	static const Oid types[] = {INT4OID, INT4OID};
	Datum		values[2] = {Int32GetDatum(relation_id), Int32GetDatum(definition)};
	CatalogAccess access;

	if (!all && changed == NIL && gone == NIL)
		return;
	catalog_open(&access);
	forget(relation_id, all, gone);
	remember(relation_id, changed);
	if (all)
		catalog_run_kept(SPI_OK_INSERT,
						 "INSERT INTO rsfed_catalog.lake_state (relation_id, definition) VALUES ($1, $2)"
						 " ON CONFLICT (relation_id) DO UPDATE SET definition = EXCLUDED.definition",
						 2, types, values, NULL);
	catalog_close(&access);
}
