/*-------------------------------------------------------------------------
 *
 * reshape.c
 *	  Changes a served table as a new definition needs it.
 *
 * Policy: columns are identified by name.  A column keeps its position and its
 * dependents if its type can be cast.  Views and other dependents of a column
 * that has to be dropped make the change fail (RESTRICT); they are never
 * dropped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/options.h"
#include "catalog/relation.h"
#include "rollup/action.h"
#include "rollup/reshape.h"
#include "rollup/table.h"

/*
 * A session that waits for ACCESS EXCLUSIVE blocks all later readers; so wait
 * briefly, let readers pass, and try again.
 */
#define LOCK_TRIES 10
#define LOCK_TIMEOUT "500ms"
#define LOCK_PAUSE 1000			/* ms between tries */

static bool
in_rollup(const Rollup *rollup, const char *name)
{
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (strcmp(rollup->columns[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The attribute of that name, or NULL. */
static Form_pg_attribute
find_attribute(Relation rel, const char *name)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(rel), name);

	return attnum > 0 ? TupleDescAttr(RelationGetDescr(rel), attnum - 1) : NULL;
}

bool
reshape_same_type(Form_pg_attribute attr, const LocalColumn *column)
{
	Oid			collation = OidIsValid(column->collation) ? column->collation
		: get_typcollation(column->type);

	return attr->atttypid == column->type && attr->atttypmod == column->typmod &&
		attr->attcollation == collation;
}

bool
reshape_changes_key(const Rollup *old, const Rollup *new)
{
	ListCell   *lc;

	if (list_length(old->key) != list_length(new->key) ||
		definition_has_primary_key(old) != definition_has_primary_key(new))
		return true;
	foreach(lc, new->key)
	{
		if (!definition_is_key(old, lfirst(lc)))
			return true;
	}
	return false;
}

bool
reshape_is_needless(Relation rel, const Rollup *old, const Rollup *new, const LocalColumn *columns)
{
	for (int i = 0; i < new->ncolumns; i++)
	{
		Form_pg_attribute attr = find_attribute(rel, columns[i].name);

		if (attr == NULL || !in_rollup(old, columns[i].name) || !reshape_same_type(attr, &columns[i]) ||
			attr->attnotnull != columns[i].not_null)
			return false;
	}
	for (int i = 0; i < old->ncolumns; i++)
	{
		if (!in_rollup(new, old->columns[i].name))
			return false;
	}
	return !reshape_changes_key(old, new);
}

RefreshTarget *
reshape_target(Oid relid, const Rollup *new, const LocalColumn *columns, bool with_key)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	RefreshTarget *target = palloc0(sizeof(RefreshTarget));

	target->relid = relid;
	target->owner = rel->rd_rel->relowner;
	target->name = pstrdup(RelationGetRelationName(rel));
	target->sql_name = relation_display_name(relid);
	relation_close(rel, AccessShareLock);

	target->desc = CreateTemplateTupleDesc(new->ncolumns);
	for (int i = 0; i < new->ncolumns; i++)
	{
		TupleDescInitEntry(target->desc, i + 1, columns[i].name, columns[i].type,
						   columns[i].typmod, 0);
		TupleDescInitEntryCollation(target->desc, i + 1,
									OidIsValid(columns[i].collation) ? columns[i].collation
									: get_typcollation(columns[i].type));
	}

	if (with_key)
		target_plan_key(target, new);
	return target;
}

static void
lock_step(void *arg)
{
	LockRelationOid(*(Oid *) arg, AccessExclusiveLock);
}

/*
 * One try for ACCESS EXCLUSIVE in a subtransaction; false if the lock was not
 * available in time.
 */
static bool
try_lock(Oid relid)
{
	ErrorData  *error;
	int			nestlevel = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	error = attempt_anything(lock_step, &relid);
	AtEOXact_GUC(false, nestlevel);
	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return error == NULL;
}

void
reshape_lock(Oid relid)
{
	for (int i = 0; i < LOCK_TRIES; i++)
	{
		if (try_lock(relid))
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOCK_PAUSE,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("could not lock table \"%s\" to change its columns", get_rel_name(relid)),
			 errdetail("Other transactions held it at each of %d attempts. The rollup did not change.", LOCK_TRIES),
			 errhint("Look for long transactions on it in pg_locks, and try again.")));
}

/* Drops the index of the old key, or the constraint that owns it. */
static void
drop_key(Oid relid, const Rollup *old, List **actions)
{
	Relation	rel = relation_open(relid, NoLock);
	Oid			index = old->key != NIL ? target_find_key_index(rel, old) : InvalidOid;
	Oid			constraint;

	/* ALTER TABLE requires that it is closed */
	relation_close(rel, NoLock);
	if (!OidIsValid(index))
		return;
	constraint = get_index_constraint(index);
	add_action(actions, "drop key", "%s", get_rel_name(index));
	if (OidIsValid(constraint))
		table_run(psprintf("ALTER TABLE %s DROP CONSTRAINT %s",
						   relation_display_name(relid),
						   quote_identifier(get_constraint_name(constraint))));
	else
		table_run(psprintf("DROP INDEX %s", relation_display_name(index)));
	/* published rows without a replica identity could not be deleted */
	table_run(psprintf("ALTER TABLE %s REPLICA IDENTITY FULL", relation_display_name(relid)));
}

char *
reshape_shown_type(const LocalColumn *column)
{
	char	   *type = format_type_with_typemod(column->type, column->typmod);

	if (!OidIsValid(column->collation))
		return type;
	return psprintf("%s COLLATE %s", type,
					quote_identifier(get_collation_name(column->collation)));
}

/*
 * Changes the type of a column that stays: casts its values, or drops and adds
 * it.
 */
static void
change_type(const char *table, Form_pg_attribute attr, const LocalColumn *column, List **actions)
{
	const char *name = quote_identifier(column->name);
	char	   *type = table_column_type(column);
	CoercionPathType path;
	Oid			function;

	path = attr->atttypid == column->type ? COERCION_PATH_RELABELTYPE
		: find_coercion_pathway(column->type, attr->atttypid, COERCION_EXPLICIT, &function);
	add_action(actions, "change type", "%s from %s to %s", name,
			   format_type_with_typemod(attr->atttypid, attr->atttypmod), reshape_shown_type(column));
	if (path != COERCION_PATH_NONE)
		table_run(psprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s", table, name, type,
						   name, format_type_extended(column->type, column->typmod,
													  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY)));
	else
		table_run(psprintf("ALTER TABLE %s DROP COLUMN %s, ADD COLUMN %s %s", table, name, name, type));
}

void
reshape_columns(Oid relid, const Rollup *old, const Rollup *new, const LocalColumn *columns,
				bool drop_old_key, List **actions)
{
	const char *table = relation_display_name(relid);

	if (drop_old_key)
		drop_key(relid, old, actions);

	for (int i = 0; i < old->ncolumns; i++)
	{
		if (in_rollup(new, old->columns[i].name) ||
			get_attnum(relid, old->columns[i].name) == InvalidAttrNumber)
			continue;
		add_action(actions, "drop column", "%s", quote_identifier(old->columns[i].name));
		table_run(psprintf("ALTER TABLE %s DROP COLUMN %s", table,
						   quote_identifier(old->columns[i].name)));
	}
	for (int i = 0; i < new->ncolumns; i++)
	{
		FormData_pg_attribute attr;
		Form_pg_attribute found;
		const char *name = quote_identifier(columns[i].name);
		Relation	rel = relation_open(relid, NoLock);

		found = find_attribute(rel, columns[i].name);
		if (found != NULL)
			attr = *found;
		relation_close(rel, NoLock);

		if (found == NULL)
		{
			add_action(actions, "add column", "%s %s", name, reshape_shown_type(&columns[i]));
			table_run(psprintf("ALTER TABLE %s ADD COLUMN %s %s", table, name,
							   table_column_type(&columns[i])));
			continue;
		}
		if (!in_rollup(old, columns[i].name))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("table \"%s\" already has a column \"%s\" that is not the rollup's",
							get_rel_name(relid), columns[i].name),
					 errhint("Rename one of the two.")));
		if (attr.attnotnull && !columns[i].not_null)
		{
			add_action(actions, "drop not null", "%s", name);
			table_run(psprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", table, name));
		}
		if (!reshape_same_type(&attr, &columns[i]))
			change_type(table, &attr, &columns[i], actions);
	}
}

void
reshape_create_key(Oid relid, const Rollup *new, List **actions)
{
	table_create_key(relid, new);
	if (new->key != NIL)
		add_action(actions, "create key", "%s",
				   definition_has_primary_key(new) ? "primary key" : "unique index");
}

void
reshape_not_null(Oid relid, const Rollup *new, const LocalColumn *columns, List **actions)
{
	for (int i = 0; i < new->ncolumns; i++)
	{
		const char *name = quote_identifier(columns[i].name);
		Relation	rel = relation_open(relid, NoLock);
		bool		has = find_attribute(rel, columns[i].name)->attnotnull;

		relation_close(rel, NoLock);
		if (has || !columns[i].not_null)
			continue;
		add_action(actions, "set not null", "%s", name);
		table_run(psprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
						   relation_display_name(relid), name));
	}
}

void
reshape_options(Oid relid, const Rollup *old, const Rollup *new, List **actions)
{
	int64		was = option_int(OPTION_ROLLUP, old->options, "fillfactor");
	int64		is = option_int(OPTION_ROLLUP, new->options, "fillfactor");

	if (was == is)
		return;
	add_action(actions, "fillfactor", "from " INT64_FORMAT " to " INT64_FORMAT, was, is);
	table_run(psprintf("ALTER TABLE %s SET (fillfactor = " INT64_FORMAT ")",
					   relation_display_name(relid), is));
}
