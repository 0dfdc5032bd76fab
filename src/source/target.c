/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Makes the target of a connection from a foreign server and a mapping.
 *
 * Policy: options of libpq are passed on if remote/ allows them; other options
 * of a server of postgres_fdw that was made by hand (fetch_size, extensions,
 * ...) do not concern the connection and are ignored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "remote/keywords.h"
#include "source/credentials.h"
#include "source/target.h"

static void add(RemoteTarget *target, int *count, const char *keyword, const char *value);
static void add_tls(RemoteTarget *target, int *count, ForeignServer *server);
static void check_password(RemoteTarget *target, ForeignServer *server, UserMapping *mapping,
						   const Credentials *credentials, Oid userid);

/* See target.h. */
RemoteTarget *
target_build(ForeignServer *server, UserMapping *mapping, Oid userid)
{
	RemoteTarget *target = palloc0(sizeof(RemoteTarget));
	Credentials *credentials = credentials_load(server, mapping);
	int			room = list_length(server->options) + list_length(mapping->options) + 8;
	int			count = 0;
	ListCell   *lc;

	target->server_name = server->servername;
	target->keywords = palloc0(room * sizeof(char *));
	target->values = palloc0(room * sizeof(char *));
	foreach(lc, server->options)
	{
		DefElem    *option = lfirst(lc);

		/* a server has no user; these names belong to the mapping */
		if (strcmp(option->defname, "user") != 0 && strcmp(option->defname, "password") != 0 &&
			remote_keyword_usable(option->defname))
			add(target, &count, option->defname, defGetString(option));
	}
	foreach(lc, mapping->options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, "user") != 0 && strcmp(option->defname, "password") != 0 &&
			remote_keyword_usable(option->defname))
			add(target, &count, option->defname, defGetString(option));
	}
	add_tls(target, &count, server);
	if (credentials->user == NULL || credentials->user[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the user mapping for server \"%s\" names no user", server->servername),
				 errhint("Set one with SELECT rsfed.set_credentials(%s, username => '...', password => '...').",
						 quote_literal_cstr(server->servername))));
	add(target, &count, "user", credentials->user);
	if (source_option(server->options, "dbname") == NULL)
		add(target, &count, "dbname", credentials->user);
	check_password(target, server, mapping, credentials, userid);
	if (credentials->password != NULL)
		add(target, &count, "password", credentials->password);

	/* servers made by hand may have 0, which means no time-out in libpq */
	target->connect_timeout_ms = 10000;
	if (source_option(server->options, "connect_timeout") != NULL)
	{
		int			seconds = atoi(source_option(server->options, "connect_timeout"));

		if (seconds > 0 && seconds <= 3600)
			target->connect_timeout_ms = seconds * 1000;
	}
	return target;
}

/*
 * TLS: a server of rsfed is verified unless its options differ; for one of
 * postgres_fdw its options apply.  If a certificate is to be verified and no
 * authority is given, the setting names it.
 */
static void
add_tls(RemoteTarget *target, int *count, ForeignServer *server)
{
	const char *mode = source_option(server->options, "sslmode");

	if (mode == NULL && target_is_own(server))
	{
		mode = "verify-full";
		add(target, count, "sslmode", mode);
	}
	if (mode != NULL && strncmp(mode, "verify", 6) == 0 &&
		source_option(server->options, "sslrootcert") == NULL)
		add(target, count, "sslrootcert", rsfed_ssl_root_cert);
}

/*
 * As in postgres_fdw: a user who is not a superuser logs in with a password of
 * the mapping, never with the means of this server's operating system user,
 * unless a superuser has set password_required 'off' in the mapping.
 */
static void
check_password(RemoteTarget *target, ForeignServer *server, UserMapping *mapping,
			   const Credentials *credentials, Oid userid)
{
	if (superuser_arg(userid) ||
		!option_bool_text(OPTION_CREDENTIALS, "password_required",
						  source_option(mapping->options, "password_required")))
		return;
	target->require_password = true;
	if (credentials->password == NULL || credentials->password[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("password is required"),
				 errdetail("The user mapping for server \"%s\" holds none, and roles that are not superuser need one.",
						   server->servername),
				 errhint("Set one with SELECT rsfed.set_credentials(%s, username => '...', password => '...').",
						 quote_literal_cstr(server->servername))));
}

/* Appends one keyword; the strings are not copied. */
static void
add(RemoteTarget *target, int *count, const char *keyword, const char *value)
{
	target->keywords[*count] = keyword;
	target->values[*count] = value;
	(*count)++;
	target->keywords[*count] = NULL;
	target->values[*count] = NULL;
}

/* See target.h; palloc'd. */
RemoteSession *
target_session(ForeignServer *server, const char *timezone, bool writable)
{
	RemoteSession *session = palloc0(sizeof(RemoteSession));

	session->timezone = timezone;
	session->read_only = !writable;
	session->search_path = source_option(server->options, "search_path");
	session->statement_timeout_ms =
		(int) option_int_text(OPTION_SERVER, "statement_timeout",
							  source_option(server->options, "statement_timeout"));
	session->case_sensitive =
		option_bool_text(OPTION_SERVER, "enable_case_sensitive_identifier",
						 source_option(server->options, "enable_case_sensitive_identifier"));
	return session;
}

/* Is the server's wrapper rsfed's own (else postgres_fdw)? */
bool
target_is_own(ForeignServer *server)
{
	return strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, "rsfed") == 0;
}
