/*-------------------------------------------------------------------------
 *
 * cost.c
 *	  rsfed_catalog.run_cost: the resources that runs used in the warehouse.
 *
 * Policy: at the end of a run only a request for its cost is stored; the
 * warehouse is asked later, for many runs at a time.  ask_at is the time for
 * that; it is NULL when nothing more is to be asked.  A process that asks
 * moves it, so that no other asks for the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/cost.h"
#include "catalog/owner_scope.h"

/* the number of runs in one statement, which also makes asking urgent */
#define BATCH "100"
/* time until a claim expires, and until a missing cost is asked for again */
#define ASK_AGAIN "5 min"
/* Redshift's history may lag; a query that is missing by then never appears */
#define GIVE_UP "1 hour"
/* a warehouse that cannot be reached; after that its history is gone */
#define HISTORY "7 days"

static bool
is_gathered(const char *server_name)
{
	ForeignServer *server = GetForeignServerByName(server_name, true);
	ListCell   *lc;

	if (server == NULL)
		return false;
	foreach(lc, server->options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, "gather_costs") == 0)
			return option_bool_text(OPTION_SERVER, option->defname, defGetString(option));
	}
	return false;
}

void
cost_want(int64 run_id, const RsfedRelation *relation, const RunRequest *request,
		  const RunOutcome *outcome, int64 counted_ms)
{
	static const Oid types[] = {INT8OID, INT4OID, NAMEOID, INT8OID, TEXTOID, INT8OID};
	CatalogAccess access;
	Datum		values[6];
	char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};
	NameData	server;

	if (outcome->server == NULL || relation->is_set || !is_gathered(outcome->server))
		return;
	/* without a query id, the label finds the statements of the run */
	if (outcome->query_id == 0 &&
		(outcome->error != NULL || outcome->label == NULL || request->set_run_id != 0))
		return;
	namestrcpy(&server, outcome->server);
	values[0] = Int64GetDatum(run_id);
	values[1] = Int32GetDatum(relation->relation_id);
	values[2] = NameGetDatum(&server);
	values[3] = Int64GetDatum(outcome->query_id);
	nulls[3] = outcome->query_id == 0 ? 'n' : ' ';
	/* all members of a set have the set's label */
	if (request->set_run_id == 0 && outcome->label != NULL)
		values[4] = CStringGetTextDatum(outcome->label);
	else
		nulls[4] = 'n';
	values[5] = Int64GetDatum(counted_ms);

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.run_cost (run_id, relation_id, server, query_id, label, counted_ms)"
				" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
				6, types, values, nulls);
	catalog_close(&access);
}

bool
cost_is_due(bool only_pressing)
{
	CatalogAccess access;
	Datum		values[1] = {BoolGetDatum(only_pressing)};
	bool		due;

	catalog_open(&access);
	catalog_run_kept(SPI_OK_SELECT,
					 "SELECT COALESCE(count(*) > 0 AND (NOT $1 OR count(*) >= " BATCH
					 " OR min(c.ended_at) < now() - interval '" ASK_AGAIN "'), false)"
					 " FROM (SELECT ended_at FROM rsfed_catalog.run_cost"
					 " WHERE ask_at <= now() LIMIT " BATCH ") AS c",
					 1, (Oid[]) {BOOLOID}, values, NULL);
	due = DatumGetBool(catalog_datum(0, 1));
	catalog_close(&access);
	return due;
}

/*
 * Deletes costs that are older than the history of runs, and gives up requests
 * that are too old.
 */
static void
tidy(void)
{
	Datum		values[1] = {Int32GetDatum(rsfed_history_time)};

	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.run_cost WHERE $1 > 0 AND ended_at < now() - $1 * interval '1 min'",
				1, (Oid[]) {INT4OID}, values, NULL);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.run_cost SET ask_at = NULL, note = 'The server was not reached while it knew of the run.'"
				" WHERE ask_at IS NOT NULL AND ended_at < now() - interval '" HISTORY "'",
				0, NULL, NULL, NULL);
}

static RunCost *
read_run(CatalogAccess *access, uint64 row)
{
	RunCost    *run = palloc0(sizeof(RunCost));

	run->run_id = DatumGetInt64(catalog_datum(row, 4));
	run->query_id = catalog_isnull(row, 5) ? 0 : DatumGetInt64(catalog_datum(row, 5));
	run->label = catalog_text(access, row, 6);
	run->remote_pid = catalog_isnull(row, 8) ? 0 : DatumGetInt32(catalog_datum(row, 8));
	run->s3_bytes = run->s3_files = run->partitions = run->partitions_read = -1;
	run->queue_ms = run->execution_ms = -1;
	return run;
}

CostBatch *
cost_claim(Oid userid)
{
	CatalogAccess access;
	Datum		values[1] = {ObjectIdGetDatum(userid)};
	CostBatch  *batch = NULL;
	uint64		n;

	catalog_open(&access);
	tidy();
	n = catalog_run(SPI_OK_UPDATE_RETURNING,
					"WITH wanted AS MATERIALIZED (SELECT c.run_id, c.ask_at, c.server, k.relowner,"
					" CASE WHEN EXISTS (SELECT FROM rsfed_catalog.member m"
					" WHERE m.group_name = u.source AND m.server = c.server) THEN u.source ELSE c.server END AS source"
					" FROM rsfed_catalog.run_cost c JOIN rsfed_catalog.rollup u USING (relation_id)"
					" JOIN rsfed_catalog.relation_oid o USING (relation_id)"
					" JOIN pg_class k ON k.oid = o.relid JOIN pg_foreign_server s ON s.srvname = c.server"
					" WHERE c.ask_at <= now() AND pg_has_role($1, k.relowner, 'USAGE')"
					" ORDER BY c.ask_at, c.run_id LIMIT 10 * " BATCH "),"
					" first AS (SELECT * FROM wanted ORDER BY ask_at, run_id LIMIT 1)"
					" UPDATE rsfed_catalog.run_cost t SET ask_at = now() + interval '" ASK_AGAIN "'"
					" FROM (SELECT w.run_id, w.source, w.server, w.relowner FROM wanted w JOIN first f"
					" USING (source, server, relowner) ORDER BY w.run_id LIMIT " BATCH ") AS x"
					" WHERE t.run_id = x.run_id AND t.ask_at <= now()"
					" RETURNING x.source::text, x.server::text, x.relowner, t.run_id, t.query_id, t.label,"
					" (SELECT LEAST(GREATEST(ceil(date_part('epoch', t.ended_at - r.started_at)), 0), 864000)::int4"
					" FROM rsfed_catalog.run r WHERE r.run_id = t.run_id),"
					" (SELECT r.remote_pid FROM rsfed_catalog.run r WHERE r.run_id = t.run_id),"
					" LEAST(ceil(date_part('epoch', clock_timestamp() - t.ended_at)), 864000)::int4",
					1, (Oid[]) {OIDOID}, values, NULL);
	if (n > 0)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);

		batch = palloc0(sizeof(CostBatch));
		batch->source = catalog_text(&access, 0, 1);
		batch->server = catalog_text(&access, 0, 2);
		batch->owner = DatumGetObjectId(catalog_datum(0, 3));
		for (uint64 i = 0; i < n; i++)
		{
			batch->runs = lappend(batch->runs, read_run(&access, i));
			if (!catalog_isnull(i, 7))
				batch->longest_s = Max(batch->longest_s, DatumGetInt32(catalog_datum(i, 7)));
			batch->oldest_s = Max(batch->oldest_s, DatumGetInt32(catalog_datum(i, 9)));
		}
		/* its clock may run slower than ours */
		batch->longest_s += 10;
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return batch;
}

/* A figure as a parameter: -1 is NULL. */
static void
set_figure(Datum *values, char *nulls, int at, int64 figure)
{
	values[at] = Int64GetDatum(figure);
	nulls[at] = figure < 0 ? 'n' : ' ';
}

void
cost_store(const CostBatch *batch)
{
	static const Oid types[] = {INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
	TEXTOID, BOOLOID};
	CatalogAccess access;
	ListCell   *lc;

	if (!batch->answered)
		return;
	catalog_open(&access);
	foreach(lc, batch->runs)
	{
		RunCost    *run = lfirst(lc);
		Datum		values[9];
		char		nulls[9];

		memset(nulls, ' ', sizeof(nulls));
		values[0] = Int64GetDatum(run->run_id);
		set_figure(values, nulls, 1, run->s3_bytes);
		set_figure(values, nulls, 2, run->s3_files);
		set_figure(values, nulls, 3, run->partitions);
		set_figure(values, nulls, 4, run->partitions_read);
		set_figure(values, nulls, 5, run->queue_ms);
		set_figure(values, nulls, 6, run->execution_ms);
		if (run->note != NULL)
			values[7] = CStringGetTextDatum(run->note);
		else
			nulls[7] = 'n';
		values[8] = BoolGetDatum(run->found);
		catalog_run(SPI_OK_UPDATE,
					"UPDATE rsfed_catalog.run_cost SET s3_bytes = $2, s3_files = $3, partitions = $4,"
					" partitions_read = $5, queue_ms = $6, execution_ms = $7, note = $8,"
					" ask_at = CASE WHEN NOT $9 AND ended_at > now() - interval '" GIVE_UP "' THEN ask_at END"
					" WHERE run_id = $1",
					9, types, values, nulls);
	}
	catalog_close(&access);
}
