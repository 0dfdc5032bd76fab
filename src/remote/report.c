/*-------------------------------------------------------------------------
 *
 * report.c
 *	  Reports errors of Redshift and of the way to it as errors here.
 *
 * Policy: Redshift's own SQLSTATE, message and position are kept.  The name of
 * the server is added and, where rsfed knows it, the next step.  An error
 * never contains a password: libpq's messages do not hold one, and no
 * connection string is printed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "remote/internal.h"

#include "base/compat.h"

/* A longer line of the query is cut around the error. */
#define LINE_WIDTH 120

static char *copy_field(const PGresult *result, int field);
static char *time_limit(RemoteConnection *conn, const char *sqlstate);
static char *join_lines(char *a, char *b);
static char *locate(const char *query, const char *position);
static const char *find_sqlstate(const char *message);
static char *first_words(const char *message);
static bool is_end_of_file(const char *words);
static void report_tls(RemoteConnection *conn, const char *message);
pg_noreturn static void report_refusal(RemoteConnection *conn, const char *message);
static int	connect_errmsg(RemoteConnection *conn);
static int	login_errmsg(RemoteConnection *conn);
static int	login_errhint(RemoteConnection *conn);

/* See connection.h. */
bool
remote_raised(const ErrorData *error)
{
	return error->domain != NULL && strcmp(error->domain, REMOTE_DOMAIN) == 0;
}

/*
 * Raises the error that a result holds, and clears the result. "query" is the
 * text that was sent, for the position; a result without SQLSTATE comes from
 * libpq and means that the connection is lost (08006).
 */
void
report_result(RemoteConnection *conn, PGresult *result, const char *query)
{
	char	   *sqlstate = copy_field(result, PG_DIAG_SQLSTATE);
	char	   *message = copy_field(result, PG_DIAG_MESSAGE_PRIMARY);
	char	   *detail = copy_field(result, PG_DIAG_MESSAGE_DETAIL);
	char	   *hint = copy_field(result, PG_DIAG_MESSAGE_HINT);
	char	   *context = copy_field(result, PG_DIAG_CONTEXT);
	char	   *position = copy_field(result, PG_DIAG_STATEMENT_POSITION);
	char	   *whole = from_wire(PQresultErrorMessage(result));
	char	   *notices = notice_take(conn);

	PQclear(result);
	if (sqlstate == NULL && conn->end_words[0] != '\0')
		report_lost(conn, conn->end_words);
	if (sqlstate == NULL || strlen(sqlstate) != 5 || PQstatus(conn->pg) == CONNECTION_BAD)
		report_lost(conn, message ? message : whole);

	/* it has ended there, so there is nothing to cancel */
	conn->ending = conn->busy;
	drain_arrived(conn);

	detail = join_lines(detail, locate(query, position));

	/* Redshift reports a time-out as a user's cancel */
	detail = join_lines(detail, time_limit(conn, sqlstate));

	/* only the notices name the functions that it refuses */
	if (strcmp(sqlstate, "0A000") == 0 && notices != NULL)
		detail = join_lines(detail, notices);

	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2],
								   sqlstate[3], sqlstate[4])),
			 errmsg_internal("%s", message ? message : "error without a text"),
			 detail ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0,
			 context ? errcontext("%s", context) : 0,
			 errcontext("statement on Redshift server \"%s\"", conn->server_name)));
}

/*
 * For a cancelled statement: a hint if it ran for its whole statement_timeout,
 * or NULL.
 */
static char *
time_limit(RemoteConnection *conn, const char *sqlstate)
{
	int			limit_ms = conn->pinned.statement_timeout_ms;

	if (strcmp(sqlstate, "57014") != 0 || !conn->is_pinned || limit_ms == 0 ||
		!TimestampDifferenceExceeds(conn->sent_at, monotonic_now(), limit_ms))
		return NULL;
	return psprintf("It had run for its statement_timeout of %d ms.", limit_ms);
}

/*
 * Raises 08006 for a connection that broke; "message" is libpq's.  A
 * connection that just ended has one message here: libpq has one without TLS,
 * and two with TLS, depending on its version.
 */
void
report_lost(RemoteConnection *conn, const char *message)
{
	const char *words = first_words(from_wire(message));

	if (is_end_of_file(words))
		words = "The other end closed the connection.";
	ereport(ERROR,
			(errcode(ERRCODE_CONNECTION_FAILURE),
			 errmsg("the connection to Redshift server \"%s\" was lost", conn->server_name),
			 words[0] != '\0' ? errdetail_internal("%s", words) : 0,
			 errhint("The cluster may have been restarted, resized or paused; try again.")));
}

/* Does libpq's message say no more than that the connection ended? */
static bool
is_end_of_file(const char *words)
{
	return strcmp(words, "server closed the connection unexpectedly") == 0 ||
		strcmp(words, "SSL SYSCALL error: EOF detected") == 0 ||
		strcmp(words, "SSL error: unexpected eof while reading") == 0;
}

/* Did the server itself refuse, so that another address would not help? */
bool
message_is_from_server(const char *message)
{
	return find_sqlstate(message) != NULL;
}

/*
 * Raises the failure of a log-in; "message" is libpq's, with the server's
 * SQLSTATE in it if the server spoke.
 */
void
report_connect(RemoteConnection *conn, const char *message)
{
	char	   *words;

	message = from_wire(message);
	if (find_sqlstate(message) != NULL)
		report_refusal(conn, message);

	/* Redshift's own authentication methods, which libpq does not support */
	if (strstr(message, "authentication method 13 not supported") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 connect_errmsg(conn),
				 errdetail("The password of user \"%s\" is stored there as sha256, which only Amazon's own drivers can send.",
						   target_value(&conn->target, "user")),
				 errhint("In Redshift: ALTER USER ... PASSWORD 'md5...', or use temporary IAM credentials.")));
	if (strstr(message, "authentication method 14 not supported") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 connect_errmsg(conn),
				 errdetail("Redshift asked for a token of an identity provider, which only Amazon's own drivers can send."),
				 errhint("Use a user with a password, or temporary IAM credentials.")));

	/* the server asked for a password, and there is none: a mapping of a dump or an export */
	if (strstr(message, "no password supplied") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PASSWORD),
				 login_errmsg(conn),
				 errdetail("It asks for a password, and the user mapping has none."),
				 login_errhint(conn)));

	words = first_words(message);
	report_tls(conn, words);
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 connect_errmsg(conn),
			 errdetail_internal("%s.", words),
			 errhint("Check host and port, and that the security group of the warehouse lets this machine in.")));
}

/*
 * A refusal of the server itself: wrong password, unknown database, too many
 * sessions.
 */
static void
report_refusal(RemoteConnection *conn, const char *message)
{
	const char *sqlstate = find_sqlstate(message);
	char	   *words = first_words(sqlstate + strlen("XXXXX: "));
	int			code = MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2],
									 sqlstate[3], sqlstate[4]);
	bool		is_password = strstr(words, "password authentication failed") != NULL;

	/* servers as old as Redshift's base raise 28000 here */
	if (is_password)
		code = ERRCODE_INVALID_PASSWORD;
	if (is_password || ERRCODE_TO_CATEGORY(code) == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
		ereport(ERROR,
				(errcode(code),
				 login_errmsg(conn),
				 errdetail_internal("%s", words),
				 login_errhint(conn)));
	ereport(ERROR,
			(errcode(code),
			 connect_errmsg(conn),
			 errdetail_internal("%s", words)));
}

/*
 * Raises 08001 for a failure of TLS and names the check that failed and the
 * option to change; returns for any other failure.
 */
static void
report_tls(RemoteConnection *conn, const char *message)
{
	const char *mode = target_value(&conn->target, "sslmode");
	const char *ca = target_value(&conn->target, "sslrootcert");

	if (strstr(message, "certificate verify failed") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 connect_errmsg(conn),
				 errdetail("TLS: the server's certificate is not signed by an authority in \"%s\" (%s).",
						   ca ? ca : "", message),
				 errhint("Name the file of the right authority in the server's option sslrootcert or in the setting rsfed.ssl_root_cert. Without any check: sslmode => 'require'.")));
	if (strstr(message, "does not match host name") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 connect_errmsg(conn),
				 errdetail("TLS: the certificate is for another name: %s.", message),
				 errhint("Set host to the name in the certificate (and hostaddr to the address, if the name does not resolve). Behind a DNS alias: sslmode => 'verify-ca', which checks the authority only.")));
	if (strstr(message, "root certificate file") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 connect_errmsg(conn),
				 errdetail("TLS: the file of certificate authorities \"%s\" cannot be read.",
						   ca ? ca : ""),
				 errhint("Install the system's CA bundle (package ca-certificates), or name another file in the setting rsfed.ssl_root_cert or the server's option sslrootcert.")));
	if (strstr(message, "does not support SSL") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 connect_errmsg(conn),
				 errdetail("TLS: the server offers none, and sslmode is \"%s\".", mode ? mode : ""),
				 errhint("Redshift always offers TLS: check host and port. For a server in a trusted network: sslmode => 'disable'.")));
	if (strstr(message, "SSL error") != NULL || strstr(message, "certificate") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 connect_errmsg(conn),
				 errdetail("TLS: %s.", message)));
}

/* Raises 08001 if no answer arrives before the deadline. */
void
report_connect_timeout(RemoteConnection *conn)
{
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 connect_errmsg(conn),
			 errdetail("Nothing answered within %d s.", conn->target.connect_timeout_ms / 1000),
			 errhint("The security group of the warehouse may keep this machine out, or the cluster is paused. The option connect_timeout of the server says how long to wait.")));
}

/* The primary message and the hint for wrong or missing credentials. */
static int
login_errmsg(RemoteConnection *conn)
{
	const char *user = target_value(&conn->target, "user");

	return errmsg("log-in of user \"%s\" to Redshift server \"%s\" failed",
				  user ? user : "", conn->server_name);
}

static int
login_errhint(RemoteConnection *conn)
{
	return errhint("Set the right credentials with SELECT rsfed.set_credentials(%s, username => '...', password => '...').",
				   quote_literal_cstr(conn->server_name));
}

/* The primary message of all failures to connect. */
static int
connect_errmsg(RemoteConnection *conn)
{
	const char *host = target_value(&conn->target, "host");
	const char *hostaddr = target_value(&conn->target, "hostaddr");
	const char *port = target_value(&conn->target, "port");

	return errmsg("could not connect to Redshift server \"%s\" at \"%s\", port %s",
				  conn->server_name, host ? host : hostaddr ? hostaddr : "",
				  port ? port : "5439");
}

/*
 * A field of an error in the database's encoding, palloc'd; NULL if it is
 * missing.
 */
static char *
copy_field(const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	return text ? from_wire(text) : NULL;
}

/* Joins two texts with a newline; either may be NULL. */
static char *
join_lines(char *a, char *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	return psprintf("%s\n%s", a, b);
}

/*
 * The start of the user's own text, after the comment that labels a rollup's
 * statement, which is ASCII.
 */
static const char *
skip_own_comment(const char *query)
{
	const char *end;

	if (query == NULL || strncmp(query, "/* rsfed ", 9) != 0)
		return query;
	end = strstr(query, "*/ ");
	return end ? end + 3 : query;
}

/*
 * The line of the query that an error points to, with a caret below, as psql
 * shows it; NULL if there is no position. "position" counts characters from 1.
 */
static char *
locate(const char *query, const char *position)
{
	const char *at = skip_own_comment(query);
	const char *line = at;
	const char *end;
	StringInfoData buf;
	int			line_number = 1;
	int			column = 0;
	int			shown = position ? atoi(position) - (int) (at - query) : 0;
	int			left = shown;

	if (query == NULL || left <= 0)
		return NULL;
	while (--left > 0 && *at != '\0')
	{
		if (*at == '\n')
		{
			line_number++;
			line = at + 1;
		}
		at += pg_mblen(at);
	}
	end = line + strcspn(line, "\r\n");

	/* a long line is cut, on character boundaries, around the position */
	initStringInfo(&buf);
	appendStringInfo(&buf, "LINE %d: ", line_number);
	if (pg_mbstrlen_with_len(line, at - line) > LINE_WIDTH / 2)
	{
		int			skip = pg_mbstrlen_with_len(line, at - line) - LINE_WIDTH / 2;

		while (skip-- > 0)
			line += pg_mblen(line);
		appendStringInfoString(&buf, "...");
	}
	column = pg_mbstrlen_with_len(buf.data, buf.len) + pg_mbstrlen_with_len(line, at - line);
	if (pg_mbstrlen_with_len(line, end - line) > LINE_WIDTH)
	{
		appendBinaryStringInfo(&buf, line, pg_mbcharcliplen(line, end - line, LINE_WIDTH));
		appendStringInfoString(&buf, "...");
	}
	else
		appendBinaryStringInfo(&buf, line, end - line);

	/* a tab would misplace the caret */
	for (int i = 0; i < buf.len; i++)
	{
		if (buf.data[i] == '\t')
			buf.data[i] = ' ';
	}
	appendStringInfo(&buf, "\n%*s^", column, "");
	return psprintf("At character %d of the statement:\n%s", shown, buf.data);
}

/*
 * The SQLSTATE in a verbose message of libpq about a refused log-in ("...
 * FATAL: 28P01: password ..."), as a pointer into it; NULL if there is none.
 */
static const char *
find_sqlstate(const char *message)
{
	for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 1, ":  "))
	{
		const char *code = at + 3;
		int			length = 0;

		while (length < 5 && (isdigit((unsigned char) code[length]) ||
							  (code[length] >= 'A' && code[length] <= 'Z')))
			length++;
		if (length == 5 && code[5] == ':' && code[6] == ' ')
			return code;
	}
	return NULL;
}

/*
 * The first line of libpq's message without its prefix and suffix; palloc'd.
 * Later lines are the place in the server's source, or advice that does not
 * apply here.
 */
static char *
first_words(const char *message)
{
	const char *failed = strstr(message, " failed: ");
	char	   *words;
	int			length;

	if (strncmp(message, "connection to server at ", 24) == 0 && failed != NULL)
		message = failed + 9;
	/* until 13 */
	else if (strncmp(message, "could not connect to server: ", 29) == 0)
		message += 29;
	words = pnstrdup(message, strcspn(message, "\n"));
	length = strlen(words);
	while (length > 0 && isspace((unsigned char) words[length - 1]))
		words[--length] = '\0';
	return words;
}
