/*-------------------------------------------------------------------------
 *
 * take_over.c
 *	  rsfed.take_over(): a user declares the owner of the schedules.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "base/compat.h"
#include "base/errors.h"
#include "catalog/identity.h"
#include "shmem/wake.h"

PG_FUNCTION_INFO_V1(rsfed_identity_mismatch);
PG_FUNCTION_INFO_V1(rsfed_take_over);
PG_FUNCTION_INFO_V1(rsfed_on_restore);

/*
 * identity_mismatch(identity, system_identifier, database_id, database_name);
 * NULLs: nothing is stored
 */
Datum
rsfed_identity_mismatch(PG_FUNCTION_ARGS)
{
	Identity	remembered = {0};
	const char *mismatch;

	remembered.setting = argument_text(fcinfo, 0);
	remembered.system_identifier = argument_text(fcinfo, 1);
	remembered.database_id = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	remembered.database_name = PG_ARGISNULL(3) ? "" : NameStr(*PG_GETARG_NAME(3));
	mismatch = identity_mismatch(&remembered);
	if (mismatch == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(mismatch));
}

/*
 * take_over(confirm); GRANT EXECUTE decides who may call it.  Raises 22023
 * unless confirm is the database's name, which protects a user with many
 * sessions from a mix-up.
 */
Datum
rsfed_take_over(PG_FUNCTION_ARGS)
{
	char	   *database = get_database_name(MyDatabaseId);

	require_primary("rsfed.take_over()");
	argument_require(fcinfo, 0, "confirm");
	if (strcmp(argument_text(fcinfo, 0), database) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"confirm\" must be the name of this database, \"%s\"", database),
				 errdetail("From then on its schedules query the warehouse from here. If the database that they came from still runs, both do."),
				 errhint("To go on, run: SELECT rsfed.take_over(%s).", quote_literal_cstr(database))));

	if (!identity_take_over())
		ereport(NOTICE,
				(errmsg("database \"%s\" owned its schedules already", database)));
	wake_scheduler_at_commit();
	PG_RETURN_VOID();
}

/*
 * A trigger: rows of identity or schedule were inserted, by a restore for
 * example.
 */
Datum
rsfed_on_restore(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is not called as a trigger")));
	wake_scheduler_at_commit();
	return PointerGetDatum(NULL);
}
