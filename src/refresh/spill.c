/*-------------------------------------------------------------------------
 *
 * spill.c
 *	  A row source that stores the whole result here, sorted or in the order of
 *	  arrival.
 *
 * Policy: it is filled before the pass takes its snapshot, so that vacuum is
 * not held back while Redshift works, however long that takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/tuplesort.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "refresh/rowsource.h"

struct RowSpill
{
	RowSource	source;			/* first, so that it can be cast back */
	TupleTableSlot *slot;		/* a row to be added */
	Tuplesortstate *sort;		/* either of the two */
	Tuplestorestate *store;
};

static bool
spill_next(RowSource *source, TupleTableSlot *slot)
{
	RowSpill   *spill = (RowSpill *) source;

	if (spill->sort != NULL)
		return tuplesort_gettupleslot(spill->sort, true, true, slot, NULL);
	return tuplestore_gettupleslot(spill->store, true, true, slot);
}

static void
spill_end(RowSource *source)
{
	RowSpill   *spill = (RowSpill *) source;

	if (spill->sort != NULL)
		tuplesort_end(spill->sort);
	else
		tuplestore_end(spill->store);
	ExecDropSingleTupleTableSlot(spill->slot);
	pfree(spill);
}

RowSpill *
spill_begin(const RefreshTarget *target, bool ordered, int memory_kb)
{
	RowSpill   *spill = palloc0(sizeof(RowSpill));

	spill->source.desc = target->desc;
	spill->source.slot_ops = &TTSOpsMinimalTuple;
	spill->source.next = spill_next;
	spill->source.end = spill_end;
	spill->slot = MakeSingleTupleTableSlot(target->desc, &TTSOpsVirtual);
	if (ordered)
	{
		AttrNumber *columns = palloc(sizeof(AttrNumber) * target->nkeys);

		for (int i = 0; i < target->nkeys; i++)
			columns[i] = target->keys[i].column + 1;
		spill->sort = tuplesort_begin_heap(target->desc, target->nkeys, columns,
										   target->sort_operators, target->sort_collations,
										   target->sort_nulls_first,
										   memory_kb, NULL, 0);
	}
	else
		spill->store = tuplestore_begin_heap(false, false, memory_kb);
	return spill;
}

void
spill_put(RowSpill *spill, Datum *values, bool *nulls)
{
	int			natts = spill->source.desc->natts;

	if (spill->store != NULL)
	{
		tuplestore_putvalues(spill->store, spill->source.desc, values, nulls);
		return;
	}
	ExecClearTuple(spill->slot);
	memcpy(spill->slot->tts_values, values, sizeof(Datum) * natts);
	memcpy(spill->slot->tts_isnull, nulls, sizeof(bool) * natts);
	ExecStoreVirtualTuple(spill->slot);
	tuplesort_puttupleslot(spill->sort, spill->slot);
}

RowSource *
spill_finish(RowSpill *spill)
{
	ExecClearTuple(spill->slot);
	if (spill->sort != NULL)
		tuplesort_performsort(spill->sort);
	return &spill->source;
}
