/*-------------------------------------------------------------------------
 *
 * order.c
 *	  The ORDER BY with which Redshift sorts a result by the key.
 *
 * Policy: columns are given by their ordinal numbers, so that no name has to
 * be quoted, and NULLS FIRST or LAST is always explicit.  Only types with the
 * same order on both sides are sorted there.  The order is never trusted, but
 * verified while rows are read (keyed.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "redshift/rewrite.h"
#include "redshift/types.h"
#include "refresh/order.h"

/*
 * Does Redshift sort values of its type like PostgreSQL sorts them as values
 * of the local type?  Not floats (two texts of one value), booleans (Redshift
 * does not document it), char (padded) and intervals.
 */
static bool
sorts_alike(const RollupColumn *remote, Oid local, Oid collation)
{
	switch (redshift_type_kind(remote->type))
	{
		case RS_INTEGER:
			return local == INT2OID || local == INT4OID || local == INT8OID ||
				local == NUMERICOID;
		case RS_DECIMAL:
			return local == NUMERICOID;
		case RS_DATE:
			return local == DATEOID || local == TIMESTAMPOID;
		case RS_TIMESTAMP:
			return local == TIMESTAMPOID;
		case RS_TIMESTAMPTZ:
			return local == TIMESTAMPTZOID;
		case RS_TEXT:
			/* sorted there by the bytes of UTF-8 */
			return (remote->type == VARCHAROID || remote->type == TEXTOID) &&
				(local == TEXTOID || local == VARCHAROID) &&
				collation == C_COLLATION_OID && GetDatabaseEncoding() == PG_UTF8;
		default:
			return false;
	}
}

/*
 * The direction of the order by that operator; false if it is not the default
 * order of the type.
 */
static bool
is_default_order(Oid operator, Oid type, bool *descending)
{
	Oid			family;
	Oid			input_type;
	CompareType meaning;
	Oid			opclass = GetDefaultOpClass(type, BTREE_AM_OID);

	if (!get_ordering_op_properties(operator, &family, &input_type, &meaning) ||
		!OidIsValid(opclass) || get_opclass_family(opclass) != family)
		return false;
	*descending = meaning == COMPARE_GT;
	return true;
}

char *
order_by_key(const Rollup *rollup, const RefreshTarget *target)
{
	StringInfoData buf;

	if (target->nkeys == 0 || !redshift_takes_order(rollup->query))
		return NULL;
	initStringInfo(&buf);
	appendStringInfoString(&buf, "ORDER BY ");
	for (int i = 0; i < target->nkeys; i++)
	{
		int			column = target->keys[i].column;
		Oid			type = TupleDescAttr(target->desc, column)->atttypid;
		bool		descending;

		if (!sorts_alike(&rollup->columns[column], type, target->sort_collations[i]) ||
			!is_default_order(target->sort_operators[i], type, &descending))
			return NULL;
		appendStringInfo(&buf, "%s%d%s NULLS %s", i > 0 ? ", " : "", column + 1,
						 descending ? " DESC" : "",
						 target->sort_nulls_first[i] ? "FIRST" : "LAST");
	}
	return buf.data;
}

bool
order_fits(const RefreshTarget *target, const int *ordinals)
{
	for (int i = 0; i < target->nkeys; i++)
	{
		if (ordinals[target->keys[i].column] != target->keys[i].column)
			return false;
	}
	return true;
}
