/*-------------------------------------------------------------------------
 *
 * buckets.c
 *	  SQL functions for the boundaries of the buckets of a window.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "schedule/bucket.h"

PG_FUNCTION_INFO_V1(rsfed_bucket_start);
PG_FUNCTION_INFO_V1(rsfed_bucket_end);

/* The buckets in the arguments two and three, checked. */
static Bucket
bucket_from_arguments(FunctionCallInfo fcinfo)
{
	Bucket		bucket = {.kind = BUCKET_TIMESTAMPTZ};
	char	   *timezone = text_to_cstring(PG_GETARG_TEXT_PP(2));
	const char *why_not;

	bucket.length.interval = *PG_GETARG_INTERVAL_P(1);
	bucket.zone = pg_tzset(timezone);
	if (bucket.zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", timezone)));
	why_not = bucket_refusal(&bucket);
	if (why_not != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid bucket"),
				 errdetail("%s", why_not)));
	if (TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(0)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return bucket;
}

/* rsfed_catalog.bucket_start(at, bucket, timezone) */
Datum
rsfed_bucket_start(PG_FUNCTION_ARGS)
{
	Bucket		bucket = bucket_from_arguments(fcinfo);

	PG_RETURN_TIMESTAMPTZ(bucket_floor(&bucket, PG_GETARG_TIMESTAMPTZ(0)));
}

/* rsfed_catalog.bucket_end(at, bucket, timezone) */
Datum
rsfed_bucket_end(PG_FUNCTION_ARGS)
{
	Bucket		bucket = bucket_from_arguments(fcinfo);

	PG_RETURN_TIMESTAMPTZ(bucket_next(&bucket, PG_GETARG_TIMESTAMPTZ(0)));
}
