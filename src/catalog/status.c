/*-------------------------------------------------------------------------
 *
 * status.c
 *	  The status of a relation: the row of rsfed.freshness.
 *
 * Policy: all facts about one relation are found by its number, so the cost
 * does not grow with the number of relations, and nothing has to be planned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "catalog/direct.h"
#include "catalog/identity.h"
#include "catalog/serving.h"
#include "catalog/status.h"

/* A held log-in of the relation's owner to its source. */
typedef struct HeldLogin
{
	bool		is_held;
	char	   *sqlstate;
	char	   *message;
} HeldLogin;

/* A column of the current row as text, palloc'd; NULL for NULL. */
static char *
text_value(const DirectScan *scan, const char *column)
{
	bool		isnull;
	Datum		value = direct_value(scan, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static char *
name_value(const DirectScan *scan, const char *column)
{
	bool		isnull;
	Datum		value = direct_value(scan, column, &isnull);

	return isnull ? NULL : pstrdup(NameStr(*DatumGetName(value)));
}

static bool
time_value(const DirectScan *scan, const char *column, TimestampTz *time)
{
	bool		isnull;

	*time = DatumGetTimestampTz(direct_value(scan, column, &isnull));
	return !isnull;
}

/* Is there any row? */
static bool
any_row(DirectIndex index, Snapshot snapshot)
{
	DirectScan	scan;
	bool		found;

	direct_open(&scan, index, snapshot, 0, NULL);
	found = direct_next(&scan);
	direct_close(&scan);
	return found;
}

/*
 * The reason why all schedules of the database are held, or NULL, as in the
 * view guard.
 */
static char *
reason_to_hold(Snapshot snapshot)
{
	Identity	identity = {0};
	DirectScan	scan;
	char	   *noted = NULL;
	bool		remembered;
	const char *mismatch;
	bool		isnull;

	direct_open(&scan, IDENTITY_OF_DATABASE, snapshot, 0, NULL);
	remembered = direct_next(&scan);
	if (remembered)
	{
		identity.setting = text_value(&scan, "identity");
		identity.system_identifier = text_value(&scan, "system_identifier");
		identity.database_id = DatumGetInt64(direct_value(&scan, "database_id", &isnull));
		identity.database_name = name_value(&scan, "database_name");
		noted = text_value(&scan, "held_reason");
	}
	direct_close(&scan);
	/* a replica reports what the primary stored */
	if (remembered && RecoveryInProgress())
		return noted;
	if (!remembered && !any_row(SCHEDULE_BY_RELATION, snapshot))
		return NULL;
	mismatch = identity_mismatch(&identity);
	return mismatch ? pstrdup(mismatch) : NULL;
}

/* Is a pause (columns paused_at, paused_until of the current row) in force? */
static bool
pause_lasts(const DirectScan *scan)
{
	TimestampTz paused_at;
	TimestampTz until;

	return time_value(scan, "paused_at", &paused_at) &&
		(!time_value(scan, "paused_until", &until) ||
		 until > GetCurrentTransactionStartTimestamp());
}

static bool
all_is_paused(Snapshot snapshot)
{
	DirectScan	scan;
	bool		paused;

	direct_open(&scan, PAUSE_OF_ALL, snapshot, 0, NULL);
	paused = direct_next(&scan) && pause_lasts(&scan);
	direct_close(&scan);
	return paused;
}

/*
 * Is the log-in of a role to a source held?  Its own counts, or that of PUBLIC
 * if it has none.
 */
static HeldLogin
held_login(const char *source, Oid role, Snapshot snapshot)
{
	HeldLogin	held = {0};
	DirectScan	scan;
	bool		isnull;

	direct_open(&scan, HELD_CREDENTIALS, snapshot, 0, NULL);
	while (!held.is_held && direct_next(&scan))
	{
		Oid			server_id = DatumGetObjectId(direct_value(&scan, "server_id", &isnull));
		Oid			of_role = DatumGetObjectId(direct_value(&scan, "role_id", &isnull));
		ForeignServer *server = GetForeignServerExtended(server_id, FSV_MISSING_OK);

		if (server == NULL || strcmp(server->servername, source) != 0)
			continue;
		if (of_role != role &&
			(OidIsValid(of_role) ||
			 SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(role),
								   ObjectIdGetDatum(server_id))))
			continue;
		held.is_held = true;
		held.sqlstate = text_value(&scan, "sqlstate");
		held.message = text_value(&scan, "message");
	}
	direct_close(&scan);
	return held;
}

/*
 * The reason why the schedules of a relation are held for a budget; NULL if
 * they are not.
 */
static char *
budget_hold(int32 relation_id, Snapshot snapshot)
{
	DirectScan	scan;
	TimestampTz until;
	char	   *reason = NULL;

	if (direct_row(&scan, HELD_BUDGET, snapshot, relation_id) &&
		time_value(&scan, "held_until", &until) && until > GetCurrentTransactionStartTimestamp())
		reason = text_value(&scan, "reason");
	direct_close(&scan);
	return reason;
}

/* Lowers *next to the first due time of the schedules of a relation or set. */
static void
first_due(int32 relation_id, Snapshot snapshot, TimestampTz *next)
{
	Datum		values[1] = {Int32GetDatum(relation_id)};
	DirectScan	scan;
	TimestampTz due;

	direct_open(&scan, SCHEDULE_BY_RELATION, snapshot, 1, values);
	while (direct_next(&scan))
	{
		if (time_value(&scan, "next_run_at", &due) && due < *next)
			*next = due;
	}
	direct_close(&scan);
}

/* The row of rsfed_catalog.freshness; false if there is none. */
static bool
read_freshness(Snapshot snapshot, RelationStatus *status, bool *refused)
{
	DirectScan	scan;
	bool		isnull;
	bool		found = direct_row(&scan, FRESHNESS_BY_RELATION, snapshot, status->relation_id);

	if (found)
	{
		status->has_content = time_value(&scan, "as_of", &status->as_of);
		status->has_data_through = time_value(&scan, "data_through", &status->data_through);
		status->has_changed_at = time_value(&scan, "changed_at", &status->changed_at);
		status->is_failing = time_value(&scan, "failing_since", &status->failing_since);
		status->failures = DatumGetInt32(direct_value(&scan, "failures", &isnull));
		status->sqlstate = text_value(&scan, "sqlstate");
		status->message = text_value(&scan, "message");
		*refused = DatumGetBool(direct_value(&scan, "refused", &isnull));
		status->last_run_id = DatumGetInt64(direct_value(&scan, "last_run_id", &isnull));
		status->has_last_run_id = !isnull;
	}
	direct_close(&scan);
	return found;
}

static bool
is_backfilling(int32 relation_id, Snapshot snapshot)
{
	DirectScan	scan;
	bool		isnull;
	bool		backfilling;

	backfilling = direct_row(&scan, WATERMARK_BY_RELATION, snapshot, relation_id) &&
		DatumGetBool(direct_value(&scan, "backfilling", &isnull));
	direct_close(&scan);
	return backfilling;
}

/* Computes the age, and whether it exceeds max_age. */
static void
judge_age(RelationStatus *status)
{
	bool		too_old = false;

	if (status->has_content)
	{
		TimestampTz now = GetCurrentTransactionStartTimestamp();

		status->age = DatumGetIntervalP(DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(now),
															TimestampTzGetDatum(status->as_of)));
		too_old = status->max_age != NULL &&
			DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(status->age),
											 IntervalPGetDatum(status->max_age)));
	}
	status->is_late = too_old || (status->max_age != NULL && !status->has_content);
}

static const char *
judge_state(const RelationStatus *status, bool paused, bool is_held, bool refused,
			Snapshot snapshot)
{
	if (paused)
		return "paused";
	if (status->is_held || is_held)
		return "held";
	if (refused)
		return "refused";
	if (status->failures > 0)
		return "failing";
	if (is_backfilling(status->relation_id, snapshot))
		return "backfilling";
	if (!status->has_content)
		return "never";
	return status->is_late ? "late" : "fresh";
}

bool
status_read(Oid relid, Snapshot snapshot, RelationStatus *status)
{
	Sight		sight = serving_sight(relid);
	HeldLogin	held = {0};
	DirectScan	scan;
	bool		paused = false;
	bool		refused = false;
	char	   *reason;
	char	   *budget;

	memset(status, 0, sizeof(RelationStatus));
	if (!sight.may_select && !sight.may_see_all)
		return false;
	status->relation_id = serving_relation_id(relid, snapshot);
	if (status->relation_id == 0 || !read_freshness(snapshot, status, &refused))
		return false;
	if (direct_row(&scan, RELATION_BY_ID, snapshot, status->relation_id))
	{
		status->kind = text_value(&scan, "kind");
		paused = pause_lasts(&scan);
	}
	direct_close(&scan);
	status->max_age = serving_max_age(status->relation_id, snapshot, &status->source);

	status->may_see_all = sight.may_see_all;
	paused = paused || all_is_paused(snapshot);
	reason = reason_to_hold(snapshot);
	status->is_held = reason != NULL;
	if (status->source != NULL)
		held = held_login(status->source, sight.owner, snapshot);
	budget = budget_hold(status->relation_id, snapshot);
	judge_age(status);
	status->state = judge_state(status, paused, held.is_held || budget != NULL, refused, snapshot);

	if (held.is_held)
		status->sqlstate = held.sqlstate;
	if (reason != NULL && !paused)
		status->message = reason;
	else if (!status->may_see_all)
		status->message = NULL;
	else if (held.is_held)
		status->message = psprintf("held: credentials: %s", held.message);
	else if (budget != NULL)
		status->message = psprintf("held: budget: %s", budget);
	return true;
}

bool
status_next_run(int32 relation_id, Snapshot snapshot, TimestampTz *next_run_at)
{
	Datum		values[1] = {Int32GetDatum(relation_id)};
	DirectScan	scan;
	bool		isnull;

	*next_run_at = DT_NOEND;
	first_due(relation_id, snapshot, next_run_at);
	direct_open(&scan, MEMBER_BY_RELATION, snapshot, 1, values);
	while (direct_next(&scan))
		first_due(DatumGetInt32(direct_value(&scan, "set_id", &isnull)), snapshot, next_run_at);
	direct_close(&scan);
	return !TIMESTAMP_NOT_FINITE(*next_run_at);
}
