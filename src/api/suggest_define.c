/*-------------------------------------------------------------------------
 *
 * suggest_define.c
 *	  The definition of a suggested rollup.
 *
 * Policy: names and types are those that readers know, so all columns are
 * pinned.  The key is that of a unique index, or the one that GROUP BY gives
 * without doubt; without a key the script describes the consequences.  Texts
 * keep their collation in the key, too, because readers have sorted by it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "api/script.h"
#include "api/suggest_define.h"
#include "api/suggest_relation.h"
#include "api/suggest_source.h"
#include "api/suggest_swap.h"
#include "base/compat.h"
#include "base/names.h"
#include "catalog/owner_scope.h"
#include "redshift/query.h"

/*
 * Positions, from 0, of the columns that identify a row by GROUP BY; NIL if
 * there are none.
 */
static List *
infer_key(const char *query, int ncolumns)
{
	RedshiftSelect *select = redshift_parse_select(query);
	const char **names = palloc(sizeof(char *) * Max(ncolumns, 1));
	const char *why_not;
	List	   *positions = NIL;
	ListCell   *lc;
	int			n = 0;

	if (select->has_star || list_length(select->items) != ncolumns)
		return NIL;
	foreach(lc, select->items)
	{
		names[n] = ((RedshiftSelectItem *) lfirst(lc))->name;
		if (names[n++] == NULL)
			return NIL;
	}
	foreach(lc, redshift_infer_key(select, names, ncolumns, &why_not))
	{
		for (int i = 0; i < ncolumns; i++)
		{
			if (strcmp(names[i], lfirst(lc)) == 0)
			{
				positions = lappend_int(positions, i);
				break;
			}
		}
	}
	return positions;
}

/*
 * The unique index with the fewest columns that can be a key, and its columns.
 */
static Oid
find_key_index(Oid relid, List **key)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};
	char	   *index = script_text("SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
									" WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate"
									" AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY i.indnkeyatts, c.relname LIMIT 1",
									1, types, values);

	*key = NIL;
	if (index == NULL)
		return InvalidOid;
	values[0] = ObjectIdGetDatum(atooid(index));
	*key = script_texts("SELECT a.attname FROM pg_index i, generate_series(0, i.indnkeyatts - 1) n, pg_attribute a"
						" WHERE i.indexrelid = $1 AND a.attrelid = i.indrelid AND a.attnum = i.indkey[n] ORDER BY n",
						1, types, values);
	return atooid(index);
}

/* A column in the format of the argument columns. */
static void
add_column(StringInfo columns, const char *name, Oid type, int32 typmod, Oid collation, bool is_key)
{
	appendStringInfo(columns, "%s%s %s", columns->len > 0 ? ", " : "", quote_identifier(name),
					 format_type_with_typemod(type, typmod));
	/* rsfed would give a key the collation "C" */
	if (OidIsValid(collation) && (is_key || collation != get_typcollation(type)))
		appendStringInfo(columns, " COLLATE %s", generate_collation_name(collation));
}

/* The columns of the view, all pinned. */
static char *
view_columns(Oid relid, List *key)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(rel), i);

		add_column(&columns, NameStr(attr->attname), attr->atttypid, attr->atttypmod, attr->attcollation,
				   names_hold(key, NameStr(attr->attname)));
	}
	relation_close(rel, NoLock);
	return columns.data;
}

static void
note_no_key(Suggestion *s, RollupDraft *draft)
{
	draft->method = "replace";
	suggest_note(s, "No unique index and no GROUP BY says which columns identify a row of %s. So its method is replace, which writes all rows at each refresh; with such columns as key, and without method, only rows that changed are written.",
				 s->recipe->qualified);
}

/* The query with only the columns of the view, in the view's order. */
static char *
chosen_columns(const RecipeCall *call, const RecipeOrigin *origins, int ncolumns)
{
	StringInfoData buf;
	bool		same = ncolumns == list_length(call->columns);

	for (int i = 0; i < ncolumns; i++)
		same &= origins[i].position == i;
	if (same)
		return call->query;
	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&buf, "%sr.c%d", i > 0 ? ", " : "", origins[i].position + 1);
	/* on a new line, to end a comment of the query */
	appendStringInfo(&buf, " FROM (\n%s\n) AS r (", redshift_strip(call->query));
	for (int i = 0; i < list_length(call->columns); i++)
		appendStringInfo(&buf, "%sc%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* The key of a query as columns of the view; NIL unless all of it is there. */
static List *
key_of_view(Oid relid, List *positions, const RecipeOrigin *origins, int ncolumns)
{
	List	   *key = NIL;
	ListCell   *lc;

	foreach(lc, positions)
	{
		int			i = 0;

		while (i < ncolumns && origins[i].position != lfirst_int(lc))
			i++;
		if (i == ncolumns)
			return NIL;
		key = lappend(key, get_attname(relid, i + 1, false));
	}
	return key;
}

void
suggest_draft_call(Suggestion *s, RollupDraft *draft, const RecipeCall *call, const RecipeOrigin *origins)
{
	Recipe	   *recipe = s->recipe;
	List	   *positions = call->query ? infer_key(call->query, list_length(call->columns)) : NIL;
	StringInfoData columns;
	ListCell   *lc;
	int			n = 0;

	draft->expression = call->expression;
	draft->query = call->query;
	if (origins != NULL)
	{
		if (call->query != NULL)
			draft->query = chosen_columns(call, origins, recipe->ncolumns);
		draft->key_index = find_key_index(recipe->relid, &draft->key);
		if (draft->key == NIL)
			draft->key = key_of_view(recipe->relid, positions, origins, recipe->ncolumns);
		draft->columns = view_columns(recipe->relid, draft->key);
	}
	else
	{
		initStringInfo(&columns);
		foreach(lc, call->columns)
		{
			RecipeColumn *column = lfirst(lc);
			bool		is_key = list_member_int(positions, n++);

			if (is_key)
				draft->key = lappend(draft->key, column->name);
			add_column(&columns, column->name, column->type, column->typmod, column->collation, is_key);
		}
		draft->columns = columns.data;
	}
	if (draft->key == NIL)
		note_no_key(s, draft);
}

/* The definition, with names unqualified by the schemas of its tables. */
static char *
unqualified_definition(const Recipe *recipe)
{
	StringInfoData path;
	int			nestlevel = NewGUCNestLevel();
	char	   *definition;
	ListCell   *lc;

	initStringInfo(&path);
	appendStringInfoString(&path, "pg_catalog");
	foreach(lc, recipe->foreign_tables)
		appendStringInfo(&path, ", %s",
						 quote_identifier(get_namespace_name(get_rel_namespace(lfirst_oid(lc)))));
	(void) set_config_option("search_path", path.data, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	definition = recipe_definition(recipe, recipe->relid);
	AtEOXact_GUC(true, nestlevel);
	return definition;
}

static Oid
server_of_tables(const Recipe *recipe)
{
	Oid			server = InvalidOid;
	const char *wrapper;
	ListCell   *lc;

	foreach(lc, recipe->foreign_tables)
	{
		Oid			other = GetForeignTable(lfirst_oid(lc))->serverid;

		if (OidIsValid(server) && other != server)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("\"%s\" reads foreign tables of several servers", recipe->name),
					 errhint("Make a rollup of what comes from each, and let the view join them here.")));
		server = other;
	}
	wrapper = GetForeignDataWrapper(GetForeignServer(server)->fdwid)->fdwname;
	if (strcmp(wrapper, "rsfed") != 0 && strcmp(wrapper, "postgres_fdw") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" does not read a warehouse", recipe->name),
				 errdetail("Its foreign tables are of wrapper \"%s\".", wrapper)));
	return server;
}

void
suggest_draft_tables(Suggestion *s, RollupDraft *draft)
{
	Recipe	   *recipe = s->recipe;
	Oid			server = server_of_tables(recipe);

	if (strcmp(GetForeignDataWrapper(GetForeignServer(server)->fdwid)->fdwname, "rsfed") == 0)
	{
		Oid			types[] = {TEXTOID};
		Datum		values[] = {CStringGetTextDatum(recipe_definition(recipe, recipe->relid))};
		OwnerScope	scope;

		/* planning may run functions of the view's author */
		owner_scope_enter(&scope, recipe->owner, true);
		draft->query = script_text("SELECT rsfed.pushed($1)", 1, types, values);
		owner_scope_leave(&scope);
	}
	else
	{
		if (recipe->views != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("\"%s\" reads foreign tables of postgres_fdw by way of a view", recipe->name),
					 errhint("Write the query of view %s into it, and try again.",
							 suggest_qualified(linitial_oid(recipe->views)))));
		draft->pushed = unqualified_definition(recipe);
		draft->live_schema = makeObjectName(recipe->name, NULL, "live");
		draft->tables = recipe->foreign_tables;
		suggest_note(s, "The query of the rollup is what rsfed.pushed() makes of the view over foreign tables of rsfed, in schema %s; where it makes none, it says why. The schema can be dropped afterwards.",
					 quote_identifier(draft->live_schema));
	}
	draft->source = suggest_source_of_tables(s, server);
	draft->key_index = find_key_index(recipe->relid, &draft->key);
	draft->columns = view_columns(recipe->relid, draft->key);
	/* the key is derived from GROUP BY when the rollup is defined */
	if (draft->key == NIL && !recipe->is_grouped)
		note_no_key(s, draft);
}

/*
 * Writes foreign tables of the wrapper rsfed for those of postgres_fdw, with
 * the same names in one schema.
 */
static void
write_live_tables(Suggestion *s, const RollupDraft *draft)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID};
	ListCell   *lc;

	foreach(lc, draft->tables)
	{
		Datum		values[3] = {ObjectIdGetDatum(lfirst_oid(lc)), CStringGetTextDatum(draft->live_schema),
		CStringGetTextDatum(draft->source)};

		script_lines(&s->text,
					 "SELECT format(E'CREATE FOREIGN TABLE IF NOT EXISTS %I.%I (%s)\\n\\tSERVER %I OPTIONS (schema_name %L, table_name %L);',"
					 " $2, c.relname, (SELECT string_agg(concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),"
					 " (SELECT format(' OPTIONS (column_name %L)', o.option_value) FROM pg_options_to_table(a.attfdwoptions) o WHERE o.option_name = 'column_name')),"
					 " ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), $3,"
					 " coalesce((SELECT o.option_value FROM pg_options_to_table(t.ftoptions) o WHERE o.option_name = 'schema_name'), n.nspname),"
					 " coalesce((SELECT o.option_value FROM pg_options_to_table(t.ftoptions) o WHERE o.option_name = 'table_name'), c.relname))"
					 " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_foreign_table t ON t.ftrelid = c.oid WHERE c.oid = $1",
					 3, types, values, false);
	}
}

/* The argument query, and the statements that must come before it. */
static void
write_query(Suggestion *s, const RollupDraft *draft)
{
	if (draft->pushed == NULL)
	{
		script_dollar_quoted(&s->text, "query", draft->query ? draft->query : "\n...\n");
		return;
	}
	appendStringInfoString(&s->text, "rsfed.pushed(");
	script_dollar_quoted(&s->text, "query", draft->pushed);
	appendStringInfoChar(&s->text, ')');
}

/* A query that is built when the view is read: a person must write it. */
static void
write_stop(Suggestion *s, const RollupDraft *draft)
{
	suggest_note(s, "The query of %s is not constant: write it into the script, as one text.", draft->name);
	script_comment(&s->text, psprintf("The view puts the query together from: %s", draft->expression));
	script_comment(&s->text, "Write it in place of the ... below, and take this statement out:");
	appendStringInfo(&s->text,
					 "DO $$ BEGIN RAISE EXCEPTION 'the query of the rollup is still to be written into the script'; END $$;\n");
}

static void
write_call(Suggestion *s, const RollupDraft *draft)
{
	ListCell   *lc;

	appendStringInfo(&s->text, "SELECT to_regclass(%s) IS NOT NULL AS rsfed_is_there \\gset\n",
					 quote_literal_cstr(draft->name));
	appendStringInfo(&s->text, "SELECT rsfed.define_rollup(%s, %s, ", quote_literal_cstr(draft->name),
					 quote_literal_cstr(draft->source));
	write_query(s, draft);
	foreach(lc, draft->key)
		appendStringInfo(&s->text, "%s%s", lc == list_head(draft->key) ? ",\n\tkey => ARRAY[" : ", ",
						 quote_literal_cstr(lfirst(lc)));
	if (draft->key != NIL)
		appendStringInfoChar(&s->text, ']');
	if (draft->method != NULL)
		appendStringInfo(&s->text, ",\n\tmethod => %s", quote_literal_cstr(draft->method));
	appendStringInfo(&s->text, ",\n\tcolumns => %s,\n\tif_not_exists => true);\n",
					 quote_literal_cstr(draft->columns));
	/* a rollup from an earlier run of the script may be outdated by now */
	appendStringInfo(&s->text, "\\if :rsfed_is_there\nCALL rsfed.refresh(%s);\n\\endif\n",
					 quote_literal_cstr(draft->name));
}

void
suggest_define(Suggestion *s, const RollupDraft *draft)
{
	Oid			owner = s->recipe->owner;
	const char *owner_name = quote_identifier(GetUserNameFromId(owner, false));

	if (draft->query == NULL && draft->pushed == NULL)
		write_stop(s, draft);
	if (draft->live_schema != NULL)
	{
		script_become(&s->text, &s->role, GetUserId());
		appendStringInfo(&s->text, "CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s;\n",
						 quote_identifier(draft->live_schema), owner_name);
	}
	if (s->role != owner && rsfed_namespace_aclcheck(s->recipe->schema, owner, ACL_CREATE) != ACLCHECK_OK)
	{
		appendStringInfo(&s->text, "GRANT CREATE ON SCHEMA %s TO %s;\n", quote_identifier(s->recipe->schema_name), owner_name);
		suggest_note(s, "Role %s may not create tables in schema %s, and gets that right here.", owner_name,
					 quote_identifier(s->recipe->schema_name));
	}
	script_become(&s->text, &s->role, owner);
	if (draft->live_schema != NULL)
	{
		write_live_tables(s, draft);
		appendStringInfo(&s->text, "SET search_path = %s, pg_catalog;\n", quote_identifier(draft->live_schema));
	}
	write_call(s, draft);
	if (draft->live_schema != NULL)
		appendStringInfoString(&s->text, "SET search_path = pg_catalog, pg_temp;\n");
}

void
suggest_populated_compare(Suggestion *s, const char *new_relation)
{
	if (!suggest_is_populated(s->recipe->relid))
	{
		suggest_note(s, "The materialized view has no content: there is nothing to compare with.");
		return;
	}
	appendStringInfoString(&s->text, "\n-- Are the rows the same?\n");
	suggest_compare(s, s->recipe->relid, s->recipe->qualified, new_relation);
}

char *
suggest_column_names(Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};

	return script_text("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
					   " WHERE attrelid = $1 AND attnum > 0", 1, types, values);
}
