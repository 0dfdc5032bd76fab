/*-------------------------------------------------------------------------
 *
 * description.c
 *	  Checks that the result still has the columns of the definition.
 *
 * Policy: checked in every run, before the first row, because the warehouse
 * changes without notice: a view gets a column, a column gets another type.  A
 * change that the local column can hold is noted.  Any other change ends the
 * run with a hint that names the call to adapt the local table, so that the
 * shape of the table never changes unasked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/compat.h"
#include "base/format.h"
#include "redshift/types.h"
#include "rollup/description.h"

static void
append_name(StringInfo names, const char *name)
{
	appendStringInfo(names, "%s\"%s\"", names->len > 0 ? ", " : "", name);
}

/* Raises 42804 because the columns have changed. */
static void
refuse_columns(const Rollup *rollup, const RemoteColumns *columns, const RefreshTarget *target)
{
	StringInfoData gone;
	StringInfoData come;
	StringInfoData detail;

	initStringInfo(&gone);
	initStringInfo(&come);
	initStringInfo(&detail);
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (remote_columns_find(columns, rollup->columns[i].name) < 0)
			append_name(&gone, rollup->columns[i].name);
	}
	for (int i = 0; i < columns->count; i++)
	{
		bool		known = false;

		for (int j = 0; j < rollup->ncolumns && !known; j++)
			known = strcmp(columns->column[i].name, rollup->columns[j].name) == 0;
		if (!known)
			append_name(&come, columns->column[i].name);
	}

	if (rollup->pinned_columns != NULL)
		appendStringInfo(&detail, "It has %d columns; the argument columns names %d.",
						 columns->count, rollup->ncolumns);
	else
	{
		if (gone.len > 0)
			appendStringInfo(&detail, "No longer in the result: %s. ", gone.data);
		if (come.len > 0)
			appendStringInfo(&detail, "New in the result: %s. ", come.data);
		appendStringInfo(&detail, "It has %d columns, the rollup %d.",
						 columns->count, rollup->ncolumns);
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("result of rollup \"%s\" no longer has the columns of its definition", target->name),
			 errdetail("%s", detail.data),
			 errhint("To take over the new columns: SELECT * FROM rsfed.alter_rollup(%s). To keep the old ones, name them in the query: rsfed.alter_rollup(%s, query => ...).",
					 quote_literal_cstr(target->sql_name), quote_literal_cstr(target->sql_name))));
}

/* Notes or refuses another type of one column. */
static void
check_type(const RollupColumn *was, const RemoteColumn *is, const RefreshTarget *target, StringInfo note)
{
	if (was->type == is->type && was->typmod == is->typmod)
		return;
	if (redshift_type_widens(was->type, was->typmod, is->type, is->typmod))
	{
		note_append(note, "Column \"%s\" is now %s, it was %s.", was->name,
					redshift_type_name(is->type, is->typmod),
					redshift_type_name(was->type, was->typmod));
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of rollup \"%s\" is now %s in Redshift, it was %s",
					was->name, target->name, redshift_type_name(is->type, is->typmod),
					redshift_type_name(was->type, was->typmod)),
			 errdetail("The local column cannot hold every value of the new type."),
			 errhint("To change the local column: SELECT * FROM rsfed.alter_rollup(%s). To keep it, cast in the query: rsfed.alter_rollup(%s, query => ...).",
					 quote_literal_cstr(target->sql_name), quote_literal_cstr(target->sql_name))));
}

int *
description_match(const Rollup *rollup, const RemoteColumns *columns,
				  const RefreshTarget *target, StringInfo note)
{
	int		   *ordinals = palloc(sizeof(int) * Max(rollup->ncolumns, 1));

	if (columns->count != rollup->ncolumns)
		refuse_columns(rollup, columns, target);
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		ordinals[i] = rollup->pinned_columns != NULL ? i
			: remote_columns_find(columns, rollup->columns[i].name);
		if (ordinals[i] < 0)
			refuse_columns(rollup, columns, target);
		check_type(&rollup->columns[i], &columns->column[ordinals[i]], target, note);
	}
	return ordinals;
}
