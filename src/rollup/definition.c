/*-------------------------------------------------------------------------
 *
 * definition.c
 *	  Turns the arguments of a user into the definition of a rollup.
 *
 * Policy: a definition that would fail at the first refresh, or a year later,
 * is refused when the rollup is defined, with a hint what to write instead.
 * Types and names come from Redshift's own description of the query.  Only the
 * key is derived from its text, and only if GROUP BY leaves no doubt.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/heap.h"
#include "catalog/pg_collation.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/option_map.h"
#include "base/options.h"
#include "redshift/lint.h"
#include "redshift/placeholder.h"
#include "redshift/query.h"
#include "redshift/types.h"
#include "remote/execute.h"
#include "rollup/definition.h"
#include "rollup/gate_options.h"
#include "rollup/method.h"
#include "rollup/pinned.h"
#include "rollup/window.h"
#include "source/budget_check.h"
#include "source/lake_views.h"
#include "source/route.h"
#include "source/source.h"
#include "source/unfit.h"

static void check_names(const LocalColumn *columns, int ncolumns);
static void apply_pinned(LocalColumn *columns, const Rollup *rollup, const RemoteColumns *remote);
static void take_types(LocalColumn *columns, const RemoteColumns *remote);
static void resolve_key(Rollup *rollup, const RemoteColumns *remote, const LocalColumn *columns,
						const char *name);
static void resolve_not_null(const Rollup *rollup, LocalColumn *columns);

/*
 * Checks that {from} and {to} are where they can be replaced, and only in a
 * window.
 */
static void
check_placeholders(const Rollup *rollup)
{
	redshift_check_placeholders(rollup->query);
	if (!window_is_used(rollup) && redshift_has_placeholders(rollup->query))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" has no range for {from} and {to} in the query", rollup->method),
				 errhint("Define it with method => 'window', which refreshes the newest buckets only.")));
}

static void
check_probe(const Rollup *rollup)
{
	char	   *probe = option_text(OPTION_ROLLUP, rollup->options, "probe");

	if (probe == NULL)
		return;
	redshift_check_query(probe);
	redshift_check_placeholders(probe);
	if (redshift_has_placeholders(probe))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option probe cannot hold {from} or {to}"),
				 errhint("A probe asks whether anything is new, whatever the range.")));
}

/*
 * Only a method that compares values can limit the digits of a float that
 * count.
 */
static void
check_digits(const Rollup *rollup, const Method *method)
{
	if (option_is_set(rollup->options, "float_digits") && !method->needs_key)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option float_digits needs a key"),
				 errdetail("Method \"%s\" writes every row each time, and compares none.", rollup->method),
				 errhint("Give the rollup a key and the method \"merge\".")));
}

/*
 * A rollup that is read by partitions is merged by the key columns that hold
 * their values; without such columns, the snapshot of the table is a probe.
 */
static void
check_lake(const Rollup *rollup)
{
	char	   *table = option_text(OPTION_ROLLUP, rollup->options, "lake_table");
	List	   *mapping = option_map(OPTION_ROLLUP, rollup->options, "lake_key");
	char	   *schema_name;
	char	   *table_name;

	if (table == NULL && mapping != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option lake_key needs option lake_table"),
				 errhint("Write options => '{\"lake_table\": \"lake.sales\", \"lake_key\": {\"saledate\": \"day\"}}'.")));
	if (table == NULL)
		return;
	lake_table_name(table, &schema_name, &table_name);
	if (mapping == NIL && option_is_set(rollup->options, "probe"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option probe cannot be used with lake_table without lake_key, which is a probe, too"),
				 errhint("Leave one of them out.")));
	if (mapping != NIL && strcmp(rollup->method, "merge") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option lake_key goes with method \"merge\" only"),
				 errdetail("The rollup's method is \"%s\".", rollup->method)));
}

/* The columns of option lake_key must be key columns. */
static void
check_lake_key(const Rollup *rollup)
{
	ListCell   *lc;
	List	   *mapping = option_map(OPTION_ROLLUP, rollup->options, "lake_key");

	foreach(lc, mapping)
	{
		const char *column = ((OptionText *) lfirst(lc))->value;

		if (!definition_is_key(rollup, column))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option lake_key: \"%s\" is not a column of the key", column),
					 errdetail("Rows of one partition must be found by the key."),
					 errhint("%s", unknown_name_hint(column, rollup->key, "columns"))));
	}
}

/* Pinning cannot change the kind of values of the window's column. */
static void
check_window(const Rollup *rollup, const LocalColumn *columns)
{
	Window	   *window = window_of(rollup);

	if (columns[window->column].type != window->type)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the window's column \"%s\" cannot be pinned to type %s",
						window->name, format_type_be(columns[window->column].type)),
				 errdetail("It is %s in Redshift.", format_type_be(window->type)),
				 errhint("Cast it in the query.")));
}

void
definition_check(const Rollup *rollup, Oid userid)
{
	const Method *method = method_find(rollup->method);

	options_check(OPTION_ROLLUP, rollup->options);
	if (pg_tzset(rollup->timezone) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", rollup->timezone),
				 errhint("Use a name from pg_timezone_names, such as \"Europe/Berlin\".")));
	if (rollup->max_age != NULL &&
		(rollup->max_age->time < 0 || rollup->max_age->day < 0 || rollup->max_age->month < 0 ||
		 (rollup->max_age->time == 0 && rollup->max_age->day == 0 && rollup->max_age->month == 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_age must be greater than zero")));
	redshift_check_query(rollup->query);
	check_placeholders(rollup);
	if (method->validate != NULL)
		method->validate(rollup);
	check_probe(rollup);
	check_lake(rollup);
	check_digits(rollup, method);
	gate_options_check(rollup);
	source_check_usage(rollup->source, userid);
}

static void warn(const Rollup *rollup, const char *const *names, const Oid *types,
				 const int32 *typmods, int ncolumns, List *key);

/* Arguments and results of describe_at(). */
typedef struct Describing
{
	const Rollup *rollup;
	bool		is_asked;		/* the server answered */
	RemoteColumns *columns;
} Describing;

static void
describe_at(SourceConnection *source, void *arg)
{
	Describing *describing = arg;

	describing->is_asked = true;
	describing->columns = remote_describe(source->conn,
										  redshift_fill_placeholders(describing->rollup->query, "NULL", "NULL"), 0);
}

RemoteColumns *
definition_describe(const Rollup *rollup, Oid userid)
{
	SourceRequest request = {
		.source = rollup->source,
		.userid = userid,
		.timezone = rollup->timezone,
		.route = palloc0(sizeof(SourceRoute)),
	};
	Describing	describing = {.rollup = rollup};
	MemoryContext caller = CurrentMemoryContext;
	RemoteColumns *columns;

	request.route->unfit = source_unfit(rollup->source, rollup->query, userid, rollup->relation_id);
	PG_TRY();
	{
		source_with(&request, describe_at, &describing);
	}
	PG_CATCH();
	{
		/* Redshift's message does not tell what to write instead of now() */
		MemoryContextSwitchTo(caller);
		if (describing.is_asked)
			warn(rollup, NULL, NULL, NULL, 0, NIL);
		PG_RE_THROW();
	}
	PG_END_TRY();
	columns = describing.columns;
	if (columns->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the query returns no columns"),
				 errhint("A rollup is defined by one SELECT.")));
	return columns;
}

LocalColumn *
definition_resolve(Rollup *rollup, const RemoteColumns *remote, const char *name)
{
	LocalColumn *columns;

	if (remote->count > MaxHeapAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("tables can have at most %d columns", MaxHeapAttributeNumber),
				 errdetail("The query returns %d.", remote->count)));

	columns = palloc0(sizeof(LocalColumn) * remote->count);
	if (rollup->pinned_columns != NULL)
		apply_pinned(columns, rollup, remote);
	else
		take_types(columns, remote);
	check_names(columns, remote->count);

	rollup->ncolumns = remote->count;
	rollup->columns = palloc(sizeof(RollupColumn) * remote->count);
	for (int i = 0; i < remote->count; i++)
	{
		rollup->columns[i].name = columns[i].name;
		rollup->columns[i].type = remote->column[i].type;
		rollup->columns[i].typmod = remote->column[i].typmod;
	}
	resolve_key(rollup, remote, columns, name);
	check_lake_key(rollup);
	resolve_not_null(rollup, columns);
	if (window_is_used(rollup))
		check_window(rollup, columns);

	/* Redshift orders and compares bytes; the key must do the same here */
	for (int i = 0; i < remote->count; i++)
	{
		if (!OidIsValid(columns[i].collation) &&
			OidIsValid(get_typcollation(columns[i].type)) &&
			definition_is_key(rollup, columns[i].name))
			columns[i].collation = C_COLLATION_OID;
	}
	return columns;
}

/* Names and types as Redshift describes them. */
static void
take_types(LocalColumn *columns, const RemoteColumns *remote)
{
	for (int i = 0; i < remote->count; i++)
	{
		const RemoteColumn *column = &remote->column[i];

		columns[i].name = column->name;
		columns[i].type = redshift_local_type(column->type, column->typmod);
		columns[i].typmod = -1;
		if (!OidIsValid(columns[i].type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" has a type that is not known here (%s)",
							column->name, redshift_type_name(column->type, column->typmod)),
					 errhint("Cast it in the query, for example to varchar(65535), or name its local type in the argument columns.")));
	}
}

/* Names and types as the user pinned them; they must be able to hold the result. */
static void
apply_pinned(LocalColumn *columns, const Rollup *rollup, const RemoteColumns *remote)
{
	List	   *pinned = pinned_parse(rollup->pinned_columns);
	int			i = 0;
	ListCell   *lc;

	if (list_length(pinned) != remote->count)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("argument columns names %d columns, but the query returns %d",
						list_length(pinned), remote->count),
				 errdetail("They are matched by position.")));
	foreach(lc, pinned)
	{
		const PinnedColumn *pin = lfirst(lc);
		const RemoteColumn *column = &remote->column[i];
		RedshiftFit fit = redshift_type_fits(column->type, column->typmod, pin->type, pin->typmod);
		const char *type = format_type_with_typemod(pin->type, pin->typmod);

		if (fit == RS_FIT_NO)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" cannot be %s: it is %s in Redshift", pin->name, type,
							redshift_type_name(column->type, column->typmod))));
		if (fit == RS_FIT_LOSSY)
			ereport(WARNING,
					(errcode(ERRCODE_WARNING),
					 errmsg("column \"%s\" as %s may lose a part of the values: it is %s in Redshift",
							pin->name, type, redshift_type_name(column->type, column->typmod))));
		columns[i].name = pin->name;
		columns[i].type = pin->type;
		columns[i].typmod = pin->typmod;
		columns[i].collation = pin->collation;
		i++;
	}
}

/* Refuses names that a local table cannot have, each with a hint. */
static void
check_names(const LocalColumn *columns, int ncolumns)
{
	static const char name_it[] = "Name it with AS in the query, or name all columns in the argument columns.";

	for (int i = 0; i < ncolumns; i++)
	{
		const char *name = columns[i].name;

		if (strcmp(name, "?column?") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("column %d of the query has no name", i + 1),
					 errhint(name_it)));
		if (strlen(name) >= NAMEDATALEN)
			ereport(ERROR,
					(errcode(ERRCODE_NAME_TOO_LONG),
					 errmsg("column name \"%s\" is too long", name),
					 errdetail("It has %d bytes; names have at most %d here, 127 in Redshift.",
							   (int) strlen(name), NAMEDATALEN - 1),
					 errhint(name_it)));
		if (SystemAttributeByName(name) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column name \"%s\" conflicts with a system column name", name),
					 errhint(name_it)));
		for (int j = 0; j < i; j++)
		{
			if (strcmp(columns[j].name, name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column name \"%s\" appears twice in the result", name),
						 errdetail("Columns %d and %d of the query have it.", j + 1, i + 1),
						 errhint(name_it)));
		}
	}
}

/* A List of the columns' names. */
static List *
column_names(const LocalColumn *columns, int ncolumns)
{
	List	   *names = NIL;

	for (int i = 0; i < ncolumns; i++)
		names = lappend(names, columns[i].name);
	return names;
}

/* The column of that name; 42703 with the nearest name. */
static LocalColumn *
require_column(LocalColumn *columns, int ncolumns, const char *name, const char *what)
{
	for (int i = 0; i < ncolumns; i++)
	{
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("%s column \"%s\" is not in the result", what, name),
			 errhint("%s", unknown_name_hint(name, column_names(columns, ncolumns), "columns"))));
}

/* The key as GROUP BY gives it, in local names; 22023 where it does not. */
static List *
infer_key(const Rollup *rollup, const RemoteColumns *remote, const LocalColumn *columns,
		  const char *name)
{
	const char **names = palloc(sizeof(char *) * remote->count);
	const char *why_not;
	List	   *remote_key;
	List	   *key = NIL;
	ListCell   *lc;

	for (int i = 0; i < remote->count; i++)
		names[i] = remote->column[i].name;
	remote_key = redshift_infer_key(redshift_parse_select(rollup->query), names, remote->count,
									&why_not);
	if (remote_key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the key of rollup \"%s\" cannot be told from its query", name),
				 why_not ? errdetail_internal("%s", why_not) : 0,
				 errhint("Name the columns that identify a row of the result: key => ARRAY['%s'] for example. Without such columns: method => 'replace', which writes all rows at each refresh.",
						 columns[0].name)));
	foreach(lc, remote_key)
	{
		for (int i = 0; i < remote->count; i++)
		{
			if (strcmp(names[i], lfirst(lc)) == 0)
			{
				key = lappend(key, columns[i].name);
				break;
			}
		}
	}
	return key;
}

static void
resolve_key(Rollup *rollup, const RemoteColumns *remote, const LocalColumn *columns,
			const char *name)
{
	ListCell   *lc;
	int			position = 0;

	if (rollup->key == NIL && method_find(rollup->method)->needs_key)
		rollup->key = infer_key(rollup, remote, columns, name);
	if (list_length(rollup->key) > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("a key can have at most %d columns", INDEX_MAX_KEYS)));

	foreach(lc, rollup->key)
	{
		LocalColumn *column = require_column(unconstify(LocalColumn *, columns), remote->count,
											 lfirst(lc), "key");
		TypeCacheEntry *type = lookup_type_cache(column->type, TYPECACHE_LT_OPR | TYPECACHE_BTREE_OPFAMILY);

		if (!OidIsValid(type->lt_opr) || !OidIsValid(type->btree_opf))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("column \"%s\" cannot be in a key: type %s has no order",
							column->name, format_type_be(column->type)),
					 errhint("Cast it in the query, or leave it out of the key.")));
		for (int i = 0; i < position; i++)
		{
			if (strcmp(list_nth(rollup->key, i), lfirst(lc)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is twice in the key", column->name)));
		}
		position++;
	}
}

static void
resolve_not_null(const Rollup *rollup, LocalColumn *columns)
{
	ListCell   *lc;
	List	   *names = option_name_list(OPTION_ROLLUP, rollup->options, "not_null");

	foreach(lc, names)
		require_column(columns, rollup->ncolumns, lfirst(lc), "option not_null:")->not_null = true;
}

bool
definition_key_fits(const Rollup *rollup, const RemoteColumns *remote)
{
	List	   *names = NIL;
	ListCell   *lc;

	if (rollup->pinned_columns != NULL)
	{
		foreach(lc, pinned_parse(rollup->pinned_columns))
			names = lappend(names, ((PinnedColumn *) lfirst(lc))->name);
	}
	else
	{
		for (int i = 0; i < remote->count; i++)
			names = lappend(names, remote->column[i].name);
	}
	foreach(lc, rollup->key)
	{
		if (!names_hold(names, lfirst(lc)))
			return false;
	}
	return true;
}

bool
definition_is_key(const Rollup *rollup, const char *column)
{
	return names_hold(rollup->key, column);
}

bool
definition_has_primary_key(const Rollup *rollup)
{
	List	   *not_null = option_name_list(OPTION_ROLLUP, rollup->options, "not_null");
	ListCell   *lc;

	foreach(lc, rollup->key)
	{
		if (!names_hold(not_null, lfirst(lc)))
			return false;
	}
	return rollup->key != NIL;
}

/*
 * Raises a WARNING for each finding that lint is sure of.  Types may be NULL:
 * then only the text is examined.
 */
static void
warn(const Rollup *rollup, const char *const *names, const Oid *types, const int32 *typmods,
	 int ncolumns, List *key)
{
	ListCell   *lc;

	foreach(lc, redshift_lint(redshift_parse_select(rollup->query), names, types, typmods,
							  ncolumns, key))
	{
		const RedshiftLint *lint = lfirst(lc);

		if (lint->severity != RS_LINT_WARNING)
			continue;
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 lint->column ? errmsg("column \"%s\" may silently be wrong", lint->column)
				 : errmsg("the result of the query may silently be wrong"),
				 errdetail("%s", lint->problem),
				 lint->rewrite ? errhint("Write %s.", lint->rewrite) : 0));
	}
}

void
definition_warn(const Rollup *rollup, const RemoteColumns *remote)
{
	const char **names = palloc(sizeof(char *) * remote->count);
	Oid		   *types = palloc(sizeof(Oid) * remote->count);
	int32	   *typmods = palloc(sizeof(int32) * remote->count);
	List	   *key = NIL;

	for (int i = 0; i < remote->count; i++)
	{
		names[i] = remote->column[i].name;
		types[i] = remote->column[i].type;
		typmods[i] = remote->column[i].typmod;
		/* the linter knows columns by Redshift's names */
		if (definition_is_key(rollup, rollup->columns[i].name))
			key = lappend(key, remote->column[i].name);
	}
	warn(rollup, names, types, typmods, remote->count, key);
	if (option_int(OPTION_ROLLUP, rollup->options, "max_scan_per_day") > 0)
		budget_warn_unknown_scan("the rollup", rollup->source);
}
