/*-------------------------------------------------------------------------
 *
 * suggest_relation.c
 *	  Carries the properties of a relation over to its replacement.
 *
 * Policy: readers have the same privileges on the new relation as on the old
 * one, and no more: default privileges are revoked first, and privileges
 * without effect on a materialized view, such as INSERT, are not granted on a
 * table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "api/script.h"
#include "api/suggest_relation.h"
#include "base/compat.h"
#include "catalog/relation.h"

/* Is it a rollup from an earlier run of such a script, or an index of one? */
static bool
is_rollups(Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};
	char	   *table = script_text("SELECT indrelid FROM pg_index WHERE indexrelid = $1", 1, types, values);
	RsfedRelation *relation = relation_lookup(table ? atooid(table) : relid);

	return relation != NULL && relation->is_rollup;
}

char *
suggest_free_name(Oid schema, const char *name, const char *label)
{
	for (int i = 1;; i++)
	{
		char	   *candidate = makeObjectName(name, NULL, i == 1 ? label : psprintf("%s%d", label, i));
		Oid			relid = get_relname_relid(candidate, schema);

		if (!OidIsValid(relid) || is_rollups(relid))
			return candidate;
	}
}

/* Valid indexes of a relation: oids, by name. */
static List *
index_oids(Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};

	return script_oids("SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
					   " WHERE i.indrelid = $1 AND i.indisvalid ORDER BY c.relname",
					   1, types, values);
}

List *
suggest_kept_indexes(Oid relid)
{
	List	   *indexes = NIL;
	ListCell   *lc;

	foreach(lc, index_oids(relid))
	{
		SuggestedIndex *index = palloc0(sizeof(SuggestedIndex));

		index->old = lfirst_oid(lc);
		index->name = get_rel_name(index->old);
		index->kept_name = suggest_free_name(get_rel_namespace(relid), index->name, "before_rsfed");
		indexes = lappend(indexes, index);
	}
	return indexes;
}

/* Is the index just a list of columns, like that of a rollup's key? */
static bool
is_plain(Oid index)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(index)};

	return script_text("SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
					   " JOIN pg_class t ON t.oid = i.indrelid"
					   " WHERE i.indexrelid = $1 AND i.indnatts = i.indnkeyatts AND i.indoption::text !~ '[1-9]'"
					   " AND c.reloptions IS NULL AND c.reltablespace = t.reltablespace"
					   " AND NOT EXISTS (SELECT FROM unnest(i.indclass) o (oid) JOIN pg_opclass p USING (oid) WHERE NOT p.opcdefault)"
					   " AND NOT EXISTS (SELECT FROM generate_series(0, i.indnatts - 1) n JOIN pg_attribute a"
					   " ON a.attrelid = t.oid AND a.attnum = i.indkey[n] WHERE a.attcollation <> i.indcollation[n])",
					   1, types, values) != NULL;
}

List *
suggest_indexes(Suggestion *s, Oid relid, const char *new_relation, Oid key_index)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID};
	List	   *indexes = suggest_kept_indexes(relid);
	Oid			schema = get_rel_namespace(relid);
	ListCell   *lc;

	foreach(lc, indexes)
	{
		SuggestedIndex *index = lfirst(lc);
		Datum		values[3];

		if (index->old == key_index && is_plain(key_index))
			continue;
		index->new_name = suggest_free_name(schema, index->name, "new");
		values[0] = ObjectIdGetDatum(index->old);
		values[1] = CStringGetTextDatum(index->new_name);
		values[2] = CStringGetTextDatum(new_relation);
		/*
		 * columns and expressions name no table, so the text before them is
		 * known exactly
		 */
		script_lines(&s->text,
					 "SELECT concat(format('CREATE %sINDEX IF NOT EXISTS %I ON %s', u.word, $2, $3),"
					 " substr(pg_get_indexdef(c.oid), length(format('CREATE %sINDEX %I ON %I.%I', u.word, c.relname, n.nspname, t.relname)) + 1), ';',"
					 " E'\\nCOMMENT ON INDEX ' || quote_ident(n.nspname) || '.' || quote_ident($2) || ' IS ' || quote_literal(obj_description(c.oid, 'pg_class')) || ';')"
					 " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
					 " JOIN pg_namespace n ON n.oid = t.relnamespace,"
					 " LATERAL (SELECT CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END AS word) u WHERE c.oid = $1",
					 3, types, values, false);
	}
	return indexes;
}

bool
suggest_is_populated(Oid relid)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};

	return script_text("SELECT 1 FROM pg_class WHERE oid = $1 AND relispopulated", 1, types, values) != NULL;
}

/* Options that rsfed sets on a table are left out. */
static void
write_options(Suggestion *s, Oid relid, const char *new_relation, bool is_table)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID};
	Datum		values[3] = {ObjectIdGetDatum(relid), CStringGetTextDatum(new_relation),
	CStringGetTextDatum(is_table ? "TABLE" : "MATERIALIZED VIEW")};

	script_lines(&s->text,
				 "SELECT format('ALTER %s %s SET (%s);', $3, $2, string_agg(format('%I = %L', o.option_name, o.option_value), ', '))"
				 " FROM pg_class c, pg_options_to_table(c.reloptions) o WHERE c.oid = $1"
				 " AND ($3 <> 'TABLE' OR o.option_name <> ALL ('{fillfactor,vacuum_truncate,autovacuum_vacuum_scale_factor}'))"
				 " HAVING count(*) > 0", 3, types, values, false);
	script_lines(&s->text,
				 "SELECT format('ALTER %s %s SET TABLESPACE %I;', $3, $2, p.spcname)"
				 " FROM pg_class c JOIN pg_tablespace p ON p.oid = c.reltablespace WHERE c.oid = $1",
				 3, types, values, false);
	script_lines(&s->text,
				 "SELECT concat(CASE WHEN a.attstattarget >= 0 THEN format('ALTER %s %s ALTER COLUMN %I SET STATISTICS %s;', $3, $2, a.attname, a.attstattarget) END,"
				 " format('ALTER %s %s ALTER COLUMN %I SET (', $3, $2, a.attname) || o.list || ');')"
				 " FROM pg_attribute a, LATERAL (SELECT string_agg(format('%I = %L', o.option_name, o.option_value), ', ') AS list"
				 " FROM pg_options_to_table(a.attoptions) o WHERE o.option_name IN ('n_distinct', 'n_distinct_inherited')) o"
				 " WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped"
				 " AND (a.attstattarget >= 0 OR o.list IS NOT NULL) ORDER BY a.attnum",
				 3, types, values, false);
}

#define GRANTEE "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END"

static void
write_grants(Suggestion *s, Oid relid, const char *new_relation)
{
	Oid			types[] = {OIDOID, TEXTOID};
	Datum		values[2] = {ObjectIdGetDatum(relid), CStringGetTextDatum(new_relation)};
	ListCell   *lc;

	script_lines(&s->text,
				 "SELECT DISTINCT format('REVOKE ALL ON TABLE %s FROM %s;', $2, " GRANTEE ")"
				 " FROM pg_class c JOIN pg_default_acl d ON d.defaclrole = c.relowner AND d.defaclnamespace IN (0, c.relnamespace),"
				 " aclexplode(d.defaclacl) a WHERE c.oid = $1 AND d.defaclobjtype = 'r' AND a.grantee <> c.relowner ORDER BY 1",
				 2, types, values, false);
	script_lines(&s->text,
				 "SELECT format('GRANT %s ON TABLE %s TO %s%s;', string_agg(DISTINCT a.privilege_type, ', '), $2, " GRANTEE ","
				 " CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)"
				 " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1 AND a.grantee <> c.relowner"
				 " AND a.privilege_type = ANY ('{SELECT,MAINTAIN}')"
				 " GROUP BY a.grantee, a.is_grantable ORDER BY " GRANTEE ", a.is_grantable",
				 2, types, values, false);
	script_lines(&s->text,
				 "SELECT format('GRANT SELECT (%s) ON TABLE %s TO %s%s;', string_agg(DISTINCT quote_ident(t.attname), ', '), $2, " GRANTEE ","
				 " CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)"
				 " FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a"
				 " WHERE c.oid = $1 AND a.grantee <> c.relowner AND a.privilege_type = 'SELECT'"
				 " GROUP BY a.grantee, a.is_grantable ORDER BY " GRANTEE ", a.is_grantable",
				 2, types, values, false);
	foreach(lc, script_texts("SELECT format('%s: %s', " GRANTEE ", string_agg(DISTINCT a.privilege_type, ', '))"
							 " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = $1 AND a.grantee <> c.relowner"
							 " AND a.privilege_type <> ALL ('{SELECT,MAINTAIN}') GROUP BY a.grantee ORDER BY 1",
							 1, types, values))
		suggest_note(s, "Privileges that meant nothing on the old view are not granted: %s.", (char *) lfirst(lc));
}

static void
write_comments(Suggestion *s, Oid relid, const char *new_relation, bool is_table)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID};
	Datum		values[3] = {ObjectIdGetDatum(relid), CStringGetTextDatum(new_relation),
	CStringGetTextDatum(is_table ? "TABLE" : "MATERIALIZED VIEW")};

	script_lines(&s->text,
				 "SELECT CASE d.objsubid WHEN 0 THEN format('COMMENT ON %s %s IS %L;', $3, $2, d.description)"
				 " ELSE format('COMMENT ON COLUMN %s.%I IS %L;', $2, a.attname, d.description) END"
				 " FROM pg_description d LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0"
				 " WHERE d.objoid = $1 AND d.classoid = 'pg_class'::regclass ORDER BY d.objsubid",
				 3, types, values, false);
}

void
suggest_properties(Suggestion *s, Oid relid, const char *new_relation, bool is_table)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};
	ListCell   *lc;

	write_options(s, relid, new_relation, is_table);
	write_grants(s, relid, new_relation);
	write_comments(s, relid, new_relation, is_table);
	foreach(lc, script_texts("SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxrelid = $1 ORDER BY stxname",
							 1, types, values))
		suggest_note(s, "Extended statistics stay with the old view; under a free name they can be made again: %s;",
					 (char *) lfirst(lc));
	foreach(lc, script_texts("SELECT format('%s: %s', provider, label) FROM pg_seclabel"
							 " WHERE objoid = $1 AND classoid = 'pg_class'::regclass ORDER BY 1", 1, types, values))
		suggest_note(s, "A security label stays with the old view (%s).", (char *) lfirst(lc));
	foreach(lc, script_texts("SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
							 " WHERE i.indrelid = $1 AND NOT i.indisvalid ORDER BY 1", 1, types, values))
		suggest_note(s, "Index %s is invalid, and is not made again.", quote_identifier(lfirst(lc)));
}

/*
 * The columns in a form that EXCEPT can compare: as text if the type has no
 * equality.
 */
static char *
comparable_columns(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(rel), i);

		appendStringInfo(&buf, "%s%s%s", buf.len > 0 ? ", " : "", quote_identifier(NameStr(attr->attname)),
						 OidIsValid(lookup_type_cache(attr->atttypid, TYPECACHE_EQ_OPR)->eq_opr) ? "" : "::text");
	}
	relation_close(rel, NoLock);
	return buf.data;
}

void
suggest_compare(Suggestion *s, Oid relid, const char *old_relation, const char *new_relation)
{
	char	   *columns = comparable_columns(relid);
	char	   *old_rows = psprintf("SELECT %s FROM %s", columns, old_relation);
	char	   *new_rows = psprintf("SELECT %s FROM %s", columns, new_relation);

	appendStringInfo(&s->text,
					 "SELECT a AS rsfed_only_old, b AS rsfed_only_new, a + b = 0 AS rsfed_same FROM (SELECT\n"
					 "\t(SELECT count(*) FROM (%s\n\t\tEXCEPT ALL %s) AS d),\n"
					 "\t(SELECT count(*) FROM (%s\n\t\tEXCEPT ALL %s) AS d)) AS c (a, b) \\gset\n"
					 "\\echo Rows only in the old content: :rsfed_only_old, only in the new: :rsfed_only_new\n"
					 "\\if :{?rsfed_accept}\n"
					 "\\elif :rsfed_same\n"
					 "\\else\n"
					 "DO $$ BEGIN RAISE EXCEPTION 'the old and the new content differ; nothing was changed for readers'\n"
					 "\tUSING HINT = 'Refresh the old view and run the script again; or, if the new content is right, run it with psql -v rsfed_accept=yes.';\n"
					 "END $$;\n"
					 "\\endif\n",
					 old_rows, new_rows, new_rows, old_rows);
}
