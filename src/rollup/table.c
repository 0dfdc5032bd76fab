/*-------------------------------------------------------------------------
 *
 * table.c
 *	  Makes the table that serves a rollup.
 *
 * Policy: the table is made by plain SQL statements as the current user, so
 * that privileges, event triggers and default privileges apply as to any table
 * of that user.  Every name in these goes through quote_identifier, and types
 * are written from their oids.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "commands/comment.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/options.h"
#include "catalog/relation.h"
#include "rollup/refresh_target.h"
#include "rollup/table.h"

/*
 * Raises 42622 if a part of a dotted name is too long: PostgreSQL would
 * truncate it silently.
 */
static void
check_length(const char *name)
{
	int			length = 0;
	bool		quoted = false;

	for (const char *c = name;; c++)
	{
		if (*c == '\0' || (*c == '.' && !quoted))
		{
			if (length >= NAMEDATALEN)
				ereport(ERROR,
						(errcode(ERRCODE_NAME_TOO_LONG),
						 errmsg("name \"%s\" is too long", name),
						 errdetail("A name has at most %d bytes.", NAMEDATALEN - 1)));
			if (*c == '\0')
				return;
			length = 0;
		}
		else if (*c == '"' && quoted && c[1] == '"')
		{
			length++;
			c++;
		}
		else if (*c == '"')
			quoted = !quoted;
		else
			length++;
	}
}

RangeVar *
table_parse_name(const char *name)
{
	RangeVar   *rangevar;
	Oid			nspid;

	check_length(name);
	rangevar = makeRangeVarFromNameList(stringToQualifiedNameListCompat(name, NULL));
	nspid = RangeVarGetCreationNamespace(rangevar);
	if (isAnyTempNamespace(nspid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				 errmsg("a rollup cannot be served by a temporary table"),
				 errhint("Name a schema that is not temporary.")));
	rangevar->schemaname = get_namespace_name(nspid);
	return rangevar;
}

/* The name as text: with schema, quoted where needed; palloc'd. */
static char *
display_name(const RangeVar *name)
{
	return quote_qualified_identifier(name->schemaname, name->relname);
}

void
table_run(const char *command)
{
	int			rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rc = SPI_execute(command, false, 0);
	if (rc != SPI_OK_UTILITY)
		elog(ERROR, "unexpected result %s of %s", SPI_result_code_string(rc), command);
	SPI_finish();
}

/* A collation's name with its schema, quoted where needed. */
static char *
collation_name(Oid collation)
{
	HeapTuple	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->collnamespace),
									  NameStr(form->collname));
	ReleaseSysCache(tuple);
	return name;
}

char *
table_column_type(const LocalColumn *column)
{
	char	   *type = format_type_extended(column->type, column->typmod,
											FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);

	if (!OidIsValid(column->collation))
		return type;
	return psprintf("%s COLLATE %s", type, collation_name(column->collation));
}

/* The columns of the key as a list in parentheses. */
static char *
key_list(const Rollup *rollup)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, rollup->key)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", quote_identifier(lfirst(lc)));
	return psprintf("(%s)", buf.data);
}

/*
 * The best replica identity that the table can have: the index that it already
 * uses, or the key's index if none of its columns can be NULL, or whole rows.
 * Without one, a publication would make every refresh fail.
 */
static const char *
best_identity(Relation rel, const Rollup *rollup)
{
	Oid			index = rollup->key == NIL ? InvalidOid : target_find_key_index(rel, rollup);
	ListCell   *lc;

	if (rel->rd_rel->relreplident != REPLICA_IDENTITY_FULL &&
		OidIsValid(RelationGetReplicaIndex(rel)))
		return NULL;
	if (!OidIsValid(index))
		return "FULL";
	/* an index with NULLs cannot be the replica identity */
	foreach(lc, rollup->key)
	{
		AttrNumber	attnum = get_attnum(RelationGetRelid(rel), lfirst(lc));

		if (attnum == InvalidAttrNumber ||
			!TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attnotnull)
			return "FULL";
	}
	return index == RelationGetPrimaryKeyIndexCompat(rel) ? "DEFAULT"
		: psprintf("USING INDEX %s", quote_identifier(get_rel_name(index)));
}

void
table_set_identity(Oid relid, const Rollup *rollup)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	const char *identity = best_identity(rel, rollup);
	bool		is_full = rel->rd_rel->relreplident == REPLICA_IDENTITY_FULL;

	relation_close(rel, AccessShareLock);
	if (identity != NULL && !(is_full && strcmp(identity, "FULL") == 0))
		table_run(psprintf("ALTER TABLE %s REPLICA IDENTITY %s", relation_display_name(relid), identity));
}

void
table_create_key(Oid relid, const Rollup *rollup)
{
	const char *name = relation_display_name(relid);

	if (rollup->key != NIL && definition_has_primary_key(rollup))
		table_run(psprintf("ALTER TABLE %s ADD PRIMARY KEY %s", name, key_list(rollup)));
	else if (rollup->key != NIL)
		/* to GROUP BY, NULL is one group */
		table_run(psprintf("CREATE UNIQUE INDEX ON %s %s%s", name, key_list(rollup),
						   RSFED_HAVE_NULLS_NOT_DISTINCT ? " NULLS NOT DISTINCT" : ""));
	table_set_identity(relid, rollup);
}

/* The comment of a table of that source; palloc'd. */
static char *
comment_text(const char *source)
{
	return psprintf("Served by rsfed: content of a query on Redshift source \"%s\"; "
					"changes made here are overwritten by the next refresh (see rsfed.rollups)",
					source);
}

void
table_comment(Oid relid, const Rollup *rollup)
{
	table_run(psprintf("COMMENT ON TABLE %s IS %s", relation_display_name(relid),
					   quote_literal_cstr(comment_text(rollup->source))));
}

void
table_source_renamed(Oid relid, const char *old_source, const char *new_source)
{
	char	   *comment = GetComment(relid, RelationRelationId, 0);

	/*
	 * the user who renames a server need not own the table, so this writes as
	 * a rename does
	 */
	if (comment != NULL && strcmp(comment, comment_text(old_source)) == 0)
		CreateComments(relid, RelationRelationId, 0, comment_text(new_source));
}

void
table_uncomment(Oid relid)
{
	table_run(psprintf("COMMENT ON TABLE %s IS NULL", relation_display_name(relid)));
}

void
table_drop(Oid relid)
{
	table_run(psprintf("DROP TABLE %s", relation_display_name(relid)));
}

void
table_analyze(Oid relid)
{
	table_run(psprintf("ANALYZE (SKIP_LOCKED) %s", relation_display_name(relid)));
}

Oid
table_create(const RangeVar *name, const Rollup *rollup, const LocalColumn *columns, bool with_key)
{
	StringInfoData buf;
	Oid			relid;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE TABLE %s (", display_name(name));
	for (int i = 0; i < rollup->ncolumns; i++)
		appendStringInfo(&buf, "%s%s %s%s", i > 0 ? ", " : "",
						 quote_identifier(columns[i].name), table_column_type(&columns[i]),
						 columns[i].not_null ? " NOT NULL" : "");

	/*
	 * Truncation by vacuum, also of the toast table, takes an ACCESS EXCLUSIVE
	 * lock, which is replayed on replicas and blocks their readers.
	 */
	appendStringInfo(&buf, ") USING heap WITH (fillfactor = %d, vacuum_truncate = off,"
					 " toast.vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0.05)",
					 (int) option_int(OPTION_ROLLUP, rollup->options, "fillfactor"));
	table_run(buf.data);

	relid = get_relname_relid(name->relname, get_namespace_oid(name->schemaname, false));
	if (!OidIsValid(relid))
		elog(ERROR, "table %s vanished after its creation", display_name(name));
	if (with_key)
		table_create_key(relid, rollup);
	else
		/* without any identity, a publication would refuse the first rows */
		table_run(psprintf("ALTER TABLE %s REPLICA IDENTITY FULL", relation_display_name(relid)));
	table_comment(relid, rollup);
	return relid;
}

void
table_adopt(Oid relid, const Rollup *rollup)
{
	const char *name = relation_display_name(relid);
	Relation	rel = target_open(relid, get_rel_name(relid), ShareUpdateExclusiveLock);
	bool		has_key;

	for (int i = 0; i < rollup->ncolumns; i++)
	{
		if (get_attnum(relid, rollup->columns[i].name) == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" cannot serve the rollup: it has no column \"%s\"",
							RelationGetRelationName(rel), rollup->columns[i].name),
					 errhint("Add it with ALTER TABLE, name the table's columns in the argument columns, or choose another name for the rollup.")));
	}
	(void) target_describe(rel, rollup, false);
	has_key = rollup->key != NIL && OidIsValid(target_find_key_index(rel, rollup));
	relation_close(rel, NoLock);

	table_run(psprintf("ALTER TABLE %s SET (fillfactor = %d, vacuum_truncate = off,"
					   " toast.vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0.05)",
					   name, (int) option_int(OPTION_ROLLUP, rollup->options, "fillfactor")));
	if (!has_key)
		table_create_key(relid, rollup);
	else
		table_set_identity(relid, rollup);
	if (GetComment(relid, RelationRelationId, 0) == NULL)
		table_comment(relid, rollup);
}
