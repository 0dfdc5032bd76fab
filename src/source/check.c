/*-------------------------------------------------------------------------
 *
 * check.c
 *	  Checks the way to a source, step by step.
 *
 * Policy: a user who sets up a server should see at a glance which steps work
 * and what to change; so each step is an item, a failure ends only the steps
 * that depend on it, and the detail contains the text of the error.  The check
 * runs three queries on the leader node and reads no table of the user.  For a
 * group each member is checked, including draining ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/format.h"
#include "base/settings.h"
#include "redshift/quote.h"
#include "remote/execute.h"
#include "source/check.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/route.h"
#include "source/source.h"
#include "source/target.h"

/* A larger difference of the clocks makes "as_of" misleading. */
#define MAX_CLOCK_SKEW_S 5.0

/* At most that many GRANTs are printed. */
#define MAX_GRANTS 10

typedef struct Check
{
	SourceRequest request;
	ForeignServer *server;
	const char *member;			/* of a group: named in the items; else NULL */
	SourceConnection *source;
	List	   *items;
} Check;

/* The result of the query for the clock. */
typedef struct ClockAnswer
{
	Check	   *check;
	char	   *text;
	TimestampTz at;				/* our clock, when the result arrived */
	TimestampTz latency;		/* us */
} ClockAnswer;

static void add_item(Check *check, const char *item, bool ok, const char *format,...) pg_attribute_printf(4, 5);
static void add_failure(Check *check, const char *item, ErrorData *error);
static void ask(Check *check, void (*step) (void *arg), const char *item);
static void step_connect(void *arg);
static void step_clock(void *arg);
static void step_user(void *arg);
static void step_privileges(void *arg);
static void report_way(Check *check, ErrorData *error);
static char *tls_detail(Check *check, bool *ok);
static void report_identity(Check *check);

/*
 * The subject of the check: a server, or one member of a group (NULL: no
 * group).
 */
static void
begin_check(Check *check, const char *source, const char *member, Oid userid)
{
	check->server = source_server(member ? member : source);
	check->member = member;
	check->request.source = source;
	check->request.userid = userid;
	check->request.label = "rsfed check";
	if (member == NULL)
		return;
	check->request.route = palloc0(sizeof(SourceRoute));
	check->request.route->only = list_make1(pstrdup(member));
	check->request.route->drained_too = true;
}

/* All items of one server. */
static List *
check_one(const char *source, const char *member, Oid userid)
{
	Check		check = {{0}};
	ErrorData  *error;

	begin_check(&check, source, member, userid);

	/* of an earlier attempt */
	(void) remote_last_step();
	error = attempt(step_connect, &check);
	report_way(&check, error);
	/* then the reason of the failure is known for the member */
	if (error != NULL)
	{
		(void) route_move_on(check.request.route, error);
		return check.items;
	}

	report_identity(&check);
	ask(&check, step_clock, "clock");
	ask(&check, step_user, "session settings");
	ask(&check, step_privileges, "privileges");
	source_release(check.source);
	return check.items;
}

/*
 * The members of a source, or NULL as the only element if it is not a group.
 */
static List *
members_to_check(const char *source)
{
	return source_is_group(source_server(source)) ? source_servers(source) : list_make1(NULL);
}

/* See check.h. */
List *
source_check(const char *source, Oid userid)
{
	List	   *items = NIL;
	List	   *members;
	ListCell   *lc;

	source_check_usage(source, userid);
	members = members_to_check(source);
	foreach(lc, members)
		items = list_concat(items, check_one(source, lfirst(lc), userid));
	return items;
}

/* See check.h. */
ErrorData *
source_try(const char *source, Oid userid)
{
	List	   *members = members_to_check(source);
	ListCell   *lc;

	foreach(lc, members)
	{
		Check		check = {{0}};
		ErrorData  *error;

		begin_check(&check, source, lfirst(lc), userid);
		error = attempt(step_connect, &check);
		if (error != NULL)
			return error;
		source_release(check.source);
	}
	return NULL;
}

/* Appends an item. */
static void
add_item(Check *check, const char *item, bool ok, const char *format,...)
{
	CheckItem  *row = palloc(sizeof(CheckItem));
	va_list		args;

	va_start(args, format);
	row->item = check->member ? psprintf("%s: %s", check->member, item) : item;
	row->is_login = strcmp(item, "log-in") == 0;
	row->ok = ok;
	row->detail = format_arguments(format, args);
	va_end(args);
	check->items = lappend(check->items, row);
}

/* An error as the detail of an item: its message, detail and hint. */
static char *
error_text(const ErrorData *error)
{
	return psprintf("%s%s%s%s%s", error->message,
					error->detail ? "\n" : "", error->detail ? error->detail : "",
					error->hint ? "\n" : "", error->hint ? error->hint : "");
}

/* Appends an error as an item. */
static void
add_failure(Check *check, const char *item, ErrorData *error)
{
	add_item(check, item, false, "%s", error_text(error));
}

/*
 * Runs one query in the warehouse, which adds its items itself; "item" reports
 * a failure of the query.  A server that is not quite a Redshift may lack
 * functions of one query and still answer the others.
 */
static void
ask(Check *check, void (*step) (void *arg), const char *item)
{
	ErrorData  *error = attempt(step, check);

	if (error != NULL)
		add_item(check, item, false, "could not be asked: %s", error_text(error));
}

static void
step_connect(void *arg)
{
	Check	   *check = arg;

	check->source = source_connect(&check->request);
}

/* One item for each step of the way, up to the one that failed. */
static void
report_way(Check *check, ErrorData *error)
{
	static const char *const names[] = {"name resolution", "TCP", "TLS", "log-in", "session"};
	RemoteStep	reached = remote_last_step();
	RemoteConnection *conn = check->source ? check->source->conn : NULL;
	const char *host = source_option(check->server->options, "host");
	const char *port = source_option(check->server->options, "port");
	bool		tls_ok;
	char	   *tls;

	/* credentials are looked at before anything is sent */
	if (error != NULL && reached == REMOTE_STEP_DONE)
	{
		add_failure(check, "credentials", error);
		return;
	}
	for (int step = 0; step < (int) Min(reached, REMOTE_STEP_SESSION); step++)
	{
		if (step == REMOTE_STEP_RESOLVE)
			add_item(check, names[step], true, "%s%s%s", host ? host : "",
					 conn ? " is " : "", conn ? remote_address(conn) : "");
		else if (step == REMOTE_STEP_TCP)
			add_item(check, names[step], true, "port %s answers", port ? port : "5439");
		else if (step == REMOTE_STEP_TLS)
		{
			tls = tls_detail(check, &tls_ok);
			add_item(check, names[step], tls_ok, "%s", tls);
		}
		else
		{
			if (conn != NULL)
				add_item(check, names[step], true,
						 "as user \"%s\", in %d ms from name resolution on",
						 remote_user(conn), remote_connect_ms(conn));
			else
				add_item(check, names[step], true, "accepted");
		}
	}
	if (error != NULL)
		add_failure(check, names[reached], error);
}

/* The kind of TLS, and the checks that were made. */
static char *
tls_detail(Check *check, bool *ok)
{
	RemoteConnection *conn = check->source ? check->source->conn : NULL;
	const char *mode = source_option(check->server->options, "sslmode");
	const char *ca = source_option(check->server->options, "sslrootcert");
	char	   *tls = conn ? remote_tls(conn) : NULL;

	if (mode == NULL)
		mode = target_is_own(check->server) ? "verify-full" : "prefer";
	*ok = true;
	if (tls == NULL && (conn != NULL || strcmp(mode, "disable") == 0))
	{
		*ok = false;
		return psprintf("not encrypted (sslmode \"%s\"): the password and all rows can be read on the way", mode);
	}
	if (tls == NULL)
		tls = "agreed";
	if (ca == NULL)
		ca = rsfed_ssl_root_cert;
	if (strcmp(mode, "verify-full") == 0)
		return psprintf("%s; the certificate's name and authority are verified by %s", tls, ca);
	if (strcmp(mode, "verify-ca") == 0)
		return psprintf("%s; the certificate's authority is verified by %s, its name is not", tls, ca);
	return psprintf("%s; the certificate is not verified (sslmode \"%s\")", tls, mode);
}

/* Is it a Redshift, and of which version?  Known from the log-in. */
static void
report_identity(Check *check)
{
	RemoteConnection *conn = check->source->conn;
	const char *padb = remote_parameter(conn, "padb_version");
	const char *version = remote_parameter(conn, "server_version");

	if (padb != NULL)
		add_item(check, "Redshift", true, "version %s (as PostgreSQL: %s)", padb,
				 version ? version : "?");
	else
		add_item(check, "Redshift", false,
				 "not a Redshift: it reports no padb_version, and server_version %s",
				 version ? version : "?");
}

/*
 * Runs a query without a table; returns its value, and its duration in
 * *latency.
 */
static char *
timed_value(Check *check, const char *query, TimestampTz *latency)
{
	TimestampTz before = GetCurrentTimestamp();
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(check->source->conn, query, &rows, &columns);

	*latency = GetCurrentTimestamp() - before;
	if (rows != 1 || columns != 1 || cells[0] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("unexpected answer to %s", query)));
	return cells[0];
}

static void
add_latency(Check *check, TimestampTz latency)
{
	add_item(check, "latency", true, "%.1f ms for a query that touches no table", latency / 1000.0);
}

/* Replaces query 1 if that fails. */
static void
step_latency(void *arg)
{
	TimestampTz latency;

	(void) timed_value(arg, "SELECT 1", &latency);
	add_latency(arg, latency);
}

static void
step_ask_clock(void *arg)
{
	ClockAnswer *answer = arg;

	answer->text = timed_value(answer->check, "SELECT GETDATE()", &answer->latency);
	answer->at = GetCurrentTimestamp();
}

/*
 * Query 1: one round trip, and the clock there, which is in UTC because the
 * session is pinned.
 */
static void
step_clock(void *arg)
{
	Check	   *check = arg;
	ClockAnswer answer = {.check = check};
	ErrorData  *error = attempt(step_ask_clock, &answer);
	TimestampTz there;
	double		skew;

	if (error != NULL)
	{
		ask(check, step_latency, "latency");
		ReThrowError(error);
	}
	add_latency(check, answer.latency);
	there = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
													CStringGetDatum(psprintf("%s+00", answer.text)),
													ObjectIdGetDatum(InvalidOid),
													Int32GetDatum(-1)));
	/* it was read between our two readings: compare with their mean */
	skew = (there - (answer.at - answer.latency / 2)) / 1000000.0;
	add_item(check, "clock", fabs(skew) <= MAX_CLOCK_SKEW_S,
			 "the warehouse's clock is %.1f s %s this server's", fabs(skew),
			 skew < 0 ? "behind" : "ahead of");
}

/* Query 2: the settings that the session would have without pinning. */
static void
step_user(void *arg)
{
	Check	   *check = arg;
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(check->source->conn,
										 "SELECT usesuper, useconfig FROM pg_catalog.pg_user WHERE usename = current_user",
										 &rows, &columns);

	if (rows == 1 && cells[1] != NULL && strcmp(cells[1], "{}") != 0)
		add_item(check, "session settings", true,
				 "the warehouse user's own are %s; rsfed pins what changes answers (time zone, datestyle, extra_float_digits, search_path, statement_timeout)",
				 cells[1]);
	else
		add_item(check, "session settings", true, "the warehouse user has none of its own");
	if (rows == 1 && cells[0] != NULL && strcmp(cells[0], "t") == 0)
		add_item(check, "user", false,
				 "a superuser of the warehouse: give rsfed one that may only read");
}

/* Query 3: the schemas and tables that the user may not read. */
static void
step_privileges(void *arg)
{
	Check	   *check = arg;
	int			rows;
	int			columns;
	int			missing = 0;
	int			readable = 0;
	StringInfoData grants;
	const char *user = redshift_quote_identifier(remote_user(check->source->conn));
	char	  **cells = remote_fetch_all(check->source->conn,
										 "SELECT n.nspname, has_schema_privilege(n.nspname, 'USAGE'), "
										 "count(c.oid), "
										 "sum(CASE WHEN has_table_privilege(c.oid, 'SELECT') THEN 1 ELSE 0 END) "
										 "FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c "
										 "ON c.relnamespace = n.oid AND c.relkind IN ('r', 'v') "
										 "WHERE n.nspname NOT LIKE 'pg!_%' ESCAPE '!' AND n.nspname <> 'information_schema' "
										 "GROUP BY n.nspname ORDER BY n.nspname",
										 &rows, &columns);

	initStringInfo(&grants);
	for (int i = 0; i < rows; i++)
	{
		char	  **row = cells + i * columns;
		int			tables = row[2] ? atoi(row[2]) : 0;
		int			may_read = row[3] ? atoi(row[3]) : 0;
		bool		usage = row[1] != NULL && row[1][0] == 't';
		const char *schema = row[0] ? redshift_quote_identifier(row[0]) : "";

		if (usage)
			readable += may_read;
		if (usage && may_read >= tables)
			continue;
		if (++missing > MAX_GRANTS)
			continue;
		if (!usage)
			appendStringInfo(&grants, "\nGRANT USAGE ON SCHEMA %s TO %s;", schema, user);
		if (may_read < tables)
			appendStringInfo(&grants, "\nGRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s; -- %d of %d cannot be read",
							 schema, user, tables - may_read, tables);
	}
	if (missing > MAX_GRANTS)
		appendStringInfo(&grants, "\n-- and in %d more schemas", missing - MAX_GRANTS);
	add_item(check, "privileges", readable > 0,
			 "%d tables and views can be read%s%s", readable,
			 missing > 0 ? "; what is missing, where it is wanted:" : "", grants.data);
}
