/*-------------------------------------------------------------------------
 *
 * route.c
 *	  Chooses the server for a statement to a source, and the next one after a
 *	  failure.
 *
 * Policy: the kind of failure decides whether a member is left, and for how
 * long: a refusal of one log-in is no reason for others to avoid the member,
 * and an error of the query would occur everywhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/chance.h"
#include "base/compat.h"
#include "base/monotonic.h"
#include "base/names.h"
#include "base/options.h"
#include "redshift/failure.h"
#include "remote/connection.h"
#include "schedule/backoff.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/login.h"
#include "source/route.h"

/* The interval between looks at a member that is full or being tried. */
#define LOOK_AGAIN_MS 50

/*
 * Longest wait for the result of other sessions' trials of the last members.
 */
#define TRIED_TIMEOUT_MS 10000

/* The part of a member's waiting time that is subtracted at random. */
#define JITTER_PERCENT 20

/* May a request use that member, whether it works or not? */
static bool
is_candidate(const SourceGroup *group, const GroupMember *member, Oid userid, const SourceRoute *route)
{
	bool		at_any = false;		/* also if it gets no new statements */

	if (route != NULL)
	{
		bool		stays = route->serverid == member->serverid;

		if ((OidIsValid(route->serverid) && !stays) || names_hold(route->failed, member->server) ||
			(route->only != NIL && !names_hold(route->only, member->server)) ||
			names_hold(route->except, member->server) || names_hold(route->unfit, member->server))
			return false;
		/* a request that began there may end there */
		at_any = stays || route->drained_too;
	}
	if (!at_any && (member->draining || member->weight == 0))
		return false;
	return login_exists_at(userid, member->serverid, group->serverid);
}

/* The candidates of a request; palloc'd, their number in *count. */
static HealthCandidate *
list_candidates(const SourceGroup *group, Oid userid, const SourceRoute *route, int *count)
{
	HealthCandidate *candidates = palloc(sizeof(HealthCandidate) * Max(group->count, 1));

	*count = 0;
	for (int i = 0; i < group->count; i++)
	{
		const GroupMember *member = &group->member[i];
		HealthCandidate *candidate = &candidates[*count];

		if (!is_candidate(group, member, userid, route))
			continue;
		candidate->server = member->serverid;
		candidate->weight = Max(member->weight, 1);
		candidate->priority = member->priority;
		candidate->max_runs = member->max_runs;
		(*count)++;
	}
	return candidates;
}

/* Waits for a moment; interruptible. */
static void
wait_a_little(void)
{
	CHECK_FOR_INTERRUPTS();
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 LOOK_AGAIN_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Raises 08001 because all members have failed, and others are trying them. */
pg_noreturn static void
refuse_broken(const SourceGroup *group)
{
	StringInfoData reasons;

	initStringInfo(&reasons);
	for (int i = 0; i < group->count; i++)
	{
		HealthReport report;

		health_report(group->serverid, group->member[i].serverid, &report);
		if (report.broken)
			appendStringInfo(&reasons, "%sMember \"%s\": %s.", reasons.len > 0 ? "\n" : "",
							 group->member[i].server, report.last_error);
	}
	ereport(ERROR,
			(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
			 errmsg("no member of group \"%s\" can be used", group->name),
			 reasons.len > 0 ? errdetail_internal("%s", reasons.data) : 0,
			 errhint("rsfed tries them again by itself, one statement at a time.")));
}

/* Names separated by commas; palloc'd. */
static char *
names_text(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s\"%s\"", buf.len > 0 ? ", " : "", (char *) lfirst(lc));
	return buf.data;
}

/* Raises 55000 because no member is left that may be used. */
pg_noreturn static void
refuse_empty(ForeignServer *asked, const SourceRoute *route)
{
	bool		is_unfit = route != NULL && route->unfit != NIL;

	if (route == NULL || (route->only == NIL && route->except == NIL && !is_unfit))
		login_refuse_empty(asked);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("group \"%s\" has no member that may be asked for this", asked->servername),
			 errdetail("%s%s%s", route->only != NIL ? psprintf("Wanted is %s.", names_text(route->only))
					   : route->except != NIL ? psprintf("Not wanted is %s.", names_text(route->except)) : "",
					   is_unfit && (route->only != NIL || route->except != NIL) ? "\n" : "",
					   is_unfit ? psprintf("rsfed.check_group() has found to be unlike the others in what the query reads: %s.",
										   names_text(route->unfit)) : ""),
			 is_unfit ? errhint("Mend what rsfed.doctor() lists, then look again: SELECT * FROM rsfed.check_group(%s) WHERE NOT ok;",
								quote_literal_cstr(asked->servername))
			 : errhint("SELECT * FROM rsfed.groups WHERE group_name = %s; shows what drains.",
					   quote_literal_cstr(asked->servername))));
}

/* Stores the current member of the attempt. */
static void
note_member(SourceRoute *route, ForeignServer *group, ForeignServer *member, Oid userid,
			const HealthUse *use)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(route));

	route->serverid = member->serverid;
	route->server = pstrdup(member->servername);
	route->group_name = pstrdup(group->servername);
	route->userid = userid;
	route->is_trial = health_is_trial(use);
	route->is_logged_in = false;
	MemoryContextSwitchTo(old);
}

static HealthKind
kind_of(const SourceRequest *request)
{
	if (request->route != NULL && request->route->is_check)
		return HEALTH_CHECK;
	return request->is_run ? HEALTH_RUN : HEALTH_STATEMENT;
}

/* The member of a group for a request. */
static ForeignServer *
choose_member(const SourceRequest *request, ForeignServer *asked, HealthUse **use)
{
	TimestampTz begun = monotonic_now();

	for (;;)
	{
		const SourceGroup *group = group_get(asked);
		int			count;
		HealthCandidate *candidates = list_candidates(group, request->userid, request->route, &count);
		int			best;

		/* it stays at a member that no longer exists */
		if (count == 0 && request->route != NULL && OidIsValid(request->route->serverid))
		{
			request->route->serverid = InvalidOid;
			candidates = list_candidates(group, request->userid, request->route, &count);
		}
		if (count == 0)
			refuse_empty(asked, request->route);
		best = health_choose(group->serverid, group->strategy, candidates, count, kind_of(request), use);
		if (best >= 0)
			return GetForeignServer(candidates[best].server);
		if (best == HEALTH_TRIED &&
			TimestampDifferenceExceeds(begun, monotonic_now(), TRIED_TIMEOUT_MS))
			refuse_broken(group);
		/* it may wait for hours */
		pfree(candidates);
		wait_a_little();
	}
}

ForeignServer *
route_choose(const SourceRequest *request, ForeignServer *asked, HealthUse **use)
{
	ForeignServer *server;

	if (!source_is_group(asked))
	{
		int			max_runs = (int) option_int_text(OPTION_SERVER, "max_runs",
													 source_option(asked->options, "max_runs"));

		while (!health_use(asked->serverid, max_runs, request->is_run, use))
			wait_a_little();
		return asked;
	}
	server = choose_member(request, asked, use);
	if (request->route != NULL)
		note_member(request->route, asked, server, request->userid, *use);
	return server;
}

void
route_worked(Oid serverid, const char *server, int connect_ms, bool is_whole)
{
	if (health_worked(serverid, connect_ms, is_whole))
		ereport(LOG,
				(errmsg("Redshift server \"%s\" works again", server)));
}

/* The time for which a member is left alone after one more failure. */
static int64
time_away_ms(const SourceRoute *route)
{
	ForeignServer *group = GetForeignServerByName(route->group_name, true);
	List	   *options = group ? group->options : NIL;
	RsfedBackoff policy = {
		.delay_ms = option_int_text(OPTION_GROUP, "retry_delay", source_option(options, "retry_delay")),
		.factor = 2,
		.max_delay_ms = option_int_text(OPTION_GROUP, "retry_max_delay",
										source_option(options, "retry_max_delay")),
		.jitter_percent = JITTER_PERCENT,
	};

	return backoff_delay_ms(&policy, health_failures(route->serverid) + 1, chance());
}

/* Removes the member from the rotation for all sessions. */
static void
break_member(const SourceRoute *route, const ErrorData *error)
{
	int64		delay_ms = time_away_ms(route);

	if (health_failed(route->serverid, route->is_trial, delay_ms, error->message))
		ereport(LOG,
				(errmsg("Redshift server \"%s\" is passed over in group \"%s\" for some time: %s",
						route->server, route->group_name, error->message)));
}

/* The members that the attempt has not tried yet, without the current one. */
static HealthCandidate *
list_others(const SourceRoute *route, int *count)
{
	ForeignServer *asked = GetForeignServerByName(route->group_name, true);
	SourceRoute rest = *route;

	*count = 0;
	if (asked == NULL || !source_is_group(asked))
		return NULL;
	rest.serverid = InvalidOid;
	rest.failed = lappend(list_copy(route->failed), route->server);
	return list_candidates(group_get(asked), route->userid, &rest, count);
}

List *
route_others(const SourceRoute *route)
{
	int			count;
	HealthCandidate *others = list_others(route, &count);
	List	   *names = NIL;

	for (int i = 0; i < count; i++)
	{
		if (!health_is_passed_over(others[i].server))
			names = lappend(names, GetForeignServer(others[i].server)->servername);
	}
	return names;
}

void
route_leave(SourceRoute *route, const char *next, const char *why)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(route));

	route->failed = lappend(route->failed, route->server);
	route->serverid = next ? GetForeignServerByName(next, false)->serverid : InvalidOid;
	route->moved_from = route->server;
	route->why = route->why ? psprintf("%s\n%s", route->why, why) : pstrdup(why);
	MemoryContextSwitchTo(old);
}

/* Adds the failures of earlier members to the error of the last one. */
static void
tell_others(const SourceRoute *route, ErrorData *error)
{
	if (route->why == NULL)
		return;
	error->detail = error->detail ? psprintf("%s\n%s", error->detail, route->why)
		: pstrdup(route->why);
}

bool
route_move_on(SourceRoute *route, ErrorData *error)
{
	FailureBlame blame;
	int			others;

	if (route == NULL || !OidIsValid(route->serverid))
		return false;
	blame = failure_blame(unpack_sql_state(error->sqlerrcode), error->message, error->detail,
						  !route->is_logged_in, remote_raised(error));
	if (blame == BLAME_OTHER)
		return false;
	/* a member that is too slow for a check is not healthy */
	if (route->is_check && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		blame = BLAME_MEMBER;
	if (blame == BLAME_QUERY)
	{
		route_worked(route->serverid, route->server, -1, true);
		tell_others(route, error);
		return false;
	}
	if (blame == BLAME_MEMBER)
		break_member(route, error);

	if (route->stays_once_in && route->is_logged_in)
		return false;
	(void) list_others(route, &others);
	if (others == 0)
	{
		tell_others(route, error);
		return false;
	}
	route_leave(route, NULL, psprintf("Member \"%s\" failed: %s.", route->server, error->message));
	return true;
}
