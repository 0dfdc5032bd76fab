-- Rollups over a lake: only partitions that are new, changed or gone are read.
\i test/include/warehouse.psql
SET client_min_messages = warning;
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('wh', command) $$;
CREATE FUNCTION put(url text, content text) RETURNS void LANGUAGE sql AS $$
SELECT at(format('SELECT standin.put(%s, %s)', quote_literal(url), quote_literal(content))) $$;
-- the bytes that the query of a run has read in S3, by the number of the query
CREATE FUNCTION read_by(id bigint) RETURNS TABLE (partitions int, files bigint, bytes bigint) LANGUAGE sql AS $$
SELECT * FROM rsfed.query('wh', format('SELECT sum(qualified_partitions)::int AS p, sum(scanned_files)::bigint AS f, sum(returned_bytes)::bigint AS b FROM sys_external_query_detail WHERE query_id = %s', id)) AS t (p int, f bigint, b bigint) $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT ok FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake', 'lake_db', :'role', options => '{"create_database": true}');
SELECT at($$CREATE EXTERNAL TABLE lake.sales (id int, amount int) PARTITIONED BY (saledate date) STORED AS PARQUET LOCATION 's3://rollups/sales/'$$);
SELECT put(format('s3://rollups/sales/saledate=%s/part', to_char(d, 'YYYY-MM-DD')), format(E'1,%s\n2,%s\n', extract(day FROM d), extract(day FROM d)))
FROM generate_series('2026-01-01'::timestamp, '2026-01-20', '1 day') d \g /dev/null
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://rollups/sales/saledate={date}/', since => '2026-01-01', until => '2026-01-11');

-- the requirements of the option
CREATE FUNCTION refused(options text, key text DEFAULT '{day}', method text DEFAULT 'merge') RETURNS text LANGUAGE sql AS $$
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, key => %L, method => %L, options => %L)', 'bad', 'wh',
	'SELECT saledate AS day, sum(amount) AS amount FROM lake.sales GROUP BY 1', key, method, options)) $$;
SELECT o, refused(o) FROM unnest(ARRAY[
	'{"lake_key": {"saledate": "day"}}',
	'{"lake_table": "sales", "lake_key": {"saledate": "day"}}',
	'{"lake_table": "lake.sales", "lake_key": ["saledate"]}',
	'{"lake_table": "lake.sales", "lake_key": {}}',
	'{"lake_table": "lake.sales", "lake_key": {"saledate": 1}}',
	'{"lake_table": "lake.sales", "lake_key": {"saledate": "amount"}}',
	'{"lake_table": "lake.sales", "lake_key": {"sale_date": "day"}}',
	'{"lake_table": "lake.nothing", "lake_key": {"saledate": "day"}}']) o;
SELECT refused('{"lake_table": "lake.sales", "lake_key": {"saledate": "day"}}', method => 'replace');

SELECT rsfed.define_rollup('by_day', 'wh', 'SELECT saledate AS day, count(*) AS n, sum(amount) AS amount FROM lake.sales GROUP BY 1', key => '{day}',
	options => '{"lake_table": "lake.sales", "lake_key": {"saledate": "day"}}');
SELECT count(*), sum(amount) FROM by_day;
SELECT r.status, r.note, read_by(r.query_id) FROM rsfed.runs r WHERE relation = 'by_day'::regclass;
-- no changes: no query, one query of the catalog
CALL rsfed.refresh('by_day') \gset
SELECT status, query_id, note FROM rsfed.runs WHERE run_id = :run_id;
-- a new day is read, and nothing else
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://rollups/sales/saledate={date}/', since => '2026-01-11', until => '2026-01-12');
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_inserted, rows_updated, rows_deleted, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
-- a partition that changed in the catalog, one that moved, one that is gone
SELECT put('s3://rollups/sales/saledate=2026-01-01/more', E'3,100\n'), put('s3://rollups/moved/part', E'1,1000\n');
CALL rsfed.refresh('by_day') \gset
SELECT status, note FROM rsfed.runs WHERE run_id = :run_id;
SELECT at($$CALL standin.set_partition_properties('lake', 'sales', '{saledate,2026-01-01}', '{recordCount,3}')$$);
SELECT at($$ALTER TABLE lake.sales PARTITION (saledate='2026-01-02') SET LOCATION 's3://rollups/moved/'$$);
SELECT at($$ALTER TABLE lake.sales DROP PARTITION (saledate='2026-01-03')$$);
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_inserted, rows_updated, rows_deleted, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
SELECT * FROM by_day WHERE day < '2026-01-05' ORDER BY day;
SELECT kind, count(*) FROM rsfed.compare('by_day') GROUP BY kind;
-- files rewritten in place: only a refresh that names a method finds them
SELECT put('s3://rollups/sales/saledate=2026-01-04/part', E'1,5000\n');
CALL rsfed.refresh('by_day') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('by_day', method => 'merge') \gset
SELECT status, rows_updated, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
SELECT * FROM by_day WHERE day = '2026-01-04';
-- a failed read is repeated: content and the stored partitions are committed together
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://rollups/sales/saledate={date}/', since => '2026-01-12', until => '2026-01-14');
BEGIN;
CALL rsfed.refresh('by_day') \gset
ROLLBACK;
SELECT count(*) FROM by_day WHERE day > '2026-01-11';
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_inserted, note FROM rsfed.runs WHERE run_id = :run_id;
-- a part reads its keys, and stores no partitions
SELECT put('s3://rollups/sales/saledate=2026-01-05/part', E'1,7\n');
SELECT at($$CALL standin.set_partition_properties('lake', 'sales', '{saledate,2026-01-05}', '{recordCount,1}')$$);
CALL rsfed.refresh('by_day', part => '{"day": "2026-01-06"}') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_updated, note FROM rsfed.runs WHERE run_id = :run_id;
-- a new definition has read no partition yet
SELECT action FROM rsfed.alter_rollup('by_day', query => 'SELECT saledate AS day, count(*) AS n, sum(amount) + 0 AS amount FROM lake.sales GROUP BY 1', populate => false);
CALL rsfed.refresh('by_day') \gset
SELECT status, note, read_by(query_id) FROM rsfed.runs WHERE run_id = :run_id;
-- a renamed column is followed
ALTER TABLE by_day RENAME COLUMN day TO date_of_sale;
SELECT options ->> 'lake_key' FROM rsfed.rollups WHERE rollup = 'by_day'::regclass;
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://rollups/sales/saledate={date}/', since => '2026-01-14', until => '2026-01-15');
CALL rsfed.refresh('by_day') \gset
CALL rsfed.refresh('by_day') \gset
SELECT status, rows_inserted FROM rsfed.runs WHERE run_id = :run_id;
SELECT count(*) FROM by_day WHERE date_of_sale > '2026-01-13';

-- four levels, NULL and special characters; two of the keys are mapped
SELECT at($$CREATE EXTERNAL TABLE lake.odd (n int) PARTITIONED BY (region varchar(20), year int, month varchar(2), day int) STORED AS PARQUET LOCATION 's3://rollups/odd/'$$);
SELECT added FROM rsfed.add_partitions('wh', 'lake.odd', '[{"region": "a/b 100%"}, {"region": null}, {"region": "it''s \\"}]', 's3://rollups/odd/{region}/{year}-{month}-{day}/', '2026-03-09', '2026-03-12');
SELECT put(p.location || '/part', row_number() OVER (ORDER BY p.location) || E'\n') FROM rsfed.external_partitions('wh', 'lake.odd') p \g /dev/null
SELECT rsfed.define_rollup('odd', 'wh', 'SELECT region, year, month, day AS d, sum(n) AS n FROM lake.odd GROUP BY 1, 2, 3, 4', key => '{region,year,month,d}',
	options => '{"lake_table": "lake.odd", "lake_key": {"region": "region", "day": "d"}}');
SELECT * FROM odd ORDER BY region, d;
SELECT at($$CALL standin.set_partition_properties('lake', 'odd', '{region,__HIVE_DEFAULT_PARTITION__,year,2026,month,03,day,10}', '{a,b}')$$);
SELECT at($$CALL standin.set_partition_properties('lake', 'odd', '{region,a/b 100%,year,2026,month,03,day,11}', '{a,b}')$$);
SELECT put('s3://rollups/odd/__HIVE_DEFAULT_PARTITION__/2026-03-10/more', E'100\n'), put('s3://rollups/odd/a%2Fb 100%25/2026-03-11/more', E'1000\n');
CALL rsfed.refresh('odd') \gset
SELECT status, rows_updated, note, (read_by(query_id)).partitions FROM rsfed.runs WHERE run_id = :run_id;
SELECT at($$ALTER TABLE lake.odd DROP PARTITION (region='it''s \\', year=2026, month='03', day=9)$$);
CALL rsfed.refresh('odd') \gset
SELECT status, rows_deleted, note, (read_by(query_id)).partitions FROM rsfed.runs WHERE run_id = :run_id;
SELECT kind FROM rsfed.compare('odd') WHERE kind <> 'summary';

-- values that do not fit the key column: everything is read, and the run says so
SELECT at($$CREATE EXTERNAL TABLE lake.monthly (n int) PARTITIONED BY (m char(7)) STORED AS PARQUET LOCATION 's3://rollups/monthly/'$$);
SELECT rsfed.define_rollup('monthly', 'wh', $$SELECT (m || '-01')::date AS m, sum(n) AS n FROM lake.monthly GROUP BY 1$$, key => '{m}',
	options => '{"lake_table": "lake.monthly", "lake_key": {"m": "m"}}');
SELECT put('s3://rollups/monthly/2026-01/part', E'1\n'), added FROM rsfed.add_partitions('wh', 'lake.monthly', '[{"m": "2026-01"}]', 's3://rollups/monthly/{m}/');
CALL rsfed.refresh('monthly') \gset
SELECT status, rows_inserted, note FROM rsfed.runs WHERE run_id = :run_id;

-- in a set: a member without changes is not read
SELECT rsfed.define_set('both', '{by_day,odd}');
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://rollups/sales/saledate={date}/', since => '2026-01-15', until => '2026-01-16');
CALL rsfed.refresh_set('both') \gset
SELECT relation, status, query_id IS NULL AS not_asked, note FROM rsfed.runs WHERE run_id > :run_id ORDER BY run_id;
CALL rsfed.refresh_set('both') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
SELECT rsfed.drop_set('both');

-- without a second schedule, a file that is rewritten would not be found
SELECT subject, problem, remedy FROM rsfed.doctor() WHERE problem LIKE '%partition%' ORDER BY 1;
SELECT rsfed.schedule_refresh('by_day', '15 minutes'), rsfed.schedule_refresh('odd', '15 minutes'), rsfed.schedule_refresh('odd', '@weekly', name => 'full merge', method => 'merge');
\i test/include/doctor_rows.psql
CREATE FUNCTION mask(t text) RETURNS text LANGUAGE sql AS $$SELECT t$$;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/lake_remedies.sql'
\set remote false
\set about 'reads only partitions'
\i test/include/paste.psql
SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'reads only partitions';
DROP FUNCTION mask, doctor_rows;

SELECT rsfed.drop_rollup(r) FROM unnest('{by_day,odd,monthly}'::regclass[]) r;
SELECT count(*) FROM rsfed_catalog.lake_partition;
SELECT count(*) FROM rsfed_catalog.lake_state;
SELECT ok FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);
DROP FUNCTION refused, read_by, put, at;
