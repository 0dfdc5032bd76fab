/*-------------------------------------------------------------------------
 *
 * identity.c
 *	  rsfed_catalog.identity: the owner of the schedules.
 *
 * Policy: the content of a database cannot distinguish a copy from the
 * original; the setting rsfed.identity does or, if it is not set, the system
 * identifier and the database's oid.  In case of doubt a database is held: a
 * refresh that waits for a person is visible, but a refresh of a forgotten
 * copy is billed.
 *
 * The table is dumped, so that a restored dump is recognized as a copy; so
 * CREATE EXTENSION never fills it, and nothing fills it while there are
 * schedules that were restored without it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/settings.h"
#include "catalog/identity.h"
#include "catalog/owner_scope.h"
#include "catalog/row.h"

/* The row, and the other facts that decide. */
typedef struct Remembered
{
	Identity	identity;
	char	   *held_reason;	/* as noted, or NULL */
	bool		has_schedules;	/* looked up if there is no row */
} Remembered;

/* The setting, or NULL if it is not given. */
static const char *
own_setting(void)
{
	return rsfed_identity != NULL && rsfed_identity[0] != '\0' ? rsfed_identity : NULL;
}

static char *
own_system_identifier(void)
{
	return psprintf(UINT64_FORMAT, GetSystemIdentifier());
}

const char *
identity_mismatch(const Identity *remembered)
{
	const char *setting = own_setting();
	bool		same_server;

	if (remembered->system_identifier == NULL)
		return "no database is known to own these schedules";
	if (remembered->setting != NULL && setting == NULL)
		return "rsfed.identity is not set, and the owner of these schedules has one";
	if (remembered->setting == NULL && setting != NULL)
		return "rsfed.identity is set, and the owner of these schedules had none";
	if (setting != NULL && strcmp(remembered->setting, setting) != 0)
		return "rsfed.identity is another than that of the owner of these schedules";

	same_server = strcmp(remembered->system_identifier, own_system_identifier()) == 0;
	if (!same_server && setting == NULL)
		return "another server owns these schedules";
	if (same_server && remembered->database_id != (int64) MyDatabaseId)
		return "another database of this server owns these schedules";

	/*
	 * If the setting is moved to another server, by pg_upgrade or by a restore
	 * of the whole server, names stay the same.
	 */
	if (!same_server && strcmp(remembered->database_name, get_database_name(MyDatabaseId)) != 0)
		return "a database of another name owns these schedules";
	return NULL;
}

/* Reads the row; missing values stay NULL. */
static void
read_remembered(Remembered *remembered)
{
	CatalogRow *row = row_find("identity", NULL, 0, NULL);

	memset(remembered, 0, sizeof(Remembered));
	if (row != NULL)
	{
		remembered->identity.setting = row_text(row, "identity");
		remembered->identity.system_identifier = row_text(row, "system_identifier");
		remembered->identity.database_id = row_int64(row, "database_id");
		remembered->identity.database_name = row_text(row, "database_name");
		remembered->held_reason = row_text(row, "held_reason");
	}
	else
		remembered->has_schedules = rows_exist("schedule");
}

/* An identity in words. */
static char *
describe_identity(const char *setting, const char *system_identifier, int64 database_id,
				  const char *database_name)
{
	return psprintf("rsfed.identity %s, system identifier %s, database \"%s\" (" INT64_FORMAT ")",
					setting ? psprintf("\"%s\"", setting) : "not set",
					system_identifier, database_name, database_id);
}

static char *
describe_mismatch(const Identity *remembered)
{
	char	   *here = describe_identity(own_setting(), own_system_identifier(), MyDatabaseId,
										 get_database_name(MyDatabaseId));

	if (remembered->system_identifier == NULL)
		return psprintf("Here: %s.", here);
	return psprintf("Owner: %s. Here: %s.",
					describe_identity(remembered->setting, remembered->system_identifier,
									  remembered->database_id, remembered->database_name),
					here);
}

/* Why this database is held, or NULL. */
static Held *
judge(const Remembered *remembered)
{
	const char *reason = NULL;
	Held	   *held;

	if (remembered->identity.system_identifier != NULL || remembered->has_schedules)
		reason = identity_mismatch(&remembered->identity);
	if (reason == NULL)
		return NULL;

	held = palloc0(sizeof(Held));
	held->reason = pstrdup(reason);
	held->detail = describe_mismatch(&remembered->identity);
	held->hint = psprintf("If this is a copy, leave it so. If its schedules are to run here and nowhere else, run: SELECT rsfed.take_over(%s).",
						  quote_literal_cstr(get_database_name(MyDatabaseId)));
	return held;
}

Held *
identity_check(void)
{
	Remembered	remembered;

	read_remembered(&remembered);
	return judge(&remembered);
}

/*
 * Stores since when and why the database is held; without a reason, that it is
 * not held.
 */
static void
note_held(const char *reason)
{
	static const Oid types[] = {TEXTOID, TEXTOID};
	CatalogAccess access;
	Datum		values[2];
	char		nulls[] = "  ";

	values[0] = reason ? CStringGetTextDatum(reason) : (Datum) 0;
	nulls[0] = reason ? ' ' : 'n';
	values[1] = CStringGetTextDatum(reason ? "held" : "recovered");

	catalog_open(&access);
	catalog_run(SPI_OK_UPDATE,
				"UPDATE rsfed_catalog.identity SET held_reason = $1,"
				" held_since = CASE WHEN $1 IS NOT NULL THEN COALESCE(held_since, now()) END",
				1, types, values, nulls);
	catalog_run(SPI_OK_SELECT,
				"SELECT pg_notify('rsfed_event', json_build_object("
				"'relation', NULL, 'run_id', NULL, 'state', $2, 'sqlstate', NULL,"
				" 'message', $1)::text)",
				2, types, values, nulls);
	catalog_close(&access);
}

/*
 * Runs a statement with the present identity as $1 to $4 and the current user
 * as $5.
 */
static void
write_own(int expected, const char *sql)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT8OID, TEXTOID, TEXTOID};
	const char *setting = own_setting();
	CatalogAccess access;
	Datum		values[5];
	char		nulls[] = "     ";

	values[0] = setting ? CStringGetTextDatum(setting) : (Datum) 0;
	nulls[0] = setting ? ' ' : 'n';
	values[1] = CStringGetTextDatum(own_system_identifier());
	values[2] = Int64GetDatum(MyDatabaseId);
	values[3] = CStringGetTextDatum(get_database_name(MyDatabaseId));
	values[4] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));

	catalog_open(&access);
	catalog_run(expected, sql, 5, types, values, nulls);
	catalog_close(&access);
}

/* Does the stored identity of this database need an update? */
static bool
is_outdated(const Identity *remembered)
{
	return remembered->system_identifier != NULL &&
		(strcmp(remembered->system_identifier, own_system_identifier()) != 0 ||
		 remembered->database_id != (int64) MyDatabaseId ||
		 strcmp(remembered->database_name, get_database_name(MyDatabaseId)) != 0);
}

Held *
identity_settle(void)
{
	Remembered	remembered;
	Held	   *held;

	read_remembered(&remembered);
	held = judge(&remembered);
	if (held == NULL && is_outdated(&remembered.identity))
		write_own(SPI_OK_UPDATE,
				  "UPDATE rsfed_catalog.identity SET identity = $1, system_identifier = $2,"
				  " database_id = $3, database_name = $4");

	/*
	 * without a row there is no place to note it: a restore may still bring
	 * one
	 */
	if (remembered.identity.system_identifier == NULL)
		return held;
	if (held != NULL)
		held->is_news = remembered.held_reason == NULL ||
			strcmp(remembered.held_reason, held->reason) != 0;
	if (held != NULL ? held->is_news : remembered.held_reason != NULL)
		note_held(held ? held->reason : NULL);
	return held;
}

void
identity_remember(void)
{
	/* the insertion would find that, too, but has to be planned */
	if (rows_exist("identity"))
		return;
	write_own(SPI_OK_INSERT,
			  "INSERT INTO rsfed_catalog.identity"
			  " (identity, system_identifier, database_id, database_name, remembered_by)"
			  " SELECT $1, $2, $3, $4, $5"
			  " WHERE NOT EXISTS (SELECT FROM rsfed_catalog.schedule)"
			  " ON CONFLICT (only_row) DO NOTHING");
}

bool
identity_take_over(void)
{
	Remembered	remembered;

	read_remembered(&remembered);
	write_own(SPI_OK_INSERT,
			  "INSERT INTO rsfed_catalog.identity"
			  " (identity, system_identifier, database_id, database_name, remembered_by)"
			  " VALUES ($1, $2, $3, $4, $5)"
			  " ON CONFLICT (only_row) DO UPDATE SET identity = EXCLUDED.identity,"
			  " system_identifier = EXCLUDED.system_identifier,"
			  " database_id = EXCLUDED.database_id, database_name = EXCLUDED.database_name,"
			  " remembered_by = EXCLUDED.remembered_by, remembered_at = now()");
	if (remembered.held_reason != NULL)
		note_held(NULL);
	return judge(&remembered) != NULL;
}
