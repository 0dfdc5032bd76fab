/*-------------------------------------------------------------------------
 *
 * suggest_schedule.c
 *	  Schedules of a suggested rollup, from those of the view that it replaces.
 *
 * Policy: a job of pg_cron is taken over only if PostgreSQL's parser finds
 * that it refreshes this view and does nothing else; any other job that names
 * the view becomes a note.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/resowner.h"

#include "api/script.h"
#include "api/suggest_schedule.h"
#include "base/compat.h"
#include "schedule/schedule.h"

/* The step for attempt(), with its arguments and results. */
typedef struct Attempted
{
	const char *text;
	const char *timezone;
	List	   *statements;
} Attempted;

static void
parse_command(Attempted *attempted)
{
	attempted->statements = pg_parse_query(attempted->text);
}

static void
parse_schedule(Attempted *attempted)
{
	(void) schedule_parse(attempted->text, attempted->timezone);
}

/*
 * Can a text of a user be read?  False only for errors in its syntax and
 * values; all other errors are raised.
 */
static bool
attempt(void (*parse) (Attempted *), Attempted *attempted)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool ok = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		parse(attempted);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		if (code != ERRCODE_SYNTAX_ERROR && code != ERRCODE_INVALID_PARAMETER_VALUE)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		ok = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return ok;
}

/* Is the statement a REFRESH MATERIALIZED VIEW of the relation? */
static bool
refreshes(const Recipe *recipe, const RawStmt *statement)
{
	RangeVar   *relation;

	if (!IsA(statement->stmt, RefreshMatViewStmt))
		return false;
	relation = ((RefreshMatViewStmt *) statement->stmt)->relation;
	return strcmp(relation->relname, recipe->name) == 0 &&
		(relation->schemaname == NULL || strcmp(relation->schemaname, recipe->schema_name) == 0);
}

/* Could such a statement mean another materialized view? */
static bool
is_ambiguous(const Recipe *recipe, const RawStmt *statement)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(recipe->name)};

	return ((RefreshMatViewStmt *) statement->stmt)->relation->schemaname == NULL &&
		list_length(script_texts("SELECT oid FROM pg_class WHERE relname = $1 AND relkind = 'm'", 1, types, values)) > 1;
}

/* Does a text contain the name of the relation as a word, in any case? */
static bool
is_named(const Recipe *recipe, const char *text)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(text), CStringGetTextDatum(recipe->name)};

	return script_text("SELECT 1 WHERE $1 ~* concat('(?<!\\w)', regexp_replace($2, '(\\W)', '\\\\\\1', 'g'), '(?!\\w)')",
					   2, types, values) != NULL;
}

/* The array of names for the option after, as jsonb. */
static char *
after_option(List *rollups)
{
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	foreach(lc, rollups)
	{
		appendStringInfoString(&json, json.len > 0 ? ", " : "{\"after\": [");
		escape_json(&json, lfirst(lc));
	}
	appendStringInfoString(&json, "]}");
	return json.data;
}

/* Adds a statement, or an example of one as a comment. */
static void
write_statement(Suggestion *s, const char *statement, bool is_example)
{
	if (is_example)
		script_commented_out(&s->text, statement);
	else
		appendStringInfo(&s->text, "%s\n", statement);
}

/*
 * Writes one schedule, for all rollups and for the view that comes after them.
 */
static void
write_schedule(Suggestion *s, const char *schedule, const char *timezone, int number, bool follows,
			   bool is_example)
{
	char	   *name = number == 1 ? "" : psprintf(", name => 'refresh %d'", number);
	char	   *zone = strcmp(timezone, "UTC") == 0 ? "" : psprintf(", timezone => %s", quote_literal_cstr(timezone));
	ListCell   *lc;

	foreach(lc, s->rollups)
		write_statement(s, psprintf("SELECT rsfed.schedule_refresh(%s, %s%s%s);",
									quote_literal_cstr(lfirst(lc)), quote_literal_cstr(schedule), name, zone),
						is_example);
	if (!follows)
		return;
	write_statement(s, psprintf("SELECT rsfed.schedule_refresh(%s, %s%s%s, options => %s);",
								quote_literal_cstr(s->recipe->qualified), quote_literal_cstr(schedule), name, zone,
								quote_literal_cstr(after_option(s->rollups))),
					is_example);
}

/* The time zone of pg_cron's schedules; UTC where it is not set. */
static const char *
cron_timezone(void)
{
	const char *zone = GetConfigOptionByName("cron.timezone", NULL, true);

	return zone == NULL || zone[0] == '\0' || pg_strcasecmp(zone, "GMT") == 0 ? "UTC" : zone;
}

/*
 * Values of one column of the jobs that may concern the relation, ordered by
 * job id.  The caller may own the table, so it may contain NULLs: these jobs
 * are left out, because the lists of all columns must have the same length.
 */
static List *
job_texts(const char *column)
{
	return script_texts(psprintf("SELECT %s FROM cron.job WHERE database = current_database()"
								 " AND command ~* '\\mrefresh\\s+materialized\\s+view\\M'"
								 " AND (jobid, schedule, active) IS NOT NULL ORDER BY jobid", column),
						0, NULL, NULL);
}

/* Returns whether the new schedules replace the job. */
static bool
write_job(Suggestion *s, const char *id, const char *schedule, const char *command, bool active,
		  int number, bool follows)
{
	Attempted	job = {.text = command};
	Attempted	times = {.text = schedule,.timezone = cron_timezone()};
	bool		concerns = false;
	bool		is_plain = true;
	ListCell   *lc;

	if (attempt(parse_command, &job))
	{
		foreach(lc, job.statements)
		{
			concerns |= refreshes(s->recipe, lfirst_node(RawStmt, lc));
			is_plain &= IsA(lfirst_node(RawStmt, lc)->stmt, RefreshMatViewStmt);
		}
	}
	else
		is_plain = false;
	if (!concerns)
	{
		if (!is_plain && is_named(s->recipe, command))
			suggest_note(s, "Job %s of pg_cron (%s) names the view, but is more than a plain refresh: see whether it will fail.", id, schedule);
		return false;
	}
	if (list_length(job.statements) > 1)
	{
		suggest_note(s, "Job %s of pg_cron does more than refresh the view, and will fail: change it, and schedule the rollup as it had it (%s).",
					 id, schedule);
		return false;
	}
	if (is_ambiguous(s->recipe, linitial_node(RawStmt, job.statements)))
		suggest_note(s, "Job %s of pg_cron names the view without its schema: see that it is this one.", id);
	/*
	 * regardless of its schedule: there is nothing left that it could refresh
	 */
	script_become(&s->text, &s->role, GetUserId());
	appendStringInfo(&s->text, "SELECT cron.unschedule(jobid) FROM cron.job WHERE jobid = %s;\n", id);
	if (!attempt(parse_schedule, &times))
	{
		suggest_note(s, "Job %s of pg_cron ends, but its schedule (%s) is none that rsfed knows: schedule the rollup yourself.",
					 id, schedule);
		return false;
	}
	if (active)
		write_schedule(s, schedule, times.timezone, number, follows, false);
	else
		suggest_note(s, "Job %s of pg_cron (%s) is not active: it ends, and the rollup gets no schedule from it.", id, schedule);
	return active;
}

/*
 * Is there a table of jobs that the caller may read?  Any user who may create
 * a schema can make a table of that name, so it must belong to a superuser and
 * contain no code.
 */
static bool
has_cron(void)
{
	return script_text("SELECT 1 FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass('cron.job')"
					   " AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
					   " AND c.relkind = 'r' AND (r.rolsuper OR r.rolname = current_user)", 0, NULL, NULL) != NULL;
}

void
suggest_schedules(Suggestion *s, bool follows, bool has_others)
{
	bool		found = has_others;
	int			number = 1;

	if (has_cron())
	{
		List	   *ids = job_texts("jobid");
		char	   *role = script_text("SELECT quote_ident(current_user) WHERE row_security_active('cron.job'::regclass)", 0, NULL, NULL);
		List	   *schedules = job_texts("schedule");
		List	   *commands = job_texts("command");
		List	   *active = job_texts("active");

		if (role != NULL && s->recipe->relkind == 'm')
			suggest_note(s, "Only jobs of role %s are visible in cron.job: jobs of other roles that refresh the view must end.", role);
		for (int i = 0; i < list_length(ids); i++)
		{
			if (write_job(s, list_nth(ids, i), list_nth(schedules, i), list_nth(commands, i),
						  strcmp(list_nth(active, i), "t") == 0, number, follows))
			{
				found = true;
				number++;
			}
		}
	}
	else if (s->recipe->relkind == 'm')
		suggest_note(s, "The jobs of pg_cron are not in this database, or not yours to read: jobs elsewhere that refresh the view must end.");
	if (found)
		return;
	script_comment(&s->text, "No job was found that says how often; for example:");
	write_schedule(s, "15 minutes", "UTC", 1, follows, true);
}

bool
suggest_own_schedules(Suggestion *s, Oid relid, const char *new_relation, const char *kept_relation,
					  bool is_table)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID, BOOLOID};
	Datum		values[4];
	int			length = s->text.len;
	ListCell   *lc;

	values[0] = ObjectIdGetDatum(relid);
	values[1] = CStringGetTextDatum(new_relation);
	values[2] = CStringGetTextDatum(kept_relation);
	values[3] = BoolGetDatum(is_table);
	script_lines(&s->text,
				 "SELECT format(E'SELECT rsfed.schedule_refresh(%L, %L, %L, method => %L, timezone => %L, options => %L);\\n"
				 "SELECT rsfed.unschedule_refresh(%L, %L);', $2, schedule, name, CASE WHEN NOT $4 THEN method END,"
				 " timezone, options, $3, name) FROM rsfed.schedules WHERE relation = $1 ORDER BY name",
				 4, types, values, false);
	foreach(lc, script_texts("SELECT quote_ident(name) FROM rsfed.schedules WHERE relation = $1 AND after IS NOT NULL"
							 " AND $2 <> '' AND $3 <> '' AND $4 IS NOT NULL ORDER BY name", 4, types, values))
		suggest_note(s, "Schedule %s of %s came after others: set its option after again.", (char *) lfirst(lc), new_relation);
	return s->text.len > length;
}
