/*-------------------------------------------------------------------------
 *
 * constraints.c
 *	  Deferrable constraints of the served table, while a pass writes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "commands/trigger.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "refresh/constraints.h"
#include "rollup/table.h"

/* The name of a constraint's schema. */
static char *
constraint_schema(Oid constraint)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	char	   *schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", constraint);
	schema = get_namespace_name(((Form_pg_constraint) GETSTRUCT(tuple))->connamespace);
	ReleaseSysCache(tuple);
	return schema;
}

/*
 * SET CONSTRAINTS for each deferrable constraint behind the table's triggers;
 * for those that are initially deferred only, if asked.
 */
static void
set_constraints(Relation rel, bool only_deferred, const char *mode)
{
	TriggerDesc *triggers = rel->trigdesc;
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];
		char	   *name;

		if (!trigger->tgdeferrable || (only_deferred && !trigger->tginitdeferred) ||
			!OidIsValid(trigger->tgconstraint))
			continue;
		name = get_constraint_name(trigger->tgconstraint);
		if (name != NULL)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
							 quote_qualified_identifier(constraint_schema(trigger->tgconstraint), name));
	}
	if (buf.len > 0)
		table_run(psprintf("SET CONSTRAINTS %s %s", buf.data, mode));
}

void
constraints_immediate(Relation rel)
{
	set_constraints(rel, false, "IMMEDIATE");
}

void
constraints_restore(Relation rel)
{
	set_constraints(rel, true, "DEFERRED");
}
