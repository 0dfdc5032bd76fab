/*-------------------------------------------------------------------------
 *
 * suggest_swap.c
 *	  The transaction in which a suggested rollup takes a view's place.
 *
 * Policy: views that read the old relation are changed by CREATE OR REPLACE,
 * so that they keep their oid and all properties.  Materialized views cannot
 * be replaced like that: they are made again like the first one, and the old
 * ones are kept under other names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "api/script.h"
#include "api/suggest_relation.h"
#include "api/suggest_schedule.h"
#include "api/suggest_swap.h"
#include "base/compat.h"
#include "catalog/relation.h"

char *
suggest_qualified(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));
}

static void
rename_index(Suggestion *s, const char *schema, const char *from, const char *to)
{
	appendStringInfo(&s->text, "ALTER INDEX %s RENAME TO %s;\n",
					 quote_qualified_identifier(schema, from), quote_identifier(to));
}

/*
 * The index of the key has a name that PostgreSQL chose, so the script looks
 * it up.  It gets the name of the index that it replaces.
 */
static void
rename_key_index(Suggestion *s, const Swap *swap, const char *relation)
{
	StringInfoData others;
	ListCell   *lc;
	const char *name = NULL;

	initStringInfo(&others);
	foreach(lc, swap->indexes)
	{
		SuggestedIndex *index = lfirst(lc);

		if (index->new_name != NULL)
			appendStringInfo(&others, " AND c.relname <> %s", quote_literal_cstr(index->name));
		else
			name = index->name;
	}
	if (name == NULL)
		name = suggest_free_name(get_rel_namespace(swap->relid), get_rel_name(swap->relid), "key");
	appendStringInfo(&s->text,
					 "SELECT format('ALTER INDEX %%s RENAME TO %%I', c.oid::regclass, %s)\n"
					 "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid\n"
					 "WHERE i.indrelid = %s::regclass AND i.indisunique%s \\gexec\n",
					 quote_literal_cstr(name), quote_literal_cstr(relation), others.data);
}

void
suggest_rename(Suggestion *s, const Swap *swap, List **kept)
{
	Oid			schema = get_rel_namespace(swap->relid);
	const char *schema_name = get_namespace_name(schema);
	const char *name = get_rel_name(swap->relid);
	const char *kept_name = suggest_free_name(schema, name, "before_rsfed");
	char	   *qualified = suggest_qualified(swap->relid);
	ListCell   *lc;

	appendStringInfo(&s->text, "ALTER MATERIALIZED VIEW %s RENAME TO %s;\n", qualified,
					 quote_identifier(kept_name));
	foreach(lc, swap->indexes)
	{
		SuggestedIndex *index = lfirst(lc);

		rename_index(s, schema_name, index->name, index->kept_name);
	}
	*kept = lcons(quote_qualified_identifier(schema_name, kept_name), *kept);
	if (swap->new_name == NULL)
		return;
	appendStringInfo(&s->text, "ALTER %s %s RENAME TO %s;\n", swap->is_table ? "TABLE" : "MATERIALIZED VIEW",
					 quote_qualified_identifier(schema_name, swap->new_name), quote_identifier(name));
	foreach(lc, swap->indexes)
	{
		SuggestedIndex *index = lfirst(lc);

		if (index->new_name != NULL)
			rename_index(s, schema_name, index->new_name, index->name);
	}
	if (swap->has_key)
		rename_key_index(s, swap, qualified);
}

void
suggest_replace_view(Suggestion *s, Oid view, const char *definition)
{
	Oid			types[] = {OIDOID, TEXTOID};
	Datum		values[2] = {ObjectIdGetDatum(view), CStringGetTextDatum(suggest_qualified(view))};

	script_lines(&s->text,
				 "SELECT concat('CREATE OR REPLACE VIEW ', $2, ' WITH (' || (SELECT string_agg(format('%I = %L', o.option_name, o.option_value), ', ')"
				 " FROM pg_options_to_table(c.reloptions) o) || ')', ' AS') FROM pg_class c WHERE c.oid = $1",
				 2, types, values, false);
	appendStringInfo(&s->text, "%s;\n", definition);
}

/* A materialized view of the same name, definition and so on, once the old one is out of the way. */
static void
remake_view(Suggestion *s, Oid view, const char *definition, List **kept)
{
	Swap		swap = {.relid = view,.indexes = suggest_kept_indexes(view)};
	Oid			types[] = {OIDOID};
	char	   *qualified = suggest_qualified(view);
	ListCell   *lc;

	suggest_rename(s, &swap, kept);
	/*
	 * filled as its owner, and not as the user who runs the script: it
	 * contains functions of the owner
	 */
	appendStringInfo(&s->text, "CREATE MATERIALIZED VIEW %s AS\n%s\nWITH NO DATA;\n", qualified, definition);
	if (relation_owner(view) != GetUserId())
		appendStringInfo(&s->text, "ALTER MATERIALIZED VIEW %s OWNER TO %s;\n", qualified,
						 quote_identifier(GetUserNameFromId(relation_owner(view), false)));
	if (suggest_is_populated(view))
		appendStringInfo(&s->text, "REFRESH MATERIALIZED VIEW %s;\n", qualified);
	foreach(lc, swap.indexes)
	{
		Datum		values[] = {ObjectIdGetDatum(((SuggestedIndex *) lfirst(lc))->old)};

		script_lines(&s->text,
					 "SELECT concat(pg_get_indexdef($1), ';', E'\\nCOMMENT ON INDEX ' || (SELECT format('%I.%I', n.nspname, c.relname)"
					 " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1)"
					 " || ' IS ' || quote_literal(obj_description($1, 'pg_class')) || ';')",
					 1, types, values, false);
	}
	suggest_properties(s, view, qualified, false);
	(void) suggest_own_schedules(s, view, qualified, linitial(*kept), false);
}

/*
 * Views and materialized views that read a relation, directly or indirectly:
 * oids, in an order in which they can be made.
 */
static List *
readers(Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};

	return script_oids("WITH RECURSIVE edge AS (SELECT DISTINCT d.refobjid AS parent, r.ev_class AS child"
					   " FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"
					   " WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
					   " AND r.ev_class <> d.refobjid AND r.rulename = '_RETURN'),"
					   " reader AS (SELECT $1 AS relid, 0 AS level UNION"
					   " SELECT e.child, n.level + 1 FROM reader n JOIN edge e ON e.parent = n.relid)"
					   " SELECT relid FROM reader WHERE relid <> $1 GROUP BY relid ORDER BY max(level), relid",
					   1, types, values);
}

/* Does a view's own query read one of these relations? */
static bool
reads_directly(Oid view, List *relations)
{
	Oid			types[] = {OIDOID, OIDOID};
	ListCell   *lc;

	foreach(lc, relations)
	{
		Datum		values[2] = {ObjectIdGetDatum(view), ObjectIdGetDatum(lfirst_oid(lc))};

		if (script_text("SELECT 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"
						" WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
						" AND r.ev_class = $1 AND d.refobjid = $2 LIMIT 1", 2, types, values) != NULL)
			return true;
	}
	return false;
}

/* Does it call a function of dblink itself, whose connection string may hold a password? */
static bool
calls_dblink(Oid view)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(view)};

	return script_text("SELECT 1 FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
					   " JOIN pg_depend m ON m.classid = d.refclassid AND m.objid = d.refobjid AND m.deptype = 'e'"
					   " JOIN pg_extension e ON e.oid = m.refobjid AND m.refclassid = 'pg_extension'::regclass"
					   " WHERE r.ev_class = $1 AND d.refclassid = 'pg_proc'::regclass AND e.extname = 'dblink' LIMIT 1",
					   1, types, values) != NULL;
}

/*
 * Objects that depend on the relation, or on its type, and are neither views
 * nor a part of it.
 */
static void
note_other_dependents(Suggestion *s, Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};
	ListCell   *lc;

	foreach(lc, script_texts("SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d"
							 " LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid"
							 " WHERE d.deptype IN ('n', 'a') AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = $1"
							 " OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT unnest(ARRAY[t.oid, t.typarray]) FROM pg_type t WHERE t.typrelid = $1))"
							 " AND r.rulename IS DISTINCT FROM '_RETURN' AND d.classid <> 'pg_statistic_ext'::regclass"
							 " AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = $1 AND d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid)"
							 " ORDER BY 1", 1, types, values))
		suggest_note(s, "This goes on using the old %s, or its row type: %s.", suggest_qualified(relid), (char *) lfirst(lc));
}

void
suggest_dependents(Suggestion *s, Oid relid, List **kept)
{
	List	   *replaced = list_make1_oid(relid);
	ListCell   *lc;

	note_other_dependents(s, relid);
	foreach(lc, readers(relid))
	{
		Oid			view = lfirst_oid(lc);
		char	   *definition;

		if (!reads_directly(view, replaced))
			continue;
		if (calls_dblink(view))
		{
			suggest_note(s, "View %s calls dblink itself, with a connection string that does not belong here: make it again by hand, it goes on reading %s.",
						 suggest_qualified(view), (char *) llast(*kept));
			continue;
		}
		definition = script_view_definition(view);
		if (get_rel_relkind(view) == RELKIND_MATVIEW)
		{
			remake_view(s, view, definition, kept);
			note_other_dependents(s, view);
			replaced = lappend_oid(replaced, view);
			suggest_note(s, "Materialized view %s is filled anew in the swap, from the rollup.", suggest_qualified(view));
		}
		else
			suggest_replace_view(s, view, definition);
	}
}
