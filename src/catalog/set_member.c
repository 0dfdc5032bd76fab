/*-------------------------------------------------------------------------
 *
 * set_member.c
 *	  rsfed_catalog.set_member: the rollups of each set.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/set_member.h"

static List *
members_ordered(int32 set_id, const char *order)
{
	static const Oid types[] = {INT4OID};
	CatalogAccess access;
	Datum		values[1] = {Int32GetDatum(set_id)};
	List	   *members;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					psprintf("SELECT m.relation_id FROM rsfed_catalog.set_member m"
							 " JOIN rsfed_catalog.relation r ON r.relation_id = m.relation_id"
							 " WHERE m.set_id = $1 ORDER BY m.%s", order),
					1, types, values, NULL);
	members = catalog_ids(&access, n);
	catalog_close(&access);
	return members;
}

List *
set_members(int32 set_id)
{
	return members_ordered(set_id, "relation_id");
}

List *
set_members_as_named(int32 set_id)
{
	return members_ordered(set_id, "ordinal");
}

void
set_replace_members(int32 set_id, List *members)
{
	static const Oid types[] = {INT4OID, INT4OID, INT4OID};
	CatalogAccess access;
	Datum		values[3] = {Int32GetDatum(set_id)};
	int			ordinal = 1;
	ListCell   *lc;

	catalog_open(&access);
	catalog_run(SPI_OK_DELETE, "DELETE FROM rsfed_catalog.set_member WHERE set_id = $1",
				1, types, values, NULL);
	foreach(lc, members)
	{
		values[1] = Int32GetDatum(lfirst_int(lc));
		values[2] = Int32GetDatum(ordinal++);
		catalog_run(SPI_OK_INSERT,
					"INSERT INTO rsfed_catalog.set_member (set_id, relation_id, ordinal)"
					" VALUES ($1, $2, $3)",
					3, types, values, NULL);
	}
	catalog_close(&access);
}
