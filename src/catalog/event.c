/*-------------------------------------------------------------------------
 *
 * event.c
 *	  Reports changes of the state of a relation.
 *
 * Policy: an event is reported only after it is committed.  NOTIFY is sent at
 * commit anyway; the line for the log is kept until then, too, and is dropped
 * if its subtransaction aborts.  Neither contains the message of an error: it
 * may quote data, and every role may listen.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "catalog/event.h"
#include "catalog/owner_scope.h"

/* A line that waits for the commit; all of it in TopTransactionContext. */
typedef struct PendingLine
{
	int			level;			/* nesting level of the transaction that wrote it */
	char	   *relation;		/* prefixed with its kind */
	char	   *state;
	char	   *detail;
} PendingLine;

static List *pending = NIL;

static void log_later(const RsfedRelation *relation, int64 run_id, const char *state,
					  const char *sqlstate);
static void log_now(const PendingLine *line);
static void at_transaction_end(XactEvent event, void *arg);
static void at_subtransaction_end(SubXactEvent event, SubTransactionId id,
								  SubTransactionId parent, void *arg);

void
event_tell(const RsfedRelation *relation, int64 run_id, const char *state, const char *sqlstate)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT8OID, TEXTOID, TEXTOID};
	Datum		values[5];
	char		nulls[] = "     ";

	values[0] = CStringGetTextDatum(relation->schema_name);
	values[1] = CStringGetTextDatum(relation->relation_name);
	values[2] = Int64GetDatum(run_id);
	nulls[2] = run_id == 0 ? 'n' : ' ';
	values[3] = CStringGetTextDatum(state);
	values[4] = sqlstate ? CStringGetTextDatum(sqlstate) : (Datum) 0;
	nulls[4] = sqlstate ? ' ' : 'n';
	catalog_run(SPI_OK_SELECT,
				"SELECT pg_notify('rsfed_event', json_build_object("
				" CASE $1 WHEN '' THEN 'set' ELSE 'relation' END,"
				" CASE $1 WHEN '' THEN $2 ELSE format('%I.%I', $1, $2) END,"
				" 'run_id', $3, 'state', $4, 'sqlstate', $5)::text)",
				5, types, values, nulls);
	log_later(relation, run_id, state, sqlstate);
}

/* Keeps the line for the log until the commit. */
static void
log_later(const RsfedRelation *relation, int64 run_id, const char *state, const char *sqlstate)
{
	static bool registered = false;
	MemoryContext old;
	PendingLine *line;

	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}

	old = MemoryContextSwitchTo(TopTransactionContext);
	line = palloc0(sizeof(PendingLine));
	line->level = GetCurrentTransactionNestLevel();
	line->relation = relation->is_set
		? psprintf("set %s", quote_identifier(relation->relation_name))
		: psprintf("relation %s", quote_qualified_identifier(relation->schema_name,
															 relation->relation_name));
	line->state = pstrdup(state);
	if (run_id != 0 && sqlstate != NULL)
		line->detail = psprintf("Run " INT64_FORMAT " ended with SQLSTATE %s.", run_id, sqlstate);
	else if (run_id != 0)
		line->detail = psprintf("Run " INT64_FORMAT " succeeded.", run_id);
	pending = lappend(pending, line);
	MemoryContextSwitchTo(old);
}

/*
 * Writes the line to the server's log only: the caller of a refresh gets its
 * error or its result and needs no WARNING in addition.  Called where nothing
 * may fail.
 */
static void
log_now(const PendingLine *line)
{
	int			saved = client_min_messages;

	client_min_messages = ERROR;
	ereport(WARNING,
			(errmsg("rsfed: %s is now %s", line->relation, line->state),
			 line->detail ? errdetail_internal("%s", line->detail) : 0,
			 errhidestmt(true),
			 errhidecontext(true)));
	client_min_messages = saved;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	ListCell   *lc;

	switch (event)
	{
		case XACT_EVENT_COMMIT:
			foreach(lc, pending)
				log_now(lfirst(lc));
			pending = NIL;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			pending = NIL;
			break;
		default:
			break;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();
	ListCell   *lc;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	foreach(lc, pending)
	{
		PendingLine *line = lfirst(lc);

		if (line->level < level)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			pending = foreach_delete_current(pending, lc);
		else
			line->level = level - 1;
	}
}

/* The time when the next unreported relation becomes late. */
static TimestampTz
next_late(void)
{
	CatalogAccess access;
	TimestampTz next;

	catalog_open(&access);
	catalog_run(SPI_OK_SELECT,
				"SELECT min(rsfed_catalog.late_at(f.as_of, u.max_age))"
				" FROM rsfed_catalog.freshness f JOIN rsfed_catalog.rollup u USING (relation_id)"
				" WHERE NOT f.late",
				0, NULL, NULL, NULL);
	next = catalog_isnull(0, 1) ? DT_NOEND : DatumGetTimestampTz(catalog_datum(0, 1));
	catalog_close(&access);
	return next;
}

TimestampTz
event_tell_late(void)
{
	TimestampTz next = next_late();
	CatalogAccess access;
	uint64		n;
	RsfedRelation *late;

	if (next > GetCurrentTimestamp())
		return next;

	/*
	 * a session that locks a row is about to update its freshness, so do not
	 * wait
	 */
	catalog_open(&access);
	n = catalog_run(SPI_OK_UPDATE_RETURNING,
					"UPDATE rsfed_catalog.freshness f SET late = true"
					" FROM rsfed_catalog.relation r WHERE r.relation_id = f.relation_id"
					" AND f.relation_id IN (SELECT o.relation_id FROM rsfed_catalog.freshness o"
					" JOIN rsfed_catalog.rollup u USING (relation_id)"
					" WHERE NOT o.late AND rsfed_catalog.late_at(o.as_of, u.max_age) <= clock_timestamp()"
					" FOR UPDATE OF o SKIP LOCKED)"
					" RETURNING r.schema_name, r.relation_name",
					0, NULL, NULL, NULL);
	/* the next statement replaces the result */
	late = MemoryContextAllocZero(access.caller, sizeof(RsfedRelation) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
	{
		late[i].schema_name = catalog_text(&access, i, 1);
		late[i].relation_name = catalog_text(&access, i, 2);
	}
	for (uint64 i = 0; i < n; i++)
		event_tell(&late[i], 0, "late", NULL);
	catalog_close(&access);
	return next_late();
}
