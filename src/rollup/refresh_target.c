/*-------------------------------------------------------------------------
 *
 * refresh_target.c
 *	  The served table as a refresh sees it.
 *
 * Policy: the table belongs to its owner.  Objects that the owner adds to it
 * are either respected (columns, constraints, indexes, row security) or
 * refused with the reason and a hint (triggers, rules, a foreign key from it);
 * nothing is silently ignored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "rewrite/rewriteDefine.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/errors.h"
#include "base/names.h"
#include "base/options.h"
#include "catalog/relation.h"
#include "rollup/refresh_target.h"

/* Longest value of a key that a message shows, in bytes. */
#define MAX_SHOWN_VALUE 80

Relation
target_open(Oid relid, const char *name, LOCKMODE lockmode)
{
	Relation	rel = try_relation_open(relid, lockmode);

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table of rollup \"%s\" was dropped while it was being refreshed", name)));
	return rel;
}

/* Refuses a relation that is not a plain table of this database. */
static void
check_kind(Relation rel)
{
	const char *why = NULL;

	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		why = "It is a partitioned table.";
	else if (rel->rd_rel->relkind != RELKIND_RELATION)
		why = "It is not a table.";
	else if (rel->rd_rel->relispartition)
		why = "It is a partition of another table.";
	else if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		why = "It is a temporary table.";
	else if (rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		why = "Its access method is not heap.";

	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot refresh \"%s\"", RelationGetRelationName(rel)),
				 errdetail("%s A rollup is served by a plain table.", why)));
}

/* Refuses triggers of users and foreign keys from the table. */
static void
check_triggers(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (!trigger->tgisinternal &&
			(trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN ||
			 trigger->tgenabled == TRIGGER_FIRES_ALWAYS))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("cannot refresh \"%s\" because it has the trigger \"%s\"",
							RelationGetRelationName(rel), trigger->tgname),
					 errdetail("A refresh writes rows without firing triggers of users."),
					 errhint("Drop it, or run ALTER TABLE %s DISABLE TRIGGER %s; to act on new content, LISTEN rsfed_published.",
							 relation_display_name(RelationGetRelid(rel)),
							 quote_identifier(trigger->tgname))));
		if (RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_FK)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("cannot refresh \"%s\" because it has the foreign key \"%s\"",
							RelationGetRelationName(rel), get_constraint_name(trigger->tgconstraint)),
					 errdetail("Content that comes from Redshift cannot be held to a local table."),
					 errhint("Run ALTER TABLE %s DROP CONSTRAINT %s.",
							 relation_display_name(RelationGetRelid(rel)),
							 quote_identifier(get_constraint_name(trigger->tgconstraint)))));
	}
}

static void
check_rules(Relation rel)
{
	for (int i = 0; rel->rd_rules != NULL && i < rel->rd_rules->numLocks; i++)
	{
		if (rel->rd_rules->rules[i]->event != CMD_SELECT &&
			rel->rd_rules->rules[i]->enabled != RULE_DISABLED)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("cannot refresh \"%s\" because it has rules",
							RelationGetRelationName(rel)),
					 errdetail("A refresh writes rows without rewriting by rules."),
					 errhint("Drop its rules, or disable them with ALTER TABLE ... DISABLE RULE.")));
	}
}

/*
 * The number of digits of a column that count in a comparison of values; 0 =
 * all.
 */
static int
column_digits(const Rollup *rollup, const char *name, Oid type)
{
	Oid			base = getBaseType(type);

	if ((base != FLOAT4OID && base != FLOAT8OID) || names_hold(rollup->key, name))
		return 0;
	return option_int(OPTION_ROLLUP, rollup->options, "float_digits");
}

/*
 * Fills the facts about each column; columns of the rollup are found by name.
 */
static void
describe_columns(RefreshTarget *target, Relation rel, const Rollup *rollup)
{
	TupleDesc	table = RelationGetDescr(rel);
	int			ncolumns = rollup->ncolumns;
	List	   *gated = option_name_list(OPTION_ROLLUP, rollup->options, "not_null");

	target->desc = CreateTemplateTupleDesc(ncolumns);
	target->attnums = palloc(sizeof(AttrNumber) * ncolumns);
	target->not_null = palloc(sizeof(bool) * ncolumns);
	target->gated_null = palloc(sizeof(bool) * ncolumns);
	target->digits = palloc(sizeof(int) * ncolumns);
	for (int i = 0; i < ncolumns; i++)
	{
		const char *name = rollup->columns[i].name;
		AttrNumber	attnum = get_attnum(RelationGetRelid(rel), name);
		Form_pg_attribute attr;

		if (attnum == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of rollup \"%s\" is missing in its table",
							name, target->name),
					 errdetail("It is not there any more, but the query still returns it."),
					 errhint("To add it again: SELECT * FROM rsfed.alter_rollup(%s). To do without it: rsfed.alter_rollup(%s, query => ...) with a query that does not return it.",
							 quote_literal_cstr(target->sql_name), quote_literal_cstr(target->sql_name))));
		attr = TupleDescAttr(table, attnum - 1);
		if (attr->attgenerated)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("column \"%s\" of rollup \"%s\" is a generated column",
							name, target->name),
					 errdetail("The query returns it, so it cannot be computed here.")));
		target->attnums[i] = attnum;
		target->not_null[i] = attr->attnotnull;
		target->gated_null[i] = names_hold(gated, name);
		target->digits[i] = column_digits(rollup, name, attr->atttypid);
		TupleDescInitEntry(target->desc, i + 1, name, attr->atttypid, attr->atttypmod,
						   attr->attndims);
		TupleDescInitEntryCollation(target->desc, i + 1, attr->attcollation);
	}
}

/*
 * The position (from 0) of a column in the result; -1 if it is an extra
 * column.
 */
static int
result_column(const RefreshTarget *target, AttrNumber attnum)
{
	for (int i = 0; i < target->desc->natts; i++)
	{
		if (target->attnums[i] == attnum)
			return i;
	}
	return -1;
}

/*
 * Fills nkeys, keys and sort_* from an index of the table; desc and attnums
 * are there.
 */
static void
set_key(RefreshTarget *target, Relation index)
{
	int			nkeys = IndexRelationGetNumberOfKeyAttributes(index);

	target->key_index = RelationGetRelid(index);
	target->nkeys = nkeys;
	target->keys = palloc(sizeof(TargetKey) * nkeys);
	target->sort_operators = palloc(sizeof(Oid) * nkeys);
	target->sort_collations = palloc(sizeof(Oid) * nkeys);
	target->sort_nulls_first = palloc(sizeof(bool) * nkeys);
	for (int i = 0; i < nkeys; i++)
	{
		int16		flags = index->rd_indoption[i];
		Oid			operator = get_opfamily_member(index->rd_opfamily[i],
												   index->rd_opcintype[i],
												   index->rd_opcintype[i],
												   (flags & INDOPTION_DESC) ? BTGreaterStrategyNumber
												   : BTLessStrategyNumber);

		if (!OidIsValid(operator))
			elog(ERROR, "index \"%s\" has no ordering operator for column %d",
				 RelationGetRelationName(index), i + 1);
		target->keys[i].attnum = index->rd_index->indkey.values[i];
		target->keys[i].column = result_column(target, target->keys[i].attnum);
		target->sort_operators[i] = operator;
		target->sort_collations[i] = index->rd_indcollation[i];
		target->sort_nulls_first[i] = (flags & INDOPTION_NULLS_FIRST) != 0;
	}
}

void
target_plan_key(RefreshTarget *target, const Rollup *rollup)
{
	int			nkeys = Max(list_length(rollup->key), 1);
	ListCell   *lc;

	target->keys = palloc0(sizeof(TargetKey) * nkeys);
	target->sort_operators = palloc(sizeof(Oid) * nkeys);
	target->sort_collations = palloc(sizeof(Oid) * nkeys);
	target->sort_nulls_first = palloc0(sizeof(bool) * nkeys);
	foreach(lc, rollup->key)
	{
		Form_pg_attribute attr;
		int			column = 0;

		while (strcmp(NameStr(TupleDescAttr(target->desc, column)->attname), lfirst(lc)) != 0)
			column++;
		attr = TupleDescAttr(target->desc, column);
		target->keys[target->nkeys].column = column;
		target->sort_operators[target->nkeys] =
			lookup_type_cache(attr->atttypid, TYPECACHE_LT_OPR)->lt_opr;
		target->sort_collations[target->nkeys] = attr->attcollation;
		target->nkeys++;
	}
}

/* Does an index consist of exactly these columns, in whatever order? */
static bool
index_is_on(Form_pg_index index, List *attnums)
{
	ListCell   *lc;

	if (index->indnkeyatts != list_length(attnums))
		return false;
	/* in this direction, because an index may name one column twice */
	foreach(lc, attnums)
	{
		bool		found = false;

		for (int i = 0; i < index->indnkeyatts; i++)
			found |= index->indkey.values[i] == lfirst_int(lc);
		if (!found)
			return false;
	}
	return true;
}

/*
 * Reads the catalog row: loading the expressions themselves would evaluate
 * their constant parts, which are the owner's code, as the current user.
 */
bool
target_is_plain_index(Relation index)
{
	return heap_attisnull(index->rd_indextuple, Anum_pg_index_indexprs, NULL) &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);
}

Oid
target_find_key_index(Relation rel, const Rollup *rollup)
{
	List	   *attnums = NIL;
	Oid			found = InvalidOid;
	List	   *indexes;
	ListCell   *lc;

	foreach(lc, rollup->key)
		attnums = lappend_int(attnums, get_attnum(RelationGetRelid(rel), lfirst(lc)));

	indexes = RelationGetIndexList(rel);
	foreach(lc, indexes)
	{
		Relation	index = index_open(lfirst_oid(lc), AccessShareLock);
		Form_pg_index form = index->rd_index;

		if (form->indisunique && form->indimmediate && form->indisvalid && form->indisready &&
			index->rd_rel->relam == BTREE_AM_OID &&
			target_is_plain_index(index) &&
			index_is_on(form, attnums) &&
			(!OidIsValid(found) || form->indisprimary))
			found = RelationGetRelid(index);
		index_close(index, AccessShareLock);
	}
	return found;
}

/*
 * Finds the key's index; raises an error with a hint if its owner dropped it.
 */
static void
describe_key(RefreshTarget *target, Relation rel, const Rollup *rollup)
{
	Oid			index_oid = target_find_key_index(rel, rollup);
	Relation	index;

	if (!OidIsValid(index_oid))
	{
		StringInfoData columns;
		ListCell   *lc;

		initStringInfo(&columns);
		foreach(lc, rollup->key)
			appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "",
							 quote_identifier(lfirst(lc)));
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table of rollup \"%s\" has no unique index on its key", target->name),
				 errdetail("A merge finds rows by the key (%s).", columns.data),
				 errhint("Run CREATE UNIQUE INDEX ON %s (%s)%s.", target->sql_name, columns.data,
						 RSFED_HAVE_NULLS_NOT_DISTINCT ? " NULLS NOT DISTINCT" : "")));
	}
	index = index_open(index_oid, AccessShareLock);
	set_key(target, index);
	index_close(index, AccessShareLock);
}

RefreshTarget *
target_describe(Relation rel, const Rollup *rollup, bool with_key)
{
	check_kind(rel);
	check_triggers(rel);
	check_rules(rel);
	return target_describe_content(rel, rollup, with_key);
}

RefreshTarget *
target_describe_content(Relation rel, const Rollup *rollup, bool with_key)
{
	RefreshTarget *target = palloc0(sizeof(RefreshTarget));

	check_kind(rel);
	target->relid = RelationGetRelid(rel);
	target->owner = rel->rd_rel->relowner;
	target->name = pstrdup(RelationGetRelationName(rel));
	target->sql_name = relation_display_name(target->relid);
	describe_columns(target, rel, rollup);
	if (with_key)
		describe_key(target, rel, rollup);
	return target;
}

void
target_check_same(const RefreshTarget *before, const RefreshTarget *now)
{
	bool		same = before->owner == now->owner && before->nkeys == now->nkeys &&
		before->desc->natts == now->desc->natts;

	for (int i = 0; same && i < now->desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(before->desc, i);
		Form_pg_attribute b = TupleDescAttr(now->desc, i);

		same = a->atttypid == b->atttypid && a->atttypmod == b->atttypmod &&
			a->attcollation == b->attcollation;
	}
	for (int i = 0; same && i < now->nkeys; i++)
		same = before->keys[i].column == now->keys[i].column &&
			before->sort_operators[i] == now->sort_operators[i] &&
			before->sort_collations[i] == now->sort_collations[i] &&
			before->sort_nulls_first[i] == now->sort_nulls_first[i];

	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("table of rollup \"%s\" was altered while it was being refreshed", now->name),
				 errdetail("Its owner, the type of a column, or the index of its key has changed."),
				 errhint("Refresh it again.")));
}

/* A value for a message, cut where it is long. */
static char *
shown_value(const RefreshTarget *target, int column, TupleTableSlot *row)
{
	bool		isnull;
	Datum		value = slot_getattr(row, column + 1, &isnull);
	Oid			output;
	bool		varlena;
	char	   *text;
	int			length;

	if (isnull)
		return "null";
	getTypeOutputInfo(TupleDescAttr(target->desc, column)->atttypid, &output, &varlena);
	text = OidOutputFunctionCall(output, value);
	length = strlen(text);
	if (length > MAX_SHOWN_VALUE)
		return psprintf("%.*s...", pg_mbcliplen(text, length, MAX_SHOWN_VALUE), text);
	return text;
}

char *
target_key_text(const RefreshTarget *target, TupleTableSlot *row)
{
	StringInfoData names;
	StringInfoData values;

	initStringInfo(&names);
	initStringInfo(&values);
	for (int i = 0; i < target->nkeys; i++)
	{
		int			column = target->keys[i].column;
		const char *separator = i > 0 ? ", " : "";

		appendStringInfo(&names, "%s%s", separator,
						 quote_identifier(NameStr(TupleDescAttr(target->desc, column)->attname)));
		appendStringInfo(&values, "%s%s", separator, shown_value(target, column, row));
	}
	return psprintf("(%s)=(%s)", names.data, values.data);
}

void
target_refuse_duplicate(const RefreshTarget *target, const char *key, int64 times)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("query of rollup \"%s\" returned more than one row for key %s",
					target->name, key),
			 errdetail("It returned " INT64_FORMAT " rows with this key.", times),
			 errhint("Group the query by exactly these columns, or name the columns that identify a row with rsfed.alter_rollup(..., key => ...).")));
}
