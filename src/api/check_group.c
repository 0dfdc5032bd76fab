/*-------------------------------------------------------------------------
 *
 * check_group.c
 *	  rsfed.check_group(): are the members of a group alike?
 *
 * Policy: any user of a group may compare its members, with the log-ins that a
 * query would use.  Findings are stored only if the user may change the group:
 * the log-ins of other users may not see everything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/check_group.h"
#include "api/result.h"
#include "base/attempt.h"
#include "base/compat.h"
#include "base/options.h"
#include "catalog/difference.h"
#include "catalog/member_view.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "redshift/placeholder.h"
#include "redshift/tables.h"
#include "source/group.h"
#include "source/member_check.h"
#include "source/source.h"
#include "source/unable.h"

/* The largest number of differences in a WARNING. */
#define MAX_WARNED 10

PG_FUNCTION_INFO_V1(rsfed_check_group);

/* The destination of the findings of a check. */
typedef struct Report
{
	ResultRows *result;			/* of the SQL function; or NULL */
	List	   *found;			/* of Difference */
	MemoryContext context;		/* of what is kept */
	StringInfoData warning;		/* without a result: findings that are not ok */
	int			not_ok;
} Report;

/* The group, which the current user may use: 42501 with the GRANT. */
static ForeignServer *
usable_group(const char *name)
{
	ForeignServer *group = source_require_group(name);

	if (rsfed_foreign_server_aclcheck(group->serverid, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for foreign server %s", group->servername),
				 errhint("GRANT USAGE ON FOREIGN SERVER %s TO %s;", quote_identifier(group->servername),
						 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	return group;
}

static List *
copy_texts(List *texts)
{
	List	   *copy = NIL;
	ListCell   *lc;

	foreach(lc, texts)
		copy = lappend(copy, pstrdup(lfirst(lc)));
	return copy;
}

/*
 * Adds a row to the result of the SQL function; a NULL server is not a member.
 * For a doubt, ok is NULL.
 */
static void
add_row(ResultRows *result, const char *server, const char *item, bool ok, bool is_doubt, const char *detail)
{
	NameData	name;
	Datum		values[4];
	bool		nulls[4] = {server == NULL, false, is_doubt, false};

	if (server != NULL)
		namestrcpy(&name, server);
	values[0] = NameGetDatum(&name);
	values[1] = CStringGetTextDatum(item);
	values[2] = BoolGetDatum(ok);
	values[3] = CStringGetTextDatum(detail);
	result_add(result, values, nulls);
}

/* Receives one finding of a check. */
static void
take_finding(const MemberFinding *finding, void *arg)
{
	Report	   *report = arg;
	MemoryContext old;
	Difference *difference;

	if (report->result != NULL)
		add_row(report->result, finding->server, finding->item, finding->ok, finding->is_doubt, finding->detail);
	if (finding->ok || finding->is_doubt)
		return;
	if (report->result == NULL && report->not_ok++ < MAX_WARNED)
		appendStringInfo(&report->warning, "%sServer \"%s\", %s: %s", report->warning.len > 0 ? "\n" : "",
						 finding->server, finding->item, finding->detail);
	if (finding->schema == NULL)
		return;
	old = MemoryContextSwitchTo(report->context);
	difference = palloc0(sizeof(Difference));
	difference->server = pstrdup(finding->server);
	difference->kind = pstrdup(finding->kind);
	difference->schema = pstrdup(finding->schema);
	difference->relation = pstrdup(finding->relation);
	difference->columns = copy_texts(finding->columns);
	difference->problem = psprintf("%s: %s", finding->item, finding->detail);
	difference->remedies = copy_texts(finding->remedies);
	report->found = lappend(report->found, difference);
	MemoryContextSwitchTo(old);
}

static int
compare_tables(const ListCell *a, const ListCell *b)
{
	const RedshiftTable *left = lfirst(a);
	const RedshiftTable *right = lfirst(b);
	int			order = strcmp(left->schema, right->schema);

	return order != 0 ? order : strcmp(left->name, right->name);
}

/* The same tables, each once. */
static List *
unique_tables(List *tables)
{
	List	   *unique = NIL;
	ListCell   *lc;

	list_sort(tables, compare_tables);
	foreach(lc, tables)
	{
		RedshiftTable *table = lfirst(lc);
		RedshiftTable *last = unique ? llast(unique) : NULL;

		if (last == NULL || strcmp(last->schema, table->schema) != 0 || strcmp(last->name, table->name) != 0)
			unique = lappend(unique, table);
	}
	return unique;
}

/*
 * The tables that a rollup reads, by its query and its probe.  A part that
 * cannot be followed is a row of the result, if there is a result.
 */
static void
add_reads(MemberCheck *check, const RsfedRelation *relation, const Rollup *rollup, ResultRows *result)
{
	char	   *probe = option_text(OPTION_ROLLUP, rollup->options, "probe");
	RedshiftReads *reads[2] = {redshift_read_tables(rollup->query), probe ? redshift_read_tables(probe) : NULL};

	for (int i = 0; i < lengthof(reads); i++)
	{
		ListCell   *lc;

		if (reads[i] == NULL)
			continue;
		check->tables = list_concat(check->tables, reads[i]->tables);
		if (result == NULL)
			continue;
		foreach(lc, reads[i]->unclear)
			add_row(result, NULL, psprintf("rollup %s", relation_title(relation)), false, true,
					psprintf("it reads %s, which cannot be compared here", (char *) lfirst(lc)));
	}
}

/*
 * Fills in the owners of the group's rollups and, if with_tables, the tables
 * that they read.
 */
static void
add_rollups(MemberCheck *check, bool with_tables, ResultRows *result)
{
	List	   *ids = rollup_ids(check->group->servername);
	ListCell   *lc;

	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));
		Oid			owner;

		CHECK_FOR_INTERRUPTS();
		if (relation == NULL)
			continue;
		owner = relation_owner(relation->relid);
		/*
		 * a user who may not become the owner must not learn about that role's
		 * log-ins
		 */
		if (has_privs_of_role(GetUserId(), owner))
			check->roles = list_append_unique_oid(check->roles, owner);
		if (with_tables)
			add_reads(check, relation, rollup_load(lfirst_int(lc)), result);
	}
	if (check->roles == NIL)
		check->roles = list_make1_oid(check->userid);
	if (with_tables)
		check->tables = unique_tables(check->tables);
}

/*
 * The tables in an argument; raises 22023 for a text that is not a table's
 * name.
 */
static List *
parse_tables(List *texts)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, texts)
	{
		RedshiftTable *table = redshift_parse_table(lfirst(lc));

		if (table == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid name of a table: \"%s\"", (char *) lfirst(lc)),
					 errdetail("It is to be a name, or schema and name with a dot between them.")));
		tables = lappend(tables, table);
	}
	return unique_tables(tables);
}

/* Can findings be stored here, and may the current user do that? */
static bool
may_remember(const MemberCheck *check)
{
	return !RecoveryInProgress() && !XactReadOnly &&
		rsfed_foreign_server_ownercheck(check->group->serverid, GetUserId());
}

/*
 * Members that refused the query of a rollup when it ran: do they accept it
 * now?  Only for rollups whose owner the current user may become.
 */
static void
look_at_refusals(const MemberCheck *check, ResultRows *result)
{
	const char *group = check->group->servername;
	ListCell   *lc;

	foreach(lc, differences_of(group))
	{
		const Difference *difference = lfirst(lc);
		RsfedRelation *relation = relation_lookup_id(difference->relation_id);
		char	   *query;
		bool		refused;
		ErrorData  *error;

		if (relation == NULL || !OidIsValid(relation->relid) ||
			!has_privs_of_role(GetUserId(), relation_owner(relation->relid)))
			continue;
		query = redshift_fill_placeholders(rollup_load(difference->relation_id)->query, "NULL", "NULL");
		error = unable_ask(group, difference->server, check->userid, query, &refused);
		add_row(result, difference->server, psprintf("query of rollup %s", relation_title(relation)),
				error == NULL, error != NULL && !refused, error == NULL ? "taken" : error->message);
		if (error == NULL && may_remember(check))
			difference_end_refusal(group, difference->server, difference->relation_id);
	}
}

/* Stores the findings, if that is possible and allowed. */
static void
remember(const MemberCheck *check, const Report *report, bool is_all)
{
	List	   *kinds = list_make3("schema", "relation", "column");
	List	   *places = NIL;
	ListCell   *lc;

	if (!may_remember(check))
		return;
	if (check->with_partitions)
		kinds = lappend(kinds, "partition");
	if (check->with_grants)
		kinds = lappend(kinds, "grant");
	if (check->sample)
		kinds = lappend(kinds, "content");
	if (!is_all)
	{
		foreach(lc, check->tables)
		{
			RedshiftTable *table = lfirst(lc);

			places = lappend(places, psprintf("%s.%s", table->schema, table->name));
		}
	}
	differences_replace(check->group->servername, check->reached, kinds, places, report->found);
	if (is_all)
		member_views_replace(check->group->servername, check->reached, check->views);
}

/*
 * rsfed.check_group(group_name, tables, sample).  Raises 42704, 42809 and 42501,
 * and 22023 for tables.
 */
Datum
rsfed_check_group(PG_FUNCTION_ARGS)
{
	Report		report = {.result = result_begin(fcinfo), .context = CurrentMemoryContext};
	MemberCheck check = {.take = take_finding, .arg = &report, .userid = GetUserId()};
	bool		by_rollups = PG_ARGISNULL(1);

	argument_require(fcinfo, 0, "group_name");
	argument_require(fcinfo, 2, "sample");
	check.group = usable_group(NameStr(*PG_GETARG_NAME(0)));
	check.sample = PG_GETARG_BOOL(2);
	check.with_partitions = check.with_grants = true;
	check.with_views = by_rollups;
	if (!by_rollups)
		check.tables = parse_tables(argument_names(fcinfo, 1, "tables"));
	if (!by_rollups && check.tables == NIL)
		return (Datum) 0;
	add_rollups(&check, by_rollups, report.result);
	member_check(&check);
	remember(&check, &report, by_rollups);
	if (by_rollups)
		look_at_refusals(&check, report.result);
	return (Datum) 0;
}

/* The step of group_warn_unlike(). */
static void
check_cheaply(void *arg)
{
	member_check(arg);
}

void
group_warn_unlike(ForeignServer *group)
{
	Report		report = {.context = CurrentMemoryContext};
	MemberCheck check = {.take = take_finding, .arg = &report, .userid = GetUserId(), .group = group,
	.with_views = true};
	ErrorData  *error;

	initStringInfo(&report.warning);
	add_rollups(&check, true, NULL);
	error = attempt(check_cheaply, &check);
	if (error != NULL)
		appendStringInfo(&report.warning, "%s%s", report.warning.len > 0 ? "\n" : "", error->message);
	/* if no rollup reads anything, no member has to be avoided */
	else if (check.tables != NIL)
		remember(&check, &report, true);
	if (report.warning.len == 0)
		return;
	if (report.not_ok > MAX_WARNED)
		appendStringInfo(&report.warning, "\nAnd %d more.", report.not_ok - MAX_WARNED);
	ereport(WARNING,
			(errmsg("the members of group \"%s\" are not alike, or cannot be compared", group->servername),
			 errdetail_internal("%s", report.warning.data),
			 errhint("The member is in the group all the same. SELECT * FROM rsfed.check_group(%s) WHERE NOT ok; compares again.",
					 quote_literal_cstr(group->servername))));
}
