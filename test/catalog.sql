-- What the extension rsfed is in this database: a line for each fact, kind | name |
-- value, sorted, without an OID.  Two databases with the same lines have the same
-- extension, whichever way they came to it (test/t/016_release.pl).
SET search_path = pg_catalog, pg_temp;
WITH member AS (
	SELECT d.classid, d.objid
	FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	WHERE e.extname = 'rsfed' AND d.deptype = 'e'
), relation AS (
	SELECT c.* FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid
), part AS (	-- members and what belongs to one
	SELECT classid, objid FROM member
	UNION SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM relation)
	UNION SELECT 'pg_rewrite'::regclass, oid FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relation)
	UNION SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM relation)
	UNION SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid IN (SELECT oid FROM relation)
	UNION SELECT 'pg_trigger'::regclass, oid FROM pg_trigger
		WHERE tgrelid IN (SELECT oid FROM relation) AND NOT tgisinternal	-- else with a number in its name
	UNION SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)
), acl AS (
	SELECT 'pg_class'::regclass AS classid, oid AS objid, relname::text AS name, relowner AS owner,
		coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl FROM pg_class
	UNION ALL SELECT 'pg_proc'::regclass, oid, proname, proowner, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
	UNION ALL SELECT 'pg_type'::regclass, oid, typname, typowner, coalesce(typacl, acldefault('T', typowner)) FROM pg_type
	UNION ALL SELECT 'pg_namespace'::regclass, oid, nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace
	UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwname, fdwowner, coalesce(fdwacl, acldefault('F', fdwowner))
		FROM pg_foreign_data_wrapper
), fact (kind, name, value) AS (
	SELECT 'extension', e.extname::text, format('%s %s %s', n.nspname, e.extrelocatable, pg_get_userbyid(e.extowner))
	FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'rsfed'
	UNION ALL
	SELECT 'requires', x.extname::text, d.deptype::text
	FROM pg_depend d JOIN pg_extension e ON d.classid = 'pg_extension'::regclass AND d.objid = e.oid
	JOIN pg_extension x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid WHERE e.extname = 'rsfed'
	UNION ALL
	SELECT 'dumped', c.config::regclass::text, c.condition
	FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS c (config, condition) WHERE e.extname = 'rsfed'
	UNION ALL
	SELECT 'member', pg_describe_object(classid, objid, 0), '' FROM member
	UNION ALL
	SELECT 'comment', pg_describe_object(p.classid, p.objid, d.objsubid), d.description
	FROM part p JOIN pg_description d ON d.classoid = p.classid AND d.objoid = p.objid
	UNION ALL
	SELECT 'privileges', pg_describe_object(m.classid, m.objid, 0), pg_get_userbyid(a.owner) || ': ' ||
		(SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(a.acl) i)
	FROM member m JOIN acl a ON a.classid = m.classid AND a.objid = m.objid
	UNION ALL
	SELECT 'initial privileges', pg_describe_object(i.classoid, i.objoid, i.objsubid), i.privtype::text || ': ' ||
		(SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(i.initprivs) x)
	FROM member m JOIN pg_init_privs i ON i.classoid = m.classid AND i.objoid = m.objid
	UNION ALL
	SELECT 'relation', r.oid::regclass::text, format('%s %s %s rls %s %s replica identity %s %s', r.relkind, r.relpersistence,
		(SELECT amname FROM pg_am WHERE oid = r.relam), r.relrowsecurity, r.relforcerowsecurity, r.relreplident, r.reloptions)
	FROM relation r
	UNION ALL
	SELECT 'column', r.oid::regclass || '.' || a.attname, format('%s: %s %s %s %s %s %s %s %s %s', a.attnum,
		format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END, nullif(a.attcollation, 0)::regcollation,
		'identity ' || a.attidentity::text, 'generated ' || a.attgenerated::text, a.attstorage,
		-- minor releases keep a number there that grows with each change
		ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg_attver=%'), a.attacl,
		pg_get_expr(d.adbin, d.adrelid))
	FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
	UNION ALL
	SELECT 'view', oid::regclass::text, pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
	UNION ALL
	SELECT 'rule', ev_class::regclass || '.' || rulename, pg_get_ruledef(oid) FROM pg_rewrite
	WHERE ev_class IN (SELECT oid FROM relation) AND rulename <> '_RETURN'
	UNION ALL
	SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
	WHERE conrelid IN (SELECT oid FROM relation)
	UNION ALL
	SELECT 'index', indexrelid::regclass::text, format('%s %s %s', pg_get_indexdef(indexrelid), indisvalid, indisreplident) FROM pg_index
	WHERE indrelid IN (SELECT oid FROM relation)
	UNION ALL
	SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) || ' ' || tgenabled::text FROM pg_trigger
	WHERE tgrelid IN (SELECT oid FROM relation) AND NOT tgisinternal
	UNION ALL
	SELECT 'policy', polrelid::regclass || '.' || polname, format('%s %s %s %s %s', polcmd, polpermissive, polroles::regrole[],
		pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
	FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)
	UNION ALL
	SELECT 'sequence', seqrelid::regclass::text, format('%s %s %s %s %s %s %s', seqtypid::regtype, seqstart, seqincrement, seqmin,
		seqmax, seqcache, seqcycle)
	FROM pg_sequence WHERE seqrelid IN (SELECT oid FROM relation)
	UNION ALL
	SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
	FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid WHERE p.prokind <> 'a'
	UNION ALL
	SELECT 'type', t.oid::regtype::text, format('%s %s %s %s', t.typtype, t.typcategory, format_type(t.typbasetype, t.typtypmod),
		(SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
	FROM pg_type t JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
	UNION ALL
	SELECT 'wrapper', f.fdwname::text, format('%s %s %s', f.fdwhandler::regproc, f.fdwvalidator::regproc, f.fdwoptions)
	FROM pg_foreign_data_wrapper f JOIN member m ON m.classid = 'pg_foreign_data_wrapper'::regclass AND m.objid = f.oid
	UNION ALL
	SELECT 'event trigger', t.evtname::text, format('%s %s %s %s', t.evtevent, t.evtfoid::regproc, t.evtenabled, t.evttags)
	FROM pg_event_trigger t JOIN member m ON m.classid = 'pg_event_trigger'::regclass AND m.objid = t.oid
	UNION ALL
	-- a toast table has a number for a name
	SELECT 'dependency', pg_describe_object(d.classid, d.objid, d.objsubid),
		d.deptype::text || ' on ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
	FROM part p JOIN pg_depend d ON d.classid = p.classid AND d.objid = p.objid
)
SELECT kind || ' | ' || name || ' | ' || translate(coalesce(value, ''), E'\n', ' ') COLLATE "C" AS line FROM fact ORDER BY 1;
