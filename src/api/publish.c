/*-------------------------------------------------------------------------
 *
 * publish.c
 *	  SQL functions that publish rollups to servers without rsfed.
 *
 * Policy: publications are PostgreSQL's own and are made and changed as the
 * current user, whose rights PostgreSQL checks: CREATE on the database, the
 * publication's owner, the owner of each table.  Only rsfed's own two tables
 * are added as the owner of rsfed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "api/arguments.h"
#include "api/publish.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"
#include "catalog/extension.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "catalog/relation.h"
#include "catalog/set.h"
#include "catalog/set_member.h"
#include "refresh/refresh_run.h"
#include "rollup/republish.h"
#include "rollup/table.h"

PG_FUNCTION_INFO_V1(rsfed_publish);
PG_FUNCTION_INFO_V1(rsfed_unpublish);
PG_FUNCTION_INFO_V1(rsfed_subscriber_script);

/*
 * A rollup of the current user; raises 42809 and 42501 otherwise.  Locked
 * against DROP.
 */
static RsfedRelation *
require_own_rollup(Oid relid, const char *action)
{
	(void) relation_require_rollup(relid);
	if (!object_ownercheck(RelationRelationId, relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s rollup \"%s\"", action, get_rel_name(relid)),
				 errdetail("Only its owner or a member of the owning role may do that.")));
	LockRelationOid(relid, RowExclusiveLock);
	return relation_require_rollup(relid);
}

/* The rollups in the argument "rollups": List of RsfedRelation *, each once. */
static List *
rollups_argument(FunctionCallInfo fcinfo, const char *action)
{
	List	   *rollups = NIL;
	List	   *ids = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	argument_require(fcinfo, 0, "rollups");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		RsfedRelation *rollup;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"rollups\" must not hold a null")));
		rollup = require_own_rollup(DatumGetObjectId(elements[i]), action);
		if (!list_member_int(ids, rollup->relation_id))
			rollups = lappend(rollups, rollup);
		ids = lappend_int(ids, rollup->relation_id);
	}
	return rollups;
}

/* The members of the sets in the option "sets" that are not in the list yet. */
static List *
add_sets(List *rollups, Jsonb *options)
{
	List	   *sets = option_name_list(OPTION_PUBLICATION, options, "sets");
	List	   *ids = NIL;
	ListCell   *lc;

	foreach(lc, rollups)
		ids = lappend_int(ids, ((RsfedRelation *) lfirst(lc))->relation_id);
	foreach(lc, sets)
	{
		List	   *members = set_members_as_named(set_require(lfirst(lc)));
		ListCell   *lc2;

		foreach(lc2, members)
		{
			RsfedRelation *member = relation_lookup_id(lfirst_int(lc2));

			if (member == NULL || list_member_int(ids, member->relation_id))
				continue;
			ids = lappend_int(ids, member->relation_id);
			rollups = lappend(rollups, require_own_rollup(member->relid, "publish"));
		}
	}
	return rollups;
}

/*
 * The number that a query with the publication's name as $1 returns; -1 if
 * there is no row.
 */
static int
number_of(const char *query, const char *publication)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {CStringGetTextDatum(publication)};
	int			number = -1;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT, query, 1, types, values, NULL) > 0)
		number = DatumGetInt32(catalog_datum(0, 1));
	catalog_close(&access);
	return number;
}

/*
 * Raises unless the current user owns the existing publication and may change
 * it.
 */
static void
check_publication(const char *publication)
{
	static const Oid types[] = {TEXTOID, OIDOID};
	CatalogAccess access;
	Datum		values[2] = {CStringGetTextDatum(publication), ObjectIdGetDatum(GetUserId())};
	bool		owned;
	bool		all_tables;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT pg_has_role($2, pubowner, 'USAGE'), puballtables"
					" FROM pg_publication WHERE pubname = $1",
					2, types, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("publication \"%s\" does not exist", publication),
				 errhint("Make it with rsfed.publish().")));
	owned = DatumGetBool(catalog_datum(0, 1));
	all_tables = DatumGetBool(catalog_datum(0, 2));
	catalog_close(&access);
	if (!owned)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of publication %s", publication)));
	if (all_tables)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("publication \"%s\" is defined as FOR ALL TABLES", publication),
				 errdetail("It would publish internal tables of rsfed."),
				 errhint("Choose another name; rsfed makes the publication itself.")));
}

/* CREATE PUBLICATION, as the current user. */
static void
create_publication(const char *publication)
{
	int			nestlevel = NewGUCNestLevel();

	/* the warning about wal_level is raised below, for each call */
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	table_run(psprintf("CREATE PUBLICATION %s", quote_identifier(publication)));
	AtEOXact_GUC(false, nestlevel);
}

/* Adds those of rsfed's own tables that belong to every publication. */
static const char *const own_tables[] = {"publication", "published_freshness"};

static bool
has_own_table(const char *publication, const char *table)
{
	return number_of(psprintf("SELECT 1 FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
							  " WHERE p.pubname = $1 AND r.prrelid = 'rsfed_catalog.%s'::regclass", table),
					 publication) > 0;
}

/* Adds one of them, with the rows of this publication, to it. */
static void
add_own_table(const char *publication, const char *table)
{
	OwnerScope	scope;

	owner_scope_enter(&scope, extension_require(), false);
	table_run(psprintf("ALTER PUBLICATION %s ADD TABLE ONLY rsfed_catalog.%s%s",
					   quote_identifier(publication), table,
					   RSFED_HAVE_COLUMN_LISTS
					   ? psprintf(" WHERE (publication OPERATOR(pg_catalog.=) %s::pg_catalog.name)",
								  quote_literal_cstr(publication)) : ""));
	owner_scope_leave(&scope);
}

static void
add_own_tables(const char *publication)
{
	for (int i = 0; i < lengthof(own_tables); i++)
	{
		if (!has_own_table(publication, own_tables[i]))
			add_own_table(publication, own_tables[i]);
	}
}

/* See publish.h. */
void
publish_renamed(const char *old_name, const char *new_name)
{
	if (!publication_rename(old_name, new_name) || !RSFED_HAVE_COLUMN_LISTS)
		return;
	/* the name selects the rows that it publishes */
	for (int i = 0; i < lengthof(own_tables); i++)
	{
		OwnerScope	scope;

		if (!has_own_table(new_name, own_tables[i]))
			continue;
		owner_scope_enter(&scope, extension_require(), false);
		table_run(psprintf("ALTER PUBLICATION %s DROP TABLE ONLY rsfed_catalog.%s",
						   quote_identifier(new_name), own_tables[i]));
		owner_scope_leave(&scope);
		add_own_table(new_name, own_tables[i]);
	}
}

/*
 * Raises 55000 unless every subscriber of the publication is connected and has run
 * the script of its present version.
 */
static void
check_subscribers(const char *publication, const RsfedRelation *rollup, List *added)
{
	static const Oid types[] = {TEXTOID};
	CatalogAccess access;
	Datum		values[1] = {CStringGetTextDatum(publication)};
	char	   *slot = NULL;
	char	   *why = NULL;

	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT,
					"SELECT slot, CASE WHEN version IS NULL THEN 'it is not connected'"
					" ELSE format('it has run the script of version %s, this is %s', version, published_version) END"
					" FROM rsfed_catalog.subscriber_slot WHERE publication = $1"
					" AND (version IS NULL OR version < published_version) ORDER BY slot LIMIT 1",
					1, types, values, NULL) > 0)
	{
		slot = catalog_text(&access, 0, 1);
		why = catalog_text(&access, 0, 2);
	}
	catalog_close(&access);
	if (slot != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("subscriber with slot \"%s\" is not known to have the new columns of rollup \"%s\"",
						slot, rollup->relation_name),
				 errdetail("New: %s. Of the subscriber, %s.", names_quoted(added), why),
				 errhint("Run there what SELECT rsfed.subscriber_script(%s) returns, and try again. If it already has the columns, use options => '{\"unchecked\": true}'.",
						 quote_literal_cstr(publication))));
}

/*
 * An expression for the column that never refers to a value stored out of
 * line: an update that keeps such a value does not publish it.
 */
static char *
sent_again(Oid relid, const char *column)
{
	Oid			type = get_atttype(relid, get_attnum(relid, column));
	const char *name = quote_identifier(column);

	if (get_typlen(type) != -1)
		return pstrdup(name);
	if (type == TEXTOID || type == VARCHAROID)
		return psprintf("%s OPERATOR(pg_catalog.||) ''", name);
	return psprintf("%s::pg_catalog.text::%s", name, format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY));
}

/*
 * Publishes the values of columns that are newly published: updates the rows
 * without changing them, as the table's owner.
 */
static void
send_columns(const RsfedRelation *rollup, List *added)
{
	StringInfoData set;
	StringInfoData where;
	OwnerScope	scope;
	ListCell   *lc;

	initStringInfo(&set);
	initStringInfo(&where);
	foreach(lc, added)
	{
		appendStringInfo(&set, "%s%s = %s", set.len > 0 ? ", " : "", quote_identifier(lfirst(lc)),
						 sent_again(rollup->relid, lfirst(lc)));
		appendStringInfo(&where, "%s%s IS NOT NULL", where.len > 0 ? " OR " : "",
						 quote_identifier(lfirst(lc)));
	}
	owner_scope_enter(&scope, relation_owner(rollup->relid), true);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("UPDATE ONLY %s SET %s WHERE %s",
							 quote_qualified_identifier(rollup->schema_name, rollup->relation_name),
							 set.data, where.data), false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not publish new columns of \"%s\"", rollup->relation_name);
	SPI_finish();
	owner_scope_leave(&scope);
}

/* Columns that are missing in the column list of a publication. */
static List *
unnamed_columns(const char *publication, Oid relid, List *columns)
{
	List	   *named = published_columns(publication, relid);
	List	   *unnamed = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		if (named != NIL && !names_hold(named, lfirst(lc)))
			unnamed = lappend(unnamed, lfirst(lc));
	}
	return unnamed;
}

/* A rollup that is in the publication: its new columns, if it has any. */
static void
publish_columns(const char *publication, RsfedRelation *relation, bool unchecked)
{
	Rollup	   *rollup = rollup_load(relation->relation_id);
	List	   *columns = republish_columns(relation->relid, rollup);
	List	   *added = unnamed_columns(publication, relation->relid, columns);

	if (added == NIL)
		return;
	if (!unchecked)
		check_subscribers(publication, relation, added);
	/* no refresh may write the rows meanwhile, or it would fail */
	refresh_serialize(relation->relid);
	republish_add(publication, relation->relid, columns);
	send_columns(relation, added);
}

/* A rollup that is new in the publication. */
static void
publish_rollup(const char *publication, RsfedRelation *relation, int version)
{
	Rollup	   *rollup = rollup_load(relation->relation_id);
	List	   *columns;

	table_set_identity(relation->relid, rollup);
	columns = republish_columns(relation->relid, rollup);
	republish_add(publication, relation->relid, columns);
	published_insert(publication, relation->relation_id, version);
	if (columns == NIL && RSFED_HAVE_COLUMN_LISTS)
		ereport(WARNING,
				(errmsg("rollup \"%s\" is published without a key", relation->relation_name),
				 errdetail("Subscribers find each row that changes by all of its columns, before PostgreSQL 16 by reading the whole table."),
				 errhint("If no column of its key can be NULL, name them in the option not_null with rsfed.alter_rollup() before you publish it.")));
}

/* Warns about settings of the server that subscribers need. */
static void
warn_of_wal_level(void)
{
	if (!XLogLogicalInfoActive())
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("nobody can subscribe while wal_level is not \"logical\""),
				 errhint("Run ALTER SYSTEM SET wal_level = logical, and restart the server.")));
}

/* publish(rollups, publication, options): adds rollups to a publication. */
Datum
rsfed_publish(PG_FUNCTION_ARGS)
{
	const char *publication;
	Jsonb	   *options;
	List	   *rollups;
	bool		unchecked;
	bool		is_new;
	List	   *added = NIL;
	int			version;
	bool		changed;
	ListCell   *lc;

	require_primary("rsfed.publish()");
	publication = argument_new_name(fcinfo, 1, "publication");
	options = PG_ARGISNULL(2) ? argument_no_options() : PG_GETARG_JSONB_P(2);
	options_check(OPTION_PUBLICATION, options);
	unchecked = option_bool_text(OPTION_PUBLICATION, "unchecked",
								 option_text(OPTION_PUBLICATION, options, "unchecked"));
	rollups = add_sets(rollups_argument(fcinfo, "publish"), options);

	is_new = number_of("SELECT 1 FROM pg_publication WHERE pubname = $1", publication) < 0;
	if (is_new)
		create_publication(publication);
	check_publication(publication);
	changed = is_new || !publication_exists(publication);
	if (changed || option_is_set(options, "messages"))
		publication_store(publication, option_bool_text(OPTION_PUBLICATION, "messages",
														option_text(OPTION_PUBLICATION, options, "messages")));
	add_own_tables(publication);

	foreach(lc, rollups)
	{
		RsfedRelation *relation = lfirst(lc);

		if (!publication_contains(publication, relation->relid))
			added = lappend(added, relation);
		else if (names_hold(published_in(relation->relation_id), publication))
			publish_columns(publication, relation, unchecked);
		else
			added = lappend(added, relation);
	}
	if (changed || added != NIL)
	{
		version = publication_bump(publication);
		foreach(lc, added)
			publish_rollup(publication, lfirst(lc), version);
		ereport(NOTICE,
				(errmsg("publication \"%s\" is now version %d", publication, version),
				 errhint("Run on subscribers what SELECT rsfed.subscriber_script(%s) gives.",
						 quote_literal_cstr(publication))));
	}
	published_touch(0);
	warn_of_wal_level();
	PG_RETURN_VOID();
}

/* unpublish(rollups, publication) */
Datum
rsfed_unpublish(PG_FUNCTION_ARGS)
{
	const char *publication;
	List	   *rollups;
	ListCell   *lc;

	require_primary("rsfed.unpublish()");
	rollups = rollups_argument(fcinfo, "unpublish");
	publication = argument_name(fcinfo, 1, "publication");
	check_publication(publication);
	foreach(lc, rollups)
	{
		RsfedRelation *relation = lfirst(lc);

		if (!names_hold(published_in(relation->relation_id), publication))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("rollup \"%s\" is not in publication \"%s\"", relation->relation_name, publication),
					 errhint("SELECT * FROM rsfed.publications says what is published.")));
		republish_remove(publication, relation->relid);
		(void) published_delete(publication, relation->relation_id);
	}
	if (rollups != NIL)
		(void) publication_bump(publication);
	PG_RETURN_VOID();
}

/* subscriber_script(publication, tables): for its owner and pg_monitor. */
Datum
rsfed_subscriber_script(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {TEXTOID, BOOLOID};
	const char *publication = argument_name(fcinfo, 0, "publication");
	Datum		values[2];
	CatalogAccess access;
	char	   *script;

	if (!publication_exists(publication))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("publication \"%s\" does not exist, or is not one of rsfed", publication),
				 errhint("Make it with rsfed.publish().")));
	check_publication(publication);
	values[0] = CStringGetTextDatum(publication);
	values[1] = BoolGetDatum(PG_ARGISNULL(1) || PG_GETARG_BOOL(1));
	catalog_open(&access);
	if (catalog_run(SPI_OK_SELECT, "SELECT rsfed_catalog.subscriber_script($1::name, $2)",
					2, types, values, NULL) != 1)
		elog(ERROR, "no script for publication \"%s\"", publication);
	script = catalog_text(&access, 0, 1);
	catalog_close(&access);
	PG_RETURN_TEXT_P(cstring_to_text(script));
}
