/*-------------------------------------------------------------------------
 *
 * lake_step.c
 *	  Finds the partitions of the lake that a refresh has to read.
 *
 * Policy: the catalog's description of a partition (values, location,
 * parameters) is compared as text with the one at the time when the content
 * was made.  The catalog is read before the query: a partition that changes in
 * between is read now and again in the next run, but never missed.  The rows
 * of the partitions that differ are read by the key columns that hold their
 * values; if that is not possible exactly, everything is read, and the run
 * notes the reason.
 *
 * The catalog does not show that a file of a partition was overwritten.  Only
 * a refresh of everything finds it, that is, a refresh with an explicit
 * method.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/format.h"
#include "base/option_map.h"
#include "base/options.h"
#include "catalog/lake_state.h"
#include "refresh/lake_step.h"
#include "refresh/part.h"
#include "refresh/part.h"
#include "source/lake_views.h"

/* If there are more differences, the query has no conditions. */
#define MOST_CHANGED 1000

/* The findings, to be stored with the content. */
typedef struct LakeFinding
{
	bool		all;			/* nothing was known before */
	List	   *changed;		/* KnownPartition, from the catalog */
	List	   *gone;			/* char *, values of partitions that no longer exist */
} LakeFinding;

/* Part of a query, to be read under attempt_reading(). */
typedef struct ReadPart
{
	const Rollup *rollup;
	Oid			relid;
	Jsonb	   *part;
	List	   *values;
	char	   *query;
} ReadPart;

static int
compare_known(const ListCell *a, const ListCell *b)
{
	return strcmp(((KnownPartition *) lfirst(a))->values_text,
				  ((KnownPartition *) lfirst(b))->values_text);
}

/* The partitions to be stored, in the order of their values. */
static List *
as_known(List *partitions)
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, partitions)
	{
		LakePartition *partition = lfirst(lc);
		KnownPartition *known = palloc(sizeof(KnownPartition));

		known->values_text = partition->values_text;
		known->location = partition->location;
		known->parameters = partition->parameters;
		list = lappend(list, known);
	}
	list_sort(list, compare_known);
	return list;
}

/*
 * Walks along both lists and finds the partitions that are new, changed or
 * gone.
 */
static void
find_differences(List *before, List *now, LakeFinding *finding)
{
	int			i = 0;
	int			j = 0;

	list_sort(before, compare_known);
	while (i < list_length(before) || j < list_length(now))
	{
		KnownPartition *old = i < list_length(before) ? list_nth(before, i) : NULL;
		KnownPartition *new = j < list_length(now) ? list_nth(now, j) : NULL;
		int			order = old == NULL ? 1 : new == NULL ? -1
			: strcmp(old->values_text, new->values_text);

		if (order < 0)
			finding->gone = lappend(finding->gone, old->values_text);
		else if (order > 0 || strcmp(old->location, new->location) != 0 ||
				 strcmp(old->parameters, new->parameters) != 0)
			finding->changed = lappend(finding->changed, new);
		i += order <= 0;
		j += order >= 0;
	}
}

/* The length of a char(n) or varchar(n); 0 for a type without one. */
static int
declared_length(const char *type)
{
	const char *bracket = strchr(type, '(');

	return bracket && (strncmp(type, "varchar", 7) == 0 || strncmp(type, "char", 4) == 0)
		? atoi(bracket + 1) : 0;
}

/*
 * A value of a partition key as queries return it: a whole number without zeros
 * before it, a text not longer than declared.
 */
static char *
as_returned(const LakeColumn *key, char *value)
{
	int			length = declared_length(key->type);

	if (value == NULL)
		return NULL;
	if (strstr(key->type, "int") && strspn(value, "0123456789") == strlen(value))
	{
		while (value[0] == '0' && value[1] != '\0')
			value++;
	}
	if (length > 0 && strlen(value) > length)
		value = pnstrdup(value, pg_mbcliplen(value, strlen(value), length));
	return value;
}

/*
 * Can texts of a column be matched with the values of a partition key of that
 * type?
 */
static bool
has_text_values(const char *type)
{
	static const char *const types[] = {"char", "varchar", "string", "date", "int", "bigint", "smallint", "tinyint"};

	for (int i = 0; i < lengthof(types); i++)
	{
		if (strncmp(type, types[i], strlen(types[i])) == 0)
			return true;
	}
	return false;
}

/*
 * The partition key of that name, and its position among the keys; raises
 * 42703.
 */
static LakeColumn *
find_key(List *keys, const char *name, const char *table, int *place)
{
	List	   *names = NIL;
	ListCell   *lc;

	*place = 0;
	foreach(lc, keys)
	{
		LakeColumn *key = lfirst(lc);

		if (strcmp(key->name, name) == 0)
			return key;
		names = lappend(names, key->name);
		(*place)++;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("option lake_key: external table \"%s\" has no partition key \"%s\"", table, name),
			 names ? errhint("%s", unknown_name_hint(name, names, "partition keys"))
			 : errhint("It has no partitions: leave lake_key out. Of an Iceberg table the snapshot then tells whether anything is new.")));
}

/* Adds a list of the values that the differences have in one key. */
static void
push_values(JsonbParseState **state, const LakeColumn *key, int place, List *values)
{
	List	   *seen = NIL;
	ListCell   *lc;
	JsonbValue	item;

	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, values)
	{
		List	   *partition = lfirst(lc);
		char	   *value = place < list_length(partition) ? as_returned(key, list_nth(partition, place)) : NULL;
		ListCell   *ls;

		foreach(ls, seen)
		{
			const char *other = lfirst(ls);

			if (value == NULL ? other == NULL : other != NULL && strcmp(other, value) == 0)
				break;
		}
		if (ls != NULL)
			continue;
		seen = lappend(seen, value);
		item.type = value ? jbvString : jbvNull;
		if (value)
		{
			item.val.string.val = value;
			item.val.string.len = strlen(value);
		}
		pushJsonbValue(state, WJB_ELEM, &item);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/*
 * The differences as an argument part, key column by key column.  NULL, with a
 * reason in *why, if that is not possible.
 */
static Jsonb *
part_of_differences(const Rollup *rollup, const char *table, List *keys, List *values, Oid relid,
					char **why)
{
	JsonbParseState *state = NULL;
	List	   *mapping = option_map(OPTION_ROLLUP, rollup->options, "lake_key");
	ListCell   *lc;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(lc, mapping)
	{
		OptionText *pair = lfirst(lc);
		int			place;
		LakeColumn *key = find_key(keys, pair->name, table, &place);
		Oid			type = get_atttype(relid, get_attnum(relid, pair->value));
		JsonbValue	name;

		if ((type == TEXTOID || type == VARCHAROID || type == BPCHAROID) && !has_text_values(key->type))
		{
			*why = psprintf("values of type %s have no one text", key->type);
			return NULL;
		}
		name.type = jbvString;
		name.val.string.val = pair->value;
		name.val.string.len = strlen(pair->value);
		pushJsonbValue(&state, WJB_KEY, &name);
		push_values(&state, key, place, values);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static void
read_part(void *arg)
{
	ReadPart   *read = arg;

	read->values = part_parse(read->part, read->rollup, read->relid);
	read->query = part_wrap_query(read->rollup, read->values);
}

/* Narrows the step to the partitions that differ; false, with the reason, if it cannot. */
static bool
narrow(RunStep *step, const char *table, List *keys, List *values, Oid relid, char **why)
{
	ReadPart	read = {.rollup = step->asked,.relid = relid};

	if (list_length(values) > MOST_CHANGED)
	{
		*why = psprintf("%d partitions differ", list_length(values));
		return false;
	}
	read.part = part_of_differences(step->asked, table, keys, values, relid, why);
	if (read.part == NULL)
		return false;
	if (!attempt_reading(read_part, &read))
	{
		*why = "a value of a partition is none of its key column";
		return false;
	}
	step->asked->query = read.query;
	step->scope = palloc0(sizeof(RowScope));
	step->scope->values = read.values;
	return true;
}

/* The values of all partitions that differ; List of List of char *. */
static List *
differing_values(const LakeFinding *finding)
{
	List	   *values = NIL;
	ListCell   *lc;

	foreach(lc, finding->changed)
		values = lappend(values, lake_values(((KnownPartition *) lfirst(lc))->values_text));
	foreach(lc, finding->gone)
		values = lappend(values, lake_values(lfirst(lc)));
	return values;
}

/* Raises 42P01 because the table does not exist, or is not visible. */
static void
refuse_unseen(const char *schema, const char *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("option lake_table: external table \"%s.%s\" does not exist, or may not be seen", schema, table),
			 errhint("The user of the warehouse needs USAGE on the external schema there.")));
}

/* Checks, the first time, that the table and its keys exist. */
static List *
table_keys(Fetch *fetch, const Rollup *rollup, const char *schema, const char *table)
{
	List	   *columns = lake_columns(fetch->source->conn, schema, table);
	List	   *keys = lake_keys(columns);
	List	   *mapping = option_map(OPTION_ROLLUP, rollup->options, "lake_key");
	ListCell   *lc;

	if (columns == NIL)
		refuse_unseen(schema, table);
	foreach(lc, mapping)
	{
		int			place;

		(void) find_key(keys, ((OptionText *) lfirst(lc))->name, table, &place);
	}
	return keys;
}

static void
tell(RefreshRun *run, const LakeFinding *finding, const char *why, int there)
{
	if (why != NULL)
		note_append(&run->note, "All partitions were asked for: %s.", why);
	else
		note_append(&run->note, "Asked for %d of %d partitions%s.", list_length(finding->changed), there,
					finding->gone == NIL ? "" : psprintf("; %d gone", list_length(finding->gone)));
}

bool
lake_step_has_snapshots(const Rollup *rollup)
{
	return option_is_set(rollup->options, "lake_table") && !option_is_set(rollup->options, "lake_key");
}

char *
lake_step_snapshot(RefreshRun *run, const Rollup *rollup, Fetch *fetch)
{
	char	   *name = option_text(OPTION_ROLLUP, rollup->options, "lake_table");
	char	   *schema;
	char	   *table;
	char	   *location;
	List	   *tables;

	lake_table_name(name, &schema, &table);
	tables = lake_tables(fetch->source->conn, schema, table);
	if (tables == NIL)
		refuse_unseen(schema, table);
	location = lake_metadata_location(((LakeTable *) linitial(tables))->parameters);
	if (location == NULL)
		note_append(&run->note, "All of %s was read: Redshift shows no metadata_location of it, as of an Iceberg table.", name);
	return location ? location : "";
}

bool
lake_step_look(RefreshRun *run, RunStep *step, Fetch *fetch, Oid relid)
{
	const RunRequest *request = run->request;
	const Rollup *rollup = step->asked;
	char	   *name = option_text(OPTION_ROLLUP, rollup->options, "lake_table");
	MemoryContext old;
	LakeFinding *finding;
	List	   *known;
	List	   *now;
	List	   *keys = NIL;
	bool		is_known;
	bool		read_all;
	char	   *schema;
	char	   *table;
	char	   *why = NULL;

	if (name == NULL || lake_step_has_snapshots(rollup) || run->asks_no_probe || request->part != NULL)
		return false;
	lake_table_name(name, &schema, &table);
	PushActiveSnapshot(GetTransactionSnapshot());
	known = lake_state_load(rollup->relation_id, rollup->definition, &is_known);
	PopActiveSnapshot();
	InvalidateCatalogSnapshot();

	run->outcome.as_of = GetCurrentTimestamp();
	now = as_known(lake_partitions(fetch->source->conn, schema, table));
	/*
	 * it outlives the attempt, like the other facts that are stored with the
	 * content
	 */
	old = MemoryContextSwitchTo(GetMemoryChunkContext(step));
	finding = palloc0(sizeof(LakeFinding));
	step->lake = finding;
	finding->all = !is_known;
	find_differences(known, now, finding);
	MemoryContextSwitchTo(old);
	/* an explicit method means all of it */
	read_all = !is_known || request->method != NULL || strcmp(request->trigger, "define") == 0;
	if (!read_all && finding->changed == NIL && finding->gone == NIL)
	{
		step->nothing_new = true;
		return true;
	}
	keys = table_keys(fetch, rollup, schema, table);
	if (!read_all)
	{
		(void) narrow(step, table, keys, differing_values(finding), relid, &why);
		tell(run, finding, why, list_length(now));
	}
	InvalidateCatalogSnapshot();
	return false;
}

void
lake_step_finish(RefreshRun *run, const Rollup *rollup, RunStep *step)
{
	LakeFinding *finding = step->lake;

	if (finding != NULL)
		lake_state_store(rollup->relation_id, rollup->definition, finding->all,
						 finding->changed, finding->gone);
}
