/*-------------------------------------------------------------------------
 *
 * connect.c
 *	  From a target to a session that is logged in.
 *
 * libpq's own connect_timeout is ignored by PQconnectPoll(), and a list of
 * addresses that do not answer would multiply it.  So the deadline is ours: it
 * covers name resolution, all addresses and the log-in together; each address
 * gets an even share of what is left.  libpq is given one address at a time
 * (hostaddr) beside the name (host), which TLS checks the certificate against.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/builtins.h"

#include "remote/internal.h"

#include "base/compat.h"
#include "remote/keywords.h"

/* Parameters that every connection gets, unless the target says otherwise. */
static const char *const default_parameters[][2] =
{
	{"application_name", "rsfed"},
	{"ssl_min_protocol_version", "TLSv1.2"},

	/*
	 * A firewall forgets a connection that is silent while a long query runs;
	 * the server would finish and this session would wait forever.
	 */
	{"keepalives", "1"},
	{"keepalives_idle", "60"},
	{"keepalives_interval", "20"},
	{"keepalives_count", "5"},
	{"tcp_user_timeout", "60000"},

	/* Kerberos: Redshift has none, and old servers fail at the request */
	{"gssencmode", "disable"},

	/*
	 * files that libpq would otherwise look for in the server's home directory
	 */
	{"passfile", NO_FILE},
	{"sslcert", NO_FILE},
	{"sslkey", NO_FILE},
	{"sslcrl", NO_FILE},
	{"sslrootcert", NO_FILE},

	{"client_encoding", "UTF8"},
};

/* One address to try. */
typedef struct Address
{
	const char *host;			/* as the target names it, for TLS; may be NULL */
	const char *port;
	const char *address;		/* numeric */
} Address;

static RemoteStep last_step = REMOTE_STEP_DONE;

static List *target_addresses(RemoteConnection *conn, TimestampTz deadline);
static void build_parameters(RemoteConnection *conn);
static bool try_address(RemoteConnection *conn, const Address *address, TimestampTz deadline);
static void close_attempt(RemoteConnection *conn);
static List *split_list(const char *text);
static void set_parameter(RemoteConnection *conn, const char *keyword, const char *value);

/*
 * Connects to conn->target and logs in.  Interruptible; raises 08001, and the
 * error of a server that refuses.  On return conn->pg is set, in non-blocking
 * mode.
 */
void
connect_target(RemoteConnection *conn)
{
	TimestampTz start = monotonic_now();
	TimestampTz deadline = TimestampTzPlusMilliseconds(start, conn->target.connect_timeout_ms);
	List	   *addresses;
	int			left;
	char	   *message = NULL;
	bool		any_timed_out = false;
	ListCell   *lc;

	last_step = REMOTE_STEP_RESOLVE;
	addresses = target_addresses(conn, deadline);
	left = list_length(addresses);
	if (!AcquireExternalFD())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("too many open files in this session to connect to Redshift"),
				 errhint("Raise max_files_per_process.")));
	conn->has_fd = true;

	foreach(lc, addresses)
	{
		Address    *address = lfirst(lc);
		TimestampTz now = monotonic_now();
		TimestampTz until = now + (deadline - now) / left--;
		bool		timed_out;

		if (now >= deadline)
			break;
		timed_out = !try_address(conn, address, until);
		any_timed_out |= timed_out;
		if (!timed_out && PQstatus(conn->pg) == CONNECTION_OK)
		{
			conn->address = MemoryContextStrdup(conn->context, address->address);
			conn->connect_ms = (int) ((monotonic_now() - start) / 1000);
			last_step = REMOTE_STEP_SESSION;
			if (PQsetnonblocking(conn->pg, 1) != 0)
				report_lost(conn, PQerrorMessage(conn->pg));
			return;
		}
		if (!timed_out)
		{
			message = pstrdup(PQerrorMessage(conn->pg));

			/* the server answers and refuses: the others would do the same */
			if (message_is_from_server(message))
				break;
		}
		close_attempt(conn);
	}

	/*
	 * a time-out tells more than another address that refuses (::1 of
	 * localhost)
	 */
	if (message != NULL && !any_timed_out)
		report_connect(conn, message);
	report_connect_timeout(conn);
}

/* Every address of every host that the target names. */
static List *
target_addresses(RemoteConnection *conn, TimestampTz deadline)
{
	const char *host = target_value(&conn->target, "host");
	const char *hostaddr = target_value(&conn->target, "hostaddr");
	const char *port = target_value(&conn->target, "port");
	List	   *hosts = split_list(host);
	List	   *hostaddrs = split_list(hostaddr);
	List	   *ports = split_list(port);
	int			count = Max(list_length(hosts), list_length(hostaddrs));
	List	   *addresses = NIL;

	for (int i = 0; i < count; i++)
	{
		const char *name = i < list_length(hosts) ? list_nth(hosts, i) : NULL;
		const char *fixed = i < list_length(hostaddrs) ? list_nth(hostaddrs, i) : NULL;
		const char *its_port = "5439";
		List	   *found;
		ListCell   *lc;

		if (list_length(ports) == 1)
			its_port = linitial(ports);
		else if (i < list_length(ports))
			its_port = list_nth(ports, i);

		if (fixed != NULL && fixed[0] != '\0')
			found = list_make1(pstrdup(fixed));
		else if (name == NULL || name[0] == '\0' || name[0] == '/' || name[0] == '@')
			continue;
		else
			found = remote_resolve(conn->server_name, name, deadline);
		foreach(lc, found)
		{
			Address    *address = palloc(sizeof(Address));

			address->host = name;
			address->port = its_port;
			address->address = lfirst(lc);
			addresses = lappend(addresses, address);
		}
	}

	/* libpq would use the socket of this server itself */
	if (addresses == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
				 errmsg("could not connect to Redshift server \"%s\"", conn->server_name),
				 errdetail("Its option host names no host that can be reached by TCP."),
				 errhint("ALTER SERVER %s OPTIONS (SET host '...');",
						 quote_identifier(conn->server_name))));
	return addresses;
}

/*
 * Tries one address until it is logged in, or has failed or run out of time
 * (false). conn->pg is set in each case.
 */
static bool
try_address(RemoteConnection *conn, const Address *address, TimestampTz deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	last_step = REMOTE_STEP_TCP;
	build_parameters(conn);
	set_parameter(conn, "host", address->host);
	set_parameter(conn, "port", address->port);
	set_parameter(conn, "hostaddr", address->address);

	libpq_enter();
	conn->pg = PQconnectStartParams(conn->parameter_keywords, conn->parameter_values, 0);
	libpq_leave();
	if (conn->pg == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		return true;
	PQsetNoticeReceiver(conn->pg, notice_receive, conn);

	/*
	 * its message then carries the SQLSTATE, which libpq does not provide
	 * otherwise
	 */
	(void) PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);

	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
	{
		int			events = status == PGRES_POLLING_READING ?
			WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE;

		if (wait_socket(PQsocket(conn->pg), events, deadline, REMOTE_WAIT_CONNECT) == 0)
			return false;
		libpq_enter();
		status = PQconnectPoll(conn->pg);
		libpq_leave();
		if (PQstatus(conn->pg) == CONNECTION_SSL_STARTUP)
			last_step = REMOTE_STEP_TLS;
		else if (PQstatus(conn->pg) == CONNECTION_AWAITING_RESPONSE)
			last_step = REMOTE_STEP_LOGIN;
	}
	return true;
}

/* The session is pinned: remote_connect() has done its work. */
void
connect_done(void)
{
	last_step = REMOTE_STEP_DONE;
}

/* See connection.h. */
RemoteStep
remote_last_step(void)
{
	RemoteStep	step = last_step;

	last_step = REMOTE_STEP_DONE;
	return step;
}

/* Discards a failed attempt; keeps the count of descriptors right. */
static void
close_attempt(RemoteConnection *conn)
{
	PQfinish(conn->pg);
	conn->pg = NULL;
}

/*
 * Fills conn->parameter_* with the parameters for libpq, for any address.  The
 * caller sets a certain host afterwards.
 */
static void
build_parameters(RemoteConnection *conn)
{
	const RemoteTarget *target = &conn->target;
	int			count = 0;
	int			size;

	while (target->keywords[count] != NULL)
		count++;
	size = count + lengthof(default_parameters) + 4;
	if (conn->parameter_keywords == NULL)
	{
		conn->parameter_keywords = MemoryContextAlloc(conn->context, size * sizeof(char *));
		conn->parameter_values = MemoryContextAlloc(conn->context, size * sizeof(char *));
	}
	conn->parameter_keywords[0] = NULL;

	/* entries that try_address() and a cancel fill */
	set_parameter(conn, "host", NULL);
	set_parameter(conn, "port", NULL);
	set_parameter(conn, "hostaddr", NULL);
	for (int i = 0; i < lengthof(default_parameters); i++)
		set_parameter(conn, default_parameters[i][0], default_parameters[i][1]);
	for (int i = 0; i < count; i++)
	{
		if (remote_keyword_usable(target->keywords[i]))
			set_parameter(conn, target->keywords[i], target->values[i]);
	}
}

/* Sets one parameter, in its place if it is there; the strings are not copied. */
static void
set_parameter(RemoteConnection *conn, const char *keyword, const char *value)
{
	int			i = 0;

	while (conn->parameter_keywords[i] != NULL && strcmp(conn->parameter_keywords[i], keyword) != 0)
		i++;
	if (conn->parameter_keywords[i] == NULL)
	{
		conn->parameter_keywords[i] = keyword;
		conn->parameter_keywords[i + 1] = NULL;
		conn->parameter_values[i + 1] = NULL;
	}
	conn->parameter_values[i] = value;
}

/* Splits at commas, as libpq splits hosts and ports; List of char *, palloc'd. */
static List *
split_list(const char *text)
{
	List	   *parts = NIL;

	while (text != NULL)
	{
		const char *comma = strchr(text, ',');

		parts = lappend(parts, comma ? pnstrdup(text, comma - text) : pstrdup(text));
		text = comma ? comma + 1 : NULL;
	}
	return parts;
}
