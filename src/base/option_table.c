/*-------------------------------------------------------------------------
 *
 * option_table.c
 *	  The options of servers, groups, credentials, rollups and schedules.
 *
 * Policy: one table defines everything about an option, and no other place
 * does: the validator of the wrapper, the jsonb arguments, the view
 * rsfed.options and the code that reads a value all use it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "base/compat.h"
#include "base/options.h"

#define MS_PER_DAY	INT64CONST(86400000)
/* the largest number that a float8 represents exactly */
#define MOST_BYTES	(INT64CONST(1) << 53)

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

	/* servers: the number of runs and statements at a time */
	{OPTION_SERVER, "max_runs", OPTION_INTEGER, "0", NULL, 0, 1000, NULL, false,
	"Refreshes that background workers run there at the same time; 0 means as many as rsfed.max_workers allows."},

	/* servers: foreign tables; a table or column may override these */
	{OPTION_SERVER, "blank_safe", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether no text of its foreign tables ends in a blank or holds a control character, and Redshift tells upper from lower case when it compares: only then are texts compared there."},
	{OPTION_SERVER, "pool_size", OPTION_INTEGER, "4", NULL, 1, 64, NULL, false,
	"Connections that the foreign tables of one session and user have open at the same time; statements beyond share them."},
	{OPTION_SERVER, "one_snapshot", OPTION_BOOLEAN, "on", NULL, 0, 0, NULL, false,
	"Whether all foreign tables of one statement are read in one transaction of Redshift, over one connection."},
	{OPTION_SERVER, "max_rows", OPTION_INTEGER, "0", NULL, 0, INT_MAX, NULL, false,
	"Rows of one statement over its foreign tables after which it is ended as a mistake; 0 means any number."},

	/* servers: the cost of runs */
	{OPTION_SERVER, "gather_costs", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether the history of the warehouse is asked what runs have read and taken, many runs at a time, for rsfed.costs."},
	{OPTION_SERVER, "rpus", OPTION_INTEGER, "0", NULL, 0, 1024, NULL, false,
	"Base capacity of a serverless workgroup, which is billed for its time and not for what it reads; 0 for a cluster."},

	/* servers: the daily budget of schedules */
	{OPTION_SERVER, "max_scan_per_day", OPTION_SIZE, "0", "MB", 0, MOST_BYTES, NULL, false,
	"What runs there may read in S3 in a day, before schedules are held until the next one; known with gather_costs only; 0 means any amount."},
	{OPTION_SERVER, "max_seconds_per_day", OPTION_TIME, "0", "s", 0, INT_MAX, NULL, false,
	"How long runs may take there in a day, all together, before schedules are held until the next one; 0 means any time."},
	{OPTION_SERVER, "budget_timezone", OPTION_TIMEZONE, "UTC", NULL, 0, 0, NULL, false,
	"Time zone whose midnight begins a day of max_scan_per_day and max_seconds_per_day."},

	/* groups */
	{OPTION_GROUP, "strategy", OPTION_STRING, "weighted", NULL, 0, 0, "weighted, failover, least_busy", false,
	"How a member is chosen for each statement: by turns, each as often as its weight says; the healthy one of the lowest priority; or the one with the fewest statements for its weight. A server with this option is a group."},
	{OPTION_GROUP, "retry_delay", OPTION_TIME, "5s", "ms", 0, MS_PER_DAY, NULL, false,
	"How long a member that failed is passed over, before one statement tries it again; twice as long after each further failure."},
	{OPTION_GROUP, "retry_max_delay", OPTION_TIME, "5min", "ms", 0, MS_PER_DAY, NULL, false,
	"Longest time that a member which goes on failing is passed over."},
	{OPTION_GROUP, "max_scan_per_day", OPTION_SIZE, "0", "MB", 0, MOST_BYTES, NULL, false,
	"What runs of the group may read in S3 in a day, at all members together, before schedules are held until the next one; known with gather_costs only; 0 means any amount."},
	{OPTION_GROUP, "max_seconds_per_day", OPTION_TIME, "0", "s", 0, INT_MAX, NULL, false,
	"How long runs of the group may take in a day, all together, before schedules are held until the next one; 0 means any time."},
	{OPTION_GROUP, "budget_timezone", OPTION_TIMEZONE, "UTC", NULL, 0, 0, NULL, false,
	"Time zone whose midnight begins a day of max_scan_per_day and max_seconds_per_day."},
	{OPTION_GROUP, "health_interval", OPTION_TIME, "0", "s", 0, MS_PER_DAY, NULL, false,
	"How often background workers log in to each member, as the owner of the group, to learn whether it works before a statement does; 0 means never."},
	{OPTION_GROUP, "health_query", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"A cheap query that each of these log-ins asks; a serverless workgroup bills each at least a minute."},

	{OPTION_GROUP, "blank_safe", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"As a server's, for foreign tables of the group."},
	{OPTION_GROUP, "pool_size", OPTION_INTEGER, "4", NULL, 1, 64, NULL, false,
	"As a server's, for foreign tables of the group."},
	{OPTION_GROUP, "one_snapshot", OPTION_BOOLEAN, "on", NULL, 0, 0, NULL, false,
	"As a server's, for foreign tables of the group."},
	{OPTION_GROUP, "max_rows", OPTION_INTEGER, "0", NULL, 0, INT_MAX, NULL, false,
	"As a server's, for foreign tables of the group."},

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

	/* foreign tables */
	{OPTION_TABLE, "schema_name", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Schema in Redshift; by default that of the foreign table."},
	{OPTION_TABLE, "table_name", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Name of the table in Redshift; by default that of the foreign table."},
	{OPTION_TABLE, "blank_safe", OPTION_BOOLEAN, NULL, NULL, 0, 0, NULL, false,
	"As the server's option, for the texts of this table."},
	{OPTION_TABLE, "max_rows", OPTION_INTEGER, NULL, NULL, 0, INT_MAX, NULL, false,
	"As the server's option, for statements that read this table."},

	/* columns of foreign tables */
	{OPTION_COLUMN, "column_name", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"Name of the column in Redshift; by default that of the foreign table's."},
	{OPTION_COLUMN, "blank_safe", OPTION_BOOLEAN, NULL, NULL, 0, 0, NULL, false,
	"As the server's option, for the texts of this column."},
	{OPTION_COLUMN, "is_char", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether the column is char in Redshift, whose padding is not sent, so that blank_safe need not be said; it is an error if it is not any more. IMPORT FOREIGN SCHEMA sets it."},

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

	/* rollups: the budget of schedules for a day in the rollup's time zone */
	{OPTION_ROLLUP, "max_scan_per_day", OPTION_SIZE, "0", "MB", 0, MOST_BYTES, NULL, false,
	"What its runs may read in S3 in a day of its time zone, before its schedules are held until the next one; known with gather_costs only; 0 means any amount."},
	{OPTION_ROLLUP, "max_seconds_per_day", OPTION_TIME, "0", "s", 0, INT_MAX, NULL, false,
	"How long its runs may take in a day of its time zone, all together, before its schedules are held until the next one; 0 means any time."},

	/* rollups: over a lake */
	{OPTION_ROLLUP, "lake_table", OPTION_STRING, NULL, NULL, 0, 0, NULL, false,
	"External table, as \"schema.table\". With lake_key a refresh reads only its partitions that are new, changed or gone, by method merge; without, of an Iceberg table, nothing while its snapshot is the same."},
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

	/*
	 * external schemas: options of rsfed.create_external_schema() without an
	 * argument of their own
	 */
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

	/*
	 * publications: options of rsfed.publish() without an argument of their
	 * own
	 */
	{OPTION_PUBLICATION, "sets", OPTION_NAMES, NULL, NULL, 0, 0, NULL, false,
	"Sets whose members are published, too."},
	{OPTION_PUBLICATION, "messages", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Whether subscribers are shown SQLSTATE and message of the last failure, which may name things of the warehouse."},
	{OPTION_PUBLICATION, "unchecked", OPTION_BOOLEAN, "off", NULL, 0, 0, NULL, false,
	"Publishes new columns although a subscriber is not known to have them, or is not connected."},
};

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
		case OPTION_TABLE:
			return "table";
		case OPTION_COLUMN:
			return "column";
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
