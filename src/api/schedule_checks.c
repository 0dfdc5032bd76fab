/*-------------------------------------------------------------------------
 *
 * schedule_checks.c
 *	  Checks for a new or changed schedule.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "api/schedule_checks.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"
#include "catalog/identity.h"
#include "catalog/rollup.h"
#include "refresh/step.h"
#include "rollup/method.h"
#include "rollup/refresh_target.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/source.h"

/* Hosts that bill each query at least one minute. */
#define SERVERLESS_SUFFIX ".redshift-serverless.amazonaws.com"
#define BILLED_AT_LEAST_S 60
/* Schedules that run more often get a warning about their cost. */
#define OFTEN_S 300
#define SECONDS_PER_DAY 86400

static bool has_usable_unique_index(Oid relid);
static bool index_identifies_rows(Relation index);
static bool is_serverless(const char *source);
static char *bill(const char *what, int64 gap_s);

void
check_schedule_name(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("name of a schedule must not be empty")));
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name of a schedule is too long"),
				 errdetail("It may have up to %d bytes.", NAMEDATALEN - 1)));
}

RsfedRelation *
check_schedulable(Oid relid)
{
	RsfedRelation *relation;
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));

	relation = relation_lookup(relid);
	if (relation == NULL && get_rel_relkind(relid) != RELKIND_MATVIEW)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is neither a rollup nor a materialized view", name),
				 errhint("Define a rollup with rsfed.define_rollup() first.")));
	relation_require_maintainer(relid, "schedule refreshes of");
	return relation;
}

void
check_rollup_schedule(const RsfedRelation *relation, const char *method,
					  const RsfedSchedule *schedule)
{
	Rollup	   *rollup = rollup_load(relation->relation_id);

	if (method != NULL && method_find(method)->needs_key && rollup->key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" needs a key, and \"%s\" has none",
						method, relation->relation_name),
				 errhint("Use method => 'replace', or give it a key with rsfed.alter_rollup().")));

	/* runs use the owner's mapping, no matter who makes the schedule */
	source_check_usage(rollup->source, relation_owner(relation->relid));

	warn_if_billed_often(relation, schedule);
}

void
check_schedule_range(Oid relid, const RsfedRelation *relation, const char *method, Jsonb *options)
{
	RunRequest	request = {
		.method = method,
		.since = option_text(OPTION_SCHEDULE, options, "since"),
		.until = option_text(OPTION_SCHEDULE, options, "until"),
	};

	if (relation != NULL && relation->is_rollup)
		step_check_request(&request, rollup_load(relation->relation_id), relid,
						   relation->relation_name);
	else if (request.since != NULL || request.until != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options since and until need a window, and \"%s\" has none",
						get_rel_name(relid)),
				 errdetail("It is not a rollup, and is refreshed as a whole."),
				 errhint("Leave them out.")));
}

void
check_schedule_members(const RsfedRelation *relation, Jsonb *options)
{
	char	   *only = option_text(OPTION_SCHEDULE, options, "member");
	List	   *names = option_name_list(OPTION_SCHEDULE, options, "not_members");
	const char *source;
	List	   *members;
	ListCell   *lc;

	if (only == NULL && names == NIL)
		return;
	if (only != NULL && names != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"member\" and \"not_members\" exclude each other")));
	source = relation != NULL && relation->is_rollup ? rollup_load(relation->relation_id)->source : NULL;
	if (source == NULL || !source_is_group(source_server(source)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" is for rollups whose source is a group",
						only ? "member" : "not_members"),
				 source ? errdetail("The source is server \"%s\".", source) : 0));
	members = source_servers(source);
	foreach(lc, only ? list_make1(only) : names)
	{
		const char *name = lfirst(lc);

		if (!names_hold(members, name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("server \"%s\" is not a member of group \"%s\"", name, source),
					 errhint("%s", unknown_name_hint(name, members, "members"))));
	}
	if (list_length(names) >= list_length(members) && names != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"not_members\" leaves no member of group \"%s\"", source)));
}

void
check_retry_delays(Jsonb *options)
{
	const char *first = option_text(OPTION_SCHEDULE, options, "retry_delay");
	const char *longest = option_text(OPTION_SCHEDULE, options, "retry_max_delay");
	bool		first_is_set = option_is_set(options, "retry_delay");
	bool		longest_is_set = option_is_set(options, "retry_max_delay");
	/* an explicit option has precedence over a default */
	const char *both = longest_is_set && !first_is_set ? longest : first;

	if (option_int(OPTION_SCHEDULE, options, "retry_delay") >
		option_int(OPTION_SCHEDULE, options, "retry_max_delay"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option retry_delay must not be greater than retry_max_delay"),
				 errdetail("retry_delay is \"%s\"%s, retry_max_delay \"%s\"%s.",
						   first, first_is_set ? "" : " by default",
						   longest, longest_is_set ? "" : " by default"),
				 errhint("Give both, for example: options => '{\"retry_delay\": \"%s\", \"retry_max_delay\": \"%s\"}'.",
						 both, both)));
}

void
check_view_schedule(Oid relid, const char *method)
{
	char	   *name = relation_display_name(relid);

	if (method != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" does not apply to a materialized view", method),
				 errhint("Leave the argument \"method\" out.")));
	if (has_usable_unique_index(relid))
		return;
	ereport(WARNING,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("each refresh of materialized view %s will lock its readers out", name),
			 errdetail("It has no unique index over plain columns and all rows, which REFRESH MATERIALIZED VIEW CONCURRENTLY needs; readers on replicas wait too."),
			 errhint("CREATE UNIQUE INDEX ON %s (the columns that identify a row).", name)));
}

void
warn_if_billed_often(const RsfedRelation *relation, const RsfedSchedule *schedule)
{
	int64		gap_s = Max(schedule_min_gap_us(schedule) / USECS_PER_SEC, 1);

	if (gap_s >= OFTEN_S || !is_serverless(rollup_load(relation->relation_id)->source))
		return;
	ereport(WARNING,
			(errmsg("a refresh every " INT64_FORMAT " seconds is expensive on a serverless workgroup", gap_s),
			 errdetail("%s", bill("refreshes", gap_s)),
			 errhint("Refresh less often, or at the same times as other rollups of the workgroup.")));
}

void
warn_if_checks_are_billed_often(const char *source, int64 interval_ms)
{
	int64		gap_s = Max(interval_ms / 1000, 1);

	if (gap_s >= OFTEN_S || !is_serverless(source))
		return;
	ereport(WARNING,
			(errmsg("a health query every " INT64_FORMAT " seconds is expensive on a serverless workgroup", gap_s),
			 errdetail("%s", bill("queries", gap_s)),
			 errhint("Leave health_query out: health_interval alone logs in, or make the interval longer.")));
}

/* The minimum cost of that many queries per day; palloc'd. */
static char *
bill(const char *what, int64 gap_s)
{
	int64		runs = SECONDS_PER_DAY / gap_s;
	int64		billed_s = Min(runs * BILLED_AT_LEAST_S, SECONDS_PER_DAY);

	return psprintf("Redshift Serverless bills each query at least %d seconds: up to " INT64_FORMAT " %s a day are up to " INT64_FORMAT " hours and " INT64_FORMAT " minutes of compute a day.",
					BILLED_AT_LEAST_S, runs, what, billed_s / 3600, billed_s % 3600 / 60);
}

void
warn_unless_preloaded(void)
{
	if (!rsfed_preloaded)
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the schedule is stored, but nothing will run it"),
				 errdetail("\"rsfed\" is not in shared_preload_libraries, so the server has no scheduler."),
				 errhint("Add it to the list in postgresql.conf (shared_preload_libraries = 'rsfed') and restart the server.")));
}

void
warn_if_held(void)
{
	Held	   *held = identity_check();

	if (held != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the schedule is stored, but the schedules of this database are held"),
				 errdetail("They are held because %s.", held->reason),
				 errhint("%s", held->hint)));
}

/* Is the source, or a member of it, a serverless workgroup?  By its host. */
static bool
is_serverless(const char *source)
{
	size_t		suffix_length = strlen(SERVERLESS_SUFFIX);
	List	   *servers = source_servers(source);
	ListCell   *lc;

	foreach(lc, servers)
	{
		const char *host = source_option(source_server(lfirst(lc))->options, "host");

		if (host != NULL && strlen(host) >= suffix_length &&
			pg_strcasecmp(host + strlen(host) - suffix_length, SERVERLESS_SUFFIX) == 0)
			return true;
	}
	return false;
}

/* Could REFRESH MATERIALIZED VIEW CONCURRENTLY match rows by one of its indexes? */
static bool
has_usable_unique_index(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	List	   *indexes = RelationGetIndexList(rel);
	ListCell   *lc;
	bool		found = false;

	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);

		found = index_identifies_rows(index);
		index_close(index, AccessShareLock);
		if (found)
			break;
	}
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * The conditions of matview.c: unique, immediate, over plain columns, for all
 * rows.
 */
static bool
index_identifies_rows(Relation index)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indimmediate || !form->indisvalid ||
		!target_is_plain_index(index) || form->indnatts == 0)
		return false;
	for (int i = 0; i < form->indnatts; i++)
	{
		if (form->indkey.values[i] <= 0)
			return false;
	}
	return true;
}
