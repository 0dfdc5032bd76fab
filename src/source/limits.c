/*-------------------------------------------------------------------------
 *
 * limits.c
 *	  How many runs each source may have at the same time.
 *
 * Policy: that no server ever gets more than its max_runs is seen to when a run
 * asks for its connection (shmem/health.c).  What is counted here lets a run
 * wait in the queue instead, where it keeps no worker busy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "catalog/queue.h"
#include "shmem/health.h"
#include "source/group.h"
#include "source/limits.h"

static void
add_limit(List **limits, const char *source, int max_runs)
{
	QueueLimit *limit = palloc(sizeof(QueueLimit));

	limit->source = source;
	limit->max_runs = Max(max_runs, 0);
	*limits = lappend(*limits, limit);
}

/*
 * What the members of a group may have of its runs, if any number is not what
 * one of them may have; of those that work, or if none does, of all.
 */
static bool
group_limit(const SourceGroup *group, bool broken_too, int *limit)
{
	bool		any = false;

	*limit = 0;
	for (int i = 0; i < group->count; i++)
	{
		const GroupMember *member = &group->member[i];

		if (member->draining || member->weight == 0 ||
			(!broken_too && health_is_broken(member->serverid)))
			continue;
		if (member->max_runs == 0)
			return false;
		any = true;
		*limit += Max(0, member->max_runs - health_runs(InvalidOid, member->serverid) +
					  health_runs(group->serverid, member->serverid));
	}
	if (!any && !broken_too)
		return group_limit(group, true, limit);
	/* a group without members fails at once, and needs no room to do so */
	return any;
}

List *
source_limits(void)
{
	List	   *limits = NIL;
	ListCell   *lc;

	foreach(lc, limited_sources())
	{
		LimitedSource *source = lfirst(lc);
		int			limit;

		if (!source->is_group)
			add_limit(&limits, source->name, source->max_runs - health_group_runs(source->serverid));
		else if (group_limit(group_get(GetForeignServer(source->serverid)), false, &limit))
			add_limit(&limits, source->name, limit);
	}
	return limits;
}
