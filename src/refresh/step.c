/*-------------------------------------------------------------------------
 *
 * step.c
 *	  The query of one step of a run, and the bookkeeping after it.
 *
 * Policy: only this file makes the text that is sent: the query, with the
 * literals of a window's range, within the condition of a part.  Clock and
 * probe are asked on the connection of the query, before it: the next run
 * finds changes in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/format.h"
#include "base/options.h"
#include "redshift/placeholder.h"
#include "refresh/lake_step.h"
#include "refresh/part.h"
#include "refresh/step.h"
#include "remote/execute.h"
#include "rollup/method.h"

/* A longer answer cannot come from a useful probe. */
#define LONGEST_ANSWER 65536

/* Does the run refresh the whole rollup by its own method? */
static bool
is_ordinary(const RunRequest *request, const Rollup *rollup)
{
	return request->since == NULL && request->until == NULL && request->part == NULL &&
		(request->method == NULL || strcmp(request->method, rollup->method) == 0);
}

/* Raises 22023 unless since and until can be read as values of the window. */
static void
check_range(const RunRequest *request, const Rollup *rollup)
{
	Window	   *window = window_of(rollup);
	int64		now = window->bucket.kind == BUCKET_INTEGER ? 0
		: window_from_instant(window, GetCurrentTimestamp());

	if (request->since != NULL)
		(void) window_parse(window, request->since, now, "since");
	if (request->until != NULL)
		(void) window_parse(window, request->until, now, "until");
}

void
step_check_request(const RunRequest *request, const Rollup *rollup, Oid relid, const char *name)
{
	bool		has_range = request->since != NULL || request->until != NULL;
	const char *method = request->method ? request->method : rollup->method;

	if (strcmp(method, "window") == 0 && !window_is_used(rollup))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rollup \"%s\" has no window", name),
				 errdetail("Its method is \"%s\".", rollup->method),
				 errhint("Put {from} and {to} into its query: rsfed.alter_rollup(..., query => ..., method => 'window').")));
	if (has_range && !window_is_used(rollup))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("since and until need a window, and rollup \"%s\" has none", name),
				 errdetail("Its method is \"%s\".", rollup->method),
				 errhint("Leave them out: the whole rollup is refreshed. To refresh some keys only: part => '{\"column\": [values]}'.")));
	if ((has_range || request->part != NULL) && !method_find(method)->needs_key)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method \"%s\" refreshes the whole rollup only", method),
				 errhint("Leave since, until and part out.")));
	if (has_range)
		check_range(request, rollup);
	if (request->part != NULL)
		(void) part_parse(request->part, rollup, relid);
}

RunStep *
step_begin(RefreshRun *run, const Rollup *rollup, const RefreshTarget *target)
{
	const RunRequest *request = run->request;
	RunStep    *step = palloc0(sizeof(RunStep));
	List	   *values = NIL;

	step_check_request(request, rollup, target->relid, target->name);
	step->asked = palloc(sizeof(Rollup));
	*step->asked = *rollup;
	step->is_current = true;
	step->relid = target->relid;
	if (request->part != NULL)
	{
		values = part_parse(request->part, rollup, target->relid);
		step->asked->query = part_wrap_query(rollup, values);
		step->is_current = false;
	}
	if (window_is_used(rollup))
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		step->watermark = watermark_load(rollup->relation_id);
		PopActiveSnapshot();
		step->window = window_of(rollup);
		step->want.since = request->since;
		step->want.until = request->until;
		step->want.tail_done = run->tail_done;
		step->want.undivided = run->in_set;
		if (request->part != NULL)
			step->want.want = WINDOW_PART;
		else if (request->since != NULL || request->until != NULL)
			step->want.want = WINDOW_RANGE;
		else if (!is_ordinary(request, rollup))
			step->want.want = WINDOW_ALL;
	}
	if (step->window != NULL || values != NIL)
	{
		step->scope = palloc0(sizeof(RowScope));
		step->scope->window = step->window;
		step->scope->values = values;
		step->scope->all_local = step->want.want == WINDOW_ALL;
	}
	run->step = step;
	return step;
}

bool
step_needs_clock(const RunStep *step)
{
	return step->window != NULL && step->window->bucket.kind != BUCKET_INTEGER;
}

/*
 * Redshift's clock.  GETDATE() shows the wall clock of the session, which is
 * in the rollup's time zone; of two instants with the same wall clock, the one
 * nearer to the local clock is taken.
 */
TimestampTz
step_clock(const RunStep *step, Fetch *fetch)
{
	const Window *window = step->window;
	int			nrows;
	int			ncolumns;
	char	  **cells = remote_fetch_all(fetch->source->conn, "/* rsfed clock */ SELECT GETDATE()",
										 &nrows, &ncolumns);
	Bucket		days = {.kind = BUCKET_TIMESTAMPTZ,.zone = window->zone};
	BucketSpan	hour = {.interval = {.time = USECS_PER_HOUR}};
	int64		wall;
	TimestampTz now;
	TimestampTz later;

	if (nrows != 1 || ncolumns != 1 || cells[0] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("Redshift did not tell its time")));
	wall = DatumGetTimestamp(DirectFunctionCall3(timestamp_in, CStringGetDatum(cells[0]),
												 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	now = bucket_instant(wall, window->zone);
	later = bucket_move(&days, now, &hour, 1);
	later += wall - bucket_wall(later, window->zone);
	if (later > now && bucket_wall(later, window->zone) == wall &&
		llabs(later - GetCurrentTimestamp()) < llabs(now - GetCurrentTimestamp()))
		now = later;
	return now;
}

/*
 * The whole answer of the probe as one text; different answers give different
 * texts.
 */
static char *
ask_probe(const Rollup *rollup, const char *probe, Fetch *fetch)
{
	int			nrows;
	int			ncolumns;
	char	  **cells = remote_fetch_all(fetch->source->conn,
										 psprintf("/* rsfed rollup %d probe */ %s",
												  rollup->relation_id, probe),
										 &nrows, &ncolumns);
	StringInfoData answer;

	initStringInfo(&answer);
	for (int i = 0; i < nrows * ncolumns; i++)
	{
		if (cells[i] == NULL)
			appendStringInfoString(&answer, "null");
		else
			appendStringInfo(&answer, "%d:%s", (int) strlen(cells[i]), cells[i]);
		appendStringInfoChar(&answer, (i + 1) % ncolumns == 0 ? ';' : ',');
		if (answer.len > LONGEST_ANSWER)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the answer of the probe is longer than %d bytes", LONGEST_ANSWER),
					 errhint("Ask for something small that changes with the data, such as SELECT max(loaded_at), count(*) FROM ...")));
	}
	return answer.data;
}

/*
 * Asks the probe, if the rollup has one and the run may trust it; true if its
 * answer means that nothing is new.  The snapshot of an Iceberg table is a
 * probe, which a refresh with an explicit method ignores.
 */
static bool
probe_finds_nothing(RefreshRun *run, RunStep *step, Fetch *fetch)
{
	const Rollup *rollup = step->asked;
	char	   *probe = option_text(OPTION_ROLLUP, rollup->options, "probe");
	bool		has_snapshots = lake_step_has_snapshots(rollup);
	const WindowStep *plan = &step->plan;
	char	   *known;
	char	   *answer;

	if ((probe == NULL && !has_snapshots) || run->asks_no_probe || run->steps > 0 ||
		!is_ordinary(run->request, rollup))
		return false;
	PushActiveSnapshot(GetTransactionSnapshot());
	known = probe_load(rollup->relation_id, rollup->definition);
	PopActiveSnapshot();
	InvalidateCatalogSnapshot();

	run->outcome.as_of = GetCurrentTimestamp();
	answer = has_snapshots ? lake_step_snapshot(run, rollup, fetch) : ask_probe(rollup, probe, fetch);
	run->probe_answer = MemoryContextStrdup(GetMemoryChunkContext(run), answer);
	if (known == NULL || strcmp(known, answer) != 0 || strcmp(run->request->trigger, "define") == 0)
		return false;
	if (has_snapshots && (answer[0] == '\0' || run->request->method != NULL))
		return false;

	/* time alone may have completed a bucket, or a backfill may not be done */
	if (step->window != NULL &&
		(step->watermark == NULL || step->watermark->backfilling || plan->prune ||
		 plan->filled_from >= plan->filled_to || plan->complete_to > plan->filled_to))
		return false;
	step->nothing_new |= has_snapshots;
	return true;
}

bool
step_probe(RefreshRun *run, RunStep *step, Fetch *fetch)
{
	return probe_finds_nothing(run, step, fetch) || lake_step_look(run, step, fetch, step->relid);
}

void
step_plan(RefreshRun *run, RunStep *step, TimestampTz asked_at, TimestampTz now)
{
	WindowStep *plan = &step->plan;

	if (step->window == NULL)
		return;
	window_plan(step->window, step->watermark, &step->want, now, plan);
	step->scope->from = plan->from;
	step->scope->to = plan->to;
	step->scope->low = plan->low;
	step->scope->prune = plan->prune;
	step->is_current = plan->is_current;
	/* a batch of old data does not make the newest data any newer */
	if (plan->is_current || run->outcome.as_of == 0)
		run->outcome.as_of = asked_at;
}

bool
step_fill(RunStep *step)
{
	const WindowStep *plan = &step->plan;

	if (step->nothing_new)
		return false;
	if (step->window != NULL && plan->from >= plan->to && !step->scope->all_local)
		return false;
	step->sends_query = true;
	if (step->window != NULL)
		step->asked->query = redshift_fill_placeholders(step->asked->query,
														window_literal(step->window, plan->from),
														window_literal(step->window, plan->to));
	return true;
}

bool
step_ask(RefreshRun *run, RunStep *step, Fetch *fetch)
{
	TimestampTz asked_at = GetCurrentTimestamp();

	step_plan(run, step, asked_at, step_needs_clock(step) ? step_clock(step, fetch) : asked_at);
	return !step_probe(run, step, fetch) && step_fill(step);
}

/*
 * Writes the new watermark; stores the end of the data in the run's outcome.
 */
static void
finish_window(RefreshRun *run, const Rollup *rollup, RunStep *step)
{
	const Window *window = step->window;
	Watermark  *now = window_advance(window, &step->plan,
									 step->scope->any ? &step->scope->greatest : NULL);

	if (now == NULL)
		return;
	watermark_store(rollup->relation_id, now);
	/*
	 * regardless of the plan: steps that advance nothing must not repeat
	 * forever
	 */
	run->more = now->backfilling && step->plan.want == WINDOW_NEXT &&
		(!run->tail_done || step->watermark == NULL ||
		 strcmp(now->filled_from, step->watermark->filled_from) != 0 ||
		 strcmp(now->filled_to, step->watermark->filled_to) != 0);
	run->tail_done |= step->plan.is_current;
	run->batch_pause_ms = option_int(OPTION_ROLLUP, rollup->options, "batch_pause");
	run->outcome.data_through = window->bucket.kind == BUCKET_INTEGER ? DT_NOBEGIN
		: window_to_instant(window, window_parse(window, now->filled_to, 0, "rsfed_catalog.watermark"));
}

void
step_finish(RefreshRun *run, const Rollup *rollup)
{
	RunStep    *step = run->step;

	run->outcome.is_partial = !step->is_current && !run->tail_done;
	PushActiveSnapshot(GetTransactionSnapshot());
	if (step->window != NULL)
		finish_window(run, rollup, step);
	if (run->probe_answer != NULL && step->is_current)
		probe_store(rollup->relation_id, rollup->definition, run->probe_answer);
	lake_step_finish(run, rollup, step);
	PopActiveSnapshot();
	if (step->window != NULL && step->sends_query && step->plan.from < step->plan.to && !run->more)
	{
		const char *from = window_text(step->window, step->plan.from);
		const char *to = window_text(step->window, step->plan.to);

		if (run->steps == 0)
			note_append(&run->note, "Asked for %s to %s.", from, to);
		else
			note_append(&run->note, "Asked in %d batches, the last one for %s to %s.",
						run->steps + 1, from, to);
	}
	run->step = NULL;
}
