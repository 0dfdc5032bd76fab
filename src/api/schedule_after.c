/*-------------------------------------------------------------------------
 *
 * schedule_after.c
 *	  The schedule option "after": names of other schedules.
 *
 * A name is that of a relation, in the format of regclass input, and means its
 * schedule "refresh"; a slash and another name after it mean another schedule
 * of the relation.  The first slash outside double quotes counts, so that a
 * relation with a slash in its name can be named too: "odd/name"/nightly.  A
 * set has the word set before its name, which no relation can have: set
 * month_end/nightly.
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
#include "catalog/relation_schedule.h"
#include "catalog/set.h"

#define OPTION_NAME "after"
#define DEFAULT_SCHEDULE "refresh"
#define SET_PREFIX "set "

/* The start of the schedule's name, after the slash; NULL if there is none. */
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
	if (SPI_execute("SELECT pg_catalog.concat(COALESCE(relation::pg_catalog.text,"
					" pg_catalog.format('" SET_PREFIX "%I', set_name)),"
					" CASE WHEN name OPERATOR(pg_catalog.<>) '" DEFAULT_SCHEDULE "'"
					" THEN pg_catalog.concat('/', name) END)"
					" FROM rsfed.schedules WHERE relation IS NOT NULL OR set_name IS NOT NULL"
					" ORDER BY 1", false, 0) != SPI_OK_SELECT)
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

/* Raises 42704 for a name without a schedule. */
pg_noreturn static void
refuse_unknown(const char *text)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("schedule \"%s\" in option \"" OPTION_NAME "\" does not exist", text),
			 errhint("%s", unknown_name_hint(text, visible_schedules(), "schedules"))));
}

/*
 * The relation_id of the set that an element of the option names; 0 if the
 * current user sees none of its schedules.
 */
static int32
resolve_set(const char *quoted_name, const char *schedule)
{
	List	   *names = stringToQualifiedNameListCompat(quoted_name, NULL);
	const char *name = strVal(linitial(names));
	StringInfoData shown;
	ListCell   *lc;

	initStringInfo(&shown);
	appendStringInfo(&shown, SET_PREFIX "%s", quote_identifier(name));
	if (strcmp(schedule, DEFAULT_SCHEDULE) != 0)
		appendStringInfo(&shown, "/%s", schedule);
	foreach(lc, visible_schedules())
	{
		if (list_length(names) == 1 && strcmp(lfirst(lc), shown.data) == 0)
			return set_find(name);
	}
	return 0;
}

/*
 * The same for a relation; raises 42501 if the current user must not know it.
 */
static int32
resolve_relation(const char *text, const char *schedule)
{
	RangeVar   *rangevar = makeRangeVarFromNameList(stringToQualifiedNameListCompat(text, NULL));
	Oid			relid = RangeVarGetRelid(rangevar, NoLock, true);
	RsfedRelation *relation = OidIsValid(relid) ? relation_lookup(relid) : NULL;

	/*
	 * only users who see it in rsfed.schedules may know whether it exists and
	 * succeeds
	 */
	if (relation != NULL && !relation_is_maintainer(relid, GetUserId()) &&
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	if (relation == NULL || schedule_load(relation->relation_id, schedule) == NULL)
		return 0;
	return relation->relation_id;
}

/* Reads one element of the option. */
static ScheduleRef *
resolve_one(const char *text)
{
	ScheduleRef *ref = palloc(sizeof(ScheduleRef));
	const char *name = find_schedule_name(text);
	const char *owner = name ? pnstrdup(text, name - 1 - text) : text;

	ref->name = pstrdup(name ? name : DEFAULT_SCHEDULE);
	if (pg_strncasecmp(owner, SET_PREFIX, strlen(SET_PREFIX)) == 0)
		ref->relation_id = resolve_set(owner + strlen(SET_PREFIX), ref->name);
	else
		ref->relation_id = resolve_relation(owner, ref->name);
	if (ref->relation_id == 0)
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
