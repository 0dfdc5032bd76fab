/*-------------------------------------------------------------------------
 *
 * held.c
 *	  rsfed_catalog.held_credentials: log-ins that the scheduler does not try.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/held.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"

bool
held_insert(const HeldLogin *login, const char *sqlstate, const char *message)
{
	static const Oid types[] = {OIDOID, OIDOID, TEXTOID, TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[5];
	bool		is_new;

	values[0] = ObjectIdGetDatum(login->server_id);
	values[1] = ObjectIdGetDatum(login->role_id);
	values[2] = CStringGetTextDatum(sqlstate);
	values[3] = CStringGetTextDatum(message);
	values[4] = CStringGetTextDatum(login->fingerprint);

	catalog_open(&access);
	is_new = catalog_run(SPI_OK_INSERT_RETURNING,
						 "INSERT INTO rsfed_catalog.held_credentials"
						 " (server_id, role_id, sqlstate, message, fingerprint) VALUES ($1, $2, $3, $4, $5)"
						 " ON CONFLICT (server_id, role_id) DO UPDATE SET sqlstate = EXCLUDED.sqlstate,"
						 " message = EXCLUDED.message, fingerprint = EXCLUDED.fingerprint"
						 " RETURNING xmax = 0",
						 5, types, values, NULL) == 1 && DatumGetBool(catalog_datum(0, 1));
	catalog_close(&access);
	return is_new;
}

bool
held_delete(Oid server_id, Oid role_id)
{
	static const Oid types[] = {OIDOID, OIDOID};
	Datum		values[2] = {ObjectIdGetDatum(server_id), ObjectIdGetDatum(role_id)};
	CatalogAccess access;
	bool		found;

	/* each successful log-in asks, but log-ins are rarely held */
	if (!held_any())
		return false;
	catalog_open(&access);
	found = catalog_run(SPI_OK_DELETE,
						"DELETE FROM rsfed_catalog.held_credentials WHERE server_id = $1 AND role_id = $2",
						2, types, values, NULL) > 0;
	catalog_close(&access);
	return found;
}

List *
held_list(void)
{
	CatalogAccess access;
	List	   *list = NIL;
	uint64		n;

	if (!held_any())
		return NIL;
	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT server_id, role_id, fingerprint FROM rsfed_catalog.held_credentials",
					0, NULL, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		HeldLogin  *login = palloc(sizeof(HeldLogin));

		login->server_id = DatumGetObjectId(catalog_datum(i, 1));
		login->role_id = DatumGetObjectId(catalog_datum(i, 2));
		login->fingerprint = catalog_text(&access, i, 3);
		list = lappend(list, login);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return list;
}

bool
held_any(void)
{
	return rows_exist("held_credentials");
}

bool
held_relation(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;
	bool		held;

	catalog_open(&access);
	held = catalog_run(SPI_OK_SELECT,
					   "SELECT FROM rsfed_catalog.held_relation WHERE relation_id = $1",
					   1, types, values, NULL) > 0;
	catalog_close(&access);
	return held;
}
