/*-------------------------------------------------------------------------
 *
 * servers.c
 *	  SQL functions that register Redshift servers and their credentials.
 *
 * Policy: servers and mappings are ordinary ones, made by the functions of
 * CREATE SERVER and CREATE USER MAPPING with the same privilege checks, but
 * from node trees: a password never becomes part of an SQL text of rsfed, and
 * a failed statement with a password is kept out of the log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "api/servers.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/members.h"
#include "catalog/rollup.h"
#include "refresh/outcome.h"
#include "shmem/wake.h"
#include "source/check.h"
#include "source/credentials.h"
#include "source/source.h"

PG_FUNCTION_INFO_V1(rsfed_register_server);
PG_FUNCTION_INFO_V1(rsfed_set_credentials);
PG_FUNCTION_INFO_V1(rsfed_check_server);
PG_FUNCTION_INFO_V1(rsfed_drop_server);

static void hide_statement(void *arg);
static void add_authority(CreateForeignServerStmt *stmt);
static void create_mapping(const char *server, const char *role, const char *username, const char *password);
static RoleSpec *role_spec(const char *role);
static void verify_login(const char *server, Oid userid);
static List *credential_changes(List *old, const char *username, const char *password, const char *until);
static void drop_rollups(List *rollups);
static void run_utility(const char *command);
static void drop_mappings(ForeignServer *server);

/*
 * rsfed.register_server(server, host, dbname, username, password, port,
 * sslmode, options, verify).  Raises what CREATE SERVER raises, 22023 for
 * options; a log-in that fails is a WARNING.
 */
Datum
rsfed_register_server(PG_FUNCTION_ARGS)
{
	CreateForeignServerStmt *stmt = makeNode(CreateForeignServerStmt);
	static const char *const arguments[] = {"host", "port", "dbname", "sslmode"};
	List	   *given = NIL;
	ListCell   *lc;
	ErrorContextCallback callback;

	callback.callback = hide_statement;
	callback.arg = NULL;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	require_primary("rsfed.register_server()");
	stmt->servername = argument_new_name(fcinfo, 0, "server");
	argument_require(fcinfo, 1, "host");
	argument_require(fcinfo, 2, "dbname");
	argument_require(fcinfo, 3, "username");

	stmt->fdwname = pstrdup("rsfed");
	stmt->options = list_make2(server_option("host", text_to_cstring(PG_GETARG_TEXT_PP(1)), DEFELEM_UNSPEC),
							   server_option("dbname", text_to_cstring(PG_GETARG_TEXT_PP(2)), DEFELEM_UNSPEC));
	if (!PG_ARGISNULL(5))
		stmt->options = lappend(stmt->options,
								server_option("port", psprintf("%d", PG_GETARG_INT32(5)), DEFELEM_UNSPEC));
	if (!PG_ARGISNULL(6))
		stmt->options = lappend(stmt->options,
								server_option("sslmode", text_to_cstring(PG_GETARG_TEXT_PP(6)), DEFELEM_UNSPEC));
	if (!PG_ARGISNULL(7))
		given = options_to_texts(OPTION_SERVER, PG_GETARG_JSONB_P(7));
	foreach(lc, given)
	{
		OptionText *option = lfirst(lc);

		for (int i = 0; i < lengthof(arguments); i++)
		{
			if (strcmp(option->name, arguments[i]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("\"%s\" is an argument of its own, not an option here", option->name),
						 errhint("Write %s => ... in the call.", option->name)));
		}
		if (option->value != NULL)
			stmt->options = lappend(stmt->options,
									server_option(option->name, option->value, DEFELEM_UNSPEC));
	}
	add_authority(stmt);
	CreateForeignServer(stmt);
	CommandCounterIncrement();

	create_mapping(stmt->servername, GetUserNameFromId(GetUserId(), false),
				   text_to_cstring(PG_GETARG_TEXT_PP(3)),
				   PG_ARGISNULL(4) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(4)));
	if (PG_ARGISNULL(8) || PG_GETARG_BOOL(8))
		verify_login(stmt->servername, GetUserId());
	error_context_stack = callback.previous;
	PG_RETURN_VOID();
}

/*
 * The option valid_until for that time, with its zone, so that it can be read under
 * any TimeZone and DateStyle; NULL if there is no end.  Raises 22023 for -infinity.
 */
static char *
valid_until_text(TimestampTz until)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (TIMESTAMP_IS_NOBEGIN(until))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"valid_until\" must not be -infinity"),
				 errhint("Leave it out, or pass infinity, for a password that does not expire.")));
	if (TIMESTAMP_IS_NOEND(until))
		return NULL;
	/* without a zone, the fields are in UTC; the year before the year 1 is 0 */
	if (timestamp2tm(until, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02d %02d:%02d:%02d+00%s", tm.tm_year > 0 ? tm.tm_year : 1 - tm.tm_year,
					tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year > 0 ? "" : " BC");
}

/*
 * rsfed.set_credentials(server, username, password, for_role, valid_until,
 * verify).  Makes the mapping or changes it; raises what CREATE and ALTER USER
 * MAPPING raise.  for_role 'public' means all roles.
 */
Datum
rsfed_set_credentials(PG_FUNCTION_ARGS)
{
	char	   *server_name;
	char	   *role;
	char	   *username;
	char	   *password;
	char	   *until;
	ForeignServer *server;
	RoleSpec   *spec;
	Oid			roleid;
	Oid			mapping;
	bool		may_try = false;
	ErrorContextCallback callback;

	callback.callback = hide_statement;
	callback.arg = NULL;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	require_primary("rsfed.set_credentials()");
	argument_require(fcinfo, 0, "server");
	argument_require(fcinfo, 1, "username");
	argument_require(fcinfo, 3, "for_role");
	server_name = NameStr(*PG_GETARG_NAME(0));
	username = text_to_cstring(PG_GETARG_TEXT_PP(1));
	password = argument_text(fcinfo, 2);
	role = NameStr(*PG_GETARG_NAME(3));
	server = source_server(server_name);

	/*
	 * Of two sessions that change them at the same time, the second one waits;
	 * ALTER USER MAPPING would raise an internal error.
	 */
	LockDatabaseObject(ForeignServerRelationId, server->serverid, 0, ShareUpdateExclusiveLock);
	server = source_server(server_name);

	until = PG_ARGISNULL(4) ? NULL : valid_until_text(PG_GETARG_TIMESTAMPTZ(4));

	spec = role_spec(role);
	roleid = spec->roletype == ROLESPEC_PUBLIC ? InvalidOid : get_rolespec_oid(spec, false);
	mapping = GetSysCacheOid2(USERMAPPINGUSERSERVER, Anum_pg_user_mapping_oid,
							  ObjectIdGetDatum(roleid), ObjectIdGetDatum(server->serverid));
	if (OidIsValid(mapping))
	{
		AlterUserMappingStmt *stmt = makeNode(AlterUserMappingStmt);
		HeapTuple	tuple = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(mapping));
		Datum		options;
		bool		isnull;

		options = SysCacheGetAttr(USERMAPPINGOID, tuple, Anum_pg_user_mapping_umoptions, &isnull);
		stmt->user = spec;
		stmt->servername = server_name;
		stmt->options = credential_changes(isnull ? NIL : untransformRelOptions(options),
										   username, password, until);
		ReleaseSysCache(tuple);
		AlterUserMapping(stmt);
	}
	else
	{
		CreateUserMappingStmt *stmt = makeNode(CreateUserMappingStmt);

		stmt->user = spec;
		stmt->servername = server_name;
		stmt->options = credential_changes(NIL, username, password, until);
		CreateUserMapping(stmt);
	}
	CommandCounterIncrement();
	/* if the old ones were held */
	wake_scheduler_at_commit();

	/*
	 * The log-in of another role is tried only by a user who may become that
	 * role, and that of PUBLIC only by a user who would use it.
	 */
	if (PG_ARGISNULL(5) || PG_GETARG_BOOL(5))
		may_try = OidIsValid(roleid) ? has_privs_of_role(GetUserId(), roleid) :
			!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(GetUserId()),
								   ObjectIdGetDatum(server->serverid));
	if (may_try)
		verify_login(server_name, OidIsValid(roleid) ? roleid : GetUserId());
	error_context_stack = callback.previous;
	PG_RETURN_VOID();
}

/*
 * rsfed.check_server(source): a row for each step of the way.  Raises 42704 and
 * 42501 only.
 */
Datum
rsfed_check_server(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	List	   *items;
	bool		logs_in = false;
	bool		is_refused = false;
	ListCell   *lc;

	argument_require(fcinfo, 0, "source");
	items = source_check(NameStr(*PG_GETARG_NAME(0)), GetUserId());
	foreach(lc, items)
	{
		CheckItem  *item = lfirst(lc);
		Datum		values[3];
		bool		nulls[3] = {false};

		logs_in |= item->is_login && item->ok;
		is_refused |= item->is_login && !item->ok;
		values[0] = CStringGetTextDatum(item->item);
		values[1] = BoolGetDatum(item->ok);
		values[2] = CStringGetTextDatum(item->detail);
		result_add(result, values, nulls);
	}
	/* a held log-in is released if it works */
	if (logs_in && !is_refused && !RecoveryInProgress() && !XactReadOnly)
		outcome_login_works(NameStr(*PG_GETARG_NAME(0)), GetUserId());
	return (Datum) 0;
}

/*
 * rsfed.drop_server(server, cascade): the server with its mappings.  Raises
 * 2BP01 while rollups use it, unless cascade drops them too.
 */
Datum
rsfed_drop_server(PG_FUNCTION_ARGS)
{
	require_primary("rsfed.drop_server()");
	argument_require(fcinfo, 0, "server");
	server_drop(source_server(NameStr(*PG_GETARG_NAME(0))),
				!PG_ARGISNULL(1) && PG_GETARG_BOOL(1));
	PG_RETURN_VOID();
}

/* See servers.h. */
void
server_drop(ForeignServer *server, bool cascade)
{
	const char *name = server->servername;
	List	   *rollups;

	if (!rsfed_foreign_server_ownercheck(server->serverid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FOREIGN_SERVER, name);

	/*
	 * as DROP SERVER does; before the look at rollups, because new ones may be
	 * in progress
	 */
	LockDatabaseObject(ForeignServerRelationId, server->serverid, 0, AccessExclusiveLock);
	server = source_server(name);
	rollups = rollups_of_source(name);
	if (cascade)
		drop_rollups(rollups);
	else
		server_refuse_drop(name, rollups);

	/*
	 * Uses statements, so that event triggers see the drop.  The owner of the
	 * server may drop its mappings, and need not name each.
	 */
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	drop_mappings(server);
	run_utility(psprintf("DROP SERVER %s%s", quote_identifier(name), cascade ? " CASCADE" : ""));
	SPI_finish();
}

void
server_refuse_drop(const char *server, List *rollups)
{
	if (rollups == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("cannot drop server \"%s\" because rollups use it", server),
			 errdetail_plural("%d rollup uses it: %s.", "%d rollups use it: %s.",
							  list_length(rollups), list_length(rollups), texts_joined(rollups, ", ")),
			 errhint("Give them another source with rsfed.alter_rollup(..., source => '...'), or drop them too with SELECT rsfed.drop_server(%s, cascade => true).",
					 quote_literal_cstr(server))));
}

void
server_warn_drop(const char *server, List *rollups)
{
	if (rollups == NIL)
		return;
	ereport(WARNING,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("rollups use server \"%s\", which is dropped", server),
			 errdetail_plural("%d rollup keeps its content and its schedules: %s.",
							  "%d rollups keep their content and their schedules: %s.",
							  list_length(rollups), list_length(rollups), texts_joined(rollups, ", ")),
			 errhint("Their refreshes fail until there is a server of that name again, or until rsfed.alter_rollup(..., source => '...').")));
}

/* See servers.h. */
void
server_leave_groups(const char *server, bool cascade)
{
	List	   *groups = groups_of_server(server);
	ListCell   *lc;

	if (groups == NIL)
		return;
	if (!cascade)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop server \"%s\" because groups use it", server),
				 errdetail_plural("It is a member of %d group: %s.", "It is a member of %d groups: %s.",
								  list_length(groups), list_length(groups), texts_joined(groups, ", ")),
				 errhint("Take it out with SELECT rsfed.remove_member(%s, %s), or drop it there too with SELECT rsfed.drop_server(%s, cascade => true).",
						 quote_literal_cstr(linitial(groups)), quote_literal_cstr(server),
						 quote_literal_cstr(server))));
	foreach(lc, groups)
	{
		(void) member_delete(lfirst(lc), server);
		ereport(NOTICE,
				(errmsg("server \"%s\" leaves group \"%s\"", server, (char *) lfirst(lc))));
	}
}

/*
 * An error context that adds nothing: it keeps the text of the statement, which
 * holds the password, out of the server's log.
 */
static void
hide_statement(void *arg)
{
	errhidestmt(true);
}

/*
 * Writes the default file of certificate authorities into the server's options
 * if a certificate is to be verified: dblink('name', ...) does not know
 * rsfed's setting, and libpq's own default is a file that few machines have.
 */
static void
add_authority(CreateForeignServerStmt *stmt)
{
	const char *mode = source_option(stmt->options, "sslmode");

	if ((mode == NULL || strncmp(mode, "verify", 6) == 0) &&
		source_option(stmt->options, "sslrootcert") == NULL &&
		rsfed_ssl_root_cert != NULL && rsfed_ssl_root_cert[0] != '\0')
		stmt->options = lappend(stmt->options,
								server_option("sslrootcert", rsfed_ssl_root_cert, DEFELEM_UNSPEC));
}

/* See servers.h. */
DefElem *
server_option(const char *name, const char *value, DefElemAction action)
{
	return makeDefElemExtended(NULL, pstrdup(name),
							   value ? (Node *) makeString(pstrdup(value)) : NULL,
							   action, -1);
}

/* Makes a new mapping with user and password. */
static void
create_mapping(const char *server, const char *role, const char *username, const char *password)
{
	CreateUserMappingStmt *stmt = makeNode(CreateUserMappingStmt);

	stmt->user = role_spec(role);
	stmt->servername = pstrdup(server);
	stmt->options = credential_changes(NIL, username, password, NULL);
	CreateUserMapping(stmt);
	CommandCounterIncrement();
}

/* The role of a mapping; no role can be named 'public'. */
static RoleSpec *
role_spec(const char *role)
{
	RoleSpec   *spec = makeNode(RoleSpec);

	spec->location = -1;
	if (strcmp(role, "public") == 0)
		spec->roletype = ROLESPEC_PUBLIC;
	else
	{
		spec->roletype = ROLESPEC_CSTRING;
		spec->rolename = pstrdup(role);
	}
	return spec;
}

/*
 * The OPTIONS list that leads from a mapping's options to new credentials.
 * Options that belong to the old ones are removed: valid_until,
 * credentials_file.
 */
static List *
credential_changes(List *old, const char *username, const char *password, const char *until)
{
	static const char *const names[] = {"user", "password", "valid_until", "credentials_file"};
	const char *values[lengthof(names)];
	List	   *changes = NIL;

	values[0] = username;
	values[1] = password;
	values[2] = until;
	values[3] = NULL;
	for (int i = 0; i < lengthof(names); i++)
	{
		bool		is_there = source_option(old, names[i]) != NULL;

		if (values[i] != NULL)
			changes = lappend(changes, server_option(names[i], values[i],
												   is_there ? DEFELEM_SET : DEFELEM_ADD));
		else if (is_there)
			changes = lappend(changes, server_option(names[i], NULL, DEFELEM_DROP));
	}
	return changes;
}

/* Tries to log in; a failure is a WARNING: the network may come up later. */
static void
verify_login(const char *server, Oid userid)
{
	ErrorData  *error = source_try(server, userid);

	if (error == NULL)
		return;
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg_internal("%s", error->message),
			 errdetail("%s%sThe credentials are kept all the same.",
					   error->detail ? error->detail : "",
					   error->detail ? "\n" : ""),
			 errhint("%s%sSELECT * FROM rsfed.check_server(%s) shows each step.",
					 error->hint ? error->hint : "", error->hint ? "\n" : "",
					 quote_literal_cstr(server))));
}

/* Drops rollups with the function that a DBA would call. */
static void
drop_rollups(List *rollups)
{
	ListCell   *lc;

	if (rollups == NIL)
		return;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	foreach(lc, rollups)
	{
		char	   *rollup = lfirst(lc);
		Oid			types[1] = {TEXTOID};
		Datum		values[1];

		ereport(NOTICE,
				(errmsg("drop cascades to rollup %s", rollup)));
		values[0] = CStringGetTextDatum(rollup);
		if (SPI_execute_with_args("SELECT rsfed.drop_rollup($1::pg_catalog.regclass)",
								  1, types, values, NULL, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not drop rollup %s", rollup);
	}
	SPI_finish();
}

/* Runs a statement that returns no rows; SPI is connected. */
static void
run_utility(const char *command)
{
	int			rc = SPI_execute(command, false, 0);

	if (rc != SPI_OK_UTILITY)
		elog(ERROR, "unexpected result %s of %s", SPI_result_code_string(rc), command);
}

/* Drops all user mappings of a server; SPI is connected. */
static void
drop_mappings(ForeignServer *server)
{
	Relation	relation = table_open(UserMappingRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(relation, 0, NULL);
	HeapTuple	tuple;
	List	   *roles = NIL;
	ListCell   *lc;

	/* a full scan: the index begins with the role */
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(tuple);

		if (form->umserver == server->serverid)
			roles = lappend_oid(roles, form->umuser);
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);

	foreach(lc, roles)
	{
		Oid			role = lfirst_oid(lc);

		run_utility(psprintf("DROP USER MAPPING FOR %s SERVER %s",
							 OidIsValid(role) ? quote_identifier(GetUserNameFromId(role, false)) : "PUBLIC",
							 quote_identifier(server->servername)));
	}
}
