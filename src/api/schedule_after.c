/*-------------------------------------------------------------------------
 *
 * schedule_after.c
 *	  The schedule option "after": names of other schedules.
 *
 * A name is that of a relation, written as regclass input is, and means its
 * schedule "refresh"; with a slash and what follows it, another schedule of the
 * relation.  The first slash outside double quotes counts, so that a relation
 * with a slash in its name can be named too: "odd/name"/nightly.  A set is named
 * as: set month_end, or set "Month end"/nightly.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/varlena.h"

#include "api/schedule_after.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/options.h"
#include "catalog/after.h"
#include "catalog/relation.h"
#include "catalog/schedules.h"
#include "catalog/sets.h"

#define OPTION_NAME "after"
#define DEFAULT_SCHEDULE "refresh"
#define SET_PREFIX "set "

/* Where the schedule's name begins, behind the slash; NULL if there is none. */
static const char *
find_schedule_name(const char *text)
{
	bool		quoted = false;

	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '/' && !quoted)
			return c + 1;
	}
	return NULL;
}

/* The schedules that the current user may see, as the option names them. */
static List *
visible_schedules(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *names = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT pg_catalog.concat(relation::pg_catalog.text,"
					" '" SET_PREFIX "' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(set_name),"
					" CASE WHEN name OPERATOR(pg_catalog.<>) '" DEFAULT_SCHEDULE "'"
					" THEN pg_catalog.concat('/', name) END)"
					" FROM rsfed.schedules ORDER BY 1", false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the schedules");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		MemoryContextSwitchTo(caller);
		names = lappend(names, pstrdup(name));
	}
	SPI_finish();
	return names;
}

/* Raises 42704 for a name that is none of a schedule. */
pg_noreturn static void
refuse_unknown(const char *text)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("schedule \"%s\" in option \"" OPTION_NAME "\" does not exist", text),
			 errhint("%s", unknown_name_hint(text, visible_schedules(), "schedules"))));
}

/* Whether it is there, and succeeds, is for those who see it in rsfed.schedules. */
static bool
may_see(Oid relid)
{
	return relation_is_maintainer(relid, GetUserId()) ||
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* The relation of rsfed that the names are of; 0 for none, 42501 if it is not seen. */
static int32
find_relation(List *names)
{
	Oid			relid = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
	RsfedRelation *relation = OidIsValid(relid) ? relation_lookup(relid) : NULL;

	if (relation == NULL)
		return 0;
	if (!may_see(relid))
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	return relation->relation_id;
}

/* The same of a set, which is seen by who sees all of its members. */
static int32
find_set(List *names)
{
	const char *name = strVal(linitial(names));
	int32		set_id = list_length(names) == 1 ? set_find(name) : 0;
	List	   *members = set_id != 0 ? set_members(set_id) : NIL;
	ListCell   *lc;

	foreach(lc, members)
	{
		RsfedRelation *member = relation_lookup_id(lfirst_int(lc));

		if (member != NULL && !may_see(member->relid))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for set \"%s\"", name),
					 errdetail("Only who may read all of its members may do that.")));
	}
	return set_id;
}

/* One element of the option. */
static ScheduleRef *
resolve_one(const char *text)
{
	ScheduleRef *ref = palloc(sizeof(ScheduleRef));
	const char *name = find_schedule_name(text);
	char	   *what = name ? pnstrdup(text, name - 1 - text) : pstrdup(text);
	bool		is_set = strncmp(what, SET_PREFIX, strlen(SET_PREFIX)) == 0;
	List	   *names = stringToQualifiedNameListCompat(is_set ? what + strlen(SET_PREFIX) : what, NULL);

	ref->relation_id = is_set ? find_set(names) : find_relation(names);
	ref->name = pstrdup(name ? name : DEFAULT_SCHEDULE);
	if (ref->relation_id == 0 || schedule_load(ref->relation_id, ref->name) == NULL)
		refuse_unknown(text);
	return ref;
}

List *
schedule_after_resolve(Jsonb *options)
{
	List	   *refs = NIL;
	List	   *names = option_name_list(OPTION_SCHEDULE, options, OPTION_NAME);
	ListCell   *lc;

	foreach(lc, names)
		refs = lappend(refs, resolve_one(lfirst(lc)));
	return refs;
}

Jsonb *
schedule_after_remove(Jsonb *options)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(options),
											  CStringGetTextDatum(OPTION_NAME)));
}

bool
schedule_after_is_given(Jsonb *options)
{
	JsonbValue	value;

	return getKeyJsonValueFromContainer(&options->root, OPTION_NAME, strlen(OPTION_NAME),
										&value) != NULL;
}
