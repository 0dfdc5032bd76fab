/*-------------------------------------------------------------------------
 *
 * each_member.c
 *	  Does the same work at every server behind a source.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "api/each_member.h"
#include "base/compat.h"
#include "source/group.h"
#include "source/route.h"

typedef struct Visiting
{
	MemberVisit visit;
	SourceRequest request;
	void		(*work) (MemberVisit *visit);
} Visiting;

static void
work_at(SourceConnection *source, void *arg)
{
	Visiting   *visiting = arg;

	visiting->visit.conn = source->conn;
	visiting->work(&visiting->visit);
}

void
each_member(const char *source, const char *label, bool writable,
			void (*work) (MemberVisit *visit), void (*done) (MemberVisit *visit), void *arg)
{
	bool		is_group = source_is_group(source_server(source));
	List	   *servers = source_servers(source);
	ListCell   *lc;

	source_check_usage(source, GetUserId());
	foreach(lc, servers)
	{
		Visiting	visiting = {{0}};

		CHECK_FOR_INTERRUPTS();
		visiting.work = work;
		visiting.visit.source = source;
		visiting.visit.server = lfirst(lc);
		visiting.visit.arg = arg;
		visiting.request.source = source;
		visiting.request.route = palloc0(sizeof(SourceRoute));
		if (is_group)
			visiting.request.route->only = list_make1(lfirst(lc));
		visiting.request.route->drained_too = true;
		visiting.request.userid = GetUserId();
		visiting.request.label = label;
		visiting.request.writable = writable;
		visiting.visit.error = source_attempt(&visiting.request, work_at, &visiting);
		if (visiting.visit.error != NULL)
		{
			if (!is_group)
				ReThrowError(visiting.visit.error);
			ereport(WARNING,
					(errcode(visiting.visit.error->sqlerrcode),
					 errmsg("member \"%s\" of group \"%s\": %s", visiting.visit.server, source,
							visiting.visit.error->message),
					 visiting.visit.error->detail ? errdetail_internal("%s", visiting.visit.error->detail) : 0,
					 visiting.visit.error->hint ? errhint("%s", visiting.visit.error->hint) : 0));
		}
		done(&visiting.visit);
	}
}

char *
member_failure(const MemberVisit *visit)
{
	return psprintf("%s%s%s", visit->error->message,
					visit->error->detail ? " " : "",
					visit->error->detail ? visit->error->detail : "");
}
