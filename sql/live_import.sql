-- Foreign tables of all kinds of relations that Redshift has.
\i test/include/warehouse.psql
SET client_min_messages = warning;
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('wh', command) $$;
CREATE FUNCTION imported(name text) RETURNS TABLE (relation name, attname name, type text, options text[]) LANGUAGE sql AS $$
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attfdwoptions FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE relnamespace = name::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY relname COLLATE "C", attnum $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT ok FROM rsfed.drop_external_schema('wh', 'import_lake', drop_database => true, cascade => true) \g /dev/null
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'import_lake', 'import_db', :'role', options => '{"create_database": true}');

-- Spectrum: Hive's spelling and Redshift's, types of types, pseudo-columns
SELECT at($$CREATE EXTERNAL TABLE import_lake.typed (id int, big bigint, price decimal(8,2), name varchar(20), code char(3), at timestamp, day date, ok boolean, r real, f double precision)
	PARTITIONED BY (part date) STORED AS PARQUET LOCATION 's3://import/typed/'$$);
SELECT at($$CREATE EXTERNAL TABLE import_lake.nested (id int, tags array<varchar(20)>, nested array<array<int>>) STORED AS PARQUET LOCATION 's3://import/nested/'$$);
CREATE SCHEMA import_lake;
SET client_min_messages = notice;
IMPORT FOREIGN SCHEMA import_lake FROM SERVER wh INTO import_lake;
SET client_min_messages = warning;
SELECT * FROM imported('import_lake');
SELECT count(*), sum(price) FROM import_lake.typed;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_lake', 'import_lake');

-- ANALYZE believes numRows of an external table, whose rows it would have to read to count them, unless that says that they are few
SELECT at($$CREATE EXTERNAL TABLE import_lake.counted (id int, k int) STORED AS TEXTFILE LOCATION 's3://import/counted/' TABLE PROPERTIES ('numRows'='1234567')$$),
	at($$CREATE EXTERNAL TABLE import_lake.few (id int, k int) STORED AS TEXTFILE LOCATION 's3://import/counted/' TABLE PROPERTIES ('numRows'='2')$$),
	at($$CREATE EXTERNAL TABLE import_lake.uncounted (id int, k int) STORED AS TEXTFILE LOCATION 's3://import/counted/' TABLE PROPERTIES ('numRows'='-1')$$);
SELECT at('SELECT standin.put(''s3://import/counted/part-0'', ''' || string_agg(g || ',' || g % 5, E'\n' ORDER BY g) || ''')') FROM generate_series(1, 1000) g \g /dev/null
IMPORT FOREIGN SCHEMA import_lake LIMIT TO (counted, few, uncounted) FROM SERVER wh INTO import_lake;
ANALYZE import_lake.counted, import_lake.few, import_lake.uncounted;
SELECT relname, reltuples FROM pg_class WHERE oid IN ('import_lake.counted'::regclass, 'import_lake.few'::regclass, 'import_lake.uncounted'::regclass) ORDER BY 1;
SELECT * FROM rsfed.query('wh', $$SELECT DISTINCT regexp_substr(query_text, 'count.*') FROM sys_query_history WHERE query_text LIKE '%rsfed analyze%count(%import_lake%' AND query_text NOT LIKE '%sys_query_history%' ORDER BY 1$$) AS q (counts text);
SELECT count(*) > 0 AS has_limit FROM rsfed.query('wh', $$SELECT 1 FROM sys_query_history WHERE query_text LIKE '%rsfed analyze%counted%WHERE random() <%LIMIT 300000%' AND query_text NOT LIKE '%sys_query_history%'$$) AS q (x int);

-- views of both kinds, a materialized view without its hidden tables, names with capitals, comments
SELECT at('CREATE SCHEMA import_all'), at('CREATE TABLE import_all.base (id int, n decimal(10,2), c char(4), "Mixed Name" int, s super)'),
	at('INSERT INTO import_all.base (id, n, c) VALUES (1, 2.5, ''ab''), (2, 3.5, NULL)'),
	at('CREATE VIEW import_all.bound AS SELECT id, n FROM import_all.base'), at('CREATE VIEW import_all.late AS SELECT id, c FROM import_all.base WITH NO SCHEMA BINDING'),
	at('CREATE MATERIALIZED VIEW import_all.kept AS SELECT id, sum(n) AS total FROM import_all.base GROUP BY id'),
	at('COMMENT ON COLUMN import_all.base.n IS ''what it costs'''), at('COMMENT ON TABLE import_all.base IS ''what "it" is''');
CREATE SCHEMA import_all;
IMPORT FOREIGN SCHEMA import_all FROM SERVER wh INTO import_all;
SELECT obj_description('import_all.base'::regclass, 'pg_class'), col_description('import_all.base'::regclass, 2), obj_description('import_all.late'::regclass, 'pg_class');
SELECT * FROM imported('import_all');
SELECT * FROM import_all.kept ORDER BY id;
SELECT sum(n) FROM import_all.bound;
SELECT * FROM import_all.late ORDER BY id;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_all', 'import_all');
COMMENT ON COLUMN import_all.base.n IS NULL;
COMMENT ON FOREIGN TABLE import_all.base IS NULL;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_all', 'import_all');
COMMENT ON COLUMN import_all.base.n IS 'written here';
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_all', 'import_all');

-- a datashare, through an external schema
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'import_share', 'dev', NULL, options => '{"catalog": "redshift", "schema": "import_all"}');
CREATE SCHEMA import_share;
IMPORT FOREIGN SCHEMA import_share LIMIT TO (base) FROM SERVER wh INTO import_share;
SELECT * FROM imported('import_share');
SELECT count(*), sum(n) FROM import_share.base;

-- names longer than 63 bytes are cut; if two become equal, the second gets a hash
SELECT repeat('long_', 20) AS long \gset
SELECT at('CREATE SCHEMA import_names'), at(format('CREATE TABLE import_names.%sa (%1$sx int, %1$sy int, %1$sz int)', :'long')),
	at(format('INSERT INTO import_names.%sa VALUES (1, 2, 3)', :'long')), at(format('CREATE TABLE import_names.%sb (k int)', :'long')),
	at(format('INSERT INTO import_names.%sb VALUES (4)', :'long')), at('CREATE TABLE import_names.short (k int, "äöü with blanks and ""quotes" int)'),
	at('CREATE TABLE import_names.dollar ("$1" int, "$n$" int, "a$" varchar(9))'), at('INSERT INTO import_names.dollar VALUES (1, 2, ''$1''), (1, 3, ''$2'')'),
	at('CREATE TABLE import_names."  " (k int)'), at('CREATE TABLE import_names.blank (k int, " " int)'),
	at('CREATE VIEW import_names.sole AS SELECT relname, relacl FROM pg_class'), at('CREATE VIEW import_names.none AS SELECT relacl FROM pg_class');
CREATE SCHEMA import_names;
SET client_min_messages = notice;
IMPORT FOREIGN SCHEMA import_names FROM SERVER wh INTO import_names;
SELECT * FROM imported('import_names');
SELECT * FROM import_names.long_long_long_long_long_long_long_long_long_long_long_long_lon;
SELECT relname AS second FROM pg_class WHERE relnamespace = 'import_names'::regnamespace AND relname ~ '_[0-9a-f]{8}$' \gset
SELECT * FROM import_names.:"second";
SELECT "$1", sum("$n$" + "$1"), max("a$" || '$1') FROM import_names.dollar WHERE "a$" <> '$3' GROUP BY "$1";
SELECT "$1", sum("$n$") FROM import_names.dollar GROUP BY "$1";
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_names', 'import_names', true);
SET client_min_messages = warning;
DROP SCHEMA import_names CASCADE;
CREATE SCHEMA import_names;
SET client_min_messages = notice;
IMPORT FOREIGN SCHEMA import_names LIMIT TO (:"second") FROM SERVER wh INTO import_names;
IMPORT FOREIGN SCHEMA import_names EXCEPT (:"second", short, "sole", "none") FROM SERVER wh INTO import_names;
SELECT * FROM imported('import_names');
SELECT at(format('ALTER TABLE import_names.%sa DROP COLUMN %1$sx', :'long')), at(format('ALTER TABLE import_names.%sa ADD COLUMN %1$sw int', :'long'));
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_names', 'import_names');
SELECT * FROM imported('import_names');

-- names that differ only by case: two tables if Redshift distinguishes them, otherwise the one in lower case
SET client_min_messages = warning;
SELECT rsfed.register_server('import_case', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', options => '{"enable_case_sensitive_identifier": true}');
SELECT rsfed.execute('import_case', c) FROM unnest(ARRAY['CREATE SCHEMA import_case', 'CREATE TABLE import_case.t ("A" int, a int)', 'INSERT INTO import_case.t VALUES (1, 2)',
	'CREATE TABLE import_case."T" (x int)', 'INSERT INTO import_case."T" VALUES (3)']) c;
CREATE SCHEMA import_case;
SET client_min_messages = notice;
IMPORT FOREIGN SCHEMA import_case FROM SERVER wh INTO import_case;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_case', 'import_case', true);
SELECT * FROM import_case.t;
DROP FOREIGN TABLE import_case.t;
IMPORT FOREIGN SCHEMA import_case FROM SERVER import_case INTO import_case;
SELECT * FROM import_case.t;
SELECT * FROM import_case."T";
SELECT sum("A") FROM import_case.t;
SET client_min_messages = warning;
DROP SCHEMA import_case, import_names CASCADE;

-- a char that becomes a varchar, whose trailing blanks count
SELECT at('CREATE SCHEMA import_char'), at('CREATE TABLE import_char.t (c char(3), n int)'), at('INSERT INTO import_char.t VALUES (''a'', 1), (''a '', 2), (NULL, 3)');
CREATE SCHEMA import_char;
IMPORT FOREIGN SCHEMA import_char FROM SERVER wh INTO import_char;
EXPLAIN (COSTS off) SELECT c, sum(n) FROM import_char.t GROUP BY c;
-- a session that has used the table notices it after the time for which a connection is kept
ALTER SYSTEM SET rsfed.idle_connection = '1s';
SELECT pg_reload_conf();
SELECT c, sum(n) FROM import_char.t GROUP BY c ORDER BY c;
SELECT at('DROP TABLE import_char.t'), at('CREATE TABLE import_char.t (c varchar(3), n int)'), at('INSERT INTO import_char.t VALUES (''a'', 1), (''a '', 2), (NULL, 3)');
SELECT pg_sleep(0.6);
SELECT sum(n) FROM import_char.t;
SELECT pg_sleep(0.6);
SELECT error_of(q) FROM unnest(ARRAY['SELECT c, sum(n) FROM import_char.t GROUP BY c', 'SELECT count(DISTINCT c) FROM import_char.t', 'SELECT n FROM import_char.t WHERE c = ''a''']) q;
SELECT c, n FROM import_char.t ORDER BY n;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
SELECT * FROM imported('import_char');
SELECT c, sum(n) FROM import_char.t GROUP BY c ORDER BY c COLLATE "C";
-- and back; an option that a user has set stays
SELECT at('DROP TABLE import_char.t'), at('CREATE TABLE import_char.t (c char(3), n int)');
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
ALTER FOREIGN TABLE import_char.t ALTER c OPTIONS (SET is_char 'off');
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
EXPLAIN (COSTS off) SELECT c, sum(n) FROM import_char.t GROUP BY c;
ALTER FOREIGN TABLE import_char.t ALTER c OPTIONS (DROP is_char, ADD blank_safe 'off');
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
ALTER FOREIGN TABLE import_char.t ALTER c OPTIONS (DROP blank_safe);
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
-- a completely different type
SELECT at('DROP TABLE import_char.t'), at('CREATE TABLE import_char.t (c date, n int)');
SELECT error_of('SELECT c FROM import_char.t GROUP BY c');
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_char', 'import_char');
SELECT * FROM imported('import_char');
ALTER SYSTEM RESET rsfed.idle_connection;
SELECT pg_reload_conf();

DROP SCHEMA import_lake, import_all, import_share, import_char CASCADE;
SELECT at('DROP SCHEMA import_char CASCADE'), at('DROP SCHEMA import_names CASCADE'), rsfed.execute('import_case', 'DROP SCHEMA import_case CASCADE'), rsfed.drop_server('import_case');
SELECT ok FROM rsfed.drop_external_schema('wh', 'import_share', cascade => true);
SELECT at('DROP SCHEMA import_all CASCADE');
SELECT ok FROM rsfed.drop_external_schema('wh', 'import_lake', drop_database => true, cascade => true);
DROP FUNCTION at, imported;
