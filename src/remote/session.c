/*-------------------------------------------------------------------------
 *
 * session.c
 *	  Pins the settings that decide the answers of a session.
 *
 * Policy: settings that a DBA of the warehouse makes for a user or a cluster
 * must not change an answer.  All settings are sent in one round trip after
 * the log-in, never in the start-up packet, because Redshift refuses the
 * connection if it does not know a parameter there.  Newer settings of
 * Redshift ("optional" below) are tried again one by one if the server does
 * not know one of them, and the unknown ones are left out: a server without
 * the setting behaves as it should.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/varlena.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "base/format.h"

/* One SET. */
typedef struct Setting
{
	char	   *command;
	bool		optional;		/* an older server need not know it */
} Setting;

static void remember(RemoteConnection *conn, const RemoteSession *session);
static List *changed_settings(RemoteConnection *conn, const RemoteSession *session);
static List *add_setting(List *settings, bool optional, const char *format,...) pg_attribute_printf(3, 4);
static char *quote_value(const char *value);
static char *quote_search_path(RemoteConnection *conn, const char *path);
static bool is_unknown_setting(const PGresult *result);
static void send_one_by_one(RemoteConnection *conn, List *settings);
static bool same_text(const char *a, const char *b);

/* Pins an open, idle connection anew; sends only what differs. */
void
remote_session_set(RemoteConnection *conn, const RemoteSession *session)
{
	require_open(conn);
	session_pin(conn, session);
}

/*
 * Sends what differs from what is pinned, all of it the first time.
 * Interruptible; raises the error of the server.  A SET takes no time: if
 * there is no answer within the time for a log-in, none will come, for example
 * because a kept connection has died silently.
 */
void
session_pin(RemoteConnection *conn, const RemoteSession *session)
{
	List	   *settings = changed_settings(conn, session);

	if (settings != NIL)
	{
		StringInfoData all;
		PGresult   *result;
		ListCell   *lc;

		initStringInfo(&all);
		foreach(lc, settings)
			appendStringInfo(&all, "%s%s", all.len > 0 ? "; " : "",
							 ((Setting *) lfirst(lc))->command);

		/* unknown until all is set: a caller may catch the error */
		conn->is_pinned = false;
		result = run_simple(conn, all.data, conn->target.connect_timeout_ms);
		if (PQresultStatus(result) == PGRES_COMMAND_OK)
			PQclear(result);
		else if (is_unknown_setting(result))
		{
			/* it was one implicit transaction: none of them is set */
			PQclear(result);
			send_one_by_one(conn, settings);
		}
		else
			report_result(conn, result, all.data);
	}

	remember(conn, session);
}

/*
 * Replaces a text of a connection, which is in its memory context.  A connection
 * may be kept for days and be pinned for each statement: only a text that differs
 * is copied, and the old one is freed.
 */
static void
keep_text(RemoteConnection *conn, const char **text, const char *new)
{
	const char *old = *text;

	if (same_text(old, new))
		return;
	*text = new ? MemoryContextStrdup(conn->context, new) : NULL;
	if (old != NULL)
		pfree(unconstify(char *, old));
}

/* The session is pinned as wanted; without a label it keeps the one that it has. */
static void
remember(RemoteConnection *conn, const RemoteSession *session)
{
	const char *timezone = conn->pinned.timezone;
	const char *search_path = conn->pinned.search_path;

	keep_text(conn, &timezone, session->timezone);
	keep_text(conn, &search_path, session->search_path);
	if (session->label != NULL)
		keep_text(conn, &conn->label, session->label);
	conn->pinned = *session;
	conn->pinned.timezone = timezone;
	conn->pinned.search_path = search_path;
	conn->pinned.label = NULL;
	conn->is_pinned = true;
}

/* The SETs that lead from the pinned settings to the wanted ones; palloc'd. */
static List *
changed_settings(RemoteConnection *conn, const RemoteSession *session)
{
	const RemoteSession *now = conn->is_pinned ? &conn->pinned : NULL;
	List	   *settings = NIL;

	if (now == NULL)
	{
		settings = add_setting(settings, false, "SET datestyle TO ISO");
		settings = add_setting(settings, false, "SET extra_float_digits TO 2");
		settings = add_setting(settings, true, "SET describe_field_name_in_uppercase TO off");
	}
	if (now == NULL || !same_text(now->timezone, session->timezone))
		settings = add_setting(settings, false, "SET timezone TO %s",
							   quote_value(session->timezone ? session->timezone : "UTC"));
	if (now == NULL || !same_text(now->search_path, session->search_path))
		settings = add_setting(settings, false, "SET search_path TO %s",
							   quote_search_path(conn, session->search_path ?
												 session->search_path : "\"$user\", public"));
	if (now == NULL || now->statement_timeout_ms != session->statement_timeout_ms)
		settings = add_setting(settings, false, "SET statement_timeout TO %d",
							   session->statement_timeout_ms);

	/* required if it is asked for: otherwise names would mean other columns */
	if (now == NULL || now->case_sensitive != session->case_sensitive)
		settings = add_setting(settings, !session->case_sensitive,
							   "SET enable_case_sensitive_identifier TO %s",
							   session->case_sensitive ? "true" : "false");

	/* reading them fails where the server does not know it */
	if (session->nested_as_json && (now == NULL || !now->nested_as_json))
	{
		settings = add_setting(settings, true, "SET json_serialization_enable TO true");
		settings = add_setting(settings, true, "SET json_serialization_parse_nested_strings TO false");
	}
	else if (now != NULL && now->nested_as_json && !session->nested_as_json)
	{
		settings = add_setting(settings, true, "RESET json_serialization_enable");
		settings = add_setting(settings, true, "RESET json_serialization_parse_nested_strings");
	}

	if (session->label != NULL && !same_text(conn->label, session->label))
		settings = add_setting(settings, true, "SET query_group TO %s",
							   quote_value(session->label));

	/* last, so that nothing above can count as a write */
	if (now == NULL ? session->read_only : now->read_only != session->read_only)
		settings = add_setting(settings, true, "SET readonly = %d",
							   session->read_only ? 1 : 0);
	return settings;
}

/* Appends one SET. */
static List *
add_setting(List *settings, bool optional, const char *format,...)
{
	Setting    *setting = palloc(sizeof(Setting));
	va_list		args;

	va_start(args, format);
	setting->command = format_arguments(format, args);
	va_end(args);
	setting->optional = optional;
	return lappend(settings, setting);
}

/* The slow way, for a server that does not know one of them. */
static void
send_one_by_one(RemoteConnection *conn, List *settings)
{
	ListCell   *lc;

	foreach(lc, settings)
	{
		Setting    *setting = lfirst(lc);
		PGresult   *result = run_simple(conn, setting->command,
											conn->target.connect_timeout_ms);

		if (PQresultStatus(result) == PGRES_COMMAND_OK ||
			(setting->optional && is_unknown_setting(result)))
			PQclear(result);
		else
			report_result(conn, result, setting->command);
	}
}

/* Is it the error for an unknown parameter? */
static bool
is_unknown_setting(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return sqlstate != NULL && strcmp(sqlstate, "42704") == 0;
}

/*
 * A string constant for Redshift, where a backslash always escapes and E''
 * does not exist, so that quote_literal_cstr() cannot be used.
 */
static char *
quote_value(const char *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '\'');
	for (const char *c = value; *c != '\0'; c++)
	{
		if (*c == '\'' || *c == '\\')
			appendStringInfoChar(&buf, *c);
		appendStringInfoChar(&buf, *c);
	}
	appendStringInfoChar(&buf, '\'');
	return buf.data;
}

/* A list of schemas, each quoted anew; raises 22023 if it is not a list. */
static char *
quote_search_path(RemoteConnection *conn, const char *path)
{
	StringInfoData buf;
	List	   *names;
	ListCell   *lc;

	/* keeps case and length, as opposed to SplitIdentifierString() */
	if (!SplitGUCList(pstrdup(path), ',', &names) || names == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"search_path\" of server \"%s\": \"%s\"",
						conn->server_name, path),
				 errhint("Write schema names separated by commas.")));
	initStringInfo(&buf);
	foreach(lc, names)
	{
		appendStringInfo(&buf, "%s\"", buf.len > 0 ? ", " : "");
		for (const char *c = lfirst(lc); *c != '\0'; c++)
		{
			if (*c == '"')
				appendStringInfoChar(&buf, *c);
			appendStringInfoChar(&buf, *c);
		}
		appendStringInfoChar(&buf, '"');
	}
	return buf.data;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}
