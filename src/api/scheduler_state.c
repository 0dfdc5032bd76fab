/*-------------------------------------------------------------------------
 *
 * scheduler_state.c
 *	  The SQL functions behind the view rsfed.scheduler and rsfed.doctor().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "api/result.h"
#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/settings.h"
#include "shmem/background.h"
#include "source/credentials.h"

#define STATE_COLUMNS 11

PG_FUNCTION_INFO_V1(rsfed_scheduler_state);
PG_FUNCTION_INFO_V1(rsfed_credentials_expiry);

/* Does this database allow connections, and is it not a template? */
static bool
is_connectable(void)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Form_pg_database form;
	bool		connectable;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_database) GETSTRUCT(tuple);
	connectable = form->datallowconn && !form->datistemplate;
	ReleaseSysCache(tuple);
	return connectable;
}

/*
 * Tells why there is no scheduler in this database now, or that there is one.
 */
static const char *
state_word(const SchedulerState *state, TimestampTz now)
{
	if (!rsfed_preloaded)
		return "not preloaded";
	if (RecoveryInProgress())
		return "replica";
	if (!rsfed_scheduler)
		return "off";
	if (state->launcher_pid == 0)
		return "no launcher";
	if (state->scheduler_pid != 0)
		return "running";
	if (!is_connectable())
		return "not connectable";
	if (!state->known)
		return "unknown";
	if (state->holds > 0)
		return "dismissed";
	if (state->launching)
		return "starting";
	if (state->not_before > now)
		return state->failures > 0 ? "crashed" : "no worker slot";
	if (state->extension != EXTENSION_PRESENT)
		return "unknown";
	return state->wanted || state->next_due <= now ? "starting" : "asleep";
}

static void
set_timestamp(Datum *value, bool *isnull, TimestampTz time, TimestampTz none)
{
	*isnull = time == none;
	*value = TimestampTzGetDatum(time);
}

/* rsfed_catalog.scheduler_state(): one row. */
Datum
rsfed_scheduler_state(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	TimestampTz now = GetCurrentTimestamp();
	SchedulerState state;
	Datum		values[STATE_COLUMNS];
	bool		nulls[STATE_COLUMNS] = {0};

	(void) scheduler_describe(MyDatabaseId, &state);
	values[0] = CStringGetTextDatum(state_word(&state, now));
	values[1] = Int32GetDatum(state.scheduler_pid);
	nulls[1] = state.scheduler_pid == 0;
	values[2] = Int32GetDatum(state.launcher_pid);
	nulls[2] = state.launcher_pid == 0;
	set_timestamp(&values[3], &nulls[3], state.next_due, DT_NOEND);
	set_timestamp(&values[4], &nulls[4], state.not_before > now ? state.not_before : 0, 0);
	values[5] = Int32GetDatum(state.failures);
	values[6] = BoolGetDatum(state.starved);
	values[7] = Int32GetDatum(state.databases);
	values[8] = Int32GetDatum(state.workers_busy);
	values[9] = Int32GetDatum(state.workers_idle);
	values[10] = CStringGetTextDatum(RSFED_VERSION);
	result_add(result, values, nulls);
	return (Datum) 0;
}

/* May the current user see more of a mapping than its existence? */
static bool
may_see_mapping(Oid serverid, Oid userid)
{
	return userid == GetUserId() || rsfed_foreign_server_ownercheck(serverid, GetUserId()) ||
		has_privs_of_role(GetUserId(), ROLE_PG_MONITOR);
}

/* The options of a user mapping that the current user may see; NIL if none. */
static List *
mapping_options(Oid mapping_id)
{
	HeapTuple	tuple = SearchSysCache1(USERMAPPINGOID, ObjectIdGetDatum(mapping_id));
	Form_pg_user_mapping form;
	List	   *options = NIL;
	Datum		value;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_user_mapping) GETSTRUCT(tuple);
	value = SysCacheGetAttr(USERMAPPINGOID, tuple, Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull && may_see_mapping(form->umserver, form->umuser))
		options = untransformRelOptions(value);
	ReleaseSysCache(tuple);
	return options;
}

/* The time when credentials expire, if it is known. */
typedef struct Expiry
{
	List	   *options;
	bool		found;
	TimestampTz at;
} Expiry;

/*
 * A step of attempt(): a file that cannot be read is a finding and does not
 * end the check.
 */
static void
look_at_expiry(void *arg)
{
	Expiry	   *expiry = arg;

	expiry->found = credentials_expiry(expiry->options, &expiry->at);
}

/*
 * rsfed_catalog.credentials_expiry(mapping oid): the time until which the
 * credentials of a user mapping are valid, from its option valid_until or from
 * the file that it names, which is read; and the problem with the file.  Both
 * are NULL if neither tells, or if the user may not see the mapping.  The
 * content of the file is never shown.
 */
Datum
rsfed_credentials_expiry(PG_FUNCTION_ARGS)
{
	ResultRows *result = result_begin(fcinfo);
	Expiry		expiry = {.options = mapping_options(PG_GETARG_OID(0))};
	ErrorData  *error = attempt(look_at_expiry, &expiry);
	Datum		values[2];
	bool		nulls[2];

	values[0] = TimestampTzGetDatum(expiry.at);
	nulls[0] = !expiry.found;
	values[1] = error ? CStringGetTextDatum(error->message) : (Datum) 0;
	nulls[1] = error == NULL;
	result_add(result, values, nulls);
	return (Datum) 0;
}
