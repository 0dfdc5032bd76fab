/*-------------------------------------------------------------------------
 *
 * replace.c
 *	  Method replace: deletes all rows and inserts the new ones, for results
 *	  without a key.
 *
 * Policy: plain deletes and inserts in one transaction: TRUNCATE, or a swap of
 * files, would block readers here and on every replica.  It writes the whole
 * table each time; method merge is better for a rollup with a key.  The rows
 * need no order, so they are written as they arrive: no copy of the result is
 * made, and the old rows are deleted when the first new one has arrived.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "refresh/apply.h"
#include "refresh/nulls.h"
#include "refresh/table_writer.h"

/* Deletes every row that the pass's snapshot sees. */
static void
delete_all(Apply *apply, TableWriter *writer)
{
	TupleTableSlot *slot = table_slot_create(apply->rel, NULL);
	TableScanDesc scan = table_beginscan(apply->rel, apply->snapshot, 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		writer_delete(writer, slot);
		apply->deleted++;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

/* See apply.h. */
void
replace_apply(Apply *apply)
{
	TableWriter *writer = writer_open(apply->rel, apply->target, apply->snapshot, false);
	TupleTableSlot *row = MakeSingleTupleTableSlot(apply->target->desc, apply->rows->slot_ops);
	NullCheck	nulls;

	nulls_begin(&nulls, apply->target);
	delete_all(apply, writer);
	while (apply->rows->next(apply->rows, row))
	{
		CHECK_FOR_INTERRUPTS();
		if (!nulls_pass(&nulls, row))
			continue;
		writer_insert(writer, row);
		apply->inserted++;
	}
	ExecDropSingleTupleTableSlot(row);
	nulls_judge(&nulls, apply->run);
	writer_finish(writer);
}
