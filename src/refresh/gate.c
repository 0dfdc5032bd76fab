/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  Checks new content before it is published.
 *
 * Policy: the content is checked in the table, after the pass and before the
 * commit, as its owner: so the check sees exactly what readers would see.  A
 * refusal is an error, so that the pass is rolled back like any other failure;
 * only the run's status distinguishes them.
 *
 * A check is one expression.  It refers to the new content as new_rows and to
 * the old one as old_rows; the old rows are copied before the pass, and only
 * if the check names them.  As with a CHECK constraint, only false refuses:
 * the sum of no rows is NULL, and before the first content there are no rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/format.h"
#include "base/options.h"
#include "base/settings.h"
#include "catalog/freshness.h"
#include "catalog/relation.h"
#include "catalog/watermark.h"
#include "refresh/gate.h"
#include "rollup/gate_options.h"
#include "rollup/window.h"
#include "shmem/progress.h"

struct Gate
{
	const Rollup *rollup;
	Oid			relid;
	char	   *name;			/* the table's, for messages */
	char	   *check;			/* or NULL */
	bool		backfilling;	/* the content is known to be incomplete */
	Tuplestorestate *old_rows;	/* NULL if the check does not name them */
};

/* Does an expression name the old rows?  A wrong "yes" only costs a copy. */
static bool
names_old_rows(const char *check)
{
	return strstr(check, "old_rows") != NULL;
}

/* A copy of all rows that the active snapshot sees. */
static Tuplestorestate *
copy_rows(Relation rel)
{
	Tuplestorestate *store = tuplestore_begin_heap(true, false, work_mem);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttupleslot(store, slot);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return store;
}

Gate *
gate_open(RefreshRun *run, const Rollup *rollup, Relation rel)
{
	Gate	   *gate;

	if (!gate_options_any(rollup))
		return NULL;
	if (rsfed_ignore_gate)
	{
		note_append(&run->note, "The gate was passed by (rsfed.ignore_gate).");
		return NULL;
	}
	gate = palloc0(sizeof(Gate));
	gate->rollup = rollup;
	gate->relid = RelationGetRelid(rel);
	gate->name = pstrdup(RelationGetRelationName(rel));
	gate->check = option_text(OPTION_ROLLUP, rollup->options, "check");
	if (window_is_used(rollup))
	{
		Watermark  *watermark = watermark_load(rollup->relation_id);

		gate->backfilling = watermark == NULL || watermark->backfilling;
	}
	if (gate->check != NULL && names_old_rows(gate->check))
		gate->old_rows = copy_rows(rel);
	return gate;
}

/* Makes the copy known to SPI as old_rows. */
static void
register_old_rows(Gate *gate)
{
	EphemeralNamedRelation enr;

	if (gate->old_rows == NULL)
		return;
	enr = palloc0(sizeof(EphemeralNamedRelationData));
	enr->md.name = "old_rows";
	enr->md.reliddesc = gate->relid;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = tuplestore_tuple_count(gate->old_rows);
	enr->reldata = gate->old_rows;
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register old_rows");
}

/*
 * The run is a part of define_rollup or alter_rollup, and is rolled back with
 * it.
 */
static bool
defines(const RefreshRun *run)
{
	return strcmp(run->request->trigger, "define") == 0;
}

/* Was anything of the rollup published before? */
static bool
is_first_content(const RefreshRun *run)
{
	TimestampTz as_of;

	return !freshness_as_of(run->relation->relation_id, &as_of);
}

const char *
gate_what_remains(const RefreshRun *run)
{
	return is_first_content(run) ? "Nothing was published." : "The old content stays.";
}

const char *
gate_option_change(const RefreshRun *run)
{
	return defines(run) ? "" : " with rsfed.alter_rollup()";
}

const char *
gate_way_past(const RefreshRun *run)
{
	return psprintf("If the new content is right: SET rsfed.ignore_gate = on, and %s in the same session",
					defines(run) ? "make this call again"
					: run->in_set ? "CALL rsfed.refresh_set" : "CALL rsfed.refresh");
}

/* Raises 23514, for which the driver sets the status "refused". */
static void
refuse(const Gate *gate, RefreshRun *run, const char *option, char *figures)
{
	run->refused = true;
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("new content of rollup \"%s\" was refused by option %s", gate->name, option),
			 errdetail("%s %s", figures, gate_what_remains(run)),
			 errhint("%s; or change the option%s.", gate_way_past(run),
					 gate_option_change(run))));
}

/* The single value of a query over the new content. */
static Datum
ask(const char *query, Oid type, bool *isnull)
{
	if (SPI_execute(query, true, 2) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "unexpected result of: %s", query);
	if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("option check must be a boolean expression"),
				 errdetail("It is of type %s.",
						   format_type_be(SPI_gettypeid(SPI_tuptable->tupdesc, 1)))));
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
}

static int64
limit(const Gate *gate, const char *option)
{
	return option_int(OPTION_ROLLUP, gate->rollup->options, option);
}

static bool
has_limit(const Gate *gate, const char *option)
{
	return option_is_set(gate->rollup->options, option);
}

/* The options that count rows. */
static void
judge_counts(const Gate *gate, RefreshRun *run, int64 old_rows, int64 new_rows, int64 changes)
{
	char	   *rows = is_first_content(run) && old_rows == 0
		? psprintf("It has " INT64_FORMAT " rows.", new_rows)
		: psprintf("It has " INT64_FORMAT " rows, the old one " INT64_FORMAT ".",
				   new_rows, old_rows);

	if (has_limit(gate, "max_rows") && new_rows > limit(gate, "max_rows"))
		refuse(gate, run, "max_rows",
			   psprintf("%s At most " INT64_FORMAT " are allowed.", rows, limit(gate, "max_rows")));

	/* one batch of many is small, and entirely new */
	if (gate->backfilling)
		return;
	if (has_limit(gate, "min_rows") && new_rows < limit(gate, "min_rows"))
		refuse(gate, run, "min_rows",
			   psprintf("%s At least " INT64_FORMAT " are needed.", rows, limit(gate, "min_rows")));
	if (old_rows == 0)
		return;
	if (has_limit(gate, "max_shrink_percent") &&
		(old_rows - new_rows) * 100.0 > (double) limit(gate, "max_shrink_percent") * old_rows)
		refuse(gate, run, "max_shrink_percent",
			   psprintf("%s That is %.1f percent fewer; at most " INT64_FORMAT " are allowed.", rows,
						(old_rows - new_rows) * 100.0 / old_rows, limit(gate, "max_shrink_percent")));
	if (has_limit(gate, "max_change_percent") &&
		changes * 100.0 > (double) limit(gate, "max_change_percent") * old_rows)
		refuse(gate, run, "max_change_percent",
			   psprintf("%s " INT64_FORMAT " rows came, changed or went, which is %.1f percent; at most "
						INT64_FORMAT " are allowed.", rows, changes, changes * 100.0 / old_rows,
						limit(gate, "max_change_percent")));
}

static void
judge_check(Gate *gate, RefreshRun *run)
{
	bool		isnull;
	Datum		passes;

	if (gate->check == NULL)
		return;
	register_old_rows(gate);
	passes = ask(gate_check_statement(gate->check, relation_display_name(gate->relid)), BOOLOID, &isnull);
	if (!isnull && !DatumGetBool(passes))
		refuse(gate, run, "check", psprintf("This is false: %s.", gate->check));
}

void
gate_judge(Gate *gate, RefreshRun *run, int64 inserted, int64 updated, int64 deleted)
{
	bool		read_only = XactReadOnly;
	bool		isnull;
	int64		new_rows;

	if (gate == NULL)
		return;
	progress_set_phase(PHASE_APPLYING);
	/* the check must not change the content, through any function */
	XactReadOnly = true;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	new_rows = DatumGetInt64(ask(psprintf("SELECT count(*) FROM %s",
										  relation_display_name(gate->relid)), INT8OID, &isnull));
	judge_counts(gate, run, new_rows - inserted + deleted, new_rows, inserted + updated + deleted);
	judge_check(gate, run);
	SPI_finish();
	XactReadOnly = read_only;
	if (gate->old_rows != NULL)
		tuplestore_end(gate->old_rows);
	pfree(gate);
}
