/*-------------------------------------------------------------------------
 *
 * progress_rows.c
 *	  rsfed_catalog.progress(): the refreshes at work in this database.
 *
 * Policy: a refresh is shown to users who may read the relation, and to
 * pg_monitor.  Unknown values (the expected rows, without an earlier run) are
 * NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "api/result.h"
#include "base/compat.h"
#include "shmem/progress.h"

#define PROGRESS_COLUMNS 12

PG_FUNCTION_INFO_V1(rsfed_progress);

static bool may_see(const Progress *progress);
static void put_progress(ResultRows *result, const Progress *progress, int pid, TimestampTz now);

/*
 * Returns the columns of CREATE FUNCTION; takes no lock, so it can be called
 * often.
 */
Datum
rsfed_progress(PG_FUNCTION_ARGS)
{
	Progress   *list = palloc(sizeof(Progress) * progress_max());
	int		   *pids = palloc(sizeof(int) * progress_max());
	TimestampTz now = GetCurrentTimestamp();
	ResultRows *result = result_begin(fcinfo);
	int			count;

	count = progress_list(list, pids, progress_max());
	for (int i = 0; i < count; i++)
	{
		if (may_see(&list[i]))
			put_progress(result, &list[i], pids[i], now);
	}
	return (Datum) 0;
}

static bool
may_see(const Progress *progress)
{
	if (has_privs_of_role(GetUserId(), ROLE_PG_MONITOR))
		return true;
	/*
	 * dropped meanwhile, for which pg_class_aclcheck would raise, or not
	 * committed yet
	 */
	if (get_rel_name(progress->relid) == NULL)
		return has_privs_of_role(GetUserId(), progress->userid);
	return pg_class_aclcheck(progress->relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static void
put_progress(ResultRows *result, const Progress *progress, int pid, TimestampTz now)
{
	Datum		values[PROGRESS_COLUMNS];
	bool		nulls[PROGRESS_COLUMNS] = {0};
	Interval   *elapsed = palloc0(sizeof(Interval));

	elapsed->time = now - progress->started_at;

	values[0] = Int64GetDatum(progress->run_id);
	nulls[0] = progress->run_id == 0;
	values[1] = Int32GetDatum(progress->relation_id);
	values[2] = ObjectIdGetDatum(progress->relid);
	values[3] = Int32GetDatum(pid);
	values[4] = CStringGetTextDatum(phase_name(progress->phase));
	values[5] = Int64GetDatum(progress->rows);
	values[6] = Int64GetDatum(progress->bytes);
	values[7] = Int64GetDatum(progress->rows_last_run);
	nulls[7] = progress->rows_last_run < 0;

	/* more rows than the last time is still not more than all */
	if (progress->rows_last_run > 0)
		values[8] = Float8GetDatum(Min(100.0, 100.0 * progress->rows / progress->rows_last_run));
	else
		nulls[8] = true;

	if (progress->receiving_since != 0 && now > progress->receiving_since && progress->rows > 0)
		values[9] = Float8GetDatum(progress->rows * 1000000.0 / (now - progress->receiving_since));
	else
		nulls[9] = true;

	values[10] = IntervalPGetDatum(elapsed);
	values[11] = TimestampTzGetDatum(progress->replaces_as_of);
	nulls[11] = progress->replaces_as_of == 0;

	result_add(result, values, nulls);
}
