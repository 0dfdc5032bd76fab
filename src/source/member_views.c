/*-------------------------------------------------------------------------
 *
 * member_views.c
 *	  The tables behind views at a member of a group.
 *
 * Policy: the tables that a view reads are found in its text.  Redshift's
 * pg_depend has no rows for views WITH NO SCHEMA BINDING, while pg_views has
 * the text of any view; for such a view it is the whole CREATE VIEW.  Each
 * member is asked, because its view may read other tables than that of the
 * others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/attempt.h"
#include "catalog/member_view.h"
#include "redshift/tables.h"
#include "remote/execute.h"
#include "source/member_facts.h"
#include "source/member_views.h"

/* The state to read a text under attempt(). */
typedef struct ReadText
{
	const char *text;
	RedshiftReads *reads;
} ReadText;

static void
read_text(void *arg)
{
	ReadText   *read = arg;

	read->reads = redshift_read_tables(read->text);
}

static bool
holds(List *tables, const char *schema, const char *name)
{
	ListCell   *lc;

	foreach(lc, tables)
	{
		RedshiftTable *table = lfirst(lc);

		if (strcmp(table->schema, schema) == 0 && strcmp(table->name, name) == 0)
			return true;
	}
	return false;
}

/* The views among the tables: List of MemberView. */
static List *
find_views(SourceConnection *source, List *tables)
{
	int			rows;
	int			columns;
	char	  **cells = remote_fetch_all(source->conn,
										 psprintf("/* rsfed check */ SELECT schemaname, viewname, definition"
												  " FROM pg_catalog.pg_views WHERE %s",
												  facts_place_condition(tables, "schemaname", "viewname")),
										 &rows, &columns);
	List	   *views = NIL;

	for (int i = 0; i < rows; i++, cells += columns)
	{
		MemberView *view;

		if (cells[0] == NULL || cells[1] == NULL || cells[2] == NULL || !holds(tables, cells[0], cells[1]))
			continue;
		view = palloc(sizeof(MemberView));
		view->server = pstrdup(source->server);
		view->schema = cells[0];
		view->relation = cells[1];
		view->definition = cells[2];
		views = lappend(views, view);
	}
	return views;
}

static void
add_doubt(ViewsFollowed *followed, const MemberView *view, char *detail)
{
	ViewDoubt  *doubt = palloc(sizeof(ViewDoubt));

	doubt->server = view->server;
	doubt->item = psprintf("view %s", redshift_table_text(view->schema, view->relation));
	doubt->detail = detail;
	followed->doubts = lappend(followed->doubts, doubt);
}

/* The tables that a view reads; parts that cannot be followed are doubts. */
static List *
tables_of(ViewsFollowed *followed, const MemberView *view)
{
	ReadText	read = {.text = view->definition};
	ErrorData  *error = attempt(read_text, &read);
	ListCell   *lc;

	if (error != NULL)
	{
		add_doubt(followed, view, psprintf("what it reads cannot be told: %s", error->message));
		return NIL;
	}
	foreach(lc, read.reads->unclear)
		add_doubt(followed, view, psprintf("it reads %s, which cannot be compared here", (char *) lfirst(lc)));
	return read.reads->tables;
}

void
views_follow(SourceConnection *source, List *tables, ViewsFollowed *followed)
{
	List	   *known = list_copy(tables);
	List	   *next = tables;

	while (next != NIL)
	{
		List	   *views = find_views(source, next);
		ListCell   *lc;

		next = NIL;
		foreach(lc, views)
		{
			ListCell   *lt;
			List	   *read = tables_of(followed, lfirst(lc));

			foreach(lt, read)
			{
				RedshiftTable *table = lfirst(lt);

				if (holds(known, table->schema, table->name))
					continue;
				known = lappend(known, table);
				next = lappend(next, table);
				if (!holds(followed->tables, table->schema, table->name))
					followed->tables = lappend(followed->tables, table);
			}
		}
		followed->views = list_concat(followed->views, views);
	}
}
