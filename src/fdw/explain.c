/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  The output of EXPLAIN for a scan of live tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include RSFED_EXPLAIN_HEADER
#include RSFED_EXPLAIN_STATE_HEADER
#include "nodes/plannodes.h"

#include "redshift/deparse.h"

#include "fdw/explain.h"
#include "fdw/live.h"
#include "fdw/scan.h"

/*
 * Shows the reasons why something is evaluated locally: one line each in text
 * format, otherwise a list.
 */
static void
show_reasons(List *reasons, ExplainState *es)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, reasons)
	{
		char	   *text = psprintf("%s; see doc/pushdown.md", strVal(lfirst(lc)));

		texts = lappend(texts, text);
		if (es->format == EXPLAIN_FORMAT_TEXT)
			ExplainPropertyText("Local", text, es);
	}
	if (es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyList("Local", texts, es);
}

/*
 * Shows the facts about a scan.  Times depend on the option TIMING, since they
 * differ between runs.
 */
static void
show_facts(const ScanFacts *facts, ExplainState *es)
{
	if (facts == NULL || facts->server == NULL)
		return;
	ExplainPropertyText("Remote Server", facts->server, es);
	ExplainPropertyText("Connection", facts->is_new ? "new" : "reused", es);
	ExplainPropertyInteger("Remote Statements", NULL, facts->statements, es);
	ExplainPropertyInteger("Remote Rows", NULL, facts->rows, es);
	ExplainPropertyInteger("Remote Bytes", NULL, facts->bytes, es);
	if (es->timing)
		ExplainPropertyFloat("Remote Time", "ms", facts->ms, 3, es);
	if (facts->query_id != 0)
		ExplainPropertyInteger("Redshift Query", NULL, facts->query_id, es);
}

void
live_explain(ForeignScanState *node, ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	ExplainPropertyText("Remote SQL", deparse_show(strVal(list_nth(plan->fdw_private, LIVE_SQL))), es);
	show_reasons(list_nth(plan->fdw_private, LIVE_REASONS), es);
	if (es->analyze)
		show_facts(scan_facts(node), es);
}
