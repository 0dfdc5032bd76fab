/*-------------------------------------------------------------------------
 *
 * schedule_oracle.c
 *		src/schedule as SQL functions, for oracle.py and given.sql.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "schedule/backoff.h"
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

PG_FUNCTION_INFO_V1(schedule_oracle_after_clock);

/* (schedule, timezone, anchor, next_run_at, now): the next time to keep */
Datum
schedule_oracle_after_clock(PG_FUNCTION_ARGS)
{
	RsfedSchedule *schedule = schedule_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)),
											 text_to_cstring(PG_GETARG_TEXT_PP(1)));

	PG_RETURN_TIMESTAMPTZ(schedule_after_clock(schedule, PG_GETARG_TIMESTAMPTZ(2),
											   PG_GETARG_TIMESTAMPTZ(3),
											   PG_GETARG_TIMESTAMPTZ(4)));
}

PG_FUNCTION_INFO_V1(schedule_oracle_missed);

/* (due, now) */
Datum
schedule_oracle_missed(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(schedule_is_missed(PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_TIMESTAMPTZ(1)));
}

PG_FUNCTION_INFO_V1(schedule_oracle_backoff);

/* (delay_ms, factor, max_delay_ms, jitter_percent, attempt, random) */
Datum
schedule_oracle_backoff(PG_FUNCTION_ARGS)
{
	RsfedBackoff policy;

	policy.delay_ms = PG_GETARG_INT64(0);
	policy.factor = PG_GETARG_INT64(1);
	policy.max_delay_ms = PG_GETARG_INT64(2);
	policy.jitter_percent = PG_GETARG_INT32(3);
	PG_RETURN_INT64(backoff_delay_ms(&policy, PG_GETARG_INT32(4), PG_GETARG_FLOAT8(5)));
}
