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

-- views of both kinds, a materialized view without what is hidden behind it, names with capitals, comments
SELECT at('CREATE SCHEMA import_all'), at('CREATE TABLE import_all.base (id int, n decimal(10,2), c char(4), "Mixed Name" int, s super)'),
	at('INSERT INTO import_all.base (id, n, c) VALUES (1, 2.5, ''ab''), (2, 3.5, NULL)'),
	at('CREATE VIEW import_all.bound AS SELECT id, n FROM import_all.base'), at('CREATE VIEW import_all.late AS SELECT id, c FROM import_all.base WITH NO SCHEMA BINDING'),
	at('CREATE MATERIALIZED VIEW import_all.kept AS SELECT id, sum(n) AS total FROM import_all.base GROUP BY id'),
	at('COMMENT ON COLUMN import_all.base.n IS ''what it costs''');
CREATE SCHEMA import_all;
IMPORT FOREIGN SCHEMA import_all FROM SERVER wh INTO import_all;
SELECT * FROM imported('import_all');
SELECT * FROM import_all.kept ORDER BY id;
SELECT sum(n) FROM import_all.bound;
SELECT * FROM import_all.late ORDER BY id;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_all', 'import_all');
COMMENT ON COLUMN import_all.base.n IS 'written here';
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'import_all', 'import_all');

-- a datashare, by an external schema over it
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'import_share', 'dev', NULL, options => '{"catalog": "redshift", "schema": "import_all"}');
CREATE SCHEMA import_share;
IMPORT FOREIGN SCHEMA import_share LIMIT TO (base) FROM SERVER wh INTO import_share;
SELECT * FROM imported('import_share');
SELECT count(*), sum(n) FROM import_share.base;

DROP SCHEMA import_lake, import_all, import_share CASCADE;
SELECT ok FROM rsfed.drop_external_schema('wh', 'import_share', cascade => true);
SELECT at('DROP SCHEMA import_all CASCADE');
SELECT ok FROM rsfed.drop_external_schema('wh', 'import_lake', drop_database => true, cascade => true);
DROP FUNCTION at, imported;
