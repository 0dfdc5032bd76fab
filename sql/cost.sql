-- Bytes read and time used by runs in the warehouse: gather_costs() and rsfed.costs.
\i test/include/warehouse.psql
SET client_min_messages = warning;
SET timezone = 'UTC';
-- without workers that interfere
ALTER SYSTEM SET rsfed.scheduler = off;
SELECT pg_reload_conf();
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('wh', command) $$;
CREATE FUNCTION put(url text, content text) RETURNS void LANGUAGE sql AS $$
SELECT at(format('SELECT standin.put(%s, %s)', quote_literal(url), quote_literal(content))) $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT ok FROM rsfed.create_external_schema('wh', 'costs', 'costs_db', :'role', options => '{"create_database": true}');
SELECT at($$CREATE EXTERNAL TABLE costs.sales (id int, amount int) PARTITIONED BY (saledate date) STORED AS PARQUET LOCATION 's3://costs/sales/'$$);
SELECT put(format('s3://costs/sales/saledate=2026-01-%s/part', to_char(d, 'FM00')), E'1,10\n2,20\n') FROM generate_series(1, 5) d \g /dev/null
SELECT added FROM rsfed.add_partitions('wh', 'costs.sales', location => 's3://costs/sales/saledate={date}/', since => '2026-01-01', until => '2026-01-06');

-- off: nothing is stored, and no query is sent
SELECT rsfed.define_rollup('by_day', 'wh', 'SELECT saledate AS day, sum(amount) AS amount FROM costs.sales GROUP BY 1', key => '{day}',
	options => '{"lake_table": "costs.sales", "lake_key": {"saledate": "day"}}');
SELECT count(*) FROM rsfed.costs;
SELECT * FROM rsfed.gather_costs();
SELECT error_of($$ALTER SERVER wh OPTIONS (ADD gather_costs 'perhaps')$$);
ALTER SERVER wh OPTIONS (ADD gather_costs 'on');

-- a run that reads everything, and one that reads a day
CALL rsfed.refresh('by_day', method => 'replace') \gset
SELECT relation, server, runs, pending, unknown, s3_bytes, execution_ms FROM rsfed.costs;
SELECT * FROM rsfed.gather_costs();
SELECT relation, server, current_date - day < 2 AS today, runs, pending, unknown, s3_bytes, s3_files, partitions, partitions_read, queue_ms >= 0 AS queued, execution_ms >= 0 AS ran, price, note FROM rsfed.costs;
SELECT put('s3://costs/sales/saledate=2026-01-06/part', E'1,10\n'), rsfed.execute('wh', $$ALTER TABLE costs.sales ADD PARTITION (saledate='2026-01-06') LOCATION 's3://costs/sales/saledate=2026-01-06/'$$);
CALL rsfed.refresh('by_day') \gset
-- no changes: no query, and the query of the catalog costs only its time
CALL rsfed.refresh('by_day') \gset
SELECT query_id, label IS NOT NULL AS labelled, ask_at IS NOT NULL AS wanted FROM rsfed_catalog.run_cost WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT s3_bytes, s3_files, partitions, partitions_read, queue_ms >= 0 AS queued, execution_ms >= 0 AS ran, is_pending, note FROM rsfed_catalog.run_price WHERE run_id = :run_id;
SELECT runs, pending, unknown, s3_bytes, s3_files, partitions, partitions_read FROM rsfed.costs;

-- prices: a cluster by the bytes read, at least 10 MB; a workgroup by its time
SET rsfed.price_per_tb = 5;
SET rsfed.price_per_rpu_hour = 0.36;
SELECT price = 2 * 10 / 1048576.0::float8 * 5 AS by_tb FROM rsfed.costs;
ALTER SERVER wh OPTIONS (ADD rpus '8');
SELECT round(price::numeric, 9) = round((execution_ms / 3600000.0 * 8 * 0.36)::numeric, 9) AS by_time FROM rsfed.costs;
ALTER SERVER wh OPTIONS (DROP rpus);
SELECT error_of('SET rsfed.price_per_tb = -1');

-- several statements of one run, members of a set
SELECT rsfed.define_rollup('windowed', 'wh', 'SELECT saledate AS day, sum(amount) AS amount FROM costs.sales WHERE saledate >= {from} AND saledate < {to} GROUP BY 1', key => '{day}', method => 'window',
	options => '{"window_column": "day", "bucket": "1 day", "batch": "2 days", "start": "2026-01-01", "batch_order": "newest"}', populate => false);
CALL rsfed.refresh('windowed') \gset
SELECT server, runs FROM rsfed.gather_costs();
SELECT relation, runs, unknown, s3_bytes, s3_files, partitions_read FROM rsfed.costs WHERE relation = 'windowed'::regclass;
SELECT rsfed.define_rollup('by_id', 'wh', 'SELECT id, sum(amount) AS amount FROM costs.sales GROUP BY 1', key => '{id}', populate => false);
SELECT rsfed.define_rollup('by_amount', 'wh', 'SELECT amount, count(*) AS n FROM costs.sales WHERE saledate = ''2026-01-01'' GROUP BY 1', key => '{amount}', populate => false);
SELECT rsfed.define_set('both', '{by_id,by_amount}');
CALL rsfed.refresh_set('both') \gset
SELECT server, runs FROM rsfed.gather_costs();
SELECT relation, runs, unknown, s3_bytes, s3_files, partitions, partitions_read FROM rsfed.costs WHERE relation IN ('by_id'::regclass, 'by_amount'::regclass) ORDER BY relation::text COLLATE "C";

-- only for the owner
CREATE ROLE somebody;
GRANT SELECT ON by_day TO somebody;
SET ROLE somebody;
SELECT count(*) FROM rsfed.costs;
SELECT * FROM rsfed.gather_costs();
RESET ROLE;
REVOKE SELECT ON by_day FROM somebody;
DROP ROLE somebody;

-- a probe that reads S3 costs the bytes it reads, even if nothing has changed
SELECT rsfed.define_rollup('probed', 'wh', 'SELECT count(*) AS n FROM costs.sales', method => 'replace', options => '{"probe": "SELECT count(*) FROM costs.sales WHERE saledate = ''2026-01-01''"}');
CALL rsfed.refresh('probed') \gset
SELECT status, query_id FROM rsfed.runs WHERE run_id = :run_id;
SELECT server FROM rsfed.gather_costs();
SELECT s3_bytes, s3_files, partitions_read, is_pending, note FROM rsfed_catalog.run_price WHERE run_id = :run_id;
-- the label of another session does not count
CALL rsfed.refresh('probed') \gset
UPDATE rsfed_catalog.run SET remote_pid = 1 WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT s3_bytes, is_pending, note FROM rsfed_catalog.run_price WHERE run_id = :run_id;
DELETE FROM rsfed_catalog.run_cost WHERE run_id = :run_id;
-- facts that the other views do not show
CALL rsfed.refresh('probed') \gset
SELECT standin($$FAULT error '42P01' 'relation "sys_query_history" does not exist' TIMES 1$$);
SELECT server FROM rsfed.gather_costs();
SELECT s3_bytes, is_pending, note FROM rsfed_catalog.run_price WHERE run_id = :run_id;
SELECT rsfed.drop_rollup('probed');

-- a cluster without the SYS_ views
CALL rsfed.refresh('by_id') \gset
SELECT standin($$FAULT error '42P01' 'relation "sys_query_history" does not exist' TIMES 1$$);
SELECT * FROM rsfed.gather_costs();
SELECT runs, unknown, s3_bytes, s3_files, partitions, partitions_read, queue_ms IS NOT NULL AS queued, note FROM rsfed.costs WHERE relation = 'by_id'::regclass;
-- a history without permission: costs stay unknown, and there is no other attempt
CALL rsfed.refresh('by_amount') \gset
SELECT standin($$FAULT error 42501 'permission denied for relation sys_query_history' TIMES 1$$);
SELECT * FROM rsfed.gather_costs();
SELECT runs, pending, unknown, s3_bytes, note FROM rsfed.costs WHERE relation = 'by_amount'::regclass;
SELECT status, sqlstate, note FROM rsfed.runs WHERE run_id = :run_id;
-- a server that cannot be reached: another attempt later
CALL rsfed.refresh('by_amount') \gset
SELECT standin('FAULT reject_logins TIMES 1');
SELECT server, runs, split_part(detail, E'\n', 1) AS detail FROM rsfed.gather_costs();
SELECT * FROM rsfed.gather_costs();
SELECT pending FROM rsfed.costs WHERE relation = 'by_amount'::regclass;
UPDATE rsfed_catalog.run_cost SET ask_at = now() WHERE ask_at IS NOT NULL;
SELECT * FROM rsfed.gather_costs();
-- a query that is not in the history yet: more attempts, for an hour
UPDATE rsfed_catalog.run_cost SET ask_at = now(), query_id = 1, label = 'none' WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT pending, note FROM rsfed.costs WHERE relation = 'by_amount'::regclass;
UPDATE rsfed_catalog.run_cost SET ask_at = now(), ended_at = ended_at - interval '2 hours' WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT ask_at, note FROM rsfed_catalog.run_cost WHERE run_id = :run_id;
-- rows older than the history of runs are deleted; those that nobody can complete are given up
UPDATE rsfed_catalog.run_cost SET ask_at = now(), ended_at = now() - interval '8 days' WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT ask_at, note FROM rsfed_catalog.run_cost WHERE run_id = :run_id;
UPDATE rsfed_catalog.run_cost SET ended_at = now() - interval '31 days' WHERE run_id = :run_id;
SELECT * FROM rsfed.gather_costs();
SELECT count(*) FROM rsfed_catalog.run_cost WHERE run_id = :run_id;

ALTER SERVER wh OPTIONS (DROP gather_costs);
SELECT rsfed.drop_set('both');
SELECT rsfed.drop_rollup(r) FROM unnest('{by_day,by_id,by_amount,windowed}'::regclass[]) r;
SELECT count(*) FROM rsfed_catalog.run_cost;
SELECT ok FROM rsfed.drop_external_schema('wh', 'costs', drop_database => true, cascade => true);
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
DROP FUNCTION at, put;
