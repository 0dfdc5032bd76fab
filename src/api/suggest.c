/*-------------------------------------------------------------------------
 *
 * suggest.c
 *	  rsfed.suggest_rollup(): a script that makes a rollup of a view that reads a
 *	  warehouse by dblink or foreign tables.
 *
 * Policy: nothing is changed here; a person reads the script and runs it.
 * Until its transaction with the swap, readers see the old relation, and the
 * part before it can be repeated.  Notes at the beginning of the script list
 * the things that it cannot carry over, and it ends with an error where it
 * needs an answer.  It never contains passwords.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "api/recipe.h"
#include "api/script.h"
#include "api/suggest_define.h"
#include "api/suggest_relation.h"
#include "api/suggest_schedule.h"
#include "api/suggest_source.h"
#include "api/suggest_swap.h"
#include "api/suggestion.h"
#include "base/compat.h"
#include "base/run_settings.h"
#include "catalog/relation.h"

PG_FUNCTION_INFO_V1(rsfed_suggest_rollup);

/*
 * Raises 42809 if it is not a view, 42501 for a user who may not see the query
 * of a rollup of its owner.
 */
static void
check_relation(Oid relid)
{
	char		kind = get_rel_relkind(relid);
	RsfedRelation *relation;

	if (kind == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	relation = relation_lookup(relid);
	if (relation != NULL && relation->is_rollup)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is a rollup already", get_rel_name(relid)),
				 errhint("rsfed.export() gives its definition.")));
	if (kind != RELKIND_VIEW && kind != RELKIND_MATVIEW)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a view or materialized view", get_rel_name(relid)),
				 errhint("Give the view whose query calls dblink or reads foreign tables; a table that a job fills has no query to read.")));
	if (!has_privs_of_role(GetUserId(), relation_owner(relid)) &&
		!has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to suggest a rollup for \"%s\"", get_rel_name(relid)),
				 errdetail("Only its owner, a member of the owning role or of pg_monitor may do that.")));
}

/*
 * Raises for a view that reads no warehouse, or that cannot become a single
 * query there.
 */
static void
check_recipe(const Recipe *recipe)
{
	if (recipe->calls == NIL && recipe->foreign_tables == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" does not read a warehouse", recipe->name),
				 errdetail("Its query has no call of dblink and no foreign table."),
				 recipe->matviews != NIL ?
				 errhint("It reads materialized view %s: give that one.", suggest_qualified(linitial_oid(recipe->matviews))) :
				 errhint("A function that calls dblink cannot be looked into; write its call into the view.")));
	if (recipe->calls == NIL && (recipe->tables != NIL || recipe->matviews != NIL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the query of \"%s\" cannot run in a warehouse", recipe->name),
				 errdetail("It reads %s beside foreign tables.",
						   suggest_qualified(linitial_oid(recipe->tables ? recipe->tables : recipe->matviews))),
				 errhint("Make a rollup of the part that reads foreign tables, and let the view read that.")));
}

/* Tells a user who runs the script again what is done and what remains. */
static void
begin_work(Suggestion *s, Oid relid, const char *sign)
{
	appendStringInfo(&s->text,
					 "\nSELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(%s)%s) AS rsfed_to_do \\gset\n"
					 "\\if :rsfed_to_do\n",
					 quote_literal_cstr(suggest_qualified(relid)), sign);
}

static void
begin_swap(Suggestion *s)
{
	script_become(&s->text, &s->role, GetUserId());
	appendStringInfoString(&s->text,
						   "\n-- The swap: readers wait for this transaction only.  Should a lock not come in time,\n"
						   "-- nothing has happened; run the script again.\n"
						   "BEGIN;\n"
						   "SET LOCAL lock_timeout = '3s';\n");
}

static void
end_work(Suggestion *s, List *kept)
{
	ListCell   *lc;

	/* without the name: a line break in it would end the command of psql */
	appendStringInfoString(&s->text, "COMMIT;\n\\else\n\\echo The view was changed already.\n\\endif\n");
	if (kept == NIL)
		return;
	appendStringInfoString(&s->text, "\n-- Once nobody misses them:\n");
	foreach(lc, kept)
		script_commented_out(&s->text, psprintf("DROP MATERIALIZED VIEW %s;", (char *) lfirst(lc)));
}

/*
 * A materialized view whose rows are those of a remote query: the rollup takes
 * its name.
 */
static void
suggest_in_place(Suggestion *s, RollupDraft *draft)
{
	Recipe	   *recipe = s->recipe;
	Swap		swap = {.relid = recipe->relid,.is_table = true};
	List	   *kept = NIL;
	char	   *target;
	bool		scheduled;

	swap.new_name = suggest_free_name(recipe->schema, recipe->name, "rollup");
	target = quote_qualified_identifier(recipe->schema_name, swap.new_name);
	draft->name = target;
	swap.has_key = draft->method == NULL;

	begin_work(s, recipe->relid, " AND relkind = 'm'");
	appendStringInfoString(&s->text, "\n-- The rollup, beside the view, with what belongs to it\n");
	suggest_define(s, draft);
	swap.indexes = suggest_indexes(s, recipe->relid, target, draft->key_index);
	suggest_properties(s, recipe->relid, target, true);
	appendStringInfo(&s->text, "ANALYZE %s;\n", target);
	script_become(&s->text, &s->role, GetUserId());
	suggest_populated_compare(s, target);

	begin_swap(s);
	suggest_rename(s, &swap, &kept);
	suggest_dependents(s, recipe->relid, &kept);
	s->rollups = list_make1(recipe->qualified);
	scheduled = suggest_own_schedules(s, recipe->relid, recipe->qualified, llast(kept), true);
	suggest_schedules(s, false, scheduled);
	end_work(s, kept);
}

/*
 * A materialized view that stays one, over rollups: it is made next to the old
 * one.
 */
static void
suggest_new_view(Suggestion *s, Swap *swap)
{
	Recipe	   *recipe = s->recipe;
	char	   *target;

	swap->relid = recipe->relid;
	swap->new_name = suggest_free_name(recipe->schema, recipe->name, "new");
	target = quote_qualified_identifier(recipe->schema_name, swap->new_name);
	appendStringInfoString(&s->text, "\n-- The view, over what is here now\n");
	script_become(&s->text, &s->role, recipe->owner);
	appendStringInfo(&s->text, "CREATE MATERIALIZED VIEW IF NOT EXISTS %s AS\n%s;\n", target,
					 recipe_definition(recipe, recipe->relid));
	swap->indexes = suggest_indexes(s, recipe->relid, target, InvalidOid);
	suggest_properties(s, recipe->relid, target, false);
	appendStringInfo(&s->text, "ANALYZE %s;\n", target);
	script_become(&s->text, &s->role, GetUserId());
	suggest_populated_compare(s, target);
}

/*
 * A view keeps its processing of the rows of its calls; the rows come from
 * rollups.
 */
static void
suggest_below(Suggestion *s)
{
	Recipe	   *recipe = s->recipe;
	bool		is_matview = recipe->relkind == RELKIND_MATVIEW;
	List	   *holders = recipe_holders(recipe);
	List	   *sources = NIL;
	List	   *kept = NIL;
	Swap		swap = {0};
	bool		scheduled = false;
	int			number = 1;
	ListCell   *lc;

	foreach(lc, recipe->calls)
		sources = lappend(sources, suggest_source(s, ((RecipeCall *) lfirst(lc))->connection, &s->sources));
	begin_work(s, linitial_oid(holders),
			   psprintf(" AND EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid\n"
						"\tJOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid AND p.proname = 'dblink' WHERE r.ev_class = pg_class.oid)"));
	appendStringInfoString(&s->text, "\n-- The rows that dblink returned, as rollups\n");
	foreach(lc, recipe->calls)
	{
		RecipeCall *call = lfirst(lc);
		RollupDraft draft = {.source = list_nth(sources, number - 1)};
		Oid			schema = get_rel_namespace(call->holder);
		char	   *name = suggest_free_name(schema, get_rel_name(call->holder),
											 number == 1 ? "rows" : psprintf("rows%d", number));

		draft.name = call->target = quote_qualified_identifier(get_namespace_name(schema), name);
		suggest_draft_call(s, &draft, call, NULL);
		suggest_define(s, &draft);
		s->rollups = lappend(s->rollups, call->target);
		number++;
	}
	if (list_member_oid(holders, recipe->relid) && is_matview)
		suggest_new_view(s, &swap);
	script_become(&s->text, &s->role, GetUserId());
	foreach(lc, holders)
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_VIEW)
			suggest_compare(s, lfirst_oid(lc), suggest_qualified(lfirst_oid(lc)),
							psprintf("(%s) AS new_rows", recipe_definition(recipe, lfirst_oid(lc))));
	}

	begin_swap(s);
	foreach(lc, holders)
	{
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_VIEW)
			suggest_replace_view(s, lfirst_oid(lc), recipe_definition(recipe, lfirst_oid(lc)));
	}
	if (swap.new_name != NULL)
	{
		suggest_rename(s, &swap, &kept);
		suggest_dependents(s, recipe->relid, &kept);
		scheduled = suggest_own_schedules(s, recipe->relid, recipe->qualified, llast(kept), false);
	}
	suggest_schedules(s, is_matview, scheduled);
	end_work(s, kept);
	suggest_note(s, "What the view does to the rows of dblink (filters, joins, aggregates, expressions) is still done here, over %s. It can go into the query of the rollup, if Redshift computes the same.",
				 number > 2 ? "rollups of them" : "a rollup of them");
}

/* A view over foreign tables: it returns the rows of a rollup from then on. */
static void
suggest_over_tables(Suggestion *s, RollupDraft *draft)
{
	Recipe	   *recipe = s->recipe;
	char	   *name = suggest_free_name(recipe->schema, recipe->name, "rows");
	char	   *definition;

	draft->name = quote_qualified_identifier(recipe->schema_name, name);
	definition = psprintf("SELECT %s FROM %s", suggest_column_names(recipe->relid), draft->name);
	begin_work(s, recipe->relid,
			   psprintf(" AND NOT EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid\n"
						"\tWHERE r.ev_class = pg_class.oid AND d.refobjid = to_regclass(%s))", quote_literal_cstr(draft->name)));
	appendStringInfoString(&s->text, "\n-- The rows of the view, as a rollup\n");
	suggest_define(s, draft);
	script_become(&s->text, &s->role, GetUserId());
	suggest_compare(s, recipe->relid, recipe->qualified, draft->name);
	begin_swap(s);
	suggest_replace_view(s, recipe->relid, definition);
	s->rollups = list_make1(draft->name);
	suggest_schedules(s, false, false);
	end_work(s, NIL);
}

/* Chooses the form of the script by the relations that the view reads. */
static void
suggest_body(Suggestion *s)
{
	Recipe	   *recipe = s->recipe;
	RollupDraft draft = {0};

	appendStringInfoString(&s->text, "\n-- The server\n");
	if (recipe->calls == NIL)
	{
		suggest_draft_tables(s, &draft);
		if (recipe->relkind == RELKIND_MATVIEW)
			suggest_in_place(s, &draft);
		else
			suggest_over_tables(s, &draft);
	}
	else if (recipe->origins != NULL && recipe->relkind == RELKIND_MATVIEW)
	{
		RecipeCall *call = linitial(recipe->calls);

		draft.source = suggest_source(s, call->connection, &s->sources);
		suggest_draft_call(s, &draft, call, recipe->origins);
		if (call->holder != recipe->relid)
			suggest_note(s, "View %s, over which the materialized view stood, still calls dblink itself.",
						 suggest_qualified(call->holder));
		suggest_in_place(s, &draft);
	}
	else
		suggest_below(s);
	if (recipe->is_ordered && recipe->relkind == RELKIND_MATVIEW)
		suggest_note(s, "The ORDER BY of the view has no meaning for a table: readers that want an order say so.");
}

static char *
finished(Suggestion *s)
{
	StringInfoData script;
	ListCell   *lc;

	initStringInfo(&script);
	script_comment(&script, psprintf("From %s %s to rsfed, as rsfed.suggest_rollup() writes it.  Read it, complete what is",
									 s->recipe->relkind == RELKIND_MATVIEW ? "materialized view" : "view", s->recipe->qualified));
	appendStringInfoString(&script,
						   "-- commented out with \"...\", and run it: psql -X -v ON_ERROR_STOP=1 -f <this file>\n"
						   "-- Readers see nothing of it before the swap.  It can be run again: what is done stays.\n"
						   "-- Jobs outside of this database that refresh the view must end by hand.\n");
	if (s->notes != NIL)
		appendStringInfoString(&script, "--\n-- Look at these:\n");
	foreach(lc, s->notes)
		script_comment(&script, psprintf("* %s", (char *) lfirst(lc)));
	appendStringInfoString(&script,
						   "\n\\set ON_ERROR_STOP on\n"
						   "SET search_path = pg_catalog, pg_temp;\n"
						   "SET standard_conforming_strings = on;\n");
	appendStringInfoString(&script, s->text.data);
	appendStringInfoString(&script, "RESET search_path;\n");
	return script.data;
}

/* rsfed.suggest_rollup(relation): the script. */
Datum
rsfed_suggest_rollup(PG_FUNCTION_ARGS)
{
	Suggestion	s = {.role = GetUserId()};
	Oid			relid = PG_GETARG_OID(0);
	int			nestlevel = run_settings_pin();
	char	   *script;

	script_fix_settings();
	check_relation(relid);
	s.recipe = recipe_read(relid);
	check_recipe(s.recipe);
	initStringInfo(&s.text);
	suggest_body(&s);
	script = finished(&s);
	run_settings_unpin(nestlevel);
	PG_RETURN_TEXT_P(cstring_to_text(script));
}
