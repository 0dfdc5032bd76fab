/*-------------------------------------------------------------------------
 *
 * validator.c
 *	  Checks the OPTIONS of all objects of the wrapper rsfed.
 *
 * Policy: the table of options defines the options; this file has only the
 * rules that the table cannot express.  Only a superuser may set an option
 * that names a file of the server, because the file is read with the rights of
 * the server's operating system user.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "base/options.h"
#include "base/settings.h"
#include "source/credentials.h"

PG_FUNCTION_INFO_V1(rsfed_validator);

static void check_option(OptionScope scope, const char *name, const char *value);
static bool is_default_authority(const char *name, const char *value);
static void check_host(const char *name, const char *value);
static void check_together(List *options);
static void check_server_together(List *options, OptionScope scope);
static bool has_option(List *options, const char *name);

/*
 * rsfed_catalog.validator(options text[], catalog oid): raises 22023 for
 * options that the table does not allow, 42501 for options that only a
 * superuser may set.
 */
Datum
rsfed_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	/* a server is a group if it has the option that only groups have */
	OptionScope server_scope = has_option(options, "strategy") ? OPTION_GROUP : OPTION_SERVER;
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst(lc);

		if (catalog == ForeignServerRelationId)
			check_option(server_scope, option->defname, defGetString(option));
		else if (catalog == UserMappingRelationId)
			check_option(OPTION_CREDENTIALS, option->defname, defGetString(option));
		else if (catalog == ForeignTableRelationId)
			check_option(OPTION_TABLE, option->defname, defGetString(option));
		else if (catalog == AttributeRelationId)
			check_option(OPTION_COLUMN, option->defname, defGetString(option));
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown option \"%s\"", option->defname),
					 errhint("Servers, user mappings, foreign tables and their columns have options; the wrapper itself has none.")));
	}
	if (catalog == UserMappingRelationId)
		check_together(options);
	else
		check_server_together(options, server_scope);
	PG_RETURN_VOID();
}

/* Is an option of that name in a list of DefElem? */
static bool
has_option(List *options, const char *name)
{
	return source_option(options, name) != NULL;
}

/* Checks one option of a server, mapping, table or column. */
static void
check_option(OptionScope scope, const char *name, const char *value)
{
	const OptionSpec *spec = option_find(scope, name);

	if (spec == NULL)
		option_unknown(scope, name);
	if (spec->superuser && !superuser() && !is_default_authority(name, value))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"%s\"", name),
				 errdetail("Only superusers may set it.")));
	option_check_text(spec, value);
	if (strcmp(name, "host") == 0 || strcmp(name, "hostaddr") == 0)
		check_host(name, value);
}

/*
 * Is it the file in rsfed's setting?  register_server() stores it in the
 * server, because dblink does not know the setting.
 */
static bool
is_default_authority(const char *name, const char *value)
{
	return strcmp(name, "sslrootcert") == 0 && rsfed_ssl_root_cert != NULL &&
		strcmp(value, rsfed_ssl_root_cert) == 0;
}

/*
 * Checks that a host is a single one that is reached by TCP: no local sockets,
 * no lists.
 */
static void
check_host(const char *name, const char *value)
{
	if (value[0] == '\0' || value[0] == '/' || value[0] == '@' || strchr(value, ',') != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for server option \"%s\": \"%s\"", name, value),
				 errhint("It takes one name or address. Several warehouses are several servers, which rsfed.define_group() puts behind one name.")));
}

/* Checks options that exclude each other in a mapping. */
static void
check_together(List *options)
{
	bool		has_file = has_option(options, "credentials_file");
	bool		has_password = has_option(options, "password") || has_option(options, "valid_until");

	if (has_file && has_password)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("credentials_file cannot be combined with password or valid_until"),
				 errhint("The file says both. DROP the options that no longer hold.")));
}

/*
 * Checks options without effect unless another one is set: an error for the
 * checks of a group, a WARNING for a budget, whose other option may follow.
 */
static void
check_server_together(List *options, OptionScope scope)
{
	if (scope == OPTION_GROUP && has_option(options, "health_query") &&
		option_int_text(scope, "health_interval", source_option(options, "health_interval")) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"health_query\" needs \"health_interval\""),
				 errhint("The query is asked that often, for example \"1 min\".")));
	if (scope == OPTION_SERVER &&
		option_int_text(scope, "max_scan_per_day", source_option(options, "max_scan_per_day")) > 0 &&
		!option_bool_text(scope, "gather_costs", source_option(options, "gather_costs")))
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("option \"max_scan_per_day\" has no effect without \"gather_costs\""),
				 errdetail("What runs read in S3 is known from the history of the warehouse only."),
				 errhint("Set the option gather_costs of the server to on.")));
}
