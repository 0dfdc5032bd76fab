/*-------------------------------------------------------------------------
 *
 * failure.c
 *	  What kind of failure an error is: worth a retry or not.
 *
 * Policy: one table, first match.  Redshift gives SQLSTATE XX000 to most errors
 * of its engine and 57014 to everything that ends a query, so these are told
 * apart by their words.  What is not in the table is lasting: a query that is
 * wrong, a right that is missing, a type that changed would fail again, and
 * each attempt may be billed.
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
	 * Ended: by workload management and by time-outs, there or here.  A person's
	 * cancel is lasting; Redshift says the same of its statement_timeout, which
	 * remote/ names in the detail where that time had passed.
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

/* Errors whose whole message is a number of Redshift. */
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
