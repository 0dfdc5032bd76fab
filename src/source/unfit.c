/*-------------------------------------------------------------------------
 *
 * unfit.c
 *	  Members of a group that differ in the tables that a query reads.
 *
 * Policy: a query reads only the columns that it names, unless it contains a
 * star; so a column that was added at one member first does no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/names.h"
#include "catalog/difference.h"
#include "catalog/member_view.h"
#include "redshift/tables.h"
#include "source/server.h"
#include "source/unfit.h"

/* Does the query read the object that differs? */
static bool
is_read(const Difference *difference, const RedshiftReads *reads, const char *query, const char *role)
{
	bool		is_named = redshift_reads_table(reads, difference->schema, difference->relation);
	ListCell   *lc;

	if (!is_named || difference->columns == NIL)
		return is_named;
	if (strcmp(difference->kind, "grant") == 0)
		return names_hold(difference->columns, role);
	if (reads->has_star)
		return true;
	foreach(lc, difference->columns)
	{
		if (redshift_mentions(query, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Does the query read the object that differs, directly or through views of
 * the member? seen: of MemberView, those that have been examined.
 */
static bool
reaches(const Difference *difference, const RedshiftReads *reads, const char *query, const char *role,
		List *views, List **seen)
{
	ListCell   *lc;

	if (is_read(difference, reads, query, role))
		return true;
	/* the view's owner reads the tables behind it */
	if (strcmp(difference->kind, "grant") == 0)
		return false;
	foreach(lc, views)
	{
		MemberView *view = lfirst(lc);

		if (strcmp(view->server, difference->server) != 0 || list_member_ptr(*seen, view) ||
			!redshift_reads_table(reads, view->schema, view->relation))
			continue;
		*seen = lappend(*seen, view);
		if (reaches(difference, redshift_read_tables(view->definition), view->definition, role, views, seen))
			return true;
	}
	return false;
}

List *
source_unfit(const char *source, const char *query, Oid userid, int32 relation_id)
{
	ForeignServer *server = GetForeignServerByName(source, true);
	bool		needs_snapshot = !ActiveSnapshotSet();
	RedshiftReads *reads = NULL;
	List	   *differences;
	List	   *views = NIL;
	List	   *unfit = NIL;
	ListCell   *lc;

	if (server == NULL || !source_is_group(server))
		return NIL;
	/* SPI would leave a snapshot that it takes itself to the portal */
	if (needs_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	differences = differences_of(source);
	if (differences != NIL)
		views = member_views_of(source);
	if (needs_snapshot)
		PopActiveSnapshot();
	foreach(lc, differences)
	{
		Difference *difference = lfirst(lc);
		List	   *seen = NIL;

		/* they are ordered by server */
		if (unfit != NIL && strcmp(llast(unfit), difference->server) == 0)
			continue;
		if (difference->relation_id != 0)
		{
			if (difference->relation_id == relation_id)
				unfit = lappend(unfit, difference->server);
			continue;
		}
		if (reads == NULL)
			reads = redshift_read_tables(query);
		if (reaches(difference, reads, query, GetUserNameFromId(userid, false), views, &seen))
			unfit = lappend(unfit, difference->server);
	}
	return unfit;
}
