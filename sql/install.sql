-- What CREATE EXTENSION makes: every object is commented, no name is a
-- reserved word, and PUBLIC may execute only what is harmless.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS rsfed CASCADE;
RESET client_min_messages;
SELECT extname, extrelocatable FROM pg_extension WHERE extname IN ('rsfed', 'dblink', 'postgres_fdw') ORDER BY 1;

-- objects without a comment (none)
SELECT pg_describe_object(d.classid, d.objid, 0) AS without_comment
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'rsfed' AND d.deptype = 'e'
	AND d.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass,
		'pg_foreign_data_wrapper'::regclass, 'pg_event_trigger'::regclass)
	AND (d.classid <> 'pg_class'::regclass
		OR (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('r', 'v'))
	AND obj_description(d.objid, d.classid::regclass::name) IS NULL
ORDER BY 1;

-- comments that do not begin with a capital, or with the name (none)
SELECT pg_describe_object(d.classid, d.objid, 0) AS object, left(c.description, 20) AS comment
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
JOIN pg_description c ON c.objoid = d.objid AND c.classoid = d.classid
WHERE e.extname = 'rsfed' AND d.deptype = 'e' AND c.objsubid = 0 AND c.description !~ '^([A-Z]|rsfed)'
ORDER BY 1;

-- columns of views without a comment (none)
SELECT a.attrelid::regclass AS view, a.attname AS without_comment
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'rsfed'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL
ORDER BY 1, a.attnum;

-- arguments and result columns that are reserved words (none)
SELECT p.oid::regprocedure AS function, a.name
FROM pg_proc p, unnest(p.proargnames) AS a (name), pg_get_keywords() k
WHERE p.pronamespace = 'rsfed'::regnamespace AND k.word = a.name AND k.catcode IN ('R', 'T')
ORDER BY 1, 2;

-- columns of views and tables that are reserved words (none)
SELECT a.attrelid::regclass AS relation, a.attname
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, pg_get_keywords() k
WHERE c.relnamespace = 'rsfed'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
	AND k.word = a.attname AND k.catcode IN ('R', 'T')
ORDER BY 1, 2;

-- the signatures of schema rsfed (procedures show IN from 14 on)
SELECT p.proname AS name, CASE p.prokind
		WHEN 'p' THEN regexp_replace(pg_get_function_arguments(p.oid), '(^|, )(?!IN |INOUT )', '\1IN ', 'g')
		ELSE pg_get_function_arguments(p.oid) END AS arguments,
	pg_get_function_result(p.oid) AS result, p.prokind AS kind, p.provolatile AS volatile,
	has_function_privilege('public', p.oid, 'EXECUTE') AS public
FROM pg_proc p WHERE p.pronamespace = 'rsfed'::regnamespace ORDER BY 1, 2;

-- internal functions that PUBLIC may execute
SELECT p.oid::regprocedure AS function
FROM pg_proc p WHERE p.pronamespace = 'rsfed_catalog'::regnamespace
	AND has_function_privilege('public', p.oid, 'EXECUTE') AND has_schema_privilege('public', 'rsfed_catalog', 'USAGE')
ORDER BY 1;

-- SECURITY DEFINER functions have a fixed search_path
SELECT p.oid::regprocedure AS function, p.proconfig
FROM pg_proc p WHERE p.pronamespace IN ('rsfed'::regnamespace, 'rsfed_catalog'::regnamespace) AND p.prosecdef
ORDER BY 1;

-- views and who may read them
SELECT c.oid::regclass AS view, c.reloptions, has_table_privilege('public', c.oid, 'SELECT') AS public
FROM pg_class c WHERE c.relnamespace = 'rsfed'::regnamespace AND c.relkind = 'v' ORDER BY c.relname;

-- tables that are dumped hold no oid and no reg* column
SELECT a.attrelid::regclass AS relation, a.attname, a.atttypid::regtype
FROM pg_extension e, unnest(e.extconfig) AS t (oid), pg_attribute a
WHERE e.extname = 'rsfed' AND a.attrelid = t.oid AND a.attnum > 0
	AND (a.atttypid = 'oid'::regtype OR a.atttypid::regtype::text LIKE 'reg%')
ORDER BY 1, 2;

-- the settings (known once the library is loaded)
SELECT count(*) > 0 AS loaded FROM rsfed_catalog.options();
SELECT name, boot_val, unit, context FROM pg_settings WHERE name LIKE 'rsfed.%' ORDER BY name COLLATE "C";
