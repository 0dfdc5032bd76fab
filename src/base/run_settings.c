/*-------------------------------------------------------------------------
 *
 * run_settings.c
 *	  Settings that are pinned while rsfed works, and why.
 *
 * Policy: what a run does must not depend on who starts it, nor on settings that
 * were made for people.  Pinned is what would make another content, an error, a
 * wait without end, or words that nothing recognizes, of the same run.  Left to
 * the database are the amounts that a DBA gives away (memory, parallel workers,
 * costs), what is written to the log, durability, and what a region means for the
 * query of a materialized view (TimeZone, lc_*, default_text_search_config, the
 * order of day and month in DateStyle).  doc/settings.md says so for each.
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
	/* how a value looks as text, and how text becomes a value */
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

	/* which rows and rules count */
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

	/* what becomes of an error */
	{RUN_SETTING_EVERYWHERE, "exit_on_error", "off",
	"An error that a run can recover from or write down would end its process."},
	{RUN_SETTING_EVERYWHERE, "lc_messages", "C",
	"Errors that a retry or a hint depends on would not be recognized, and rsfed.runs would mix languages."},

	/*
	 * Plans of rsfed's own statements, which look up single rows.  What is switched
	 * off costs so much in the planner's eyes that it has the rest compiled, too.
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
	/* the name from 16 on, and the one before */
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

/* What was found of RUN_SETTING_PLANS, by process and by run; NULL: what is pinned. */
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
 * Has the setting another value?  False where this version lacks it.  A value of
 * DateStyle may be one of its two words.
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
	/* some are superusers' to set: it is us who set it, not the user */
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
