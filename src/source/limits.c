/*-------------------------------------------------------------------------
 *
 * limits.c
 *	  The number of runs that each source may have at the same time.
 *
 * Policy: shmem/health.c enforces max_runs of a server when a run asks for its
 * connection.  The counts here let a run wait in the queue instead, where it
 * occupies no worker.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/difference.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "shmem/health.h"
#include "source/group.h"
#include "source/limits.h"
#include "source/unfit.h"

/* May the group send it new statements? */
static bool
is_in_use(const GroupMember *member)
{
	return !member->draining && member->weight > 0;
}

static void
add_limit(QueueLimits *limits, const char *source, int max_runs)
{
	QueueLimit *limit = palloc(sizeof(QueueLimit));

	limit->source = source;
	limit->max_runs = Max(max_runs, 0);
	limits->sources = lappend(limits->sources, limit);
}

/*
 * The number of the group's runs that its members may have, if any member has
 * a limit: of the working members, or of all if none works.
 */
static bool
group_limit(const SourceGroup *group, bool broken_too, int *limit)
{
	bool		any = false;

	*limit = 0;
	for (int i = 0; i < group->count; i++)
	{
		const GroupMember *member = &group->member[i];

		if (!is_in_use(member) || (!broken_too && health_is_passed_over(member->serverid)))
			continue;
		if (member->max_runs == 0)
			return false;
		any = true;
		*limit += Max(0, member->max_runs - health_runs(InvalidOid, member->serverid) +
					  health_runs(group->serverid, member->serverid));
	}
	if (!any && !broken_too)
		return group_limit(group, true, limit);
	/* a group without members fails at once, and needs no room for that */
	return any;
}

/* The members that are skipped by rollups of a group with waiting runs. */
static void
add_unfit(QueueLimits *limits, const char *group)
{
	ListCell   *lc;

	foreach(lc, queue_rollups(group))
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));
		Rollup	   *rollup;
		ListCell   *lm;

		if (relation == NULL || !OidIsValid(relation->relid))
			continue;
		rollup = rollup_load(relation->relation_id);
		foreach(lm, source_unfit(group, rollup->query, relation_owner(relation->relid),
								 relation->relation_id))
		{
			QueueUnfit *unfit = palloc(sizeof(QueueUnfit));

			unfit->relation_id = relation->relation_id;
			unfit->server = lfirst(lm);
			limits->unfit = lappend(limits->unfit, unfit);
		}
	}
}

/* The members of a group, if one of them has a limit. */
static void
add_places(QueueLimits *limits, const SourceGroup *group)
{
	const char *name = pstrdup(group->name);
	bool		any = false;

	for (int i = 0; i < group->count; i++)
		any |= is_in_use(&group->member[i]) && group->member[i].max_runs > 0;
	if (!any)
		return;
	for (int i = 0; i < group->count; i++)
	{
		const GroupMember *member = &group->member[i];
		QueuePlace *place;

		if (!is_in_use(member))
			continue;
		place = palloc(sizeof(QueuePlace));
		place->source = name;
		place->server = pstrdup(member->server);
		place->max_runs = member->max_runs;
		place->runs = health_runs(InvalidOid, member->serverid);
		place->works = !health_is_passed_over(member->serverid);
		limits->places = lappend(limits->places, place);
	}
	/* last, because the group may be removed from the cache meanwhile */
	if (differences_of(name) != NIL)
		add_unfit(limits, name);
}

QueueLimits *
source_limits(void)
{
	QueueLimits *limits = palloc0(sizeof(QueueLimits));
	ListCell   *lc;

	foreach(lc, limited_sources())
	{
		LimitedSource *source = lfirst(lc);
		const SourceGroup *group = limited_group(source);
		int			limit;

		if (!source->is_group)
		{
			add_limit(limits, source->name, source->max_runs - health_group_runs(source->serverid));
			continue;
		}
		if (group == NULL)
			continue;
		if (group_limit(group, false, &limit))
			add_limit(limits, source->name, limit);
		add_places(limits, group);
	}
	return limits;
}
