/*-------------------------------------------------------------------------
 *
 * schedule_oracle.c
 *		schedule_next as an SQL function, for oracle.py.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "schedule/schedule.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(schedule_oracle_next);

/* (schedule text, timezone text, anchor timestamptz, after timestamptz) */
Datum
schedule_oracle_next(PG_FUNCTION_ARGS)
{
	RsfedSchedule *schedule = schedule_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)),
											 text_to_cstring(PG_GETARG_TEXT_PP(1)));
	TimestampTz next;

	if (!schedule_next(schedule, PG_GETARG_TIMESTAMPTZ(2), PG_GETARG_TIMESTAMPTZ(3), &next))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(next);
}
