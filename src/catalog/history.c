/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Deletes runs that are too old or too many.
 *
 * Policy: runs of each relation, including dropped ones, are kept for
 * rsfed.history_time and up to the number rsfed.history_runs.  Regardless of
 * these settings, the last run of an existing relation and of each of its
 * schedules is kept, as are runs that are queued or running and the run that
 * the relation's freshness names.
 *
 * A step reads, by index, only the oldest runs of a relation and (for their
 * number) the entries of the newest: so it costs little if there is nothing to
 * prune.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "base/settings.h"
#include "catalog/history.h"
#include "catalog/owner_scope.h"

static int	prune_relation(int32 relation_id, int rows);

bool
history_prune(int32 *after, int relations, int rows, int *pruned)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	bool		more = true;

	*pruned = 0;
	catalog_open(&access);
	for (int i = 0; i < relations && *pruned < rows; i++)
	{
		Datum		values[1] = {Int32GetDatum(*after)};
		int32		relation_id;
		int			n;

		catalog_run_kept(SPI_OK_SELECT,
						 "SELECT min(relation_id) FROM rsfed_catalog.run WHERE relation_id > $1",
						 1, types, values, NULL);
		if (catalog_isnull(0, 1))
		{
			more = false;
			break;
		}
		relation_id = DatumGetInt32(catalog_datum(0, 1));
		n = prune_relation(relation_id, rows - *pruned);
		*pruned += n;
		/* if rows are left to prune, the same relation is next */
		if (*pruned < rows)
			*after = relation_id;
	}
	catalog_close(&access);
	return more;
}

/* Prunes at most that many runs of one relation; returns their number. */
static int
prune_relation(int32 relation_id, int rows)
{
	static const Oid types[] = {INT4OID, INT4OID, INT4OID, INT4OID};
	Datum		values[4];

	values[0] = Int32GetDatum(relation_id);
	values[1] = Int32GetDatum(rows);
	values[2] = Int32GetDatum(rsfed_history_time);
	values[3] = Int32GetDatum(rsfed_history_runs);

	/*
	 * Selects the oldest runs that may be deleted, by number, and those among
	 * them that must be deleted.  The last run of a schedule is the one
	 * without a later run of the same schedule.
	 */
	return catalog_run_kept(SPI_OK_DELETE,
							"DELETE FROM rsfed_catalog.run d WHERE d.run_id IN ("
							"SELECT o.run_id FROM (SELECT r.run_id, r.finished_at"
							" FROM rsfed_catalog.run r WHERE r.relation_id = $1"
							" AND r.status NOT IN ('queued', 'running')"
							" AND (r.run_id < (SELECT max(n.run_id) FROM rsfed_catalog.run n"
							" WHERE n.relation_id = $1)"
							" OR NOT EXISTS (SELECT 1 FROM rsfed_catalog.relation e"
							" WHERE e.relation_id = $1))"
							" AND (EXISTS (SELECT 1 FROM rsfed_catalog.run n"
							" WHERE n.relation_id = $1 AND n.schedule_name = r.schedule_name"
							" AND n.run_id > r.run_id)"
							" OR NOT EXISTS (SELECT 1 FROM rsfed_catalog.schedule s"
							" WHERE s.relation_id = $1 AND s.schedule_name = r.schedule_name))"
							" AND NOT EXISTS (SELECT 1 FROM rsfed_catalog.freshness f"
							" WHERE f.relation_id = $1 AND f.last_run_id = r.run_id)"
							" ORDER BY r.run_id LIMIT $2) o"
							" WHERE ($3 > 0 AND o.finished_at < now() - make_interval(mins => $3))"
							" OR ($4 > 0 AND o.run_id <= (SELECT k.run_id FROM rsfed_catalog.run k"
							" WHERE k.relation_id = $1 ORDER BY k.run_id DESC OFFSET $4 LIMIT 1)))",
							4, types, values, NULL);
}
