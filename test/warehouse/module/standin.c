/*
 * standin.c
 *		Makes a PostgreSQL 15 server introduce itself as Amazon Redshift.
 *
 * Policy: for test machines only, never loaded by the product.  It is as strict
 * as Redshift's documentation: anything that is not documented is refused.  The
 * module implements what needs the internals of a server (identity, settings,
 * statements that are refused for their meaning, decimals, types); the proxy in
 * front of it handles lexical differences, and the altered catalog has the
 * functions and views.
 *
 * This file: identity (server_version, padb_version, the reported parameters),
 * the list of allowed settings, and the messages of engine errors.
 */
#include "postgres.h"

/* The layout of Port is the same without GSS, whose headers may be missing. */
#undef ENABLE_GSS

#include "access/xact.h"
#include "fmgr.h"
#include "history.h"
#include "lake.h"
#include "libpq/auth.h"
#include "libpq/libpq-be.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "standin.h"
#include "tcop/tcopprot.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

#define SERVER_VERSION	"8.0.2"
#define PADB_VERSION	"1.0.77467"

bool		standin_through_proxy = false;
bool		standin_single_node = true;
int			standin_query_number = 100;

static bool loading = false;
static bool readonly = false;
static char *padb_version = NULL;

static ClientAuthentication_hook_type prev_authentication = NULL;
static emit_log_hook_type prev_emit_log = NULL;

/* Settings that a client may SET and use in its startup packet. */
static const char *const settable[] = {
	"analyze_threshold_percent", "application_name", "client_encoding",
	"client_min_messages", "datestyle", "describe_field_name_in_uppercase",
	"enable_case_sensitive_identifier",
	"enable_case_sensitive_super_attribute",
	"enable_result_cache_for_session", "extra_float_digits",
	"json_serialization_enable",
	"json_serialization_parse_nested_strings", "mv_enable_aqmv_for_session",
	"navigate_super_null_on_error", "query_group", "readonly",
	"search_path", "seed", "session_authorization",
	"spectrum_enable_pseudo_columns", "statement_timeout", "timezone",
	"wlm_query_slot_count", NULL
};

/* Settings that it may SHOW in addition. */
static const char *const showable[] = {
	"is_superuser", "padb_version", "server_encoding", "server_version",
	"transaction_isolation", "transaction_read_only", NULL
};

/* Settings of Redshift that are only stored here. */
static const struct
{
	const char *name;
	const char *value;
}			remembered[] =
{
	{"analyze_threshold_percent", "10"},
	{"enable_case_sensitive_super_attribute", "off"},
	{"enable_result_cache_for_session", "on"},
	{"json_serialization_enable", "off"},
	{"json_serialization_parse_nested_strings", "off"},
	{"mv_enable_aqmv_for_session", "true"},
	{"navigate_super_null_on_error", "on"},
	{"query_group", ""},
	{"spectrum_enable_pseudo_columns", "true"},
	{"wlm_query_slot_count", "1"},
};
static char *remembered_values[lengthof(remembered)];

/* The proxy needs these two, so they are reported (to it only). */
static bool case_sensitive_identifier = false;
static bool field_name_in_uppercase = false;

static bool
in_list(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (pg_strcasecmp(name, *list) == 0)
			return true;
	return false;
}

/*
 * standin_is_strict returns whether Redshift's rules apply to this session:
 * always through the proxy, and on the direct port unless it loads data.
 */
bool
standin_is_strict(void)
{
	return standin_through_proxy || !loading;
}

/*
 * standin_is_client_text distinguishes the text of a client from that of
 * statements in functions.  The server keeps copies of a text, so a comparison
 * of addresses is not sufficient.
 */
bool
standin_is_client_text(const char *text)
{
	return text && debug_query_string &&
		(text == debug_query_string || strcmp(text, debug_query_string) == 0);
}

/*
 * standin_check_setting_name raises 42704 for a setting that Redshift does not
 * have.  Names with a dot are Redshift's session context variables, but
 * standin.* are the stand-in's own: through the proxy only the node mode may
 * be changed.
 */
void
standin_check_setting_name(const char *name)
{
	if (!standin_is_strict() || in_list(name, settable))
		return;
	if (pg_strcasecmp(name, "standin.single_node") == 0)
		return;
	if (strchr(name, '.') && pg_strncasecmp(name, "standin.", 8) != 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("unrecognized configuration parameter \"%s\"", name)));
}

/*
 * standin_check_setting_value raises 22023 for values with units, which a
 * newer server accepts and 8.0 does not.
 */
void
standin_check_setting_value(const char *name, const char *value)
{
	if (!standin_is_strict() || value == NULL)
		return;
	if (pg_strcasecmp(name, "statement_timeout") == 0 &&
		strspn(value, "0123456789") != strlen(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"statement_timeout\" requires an integer value")));
}

/* standin_check_shown_name does the same for SHOW, which has a few more. */
void
standin_check_shown_name(const char *name)
{
	if (!in_list(name, showable))
		standin_check_setting_name(name);
}

/*
 * check_startup_settings checks the parameters of the startup packet.  It runs
 * before the server applies them, so an unknown one is fatal.
 */
static void
check_startup_settings(Port *port)
{
	ListCell   *cell;
	char	   *options = port->cmdline_options;

	for (cell = list_head(port->guc_options); cell != NULL;)
	{
		char	   *name = lfirst(cell);
		char	   *value;

		cell = lnext(port->guc_options, cell);
		value = lfirst(cell);
		cell = lnext(port->guc_options, cell);
		standin_check_setting_name(name);
		standin_check_setting_value(name, value);
	}
	while (options && *options)
	{
		char		word[NAMEDATALEN * 2];
		char	   *equals;
		size_t		len;

		options += strspn(options, " ");
		if (strncmp(options, "-c", 2) == 0)
		{
			options += 2;
			options += strspn(options, " ");
		}
		else if (strncmp(options, "--", 2) == 0)
			options += 2;
		len = strcspn(options, " ");
		strlcpy(word, options, Min(len + 1, sizeof(word)));
		options += len;
		if ((equals = strchr(word, '=')) == NULL)
			continue;
		*equals = '\0';
		for (char *c = word; *c; c++)
			if (*c == '-')
				*c = '_';
		/* the proxy appends its mark; it has removed a client's before */
		if (pg_strcasecmp(word, "standin.through_proxy") == 0)
			continue;
		standin_check_setting_name(word);
		standin_check_setting_value(word, equals + 1);
	}
}

/*
 * authentication checks the startup packet before the login is complete; an
 * error there ends the connection, as in Redshift.
 */
static void
authentication(Port *port, int status)
{
	const char *options = port->cmdline_options;

	if (prev_authentication)
		prev_authentication(port, status);
	if (status != STATUS_OK)
		return;
	standin_through_proxy = options &&
		strstr(options, "standin.through_proxy=on") != NULL;
	loading = !standin_through_proxy && options &&
		strstr(options, "standin.loading=on") != NULL;
	if (standin_is_strict())
		check_startup_settings(port);
}

/*
 * engine_detail builds the DETAIL block that errors of compute nodes carry.
 */
static char *
engine_detail(const char *error, int code, const char *context)
{
	return psprintf("\n  -----------------------------------------------\n"
					"  error:  %s\n  code:      %d\n  context:   %s\n"
					"  query:     %d\n  location:  numeric.hpp:191\n"
					"  process:   padbmaster [pid=%d]\n"
					"  -----------------------------------------------\n",
					error, code, context, standin_query_number, MyProcPid);
}

/* emit_log gives errors Redshift's messages and codes before they are sent. */
static void
emit_log(ErrorData *edata)
{
	if (prev_emit_log)
		prev_emit_log(edata);
	if (edata->elevel < ERROR)
		return;
	switch (edata->sqlerrcode)
	{
		case ERRCODE_QUERY_CANCELED:
			/*
			 * A statement_timeout and a cancel cannot be distinguished;
			 * messages that are Redshift's already are kept.
			 */
			if (edata->message && strncmp(edata->message, "cancel", 6) == 0)
				edata->message = psprintf("Query (%d) cancelled on user's request",
									  standin_query_number);
			break;
		case ERRCODE_INVALID_PASSWORD:
			/* 8.0 did not have 28P01 */
			edata->sqlerrcode = ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
			break;
		case ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE:
			if (standin_on_compute_nodes && edata->message &&
				strstr(edata->message, "numeric field overflow"))
			{
				edata->sqlerrcode = ERRCODE_INTERNAL_ERROR;
				edata->message = pstrdup("Numeric data overflow (result precision)");
				edata->detail = engine_detail("Numeric data overflow (result precision)",
											  1058, "64 bit overflow");
			}
			break;
		default:
			break;
	}
	history_error(edata->sqlerrcode, edata->message);
}

static struct config_generic *
find_setting(const char *name)
{
	struct config_generic **all = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	elog(ERROR, "setting \"%s\" does not exist", name);
}

/* Redshift reports encodings by the alias of 8.0. */
static const char *
show_client_encoding(void)
{
	return pg_get_client_encoding() == PG_UTF8 ? "UNICODE" :
		pg_get_client_encoding_name();
}

static const char *
show_server_encoding(void)
{
	return GetDatabaseEncoding() == PG_UTF8 ? "UNICODE" :
		GetDatabaseEncodingName();
}

static void
assign_readonly(bool newval, void *extra)
{
	(void) extra;
	DefaultXactReadOnly = newval;
	if (newval)
		XactReadOnly = true;
}

/*
 * alter_settings makes the server's own settings look as in 8.0.2.
 */
static void
alter_settings(void)
{
	static const char *const unreported[] = {
		"standard_conforming_strings", "IntervalStyle", "in_hot_standby",
		"default_transaction_read_only", NULL
	};

	for (int i = 0; unreported[i]; i++)
		find_setting(unreported[i])->flags &= ~GUC_REPORT;
	((struct config_int *) find_setting("extra_float_digits"))->max = 2;
	/* 8.0 had no units: a value is set and shown as a number of milliseconds */
	find_setting("statement_timeout")->flags &= ~GUC_UNIT;
	((struct config_string *) find_setting("client_encoding"))->show_hook =
		show_client_encoding;
	((struct config_string *) find_setting("server_encoding"))->show_hook =
		show_server_encoding;
	SetConfigOption("server_version", SERVER_VERSION, PGC_INTERNAL,
					PGC_S_OVERRIDE);
}

static void
define_settings(void)
{
	DefineCustomStringVariable("padb_version", "Version of the warehouse.",
							   NULL, &padb_version, PADB_VERSION,
							   PGC_INTERNAL, GUC_REPORT, NULL, NULL, NULL);
	DefineCustomBoolVariable("readonly", "Makes the session read-only.",
							 NULL, &readonly, false, PGC_USERSET, 0, NULL,
							 assign_readonly, NULL);
	DefineCustomBoolVariable("enable_case_sensitive_identifier",
							 "Keeps the case of quoted identifiers.",
							 NULL, &case_sensitive_identifier, false,
							 PGC_USERSET, GUC_REPORT, NULL, NULL, NULL);
	DefineCustomBoolVariable("describe_field_name_in_uppercase",
							 "Returns column names in upper case.",
							 NULL, &field_name_in_uppercase, false,
							 PGC_USERSET, GUC_REPORT, NULL, NULL, NULL);
	for (size_t i = 0; i < lengthof(remembered); i++)
		DefineCustomStringVariable(remembered[i].name,
								   "Accepted and remembered.", NULL,
								   &remembered_values[i], remembered[i].value,
								   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("standin.through_proxy",
							 "Set by the proxy for its clients.", NULL,
							 &standin_through_proxy, false, PGC_BACKEND, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("standin.loading",
							 "Lifts the rules while test data is loaded.",
							 NULL, &loading, false, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("standin.single_node",
							 "Applies the limits of a single-node cluster.",
							 NULL, &standin_single_node, true, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("standin.lake",
							   "Folder of the lake that this warehouse is over.",
							   NULL, &standin_lake, "", PGC_POSTMASTER, 0,
							   NULL, NULL, NULL);
	history_define_settings();
}

void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	define_settings();
	alter_settings();
	history_init();
	standin_statements_init();
	standin_analyze_init();
	prev_authentication = ClientAuthentication_hook;
	ClientAuthentication_hook = authentication;
	prev_emit_log = emit_log_hook;
	emit_log_hook = emit_log;
}
