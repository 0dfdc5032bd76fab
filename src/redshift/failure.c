/*-------------------------------------------------------------------------
 *
 * failure.c
 *	  Classifies errors of Redshift: whether a retry makes sense, the cause,
 *	  and the query.
 *
 * Policy: one table, first match.  Redshift gives SQLSTATE XX000 to most
 * errors of its engine and 57014 to everything that ends a query, so these are
 * distinguished by their messages.  Errors that are not in the table are
 * permanent: a wrong query, a missing privilege or a changed type would fail
 * again, and each attempt may be billed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "redshift/failure.h"

typedef struct FailureRule
{
	const char *sqlstate;		/* a class, or the whole of it */
	const char *text;			/* found in message or detail; NULL = any */
	bool		at_login;		/* only before there is a session */
	FailureKind kind;
} FailureRule;

static const FailureRule rules[] =
{
	/* log-in: rejected, expired, no user, no password */
	{"28", NULL, true, FAILURE_CREDENTIALS},
	{"2F003", NULL, true, FAILURE_CREDENTIALS},

	/* connections: not reached, lost, too many, warehouse starting or stopping */
	{"08", NULL, false, FAILURE_PASSING},
	{"53", NULL, false, FAILURE_PASSING},
	{"57P04", NULL, false, FAILURE_LASTING},	/* the database was dropped */
	{"57P", NULL, false, FAILURE_PASSING},

	/*
	 * Cancelled by workload management and by time-outs, in Redshift or here.
	 * A user's cancel is permanent; Redshift reports its statement_timeout in
	 * the same way, so remote/ names it in the detail if that time had passed.
	 */
	{"57014", "WLM", false, FAILURE_PASSING},
	{"57014", "statement_timeout", false, FAILURE_PASSING},
	{"57014", "timeout", false, FAILURE_PASSING},

	/* conflicts: here, and Redshift's own under XX000 */
	{"40", NULL, false, FAILURE_PASSING},
	{"55P03", NULL, false, FAILURE_PASSING},
	{"55006", NULL, false, FAILURE_PASSING},
	{"XX000", "conflict with concurrent transaction", false, FAILURE_PASSING},
	{"XX000", "Serializable isolation violation", false, FAILURE_PASSING},
	{"XX000", "system requested abort", false, FAILURE_PASSING},
	{"XX000", "WLM", false, FAILURE_PASSING},
	{"XX000", "Retries exceeded", false, FAILURE_PASSING},	/* Spectrum */
	{"XX000", "Access throttled", false, FAILURE_PASSING},
	{"XX000", "Resource limit exceeded", false, FAILURE_PASSING},

	/* files, of credentials for example, and disks */
	{"58", NULL, false, FAILURE_PASSING},
};

/* Errors whose message is only a number of Redshift. */
static const char *const passing_numbers[] = {"1020", "1023"};

static bool
holds(const char *where, const char *what)
{
	return where != NULL && strstr(where, what) != NULL;
}

FailureKind
failure_kind(const char *sqlstate, const char *message, const char *detail, bool at_login)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		const FailureRule *rule = &rules[i];

		if (strncmp(sqlstate, rule->sqlstate, strlen(rule->sqlstate)) != 0 ||
			(rule->at_login && !at_login))
			continue;
		if (rule->text == NULL || holds(message, rule->text) || holds(detail, rule->text))
			return rule->kind;
	}
	for (int i = 0; i < lengthof(passing_numbers); i++)
	{
		if (strcmp(sqlstate, "XX000") == 0 && message != NULL &&
			strcmp(message, passing_numbers[i]) == 0)
			return FAILURE_PASSING;
	}
	return FAILURE_LASTING;
}

/* Errors of the server itself, independent of the query. */
typedef struct MemberRule
{
	const char *sqlstate;		/* a class, or the whole of it */
	const char *text;			/* found in message or detail; NULL = any */
} MemberRule;

static const MemberRule member_rules[] =
{
	/* not reached, lost, silent; too many connections, disk full; stopping, starting; its files */
	{"08", NULL},
	{"53", NULL},
	{"57P", NULL},
	{"58", NULL},
	{"XX000", "Disk Full"},
	{"XX000", "connection limit"},
};

FailureBlame
failure_blame(const char *sqlstate, const char *message, const char *detail,
			  bool at_login, bool is_remote)
{
	/* credentials: refused by Redshift, or expired or unreadable here */
	if (at_login && (strncmp(sqlstate, "28", 2) == 0 || strcmp(sqlstate, "2F003") == 0 ||
					 (strncmp(sqlstate, "58", 2) == 0 && !is_remote)))
		return BLAME_LOGIN;
	if (!is_remote)
		return BLAME_OTHER;
	if (at_login)
		return BLAME_MEMBER;
	for (int i = 0; i < lengthof(member_rules); i++)
	{
		const MemberRule *rule = &member_rules[i];

		if (strncmp(sqlstate, rule->sqlstate, strlen(rule->sqlstate)) == 0 &&
			(rule->text == NULL || holds(message, rule->text) || holds(detail, rule->text)))
			return BLAME_MEMBER;
	}
	return BLAME_QUERY;
}

bool
failure_is_of_language(const char *sqlstate)
{
	/*
	 * a missing privilege is of class 42, too, and does not depend on the
	 * warehouse
	 */
	if (strcmp(sqlstate, "42501") == 0)
		return false;
	return strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "0A", 2) == 0 ||
		strncmp(sqlstate, "3F", 2) == 0;
}

/*
 * The number at the beginning of a text, after blanks; 0 if there is none, or
 * if it is too large for an id.
 */
static int64
leading_number(const char *text, char **end)
{
	int64		number;

	errno = 0;
	number = strtoll(text, end, 10);
	return *end > text && number > 0 && errno == 0 ? number : 0;
}

/*
 * Redshift reports it in two ways: the message names a cancelled query, and
 * the detail of errors of its engine is a block of lines, one of which is the
 * query.
 */
int64
failure_query_id(const char *message, const char *detail)
{
	static const char ended[] = "Query (";
	static const char block[] = " query: ";
	const char *found = detail ? strstr(detail, block) : NULL;
	char	   *end;
	int64		id = 0;

	if (message != NULL && strncmp(message, ended, strlen(ended)) == 0)
	{
		id = leading_number(message + strlen(ended), &end);
		if (id > 0 && *end == ')')
			return id;
	}
	if (found != NULL && strstr(detail, " location: ") != NULL)
	{
		id = leading_number(found + strlen(block), &end);
		return *end == '\n' ? id : 0;
	}
	return 0;
}
