-- Rollups over other objects of a lake: Iceberg tables, "$path", late-binding views,
-- manifests, datashares.
\i test/include/warehouse.psql
SET client_min_messages = warning;
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('wh', command) $$;
CREATE FUNCTION put(url text, content text) RETURNS void LANGUAGE sql AS $$
SELECT at(format('SELECT standin.put(%s, %s)', quote_literal(url), quote_literal(content))) $$;
CREATE FUNCTION read_by(id bigint) RETURNS TABLE (files bigint, bytes bigint) LANGUAGE sql AS $$
SELECT * FROM rsfed.query('wh', format('SELECT sum(scanned_files)::bigint AS f, sum(returned_bytes)::bigint AS b FROM sys_external_query_detail WHERE query_id = %s', id)) AS t (f bigint, b bigint) $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT ok FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake', 'lake_db', :'role', options => '{"create_database": true}');

-- Iceberg: the snapshot is the probe
SELECT at($$CALL standin.create_iceberg_table('lake', 'ice', '{n,int,int,0,kind,varchar(10),string,0}', 's3://tables/ice/')$$);
SELECT put('s3://tables/ice/data/a', E'1,x\n2,y\n'), put('s3://tables/ice/data/b', E'10,x\n');
SELECT at($$CALL standin.commit_iceberg('lake', 'ice', '{s3://tables/ice/data/a}')$$);
SELECT parameters ->> 'table_type' AS table_type, parameters ->> 'metadata_location' ~ '^s3://tables/ice/metadata/00001-.*json$' AS metadata FROM rsfed.external_tables('wh', 'lake');
CREATE FUNCTION refused(options text, method text DEFAULT 'merge') RETURNS text LANGUAGE sql AS $$
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, key => %L, method => %L, options => %L)', 'bad', 'wh',
	'SELECT kind, sum(n) AS n FROM lake.ice GROUP BY 1', CASE method WHEN 'merge' THEN '{kind}' END, method, options)) $$;
SELECT o, refused(o) FROM unnest(ARRAY[
	'{"lake_key": {"kind": "kind"}}',
	'{"lake_table": "ice"}',
	'{"lake_table": "lake.nothing"}',
	'{"lake_table": "lake.ice", "lake_key": {"kind": "kind"}}',
	'{"lake_table": "lake.ice", "probe": "SELECT 1"}']) o;
SELECT rsfed.define_rollup('ice', 'wh', 'SELECT kind, sum(n) AS n FROM lake.ice GROUP BY 1', key => '{kind}', options => '{"lake_table": "lake.ice"}');
SELECT * FROM ice ORDER BY kind;
CALL rsfed.refresh('ice') \gset
SELECT status, query_id, note FROM rsfed.runs WHERE run_id = :run_id;
-- a commit: the whole snapshot is read
SELECT at($$CALL standin.commit_iceberg('lake', 'ice', '{s3://tables/ice/data/a,s3://tables/ice/data/b}')$$);
CALL rsfed.refresh('ice') \gset
SELECT status, rows_updated, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('ice') \gset
SELECT status, query_id FROM rsfed.runs WHERE run_id = :run_id;
-- going back to the earlier files is another snapshot, too
SELECT at($$CALL standin.commit_iceberg('lake', 'ice', '{s3://tables/ice/data/a}')$$);
CALL rsfed.refresh('ice') \gset
SELECT status, rows_updated, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
-- a refresh that names a method reads everything
DELETE FROM ice;
CALL rsfed.refresh('ice') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('ice', method => 'merge') \gset
SELECT status, rows_inserted FROM rsfed.runs WHERE run_id = :run_id;
-- a failed read is repeated
SELECT at($$CALL standin.commit_iceberg('lake', 'ice', '{s3://tables/ice/data/b}')$$);
BEGIN;
CALL rsfed.refresh('ice') \gset
ROLLBACK;
SELECT count(*) FROM ice;
CALL rsfed.refresh('ice') \gset
SELECT status, rows_updated, rows_deleted FROM rsfed.runs WHERE run_id = :run_id;
-- without a key, and in a set: a member without changes is not read
SELECT rsfed.define_rollup('ice_all', 'wh', 'SELECT n FROM lake.ice', method => 'replace', options => '{"lake_table": "lake.ice"}');
SELECT at($$CALL standin.create_iceberg_table('lake', 'other', '{n,int,int,0}', 's3://tables/other/')$$);
SELECT rsfed.define_rollup('other', 'wh', 'SELECT count(*) AS n FROM lake.other', method => 'replace', options => '{"lake_table": "lake.other"}');
SELECT rsfed.define_set('both', '{ice_all,other}');
SELECT put('s3://tables/other/data/a', E'10\n'), at($$CALL standin.commit_iceberg('lake', 'other', '{s3://tables/other/data/a}')$$);
CALL rsfed.refresh_set('both') \gset
SELECT relation, status, query_id IS NULL AS not_asked FROM rsfed.runs WHERE run_id > :run_id ORDER BY run_id;
CALL rsfed.refresh_set('both') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
SELECT rsfed.drop_set('both');
-- the snapshot of another table differs
SELECT action FROM rsfed.alter_rollup('other', query => 'SELECT count(*) AS n FROM lake.ice', options => '{"lake_table": "lake.ice"}', populate => false);
CALL rsfed.refresh('other') \gset
SELECT status, query_id IS NULL AS not_asked FROM rsfed.runs WHERE run_id = :run_id;

-- a table without snapshots: everything is read each time; the run and doctor() say so
SELECT at($$CREATE EXTERNAL TABLE lake.plain (n int) STORED AS PARQUET LOCATION 's3://tables/plain/'$$), put('s3://tables/plain/a', E'1\n');
SELECT rsfed.define_rollup('plain', 'wh', 'SELECT sum(n) AS n FROM lake.plain', method => 'replace', options => '{"lake_table": "lake.plain"}');
CALL rsfed.refresh('plain') \gset
SELECT query_id IS NULL AS not_asked, note FROM rsfed.runs WHERE run_id = :run_id;
SELECT severity, subject, problem, remedy FROM rsfed.doctor() WHERE problem ~ 'metadata_location' ORDER BY subject;
\i test/include/doctor_rows.psql
CREATE FUNCTION mask(t text) RETURNS text LANGUAGE sql AS $$SELECT t$$;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/lake_tables_remedies.sql'
\set remote false
\set about 'metadata_location'
\i test/include/paste.psql
SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'metadata_location';
DROP FUNCTION mask, doctor_rows;
SELECT options FROM rsfed.rollups WHERE rollup = 'plain'::regclass;

-- the file of a row; the name of the column needs quotes here, too
SELECT column_name, data_type, redshift_type, note FROM rsfed.describe('wh', 'SELECT "$path", "$size", n FROM lake.plain');
SELECT rsfed.columns('wh', 'SELECT "$path", n FROM lake.plain');
SELECT * FROM rsfed.query('wh', 'SELECT "$path", "$size", n FROM lake.plain') AS t ("$path" text, "$size" bigint, n int);
SELECT put('s3://tables/plain/b', E'2\n3\n');
SELECT rsfed.define_rollup('files', 'wh', 'SELECT "$path", max("$size") AS size, count(*) AS n FROM lake.plain GROUP BY 1', key => '{$path}');
SELECT * FROM files ORDER BY 1;
SELECT at($$SELECT standin.remove('s3://tables/plain/a')$$), put('s3://tables/plain/b', E'2\n');
CALL rsfed.refresh('files') \gset
SELECT status, rows_inserted, rows_updated, rows_deleted FROM rsfed.runs WHERE run_id = :run_id;
SELECT * FROM files;

-- late-binding views over external tables: described, read, read by partitions
SELECT at($$CREATE EXTERNAL TABLE lake.days (n int, note string) PARTITIONED BY (day date, region varchar(10)) STORED AS PARQUET LOCATION 's3://tables/days/'$$);
SELECT put(format('s3://tables/days/day=%s/region=%s/part', d, r), n || E',x\n'), at(format($$ALTER TABLE lake.days ADD PARTITION (day='%s', region='%s') LOCATION 's3://tables/days/day=%s/region=%s/'$$, d, r, d, r))
FROM (VALUES ('2026-01-01', 'eu', 1), ('2026-01-02', 'eu', 2), ('2026-01-02', '__HIVE_DEFAULT_PARTITION__', 4)) AS v (d, r, n) \g /dev/null
SELECT at('DROP VIEW IF EXISTS public.late_days'), at($$CREATE VIEW public.late_days AS SELECT day AS d, region AS r, n, note FROM lake.days WHERE n > 0 WITH NO SCHEMA BINDING$$);
SELECT column_name, data_type, redshift_type FROM rsfed.describe('wh', 'SELECT * FROM public.late_days');
SELECT rsfed.define_rollup('late', 'wh', 'SELECT d, r, sum(n) AS n FROM public.late_days GROUP BY 1, 2', key => '{d,r}', options => '{"lake_table": "lake.days", "lake_key": {"day": "d", "region": "r"}}');
SELECT * FROM late ORDER BY d, r;
SELECT put('s3://tables/days/day=2026-01-02/region=__HIVE_DEFAULT_PARTITION__/more', E'100,y\n'), at($$CALL standin.set_partition_properties('lake', 'days', '{day,2026-01-02,region,__HIVE_DEFAULT_PARTITION__}', '{objectCount,2}')$$);
CALL rsfed.refresh('late') \gset
SELECT status, rows_updated, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
SELECT kind FROM rsfed.compare('late') WHERE kind <> 'summary';
-- without its table, a late-binding view fails
SELECT at('DROP TABLE lake.days');
SELECT error_of($$CALL rsfed.refresh('late', method => 'merge')$$) ~ 'days' AS told;

-- manifests: only the files that they list are read
SELECT at($$CREATE EXTERNAL TABLE lake.listed (n int) PARTITIONED BY (day date) ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat' OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://tables/manifest/'$$);
SELECT put('s3://tables/delta/1', E'1\n'), put('s3://tables/delta/2', E'2\n'), put('s3://tables/delta/3', E'4\n');
SELECT put('s3://tables/manifest/day=2026-01-01/manifest', E's3://tables/delta/1\ns3://tables/delta/2\n'), put('s3://tables/manifest/day=2026-01-02/manifest', E's3://tables/delta/3\n');
SELECT added FROM rsfed.add_partitions('wh', 'lake.listed', location => 's3://tables/manifest/day={date}/', since => '2026-01-01', until => '2026-01-03');
SELECT rsfed.define_rollup('listed', 'wh', 'SELECT day, sum(n) AS n FROM lake.listed GROUP BY 1', key => '{day}', options => '{"lake_table": "lake.listed", "lake_key": {"day": "day"}}');
SELECT * FROM listed ORDER BY day;
SELECT put('s3://tables/manifest/day=2026-01-01/manifest', E's3://tables/delta/2\n'), at($$CALL standin.set_partition_properties('lake', 'listed', '{day,2026-01-01}', '{version,2}')$$);
CALL rsfed.refresh('listed') \gset
SELECT status, rows_updated, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
SELECT * FROM listed ORDER BY day;
-- a listed file that does not exist is an error of the warehouse
SELECT put('s3://tables/manifest/day=2026-01-02/manifest', E's3://tables/delta/nothing\n'), at($$CALL standin.set_partition_properties('lake', 'listed', '{day,2026-01-02}', '{version,2}')$$);
SELECT error_of($$CALL rsfed.refresh('listed')$$);

-- a datashare, through an external schema
SELECT at('DROP TABLE IF EXISTS public.shared_sales'), at('CREATE TABLE public.shared_sales (seller int, price decimal(8,2))'), at('INSERT INTO public.shared_sales VALUES (1, 10), (1, 5), (2, 1)');
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake_share', 'dev', NULL, options => '{"catalog": "redshift", "schema": "public"}');
SELECT column_name, data_type FROM rsfed.describe('wh', 'SELECT seller, sum(price) AS total FROM lake_share.shared_sales GROUP BY 1');
SELECT rsfed.define_rollup('shared', 'wh', 'SELECT seller, sum(price) AS total FROM lake_share.shared_sales GROUP BY 1', key => '{seller}');
SELECT * FROM shared ORDER BY seller;
SELECT at('INSERT INTO public.shared_sales VALUES (2, 9)');
CALL rsfed.refresh('shared') \gset
SELECT status, rows_updated FROM rsfed.runs WHERE run_id = :run_id;

SELECT rsfed.drop_rollup(r) FROM unnest('{ice,ice_all,other,plain,files,late,listed,shared}'::regclass[]) r \g /dev/null
SELECT ok FROM rsfed.drop_external_schema('wh', 'lake_share', cascade => true);
SELECT at('DROP TABLE public.shared_sales');
SELECT ok FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);
DROP FUNCTION refused, read_by, put, at;
