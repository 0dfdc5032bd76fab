/*-------------------------------------------------------------------------
 *
 * run_settings.c
 *	  Settings that are pinned while rsfed works, and why.
 *
 * Policy: a run must not depend on who starts it, nor on settings that are
 * meant for people.  A setting is pinned if another value would change the
 * content, raise an error, make the run wait without end, or produce words
 * that rsfed does not recognize.  The database keeps the resources that a DBA
 * assigns (memory, parallel workers, costs), the settings for the log and for
 * durability, and the settings of a region that matter to the query of a
 * materialized view (TimeZone, lc_*, default_text_search_config, the order of
 * day and month in DateStyle).  doc/settings.md gives the reason for each.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/run_settings.h"

static const RunSetting settings[] =
{
	/* the conversion of values to text and of text to values */
	{RUN_SETTING_EVERYWHERE, "DateStyle", "ISO",
	"Dates and times as text would look otherwise; the order of day and month that is read stays the database's."},
	{RUN_SETTING_EVERYWHERE, "IntervalStyle", "postgres",
	"Intervals as text would look otherwise."},
	{RUN_SETTING_EVERYWHERE, "extra_float_digits", "1",
	"Floats as text would lose digits, and rsfed.compare would show unequal ones alike."},
	{RUN_SETTING_EVERYWHERE, "bytea_output", "hex",
	"Bytes as text would look otherwise."},
	{RUN_SETTING_EVERYWHERE, "xmlbinary", "base64",
	"Bytes in XML would look otherwise."},
	{RUN_SETTING_EVERYWHERE, "xmloption", "content",
	"Text that is no document could not be cast to xml."},
	{RUN_SETTING_EVERYWHERE, "array_nulls", "on",
	"NULL in the text of an array would be read as a word."},

	/* how SQL is read and written */
	{RUN_SETTING_EVERYWHERE, "quote_all_identifiers", "off",
	"REFRESH MATERIALIZED VIEW CONCURRENTLY fails in PostgreSQL itself (42601)."},
	{RUN_SETTING_EVERYWHERE, "standard_conforming_strings", "on",
	"A backslash in the option check would be an escape."},
	{RUN_SETTING_EVERYWHERE, "backslash_quote", "safe_encoding",
	"The same text would be read otherwise, or not at all."},
	{RUN_SETTING_EVERYWHERE, "transform_null_equals", "off",
	"x = NULL in the option check would mean x IS NULL."},

	/* visibility of rows, and rules */
	{RUN_SETTING_EVERYWHERE, "row_security", "on",
	"A query that row security filters would be an error."},
	{RUN_SETTING_EVERYWHERE, "restrict_nonsystem_relation_kind", "",
	"Views and foreign tables in the query of a materialized view would be an error."},
	{RUN_SETTING_EVERYWHERE, "session_replication_role", "origin",
	"Foreign keys would neither be checked nor followed."},
	{RUN_SETTING_EVERYWHERE, "gin_fuzzy_search_limit", "0",
	"A query that uses a GIN index would find a random part of its rows."},
	{RUN_SETTING_EVERYWHERE, "default_table_access_method", "heap",
	"The temporary tables of REFRESH MATERIALIZED VIEW CONCURRENTLY would be of another kind."},

	/* the handling of errors */
	{RUN_SETTING_EVERYWHERE, "exit_on_error", "off",
	"An error that a run can recover from or write down would end its process."},
	{RUN_SETTING_EVERYWHERE, "lc_messages", "C",
	"Errors that a retry or a hint depends on would not be recognized, and rsfed.runs would mix languages."},

	/*
	 * Plans of rsfed's own statements, which look up single rows.  The planner
	 * adds so high a cost to a plan type that is switched off that JIT would
	 * compile the rest, too.
	 */
	{RUN_SETTING_PLANS, "enable_bitmapscan", "on", "Bookkeeping would read whole tables."},
	{RUN_SETTING_PLANS, "enable_hashagg", "on", "Bookkeeping would sort more."},
	{RUN_SETTING_PLANS, "enable_hashjoin", "on", "Bookkeeping would join more slowly."},
	{RUN_SETTING_PLANS, "enable_indexonlyscan", "on", "Bookkeeping would read more."},
	{RUN_SETTING_PLANS, "enable_indexscan", "on", "Bookkeeping would read whole tables."},
	{RUN_SETTING_PLANS, "enable_material", "on", "Bookkeeping would read more often."},
	{RUN_SETTING_PLANS, "enable_memoize", "on", "Bookkeeping would read more often."},
	{RUN_SETTING_PLANS, "enable_mergejoin", "on", "Bookkeeping would join more slowly."},
	{RUN_SETTING_PLANS, "enable_nestloop", "on", "Bookkeeping would join whole tables."},
	{RUN_SETTING_PLANS, "enable_seqscan", "on", "Bookkeeping would avoid the cheapest way to read a small table."},
	{RUN_SETTING_PLANS, "enable_sort", "on", "Bookkeeping would read by an index instead."},
	/* the name since 16, and the one before */
	{RUN_SETTING_PLANS, "debug_parallel_query", "off", "Bookkeeping would start a process for each look-up."},
	{RUN_SETTING_PLANS, "force_parallel_mode", "off", "Bookkeeping would start a process for each look-up."},
	{RUN_SETTING_PLANS, "jit", "off", "Compiling takes longer than bookkeeping does."},
	{RUN_SETTING_PLANS, "plan_cache_mode", "auto", "Each statement of bookkeeping would be planned each time."},

	/* limits and defaults that are meant for people's sessions */
	{RUN_SETTING_WORKERS, "search_path", "pg_catalog, pg_temp",
	"A name without a schema could be anybody's object."},
	{RUN_SETTING_WORKERS, "role", "none",
	"Workers would act as that role; a run acts as the owner of its relation."},
	{RUN_SETTING_WORKERS, "default_transaction_read_only", "off",
	"Nothing could be written."},
	{RUN_SETTING_WORKERS, "default_transaction_isolation", "read committed",
	"A worker would not see what was committed since its transaction began."},
	{RUN_SETTING_WORKERS, "default_transaction_deferrable", "off",
	"A transaction would wait for others to end."},
	{RUN_SETTING_WORKERS, "statement_timeout", "0",
	"Long runs would be cancelled; the option run_timeout of a schedule is the limit of a run."},
	{RUN_SETTING_WORKERS, "lock_timeout", "0",
	"Runs of one relation, which wait for each other, would fail."},
	{RUN_SETTING_WORKERS, "idle_in_transaction_session_timeout", "0",
	"A worker would be ended while Redshift works."},
	{RUN_SETTING_WORKERS, "transaction_timeout", "0",
	"A worker would be ended in the middle of a long run."},
};

/*
 * The values of RUN_SETTING_PLANS that were found, by process and by run;
 * NULL: the pinned value.
 */
static char *found_by_process[lengthof(settings)];
static char *found_by_run[lengthof(settings)];

const RunSetting *
run_settings(int *count)
{
	*count = lengthof(settings);
	return settings;
}

const char *
run_setting_scope_name(RunSettingScope scope)
{
	switch (scope)
	{
		case RUN_SETTING_EVERYWHERE:
			return "run";
		case RUN_SETTING_PLANS:
			return "plan";
		case RUN_SETTING_WORKERS:
			return "worker";
	}
	elog(ERROR, "unrecognized scope of a setting: %d", (int) scope);
	return NULL;				/* keep the compiler quiet */
}

/*
 * Does the setting have another value?  False if this version does not have
 * it.  A value of DateStyle may be one of its two words.
 */
static bool
differs(const RunSetting *setting)
{
	const char *now = GetConfigOption(setting->name, true, false);
	size_t		length = strlen(setting->value);

	return now != NULL && strcmp(now, setting->value) != 0 &&
		!(length > 0 && strncmp(now, setting->value, length) == 0 && now[length] == ',');
}

/* Keeps the value that a setting has now, if that is another than the pinned one. */
static void
keep(char **found, const RunSetting *setting)
{
	if (*found != NULL)
		pfree(*found);
	*found = differs(setting)
		? MemoryContextStrdup(TopMemoryContext, GetConfigOption(setting->name, false, false)) : NULL;
}

/* Sets it for the present nest level. */
static void
set_for_now(const char *name, const char *value)
{
	/* only superusers may set some of them: rsfed sets them, not the user */
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
run_settings_pin_process(void)
{
	for (int i = 0; i < lengthof(settings); i++)
	{
		const RunSetting *setting = &settings[i];

		if (setting->scope == RUN_SETTING_PLANS)
			keep(&found_by_process[i], setting);
		if (GetConfigOption(setting->name, true, false) != NULL)
			SetConfigOption(setting->name, setting->value, PGC_SUSET, PGC_S_OVERRIDE);
	}
}

int
run_settings_pin(void)
{
	int			nestlevel = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
	{
		const RunSetting *setting = &settings[i];

		if (setting->scope == RUN_SETTING_WORKERS)
			continue;
		if (setting->scope == RUN_SETTING_PLANS)
			keep(&found_by_run[i], setting);
		if (differs(setting))
			set_for_now(setting->name, setting->value);
	}
	return nestlevel;
}

void
run_settings_unpin(int nestlevel)
{
	AtEOXact_GUC(false, nestlevel);
}

void
run_settings_lend_plans(void)
{
	for (int i = 0; i < lengthof(settings); i++)
	{
		const char *value = found_by_run[i] != NULL ? found_by_run[i] : found_by_process[i];

		if (value != NULL)
			set_for_now(settings[i].name, value);
	}
}
