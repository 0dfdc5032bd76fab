/*-------------------------------------------------------------------------
 *
 * health_check.c
 *	  Checks whether members of groups work, before a statement finds out.
 *
 * Policy: checks are made only if the group's owner requests them by the
 * option health_interval, and with the owner's log-in.  A check has the same
 * effects as a statement: a failure for a reason of the member's own breaks
 * the member, a success repairs it.  An error of the query, or of the log-in,
 * breaks no member, because it would occur everywhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/compat.h"
#include "remote/connection.h"
#include "remote/execute.h"
#include "source/group.h"
#include "source/health_check.h"
#include "source/login.h"
#include "source/route.h"
#include "source/source.h"

/* a health query that takes longer has failed */
#define LONGEST_QUERY_MS 30000

/* Could statements be sent to it, and does the owner have a log-in there? */
static bool
is_to_be_checked(const SourceGroup *group, const GroupMember *member)
{
	return member->weight > 0 && !member->draining &&
		login_exists_at(group->owner, member->serverid, group->serverid);
}

/* The group of a source if its members are checked, or NULL; as group_get(). */
static const SourceGroup *
checked_group(const LimitedSource *source)
{
	const SourceGroup *group = limited_group(source);

	return group != NULL && group->health_interval_ms > 0 ? group : NULL;
}

int
health_checks_due(TimestampTz *next)
{
	TimestampTz now = GetCurrentTimestamp();
	int			due = 0;
	ListCell   *lc;

	foreach(lc, limited_sources())
	{
		const SourceGroup *group = checked_group(lfirst(lc));

		for (int i = 0; group != NULL && i < group->count; i++)
		{
			int64		ms;

			if (!is_to_be_checked(group, &group->member[i]))
				continue;
			ms = health_check_in_ms(group->serverid, group->member[i].serverid,
									group->health_interval_ms);
			if (ms <= 0)
				due++;
			*next = Min(*next, TimestampTzPlusMilliseconds(now, Max(ms, 0)));
		}
	}
	return due;
}

HealthCheck *
health_check_claim(void)
{
	ListCell   *lc;

	foreach(lc, limited_sources())
	{
		const SourceGroup *group = checked_group(lfirst(lc));

		for (int i = 0; group != NULL && i < group->count; i++)
		{
			HealthCheck *check;

			if (!is_to_be_checked(group, &group->member[i]) ||
				!health_claim_check(group->serverid, group->member[i].serverid,
									group->health_interval_ms))
				continue;
			check = palloc0(sizeof(HealthCheck));
			check->group = pstrdup(group->name);
			check->server = pstrdup(group->member[i].server);
			check->serverid = group->member[i].serverid;
			check->owner = group->owner;
			check->query = group->health_query ? pstrdup(group->health_query) : NULL;
			check->timeout_ms = (int) Min(group->health_interval_ms, LONGEST_QUERY_MS);
			return check;
		}
	}
	return NULL;
}

static void
ask(SourceConnection *source, void *arg)
{
	const HealthCheck *check = arg;
	int			rows;
	int			columns;

	if (check->query != NULL)
		(void) remote_fetch_all(source->conn, check->query, &rows, &columns);
}

void
health_check_run(const HealthCheck *check)
{
	SourceRequest request = {.source = check->group,.userid = check->owner,
	.label = "rsfed health",.statement_timeout_ms = check->timeout_ms};
	ErrorData  *error;

	request.route = palloc0(sizeof(SourceRoute));
	request.route->only = list_make1(check->server);
	request.route->is_check = true;
	error = source_attempt(&request, ask, unconstify(HealthCheck *, check));
	/* the reason why it broke is logged already */
	if (error == NULL || health_is_passed_over(check->serverid) ||
		!health_note_error(check->serverid, error->message))
		return;
	ereport(LOG,
			(errmsg("member \"%s\" of group \"%s\" could not be checked: %s",
					check->server, check->group, error->message)));
}
