/*-------------------------------------------------------------------------
 *
 * owner.c
 *	  Checks whether the owners of rollups can refresh them.
 *
 * Policy: runs log in with the owner's user mapping.  A command that drops the
 * mapping, or gives the table to a role without one, works as it does for any
 * table, but the consequence is reported at once, not by a failing run at
 * night.  It is only a warning, because both commands may be wanted in either
 * order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "catalog/extension.h"
#include "catalog/rollup.h"
#include "rollup/owner.h"
#include "source/source.h"

void
owner_warn(const RsfedRelation *relation)
{
	const char *source;
	char	   *owner;

	if (relation == NULL || !relation->is_rollup)
		return;
	source = rollup_load(relation->relation_id)->source;
	if (source_is_usable(source, relation_owner(relation->relid)))
		return;
	owner = GetUserNameFromId(relation_owner(relation->relid), false);
	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("refreshes of rollup \"%s\" will fail", relation->relation_name),
			 errdetail("They log in as its owner, and role \"%s\" cannot use server \"%s\".",
					   owner, source),
			 errhint("It needs GRANT USAGE ON FOREIGN SERVER %s TO %s, and a user mapping: SELECT rsfed.set_credentials(%s, username => '...', password => '...', for_role => %s).",
					 quote_identifier(source), quote_identifier(owner),
					 quote_literal_cstr(source), quote_literal_cstr(owner))));
}

void
owner_warn_all(const char *source, Oid owner)
{
	List	   *ids = rollup_ids(source);
	char	   *version = extension_version();
	ListCell   *lc;

	/*
	 * a mere warning must not fail because the SQL objects have another
	 * version
	 */
	if (version == NULL || extension_fit(version) != EXTENSION_FITS)
		return;
	foreach(lc, ids)
	{
		RsfedRelation *relation = relation_lookup_id(lfirst_int(lc));

		if (relation != NULL && (!OidIsValid(owner) || relation_owner(relation->relid) == owner))
			owner_warn(relation);
	}
}
