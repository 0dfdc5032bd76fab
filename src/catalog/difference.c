/*-------------------------------------------------------------------------
 *
 * difference.c
 *	  rsfed_catalog.difference: differences of the members of a group.
 *
 * Policy: a finding is about the warehouse that a server pointed to at that
 * time; so the server's options are stored with it, and it is ignored if they
 * change.  The foreign key deletes it with its member.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/difference.h"
#include "catalog/owner_scope.h"

List *
differences_of(const char *group_name)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(group_name)};
	CatalogAccess access;
	List	   *list = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT d.server, d.kind, d.schema_name, d.relation_name, d.column_names,"
						 " COALESCE(d.relation_id, 0)"
						 " FROM rsfed_catalog.difference d JOIN pg_foreign_server s ON s.srvname = d.server"
						 " WHERE d.group_name = $1::name AND d.server_options IS NOT DISTINCT FROM s.srvoptions"
						 " AND (d.relation_id IS NULL OR EXISTS (SELECT FROM rsfed_catalog.rollup u"
						 " WHERE u.relation_id = d.relation_id AND u.definition = d.definition"
						 " AND u.source = d.group_name))"
						 " ORDER BY d.server",
						 1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		Difference *difference = palloc0(sizeof(Difference));

		difference->server = catalog_text(&access, i, 1);
		difference->kind = catalog_text(&access, i, 2);
		difference->schema = catalog_text(&access, i, 3);
		difference->relation = catalog_text(&access, i, 4);
		if (!catalog_isnull(i, 5))
			difference->columns = array_to_names(catalog_copy(&access, i, 5));
		difference->relation_id = DatumGetInt32(catalog_datum(i, 6));
		list = lappend(list, difference);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return list;
}

/*
 * Stores one finding.  The member may be gone, or be removed at this moment:
 * then this waits for the end of that, and stores nothing.
 */
static void
insert_difference(const char *group_name, const Difference *difference)
{
	static const Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID,
	TEXTARRAYOID};
	Datum		values[8];
	char		nulls[] = "        ";

	values[0] = CStringGetTextDatum(group_name);
	values[1] = CStringGetTextDatum(difference->server);
	values[2] = CStringGetTextDatum(difference->kind);
	values[3] = CStringGetTextDatum(difference->schema);
	values[4] = CStringGetTextDatum(difference->relation);
	values[5] = names_to_array(difference->columns);
	nulls[5] = difference->columns == NIL ? 'n' : ' ';
	values[6] = CStringGetTextDatum(difference->problem);
	values[7] = names_to_array(difference->remedies);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.difference (group_name, server, kind, schema_name, relation_name,"
				" column_names, problem, remedies, server_options)"
				" SELECT m.group_name, m.server, $3, $4, $5, $6, $7, $8, s.srvoptions"
				" FROM rsfed_catalog.member m JOIN pg_foreign_server s ON s.srvname = m.server"
				" WHERE m.group_name = $1::name AND m.server = $2::name FOR KEY SHARE OF m"
				" ON CONFLICT (group_name, server, schema_name, relation_name, kind) DO UPDATE"
				" SET column_names = EXCLUDED.column_names, problem = EXCLUDED.problem,"
				" remedies = EXCLUDED.remedies, server_options = EXCLUDED.server_options, found_at = now()",
				8, types, values, nulls);
}

void
differences_replace(const char *group_name, List *servers, List *kinds, List *places, List *found)
{
	static const Oid types[] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	CatalogAccess access;
	Datum		values[4];
	ListCell   *lc;

	values[0] = CStringGetTextDatum(group_name);
	values[1] = names_to_array(servers);
	values[2] = names_to_array(kinds);
	values[3] = names_to_array(places);
	catalog_open(&access);
	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.difference"
				" WHERE group_name = $1::name AND server::text = ANY ($2) AND kind = ANY ($3)"
				" AND ($4 = '{}' OR relation_name = '' OR schema_name || '.' || relation_name = ANY ($4))",
				4, types, values, NULL);
	foreach(lc, found)
		insert_difference(group_name, lfirst(lc));
	catalog_close(&access);
}

void
difference_end_refusal(const char *group_name, const char *server, int32 relation_id)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT4OID};
	Datum		values[3] = {CStringGetTextDatum(group_name), CStringGetTextDatum(server),
	Int32GetDatum(relation_id)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.difference WHERE group_name = $1::name AND server = $2::name"
				" AND relation_id = $3",
				3, types, values, NULL);
	catalog_close(&access);
}

void
difference_add_refusal(const char *group_name, const char *server, int32 relation_id,
					   int definition, const char *problem)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT4OID, INT4OID, TEXTOID};
	Datum		values[5] = {CStringGetTextDatum(group_name), CStringGetTextDatum(server),
	Int32GetDatum(relation_id), Int32GetDatum(definition), CStringGetTextDatum(problem)};
	CatalogAccess access;

	/* it may be stored under an earlier name of the rollup */
	difference_end_refusal(group_name, server, relation_id);
	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.difference (group_name, server, kind, schema_name, relation_name,"
				" problem, remedies, server_options, relation_id, definition)"
				" SELECT m.group_name, m.server, 'query', r.schema_name, r.relation_name, $5, '{}', s.srvoptions, $3, $4"
				" FROM rsfed_catalog.member m JOIN pg_foreign_server s ON s.srvname = m.server"
				" JOIN rsfed_catalog.relation r ON r.relation_id = $3"
				" WHERE m.group_name = $1::name AND m.server = $2::name FOR KEY SHARE OF m"
				" ON CONFLICT (group_name, server, schema_name, relation_name, kind) DO UPDATE"
				" SET problem = EXCLUDED.problem, server_options = EXCLUDED.server_options,"
				" relation_id = EXCLUDED.relation_id, definition = EXCLUDED.definition, found_at = now()",
				5, types, values, NULL);
	catalog_close(&access);
}
