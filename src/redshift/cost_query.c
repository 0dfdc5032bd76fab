/*-------------------------------------------------------------------------
 *
 * cost_query.c
 *		Queries over Redshift's history of statements.
 *
 * SYS_QUERY_HISTORY has times in microseconds.  In SYS_EXTERNAL_QUERY_DETAIL,
 * the "returned" columns for S3 are the scanned amounts.  A user sees only his
 * own statements in both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "redshift/cost_query.h"
#include "redshift/quote.h"

static char *
numbers(List *list)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, list)
		appendStringInfo(&text, "%s" INT64_FORMAT, text.len > 0 ? ", " : "", *(int64 *) lfirst(lc));
	return text.data;
}

static char *
literals(List *list)
{
	StringInfoData text;
	ListCell   *lc;

	initStringInfo(&text);
	foreach(lc, list)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", redshift_quote_literal(lfirst(lc)));
	return text.data;
}

/* The columns, of the query q, its statements h, and their reads in S3, d. */
#define FIGURES \
	"SELECT q.query_id, SUM(h.queue_time) / 1000, SUM(h.execution_time) / 1000," \
	" COALESCE(SUM(d.bytes), 0), COALESCE(SUM(d.files), 0), SUM(d.total), SUM(d.qualified)" \
	" FROM sys_query_history q"
#define IN_S3 \
	" LEFT JOIN (SELECT query_id, SUM(returned_bytes) AS bytes, SUM(scanned_files) AS files," \
	" SUM(total_partitions) AS total, SUM(qualified_partitions) AS qualified" \
	" FROM sys_external_query_detail WHERE TRIM(source_type) = 'S3' GROUP BY query_id) d ON d.query_id = h.query_id"

/* The same for statements with a label, regardless of their number. */
static void
append_silent(StringInfo query, List *silent, int seconds)
{
	StringInfoData which;
	ListCell   *lc;

	initStringInfo(&which);
	appendStringInfoString(query, "SELECT CAST(CASE h.query_label");
	foreach(lc, silent)
	{
		const RedshiftSilentRun *run = lfirst(lc);
		const char *label = redshift_quote_literal(run->label);

		appendStringInfo(query, " WHEN %s THEN -" INT64_FORMAT, label, run->run_id);
		appendStringInfo(&which, "%s(h.query_label = %s", which.len > 0 ? " OR " : "", label);
		if (run->session_id != 0)
			appendStringInfo(&which, " AND h.session_id = %d", run->session_id);
		appendStringInfoChar(&which, ')');
	}
	appendStringInfo(query,
					 " END AS bigint), SUM(h.queue_time) / 1000, SUM(h.execution_time) / 1000,"
					 " COALESCE(SUM(d.bytes), 0), COALESCE(SUM(d.files), 0), SUM(d.total), SUM(d.qualified)"
					 " FROM sys_query_history h" IN_S3 " WHERE (%s)"
					 " AND h.start_time >= DATEADD(second, -%d, GETDATE()) GROUP BY 1",
					 which.data, seconds);
}

char *
redshift_cost_query(List *whole, List *labels, int seconds, List *single, List *silent,
					int silent_seconds)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, "/* rsfed costs */ ");
	if (whole != NIL)
		appendStringInfo(&query,
						 FIGURES " JOIN sys_query_history h ON h.user_id = q.user_id AND h.query_label = q.query_label"
						 " AND h.start_time BETWEEN DATEADD(second, -%d, q.start_time) AND q.start_time"
						 IN_S3 " WHERE q.query_id IN (%s) AND h.query_label IN (%s) GROUP BY q.query_id",
						 seconds, numbers(whole), literals(labels));
	if (whole != NIL && single != NIL)
		appendStringInfoString(&query, " UNION ALL ");
	if (single != NIL)
		appendStringInfo(&query,
						 FIGURES " JOIN sys_query_history h ON h.query_id = q.query_id"
						 IN_S3 " WHERE q.query_id IN (%s) GROUP BY q.query_id",
						 numbers(single));
	if (silent != NIL && (whole != NIL || single != NIL))
		appendStringInfoString(&query, " UNION ALL ");
	if (silent != NIL)
		append_silent(&query, silent, silent_seconds);
	return query.data;
}

char *
redshift_cost_query_svl(List *queries)
{
	return psprintf("/* rsfed costs */ SELECT s.query, CAST(NULL AS bigint), SUM(s.elapsed) / 1000,"
					" SUM(s.s3_scanned_bytes), SUM(s.files), MAX(p.total), MAX(p.qualified)"
					" FROM svl_s3query_summary s LEFT JOIN (SELECT query, SUM(total_partitions) AS total,"
					" SUM(qualified_partitions) AS qualified FROM svl_s3partition_summary GROUP BY query) p"
					" ON p.query = s.query WHERE s.query IN (%s) GROUP BY s.query",
					numbers(queries));
}
