/*-------------------------------------------------------------------------
 *
 * keyed.c
 *	  Reads the rows of a result in the order of the key, and checks the order.
 *
 * Policy: no matter where the rows were sorted, each key must be greater than
 * the previous one.  Comparing each row with the previous one proves both
 * order and uniqueness, so Redshift's order need not be trusted: the same
 * comparison finds duplicates in rows that were sorted here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/format.h"
#include "refresh/keyed.h"

/* The order of the key as a comparison. */
static SortSupport
key_order(const RefreshTarget *target)
{
	SortSupport keys = palloc0(sizeof(SortSupportData) * target->nkeys);

	for (int i = 0; i < target->nkeys; i++)
	{
		keys[i].ssup_cxt = CurrentMemoryContext;
		keys[i].ssup_collation = target->sort_collations[i];
		keys[i].ssup_nulls_first = target->sort_nulls_first[i];
		keys[i].ssup_attno = i + 1;
		PrepareSortSupportFromOrderingOp(target->sort_operators[i], &keys[i]);
	}
	return keys;
}

int
keyed_compare(KeyedRows *rows, TupleTableSlot *other, bool local)
{
	for (int i = 0; i < rows->target->nkeys; i++)
	{
		const TargetKey *key = &rows->target->keys[i];
		bool		null1;
		bool		null2;
		Datum		value1 = slot_getattr(rows->row, key->column + 1, &null1);
		Datum		value2 = slot_getattr(other, local ? key->attnum : key->column + 1, &null2);
		int			order = ApplySortComparator(value1, null1, value2, null2, &rows->keys[i]);

		if (order != 0)
			return order;
	}
	return 0;
}

/* Advances in the source, without any check. */
static bool
step(KeyedRows *rows)
{
	TupleTableSlot *row = rows->previous;

	rows->previous = rows->row;
	rows->row = row;
	return rows->source->next(rows->source, row);
}

/* Raises 23505 because the current row has the key of the previous one. */
static void
refuse_duplicate(KeyedRows *rows)
{
	char	   *key = target_key_text(rows->target, rows->row);
	int64		times = 2;

	while (step(rows) && keyed_compare(rows, rows->previous, false) == 0)
		times++;
	target_refuse_duplicate(rows->target, key, times);
}

/*
 * The text of a column of the current row; NULL for a NULL, or another type.
 */
static const char *
key_text(KeyedRows *rows, int column, int *length)
{
	Oid			type = TupleDescAttr(rows->target->desc, column)->atttypid;
	bool		isnull;
	Datum		value;
	struct varlena *text;

	if (type != TEXTOID && type != VARCHAROID)
		return NULL;
	value = slot_getattr(rows->row, column + 1, &isnull);
	if (isnull)
		return NULL;
	text = (struct varlena *) DatumGetPointer(value);
	*length = VARSIZE_ANY_EXHDR(text);
	return VARDATA_ANY(text);
}

/*
 * Redshift ignores trailing blanks in GROUP BY, so the text that a group shows
 * is arbitrary: warns once per run, with a hint.
 */
static void
warn_of_blanks(KeyedRows *rows, const char *name)
{
	rows->blanks_met = true;
	if (rows->note == NULL)
		return;
	note_append(rows->note,
				"Values of key column \"%s\" have trailing blanks; write rtrim() in the query.",
				name);
	/* a worker's warning at each run would only fill the log */
	if (MyBackendType != B_BG_WORKER)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("values of key column \"%s\" of rollup \"%s\" have trailing blanks",
						name, rows->target->name),
				 errdetail("Redshift takes 'a' and 'a ' as one value where it groups; which of them a group shows may change from run to run."),
				 errhint("Write rtrim(%s) AS %s in the query, and group by that.", name, name)));
}

/*
 * The rows are not in the order that Redshift promised: raises an error that
 * makes the driver sort here (and that nobody else sees), or notes it.
 */
static void
refuse_order(KeyedRows *rows, const char *reason)
{
	if (!rows->takes_disorder)
		ereport(ERROR,
				(errcode(ERRCODE_RSFED_DISORDER),
				 errmsg_internal("%s", reason)));
	rows->disorder = reason;
}

static bool
has_control(const char *text, int length)
{
	for (int i = 0; i < length; i++)
	{
		if ((unsigned char) text[i] < ' ')
			return true;
	}
	return false;
}

/*
 * Redshift compares as if the shorter text were padded with blanks, so its
 * order differs for a text that ends in blanks, or contains a byte that sorts
 * before the blank.
 */
static void
check_texts(KeyedRows *rows)
{
	for (int i = 0; i < rows->target->nkeys; i++)
	{
		int			column = rows->target->keys[i].column;
		const char *name = NameStr(TupleDescAttr(rows->target->desc, column)->attname);
		bool		in_doubt = rows->source->is_unproven && rows->disorder == NULL;
		int			length;
		const char *text = key_text(rows, column, &length);

		if (text == NULL || length == 0)
			continue;
		if (text[length - 1] == ' ')
		{
			if (in_doubt)
				refuse_order(rows, psprintf("column \"%s\" has trailing blanks", name));
			if (!rows->blanks_met)
				warn_of_blanks(rows, name);
		}
		else if (in_doubt && has_control(text, length))
			refuse_order(rows, psprintf("column \"%s\" has control characters", name));
	}
}

bool
keyed_next(KeyedRows *rows)
{
	if (!step(rows))
		return false;
	if (!TTS_EMPTY(rows->previous) && rows->disorder == NULL)
	{
		int			order = keyed_compare(rows, rows->previous, false);

		if (order == 0 && !rows->takes_duplicates)
			refuse_duplicate(rows);
		if (order < 0)
			refuse_order(rows, "rows came in another order than that of the key");
	}
	if (rows->has_text && !(rows->blanks_met && (rows->disorder || !rows->source->is_unproven)))
		check_texts(rows);
	return true;
}

void
keyed_begin(KeyedRows *rows, RowSource *source, const RefreshTarget *target, StringInfo note)
{
	memset(rows, 0, sizeof(KeyedRows));
	rows->source = source;
	rows->target = target;
	rows->note = note;
	rows->keys = key_order(target);
	rows->row = MakeSingleTupleTableSlot(target->desc, source->slot_ops);
	rows->previous = MakeSingleTupleTableSlot(target->desc, source->slot_ops);
	for (int i = 0; i < target->nkeys; i++)
	{
		Oid			type = TupleDescAttr(target->desc, target->keys[i].column)->atttypid;

		rows->has_text |= type == TEXTOID || type == VARCHAROID;
	}
}

void
keyed_end(KeyedRows *rows)
{
	ExecDropSingleTupleTableSlot(rows->row);
	ExecDropSingleTupleTableSlot(rows->previous);
}
