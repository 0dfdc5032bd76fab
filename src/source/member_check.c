/*-------------------------------------------------------------------------
 *
 * member_check.c
 *	  Checks whether the members of a group are interchangeable.
 *
 * Policy: facts are sorted by place, so that one item is compared at a time
 * and only that item is held in memory.  A missing object is a difference of
 * the member that lacks it, even if most members lack it: members are not
 * interchangeable if a query works at one and not at the next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "redshift/quote.h"
#include "redshift/tables.h"
#include "source/credentials.h"
#include "source/group.h"
#include "source/login.h"
#include "source/member_check.h"
#include "source/member_content.h"
#include "source/member_facts.h"
#include "source/member_views.h"
#include "source/route.h"
#include "source/source.h"

/*
 * The number of differences of one item and member that are listed one by one.
 */
#define MAX_TOLD 10

/* A member during the comparison. */
typedef struct Side
{
	const char *server;
	Oid			serverid;
	int			weight;
	const char *search_path;	/* the server's option; or NULL */
	MemoryContext context;		/* of its connection */
	SourceConnection *source;	/* NULL: it could not be asked */
	bool		is_lost;		/* nor can it be asked anything more */
	List	   *users;			/* of FactUser */

	/* of the present place */
	bool		is_missing;		/* it has no such relation */

	/* of the present item */
	int			names;			/* columns, partitions, ... that it has */
	int			differences;
	StringInfoData told;
	List	   *remedies;		/* char * */
	List	   *columns;		/* that differ */

	/* of the present name */
	char	   *value;			/* NULL: it has none */
} Side;

typedef struct Comparison
{
	MemberCheck *check;
	MemberFacts *facts;
	int			count;
	Side	   *side;
	bool		has_search_path;	/* one of the servers has that option */
	int			asked;			/* the one that is asked at the moment */
	MemoryContext place_context;	/* memory of one place */
	MemoryContext name_context; /* and of one name in it */
	char	   *schema;			/* the current place; NULL before the first */
	char	   *relation;
	FactKind	kind;			/* the current item */
	bool		is_view;		/* the current relation */
	char	   *name;			/* the current name */
	MemberContent *content;		/* with sample: the rows of the place to count */
	ViewsFollowed followed;		/* the tables that the members' views read */
} Comparison;

/* The names of kinds of items, and of their parts. */
static const struct
{
	const char *name;			/* in rsfed_catalog.difference */
	const char *item;			/* before the place */
	const char *one;
	const char *many;
}			kinds[] = {
	[FACT_SCHEMA] = {"schema", "schema", "", ""},
	[FACT_RELATION] = {"relation", "relation", "", ""},
	[FACT_COLUMN] = {"column", "columns of", "column", "columns"},
	[FACT_PARTITION] = {"partition", "partitions of", "partition", "partitions"},
	[FACT_GRANT] = {"grant", "grants on", "role can read it", "roles can read it"},
};

/* The users of the roles' log-ins at a member. */
static List *
users_at(const MemberCheck *check, const Side *side)
{
	List	   *users = NIL;
	ListCell   *lc;

	foreach(lc, check->roles)
	{
		Oid			role = lfirst_oid(lc);
		FactUser   *user = palloc0(sizeof(FactUser));

		user->role = GetUserNameFromId(role, false);
		if (login_exists_at(role, side->serverid, check->group->serverid))
		{
			ForeignServer *server = GetForeignServer(side->serverid);

			user->username = credentials_load(server, login_mapping(server, check->group, role))->user;
		}
		users = lappend(users, user);
	}
	return users;
}

/* Connects to one member by the name of its group. */
static void
connect_member(void *arg)
{
	Comparison *comparison = arg;
	MemberCheck *check = comparison->check;
	Side	   *side = &comparison->side[comparison->asked];
	MemoryContext old = MemoryContextSwitchTo(side->context);
	SourceRequest request = {
		.source = check->group->servername,
		.userid = check->userid,
		.label = "rsfed check",
		.route = palloc0(sizeof(SourceRoute)),
	};

	if (check->with_grants)
		side->users = users_at(check, side);
	if (!login_exists_at(check->userid, side->serverid, check->group->serverid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" has no user mapping for server \"%s\" or its group",
						GetUserNameFromId(check->userid, false), side->server)));
	request.route->only = list_make1(pstrdup(side->server));
	request.route->drained_too = true;
	side->source = source_connect(&request);
	MemoryContextSwitchTo(old);
}

/* Finds the tables behind the views of one member. */
static void
follow_views(void *arg)
{
	Comparison *comparison = arg;

	views_follow(comparison->side[comparison->asked].source, comparison->check->tables,
				 &comparison->followed);
}

/* Asks one member for its facts. */
static void
ask_member(void *arg)
{
	Comparison *comparison = arg;
	Side	   *side = &comparison->side[comparison->asked];
	MemoryContext old = MemoryContextSwitchTo(side->context);

	facts_ask(comparison->facts, side->source, comparison->asked, side->users);
	/* decides the meaning of a name without a schema */
	if (comparison->has_search_path)
		facts_add(comparison->facts, comparison->asked, REDSHIFT_DEFAULT_SCHEMA, "search_path",
				  side->search_path ? side->search_path : "\"$user\", public");
	MemoryContextSwitchTo(old);
}

/* Sends a finding about one member. */
static void
send_finding(Comparison *comparison, const Side *side, const char *kind, const char *item, bool ok,
			 const char *detail)
{
	bool		has_place = kind != NULL;
	MemberFinding finding = {
		.server = side->server,
		.item = item,
		.ok = ok,
		.detail = detail,
		.schema = has_place ? comparison->schema : NULL,
		.relation = has_place ? comparison->relation : NULL,
		.kind = kind,
		.columns = side->columns,
		.remedies = side->remedies,
	};

	comparison->check->take(&finding, comparison->check->arg);
}

/*
 * Runs a step at all members that can still be asked; a failure excludes the
 * member.
 */
static void
do_at_all(Comparison *comparison, void (*step) (void *arg))
{
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];
		ErrorData  *error;

		if (side->is_lost)
			continue;
		comparison->asked = i;
		error = attempt(step, comparison);
		if (error == NULL)
			continue;
		/* closes the connection, so that the member no longer counts it */
		side->is_lost = true;
		side->source = NULL;
		MemoryContextDelete(side->context);
		send_finding(comparison, side, NULL, "connection", false,
					 psprintf("%s%s%s%s%s", error->message, error->detail ? "\n" : "",
							  error->detail ? error->detail : "", error->hint ? "\n" : "",
							  error->hint ? error->hint : ""));
	}
}

/*
 * Finds the tables that the views of all members read, and reports views that
 * cannot be followed.
 */
static void
follow_all_views(Comparison *comparison)
{
	MemberCheck *check = comparison->check;
	ListCell   *lc;

	do_at_all(comparison, follow_views);
	check->views = comparison->followed.views;
	foreach(lc, comparison->followed.doubts)
	{
		const ViewDoubt *doubt = lfirst(lc);
		MemberFinding finding = {
			.server = doubt->server,
			.item = doubt->item,
			.is_doubt = true,
			.detail = doubt->detail,
		};

		check->take(&finding, check->arg);
	}
}

/* Connects to all members, and asks for their facts. */
static void
ask_all(Comparison *comparison)
{
	MemberCheck *check = comparison->check;

	for (int i = 0; i < comparison->count; i++)
		comparison->side[i].context = AllocSetContextCreate(CurrentMemoryContext, "rsfed member",
															ALLOCSET_SMALL_SIZES);
	do_at_all(comparison, connect_member);
	if (check->with_views && check->tables != NIL)
		follow_all_views(comparison);
	comparison->facts = facts_begin(check->tables, comparison->followed.tables,
									check->with_partitions, check->with_grants);
	do_at_all(comparison, ask_member);
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		if (side->is_lost)
			continue;
		check->reached = lappend(check->reached, pstrdup(side->server));
		send_finding(comparison, side, NULL, "connection", true, "answers");
	}
}

/* Is the member compared at the current item? */
static bool
takes_part(const Comparison *comparison, const Side *side)
{
	if (side->source == NULL)
		return false;
	return !(side->is_missing && comparison->kind > FACT_RELATION);
}

/* The member whose value is regarded as right, or NULL if none has one. */
static const Side *
find_right(const Comparison *comparison)
{
	const Side *right = NULL;
	int			best_votes = 0;
	int			best_weight = 0;

	for (int i = 0; i < comparison->count; i++)
	{
		const Side *side = &comparison->side[i];
		int			votes = 0;
		int			weight = 0;

		if (!takes_part(comparison, side) || side->value == NULL)
			continue;
		for (int j = 0; j < comparison->count; j++)
		{
			const Side *other = &comparison->side[j];

			if (takes_part(comparison, other) && other->value != NULL &&
				strcmp(other->value, side->value) == 0)
			{
				votes++;
				weight += other->weight;
			}
		}
		if (right == NULL || votes > best_votes || (votes == best_votes && weight > best_weight))
		{
			right = side;
			best_votes = votes;
			best_weight = weight;
		}
	}
	return right;
}

/* A varchar with a length, as member_facts.c writes it. */
static bool
is_varchar(const char *type)
{
	static const char name[] = "character varying(";

	return strncmp(type, name, sizeof(name) - 1) == 0 && strchr(type, ',') == NULL;
}

/* The statement that adds the missing object at a member, if it is known. */
static void
add_remedy(const Comparison *comparison, Side *side, const Side *right)
{
	char	   *table = comparison->relation[0] != '\0'
		? psprintf("%s.%s", redshift_quote_identifier(comparison->schema),
				   redshift_quote_identifier(comparison->relation)) : NULL;

	/* a view has no columns of its own to alter */
	if (comparison->kind == FACT_COLUMN && !comparison->is_view)
	{
		char	   *column = redshift_quote_identifier(comparison->name);

		if (side->value == NULL && strstr(right->value, ", partition key") == NULL)
			side->remedies = lappend(side->remedies,
									 psprintf("ALTER TABLE %s ADD COLUMN %s %s", table, column, right->value));
		/* Redshift can only alter the length of a varchar */
		else if (side->value != NULL && is_varchar(side->value) && is_varchar(right->value))
			side->remedies = lappend(side->remedies,
									 psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s", table, column, right->value));
	}
	else if (comparison->kind == FACT_GRANT && side->value == NULL)
	{
		ListCell   *lc;

		foreach(lc, side->users)
		{
			FactUser   *user = lfirst(lc);

			if (user->username != NULL && strcmp(user->role, comparison->name) == 0)
				side->remedies = lappend(side->remedies,
										 psprintf("GRANT %s %s TO %s",
												  table ? "SELECT ON" : "USAGE ON SCHEMA",
												  table ? table : redshift_quote_identifier(comparison->schema),
												  redshift_quote_identifier(user->username)));
		}
	}
}

/* The text of a difference at a member. */
static char *
describe_difference(const Comparison *comparison, const Side *side, const Side *right)
{
	const char *name = comparison->name;
	bool		is_text = comparison->kind == FACT_RELATION && strcmp(name, "definition") == 0;

	switch (comparison->kind)
	{
		case FACT_SCHEMA:
		case FACT_RELATION:
			if (name[0] == '\0' && side->value == NULL)
				return psprintf("it is not there, or its user may not see it; \"%s\" has it: %s",
								right->server, right->value);
			if (name[0] == '\0')
				return psprintf("%s, at \"%s\" %s", side->value, right->server, right->value);
			if (is_text)
				return psprintf("its definition is not that of \"%s\"", right->server);
			return psprintf("%s %s, at \"%s\" %s", name, side->value ? side->value : "is none",
							right->server, right->value);
		case FACT_GRANT:
			return psprintf("the log-in of role \"%s\" may not read it, at \"%s\" it may", name, right->server);
		default:
			if (side->value == NULL)
				return psprintf("no %s %s, which \"%s\" has (%s)", kinds[comparison->kind].one, name,
								right->server, right->value);
			return psprintf("%s %s is %s, at \"%s\" %s", kinds[comparison->kind].one, name, side->value,
							right->server, right->value);
	}
}

/* Compares the members' facts about the current name. */
static void
end_name(Comparison *comparison)
{
	const Side *right;
	bool		is_alike = true;

	if (comparison->name == NULL)
		return;
	right = find_right(comparison);
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		if (!takes_part(comparison, side))
			continue;
		if (comparison->kind == FACT_RELATION && comparison->name[0] == '\0')
		{
			side->is_missing = side->value == NULL;
			comparison->is_view |= side->value != NULL && strstr(side->value, "view") != NULL;
		}
		if (side->value != NULL)
			side->names++;
		if (right == NULL || (side->value != NULL && strcmp(side->value, right->value) == 0))
			continue;
		is_alike = false;
		/* without the relation there are no further facts */
		if (side->is_missing && comparison->name[0] != '\0')
			continue;
		if (side->differences++ < MAX_TOLD)
		{
			appendStringInfo(&side->told, "%s%s", side->told.len > 0 ? "\n" : "",
							 describe_difference(comparison, side, right));
			add_remedy(comparison, side, right);
		}
		if (comparison->kind == FACT_COLUMN || comparison->kind == FACT_GRANT)
			side->columns = lappend(side->columns, pstrdup(comparison->name));
	}
	if (comparison->content != NULL && comparison->kind == FACT_COLUMN && right != NULL)
		content_add_column(comparison->content, comparison->name, right->value, is_alike);
	for (int i = 0; i < comparison->count; i++)
		comparison->side[i].value = NULL;
	comparison->name = NULL;
	MemoryContextReset(comparison->name_context);
}

/* The text for an item without differences. */
static char *
describe_alike(const Comparison *comparison, const Side *side)
{
	if (kinds[comparison->kind].one[0] == '\0')
		return pstrdup(!comparison->is_view ? "alike" : comparison->check->with_views
					   ? "alike; the tables that the view reads are compared, too"
					   : "alike; the tables that the view reads are compared if they are named, too");
	return psprintf("%d %s", side->names, side->names == 1 ? kinds[comparison->kind].one
					: kinds[comparison->kind].many);
}

/* Sends the findings about the current item. */
static void
end_item(Comparison *comparison)
{
	char	   *place;
	bool		is_nowhere = comparison->kind == FACT_RELATION;

	end_name(comparison);
	if (comparison->schema == NULL)
		return;
	place = psprintf("%s %s", kinds[comparison->kind].item,
					 redshift_table_text(comparison->schema, comparison->relation));
	for (int i = 0; i < comparison->count; i++)
		is_nowhere &= comparison->side[i].source == NULL || comparison->side[i].is_missing;
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		if (!takes_part(comparison, side))
			continue;
		if (is_nowhere)
			appendStringInfoString(&side->told, "no member has it, or no user of rsfed's may see it");
		if (side->differences > MAX_TOLD)
			appendStringInfo(&side->told, "\nand %d more differences", side->differences - MAX_TOLD);
		/* an object that exists nowhere is alike; it may be a system view */
		send_finding(comparison, side, is_nowhere ? NULL : kinds[comparison->kind].name, place,
					 side->told.len == 0,
					 side->told.len > 0 ? side->told.data : describe_alike(comparison, side));
		side->names = side->differences = 0;
		side->columns = side->remedies = NIL;
		resetStringInfo(&side->told);
	}
}

/*
 * Counts and hashes the rows of the current place at each member that has it.
 */
static void
compare_content(Comparison *comparison)
{
	ContentResult *results = palloc0(sizeof(ContentResult) * comparison->count);
	char	   *item = psprintf("content of %s", redshift_table_text(comparison->schema, comparison->relation));
	int			right = -1;

	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		if (side->source == NULL || side->is_missing)
			continue;
		content_ask(comparison->content, side->source, comparison->schema, comparison->relation, &results[i]);
		if (results[i].error == NULL &&
			(right < 0 || side->weight > comparison->side[right].weight))
			right = i;
	}
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];
		bool		ok = false;
		char	   *detail;

		if (side->source == NULL || side->is_missing)
			continue;
		if (results[i].error != NULL)
			detail = results[i].error;
		else
		{
			ok = strcmp(results[i].text, results[right].text) == 0;
			detail = psprintf("%s%s%s", results[i].text,
							  ok ? "" : psprintf(", at \"%s\" %s", comparison->side[right].server,
												 results[right].text),
							  content_note(comparison->content));
		}
		send_finding(comparison, side, "content", item, ok, detail);
	}
}

/* Ends a place and frees its memory. */
static void
end_place(Comparison *comparison)
{
	end_item(comparison);
	if (comparison->schema != NULL && comparison->content != NULL && comparison->relation[0] != '\0')
		compare_content(comparison);
	comparison->schema = comparison->relation = NULL;
	comparison->content = NULL;
	comparison->is_view = false;
	MemoryContextReset(comparison->place_context);
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		side->is_missing = false;
		initStringInfo(&side->told);
		side->columns = side->remedies = NIL;
	}
}

/*
 * Ends the items that a fact does not belong to, and begins those that it
 * belongs to.
 */
static void
turn_to(Comparison *comparison, const MemberFact *fact)
{
	if (comparison->schema == NULL || strcmp(fact->schema, comparison->schema) != 0 ||
		strcmp(fact->relation, comparison->relation) != 0)
	{
		end_place(comparison);
		comparison->schema = pstrdup(fact->schema);
		comparison->relation = pstrdup(fact->relation);
		/* the rows of a view are those of the tables behind it */
		if (comparison->check->sample &&
			facts_is_direct(comparison->facts, fact->schema, fact->relation))
			comparison->content = content_begin();
	}
	else if (fact->kind != comparison->kind)
		end_item(comparison);
	else if (comparison->name != NULL && strcmp(fact->name, comparison->name) != 0)
		end_name(comparison);
	comparison->kind = fact->kind;
}

/* Goes through the sorted facts. */
static void
compare_all(Comparison *comparison)
{
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext fact_context = AllocSetContextCreate(outer, "rsfed fact", ALLOCSET_SMALL_SIZES);

	comparison->place_context = AllocSetContextCreate(outer, "rsfed place", ALLOCSET_DEFAULT_SIZES);
	comparison->name_context = AllocSetContextCreate(outer, "rsfed name", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(comparison->place_context);
	end_place(comparison);
	for (;;)
	{
		MemberFact	fact;
		bool		is_fact;

		MemoryContextReset(fact_context);
		MemoryContextSwitchTo(fact_context);
		is_fact = facts_next(comparison->facts, &fact);
		MemoryContextSwitchTo(comparison->place_context);
		if (!is_fact)
			break;
		/* facts from before the failure of a member do not count */
		if (fact.member >= 0 && comparison->side[fact.member].source == NULL)
			continue;
		turn_to(comparison, &fact);
		if (comparison->name == NULL)
			comparison->name = MemoryContextStrdup(comparison->name_context, fact.name);
		if (fact.member >= 0)
			comparison->side[fact.member].value = MemoryContextStrdup(comparison->name_context, fact.value);
	}
	end_place(comparison);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(comparison->name_context);
	MemoryContextDelete(comparison->place_context);
	MemoryContextDelete(fact_context);
}

/* Copies the members, because the cache of groups may change at any time. */
static void
list_sides(Comparison *comparison)
{
	const SourceGroup *group = group_get(comparison->check->group);

	comparison->count = group->count;
	comparison->side = palloc0(sizeof(Side) * Max(group->count, 1));
	for (int i = 0; i < comparison->count; i++)
	{
		comparison->side[i].server = pstrdup(group->member[i].server);
		comparison->side[i].serverid = group->member[i].serverid;
		comparison->side[i].weight = group->member[i].weight;
	}
	for (int i = 0; i < comparison->count; i++)
	{
		Side	   *side = &comparison->side[i];

		side->search_path = source_option(GetForeignServer(side->serverid)->options, "search_path");
		comparison->has_search_path |= side->search_path != NULL;
	}
}

void
member_check(MemberCheck *check)
{
	Comparison	comparison = {.check = check};

	login_check(check->group, check->userid);
	list_sides(&comparison);
	ask_all(&comparison);
	facts_sort(comparison.facts);
	compare_all(&comparison);
	facts_end(comparison.facts);
	for (int i = 0; i < comparison.count; i++)
	{
		Side	   *side = &comparison.side[i];

		if (side->source == NULL)
			continue;
		source_release(side->source);
		MemoryContextDelete(side->context);
	}
}
