/*-------------------------------------------------------------------------
 *
 * member_view.c
 *	  rsfed_catalog.member_view: the views that rollups over a group read.
 *
 * Policy: rsfed_catalog.difference stores differences under the name of the
 * table; this table tells which queries read that table through a view.  The
 * foreign key deletes a row with its member.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/member_view.h"
#include "catalog/owner_scope.h"

List *
member_views_of(const char *group_name)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(group_name)};
	CatalogAccess access;
	List	   *list = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT server, schema_name, relation_name, definition"
						 " FROM rsfed_catalog.member_view WHERE group_name = $1::name",
						 1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		MemberView *view = palloc(sizeof(MemberView));

		view->server = catalog_text(&access, i, 1);
		view->schema = catalog_text(&access, i, 2);
		view->relation = catalog_text(&access, i, 3);
		view->definition = catalog_text(&access, i, 4);
		list = lappend(list, view);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return list;
}

/* Stores them; a member may be gone meanwhile. */
static void
insert_views(const char *group_name, List *views)
{
	static const Oid types[] = {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	int			count = list_length(views);
	Datum	   *texts[4];
	Datum		values[5];
	ListCell   *lc;
	int			i = 0;

	for (int j = 0; j < lengthof(texts); j++)
		texts[j] = palloc(sizeof(Datum) * Max(count, 1));
	foreach(lc, views)
	{
		const MemberView *view = lfirst(lc);

		texts[0][i] = CStringGetTextDatum(view->server);
		texts[1][i] = CStringGetTextDatum(view->schema);
		texts[2][i] = CStringGetTextDatum(view->relation);
		texts[3][i++] = CStringGetTextDatum(view->definition);
	}
	values[0] = CStringGetTextDatum(group_name);
	for (int j = 0; j < lengthof(texts); j++)
		values[j + 1] = texts_to_array(texts[j], count);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.member_view (group_name, server, schema_name, relation_name, definition)"
				" SELECT m.group_name, m.server, u.schema_name, u.relation_name, u.definition"
				" FROM unnest($2, $3, $4, $5) AS u (server, schema_name, relation_name, definition)"
				" JOIN rsfed_catalog.member m ON m.group_name = $1::name AND m.server = u.server::name"
				" ON CONFLICT (group_name, server, schema_name, relation_name)"
				" DO UPDATE SET definition = EXCLUDED.definition",
				5, types, values, NULL);
}

void
member_views_replace(const char *group_name, List *servers, List *views)
{
	static const Oid types[] = {TEXTOID, TEXTARRAYOID};
	CatalogAccess access;
	Datum		values[2];

	values[0] = CStringGetTextDatum(group_name);
	values[1] = names_to_array(servers);
	catalog_open(&access);
	catalog_run(SPI_OK_DELETE,
				"DELETE FROM rsfed_catalog.member_view"
				" WHERE group_name = $1::name AND server::text = ANY ($2)",
				2, types, values, NULL);
	if (views != NIL)
		insert_views(group_name, views);
	catalog_close(&access);
}
