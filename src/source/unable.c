/*-------------------------------------------------------------------------
 *
 * unable.c
 *	  A query that one member of a group refuses, and another one accepts.
 *
 * Policy: members may be of different kinds and versions, so one may not
 * support a query that another does.  That is assumed only if the member
 * itself refuses to parse the query, and another one parses it: an error that
 * occurs later, with the data, would occur there, too.  It is stored only
 * after the query has run at another member.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "catalog/difference.h"
#include "redshift/failure.h"
#include "remote/connection.h"
#include "remote/execute.h"
#include "source/source.h"
#include "source/unable.h"

/* The number of other members that are asked. */
#define MAX_ASKED 3

/* Longest wait for each answer. */
#define ANSWER_TIMEOUT_MS 10000

void
unable_note_asked(SourceRoute *route, const char *query, int32 relation_id, int definition)
{
	if (route == NULL)
		return;
	route->asked = MemoryContextStrdup(GetMemoryChunkContext(route), query);
	route->asked_rollup = relation_id;
	route->asked_definition = definition;
}

/* Is it an error that only one warehouse may have? */
static bool
is_of_language(const ErrorData *error)
{
	return remote_raised(error) && failure_is_of_language(unpack_sql_state(error->sqlerrcode));
}

/* Arguments and results of describe_at(). */
typedef struct Asking
{
	const char *query;
	bool		is_sent;
} Asking;

static void
describe_at(SourceConnection *source, void *arg)
{
	Asking	   *asking = arg;

	asking->is_sent = true;
	(void) remote_describe(source->conn, asking->query, ANSWER_TIMEOUT_MS);
}

ErrorData *
unable_ask(const char *group, const char *server, Oid userid, const char *query, bool *refused)
{
	SourceRequest request = {
		.source = group,
		.userid = userid,
		.label = "rsfed check",
		.route = palloc0(sizeof(SourceRoute)),
		.statement_timeout_ms = ANSWER_TIMEOUT_MS,
	};
	Asking		asking = {.query = query};
	ErrorData  *error;

	request.route->only = list_make1(unconstify(char *, server));
	request.route->drained_too = true;
	error = source_attempt(&request, describe_at, &asking);
	*refused = error != NULL && asking.is_sent && is_of_language(error);
	return error;
}

/* Adds a sentence to the detail of an error. */
static void
add_detail(ErrorData *error, const char *sentence)
{
	error->detail = error->detail ? psprintf("%s\n%s", error->detail, sentence) : pstrdup(sentence);
}

/*
 * Reports that no other member is known to accept the query, with the names of
 * "count" members that refuse it.
 */
static void
tell_refusals(const SourceRoute *route, ErrorData *error, const char *others, int count)
{
	add_detail(error, psprintf("Member \"%s\" of group \"%s\" refuses the query; %s.", route->server, route->group_name,
							   count > 0 ? psprintf("so %s %s", count == 1 ? "does" : "do", others)
							   : "no other member could be asked"));
	if (count == 0)
		error->hint = psprintf("%s%sSELECT * FROM rsfed.check_group(%s) WHERE NOT ok; shows whether the others are like it.",
							   error->hint ? error->hint : "", error->hint ? "\n" : "",
							   quote_literal_cstr(route->group_name));
}

/* Continues the attempt at another member, which accepts the query. */
static void
leave_unable(SourceRoute *route, const ErrorData *error, const char *next)
{
	Refusal    *refusal = palloc(sizeof(Refusal));

	refusal->server = pstrdup(route->server);
	refusal->relation_id = route->asked_rollup;
	refusal->definition = route->asked_definition;
	refusal->problem = psprintf("it refuses the query, which \"%s\" takes: %s", next, error->message);
	route->refused = lappend(route->refused, refusal);
	route_leave(route, next, psprintf("Member \"%s\" refuses the query, which member \"%s\" takes: %s.",
									  route->server, next, error->message));
}

/* The same in the memory context of the route. */
static bool
move_on(SourceRoute *route, ErrorData *error)
{
	StringInfoData refusing;
	bool		refused;
	int			asked = 0;
	int			refusals = 0;
	ListCell   *lc;

	(void) unable_ask(route->group_name, route->server, route->userid, route->asked, &refused);
	/* it accepts the query: the failure is in its execution */
	if (!refused)
		return false;
	initStringInfo(&refusing);
	foreach(lc, route_others(route))
	{
		const char *other = lfirst(lc);

		if (asked++ == MAX_ASKED)
			break;
		if (unable_ask(route->group_name, other, route->userid, route->asked, &refused) == NULL)
		{
			leave_unable(route, error, other);
			return true;
		}
		if (refused)
			appendStringInfo(&refusing, "%s\"%s\"", refusals++ > 0 ? ", " : "", other);
	}
	tell_refusals(route, error, refusing.data, refusals);
	return false;
}

bool
unable_move_on(SourceRoute *route, ErrorData *error)
{
	MemoryContext old;
	bool		moved;

	if (route == NULL || !OidIsValid(route->serverid) || route->asked == NULL || !is_of_language(error))
		return false;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(route));
	moved = move_on(route, error);
	MemoryContextSwitchTo(old);
	return moved;
}

void
unable_remember(const SourceRoute *route)
{
	ListCell   *lc;

	foreach(lc, route->refused)
	{
		const Refusal *refusal = lfirst(lc);

		difference_add_refusal(route->group_name, refusal->server, refusal->relation_id,
							   refusal->definition, refusal->problem);
	}
}
