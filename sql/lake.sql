-- External schemas, tables and partitions (Redshift Spectrum) by rsfed.
\i test/include/warehouse.psql
SET client_min_messages = warning;
CREATE FUNCTION put(url text, content text) RETURNS text LANGUAGE sql AS $$
SELECT rsfed.execute('wh', format('SELECT standin.put(%s, %s)', quote_literal(url), quote_literal(content))) $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT ok, detail FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);

-- created once, and found the second time
SELECT server, ok, detail FROM rsfed.create_external_schema('wh', 'Lake', 'lake_db', :'role', region => 'eu-west-1', options => '{"create_database": true}');
SELECT server, ok, detail FROM rsfed.create_external_schema('wh', 'lake', 'lake_db', :'role');
-- another database is a conflict
SELECT server, ok, detail FROM rsfed.create_external_schema('wh', 'lake', 'other_db', :'role');
SELECT server, external_schema, catalog, catalog_database, options FROM rsfed.external_schemas('wh') WHERE external_schema = 'lake';
-- other catalogs
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake_hive', 'h', :'role', options => '{"catalog": "hive", "uri": "10.0.0.1", "port": 9084}');
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake_share', 'dev', NULL, options => '{"catalog": "redshift", "schema": "public"}');
SELECT external_schema, catalog, catalog_database, options FROM rsfed.external_schemas('wh') WHERE external_schema LIKE 'lake\_%' ORDER BY 1;
SELECT s, (rsfed.drop_external_schema('wh', s, cascade => s = 'lake_share')).* FROM unnest('{lake_hive,lake_share,lake_none}'::text[]) s;

-- errors that Redshift would raise, or would raise only at the first query
CREATE FUNCTION refused(arguments text) RETURNS text LANGUAGE sql AS $$
SELECT error_of('SELECT rsfed.create_external_schema(''wh'', ''x'', ' || arguments || ')') $$;
SELECT a, refused(a) FROM unnest(ARRAY[
	$$'d', 'lake'$$,
	$$'d', 'arn:aws:iam::123:role/lake'$$,
	$$'d', 'arn:aws:s3:::bucket'$$,
	$$'d', 'arn:aws:iam::123456789012:user/lake'$$,
	$$'d', 'arn:aws:iam::123456789012:role/lake, arn:aws:iam::123456789012:role/b'$$,
	$$'d', 'arn:aws:iam::123456789012:role/a'' CREATE EXTERNAL DATABASE'$$,
	$$'d', NULL$$, $$NULL, 'default'$$, $$'', 'default'$$,
	$$'d', 'default', 'eu west'$$,
	$$'d', 'default', options => '{"catalog_id": "1"}'$$,
	$$'d', 'default', options => '{"catalog_id": "123456789012"}'$$,
	$$'d', 'default', options => '{"catalog_role": "lake"}'$$,
	$$'d', 'default', options => '{"uri": "x"}'$$,
	$$'d', 'default', options => '{"catalog": "hive"}'$$,
	$$'d', 'default', options => '{"catalog": "hive", "uri": "thrift://x"}'$$,
	$$'d', 'default', options => '{"catalog": "hive", "uri": "x", "create_database": true}'$$,
	$$'d', 'default', options => '{"catalog": "redshift", "schema": "s"}'$$,
	$$'d', NULL, options => '{"catalog": "redshift"}'$$,
	$$'d', 'default', options => '{"katalog": "redshift"}'$$,
	$$'d', 'default', options => '{"catalog": "athena"}'$$]) a;
SELECT error_of($$SELECT rsfed.create_external_schema('wh', 'a.b', 'd', 'default')$$);
SELECT error_of($$SELECT rsfed.create_external_schema('wx', 'a', 'd', 'default')$$);
-- names and values that need quotes arrive unchanged
SELECT ok, detail FROM rsfed.create_external_schema('wh', '"tag ""x"""', 'it''s a \ database', 'arn:aws-cn:iam::123456789012:role/path/l@ke+=,._-1', options => '{"create_database": "on"}');
SELECT external_schema, catalog_database, options FROM rsfed.external_schemas('wh') WHERE external_schema LIKE 'tag%';
SELECT ok, detail FROM rsfed.drop_external_schema('wh', '"tag ""x"""', drop_database => true);

-- a table and its partitions
SELECT rsfed.execute('wh', $$CREATE EXTERNAL TABLE lake.sales (id int, amount decimal(8,2)) PARTITIONED BY (saledate date) STORED AS PARQUET LOCATION 's3://bucket/sales/' TABLE PROPERTIES ('numRows'='100')$$);
SELECT external_schema, table_name, location, parameters - 'transient_lastDdlTime' AS parameters FROM rsfed.external_tables('wh', 'lake');
SELECT ordinal, column_name, external_type, partition_key FROM rsfed.external_columns('wh', 'lake.sales');
SELECT partition_values FROM rsfed.missing_partitions('wh', 'lake.sales', '2026-01-30', '2026-02-02');
SELECT server, added, present, failed, detail FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://bucket/sales/saledate={date}/', since => '2026-01-30', until => '2026-02-02');
SELECT server, added, present, failed, detail FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://bucket/sales/saledate={saledate}/', since => '2026-01-01', until => '2026-02-03');
SELECT partition_values, location FROM rsfed.external_partitions('wh', 'lake.sales') ORDER BY partition_values ->> 'saledate' DESC LIMIT 2;
SELECT count(*) FROM rsfed.missing_partitions('wh', 'lake.sales', '2026-01-01', '2026-02-03');
-- a partition with another location is reported, not moved
SELECT server, added, present, failed, detail FROM rsfed.add_partitions('wh', 'lake.sales', '[{"values": {"saledate": "2026-01-01"}, "location": "s3://bucket/moved/"}, {"values": {"saledate": null}, "location": "s3://bucket/null/"}, {"values": {"saledate": null}, "location": "s3://bucket/again/"}]');
-- many partitions: 100 for each statement
SELECT added, present, failed FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://bucket/sales/{year}/{month}/{day}/', since => '2025-01-01', until => '2026-01-01');
-- four levels: the list has the values that the range lacks
SELECT rsfed.execute('wh', $$CREATE EXTERNAL TABLE lake.odd (n int) PARTITIONED BY (region varchar(20), year int, month varchar(2), day int) STORED AS PARQUET LOCATION 's3://bucket/odd/'$$);
SELECT added, present, failed FROM rsfed.add_partitions('wh', 'lake.odd', '[{"region": "a/b 100%"}, {"region": null}, {"region": "it''s \\"}]', 's3://bucket/odd/{region}/{year}/{month}/{day}/', '2026-03-09', '2026-03-11');
SELECT partition_values, location FROM rsfed.external_partitions('wh', 'lake.odd') ORDER BY 1, 2;
-- a day and an hour: the day is a date, whatever its name is
SELECT rsfed.execute('wh', $$CREATE EXTERNAL TABLE lake.hourly (n int) PARTITIONED BY (day varchar(10), hour int) STORED AS PARQUET LOCATION 's3://bucket/hourly/'$$);
SELECT partition_values FROM rsfed.missing_partitions('wh', 'lake.hourly', '2026-03-09 22:30', '2026-03-10 01:00');
-- "05", as a crawler may write it, and 5 are one number
SELECT rsfed.execute('wh', $$ALTER TABLE lake.odd ADD PARTITION (region='z', year='2026', month='05', day='05') LOCATION 's3://bucket/z/'$$);
SELECT added, present FROM rsfed.add_partitions('wh', 'lake.odd', '[{"region": "z"}]', 's3://bucket/odd/z/{day}/', '2026-05-05', '2026-05-06');
SELECT partition_values FROM rsfed.missing_partitions('wh', 'lake.odd', '2026-05-05', '2026-05-07', '[{"region": "z"}]');
-- each partition is read from its location
SELECT put('s3://bucket/odd/a%2Fb 100%25/2026/03/09/x', E'1\n'), put('s3://bucket/odd/__HIVE_DEFAULT_PARTITION__/2026/03/10/x', E'2\n'), put('s3://bucket/odd/it%27s %5C/2026/03/10/x', E'3\n');
SELECT * FROM rsfed.query('wh', 'SELECT region, month, day, n FROM lake.odd ORDER BY n') AS t (region text, month text, day int, n int);

-- errors of the caller
SELECT a, error_of('SELECT rsfed.add_partitions(''wh'', ' || a || ')') FROM unnest(ARRAY[
	$$'sales', since => '2026-01-01', location => 's3://bucket/{date}/'$$,
	$$'lake.sales'$$,
	$$'lake.sales', until => '2026-01-01'$$,
	$$'lake.sales', since => '2026-01-02', until => '2026-01-01', location => 's3://bucket/{date}/'$$,
	$$'lake.sales', since => 'x', location => 's3://bucket/{date}/'$$,
	$$'lake.sales', since => '2026-01-01', until => '2026-01-02'$$,
	$$'lake.sales', since => '2026-01-01', until => '2026-01-02', location => 'bucket/{date}/'$$,
	$$'lake.sales', since => '2026-01-01', until => '2026-01-02', location => 's3://bucket/{datum}/'$$,
	$$'lake.sales', since => '2026-01-01', until => '2026-01-02', location => 's3://bucket/{date/'$$,
	$$'lake.sales', since => '0001-01-01', until => '2026-01-02', location => 's3://bucket/{date}/'$$,
	$$'lake.sales', '{}', 's3://bucket/'$$,
	$$'lake.sales', '[1]', 's3://bucket/'$$,
	$$'lake.sales', '[{"saledate": []}]', 's3://bucket/'$$,
	$$'lake.sales', '[{"sale_date": "2026-01-01"}]', 's3://bucket/'$$,
	$$'lake.sales', '[{}]', 's3://bucket/'$$,
	$$'lake.odd', since => '2026-01-01', until => '2026-01-02', location => 's3://bucket/{date}/'$$,
	$$'lake.nothing', since => '2026-01-01', until => '2026-01-02', location => 's3://bucket/{date}/'$$]) a;
-- the caller sees the message of the warehouse
SELECT standin($$FAULT error XX000 'AccessDeniedException' TIMES 1$$);
SELECT error_of($$SELECT rsfed.external_tables('wh', 'lake')$$);
SELECT standin('RESET');

-- privileges: functions that write must be granted; those that read need USAGE and a user mapping
SELECT proname, has_function_privilege('rsfed_stranger', oid, 'EXECUTE') AS public FROM pg_proc
WHERE pronamespace = 'rsfed'::regnamespace AND (proname ~ '^external|partitions$|external_schema$') ORDER BY 1;
SET ROLE rsfed_stranger;
SELECT error_of($$SELECT rsfed.external_schemas('wh')$$);
RESET ROLE;
-- the result stays in the warehouse after a local ROLLBACK
BEGIN;
SELECT added FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://bucket/sales/{date}/', since => '2027-01-01', until => '2027-01-02');
ROLLBACK;
SELECT present FROM rsfed.add_partitions('wh', 'lake.sales', location => 's3://bucket/sales/{date}/', since => '2027-01-01', until => '2027-01-02');

-- a group: a member that fails is reported, and the others continue
SELECT rsfed.register_server('lake_down', 'localhost', 'dev', 'awsuser', 'x', 1, verify => false);
SELECT rsfed.define_group('lakes');
SELECT rsfed.add_member('lakes', 'wh'), rsfed.add_member('lakes', 'lake_down', verify => false);
SET client_min_messages = error;
SELECT server, ok, CASE WHEN ok THEN detail END AS detail, detail LIKE '%could not connect%' AS told FROM rsfed.create_external_schema('lakes', 'lake_too', 'lake_db', :'role');
SELECT server, added, present, failed, detail IS NULL AS done FROM rsfed.add_partitions('lakes', 'lake_too.sales', location => 's3://bucket/{date}/', since => '2027-01-01', until => '2027-01-03');
SELECT server, count(*) FROM rsfed.external_columns('lakes', 'lake_too.sales') GROUP BY 1;
SELECT server, ok, CASE WHEN ok THEN detail END AS detail FROM rsfed.drop_external_schema('lakes', 'lake_too', cascade => true);
RESET client_min_messages;
SELECT rsfed.drop_group('lakes'), rsfed.drop_server('lake_down');

-- cleanup
SELECT error_of($$SELECT rsfed.drop_external_schema('wh', 'lake')$$);
SELECT ok, detail FROM rsfed.drop_external_schema('wh', 'lake', cascade => true);
SELECT ok, detail FROM rsfed.create_external_schema('wh', 'lake', 'lake_db', :'role');
SELECT count(*) FROM rsfed.external_tables('wh', 'lake');
SELECT ok, detail FROM rsfed.drop_external_schema('wh', 'lake', drop_database => true, cascade => true);
SELECT ok, detail FROM rsfed.drop_external_schema('wh', 'lake');
DROP FUNCTION put, refused;
