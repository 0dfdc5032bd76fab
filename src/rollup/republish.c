/*-------------------------------------------------------------------------
 *
 * republish.c
 *	  The columns of a rollup's table that publications name, and their
 *	  changes.
 *
 * Policy: a subscriber must never receive a column that it does not have,
 * because it would stop applying changes.  If a publication names columns,
 * only rsfed.publish() adds a new column to it, after subscribers have the
 * column, and a column is removed from it before it is dropped.  If a
 * publication cannot name columns, subscribers must be changed first; the
 * setting rsfed.alter_published confirms that this was done.
 *
 * Publications are changed as the owner of rsfed, who must be a superuser: the
 * owner of a rollup need not own the publications that it is in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/names.h"
#include "base/settings.h"
#include "catalog/extension.h"
#include "catalog/owner_scope.h"
#include "catalog/published.h"
#include "rollup/action.h"
#include "rollup/republish.h"
#include "rollup/reshape.h"
#include "rollup/table.h"

/* The columns of a table that a change affects: Lists of char *. */
typedef struct ColumnChanges
{
	List	   *added;			/* of names */
	List	   *statements;		/* of statements that add them at a subscriber */
	List	   *dropped;
	List	   *retyped;
} ColumnChanges;

List *
republish_columns(Oid relid, const Rollup *rollup)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	bool		whole_rows = rel->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
	List	   *columns = NIL;

	relation_close(rel, AccessShareLock);
	if (whole_rows || !RSFED_HAVE_COLUMN_LISTS)
		return NIL;
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (get_attnum(relid, rollup->columns[i].name) != InvalidAttrNumber)
			columns = lappend(columns, rollup->columns[i].name);
	}
	return columns;
}

/*
 * Runs a command that changes a publication; the caller writes its rows in
 * rsfed's tables.
 */
static void
run_on_publication(const char *command)
{
	publications_keep(true);
	PG_TRY();
	{
		table_run(command);
	}
	PG_FINALLY();
	{
		publications_keep(false);
	}
	PG_END_TRY();
}

void
republish_remove(const char *publication, Oid relid)
{
	run_on_publication(psprintf("ALTER PUBLICATION %s DROP TABLE ONLY %s", quote_identifier(publication),
					   relation_display_name(relid)));
}

void
republish_add(const char *publication, Oid relid, List *columns)
{
	if (publication_contains(publication, relid))
		republish_remove(publication, relid);
	run_on_publication(psprintf("ALTER PUBLICATION %s ADD TABLE ONLY %s%s", quote_identifier(publication),
					   relation_display_name(relid),
					   columns == NIL ? "" : psprintf(" (%s)", names_quoted(columns))));
}

void
republish_forget(const RsfedRelation *relation)
{
	List	   *publications = published_in(relation->relation_id);
	OwnerScope	scope;
	ListCell   *lc;

	foreach(lc, publications)
	{
		owner_scope_enter(&scope, extension_require(), false);
		republish_remove(lfirst(lc), relation->relid);
		owner_scope_leave(&scope);
		(void) published_delete(lfirst(lc), relation->relation_id);
		(void) publication_bump(lfirst(lc));
		ereport(NOTICE,
				(errmsg("publication \"%s\" goes on without \"%s\"", (char *) lfirst(lc),
						relation->relation_name)));
	}
}

/* Does a rollup have a column of that name? */
static bool
has_column(const Rollup *rollup, const char *name)
{
	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (strcmp(rollup->columns[i].name, name) == 0)
			return true;
	}
	return false;
}

/* The changes of a table's columns by a new definition. */
static ColumnChanges
column_changes(Oid relid, const Rollup *old, const Rollup *new, const LocalColumn *columns)
{
	ColumnChanges changes = {0};
	Relation	rel = relation_open(relid, AccessShareLock);

	for (int i = 0; i < new->ncolumns; i++)
	{
		AttrNumber	attnum = get_attnum(relid, columns[i].name);

		if (!has_column(old, columns[i].name) || attnum == InvalidAttrNumber)
		{
			changes.added = lappend(changes.added, columns[i].name);
			changes.statements = lappend(changes.statements,
										 psprintf("ALTER TABLE %s ADD COLUMN %s %s;",
												  relation_display_name(relid),
												  quote_identifier(columns[i].name),
												  reshape_shown_type(&columns[i])));
		}
		else if (!reshape_same_type(TupleDescAttr(RelationGetDescr(rel), attnum - 1), &columns[i]))
			changes.retyped = lappend(changes.retyped, columns[i].name);
	}
	relation_close(rel, AccessShareLock);
	for (int i = 0; i < old->ncolumns; i++)
	{
		if (!has_column(new, old->columns[i].name))
			changes.dropped = lappend(changes.dropped, old->columns[i].name);
	}
	return changes;
}

/*
 * Raises an error because the subscribers of a publication have to copy the
 * table again.
 */
pg_noreturn static void
refuse(const RsfedRelation *relation, const char *publication, const char *what, bool may_be_told)
{
	char	   *name = quote_literal_cstr(relation_display_name(relation->relid));
	char	   *script = psprintf("SELECT rsfed.subscriber_script(%s)", quote_literal_cstr(publication));

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("subscribers of publication \"%s\" cannot follow this change of rollup \"%s\"",
					publication, relation->relation_name),
			 errdetail("%s", what),
			 errhint("In this order: SELECT rsfed.unpublish(ARRAY[%s]::regclass[], %s); run what %s gives on subscribers; change the rollup; SELECT rsfed.publish(ARRAY[%s]::regclass[], %s); run the new script there, and the table is copied again.%s",
					 name, quote_literal_cstr(publication), script, name, quote_literal_cstr(publication),
					 may_be_told ? " Or change the type there first, and here with SET rsfed.alter_published = on." : "")));
}

/*
 * Raises an error because subscribers need the new columns before they are
 * made here.
 */
pg_noreturn static void
refuse_to_add(const RsfedRelation *relation, const char *publication, const ColumnChanges *changes)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("subscribers of publication \"%s\" need the new columns of rollup \"%s\" first",
					publication, relation->relation_name),
			 errdetail("The publication has all columns of its table: it %s.",
					   RSFED_HAVE_COLUMN_LISTS ? "has no key without NULLs"
					   : "is one of PostgreSQL 13 or 14"),
			 errhint("Run on every subscriber: %s Then here: SET rsfed.alter_published = on, and try again.",
					 texts_joined(changes->statements, " "))));
}

void
republish_check(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
				const LocalColumn *columns, bool new_key)
{
	List	   *publications = published_in(relation->relation_id);
	ColumnChanges changes = {0};
	ListCell   *lc;

	if (publications != NIL)
		changes = column_changes(relation->relid, old, new, columns);
	foreach(lc, publications)
	{
		const char *publication = lfirst(lc);
		bool		lists = published_columns(publication, relation->relid) != NIL;

		if (new_key)
			refuse(relation, publication, "Its key becomes another one, and so do all its rows.", false);
		if (changes.retyped != NIL && !rsfed_alter_published)
			refuse(relation, publication,
				   psprintf("These columns get another type: %s.", names_quoted(changes.retyped)), true);
		if (lists)
			continue;
		/* a subscriber finds the row to change by all its columns */
		if (changes.dropped != NIL)
			refuse(relation, publication,
				   psprintf("These columns go, and the publication shows all columns of its table: %s.",
							names_quoted(changes.dropped)), false);
		if (changes.added != NIL && !rsfed_alter_published)
			refuse_to_add(relation, publication, &changes);
	}
}

void
republish_check_rename(const RsfedRelation *relation, const char *old_name, const char *new_name)
{
	List	   *publications = published_in(relation->relation_id);

	if (publications == NIL || rsfed_alter_published ||
		!has_column(rollup_load(relation->relation_id), old_name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("subscribers of publication \"%s\" know column \"%s\" of rollup \"%s\" by that name",
					(char *) linitial(publications), old_name, relation->relation_name),
			 errdetail("They apply no further changes until they know the new name."),
			 errhint("SET rsfed.alter_published = on, rename it here, and at once run on every subscriber: ALTER TABLE %s RENAME COLUMN %s TO %s;",
					 relation_display_name(relation->relid), quote_identifier(old_name),
					 quote_identifier(new_name))));
}

/* A publication, and those of its columns that are to be named again. */
typedef struct Unnamed
{
	char	   *publication;
	List	   *retyped;
} Unnamed;

/*
 * Changes the columns of the table that a publication names, as the owner of
 * rsfed.
 */
static void
name_columns(const char *publication, Oid relid, List *columns)
{
	OwnerScope	scope;

	owner_scope_enter(&scope, extension_require(), false);
	republish_add(publication, relid, columns);
	owner_scope_leave(&scope);
}

List *
republish_without(const RsfedRelation *relation, const Rollup *old, const Rollup *new,
				  const LocalColumn *columns)
{
	List	   *publications = published_in(relation->relation_id);
	List	   *result = NIL;
	ColumnChanges changes = {0};
	ListCell   *lc;

	if (publications != NIL)
		changes = column_changes(relation->relid, old, new, columns);
	foreach(lc, publications)
	{
		List	   *named = published_columns(lfirst(lc), relation->relid);
		List	   *kept = NIL;
		Unnamed    *unnamed = palloc0(sizeof(Unnamed));
		ListCell   *lc2;

		unnamed->publication = lfirst(lc);
		foreach(lc2, named)
		{
			if (names_hold(changes.retyped, lfirst(lc2)))
				unnamed->retyped = lappend(unnamed->retyped, lfirst(lc2));
			else if (!names_hold(changes.dropped, lfirst(lc2)))
				kept = lappend(kept, lfirst(lc2));
		}
		if (list_length(kept) < list_length(named))
			name_columns(lfirst(lc), relation->relid, kept);
		result = lappend(result, unnamed);
	}
	return result;
}

void
republish_again(const RsfedRelation *relation, const Rollup *new, List *publications, List **actions)
{
	ListCell   *lc;

	foreach(lc, publications)
	{
		Unnamed    *unnamed = lfirst(lc);
		List	   *named = published_columns(unnamed->publication, relation->relid);
		List	   *added = NIL;
		const char *publication = quote_literal_cstr(unnamed->publication);

		if (unnamed->retyped != NIL)
		{
			named = list_concat(named, unnamed->retyped);
			name_columns(unnamed->publication, relation->relid, named);
		}
		for (int i = 0; named != NIL && i < new->ncolumns; i++)
		{
			if (!names_hold(named, new->columns[i].name))
				added = lappend(added, new->columns[i].name);
		}
		add_action(actions, "publication", "publication %s is version %d: run what SELECT rsfed.subscriber_script(%s) gives on subscribers%s",
				   unnamed->publication, publication_bump(unnamed->publication), publication,
				   added == NIL ? "" :
				   psprintf(", then here SELECT rsfed.publish(ARRAY[%s]::regclass[], %s), which publishes the new columns: %s",
							quote_literal_cstr(relation_display_name(relation->relid)), publication,
							names_quoted(added)));
	}
}
