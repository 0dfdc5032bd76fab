/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Options of servers, groups, credentials, rollups and schedules.
 *
 * Policy: one table says everything about an option, and nothing about it is
 * said elsewhere: the validator of the wrapper, the jsonb arguments, the view
 * rsfed.options and the code that reads a value all look here.  Options are
 * as strict as settings: a misspelt name or a wrong unit is an error, never
 * ignored, because the one who wrote it believes that it works.
 *
 * Values stay as they were written (text in a server's or mapping's OPTIONS,
 * JSON in the catalog) and are parsed when they are read, so that what \des+
 * and pg_dump show is what was typed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"

#define MS_PER_DAY	INT64CONST(86400000)

static const OptionSpec option_specs[] =
{
	/* servers: where it is */
	{OPTION_SERVER, "host", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Name or address of the cluster or workgroup."},
	{OPTION_SERVER, "hostaddr", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Address to connect to instead of resolving host, which the certificate is still checked against."},
	{OPTION_SERVER, "port", OPTION_INTEGER, "5439", NULL, 1, 65535, NULL, false,
	"TCP port."},
	{OPTION_SERVER, "dbname", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Database in the warehouse."},

	/* servers: TLS */
	{OPTION_SERVER, "sslmode", OPTION_STRING, "verify-full", NULL, 0, 0,
		"disable, allow, prefer, require, verify-ca, verify-full", false,
	"How far the connection is encrypted and the certificate checked."},
	{OPTION_SERVER, "sslrootcert", OPTION_STRING, NULL, NULL, 0, 0, NULL, true,
	"File of the certificate authorities; by default the setting rsfed.ssl_root_cert."},
	{OPTION_SERVER, "sslsni", OPTION_INTEGER, "1", NULL, 0, 1, NULL, false,
	"Sends the host's name when TLS begins."},
	{OPTION_SERVER, "ssl_min_protocol_version", OPTION_STRING, "TLSv1.2", NULL, 0, 0,
		"TLSv1, TLSv1.1, TLSv1.2, TLSv1.3", false,
	"Lowest TLS version to accept."},
	{OPTION_SERVER, "ssl_max_protocol_version", OPTION_STRING, NULL, NULL, 0, 0,
		"TLSv1, TLSv1.1, TLSv1.2, TLSv1.3", false,
	"Highest TLS version to offer."},

	/* servers: the connection */
	{OPTION_SERVER, "application_name", OPTION_STRING, "rsfed", NULL, 0, 0, NULL, false,
	"What the warehouse shows as the application."},
	{OPTION_SERVER, "connect_timeout", OPTION_INTEGER, "10", "s", 1, 3600, NULL, false,
	"Seconds from name resolution to log-in, all addresses together; a plain number, as libpq reads it."},
	{OPTION_SERVER, "keepalives", OPTION_INTEGER, "1", NULL, 0, 1, NULL, false,
	"Sends TCP keep-alives, so that firewalls do not forget a connection that waits for a long query."},
	{OPTION_SERVER, "keepalives_idle", OPTION_INTEGER, "60", "s", 0, 86400, NULL, false,
	"Seconds of silence before the first TCP keep-alive; a plain number."},
	{OPTION_SERVER, "keepalives_interval", OPTION_INTEGER, "20", "s", 0, 86400, NULL, false,
	"Seconds between TCP keep-alives that are not answered; a plain number."},
	{OPTION_SERVER, "keepalives_count", OPTION_INTEGER, "5", NULL, 0, 1000, NULL, false,
	"Unanswered TCP keep-alives after which the connection is given up."},
	{OPTION_SERVER, "tcp_user_timeout", OPTION_INTEGER, "60000", "ms", 0, INT_MAX, NULL, false,
	"Milliseconds that sent data may stay unacknowledged; a plain number."},

	/* servers: the session */
	{OPTION_SERVER, "statement_timeout", OPTION_TIME, "15min", "ms", 0, INT_MAX, NULL, false,
	"Time after which Redshift ends a statement, waiting in its queue included; 0 means none."},
	{OPTION_SERVER, "stall_timeout", OPTION_TIME, "60s", "s", 0, INT_MAX, NULL, false,
	"Longest silence in the middle of a result, or after statement_timeout, before it is given up; 0 means any."},
	{OPTION_SERVER, "search_path", OPTION_STRING, "\"$user\", public", NULL, 0, 0, NULL, false,
	"Schemas in which Redshift looks for unqualified names; it never finds external schemas so."},
	{OPTION_SERVER, "enable_case_sensitive_identifier", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether Redshift keeps upper and lower case of quoted names."},

	/* servers: how many at a time */
	{OPTION_SERVER, "max_runs", OPTION_INTEGER, "0", NULL, 0, 1000, NULL, false,
	"Refreshes that background workers run there at the same time; 0 means as many as rsfed.max_workers allows."},

	/* servers: what runs cost */
	{OPTION_SERVER, "gather_costs", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether the history of the warehouse is asked what runs have read and taken, many runs at a time, for rsfed.costs."},
	{OPTION_SERVER, "rpus", OPTION_INTEGER, "0", NULL, 0, 1024, NULL, false,
	"Base capacity of a serverless workgroup, which is billed for its time and not for what it reads; 0 for a cluster."},

	/* groups */
	{OPTION_GROUP, "strategy", OPTION_STRING, "weighted", NULL, 0, 0, "weighted, failover, least_busy", false,
	"How a member is chosen for each statement: by turns, each as often as its weight says; the healthy one of the lowest priority; or the one with the fewest statements for its weight. A server with this option is a group."},
	{OPTION_GROUP, "retry_delay", OPTION_TIME, "5s", "ms", 0, MS_PER_DAY, NULL, false,
	"How long a member that failed is passed over, before one statement tries it again; twice as long after each further failure."},
	{OPTION_GROUP, "retry_max_delay", OPTION_TIME, "5min", "ms", 0, MS_PER_DAY, NULL, false,
	"Longest time that a member which goes on failing is passed over."},

	/* credentials */
	{OPTION_CREDENTIALS, "user", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"User in the warehouse."},
	{OPTION_CREDENTIALS, "password", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"The user's password."},
	{OPTION_CREDENTIALS, "credentials_file", OPTION_STRING, NULL, NULL, 0, 0, NULL, true,
	"File read at each connect: a password, or the JSON that the AWS command line prints for temporary credentials."},
	{OPTION_CREDENTIALS, "valid_until", OPTION_TIMESTAMP, NULL, NULL, 0, 0, NULL, false,
	"When the password expires."},
	{OPTION_CREDENTIALS, "password_required", OPTION_BOOLEAN, "on", NULL, 0, 0, NULL, true,
	"Whether a role that is not superuser must log in by password."},
	{OPTION_CREDENTIALS, "sslcert", OPTION_STRING, NULL, NULL, 0, 0, NULL, true,
	"File of a client certificate."},
	{OPTION_CREDENTIALS, "sslkey", OPTION_STRING, NULL, NULL, 0, 0, NULL, true,
	"File of the client certificate's key."},

	/* rollups */
	{OPTION_ROLLUP, "fillfactor", OPTION_INTEGER, "90", NULL, 10, 100, NULL, false,
	"How full, in percent, the table's pages are written."},
	{OPTION_ROLLUP, "max_result_rows", OPTION_INTEGER, NULL, NULL, 0, INT_MAX, NULL, false,
	"Rows after which a refresh is ended as a mistake; by default the setting rsfed.max_result_rows, 0 means any number."},
	{OPTION_ROLLUP, "not_null", OPTION_NAMES, NULL, NULL, 0, 0, NULL, false,
	"Columns that must not be NULL; with all columns of the key among them, the key becomes a primary key."},
	{OPTION_ROLLUP, "float_digits", OPTION_INTEGER, NULL, NULL, 1, 17, NULL, false,
	"Significant digits of floats outside the key that count: a value that agrees with the stored one in them is not written; by default all."},
	{OPTION_ROLLUP, "probe", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"A cheap query asked before each refresh; while its answer is the one of the last refresh, nothing else is done."},

	/* rollups: over a lake */
	{OPTION_ROLLUP, "lake_table", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"External table, as \"schema.table\", of which a refresh reads only the partitions that are new, changed or gone; goes with method merge."},
	{OPTION_ROLLUP, "lake_key", OPTION_MAP, NULL, NULL, 0, 0, NULL, false,
	"For partition keys of lake_table the column of the rollup's key that holds their value: {\"saledate\": \"day\"}."},

	/* rollups: method window */
	{OPTION_ROLLUP, "window_column", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Column of the key that the window runs over; by default the key's only date or timestamp."},
	{OPTION_ROLLUP, "bucket", OPTION_SPAN, "1 day", NULL, 1, 0, NULL, false,
	"Length of the pieces that are refreshed as a whole: \"15 min\", \"1 hour\", \"1 day\", \"1 week\", \"1 month\"; a number for integers."},
	{OPTION_ROLLUP, "lookback", OPTION_SPAN, "0", NULL, 0, 0, NULL, false,
	"How far before the watermark a refresh reads again, for rows that come late."},
	{OPTION_ROLLUP, "settle", OPTION_SPAN, "0", NULL, 0, 0, NULL, false,
	"Data younger than that is not taken as complete."},
	{OPTION_ROLLUP, "tail", OPTION_STRING, "closed", NULL, 0, 0, "closed, open", false,
	"Whether the buckets that are not complete yet are shown, and read again each time."},
	{OPTION_ROLLUP, "start", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"The oldest value that the rollup holds; by default everything that there is."},
	{OPTION_ROLLUP, "retain", OPTION_SPAN, NULL, NULL, 1, 0, NULL, false,
	"Age at which buckets are deleted here; they never come back."},
	{OPTION_ROLLUP, "batch", OPTION_SPAN, NULL, NULL, 1, 0, NULL, false,
	"How much of the window one query of a backfill covers, committed one by one; by default all at once."},
	{OPTION_ROLLUP, "batch_order", OPTION_STRING, "newest", NULL, 0, 0, "newest, oldest", false,
	"Which end a backfill begins with."},
	{OPTION_ROLLUP, "batch_pause", OPTION_TIME, "0", "ms", 0, MS_PER_DAY, NULL, false,
	"Pause between two batches."},

	/* rollups: the gate */
	{OPTION_ROLLUP, "min_rows", OPTION_INTEGER, NULL, NULL, 0, INT_MAX, NULL, false,
	"Content with fewer rows is refused."},
	{OPTION_ROLLUP, "max_rows", OPTION_INTEGER, NULL, NULL, 0, INT_MAX, NULL, false,
	"Content with more rows is refused."},
	{OPTION_ROLLUP, "max_shrink_percent", OPTION_INTEGER, NULL, NULL, 0, 100, NULL, false,
	"Content that lost more than that part of its rows is refused."},
	{OPTION_ROLLUP, "max_change_percent", OPTION_INTEGER, NULL, NULL, 0, INT_MAX, NULL, false,
	"Content of which more rows came, changed or went, measured by the rows before, is refused."},
	{OPTION_ROLLUP, "check", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"A local SQL expression over the relations old_rows and new_rows; content for which it is false is refused."},

	/* schedules */
	{OPTION_SCHEDULE, "missed", OPTION_STRING, "once", NULL, 0, 0, "once, skip", false,
	"A time that nothing could serve for a minute, because the server was down or the relation paused: runs once afterwards, or not at all."},
	{OPTION_SCHEDULE, "overlap", OPTION_STRING, "skip", NULL, 0, 0, "skip, queue_one", false,
	"A time that comes while the run before it works: is skipped, or waits for its end; a second one never waits."},
	{OPTION_SCHEDULE, "retries", OPTION_INTEGER, "3", NULL, 0, 100, NULL, false,
	"How often a run is tried again after a failure that may pass."},
	{OPTION_SCHEDULE, "retry_delay", OPTION_TIME, "30s", "ms", 0, MS_PER_DAY, NULL, false,
	"Time before the first retry; one whose process died is tried again at once."},
	{OPTION_SCHEDULE, "retry_factor", OPTION_INTEGER, "2", NULL, 1, 100, NULL, false,
	"How much longer each further retry waits."},
	{OPTION_SCHEDULE, "retry_max_delay", OPTION_TIME, "15min", "ms", 0, MS_PER_DAY, NULL, false,
	"Longest time before a retry, the first one included."},
	{OPTION_SCHEDULE, "retry_jitter", OPTION_INTEGER, "20", "%", 0, 100, NULL, false,
	"How much of the time before a retry is left off at random, so that many do not come back at once."},
	{OPTION_SCHEDULE, "queue_timeout", OPTION_TIME, "0", "ms", 0, 7 * MS_PER_DAY, NULL, false,
	"Time after which a run that no worker took is skipped; 0 means none."},
	{OPTION_SCHEDULE, "remote_timeout", OPTION_TIME, "0", "ms", 0, INT_MAX, NULL, false,
	"Time after which Redshift ends a statement of these runs; 0, and what is longer, leaves it at the server's statement_timeout."},
	{OPTION_SCHEDULE, "run_timeout", OPTION_TIME, "0", "ms", 0, 7 * MS_PER_DAY, NULL, false,
	"Time after which a run of the schedule is cancelled; 0 means none."},
	{OPTION_SCHEDULE, "start_jitter", OPTION_TIME, "0", "ms", 0, MS_PER_DAY, NULL, false,
	"Up to so much later, at random, a run begins."},
	{OPTION_SCHEDULE, "max_failures", OPTION_INTEGER, "0", NULL, 0, INT_MAX, NULL, false,
	"Times in a row that ended in a failure, retries included, after which the schedule pauses itself; 0 means never."},
	{OPTION_SCHEDULE, "priority", OPTION_INTEGER, "0", NULL, -100, 100, NULL, false,
	"Runs of a greater one go first; a step makes up for 10 minutes of waiting."},
	{OPTION_SCHEDULE, "since", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Redoes a window from there on, as CALL rsfed.refresh(since => ...): a value, or \"3 days ago\"."},
	{OPTION_SCHEDULE, "until", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Redoes a window up to there; a value, or \"1 day ago\"."},
	{OPTION_SCHEDULE, "member", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"The one member of the rollup's group at which these runs ask."},
	{OPTION_SCHEDULE, "not_members", OPTION_NAMES, NULL, NULL, 0, 0, NULL, false,
	"Members of the rollup's group at which these runs do not ask."},
	{OPTION_SCHEDULE, "after", OPTION_NAMES, NULL, NULL, 0, 0, NULL, false,
	"Schedules that must have succeeded first, as [\"relation\"], [\"relation/name\"] or [\"set name\"]; shown in the column after of rsfed.schedules."},

	/* external schemas: what rsfed.create_external_schema() has no argument for */
	{OPTION_EXTERNAL_SCHEMA, "catalog", OPTION_STRING, "glue", NULL, 0, 0, "glue, hive, redshift", false,
	"What the external database is in: the AWS Glue Data Catalog, a Hive metastore, or Redshift itself (a datashare, another database)."},
	{OPTION_EXTERNAL_SCHEMA, "catalog_role", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"ARN of the role that reads the data catalog, if that is another one than iam_role."},
	{OPTION_EXTERNAL_SCHEMA, "catalog_id", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"AWS account of the data catalog, if that is another one; needs the iam_role SESSION."},
	{OPTION_EXTERNAL_SCHEMA, "create_database", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Makes the external database in the data catalog if it is not there."},
	{OPTION_EXTERNAL_SCHEMA, "uri", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Name or address of the Hive metastore."},
	{OPTION_EXTERNAL_SCHEMA, "port", OPTION_INTEGER, "9083", NULL, 1, 65535, NULL, false,
	"Port of the Hive metastore."},
	{OPTION_EXTERNAL_SCHEMA, "schema", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Schema in the other database, with catalog redshift."},

	/* publications: what rsfed.publish() has no argument for */
	{OPTION_PUBLICATION, "sets", OPTION_NAMES, NULL, NULL, 0, 0, NULL, false,
	"Sets whose members are published, too."},
	{OPTION_PUBLICATION, "messages", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether subscribers are shown SQLSTATE and message of the last failure, which may name things of the warehouse."},
	{OPTION_PUBLICATION, "unchecked", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Publishes new columns although a subscriber is not known to have them, or is not connected."},
};

static char *jsonb_value_text(const JsonbValue *value);
static void check_value(const OptionSpec *spec, const JsonbValue *value);
static void check_names(const OptionSpec *spec, JsonbContainer *array);
static void check_map(const OptionSpec *spec, JsonbContainer *object);
static void check_span(const OptionSpec *spec, const char *value);
static bool parse_whole_number(const char *value, int64 *result);
static bool parse_number(const OptionSpec *spec, const char *value, int64 *result, const char **hint);
pg_noreturn static void refuse_value(const OptionSpec *spec, const char *value, const char *hint);
static char *get_text(OptionScope scope, Jsonb *options, const char *name, const OptionSpec **spec);
static const OptionSpec *need_spec(OptionScope scope, const char *name);

/* The whole table, for the view; static memory. */
const OptionSpec *
option_table(int *count)
{
	*count = lengthof(option_specs);
	return option_specs;
}

/* The word for a scope in messages and in the view; static memory. */
const char *
option_scope_name(OptionScope scope)
{
	switch (scope)
	{
		case OPTION_SERVER:
			return "server";
		case OPTION_GROUP:
			return "group";
		case OPTION_CREDENTIALS:
			return "credentials";
		case OPTION_ROLLUP:
			return "rollup";
		case OPTION_SCHEDULE:
			return "schedule";
		case OPTION_EXTERNAL_SCHEMA:
			return "external";
		case OPTION_PUBLICATION:
			return "publication";
	}
	elog(ERROR, "unrecognized option scope: %d", (int) scope);
	return NULL;				/* keep the compiler quiet */
}

/* The option's row in the table, or NULL. */
const OptionSpec *
option_find(OptionScope scope, const char *name)
{
	for (int i = 0; i < lengthof(option_specs); i++)
	{
		if (option_specs[i].scope == scope && strcmp(option_specs[i].name, name) == 0)
			return &option_specs[i];
	}
	return NULL;
}

/* Names of all options of a scope, in the table's order; the list is palloc'd. */
List *
option_names(OptionScope scope)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(option_specs); i++)
	{
		if (option_specs[i].scope == scope)
			names = lappend(names, unconstify(char *, option_specs[i].name));
	}
	return names;
}

/* Raises 22023 for a name that is not in the table, with the nearest one. */
void
option_unknown(OptionScope scope, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s option \"%s\"", option_scope_name(scope), name),
			 errhint("%s", unknown_name_hint(name, option_names(scope), "options"))));
}

/*
 * Checks a jsonb object of options against the table.  Raises 22023 for what
 * is no object, an unknown key, or a value outside the type, unit or range.
 */
void
options_check(OptionScope scope, Jsonb *options)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	const OptionSpec *spec = NULL;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("Write them as '{\"name\": \"value\"}'; valid %s options: see the view rsfed.options.",
						 option_scope_name(scope))));

	it = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(value.val.string.val, value.val.string.len);

			spec = option_find(scope, name);
			if (spec == NULL)
				option_unknown(scope, name);
		}
		else if (token == WJB_VALUE)
			check_value(spec, &value);
	}
}

/*
 * A jsonb object of options as a List of OptionText in the current context,
 * checked as options_check() does; the value of a null is NULL.
 */
List *
options_to_texts(OptionScope scope, Jsonb *options)
{
	List	   *texts = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;
	OptionText *current = NULL;

	options_check(scope, options);
	it = JsonbIteratorInit(&options->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			current = palloc0(sizeof(OptionText));
			current->name = pnstrdup(value.val.string.val, value.val.string.len);
			texts = lappend(texts, current);
		}
		else if (token == WJB_VALUE && value.type != jbvNull)
			current->value = jsonb_value_text(&value);
	}
	return texts;
}

/* Checks one value of a jsonb object; null is always allowed. */
static void
check_value(const OptionSpec *spec, const JsonbValue *value)
{
	if (value->type == jbvNull)
		return;

	if (spec->type == OPTION_NAMES)
	{
		if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) ||
			JsonContainerIsScalar(value->val.binary.data))
			refuse_value(spec, NULL, "It takes a JSON array of names.");
		check_names(spec, value->val.binary.data);
		return;
	}
	if (spec->type == OPTION_MAP)
	{
		if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
			refuse_value(spec, NULL, "It takes a JSON object: a name for each name.");
		check_map(spec, value->val.binary.data);
		return;
	}
	if (value->type == jbvBinary)
		refuse_value(spec, NULL, "It takes a single value, not an array or an object.");
	option_check_text(spec, jsonb_value_text(value));
}

/* Checks that a JSON array holds strings only. */
static void
check_names(const OptionSpec *spec, JsonbContainer *array)
{
	uint32		count = JsonContainerSize(array);

	for (uint32 i = 0; i < count; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvString)
			refuse_value(spec, NULL, "Each element must be a string: a name.");
	}
}

/* Raises 22023 unless the object has members, and each is a string. */
static void
check_map(const OptionSpec *spec, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	int			members = 0;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_VALUE)
			continue;
		if (value.type != jbvString)
			refuse_value(spec, NULL, "Each member must be a string: a name.");
		members++;
	}
	if (members == 0)
		refuse_value(spec, NULL, "It needs one name at least.");
}

/* A scalar of a jsonb object as the text one would write; palloc'd. */
static char *
jsonb_value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvBool:
			return pstrdup(value->val.boolean ? "on" : "off");
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		default:
			elog(ERROR, "unexpected type of an option's value: %d", (int) value->type);
	}
	return NULL;				/* keep the compiler quiet */
}

/*
 * Checks one option given as text.  Raises 22023 if the value is outside the
 * option's type, unit or range.
 */
void
option_check_text(const OptionSpec *spec, const char *value)
{
	int64		number;
	bool		flag;
	const char *hint = NULL;

	switch (spec->type)
	{
		case OPTION_BOOLEAN:
			if (!parse_bool(value, &flag))
				refuse_value(spec, value, "It takes on or off.");
			break;
		case OPTION_INTEGER:
		case OPTION_TIME:
			if (!parse_number(spec, value, &number, &hint))
				refuse_value(spec, value, hint);
			if (number < spec->min_value || number > spec->max_value)
			{
				const char *unit = spec->type == OPTION_TIME ? " ms" : "";

				refuse_value(spec, value,
							 psprintf("The valid range is " INT64_FORMAT "%s to " INT64_FORMAT "%s.",
									  spec->min_value, unit, spec->max_value, unit));
			}
			break;
		case OPTION_STRING:
			if (spec->allowed != NULL)
			{
				List	   *words;
				ListCell   *lc;

				if (!SplitGUCList(pstrdup(spec->allowed), ',', &words))
					elog(ERROR, "invalid list of values of option \"%s\"", spec->name);
				foreach(lc, words)
				{
					if (strcmp(lfirst(lc), value) == 0)
						return;
				}
				refuse_value(spec, value, unknown_name_hint(value, words, "values"));
			}
			break;
		case OPTION_TIMESTAMP:
			/* raises 22007 in the words everybody knows */
			(void) DirectFunctionCall3(timestamptz_in, CStringGetDatum(value),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
			break;
		case OPTION_NAMES:
		case OPTION_MAP:
			elog(ERROR, "option \"%s\" cannot be given as text", spec->name);
			break;
		case OPTION_SPAN:
			check_span(spec, value);
			break;
	}
}

/* A span as it is written: digits only, or an interval. */
static OptionSpan
parse_span(const char *value)
{
	OptionSpan	span = {0};

	if (value[0] != '\0' && strspn(value, "0123456789") == strlen(value))
		span.count = DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(value)));
	else
		span.interval = *DatumGetIntervalP(DirectFunctionCall3(interval_in,
															   CStringGetDatum(value),
															   ObjectIdGetDatum(InvalidOid),
															   Int32GetDatum(-1)));
	return span;
}

typedef struct SpanText
{
	const char *text;
	OptionSpan	span;
} SpanText;

static void
read_span(void *arg)
{
	SpanText   *read = arg;

	read->span = parse_span(read->text);
}

/* Raises 22023 for a span that is negative, or zero where it must not be. */
static void
check_span(const OptionSpec *spec, const char *value)
{
	static const char hint[] = "Write a number and a unit, as in \"1 day\"; for a window over integers a whole number.";
	SpanText	read = {.text = value};
	OptionSpan	span;

	if (!attempt_reading(read_span, &read))
		refuse_value(spec, value, hint);
	span = read.span;
	if (span.interval.month < 0 || span.interval.day < 0 || span.interval.time < 0 ||
		span.interval.month == PG_INT32_MAX || span.interval.day == PG_INT32_MAX)
		refuse_value(spec, value, hint);
	if (spec->min_value > 0 && span.count == 0 && span.interval.month == 0 &&
		span.interval.day == 0 && span.interval.time == 0)
		refuse_value(spec, value, "It must be greater than zero.");
}

/*
 * Reads digits with white space around and a sign before, as libpq does.  What
 * settings take beyond that (1.5 and 0x10) would be rounded, or be another
 * number to libpq.  Beyond int64 it is the nearest, so outside of every range.
 */
static bool
parse_whole_number(const char *value, int64 *result)
{
	char	   *end;

	*result = strtoll(value, &end, 10);
	if (end == value)
		return false;
	while (isspace((unsigned char) *end))
		end++;
	return *end == '\0';
}

/*
 * Reads a number, of a time in ms.  Time-outs that libpq reads itself
 * (OPTION_INTEGER) take no unit, since libpq would refuse it.
 */
static bool
parse_number(const OptionSpec *spec, const char *value, int64 *result, const char **hint)
{
	int			number;

	*hint = NULL;
	if (spec->type == OPTION_INTEGER)
	{
		*hint = "It takes a whole number.";
		return parse_whole_number(value, result);
	}

	/* a bare number is in the option's own unit */
	if (value[0] != '\0' && strspn(value, "0123456789. ") == strlen(value))
		value = psprintf("%s%s", value, spec->unit);
	if (!parse_int(value, &number, GUC_UNIT_MS, hint))
	{
		if (*hint == NULL)
			*hint = "Write a number and a unit, as in \"15 min\"; valid units are \"us\", \"ms\", \"s\", \"min\", \"h\" and \"d\".";
		return false;
	}
	*result = number;
	return true;
}

/* Raises 22023 for a value; hint may be NULL. */
static void
refuse_value(const OptionSpec *spec, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 value != NULL ?
			 errmsg("invalid value for %s option \"%s\": \"%s\"",
					option_scope_name(spec->scope), spec->name, value) :
			 errmsg("invalid value for %s option \"%s\"",
					option_scope_name(spec->scope), spec->name),
			 hint ? errhint("%s", hint) : 0));
}

/* "changes" laid over "old" (may be NULL): null removes a key.  palloc'd. */
Jsonb *
options_merge(Jsonb *old, Jsonb *changes)
{
	JsonbParseState *state = NULL;
	JsonbValue *merged;
	Jsonb	   *parts[2];

	parts[0] = old;
	parts[1] = changes;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < lengthof(parts); i++)
	{
		JsonbIterator *it;
		JsonbIteratorToken token;
		JsonbValue	value;
		bool		keep = true;

		if (parts[i] == NULL)
			continue;
		it = JsonbIteratorInit(&parts[i]->root);
		while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		{
			if (token == WJB_KEY)
			{
				JsonbValue	found;

				/* what the changes name comes from them, or goes */
				keep = true;
				if (i == 0 && changes != NULL)
					keep = getKeyJsonValueFromContainer(&changes->root,
														value.val.string.val,
														value.val.string.len,
														&found) == NULL;
				else if (i == 1)
					keep = getKeyJsonValueFromContainer(&changes->root,
														value.val.string.val,
														value.val.string.len,
														&found)->type != jbvNull;
				if (keep)
					pushJsonbValue(&state, WJB_KEY, &value);
			}
			else if (token == WJB_VALUE && keep)
				pushJsonbValue(&state, WJB_VALUE, &value);
		}
	}
	merged = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(merged);
}

/* The spec of an option that the caller's code names; an internal error if there is none. */
static const OptionSpec *
need_spec(OptionScope scope, const char *name)
{
	const OptionSpec *spec = option_find(scope, name);

	if (spec == NULL)
		elog(ERROR, "there is no %s option \"%s\"", option_scope_name(scope), name);
	return spec;
}

/* The value of a jsonb object's option, else its default, else NULL. */
static char *
get_text(OptionScope scope, Jsonb *options, const char *name, const OptionSpec **spec)
{
	JsonbValue	value;

	*spec = need_spec(scope, name);
	if (options != NULL &&
		getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value) != NULL &&
		value.type != jbvNull)
		return jsonb_value_text(&value);
	return (*spec)->default_value ? pstrdup((*spec)->default_value) : NULL;
}

/* A text, palloc'd; NULL where there is neither value nor default. */
char *
option_text(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;

	return get_text(scope, options, name, &spec);
}

/* A span; zero where there is neither value nor default. */
OptionSpan
option_span(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;
	char	   *text = get_text(scope, options, name, &spec);
	OptionSpan	none = {0};

	if (spec->type != OPTION_SPAN)
		elog(ERROR, "option \"%s\" is not a span", name);
	return text == NULL ? none : parse_span(text);
}

/* An integer, or a time in ms; 0 where there is neither value nor default. */
int64
option_int(OptionScope scope, Jsonb *options, const char *name)
{
	const OptionSpec *spec;
	char	   *text = get_text(scope, options, name, &spec);

	return option_int_text(scope, name, text);
}

/* Does the object hold the key, and not as null? */
bool
option_is_set(Jsonb *options, const char *name)
{
	JsonbValue	value;

	return options != NULL &&
		getKeyJsonValueFromContainer(&options->root, name, strlen(name), &value) != NULL &&
		value.type != jbvNull;
}

/* The same as option_int() for the text of a server's or mapping's option. */
int64
option_int_text(OptionScope scope, const char *name, const char *value)
{
	const OptionSpec *spec = need_spec(scope, name);
	int64		number;
	const char *hint;

	if (spec->type != OPTION_INTEGER && spec->type != OPTION_TIME)
		elog(ERROR, "option \"%s\" is not a number", name);
	if (value == NULL)
		value = spec->default_value;
	if (value == NULL)
		return 0;
	/* what a hand-made server holds was checked by another validator */
	option_check_text(spec, value);
	(void) parse_number(spec, value, &number, &hint);
	return number;
}

/* A boolean option from the text of a server's or mapping's; false without value and default. */
bool
option_bool_text(OptionScope scope, const char *name, const char *value)
{
	const OptionSpec *spec = need_spec(scope, name);
	bool		flag;

	if (spec->type != OPTION_BOOLEAN)
		elog(ERROR, "option \"%s\" is not a boolean", name);
	if (value == NULL)
		value = spec->default_value;
	if (value == NULL)
		return false;
	if (!parse_bool(value, &flag))
		refuse_value(spec, value, "It takes on or off.");
	return flag;
}
