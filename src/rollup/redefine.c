/*-------------------------------------------------------------------------
 *
 * redefine.c
 *	  Computes the new definition of a rollup from a change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/options.h"
#include "catalog/relation_schedule.h"
#include "rollup/action.h"
#include "rollup/redefine.h"
#include "rollup/reshape.h"

Rollup *
redefine_rollup(const Redefinition *change, const Rollup *old)
{
	Rollup	   *new = palloc(sizeof(Rollup));

	*new = *old;
	if (change->query != NULL)
		new->query = change->query;
	if (change->source != NULL)
		new->source = change->source;
	if (change->method != NULL)
		new->method = change->method;
	if (change->has_key)
		new->key = change->key;
	if (change->columns != NULL)
		new->pinned_columns = change->columns[0] == '\0' ? NULL : change->columns;
	options_check(OPTION_ROLLUP, change->options);
	new->options = options_merge(old->options, change->options);
	return new;
}

/* An option as text: its value, or its default; palloc'd. */
static char *
option_words(Jsonb *options, const OptionSpec *spec)
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue *value;
	Jsonb	   *json;

	key.val.string.val = unconstify(char *, spec->name);
	key.val.string.len = strlen(spec->name);
	value = findJsonbValueFromContainer(&options->root, JB_FOBJECT, &key);
	if (value == NULL)
		return psprintf("%s (default)", spec->default_value ? spec->default_value : "none");
	json = JsonbValueToJsonb(value);
	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

/*
 * Adds a row for each option that changes, except fillfactor, which has its
 * own row.
 */
static void
note_options(List **actions, Jsonb *old, Jsonb *new)
{
	int			count;
	const OptionSpec *table = option_table(&count);

	for (int i = 0; i < count; i++)
	{
		char	   *was;
		char	   *is;

		if (table[i].scope != OPTION_ROLLUP || strcmp(table[i].name, "fillfactor") == 0)
			continue;
		was = option_words(old, &table[i]);
		is = option_words(new, &table[i]);
		if (strcmp(was, is) != 0)
			add_action(actions, "option", "%s: from %s to %s", table[i].name, was, is);
	}
}

void
redefine_warn_schedules(const RsfedRelation *relation)
{
	List	   *names = schedule_names(relation->relation_id);
	char	   *name = relation_display_name(relation->relid);
	ListCell   *lc;

	foreach(lc, names)
	{
		RelationSchedule *schedule = schedule_load(relation->relation_id, lfirst(lc));
		bool		has_range = option_is_set(schedule->options, "since") ||
			option_is_set(schedule->options, "until");
		bool		has_method = schedule->method != NULL && strcmp(schedule->method, "window") == 0;

		if (!has_range && !has_method)
			continue;
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the runs of schedule \"%s\" of %s will fail", schedule->name, name),
				 errdetail("It needs a window, and the rollup no longer has one."),
				 has_method ?
				 errhint("Remove it: SELECT rsfed.unschedule_refresh(%s, %s);",
						 quote_literal_cstr(name), quote_literal_cstr(schedule->name)) :
				 errhint("Let it refresh the whole rollup: SELECT rsfed.alter_schedule(%s, %s, options => '{\"since\": null, \"until\": null}');",
						 quote_literal_cstr(name), quote_literal_cstr(schedule->name))));
	}
}

void
redefine_note_changes(List **actions, const Rollup *old, const Rollup *new)
{
	if (strcmp(old->query, new->query) != 0)
		add_action(actions, "query", "definition %d becomes %d", old->definition,
				   old->definition + 1);
	if (strcmp(old->source, new->source) != 0)
		add_action(actions, "source", "from \"%s\" to \"%s\"", old->source, new->source);
	if (strcmp(old->method, new->method) != 0)
		add_action(actions, "method", "from %s to %s", old->method, new->method);
	if (reshape_changes_key(old, new))
		add_action(actions, "key", "from (%s) to (%s)", names_quoted(old->key),
				   names_quoted(new->key));
	note_options(actions, old->options, new->options);
}
