/*-------------------------------------------------------------------------
 *
 * options.h
 *	  Options of servers, groups, credentials, rollups and schedules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_OPTIONS_H
#define RSFED_OPTIONS_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/compat.h"

typedef enum OptionScope
{
	OPTION_SERVER,				/* OPTIONS of a foreign server */
	OPTION_GROUP,				/* OPTIONS of a foreign server that is a group */
	OPTION_CREDENTIALS,			/* OPTIONS of a user mapping */
	OPTION_ROLLUP,				/* rsfed_catalog.rollup.options */
	OPTION_SCHEDULE,			/* rsfed_catalog.schedule.options */
	OPTION_EXTERNAL_SCHEMA,		/* of rsfed.create_external_schema() */
	OPTION_PUBLICATION,			/* of rsfed.publish() */
	OPTION_TABLE,				/* OPTIONS of a foreign table */
	OPTION_COLUMN				/* OPTIONS of its column */
} OptionScope;

typedef enum OptionType
{
	OPTION_BOOLEAN,
	OPTION_INTEGER,
	OPTION_TIME,				/* held in ms, units as in settings */
	OPTION_STRING,
	OPTION_TIMESTAMP,			/* timestamp with time zone */
	OPTION_NAMES,				/* a JSON array of names */
	OPTION_SPAN,				/* an interval, or a bare number: OptionSpan */
	OPTION_MAP,					/* a JSON object of names by names */
	OPTION_SIZE,				/* held in bytes, units as in settings */
	OPTION_TIMEZONE				/* a name from pg_timezone_names */
} OptionType;

/* A length of time by the calendar; a bare number counts integers. */
typedef struct OptionSpan
{
	Interval	interval;
	int64		count;
} OptionSpan;

typedef struct OptionSpec
{
	OptionScope scope;
	const char *name;
	OptionType	type;
	const char *default_value;	/* as a user would write it; NULL = none */
	const char *unit;			/* of a bare number: "ms", "s", "MB"; NULL = none */
	int64		min_value;		/* of integers, times (ms), sizes (bytes) */
	int64		max_value;
	const char *allowed;		/* a string's values, "a, b, c"; NULL = any */
	bool		superuser;		/* only a superuser may set it */
	const char *description;
} OptionSpec;

/* The option's row in the table, or NULL. */
extern const OptionSpec *option_find(OptionScope scope, const char *name);

/* The whole table; count in *count. */
extern const OptionSpec *option_table(int *count);

/* The scope's name: "server", "group", "credentials", "rollup", "schedule", "external",
 * "publication", "table", "column". */
extern const char *option_scope_name(OptionScope scope);

/* Names of all options of a scope: List of const char *. */
extern List *option_names(OptionScope scope);

/*
 * Checks a jsonb object of options against the table: 22023 for an unknown
 * key (with the nearest name) or a value outside the type, unit or range.
 * Keys whose value is null are allowed: they mean "reset".
 */
extern void options_check(OptionScope scope, Jsonb *options);

/*
 * Checks one option given as text (the OPTIONS list of a server or mapping).
 * 22023 as above; the caller has found that the name is in the table.
 */
extern void option_check_text(const OptionSpec *spec, const char *value);

/* Raises 22023 for a name that is not in the table, with the nearest one. */
pg_noreturn extern void option_unknown(OptionScope scope, const char *name);

/*
 * A jsonb object of options as a List of OptionText, checked as
 * options_check() does; value is NULL for null.  palloc'd.
 */
typedef struct OptionText
{
	char	   *name;
	char	   *value;
} OptionText;

extern List *options_to_texts(OptionScope scope, Jsonb *options);

/* "changes" laid over "old": null removes a key.  palloc'd. */
extern Jsonb *options_merge(Jsonb *old, Jsonb *changes);

/*
 * Values, with the default where the object does not hold the key.  "options"
 * may be NULL.  Asking for a name or type that is not in the table is an
 * internal error.
 */
extern int64 option_int(OptionScope scope, Jsonb *options, const char *name);	/* also times, ms; sizes, bytes */
extern char *option_text(OptionScope scope, Jsonb *options, const char *name);	/* palloc'd, or NULL */
extern OptionSpan option_span(OptionScope scope, Jsonb *options, const char *name);
extern bool option_is_set(Jsonb *options, const char *name);
extern List *option_name_list(OptionScope scope, Jsonb *options, const char *name);	/* of char * */

/* The same for the text of a server's or mapping's option; NULL = not given. */
extern int64 option_int_text(OptionScope scope, const char *name, const char *value);
extern bool option_bool_text(OptionScope scope, const char *name, const char *value);

#endif							/* RSFED_OPTIONS_H */
