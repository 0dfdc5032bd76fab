/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  Wording that several layers share when they refuse something.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "base/compat.h"
#include "base/errors.h"

/*
 * Names further away than this are not misspellings; PostgreSQL's own limit.
 */
#define MAX_EDIT_DISTANCE 4
/* A hint lists at most this many names. */
#define MAX_LISTED_NAMES 30

bool		rsfed_preloaded = false;

/*
 * Returns the name in the list (of char *) that a misspelt name most likely
 * means, or NULL.  Points into the list.
 */
static const char *
nearest_name(const char *given, List *names)
{
	const char *best = NULL;
	int			best_distance = MAX_EDIT_DISTANCE + 1;
	int			given_length = strlen(given);
	ListCell   *lc;

	/* varstr_levenshtein refuses longer strings with an error of its own */
	if (given_length > 255)
		return NULL;

	foreach(lc, names)
	{
		const char *name = lfirst(lc);
		int			distance;

		distance = varstr_levenshtein_less_equal(given, given_length,
												 name, strlen(name),
												 1, 1, 1, MAX_EDIT_DISTANCE, true);
		/* more than half of it differs: another word, not a typing error */
		if (distance < best_distance && distance <= given_length / 2)
		{
			best = name;
			best_distance = distance;
		}
	}
	return best;
}

char *
unknown_name_hint(const char *given, List *names, const char *what)
{
	const char *nearest = nearest_name(given, names);
	StringInfoData buf;
	ListCell   *lc;
	int			listed = 0;

	if (names == NIL)
		return psprintf("There are no %s.", what);

	initStringInfo(&buf);
	if (nearest != NULL)
		appendStringInfo(&buf, "Perhaps you meant \"%s\". ", nearest);

	appendStringInfo(&buf, "Valid %s: ", what);
	foreach(lc, names)
	{
		if (listed == MAX_LISTED_NAMES)
		{
			appendStringInfoString(&buf, ", ...");
			break;
		}
		appendStringInfo(&buf, "%s%s", listed > 0 ? ", " : "", (char *) lfirst(lc));
		listed++;
	}
	appendStringInfoChar(&buf, '.');
	return buf.data;
}

void
require_primary(const char *what)
{
	if (RecoveryInProgress())
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("cannot execute %s on a replica", what),
				 errdetail("This server is in recovery: it only receives what the primary writes."),
				 errhint("Call it on the primary; its effect arrives here by replication.")));
	/*
	 * functions that change catalogs themselves get no check from anybody else
	 */
	PreventCommandIfReadOnly(what);
}

void
require_preloaded(const char *what, const char *procedure)
{
	if (!rsfed_preloaded)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s need rsfed to be preloaded", what),
				 errdetail("\"rsfed\" is not in shared_preload_libraries, so no background worker of it runs."),
				 errhint("Add it to the list in postgresql.conf (shared_preload_libraries = 'rsfed') and restart the server. CALL %s works without it.",
						 procedure)));
}

ErrorFields *
error_fields(const struct ErrorData *edata)
{
	ErrorFields *fields = palloc0(sizeof(ErrorFields));

	strlcpy(fields->sqlstate, unpack_sql_state(edata->sqlerrcode), sizeof(fields->sqlstate));
	fields->message = pstrdup(edata->message ? edata->message : "missing error text");
	fields->detail = edata->detail ? pstrdup(edata->detail) : NULL;
	fields->hint = edata->hint ? pstrdup(edata->hint) : NULL;
	fields->context = edata->context ? pstrdup(edata->context) : NULL;
	return fields;
}
