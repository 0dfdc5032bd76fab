/*-------------------------------------------------------------------------
 *
 * members.c
 *	  rsfed_catalog.member: the servers of each group.
 *
 * Policy: a group is a foreign server, and this table only lists the other
 * servers that belong to it; so the privileges on servers alone decide how a
 * name may be used.  The table stores names, which a dump keeps; the event
 * triggers follow ALTER SERVER RENAME and DROP SERVER.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "catalog/members.h"
#include "catalog/owner_scope.h"

List *
members_of(const char *group_name)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(group_name)};
	CatalogAccess access;
	List	   *members = NIL;
	uint64		n;

	catalog_open(&access);
	n = catalog_run_kept(SPI_OK_SELECT,
						 "SELECT server, weight, priority, draining_since IS NOT NULL, drain_reason"
						 " FROM rsfed_catalog.member WHERE group_name = $1::name ORDER BY server",
						 1, types, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(access.caller);
		Member	   *member = palloc(sizeof(Member));

		member->server = catalog_text(&access, i, 1);
		member->weight = DatumGetInt32(catalog_datum(i, 2));
		member->priority = DatumGetInt32(catalog_datum(i, 3));
		member->draining = DatumGetBool(catalog_datum(i, 4));
		member->drain_reason = catalog_text(&access, i, 5);
		members = lappend(members, member);
		MemoryContextSwitchTo(spi);
	}
	catalog_close(&access);
	return members;
}

bool
members_know(const char *name)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	CatalogAccess access;
	bool		known;

	catalog_open_any_version(&access);
	known = catalog_run(SPI_OK_SELECT,
						"SELECT FROM rsfed_catalog.member"
						" WHERE group_name = $1::name OR server = $1::name LIMIT 1",
						1, types, values, NULL) > 0;
	catalog_close(&access);
	return known;
}

List *
groups_of_server(const char *server)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(server)};

	return catalog_names("SELECT group_name FROM rsfed_catalog.member WHERE server = $1::name ORDER BY 1",
						 1, types, values);
}

/* Writes a member; "sql" takes $1 to $7, and returns nothing. */
static void
member_write(int expected, const char *sql, const char *group_name, const Member *member)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT4OID, INT4OID, BOOLOID, TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[7];
	char		nulls[] = "       ";

	values[0] = CStringGetTextDatum(group_name);
	values[1] = CStringGetTextDatum(member->server);
	values[2] = Int32GetDatum(member->weight);
	values[3] = Int32GetDatum(member->priority);
	values[4] = BoolGetDatum(member->draining);
	values[5] = member->drain_reason ? CStringGetTextDatum(member->drain_reason) : (Datum) 0;
	nulls[5] = member->drain_reason ? ' ' : 'n';
	values[6] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));

	catalog_open(&access);
	catalog_run(expected, sql, 7, types, values, nulls);
	catalog_close(&access);
}

void
member_insert(const char *group_name, const Member *member)
{
	member_write(SPI_OK_INSERT,
				 "INSERT INTO rsfed_catalog.member (group_name, server, weight, priority,"
				 " draining_since, drained_by, drain_reason)"
				 " VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END, CASE WHEN $5 THEN $7 END, $6)",
				 group_name, member);
}

void
member_update(const char *group_name, const Member *member)
{
	member_write(SPI_OK_UPDATE,
				 "UPDATE rsfed_catalog.member SET weight = $3, priority = $4,"
				 " draining_since = CASE WHEN $5 THEN COALESCE(draining_since, now()) END,"
				 " drained_by = CASE WHEN $5 THEN COALESCE(drained_by, $7) END, drain_reason = $6"
				 " WHERE group_name = $1::name AND server = $2::name",
				 group_name, member);
}

/* Runs a statement with one or two names; returns the number of rows. */
static uint64
run_with_names(int expected, const char *sql, const char *first, const char *second)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[2];
	uint64		n;

	values[0] = CStringGetTextDatum(first);
	values[1] = second ? CStringGetTextDatum(second) : (Datum) 0;
	catalog_open(&access);
	n = catalog_run(expected, sql, second ? 2 : 1, types, values, NULL);
	catalog_close(&access);
	return n;
}

bool
member_delete(const char *group_name, const char *server)
{
	return run_with_names(SPI_OK_DELETE,
						  "DELETE FROM rsfed_catalog.member WHERE group_name = $1::name AND server = $2::name",
						  group_name, server) > 0;
}

void
members_delete(const char *group_name)
{
	(void) run_with_names(SPI_OK_DELETE,
						  "DELETE FROM rsfed_catalog.member WHERE group_name = $1::name",
						  group_name, NULL);
}

void
members_rename_server(const char *old_name, const char *new_name)
{
	(void) run_with_names(SPI_OK_UPDATE,
						  "UPDATE rsfed_catalog.member SET group_name = $2 WHERE group_name = $1::name",
						  old_name, new_name);
	(void) run_with_names(SPI_OK_UPDATE,
						  "UPDATE rsfed_catalog.member SET server = $2 WHERE server = $1::name",
						  old_name, new_name);
	(void) run_with_names(SPI_OK_UPDATE,
						  "UPDATE rsfed_catalog.schedule SET options = jsonb_set(options, '{member}', to_jsonb($2))"
						  " WHERE options ->> 'member' = $1",
						  old_name, new_name);
	(void) run_with_names(SPI_OK_UPDATE,
						  "UPDATE rsfed_catalog.schedule SET options = jsonb_set(options, '{not_members}',"
						  " (SELECT jsonb_agg(CASE WHEN n = $1 THEN $2 ELSE n END)"
						  " FROM jsonb_array_elements_text(options -> 'not_members') AS n))"
						  " WHERE options -> 'not_members' ? $1",
						  old_name, new_name);
}

Oid
members_table(void)
{
	return get_relname_relid("member", get_namespace_oid("rsfed_catalog", false));
}
