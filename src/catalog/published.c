/*-------------------------------------------------------------------------
 *
 * published.c
 *	  rsfed_catalog.publication and .published_freshness: the facts about
 *	  rollups that subscribers receive.
 *
 * Policy: code that writes something that published_freshness repeats calls
 * published_touch() in the same transaction, so that it arrives in one commit
 * with the content.  Its rows are locked first, in a fixed order, and read
 * again afterwards: two transactions that publish the same relation write one
 * after the other, and the second one sees the rows of the first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/row.h"

/* Columns that published_freshness repeats, each with a prefix. */
#define REPEATED(p) \
	p "schema_name, " p "relation_name, " p "definition, " p "max_age, " p "as_of, " \
	p "changed_at, " p "data_through, " p "last_run_id, " p "failing_since, " p "failures, " \
	p "refused, " p "backfilling, " p "paused_until"

/* Is a relation (0: any) published at all? */
static bool
is_published(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};

	if (relation_id == 0)
		return rows_exist("published_freshness");
	return row_find("published_freshness", "published_freshness_relation_id_idx", 1, &key) != NULL;
}

void
published_touch(int32 relation_id)
{
	static const Oid types[] = {INT4OID};
	Datum		values[1] = {Int32GetDatum(relation_id)};
	CatalogAccess access;

	if (!is_published(relation_id))
		return;
	catalog_open(&access);
	catalog_run(SPI_OK_SELECT,
				"SELECT FROM rsfed_catalog.published_freshness WHERE $1 IN (0, relation_id)"
				" ORDER BY relation_id, publication FOR NO KEY UPDATE",
				1, types, values, NULL);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.published_freshness p SET"
				" (" REPEATED("") ", sqlstate, message) = ROW (" REPEATED("n.") ", m.sqlstate, m.message)"
				" FROM rsfed_catalog.publishable_freshness n, rsfed_catalog.publication b,"
				" LATERAL (SELECT CASE WHEN b.messages THEN n.sqlstate END,"
				" CASE WHEN b.messages THEN n.message END) m (sqlstate, message)"
				" WHERE $1 IN (0, p.relation_id) AND n.relation_id = p.relation_id"
				" AND b.publication = p.publication"
				" AND (" REPEATED("p.") ", p.sqlstate, p.message) IS DISTINCT FROM"
				" (" REPEATED("n.") ", m.sqlstate, m.message)",
				1, types, values, NULL);
	catalog_close(&access);
}

List *
published_in(int32 relation_id)
{
	RowKey		key = {"relation_id", Int32GetDatum(relation_id)};
	List	   *rows = rows_find("published_freshness", "published_freshness_relation_id_idx", 1, &key);
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, rows)
		names = lappend(names, row_text(lfirst(lc), "publication"));
	return names;
}

void
published_insert(const char *publication, int32 relation_id, int version)
{
	static const Oid types[] = {TEXTOID, INT4OID, INT4OID};
	Datum		values[3] = {CStringGetTextDatum(publication), Int32GetDatum(relation_id),
	Int32GetDatum(version)};
	CatalogAccess access;

	catalog_open(&access);
	/*
	 * a run that has written this before its relation was published commits
	 * first
	 */
	catalog_run(SPI_OK_SELECT,
				"SELECT FROM rsfed_catalog.freshness WHERE relation_id = $2 AND ($1, $3) IS NOT NULL FOR UPDATE",
				3, types, values, NULL);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.published_freshness (publication, relation_id, copy_number, "
				REPEATED("") ") SELECT $1, n.relation_id, $3, " REPEATED("n.")
				" FROM rsfed_catalog.publishable_freshness n WHERE n.relation_id = $2",
				3, types, values, NULL);
	catalog_close(&access);
	published_touch(relation_id);
}

bool
published_delete(const char *publication, int32 relation_id)
{
	static const Oid types[] = {TEXTOID, INT4OID};
	Datum		values[2] = {CStringGetTextDatum(publication), Int32GetDatum(relation_id)};
	CatalogAccess access;
	bool		found;

	catalog_open(&access);
	found = catalog_run(SPI_OK_DELETE,
						"DELETE FROM rsfed_catalog.published_freshness"
						" WHERE publication = $1 AND relation_id = $2",
						2, types, values, NULL) > 0;
	catalog_close(&access);
	return found;
}

void
publication_store(const char *publication, bool messages)
{
	static const Oid types[] = {TEXTOID, BOOLOID};
	Datum		values[2] = {CStringGetTextDatum(publication), BoolGetDatum(messages)};
	CatalogAccess access;

	catalog_open(&access);
	catalog_run(SPI_OK_INSERT,
				"INSERT INTO rsfed_catalog.publication (publication, version, messages) VALUES ($1, 0, $2)"
				" ON CONFLICT (publication) DO UPDATE SET messages = excluded.messages"
				" WHERE publication.messages <> excluded.messages",
				2, types, values, NULL);
	catalog_close(&access);
}

bool
publication_exists(const char *publication)
{
	NameData	name;
	RowKey		key = {"publication", NameGetDatum(&name)};

	namestrcpy(&name, publication);
	return row_find("publication", NULL, 1, &key) != NULL;
}

int
publication_bump(const char *publication)
{
	static const Oid types[] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(publication)};
	CatalogAccess access;
	int			version = 0;

	catalog_open(&access);
	if (catalog_run(SPI_OK_UPDATE_RETURNING,
					"UPDATE rsfed_catalog.publication SET version = version + 1"
					" WHERE publication = $1 RETURNING version",
					1, types, values, NULL) > 0)
		version = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return version;
}

List *
published_columns(const char *publication, Oid relid)
{
	static const Oid types[] = {TEXTOID, OIDOID};
	Datum		values[2] = {CStringGetTextDatum(publication), ObjectIdGetDatum(relid)};

	return catalog_names("SELECT pg_catalog.unnest(rsfed_catalog.published_columns($1::name, $2))",
						 2, types, values);
}

bool
publication_contains(const char *publication, Oid relid)
{
	static const Oid types[] = {TEXTOID, OIDOID};
	Datum		values[2] = {CStringGetTextDatum(publication), ObjectIdGetDatum(relid)};
	CatalogAccess access;
	bool		found;

	catalog_open(&access);
	found = catalog_run(SPI_OK_SELECT,
						"SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
						" WHERE p.pubname = $1 AND r.prrelid = $2",
						2, types, values, NULL) > 0;
	catalog_close(&access);
	return found;
}

/*
 * Does the extension have these tables?  Called after
 * catalog_open_any_version(): other commands must also work before ALTER
 * EXTENSION ... UPDATE.
 */
static bool
tables_are_there(void)
{
	return catalog_run(SPI_OK_SELECT,
					   "SELECT FROM pg_class WHERE oid = to_regclass('rsfed_catalog.published_freshness')",
					   0, NULL, NULL, NULL) > 0;
}

void
published_rename(void)
{
	CatalogAccess access;
	List	   *publications = NIL;
	ListCell   *lc;

	catalog_open_any_version(&access);
	if (tables_are_there())
	{
		uint64		n = catalog_run(SPI_OK_SELECT,
									"WITH renamed AS (UPDATE rsfed_catalog.published_freshness p"
									" SET schema_name = r.schema_name, relation_name = r.relation_name"
									" FROM rsfed_catalog.relation r WHERE r.relation_id = p.relation_id"
									" AND (r.schema_name, r.relation_name) <> (p.schema_name, p.relation_name)"
									" RETURNING p.publication),"
									" changed AS (UPDATE rsfed_catalog.publication b SET version = b.version + 1"
									" WHERE b.publication IN (SELECT publication FROM renamed)"
									" RETURNING b.publication)"
									" SELECT publication::text FROM changed ORDER BY publication",
									0, NULL, NULL, NULL);

		for (uint64 i = 0; i < n; i++)
		{
			char	   *name = catalog_text(&access, i, 1);
			MemoryContext spi = MemoryContextSwitchTo(access.caller);

			publications = lappend(publications, name);
			MemoryContextSwitchTo(spi);
		}
	}
	catalog_close(&access);
	foreach(lc, publications)
		ereport(NOTICE,
				(errmsg("subscribers of publication \"%s\" apply no further changes until they have the new name",
						(char *) lfirst(lc)),
				 errhint("Run there what SELECT rsfed.subscriber_script(%s) gives: it renames the table.",
						 quote_literal_cstr(lfirst(lc)))));
}

bool
publication_rename(const char *old_name, const char *new_name)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	Datum		values[2] = {CStringGetTextDatum(old_name), CStringGetTextDatum(new_name)};
	CatalogAccess access;
	bool		is_known = false;
	char	   *slots = NULL;

	catalog_open_any_version(&access);
	if (tables_are_there())
	{
		if (catalog_run(SPI_OK_SELECT,
						"SELECT string_agg(slot, ', ' ORDER BY slot) FROM rsfed_catalog.subscriber_slot WHERE publication = $1",
						1, types, values, NULL) > 0)
			slots = catalog_text(&access, 0, 1);
		if (slots == NULL)
		{
			catalog_run(SPI_OK_UPDATE,
						"UPDATE rsfed_catalog.published_freshness SET publication = $2 WHERE publication = $1",
						2, types, values, NULL);
			is_known = catalog_run(SPI_OK_UPDATE,
								   "UPDATE rsfed_catalog.publication SET publication = $2 WHERE publication = $1",
								   2, types, values, NULL) > 0;
		}
	}
	catalog_close(&access);
	if (slots != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("publication \"%s\" has subscribers, and cannot be renamed", old_name),
				 errdetail("They find it by its name. Their slots: %s.", slots),
				 errhint("Publish the rollups under the new name with rsfed.publish(), run its rsfed.subscriber_script() on the subscribers instead of the old one, and drop this publication.")));
	return is_known;
}

static bool keep_all = false;

void
publications_keep(bool keep)
{
	keep_all = keep;
}

void
publications_sync(void)
{
	CatalogAccess access;

	if (keep_all)
		return;
	catalog_open_any_version(&access);
	if (tables_are_there())
	{
		catalog_run(SPI_OK_UPDATE,
					"WITH gone AS (DELETE FROM rsfed_catalog.published_freshness p"
					" WHERE NOT EXISTS (SELECT FROM pg_publication b"
					" JOIN pg_publication_rel t ON t.prpubid = b.oid"
					" JOIN rsfed_catalog.present_relation k ON k.relid = t.prrelid"
					" WHERE b.pubname = p.publication AND k.relation_id = p.relation_id)"
					" RETURNING p.publication)"
					" UPDATE rsfed_catalog.publication b SET version = b.version + 1"
					" WHERE b.publication IN (SELECT publication FROM gone)",
					0, NULL, NULL, NULL);
		catalog_run(SPI_OK_DELETE,
					"DELETE FROM rsfed_catalog.publication p"
					" WHERE NOT EXISTS (SELECT FROM pg_publication b WHERE b.pubname = p.publication)",
					0, NULL, NULL, NULL);
	}
	catalog_close(&access);
}
