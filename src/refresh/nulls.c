/*-------------------------------------------------------------------------
 *
 * nulls.c
 *	  Rows of a result with a NULL in a column that must not have one.
 *
 * Policy: the option not_null is a part of the gate, so such content is
 * refused with figures about the whole result: one row in a million is a
 * different mistake than all rows.  So rows after the first one are counted
 * and not written.  A column that is NOT NULL in the table never accepts a
 * NULL, so rsfed.ignore_gate has an effect only if the owner dropped that
 * constraint.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/compat.h"
#include "base/settings.h"
#include "refresh/gate.h"
#include "refresh/nulls.h"

void
nulls_begin(NullCheck *check, const RefreshTarget *target)
{
	memset(check, 0, sizeof(NullCheck));
	check->target = target;
}

/* Is NULL refused in that column of the result? */
static bool
refuses_null(const RefreshTarget *target, int column)
{
	return target->not_null[column] || (target->gated_null[column] && !rsfed_ignore_gate);
}

bool
nulls_may_be_stored(const NullCheck *check)
{
	const RefreshTarget *target = check->target;

	for (int i = 0; i < target->desc->natts; i++)
	{
		if (!target->not_null[i] && refuses_null(target, i))
			return true;
	}
	return false;
}

bool
nulls_pass(NullCheck *check, TupleTableSlot *row)
{
	const RefreshTarget *target = check->target;

	for (int i = 0; i < target->desc->natts; i++)
	{
		if (!refuses_null(target, i) || !slot_attisnull(row, i + 1))
			continue;
		if (check->rows++ == 0)
		{
			check->column = i;
			check->key = target->nkeys > 0 ? target_key_text(target, row) : NULL;
		}
		break;
	}
	return check->rows == 0;
}

void
nulls_judge(const NullCheck *check, RefreshRun *run)
{
	const RefreshTarget *target = check->target;
	const char *column;
	char	   *example;

	if (check->rows == 0)
		return;
	column = NameStr(TupleDescAttr(target->desc, check->column)->attname);
	example = check->key ? psprintf(", the first of them with key %s", check->key) : "";
	run->refused = target->gated_null[check->column];
	if (!run->refused)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("query of rollup \"%s\" returned NULL in column \"%s\", which is NOT NULL",
						target->name, column),
				 errdetail("Rows with such a NULL: " INT64_FORMAT "%s.", check->rows, example),
				 errhint("Keep such rows out of the query (WHERE ... IS NOT NULL), or run ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL.",
						 target->sql_name, quote_identifier(column))));
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("new content of rollup \"%s\" was refused by option not_null: column \"%s\" has NULL",
					target->name, column),
			 errdetail("Rows with such a NULL: " INT64_FORMAT "%s. %s",
					   check->rows, example, gate_what_remains(run)),
			 target->not_null[check->column]
			 ? errhint("Keep such rows out of the query (WHERE ... IS NOT NULL), or take the column out of the option%s. rsfed.ignore_gate does not help, because the column is NOT NULL in the table.",
					   gate_option_change(run))
			 : errhint("Keep such rows out of the query (WHERE ... IS NOT NULL), or take the column out of the option%s. %s.",
					   gate_option_change(run), gate_way_past(run))));
}
