/*-------------------------------------------------------------------------
 *
 * export.c
 *	  rsfed.export(): all definitions, as a script.
 *
 * Policy: the script makes missing objects and leaves existing ones, so that
 * it can be run repeatedly; it never contains a password.  The text depends
 * only on the definitions: it is sorted by name, without oids and time stamps,
 * and written under fixed settings.
 *
 * It omits objects that the caller may not see: servers and schemas of roles
 * that the caller is not a member of, and rollups whose query the caller may
 * not see.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "api/script.h"
#include "base/compat.h"
#include "base/run_settings.h"
#include "catalog/after.h"
#include "catalog/owner_scope.h"
#include "catalog/relation.h"
#include "catalog/relation_schedule.h"
#include "catalog/rollup.h"
#include "catalog/set_member.h"

PG_FUNCTION_INFO_V1(rsfed_export);

/* The script, and the role of its next statement. */
typedef struct Script
{
	StringInfoData text;
	Oid			role;
	List	   *rollups;		/* of RsfedRelation *, those to be exported */
	List	   *views;			/* the same of materialized views */
	List	   *sets;			/* and of sets */
} Script;

/* Adds an argument, as name => 'value', unless the value is NULL. */
static void
add_argument(Script *script, const char *name, const char *value)
{
	if (value != NULL)
		appendStringInfo(&script->text, ",\n\t%s => %s", name, quote_literal_cstr(value));
}

/* The same for options, unless there are none. */
static void
add_options(Script *script, Jsonb *options)
{
	if (JB_ROOT_COUNT(options) > 0)
		add_argument(script, "options", JsonbToCString(NULL, &options->root, VARSIZE(options)));
}

/* 'schema.name' as a literal that regclass takes, or the name of a set; palloc'd. */
static char *
relation_literal(const RsfedRelation *relation)
{
	if (relation->is_set)
		return quote_literal_cstr(relation->relation_name);
	return quote_literal_cstr(quote_qualified_identifier(relation->schema_name,
														 relation->relation_name));
}

/* The members of a set, those that are there: List of RsfedRelation *. */
static List *
load_members(const RsfedRelation *set)
{
	List	   *members = NIL;
	List	   *ids = set_members_as_named(set->relation_id);
	ListCell   *lc;

	foreach(lc, ids)
	{
		RsfedRelation *member = relation_lookup_id(lfirst_int(lc));

		if (member != NULL)
			members = lappend(members, member);
	}
	return members;
}

/*
 * The role that is to make it: the owner, or for a set the owner of its
 * members.
 */
static Oid
maker(const RsfedRelation *relation)
{
	if (relation->is_set)
	{
		List	   *members = load_members(relation);

		/* each look sees what was committed before */
		if (members == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("set \"%s\" was dropped while it was being exported",
							relation->relation_name),
					 errhint("Run rsfed.export() again.")));
		relation = linitial(members);
	}
	return relation_owner(relation->relid);
}

static bool
may_see(const RsfedRelation *relation)
{
	return has_privs_of_role(GetUserId(), relation_owner(relation->relid)) ||
		has_privs_of_role(GetUserId(), ROLE_PG_MONITOR);
}

/* A set that can be made again, by one role, from rollups that are exported. */
static bool
is_exported_set(const RsfedRelation *set)
{
	List	   *members = load_members(set);
	ListCell   *lc;

	foreach(lc, members)
	{
		if (!may_see(lfirst(lc)) || maker(lfirst(lc)) != maker(linitial(members)))
			return false;
	}
	return members != NIL;
}

/* The relations whose definition the caller may see, by name. */
static void
find_relations(Script *script)
{
	List	   *ids = relation_ids();
	ListCell   *lc;

	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));

		if (relation != NULL && relation->is_set)
		{
			if (is_exported_set(relation))
				script->sets = lappend(script->sets, relation);
			continue;
		}
		if (relation == NULL || !may_see(relation))
			continue;
		if (relation->is_rollup)
			script->rollups = lappend(script->rollups, relation);
		else if (get_rel_relkind(relation->relid) == RELKIND_MATVIEW)
			script->views = lappend(script->views, relation);
	}
}

/* The rows of a query whose $1 is the names of the sources that rollups use, as lines. */
static void
add_lines(Script *script, const char *query, Datum sources, bool comment)
{
	Oid			types[] = {TEXTARRAYOID};
	Datum		values[] = {sources};

	script_lines(&script->text, query, 1, types, values, comment);
}

/* Names of the sources that the exported rollups use, as text[]. */
static Datum
used_sources(Script *script)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell   *lc;

	foreach(lc, script->rollups)
	{
		RsfedRelation *relation = lfirst(lc);

		state = accumArrayResult(state, CStringGetTextDatum(rollup_load(relation->relation_id)->source),
								 false, TEXTOID, CurrentMemoryContext);
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

/* The servers of the wrapper, and others in use; $1 is text[]. */
#define EXPORTED_SERVERS \
	" FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw" \
	" WHERE (w.fdwname = 'rsfed' OR w.fdwname = 'postgres_fdw' AND (s.srvname = ANY ($1)" \
	" OR EXISTS (SELECT FROM rsfed.groups g WHERE g.server = s.srvname)))"

/*
 * A mapping's options without the password and the options that belong to it.
 */
#define MAPPING_OPTIONS \
	"(SELECT string_agg(format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name COLLATE \"C\")" \
	" FROM pg_options_to_table(m.umoptions) o" \
	" WHERE o.option_name = ANY ('{user,credentials_file,password_required,sslcert,sslkey}'))"

#define MAPPING_ROLE \
	"CASE m.umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(m.usename) END"

/*
 * Writes a check that raises an error if a log-in of rollups has a password
 * here but none there yet: otherwise each rollup would try it in vain.
 */
static void
add_password_check(Script *script, Datum sources)
{
	Oid			types[] = {TEXTARRAYOID};
	Datum		values[] = {sources};
	char	   *logins =
		script_text("SELECT string_agg(format('(%L, %L)', m.srvname,"
					" CASE m.umuser WHEN 0 THEN 'public' ELSE m.usename END), ', '"
					" ORDER BY m.srvname, m.umuser = 0, m.usename)"
					" FROM pg_user_mappings m WHERE m.srvname = ANY ($1)"
					" AND EXISTS (SELECT FROM pg_options_to_table(m.umoptions) o WHERE o.option_name = 'password')",
					1, types, values);

	if (logins == NULL)
		return;
	appendStringInfoString(&script->text, "DO ");
	script_dollar_quoted(&script->text, "query",
						 psprintf("\nDECLARE\n"
								  "\tlogins text := (SELECT string_agg(format('%%s at %%s', for_role, server), ', ' ORDER BY server, for_role)\n"
								  "\t\tFROM rsfed.credentials WHERE kind = 'none' AND (server, for_role) IN (%s));\n"
								  "BEGIN\n"
								  "\tIF logins IS NOT NULL THEN\n"
								  "\t\tRAISE EXCEPTION 'passwords are missing: %%', logins\n"
								  "\t\t\tUSING HINT = 'Complete the lines with rsfed.set_credentials, and run the script again.';\n"
								  "\tEND IF;\n"
							   "END\n", logins));
	appendStringInfoString(&script->text, ";\n");
}

/* The members of groups, unless they are members already. */
static void
add_members(Script *script, Datum sources)
{
	add_lines(script,
			  "SELECT concat(format('SELECT rsfed.add_member(%L, %L, weight => %s, priority => %s) WHERE NOT EXISTS"
			  " (SELECT FROM rsfed.groups WHERE group_name = %1$L AND server = %2$L);',"
			  " g.group_name, g.server, g.weight, g.priority),"
			  " CASE WHEN g.state = 'draining' THEN E'\\n' || format('SELECT rsfed.alter_member(%L, %L, drain => true, reason => %L);',"
			  " g.group_name, g.server, g.last_error) END)"
			  " FROM rsfed.groups g WHERE g.server IS NOT NULL AND EXISTS (SELECT" EXPORTED_SERVERS
			  " AND s.srvname = g.group_name AND pg_has_role(s.srvowner, 'USAGE'))"
			  " ORDER BY g.group_name, g.server",
			  sources, false);
}

/* The servers, with their privileges and user mappings. */
static void
add_servers(Script *script)
{
	Datum		sources = used_sources(script);

	appendStringInfoString(&script->text, "\n-- Servers\n");
	add_lines(script,
			  "SELECT concat(format('CREATE SERVER IF NOT EXISTS %I', s.srvname),"
			  " ' TYPE ' || quote_literal(s.srvtype), ' VERSION ' || quote_literal(s.srvversion),"
			  " format(' FOREIGN DATA WRAPPER %I', w.fdwname),"
			  " ' OPTIONS (' || (SELECT string_agg(format('%I %L', o.option_name, o.option_value), ', '"
			  " ORDER BY o.option_name COLLATE \"C\") FROM pg_options_to_table(s.srvoptions) o"
			  " WHERE o.option_name <> 'password') || ')', ';',"
			  " CASE WHEN pg_get_userbyid(s.srvowner) <> current_user THEN"
			  " E'\\n' || format('ALTER SERVER %I OWNER TO %I;', s.srvname, pg_get_userbyid(s.srvowner)) END)"
			  EXPORTED_SERVERS " AND pg_has_role(s.srvowner, 'USAGE') ORDER BY s.srvname",
			  sources, false);
	add_lines(script,
			  "SELECT concat(format('GRANT USAGE ON FOREIGN SERVER %I TO ', g.srvname), g.grantee,"
			  " CASE WHEN g.with_grant THEN ' WITH GRANT OPTION' END, ';')"
			  " FROM (SELECT s.srvname, bool_or(a.is_grantable) AS with_grant,"
			  " CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee"
			  " FROM (SELECT s.srvname, s.srvowner, s.srvacl" EXPORTED_SERVERS
			  " AND pg_has_role(s.srvowner, 'USAGE')) s, aclexplode(s.srvacl) a"
			  " WHERE a.grantee <> s.srvowner AND a.privilege_type = 'USAGE'"
			  " GROUP BY s.srvname, a.grantee) AS g"
			  " ORDER BY g.srvname, g.grantee COLLATE \"C\"",
			  sources, false);
	add_lines(script,
			  "SELECT format('Server %I belongs to somebody else; it must be there.', s.srvname)"
			  EXPORTED_SERVERS " AND s.srvname = ANY ($1) AND NOT pg_has_role(s.srvowner, 'USAGE')"
			  " ORDER BY s.srvname",
			  sources, true);

	add_members(script, sources);
	appendStringInfoString(&script->text,
						   "\n-- Credentials: complete the lines that are commented out\n");
	add_lines(script,
			  "SELECT format('CREATE USER MAPPING IF NOT EXISTS FOR %s SERVER %I OPTIONS (%s);', "
			  MAPPING_ROLE ", m.srvname, " MAPPING_OPTIONS ")"
			  " FROM pg_user_mappings m WHERE EXISTS (SELECT" EXPORTED_SERVERS " AND s.oid = m.srvid)"
			  " AND " MAPPING_OPTIONS " IS NOT NULL"
			  " ORDER BY m.srvname, m.umuser = 0, m.usename",
			  sources, false);
	add_lines(script,
			  "SELECT format('SELECT rsfed.set_credentials(%L, username => %L, password => ''...'', for_role => %L);',"
			  " m.srvname, (SELECT o.option_value FROM pg_options_to_table(m.umoptions) o WHERE o.option_name = 'user'),"
			  " CASE m.umuser WHEN 0 THEN 'public' ELSE m.usename END)"
			  " FROM pg_user_mappings m WHERE EXISTS (SELECT" EXPORTED_SERVERS " AND s.oid = m.srvid)"
			  " AND EXISTS (SELECT FROM pg_options_to_table(m.umoptions) o WHERE o.option_name = 'user')"
			  " AND NOT EXISTS (SELECT FROM pg_options_to_table(m.umoptions) o WHERE o.option_name = 'credentials_file')"
			  " ORDER BY m.srvname, m.umuser = 0, m.usename",
			  sources, true);
	add_password_check(script, sources);
}

/* The schemas of rollups, as far as the caller may create them. */
static void
add_schemas(Script *script)
{
	const char *last = NULL;
	ListCell   *lc;
	bool		may_create = rsfed_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE) == ACLCHECK_OK;

	foreach(lc, script->rollups)
	{
		RsfedRelation *relation = lfirst(lc);
		Oid			schema = get_rel_namespace(relation->relid);
		Oid			owner = relation_owner(relation->relid);
		const char *name = quote_identifier(relation->schema_name);

		if (!RSFED_OWNS_NAMESPACE(schema, GetUserId()))
			continue;
		if (may_create && (last == NULL || strcmp(last, relation->schema_name) != 0) &&
			strcmp(relation->schema_name, "public") != 0)
			appendStringInfo(&script->text, "CREATE SCHEMA IF NOT EXISTS %s;\n", name);
		last = relation->schema_name;
		if (!superuser_arg(owner) && !RSFED_OWNS_NAMESPACE(schema, owner) &&
			rsfed_namespace_aclcheck(schema, owner, ACL_CREATE) == ACLCHECK_OK)
			appendStringInfo(&script->text, "GRANT USAGE, CREATE ON SCHEMA %s TO %s;\n", name,
							 quote_identifier(GetUserNameFromId(owner, false)));
	}
}

static void
add_rollup(Script *script, const RsfedRelation *relation)
{
	Rollup	   *rollup = rollup_load(relation->relation_id);
	ListCell   *lc;

	script_become(&script->text, &script->role, relation_owner(relation->relid));
	appendStringInfo(&script->text, "SELECT rsfed.define_rollup(%s, %s, ",
					 relation_literal(relation), quote_literal_cstr(rollup->source));
	script_dollar_quoted(&script->text, "query", rollup->query);
	foreach(lc, rollup->key)
		appendStringInfo(&script->text, "%s%s", lc == list_head(rollup->key) ? ",\n\tkey => ARRAY[" : ", ",
						 quote_literal_cstr(lfirst(lc)));
	if (rollup->key != NIL)
		appendStringInfoChar(&script->text, ']');
	add_argument(script, "method", rollup->method);
	add_argument(script, "columns", rollup->pinned_columns);
	add_argument(script, "timezone", rollup->timezone);
	if (rollup->max_age != NULL)
		add_argument(script, "max_age",
					 DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(rollup->max_age))));
	add_options(script, rollup->options);
	appendStringInfoString(&script->text,
						   ",\n\tpopulate => false, if_not_exists => true, adopt => true);\n");
}

static void
add_set(Script *script, const RsfedRelation *set)
{
	List	   *members = load_members(set);
	ListCell   *lc;

	script_become(&script->text, &script->role, maker(set));
	appendStringInfo(&script->text, "SELECT rsfed.define_set(%s, ARRAY[", relation_literal(set));
	foreach(lc, members)
		appendStringInfo(&script->text, "%s%s", lc == list_head(members) ? "" : ", ",
						 relation_literal(lfirst(lc)));
	appendStringInfo(&script->text, "]::regclass[])\nWHERE NOT EXISTS (SELECT FROM rsfed.sets WHERE name = %s);\n",
					 relation_literal(set));
}

/*
 * Begins the condition that there is no such schedule yet; the caller extends
 * and ends it.
 */
static void
add_unless_scheduled(Script *script, const RsfedRelation *relation, const char *name)
{
	appendStringInfo(&script->text, "\nWHERE NOT EXISTS (SELECT FROM rsfed.schedules WHERE %s = %s%s AND name = %s",
					 relation->is_set ? "set_name" : "relation", relation_literal(relation),
					 relation->is_set ? "" : "::regclass", quote_literal_cstr(name));
}

/* A schedule that is already the same stays, with its grid and due time. */
static void
add_schedule(Script *script, const RsfedRelation *relation, const char *name)
{
	RelationSchedule *schedule = schedule_load(relation->relation_id, name);

	/* removed since the names were read */
	if (schedule == NULL)
		return;
	script_become(&script->text, &script->role, maker(relation));
	appendStringInfo(&script->text, "SELECT rsfed.%s(%s, %s",
					 relation->is_set ? "schedule_set" : "schedule_refresh",
					 relation_literal(relation), quote_literal_cstr(schedule->schedule));
	add_argument(script, "name", schedule->name);
	add_argument(script, "method", schedule->method);
	add_argument(script, "timezone", schedule->timezone);
	add_options(script, schedule->options);
	appendStringInfoChar(&script->text, ')');
	add_unless_scheduled(script, relation, schedule->name);
	appendStringInfo(&script->text, "\n\tAND schedule = %s AND timezone = %s",
					 quote_literal_cstr(schedule->schedule), quote_literal_cstr(schedule->timezone));
	if (schedule->method)
		appendStringInfo(&script->text, " AND method = %s", quote_literal_cstr(schedule->method));
	else
		appendStringInfoString(&script->text, " AND method IS NULL");
	if (after_names(schedule->relation_id, schedule->name) == NIL)
		appendStringInfoString(&script->text, " AND after IS NULL");
	appendStringInfo(&script->text, "\n\tAND options = %s);\n",
					 quote_literal_cstr(JsonbToCString(NULL, &schedule->options->root,
													   VARSIZE(schedule->options))));
}

/*
 * The schedules that a schedule comes after, written after all schedules
 * exist.
 */
static void
add_after(Script *script, const RsfedRelation *relation, const char *name)
{
	List	   *names = after_names(relation->relation_id, name);
	StringInfoData json;
	StringInfoData array;
	ListCell   *lc;

	if (names == NIL)
		return;
	initStringInfo(&json);
	initStringInfo(&array);
	foreach(lc, names)
	{
		appendStringInfoString(&json, json.len > 0 ? ", " : "{\"after\": [");
		escape_json(&json, lfirst(lc));
		appendStringInfo(&array, "%s%s", array.len > 0 ? ", " : "", quote_literal_cstr(lfirst(lc)));
	}
	appendStringInfoString(&json, "]}");
	script_become(&script->text, &script->role, GetUserId());
	appendStringInfo(&script->text, "SELECT rsfed.%s(%s, %s, options => %s)",
					 relation->is_set ? "alter_set_schedule" : "alter_schedule",
					 relation_literal(relation), quote_literal_cstr(name), quote_literal_cstr(json.data));
	add_unless_scheduled(script, relation, name);
	appendStringInfo(&script->text, " AND after = ARRAY[%s]);\n", array.data);
}

/* Each schedule of these relations, as "add" writes it. */
static void
for_schedules(Script *script, List *relations,
			  void (*add) (Script *script, const RsfedRelation *relation, const char *name))
{
	ListCell   *lc;

	foreach(lc, relations)
	{
		RsfedRelation *relation = lfirst(lc);
		List	   *names = schedule_names(relation->relation_id);
		ListCell   *name;

		foreach(name, names)
			add(script, relation, lfirst(name));
	}
}

/* Arguments until and reason of a pause, and the end of the call. */
static void
add_pause_arguments(Script *script, TimestampTz until, const char *reason, bool first)
{
	if (!TIMESTAMP_IS_NOEND(until))
	{
		appendStringInfo(&script->text, "%suntil => '%s'", first ? "" : ", ",
						 DatumGetCString(DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(until))));
		first = false;
	}
	if (reason != NULL)
		appendStringInfo(&script->text, "%sreason => %s", first ? "" : ", ", quote_literal_cstr(reason));
	appendStringInfoString(&script->text, ");\n");
}

static void
add_pauses(Script *script, List *relations)
{
	ListCell   *lc;

	foreach(lc, relations)
	{
		RsfedRelation *relation = lfirst(lc);
		TimestampTz until;
		char	   *reason;

		if (!relation_pause_load(relation->relation_id, &until, &reason))
			continue;
		script_become(&script->text, &script->role, maker(relation));
		appendStringInfo(&script->text, "SELECT rsfed.%s(%s",
						 relation->is_set ? "pause_set" : "pause", relation_literal(relation));
		add_pause_arguments(script, until, reason, false);
	}
}

/*
 * The publications that the caller may change, each with those of its rollups
 * that it may publish.  Tables that are published already are left alone,
 * because new columns of them may wait for subscribers.  A publication of
 * another role is made first and given to that role afterwards, because the
 * role need not own the rollups.
 */
static void
add_publications(Script *script)
{
	static const Oid types[] = {OIDOID};
	Datum		values[1] = {ObjectIdGetDatum(GetUserId())};
	CatalogAccess access;
	uint64		n;

	catalog_open(&access);
	n = catalog_run(SPI_OK_SELECT,
					"SELECT concat(format('SELECT rsfed.publish(ARRAY(SELECT unnest(ARRAY[%s]::regclass[])"
					" EXCEPT SELECT relation FROM rsfed.publications WHERE publication = %L),',"
					" r.list, b.publication), E'\n\t', format('%L, options => %L);', b.publication,"
					" jsonb_build_object('messages', b.messages)),"
					" CASE WHEN p.pubowner <> $1 THEN"
					" E'\n' || format('ALTER PUBLICATION %I OWNER TO %I;', b.publication, pg_get_userbyid(p.pubowner)) END)"
					" FROM rsfed_catalog.publication b JOIN pg_publication p ON p.pubname = b.publication,"
					" LATERAL (SELECT string_agg(quote_literal(format('%I.%I', f.schema_name, f.relation_name)), ', '"
					" ORDER BY f.schema_name, f.relation_name) AS list"
					" FROM rsfed_catalog.published_freshness f JOIN rsfed_catalog.present_relation k USING (relation_id)"
					" JOIN pg_class c ON c.oid = k.relid"
					" WHERE f.publication = b.publication AND pg_has_role($1, c.relowner, 'USAGE')) AS r"
					" WHERE pg_has_role($1, p.pubowner, 'USAGE') ORDER BY b.publication",
					1, types, values, NULL);
	if (n > 0)
		appendStringInfoString(&script->text,
							   "\n-- Publications; their subscribers run the script of rsfed.subscriber_script() anew\n");
	for (uint64 i = 0; i < n; i++)
		appendStringInfo(&script->text, "%s\n", catalog_text(&access, i, 1));
	catalog_close(&access);
}

/*
 * rsfed.export(): a script that makes all objects again, without content and
 * secrets.
 */
Datum
rsfed_export(PG_FUNCTION_ARGS)
{
	Script		script = {.role = GetUserId()};
	int			nestlevel = run_settings_pin();
	TimestampTz until;
	char	   *reason;
	ListCell   *lc;

	script_fix_settings();
	initStringInfo(&script.text);
	appendStringInfoString(&script.text,
						   "-- What is defined in rsfed, without content and passwords.  It may be run again and\n"
						   "-- again: what is there stays.  Roles come from pg_dumpall --roles-only; tables that\n"
						   "-- pg_dump -s brought are taken as they are.  Complete the lines with set_credentials,\n"
						   "-- then run it with psql -v ON_ERROR_STOP=1 -f; it ends there while a password is missing.\n\n"
						   "CREATE EXTENSION IF NOT EXISTS rsfed CASCADE;\n");
	find_relations(&script);
	add_servers(&script);

	appendStringInfoString(&script.text, "\n-- Rollups\n");
	add_schemas(&script);
	foreach(lc, script.rollups)
		add_rollup(&script, lfirst(lc));

	appendStringInfoString(&script.text, "\n-- Schedules; materialized views must be there\n");
	for_schedules(&script, script.rollups, add_schedule);
	for_schedules(&script, script.views, add_schedule);
	if (script.sets != NIL)
		appendStringInfoString(&script.text, "\n-- Sets\n");
	foreach(lc, script.sets)
		add_set(&script, lfirst(lc));
	for_schedules(&script, script.sets, add_schedule);
	for_schedules(&script, script.rollups, add_after);
	for_schedules(&script, script.views, add_after);
	for_schedules(&script, script.sets, add_after);
	script_become(&script.text, &script.role, GetUserId());
	add_publications(&script);

	appendStringInfoString(&script.text, "\n-- Pauses\n");
	add_pauses(&script, script.rollups);
	add_pauses(&script, script.views);
	add_pauses(&script, script.sets);
	script_become(&script.text, &script.role, GetUserId());
	/* only a superuser may pause everything, and so see that pause here */
	if (superuser() && pause_all_load(&until, &reason))
	{
		appendStringInfoString(&script.text, "SELECT rsfed.pause_all(");
		add_pause_arguments(&script, until, reason, true);
	}
	run_settings_unpin(nestlevel);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(script.text.data, script.text.len));
}
