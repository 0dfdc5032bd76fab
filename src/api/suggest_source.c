/*-------------------------------------------------------------------------
 *
 * suggest_source.c
 *	  The server of a suggested rollup.
 *
 * Policy: an existing server for the same host, port and database is used.
 * Otherwise one is registered, with everything in the connection string or the
 * old server except the password, which the reader of the script completes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "api/script.h"
#include "api/suggest_source.h"
#include "base/compat.h"
#include "base/options.h"
#include "remote/conninfo.h"
#include "source/server.h"

/* A connection that statements were written for. */
typedef struct DoneSource
{
	const char *connection;
	char	   *source;
} DoneSource;

/* The target of a connection. */
typedef struct Place
{
	const char *name;			/* for a new server */
	const char *host;
	const char *port;
	const char *dbname;
	const char *user;
	const char *sslmode;
	List	   *others;			/* of ConninfoPair * */
} Place;

static const char *
pair_value(List *pairs, const char *keyword)
{
	ListCell   *lc;

	foreach(lc, pairs)
	{
		ConninfoPair *pair = lfirst(lc);

		if (strcmp(pair->keyword, keyword) == 0)
			return pair->value;
	}
	return NULL;
}

/* The first label of a host's name, as a name that needs no quotes; "redshift" for an address. */
static char *
name_of_host(const char *host)
{
	char	   *name = pstrdup(host);
	int			length = 0;

	if (!isalpha((unsigned char) name[0]))
		return pstrdup("redshift");
	while (isalnum((unsigned char) name[length]) || name[length] == '-' || name[length] == '_')
	{
		name[length] = name[length] == '-' ? '_' : pg_ascii_tolower((unsigned char) name[length]);
		length++;
	}
	name[Min(length, NAMEDATALEN - 8)] = '\0';
	return name;
}

static Place
place_of_pairs(List *pairs, const char *name)
{
	Place		place = {0};

	place.host = pair_value(pairs, "host");
	if (place.host == NULL)
		place.host = pair_value(pairs, "hostaddr");
	place.port = pair_value(pairs, "port");
	/* the default of libpq */
	if (place.port == NULL)
		place.port = "5432";
	place.user = pair_value(pairs, "user");
	place.dbname = pair_value(pairs, "dbname");
	if (place.dbname == NULL)
		place.dbname = place.user;
	place.sslmode = pair_value(pairs, "sslmode");
	place.others = pairs;
	place.name = name ? name : place.host ? name_of_host(place.host) : "redshift";
	return place;
}

/* The options of a server as pairs, with the user of its owner's mapping, if the caller may see it. */
static List *
pairs_of_server(ForeignServer *server, Oid owner)
{
	Oid			types[] = {OIDOID, OIDOID};
	Datum		values[] = {ObjectIdGetDatum(server->serverid), ObjectIdGetDatum(owner)};
	List	   *pairs = NIL;
	char	   *user;
	ListCell   *lc;

	foreach(lc, server->options)
	{
		DefElem    *option = lfirst(lc);
		ConninfoPair *pair;

		if (strstr(option->defname, "password") != NULL)
			continue;
		pair = palloc(sizeof(ConninfoPair));
		pair->keyword = pstrdup(option->defname);
		pair->value = defGetString(option);
		pairs = lappend(pairs, pair);
	}
	user = script_text("SELECT o.option_value FROM pg_user_mappings m, pg_options_to_table(m.umoptions) o"
					   " WHERE m.srvid = $1 AND m.umuser IN ($2, 0) AND o.option_name = 'user'"
					   " ORDER BY m.umuser = 0 LIMIT 1", 2, types, values);
	if (user != NULL)
	{
		ConninfoPair *pair = palloc(sizeof(ConninfoPair));

		pair->keyword = "user";
		pair->value = user;
		pairs = lappend(pairs, pair);
	}
	return pairs;
}

/* A source with the same target, preferably of the wrapper rsfed; or NULL. */
static char *
find_source(const Place *place, bool only_rsfed)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, BOOLOID};
	Datum		values[4];

	if (place->host == NULL || place->dbname == NULL)
		return NULL;
	values[0] = CStringGetTextDatum(place->host);
	values[1] = CStringGetTextDatum(place->port);
	values[2] = CStringGetTextDatum(place->dbname);
	values[3] = BoolGetDatum(only_rsfed);
	return script_text("SELECT s.server FROM rsfed.servers s WHERE s.host = $1 AND s.port::text = $2"
					   " AND s.dbname = $3 AND (s.wrapper = 'rsfed' OR NOT $4)"
					   " ORDER BY s.wrapper = 'rsfed' DESC, s.server LIMIT 1", 4, types, values);
}

/* A name that no server has. */
static char *
free_server_name(const char *wanted)
{
	char	   *name = pstrdup(wanted);

	for (int i = 2; GetForeignServerByName(name, true) != NULL; i++)
		name = psprintf("%.*s_%d", NAMEDATALEN - 8, wanted, i);
	return name;
}

/*
 * The other parameters of the target, without the arguments of
 * register_server(), as jsonb; or NULL.
 */
static char *
other_options(Suggestion *s, const Place *place)
{
	static const char *const arguments[] = {"host", "port", "dbname", "user", "sslmode"};
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	foreach(lc, place->others)
	{
		ConninfoPair *pair = lfirst(lc);
		const OptionSpec *spec = option_find(OPTION_SERVER, pair->keyword);
		bool		is_argument = strcmp(pair->value, place->host ? place->host : "") == 0 &&
			strcmp(pair->keyword, "hostaddr") == 0;

		for (int i = 0; i < lengthof(arguments); i++)
			is_argument |= strcmp(pair->keyword, arguments[i]) == 0;
		if (is_argument)
			continue;
		if (spec == NULL || spec->superuser)
		{
			suggest_note(s, "The old connection has %s = %s, which is not carried over.",
						 pair->keyword, quote_literal_cstr(pair->value));
			continue;
		}
		appendStringInfoString(&json, json.len > 0 ? ", " : "{");
		escape_json(&json, pair->keyword);
		appendStringInfoString(&json, ": ");
		escape_json(&json, pair->value);
	}
	if (json.len == 0)
		return NULL;
	appendStringInfoChar(&json, '}');
	return json.data;
}

static const char *
owner_name(const Suggestion *s)
{
	return GetUserNameFromId(s->recipe->owner, false);
}

/*
 * Returns a row if the mapping that a role logs in with, its own before that
 * of public, is complete.
 */
#define CREDENTIALS_ARE_COMPLETE \
	"SELECT FROM (SELECT kind FROM rsfed.credentials WHERE server = %s\n" \
	"\t\tAND for_role IN (%s, 'public') ORDER BY for_role = 'public' LIMIT 1) AS m WHERE kind IS DISTINCT FROM 'none'"

/*
 * Writes the line to complete, and a check that raises an error until it is
 * completed.
 */
static void
write_credentials(Suggestion *s, const char *source, const char *user)
{
	const char *owner = owner_name(s);

	script_commented_out(&s->text, psprintf("SELECT rsfed.set_credentials(%s, %s, '...', for_role => %s);",
									  quote_literal_cstr(source), quote_literal_cstr(user ? user : "..."),
									  quote_literal_cstr(owner)));
	appendStringInfoString(&s->text, "DO ");
	script_dollar_quoted(&s->text, "check",
						 psprintf("\nBEGIN\n"
								  "\tIF NOT EXISTS (" CREDENTIALS_ARE_COMPLETE ") THEN\n"
								  "\t\tRAISE EXCEPTION 'the password of role \"%%\" at server \"%%\" is missing', %s, %s\n"
								  "\t\t\tUSING HINT = 'Complete the line with rsfed.set_credentials, and run the script again.';\n"
								  "\tEND IF;\n"
								  "END\n",
								  quote_literal_cstr(source), quote_literal_cstr(owner),
								  quote_literal_cstr(owner), quote_literal_cstr(source)));
	appendStringInfoString(&s->text, ";\n");
}

/* For an existing server: writes what the owner of the rollup lacks on it. */
static char *
use_source(Suggestion *s, const char *source, const char *user)
{
	ForeignServer *server = source_server(source);
	Oid			owner = s->recipe->owner;

	script_comment(&s->text, psprintf("The server %s is there.", quote_identifier(source)));
	if (rsfed_foreign_server_aclcheck(server->serverid, owner, ACL_USAGE) != ACLCHECK_OK)
		appendStringInfo(&s->text, "GRANT USAGE ON FOREIGN SERVER %s TO %s;\n",
						 quote_identifier(source), quote_identifier(owner_name(s)));
	/* a group logs in at its members */
	if (!source_is_group(server) &&
		script_text(psprintf("SELECT 1 WHERE EXISTS (" CREDENTIALS_ARE_COMPLETE ")", quote_literal_cstr(source),
							 quote_literal_cstr(owner_name(s))), 0, NULL, NULL) == NULL)
		write_credentials(s, source, user);
	return pstrdup(source);
}

static char *
register_source(Suggestion *s, const Place *place)
{
	char	   *name = free_server_name(place->name);
	char	   *options = other_options(s, place);

	if (place->host == NULL || place->dbname == NULL)
		suggest_note(s, "The old connection says no host or no database: complete the call of rsfed.register_server.");
	if (place->sslmode == NULL)
		suggest_note(s, "The server is registered with sslmode verify-full, rsfed's default; the old connection said none.");
	appendStringInfo(&s->text, "SELECT rsfed.register_server(%s, %s, %s, %s,\n\tport => %s",
					 quote_literal_cstr(name), quote_literal_cstr(place->host ? place->host : "..."),
					 quote_literal_cstr(place->dbname ? place->dbname : "..."),
					 quote_literal_cstr(place->user ? place->user : "..."), place->port);
	if (place->sslmode != NULL)
		appendStringInfo(&s->text, ", sslmode => %s", quote_literal_cstr(place->sslmode));
	if (options != NULL)
		appendStringInfo(&s->text, ", options => %s", quote_literal_cstr(options));
	appendStringInfo(&s->text, ", verify => false)\nWHERE NOT EXISTS (SELECT FROM rsfed.servers WHERE server = %s);\n",
					 quote_literal_cstr(name));
	if (s->recipe->owner != GetUserId() && !superuser_arg(s->recipe->owner))
		appendStringInfo(&s->text, "GRANT USAGE ON FOREIGN SERVER %s TO %s;\n",
						 quote_identifier(name), quote_identifier(owner_name(s)));
	write_credentials(s, name, place->user);
	return name;
}

/* Writes statements for a target, unless a source has it already. */
static char *
source_of_place(Suggestion *s, const Place *place, bool only_rsfed)
{
	char	   *source = find_source(place, only_rsfed);

	return source ? use_source(s, source, place->user) : register_source(s, place);
}

/* Port numbers are written into the script unquoted. */
static void
check_port(Suggestion *s, Place *place)
{
	if (strspn(place->port, "0123456789") == strlen(place->port) && place->port[0] != '\0')
		return;
	suggest_note(s, "The old connection has the port %s; 5439 is written.", quote_literal_cstr(place->port));
	place->port = "5439";
}

static bool
is_source(ForeignServer *server)
{
	const char *wrapper = GetForeignDataWrapper(server->fdwid)->fdwname;

	return strcmp(wrapper, "rsfed") == 0 || strcmp(wrapper, "postgres_fdw") == 0;
}

static char *
write_source(Suggestion *s, ForeignServer *server, List *pairs, bool only_rsfed)
{
	Place		place;

	if (server != NULL)
		pairs = pairs_of_server(server, s->recipe->owner);
	place = place_of_pairs(pairs, server ? psprintf("%.*s_rsfed", NAMEDATALEN - 8, server->servername) : NULL);
	check_port(s, &place);
	return source_of_place(s, &place, only_rsfed);
}

char *
suggest_source(Suggestion *s, const char *connection, List **done)
{
	ForeignServer *server = connection ? GetForeignServerByName(connection, true) : NULL;
	DoneSource *one;
	List	   *pairs = NIL;
	ListCell   *lc;

	foreach(lc, *done)
	{
		one = lfirst(lc);
		if (one->connection == connection ||
			(connection && one->connection && strcmp(one->connection, connection) == 0))
			return one->source;
	}
	one = palloc(sizeof(DoneSource));
	one->connection = connection;
	if (server != NULL && is_source(server))
		one->source = use_source(s, server->servername, NULL);
	else
	{
		if (server == NULL && (connection == NULL || !remote_conninfo_parse(connection, &pairs)))
			suggest_note(s, "Where the old connection goes is not in the view (a named connection, or none that is constant): complete the call of rsfed.register_server.");
		one->source = write_source(s, server, pairs, false);
	}
	*done = lappend(*done, one);
	return one->source;
}

char *
suggest_source_of_tables(Suggestion *s, Oid serverid)
{
	ForeignServer *server = GetForeignServer(serverid);

	if (strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, "rsfed") == 0)
		return use_source(s, server->servername, NULL);
	return write_source(s, server, NIL, true);
}
