/*-------------------------------------------------------------------------
 *
 * extension.c
 *	  The owner and the version of the extension in this database.
 *
 * A new package replaces the library for all databases of a server at once;
 * each database gets the new SQL objects later, by ALTER EXTENSION rsfed
 * UPDATE.  In between, the library works with the old SQL objects if they have
 * everything that it needs; if they do not, every access to rsfed's tables
 * raises an error before anything is written.
 *
 * Policy: OLDEST_VERSION increases with each change of a table, view or
 * function that the library requires.  A C function that SQL of that version
 * calls is kept with its arguments: another signature gets another symbol.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "storage/proc.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "catalog/extension.h"

/* The oldest version of the SQL objects that this library works with. */
#define OLDEST_VERSION "0.1.0"

/* The number of leading parts of a version that are compared. */
#define VERSION_PARTS 3

/* Reads the extension's row: false if there is none.  *version is palloc'd. */
static bool
read_extension(Oid *owner, char **version)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("rsfed"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_extension_extversion,
										 RelationGetDescr(rel), &isnull);

		*owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
		*version = isnull ? pstrdup("") : TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/* As read_extension, but raises 42704 if there is none. */
static Oid
require_extension(char **version)
{
	Oid			owner;

	if (!read_extension(&owner, version))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"rsfed\" does not exist in this database"),
				 errhint("Run CREATE EXTENSION rsfed CASCADE.")));
	return owner;
}

Oid
extension_owner(void)
{
	char	   *version;

	return require_extension(&version);
}

/*
 * The owner that extension_require() found, and the time: during the same
 * command, and without an invalidation of a catalog since, it would find the
 * same.  Each access to a table needs it.
 */
static struct
{
	LocalTransactionId transaction;
	CommandId	command;
	uint64		invalidations;
	Oid			owner;			/* InvalidOid = nothing was found yet */
} found;

Oid
extension_require(void)
{
	char	   *version;
	Oid			owner;
	ExtensionFit fit;

	if (OidIsValid(found.owner) && found.transaction == RSFED_LOCAL_TRANSACTION &&
		found.command == GetCurrentCommandId(false) &&
		found.invalidations == SharedInvalidMessageCounter)
		return found.owner;
	owner = require_extension(&version);
	fit = extension_fit(version);
	if (fit != EXTENSION_FITS)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"rsfed\" of version %s does not work with the library of version %s",
						version, RSFED_VERSION),
				 errhint("%s", extension_hint(fit))));
	found.transaction = RSFED_LOCAL_TRANSACTION;
	found.command = GetCurrentCommandId(false);
	found.invalidations = SharedInvalidMessageCounter;
	found.owner = owner;
	return owner;
}

char *
extension_version(void)
{
	Oid			owner;
	char	   *version;

	return read_extension(&owner, &version) ? version : NULL;
}

/* The numbers of a version; a part that is not a number counts as 0. */
static void
version_parts(const char *version, int *parts)
{
	for (int i = 0; i < VERSION_PARTS; i++)
	{
		parts[i] = atoi(version);
		version += strcspn(version, ".");
		if (*version == '.')
			version++;
	}
}

/* Returns < 0, 0 or > 0, as strcmp does. */
static int
compare_versions(const char *a, const char *b)
{
	int			parts_a[VERSION_PARTS];
	int			parts_b[VERSION_PARTS];

	version_parts(a, parts_a);
	version_parts(b, parts_b);
	for (int i = 0; i < VERSION_PARTS; i++)
	{
		if (parts_a[i] != parts_b[i])
			return parts_a[i] < parts_b[i] ? -1 : 1;
	}
	return 0;
}

ExtensionFit
extension_fit(const char *version)
{
	if (strcmp(version, RSFED_VERSION) == 0)
		return EXTENSION_FITS;
	if (compare_versions(version, OLDEST_VERSION) < 0)
		return EXTENSION_TOO_OLD;
	if (compare_versions(version, RSFED_VERSION) > 0)
		return EXTENSION_TOO_NEW;
	return EXTENSION_FITS;
}

const char *
extension_hint(ExtensionFit fit)
{
	if (fit == EXTENSION_TOO_NEW)
		return "Install the library of that version and restart the server, which has loaded the older one.";
	return "Run ALTER EXTENSION rsfed UPDATE in the database.";
}
