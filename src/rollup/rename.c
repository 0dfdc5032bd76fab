/*-------------------------------------------------------------------------
 *
 * rename.c
 *	  Follows the rename of a column of a rollup's table.
 *
 * Policy: a rename is followed, as views and indexes follow it.  Then the
 * names of the result and of the table differ, so all columns are pinned and
 * matched by position, as the argument columns of define_rollup() does.  The
 * expression in the option "check" is text of the owner and stays as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/option_map.h"
#include "base/options.h"
#include "catalog/rollup.h"
#include "catalog/watermark.h"
#include "rollup/rename.h"
#include "rollup/table.h"

/* The list with one name in place of another; palloc'd. */
static List *
replace_name(List *names, const char *old_name, const char *new_name)
{
	List	   *replaced = NIL;
	ListCell   *lc;

	foreach(lc, names)
		replaced = lappend(replaced, pstrdup(strcmp(lfirst(lc), old_name) == 0 ? new_name : lfirst(lc)));
	return replaced;
}

/* Options that name columns: not_null, window_column and lake_key. */
static Jsonb *
renamed_options(Jsonb *options, const char *old_name, const char *new_name)
{
	List	   *not_null = option_name_list(OPTION_ROLLUP, options, "not_null");
	char	   *window_column = option_text(OPTION_ROLLUP, options, "window_column");
	List	   *lake_key = option_map(OPTION_ROLLUP, options, "lake_key");
	StringInfoData changes;
	ListCell   *lc;

	initStringInfo(&changes);
	foreach(lc, replace_name(not_null, old_name, new_name))
	{
		appendStringInfoString(&changes, changes.len == 0 ? "{\"not_null\": [" : ", ");
		escape_json(&changes, lfirst(lc));
	}
	if (not_null != NIL)
		appendStringInfoChar(&changes, ']');
	if (window_column != NULL)
	{
		appendStringInfo(&changes, "%s\"window_column\": ", changes.len == 0 ? "{" : ", ");
		escape_json(&changes, strcmp(window_column, old_name) == 0 ? new_name : window_column);
	}
	foreach(lc, lake_key)
	{
		OptionText *pair = lfirst(lc);

		if (lc == list_head(lake_key))
			appendStringInfo(&changes, "%s\"lake_key\": {", changes.len == 0 ? "{" : ", ");
		else
			appendStringInfoString(&changes, ", ");
		escape_json(&changes, pair->name);
		appendStringInfoString(&changes, ": ");
		escape_json(&changes, strcmp(pair->value, old_name) == 0 ? new_name : pair->value);
	}
	if (lake_key != NIL)
		appendStringInfoChar(&changes, '}');
	if (changes.len == 0)
		return options;
	appendStringInfoChar(&changes, '}');
	return options_merge(options, DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(changes.data))));
}

/* The rollup's columns in the table, in the format of the argument columns. */
static char *
pinned_list(const Rollup *rollup, Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		LocalColumn column = {.name = rollup->columns[i].name};
		AttrNumber	attnum = get_attnum(relid, column.name);
		Form_pg_attribute attr;

		if (attnum == InvalidAttrNumber)
		{
			/*
			 * dropped: there is nothing to pin, and the next refresh reports
			 * it
			 */
			relation_close(rel, AccessShareLock);
			return rollup->pinned_columns;
		}
		attr = TupleDescAttr(RelationGetDescr(rel), attnum - 1);
		column.type = attr->atttypid;
		column.typmod = attr->atttypmod;
		if (attr->attcollation != get_typcollation(attr->atttypid))
			column.collation = attr->attcollation;
		appendStringInfo(&buf, "%s%s %s", i > 0 ? ", " : "", quote_identifier(column.name),
						 table_column_type(&column));
	}
	relation_close(rel, AccessShareLock);
	return buf.data;
}

/* The bookkeeping of the window contains the column's name, too. */
static void
rename_watermark(int32 relation_id, const char *old_name, const char *new_name)
{
	Watermark  *watermark = watermark_load(relation_id);

	if (watermark == NULL || strcmp(watermark->column, old_name) != 0)
		return;
	watermark->column = pstrdup(new_name);
	watermark_store(relation_id, watermark);
}

void
rollup_column_renamed(const RsfedRelation *relation, const char *old_name, const char *new_name)
{
	Rollup	   *rollup = rollup_load(relation->relation_id);
	bool		found = false;

	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (strcmp(rollup->columns[i].name, old_name) != 0)
			continue;
		rollup->columns[i].name = pstrdup(new_name);
		found = true;
	}
	if (!found)
		return;
	rollup->key = replace_name(rollup->key, old_name, new_name);
	rollup->options = renamed_options(rollup->options, old_name, new_name);
	rollup->pinned_columns = pinned_list(rollup, relation->relid);
	rollup_update(rollup);
	rename_watermark(relation->relation_id, old_name, new_name);
}
