/*-------------------------------------------------------------------------
 *
 * group_check.c
 *	  Whether the members of a group are interchangeable.
 *
 * Policy: each member says what it has, as facts with a name and a value; what
 * most members say of a name is taken for what is meant, and of two the first
 * one's word.  What a rollup reads is asked as its owner and in full: what its
 * query returns, and by EXPLAIN whether it may be run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "catalog/members.h"
#include "catalog/relation.h"
#include "catalog/rollup.h"
#include "redshift/lex.h"
#include "redshift/placeholder.h"
#include "redshift/quote.h"
#include "redshift/types.h"
#include "remote/execute.h"
#include "rollup/group_check.h"
#include "source/group.h"
#include "source/route.h"
#include "source/source.h"

/* What is compared, in the order in which it is reported. */
typedef enum Topic
{
	TOPIC_SCHEMAS,
	TOPIC_TABLES,
	TOPIC_PARTITIONS,
	TOPIC_ROLLUPS,
	TOPIC_SAMPLES
} Topic;

static const char *const topic_names[] = {"external schemas", "tables and views", "partitions",
"rollups", "rows"};

#define TOPICS ((int) lengthof(topic_names))

typedef struct Fact
{
	Topic		topic;
	char	   *name;
	int			member;
	char	   *value;
	int32		relation_id;	/* of a rollup; else 0 */
} Fact;

typedef struct GroupCheck
{
	ForeignServer *group;
	List	   *members;		/* names, char * */
	Oid			userid;
	List	   *tables;			/* char *; NIL = all */
	List	   *facts;			/* of Fact */
	bool	   *answers;		/* of each member: could it be asked */
	int		   *alike;			/* of each member and topic: facts that are as meant */
	List	   *differing;		/* of Fact: what is not, of rollups */
	List	   *findings;		/* of GroupFinding, of the member at hand */

	/* the question at hand */
	int			member;
	SourceConnection *source;
	bool		sample;
	Oid			owner;			/* whose rollups are asked for */
	const char *sql;
	Topic		topic;
	const Rollup *rollup;
	const char *name;
	const char *quoted;			/* the same in SQL, of a table */
} GroupCheck;

static GroupFinding *
make_finding(const GroupCheck *check, const char *item, bool ok, char *detail)
{
	GroupFinding *finding = palloc(sizeof(GroupFinding));

	finding->server = list_nth(check->members, check->member);
	finding->item = item;
	finding->ok = ok;
	finding->detail = detail;
	return finding;
}

static void
add_finding(GroupCheck *check, const char *item, bool ok, char *detail)
{
	check->findings = lappend(check->findings, make_finding(check, item, ok, detail));
}

static void
add_fact(GroupCheck *check, const char *name, const char *value, int32 relation_id)
{
	Fact	   *fact = palloc(sizeof(Fact));

	fact->topic = check->topic;
	fact->name = pstrdup(name);
	fact->member = check->member;
	fact->value = pstrdup(value);
	fact->relation_id = relation_id;
	check->facts = lappend(check->facts, fact);
}

static bool
is_wanted(const GroupCheck *check, const char *name)
{
	ListCell   *lc;

	foreach(lc, check->tables)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return check->tables == NIL;
}

/* Asks the member at hand with the log-in of userid; its error, or NULL. */
static ErrorData *
ask_member(GroupCheck *check, Oid userid, SourceWork work)
{
	SourceRequest request = {0};

	request.source = check->group->servername;
	request.userid = userid;
	request.label = "rsfed check";
	request.route = palloc0(sizeof(SourceRoute));
	request.route->only = list_make1(list_nth(check->members, check->member));
	request.route->drained_too = true;
	return source_attempt(&request, work, check);
}

/*----------
 * Facts of a member.
 *----------
 */

#define OTHERS_SCHEMAS(column) \
	column " <> 'information_schema' AND " column " NOT LIKE 'pg!_%' ESCAPE '!'"

/* Facts of rows (schema, name, value). */
static void
ask_pairs(void *arg)
{
	GroupCheck *check = arg;
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(check->source->conn, check->sql, &rows, &columns);

	for (int i = 0; i < rows; i++)
	{
		char	  **row = cells + i * columns;
		char	   *name = row[1] ? psprintf("%s.%s", row[0], row[1]) : row[0];

		if (check->topic == TOPIC_SCHEMAS || is_wanted(check, name))
			add_fact(check, name, row[2] ? row[2] : "", 0);
	}
}

/* "varchar(20)" of a row (..., data_type, length, precision, scale). */
static char *
column_type(char **row)
{
	if (row[1] != NULL && row[1][0] != '-')
		return psprintf("%s(%s)", row[0], row[1]);
	if (row[2] != NULL && row[3] != NULL && strcmp(row[0], "numeric") == 0)
		return psprintf("%s(%s,%s)", row[0], row[2], row[3]);
	return row[0];
}

/* A fact for each table, view and external table: its columns. */
static void
ask_tables(void *arg)
{
	GroupCheck *check = arg;
	int			rows;
	int			columns;
	StringInfoData value;
	char	  **cells = remote_fetch_all(check->source->conn,
										 "SELECT table_schema, table_name, column_name, data_type, character_maximum_length,"
										 " numeric_precision, numeric_scale FROM svv_columns WHERE "
										 OTHERS_SCHEMAS("table_schema") " ORDER BY table_schema, table_name, ordinal_position",
										 &rows, &columns);

	initStringInfo(&value);
	for (int i = 0; i < rows; i++)
	{
		char	  **row = cells + i * columns;
		bool		is_last = i == rows - 1 || strcmp(row[0], row[columns]) != 0 ||
			strcmp(row[1], row[columns + 1]) != 0;
		char	   *name = psprintf("%s.%s", row[0], row[1]);

		appendStringInfo(&value, "%s%s %s", value.len > 0 ? ", " : "", row[2], column_type(row + 3));
		if (!is_last)
			continue;
		if (is_wanted(check, name))
			add_fact(check, name, value.data, 0);
		resetStringInfo(&value);
	}
}

/* Facts of one topic, of the connection at hand; what fails is a finding. */
static void
gather(GroupCheck *check, Topic topic, const char *sql, void (*step) (void *arg))
{
	ErrorData  *error;

	check->topic = topic;
	check->sql = sql;
	error = attempt(step, check);
	if (error != NULL)
		add_finding(check, topic_names[topic], false, error->message);
}

/* A fact that is an error. */
static void
add_error(GroupCheck *check, const ErrorData *error, int32 relation_id)
{
	add_fact(check, check->name, psprintf("error %s: %s", unpack_sql_state(error->sqlerrcode),
										  error->message), relation_id);
}

/* The result of a rollup's query, and whether it may be run. */
static void
ask_rollup(void *arg)
{
	GroupCheck *check = arg;
	char	   *query = redshift_fill_placeholders(redshift_strip(check->rollup->query), "NULL", "NULL");
	RemoteColumns *columns = remote_describe(check->source->conn, query);
	StringInfoData value;
	int			rows;
	int			n;

	initStringInfo(&value);
	for (int i = 0; i < columns->count; i++)
		appendStringInfo(&value, "%s%s %s", i > 0 ? ", " : "", columns->column[i].name,
						 redshift_type_name(columns->column[i].type, columns->column[i].typmod));
	(void) remote_fetch_all(check->source->conn, psprintf("EXPLAIN %s", query), &rows, &n);
	add_fact(check, check->name, value.data, check->rollup->relation_id);
}

/*
 * Calls a function for each rollup of the group that belongs to the owner at hand,
 * with the rollup and its name in the check.
 */
static void
for_rollups(GroupCheck *check, void (*what) (GroupCheck *check, const ErrorData *error),
			const ErrorData *error)
{
	List	   *ids = rollup_ids(check->group->servername);
	ListCell   *lc;

	check->topic = TOPIC_ROLLUPS;
	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));

		if (relation == NULL || !OidIsValid(relation->relid) ||
			relation_owner(relation->relid) != check->owner)
			continue;
		check->rollup = rollup_load(relation->relation_id);
		check->name = psprintf("%s.%s", quote_identifier(relation->schema_name),
							   quote_identifier(relation->relation_name));
		what(check, error);
	}
}

/* A fact of one rollup: of an error that concerns all, or of what is found. */
static void
add_rollup_fact(GroupCheck *check, const ErrorData *error)
{
	if (error == NULL)
		error = attempt(ask_rollup, check);
	if (error != NULL)
		add_error(check, error, check->rollup->relation_id);
}

static void
ask_rollups(SourceConnection *source, void *arg)
{
	GroupCheck *check = arg;

	check->source = source;
	for_rollups(check, add_rollup_fact, NULL);
}

/* The owners of the group's rollups that userid may act as; List of oids. */
static List *
rollup_owners(const GroupCheck *check)
{
	List	   *ids = rollup_ids(check->group->servername);
	List	   *owners = NIL;
	ListCell   *lc;

	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));
		Oid			owner = relation && OidIsValid(relation->relid) ? relation_owner(relation->relid) : InvalidOid;

		if (OidIsValid(owner) && has_privs_of_role(check->userid, owner))
			owners = list_append_unique_oid(owners, owner);
	}
	return owners;
}

/* What rollups read, with a connection for each of their owners. */
static void
gather_rollups(GroupCheck *check)
{
	List	   *owners = rollup_owners(check);
	ListCell   *lc;

	foreach(lc, owners)
	{
		ErrorData  *error;

		check->owner = lfirst_oid(lc);
		error = ask_member(check, check->owner, ask_rollups);
		if (error != NULL)
			for_rollups(check, add_rollup_fact, error);
	}
}

/*
 * Rows of a table, and a sum that does not depend on their order: of the first
 * characters of the MD5 of each row's text, as digits.
 */
static void
ask_sample(void *arg)
{
	GroupCheck *check = arg;
	StringInfoData sql;
	int			rows;
	int			columns;
	char	  **cells;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT COUNT(*), SUM(CAST(");
	for (int i = 1; i <= 7; i++)
		appendStringInfo(&sql, "%sCAST(ASCII(SUBSTRING(h, %d, 1)) AS BIGINT) * " INT64_FORMAT,
						 i > 1 ? " + " : "", i, INT64CONST(1) << (7 * (i - 1)));
	appendStringInfo(&sql, " AS DECIMAL(38,0))) FROM (SELECT MD5(%s) AS h FROM %s) AS r", check->sql, check->quoted);
	cells = remote_fetch_all(check->source->conn, sql.data, &rows, &columns);
	add_fact(check, check->name, psprintf("%s rows, checksum %s", cells[0], cells[1] ? cells[1] : "none"), 0);
}

/* The columns "a type, b type" of a table as one text in SQL; NULL if it has none that can be had. */
static char *
row_text(const char *columns)
{
	StringInfoData sql;
	char	   *rest = pstrdup(columns);
	char	   *column;

	initStringInfo(&sql);
	while (rest != NULL)
	{
		char	   *type;

		column = rest;
		/* the comma of numeric(18,0) has no blank behind it */
		rest = strstr(rest, ", ");
		if (rest != NULL)
		{
			*rest = '\0';
			rest += 2;
		}
		type = strchr(column, ' ');
		if (type == NULL)
			continue;
		*type++ = '\0';
		if (strncmp(type, "super", 5) == 0 || strncmp(type, "geo", 3) == 0 ||
			strncmp(type, "varbyte", 7) == 0 || strncmp(type, "binary", 6) == 0)
			continue;
		column = redshift_quote_identifier(column);
		appendStringInfo(&sql, "%sCOALESCE(%s, '~')", sql.len > 0 ? " || ',' || " : "",
						 strncmp(type, "bool", 4) == 0
						 ? psprintf("CASE WHEN %s THEN 't' WHEN NOT %s THEN 'f' END", column, column)
						 : psprintf("CAST(%s AS VARCHAR)", column));
	}
	return sql.len > 0 ? sql.data : NULL;
}

/* Is a table read by a rollup of the group?  By the words of their queries. */
static bool
is_read(const GroupCheck *check, const char *name)
{
	List	   *ids = rollup_ids(check->group->servername);
	const char *table = strchr(name, '.') + 1;
	ListCell   *lc;

	foreach(lc, ids)
	{
		RedshiftTokens *tokens = redshift_lex(rollup_load(lfirst_int(lc))->query);

		for (int i = 0; i < tokens->count; i++)
		{
			if (redshift_token_is_name(&tokens->items[i]) && strcmp(tokens->items[i].text, table) == 0)
				return true;
		}
	}
	return false;
}

/* A sample of each table of the member at hand that is wanted. */
static void
gather_samples(GroupCheck *check)
{
	List	   *facts = list_copy(check->facts);
	ListCell   *lc;

	check->topic = TOPIC_SAMPLES;
	foreach(lc, facts)
	{
		Fact	   *fact = lfirst(lc);
		char	   *dot = strchr(fact->name, '.');
		ErrorData  *error;

		if (fact->topic != TOPIC_TABLES || fact->member != check->member ||
			(check->tables == NIL && !is_read(check, fact->name)))
			continue;
		check->sql = row_text(fact->value);
		if (check->sql == NULL)
			continue;
		check->name = fact->name;
		check->quoted = psprintf("%s.%s", redshift_quote_identifier(pnstrdup(fact->name, dot - fact->name)),
								 redshift_quote_identifier(dot + 1));
		error = attempt(ask_sample, check);
		if (error != NULL)
			add_error(check, error, 0);
	}
}

/* What the log-in of userid sees. */
static void
ask_everything(SourceConnection *source, void *arg)
{
	GroupCheck *check = arg;

	check->source = source;
	gather(check, TOPIC_SCHEMAS,
		   "SELECT schemaname, NULL, 'kind ' || eskind || ', database ' || databasename FROM svv_external_schemas",
		   ask_pairs);
	gather(check, TOPIC_TABLES, NULL, ask_tables);
	gather(check, TOPIC_PARTITIONS,
		   "SELECT schemaname, tablename, COUNT(*) || ' partitions' FROM svv_external_partitions GROUP BY schemaname, tablename",
		   ask_pairs);
	if (check->sample)
		gather_samples(check);
}

/* Everything of the member at hand. */
static void
gather_all(GroupCheck *check)
{
	ErrorData  *error = ask_member(check, check->userid, ask_everything);

	check->answers[check->member] = error == NULL;
	check->findings = lcons(make_finding(check, "log-in", error == NULL,
										 error ? error->message : pstrdup("works")), check->findings);
	if (error == NULL)
		gather_rollups(check);
}

/*----------
 * The comparison.
 *----------
 */

static int
compare_facts(const void *a, const void *b)
{
	const Fact *one = *(Fact *const *) a;
	const Fact *other = *(Fact *const *) b;
	int			order = (int) one->topic - (int) other->topic;

	if (order == 0)
		order = strcmp(one->name, other->name);
	return order != 0 ? order : one->member - other->member;
}

/* The member whose word counts: one of those that most agree with, the first. */
static int
meant_by(const GroupCheck *check, Fact *const *values)
{
	int			n = list_length(check->members);
	int			best = -1;
	int			most = 0;

	for (int i = 0; i < n; i++)
	{
		int			agree = 0;

		if (!check->answers[i])
			continue;
		for (int j = 0; j < n; j++)
		{
			if (check->answers[j] && (values[i] == NULL) == (values[j] == NULL) &&
				(values[i] == NULL || strcmp(values[i]->value, values[j]->value) == 0))
				agree++;
		}
		if (agree > most)
		{
			most = agree;
			best = i;
		}
	}
	return best;
}

/* What the members say of one name: "values" has the fact of each, or NULL. */
static void
compare_values(GroupCheck *check, Topic topic, const char *name, int32 relation_id, Fact **values,
			   List **findings)
{
	int			meant = meant_by(check, values);
	const char *right = meant >= 0 && values[meant] ? values[meant]->value : NULL;

	for (int i = 0; i < list_length(check->members); i++)
	{
		const char *value = values[i] ? values[i]->value : NULL;

		if (!check->answers[i])
			continue;
		if ((value == NULL) == (right == NULL) && (value == NULL || strcmp(value, right) == 0))
		{
			check->alike[i * TOPICS + topic]++;
			continue;
		}
		check->member = i;
		check->findings = findings[i];
		add_finding(check, psprintf("%s: %s", topic_names[topic], name), false,
					psprintf("%s here, %s at \"%s\"", value ? value : "missing",
							 right ? right : "missing", (char *) list_nth(check->members, meant)));
		findings[i] = check->findings;
		if (relation_id != 0)
		{
			Fact	   *fact = palloc0(sizeof(Fact));

			fact->member = i;
			fact->relation_id = relation_id;
			check->differing = lappend(check->differing, fact);
		}
	}
}

/* Walks over all facts, name by name. */
static void
compare_all(GroupCheck *check, List **findings)
{
	int			n = list_length(check->members);
	int			count = list_length(check->facts);
	Fact	  **facts = palloc(sizeof(Fact *) * Max(count, 1));
	Fact	  **values = palloc(sizeof(Fact *) * n);
	int			i = 0;
	ListCell   *lc;

	foreach(lc, check->facts)
		facts[i++] = lfirst(lc);
	qsort(facts, count, sizeof(Fact *), compare_facts);
	for (int first = 0; first < count; first = i)
	{
		memset(values, 0, sizeof(Fact *) * n);
		for (i = first; i < count && facts[i]->topic == facts[first]->topic &&
			 strcmp(facts[i]->name, facts[first]->name) == 0; i++)
			values[facts[i]->member] = facts[i];
		compare_values(check, facts[first]->topic, facts[first]->name, facts[first]->relation_id,
					   values, findings);
	}
}

/* Notes which rollups must not be refreshed at which member. */
static void
note_differences(const GroupCheck *check)
{
	for (int i = 0; i < list_length(check->members); i++)
	{
		List	   *relation_ids = NIL;
		ListCell   *lc;

		if (!check->answers[i])
			continue;
		foreach(lc, check->differing)
		{
			const Fact *fact = lfirst(lc);

			if (fact->member == i)
				relation_ids = list_append_unique_int(relation_ids, fact->relation_id);
		}
		member_note_differences(check->group->servername, list_nth(check->members, i), relation_ids);
	}
}

List *
group_check(ForeignServer *group, List *tables, bool sample, Oid userid)
{
	GroupCheck	check = {.group = group,.userid = userid,.tables = tables,.sample = sample};
	List	  **findings;
	List	   *all = NIL;
	int			n;

	source_check_usage(group->servername, userid);
	check.members = source_servers(group->servername);
	n = list_length(check.members);
	check.answers = palloc0(sizeof(bool) * n);
	check.alike = palloc0(sizeof(int) * n * TOPICS);
	findings = palloc0(sizeof(List *) * n);
	for (check.member = 0; check.member < n; check.member++)
	{
		check.findings = NIL;
		gather_all(&check);
		findings[check.member] = check.findings;
	}
	compare_all(&check, findings);
	for (check.member = 0; check.member < n; check.member++)
	{
		check.findings = findings[check.member];
		for (int topic = 0; check.answers[check.member] && topic < TOPICS; topic++)
		{
			int			alike = check.alike[check.member * TOPICS + topic];

			if (alike > 0)
				add_finding(&check, topic_names[topic], true, psprintf("%d alike", alike));
		}
		all = list_concat(all, check.findings);
	}
	if (rsfed_foreign_server_ownercheck(group->serverid, userid))
		note_differences(&check);
	return all;
}
