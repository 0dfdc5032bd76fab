/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  The rows that a partial refresh covers.
 *
 * Policy: the query contains the range where its author wrote {from} and {to};
 * this file checks, row by row, that the result stays within it.  A row from
 * outside would be taken as new although the table may hold it, and a deleted
 * one would stay.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "refresh/scope.h"

/* A row source that checks the rows of another one. */
typedef struct ScopedRows
{
	RowSource	source;			/* first, so that it can be cast back */
	RowSource  *inner;
	RowScope   *scope;
	const RefreshTarget *target;
} ScopedRows;

bool
scope_is_partial(const RowScope *scope)
{
	return scope != NULL && !scope->all_local && (scope->window != NULL || scope->values != NIL);
}

/* The bytes of a text without trailing blanks. */
static int
length_without_blanks(struct varlena *text)
{
	int			length = VARSIZE_ANY_EXHDR(text);

	while (length > 0 && VARDATA_ANY(text)[length - 1] == ' ')
		length--;
	return length;
}

static bool
same_but_blanks(Datum a, Datum b)
{
	struct varlena *left = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *right = PG_DETOAST_DATUM_PACKED(b);
	int			length = length_without_blanks(left);

	return length == length_without_blanks(right) &&
		memcmp(VARDATA_ANY(left), VARDATA_ANY(right), length) == 0;
}

/* Is a value of the column one of the requested ones? */
static bool
has_value(ScopeValues *column, Datum value, bool isnull)
{
	if (isnull)
		return column->has_null;
	for (int i = 0; i < column->count; i++)
	{
		if (column->ignores_blanks ? same_but_blanks(value, column->values[i])
			: DatumGetInt32(FunctionCall2Coll(&column->compare, column->collation,
											  value, column->values[i])) == 0)
			return true;
	}
	return false;
}

static bool
has_values(RowScope *scope, const RefreshTarget *target, TupleTableSlot *row, bool local)
{
	ListCell   *lc;

	foreach(lc, scope->values)
	{
		ScopeValues *column = lfirst(lc);
		bool		isnull;
		Datum		value = slot_getattr(row, local ? target->attnums[column->column]
										 : column->column + 1, &isnull);

		if (!has_value(column, value, isnull))
			return false;
	}
	return true;
}

bool
scope_has_local(RowScope *scope, const RefreshTarget *target, TupleTableSlot *local)
{
	if (scope->all_local)
		return true;
	if (scope->window != NULL)
	{
		bool		isnull;
		Datum		datum = slot_getattr(local, target->attnums[scope->window->column], &isnull);
		int64		value;

		if (isnull)
			return false;
		value = window_from_datum(scope->window, datum);
		if (scope->prune && value < scope->low)
			return true;
		if (value < scope->from || value >= scope->to)
			return false;
	}
	return has_values(scope, target, local, true);
}

/*
 * Adds a condition on a column of the index, unless its operator family lacks
 * the operator.
 */
static void
add_key(ScanKey keys, int *nkeys, Relation index, int position, StrategyNumber strategy, Datum value)
{
	Oid			type = index->rd_opcintype[position];
	Oid			operator = get_opfamily_member(index->rd_opfamily[position], type, type, strategy);

	if (!OidIsValid(operator))
		return;
	ScanKeyEntryInitialize(&keys[(*nkeys)++], 0, position + 1, strategy, type,
						   index->rd_indcollation[position], get_opcode(operator), value);
}

/* The smallest and the largest value, as conditions. */
static void
add_value_keys(ScopeValues *column, ScanKey keys, int *nkeys, Relation index, int position)
{
	Datum		least;
	Datum		greatest;

	if (column->has_null || column->count == 0 || column->ignores_blanks)
		return;
	least = greatest = column->values[0];
	for (int i = 1; i < column->count; i++)
	{
		if (DatumGetInt32(FunctionCall2Coll(&column->compare, column->collation,
											column->values[i], least)) < 0)
			least = column->values[i];
		if (DatumGetInt32(FunctionCall2Coll(&column->compare, column->collation,
											column->values[i], greatest)) > 0)
			greatest = column->values[i];
	}
	add_key(keys, nkeys, index, position, BTGreaterEqualStrategyNumber, least);
	add_key(keys, nkeys, index, position, BTLessEqualStrategyNumber, greatest);
}

int
scope_scan_keys(const RowScope *scope, const RefreshTarget *target, Relation index, ScanKey keys)
{
	int			nkeys = 0;

	if (scope == NULL || scope->all_local)
		return 0;
	for (int i = 0; i < target->nkeys; i++)
	{
		ListCell   *lc;

		if (scope->window != NULL && target->keys[i].column == scope->window->column)
		{
			if (!scope->prune)
				add_key(keys, &nkeys, index, i, BTGreaterEqualStrategyNumber,
						window_to_datum(scope->window, scope->from));
			add_key(keys, &nkeys, index, i, BTLessEqualStrategyNumber,
					window_to_datum(scope->window, scope->to));
		}
		foreach(lc, scope->values)
		{
			ScopeValues *column = lfirst(lc);

			/* rows to be pruned have any value */
			if (column->column == target->keys[i].column && !scope->prune &&
				(scope->window == NULL || column->column != scope->window->column))
				add_value_keys(column, keys, &nkeys, index, i);
		}
	}
	return nkeys;
}

/* Raises 22000 for a row outside of the range. */
static void
refuse_range(ScopedRows *rows, TupleTableSlot *row, const char *value)
{
	const RowScope *scope = rows->scope;

	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("query of rollup \"%s\" returned a row outside of the range that it was asked for",
					rows->target->name),
			 errdetail("Column \"%s\" is %s, but the query was asked for %s <= \"%s\" < %s. Row with key %s.",
					   scope->window->name, value, window_text(scope->window, scope->from),
					   scope->window->name, window_text(scope->window, scope->to),
					   target_key_text(rows->target, row)),
			 errhint("Compare with {from} and {to} what the column is made of, with >= and <; its buckets must not be longer than the option bucket, and in the rollup's time zone.")));
}

static bool
scoped_next(RowSource *source, TupleTableSlot *slot)
{
	ScopedRows *rows = (ScopedRows *) source;
	RowScope   *scope = rows->scope;

	if (!rows->inner->next(rows->inner, slot))
		return false;
	if (scope->window != NULL)
	{
		bool		isnull;
		Datum		datum = slot_getattr(slot, scope->window->column + 1, &isnull);
		int64		value;

		if (isnull)
			refuse_range(rows, slot, "null");
		value = window_from_datum(scope->window, datum);
		if (value < scope->from || value >= scope->to)
			refuse_range(rows, slot, value == DT_NOBEGIN || value == DT_NOEND ? "infinite"
						 : window_text(scope->window, value));
		scope->greatest = scope->any ? Max(scope->greatest, value) : value;
		scope->any = true;
	}
	if (!has_values(scope, rows->target, slot, false))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("query of rollup \"%s\" returned a row outside of the part that it was asked for",
						rows->target->name),
				 errdetail("Row with key %s.", target_key_text(rows->target, slot)),
				 errhint("Refresh the whole rollup.")));
	return true;
}

static void
scoped_end(RowSource *source)
{
	ScopedRows *rows = (ScopedRows *) source;

	rows->inner->end(rows->inner);
	pfree(rows);
}

RowSource *
scope_rows(RowScope *scope, const RefreshTarget *target, RowSource *rows)
{
	ScopedRows *scoped;

	if (scope == NULL)
		return rows;
	scoped = palloc0(sizeof(ScopedRows));
	scoped->source = *rows;
	scoped->source.next = scoped_next;
	scoped->source.end = scoped_end;
	scoped->inner = rows;
	scoped->scope = scope;
	scoped->target = target;
	return &scoped->source;
}
