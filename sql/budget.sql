-- Budgets of schedules for a day: options, what counts, what is reported.  That the
-- scheduler holds them, and goes on after midnight, is in test/t/043_budget.pl.
\i test/include/warehouse.psql
SET timezone = 'UTC';
SET client_min_messages = warning;
\set VERBOSITY terse
\i test/include/stop_scheduler.psql
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('spender', command) $$;
\set role 'arn:aws:iam::123456789012:role/lake'
SELECT rsfed.register_server('spender', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', 'disable');
SELECT ok FROM rsfed.create_external_schema('spender', 'budgets', 'budgets_db', :'role', options => '{"create_database": true}');
SELECT at($$CREATE EXTERNAL TABLE budgets.sales (id int, amount int) PARTITIONED BY (day int) STORED AS PARQUET LOCATION 's3://budgets/sales/'$$);
SELECT at(format('SELECT standin.put(%L, %L)', 's3://budgets/sales/day=1/part', repeat(E'1,10\n', 1000)));
SELECT at($$ALTER TABLE budgets.sales ADD PARTITION (day=1) LOCATION 's3://budgets/sales/day=1/'$$);

-- options: units, limits, time zones; 0 and null mean no limit
SELECT error_of($$ALTER SERVER spender OPTIONS (ADD max_scan_per_day 'much')$$);
SELECT error_of($$ALTER SERVER spender OPTIONS (ADD max_scan_per_day '-1GB')$$);
SELECT error_of($$ALTER SERVER spender OPTIONS (ADD max_scan_per_day '10000000TB')$$);
SELECT error_of($$ALTER SERVER spender OPTIONS (ADD max_seconds_per_day '5 parsecs')$$);
SELECT error_of($$ALTER SERVER spender OPTIONS (ADD budget_timezone 'Mars/Base')$$);
SELECT error_of($$SELECT rsfed.define_group('pool', options => '{"budget_timezone": "posix/"}')$$);
ALTER SERVER spender OPTIONS (ADD max_scan_per_day '1.5 GB');
ALTER SERVER spender OPTIONS (ADD max_seconds_per_day '90', ADD budget_timezone 'Asia/Kathmandu');
SELECT source, relation, timezone, ends_at = (day + 1)::timestamp AT TIME ZONE 'Asia/Kathmandu' AS midnight, max_scan_bytes, scanned_bytes, max_seconds, seconds, used_up FROM rsfed.budgets;
ALTER SERVER spender OPTIONS (SET max_scan_per_day '7', SET max_seconds_per_day '2min', DROP budget_timezone);
SELECT timezone, max_scan_bytes, max_seconds FROM rsfed.budgets;
ALTER SERVER spender OPTIONS (SET max_scan_per_day '0', SET max_seconds_per_day '0');
SELECT count(*) FROM rsfed.budgets;
ALTER SERVER spender OPTIONS (DROP max_scan_per_day, DROP max_seconds_per_day);
SELECT error_of($$SELECT rsfed_catalog.option_amount('rollup', 'max_scan', '1')$$);

-- a budget of a rollup; without gather_costs nobody knows how much was read
SELECT rsfed.define_rollup('by_id', 'spender', 'SELECT id, sum(amount) AS amount FROM budgets.sales GROUP BY 1', key => '{id}',
	timezone => 'America/St_Johns', options => '{"max_scan_per_day": "1kB"}');
SELECT error_of($$SELECT rsfed.alter_rollup('by_id', options => '{"max_scan_per_day": "1 furlong"}')$$);
SELECT action, detail FROM rsfed.alter_rollup('by_id', options => '{"max_scan_per_day": "3kB", "max_seconds_per_day": "1h"}', populate => false);
SELECT source, relation, timezone, ends_at = (day + 1)::timestamp AT TIME ZONE 'America/St_Johns' AS midnight, max_scan_bytes, max_seconds FROM rsfed.budgets;
SELECT options FROM rsfed.rollups WHERE rollup = 'by_id'::regclass;
SELECT rsfed.export() LIKE '%"max_scan_per_day": "3kB"%' AS exported;

-- bytes count as soon as they are gathered, and each run counts once
ALTER SERVER spender OPTIONS (ADD gather_costs 'on');
CALL rsfed.refresh('by_id') \gset
SELECT scanned_bytes FROM rsfed.budgets;
SELECT runs FROM rsfed.gather_costs();
SELECT runs FROM rsfed.gather_costs();
SELECT scanned_bytes, used_up, scanned_bytes = (SELECT sum(s3_bytes) FROM rsfed.costs WHERE relation = 'by_id'::regclass) AS as_costs FROM rsfed.budgets;
CREATE FUNCTION masked(t text) RETURNS text LANGUAGE sql AS $$SELECT regexp_replace(regexp_replace(t, '\d{4}-\d\d-\d\d', '<day>', 'g'), '\d+\.\d s of', '<s> of', 'g')$$;
SELECT masked(reason) FROM rsfed_catalog.over_budget;

-- the sum begins anew on another day and in another time zone
UPDATE rsfed_catalog.spending SET day = day - 1;
SELECT scanned_bytes, seconds, used_up FROM rsfed.budgets;
CALL rsfed.refresh('by_id') \gset
SELECT count(*), count(DISTINCT day) FROM rsfed_catalog.spending;
SELECT runs FROM rsfed.gather_costs();
SELECT scanned_bytes, seconds < 60 AS one_run FROM rsfed.budgets;

-- null resets
SELECT action, detail FROM rsfed.alter_rollup('by_id', options => '{"max_scan_per_day": null, "max_seconds_per_day": null}', populate => false);
SELECT count(*) FROM rsfed.budgets;

-- seconds of a server, for all relations; the figure of the warehouse replaces the local one
ALTER SERVER spender OPTIONS (ADD max_seconds_per_day '1h');
SELECT rsfed.define_rollup('by_amount', 'spender', 'SELECT amount, count(*) AS n FROM budgets.sales GROUP BY 1', key => '{amount}', populate => false);
UPDATE rsfed_catalog.spending SET run_ms = 0, day = day - 1;
SELECT standin('FAULT slow 1500 TIMES 1');
CALL rsfed.refresh('by_id') \gset
CALL rsfed.refresh('by_amount') \gset
SELECT seconds BETWEEN 1.4 AND 60 AS ours FROM rsfed.budgets;
SELECT sum(runs) FROM rsfed.gather_costs();
SELECT b.seconds = round((SELECT sum(c.execution_ms) FROM rsfed_catalog.run_cost c WHERE c.counted_ms > 0 AND c.run_id >= :run_id - 1) / 1000.0, 1) AS theirs FROM rsfed.budgets b;
-- the time of a set is divided equally among its members
UPDATE rsfed_catalog.spending SET run_ms = 0, day = day - 1;
SELECT rsfed.define_set('both', '{by_id,by_amount}');
ALTER SERVER spender OPTIONS (SET gather_costs 'off');
CALL rsfed.refresh_set('both') \gset
SELECT (SELECT extract(epoch FROM elapsed) * 1000 FROM rsfed.runs WHERE set_name = 'both') - (SELECT sum(run_ms) FROM rsfed_catalog.spending) BETWEEN -200 AND 200 AS shared, count(*)
FROM rsfed_catalog.spending p WHERE day = current_date AND NOT is_gathered;
-- a run that failed counts; a run that reached no server does not
UPDATE rsfed_catalog.spending SET run_ms = 0, day = day - 1;
SELECT standin($$FAULT error 22012 'division by zero' TIMES 1$$);
CALL rsfed.refresh('by_id') \gset
SELECT count(*) FROM rsfed_catalog.spending WHERE day = current_date;
UPDATE rsfed_catalog.spending SET run_ms = 0, day = day - 1;
SELECT standin('FAULT reject_logins TIMES 1');
DO $$ BEGIN PERFORM error_of($q$CALL rsfed.refresh('by_id')$q$); END $$;
SELECT count(*) FROM rsfed_catalog.spending WHERE day = current_date;

-- used up: a refresh by hand runs, with a WARNING; who may see what
UPDATE rsfed_catalog.spending SET run_ms = 4000000, day = current_date WHERE NOT is_gathered;
ALTER SERVER spender OPTIONS (ADD budget_timezone 'UTC');
SELECT source, used_up FROM rsfed.budgets;
SELECT masked(reason) FROM rsfed_catalog.over_budget ORDER BY relation_id LIMIT 1;
CALL rsfed.refresh('by_id') \gset
CALL rsfed.refresh_set('both') \gset
SELECT status FROM rsfed.runs WHERE run_id = :run_id;
CREATE ROLE saver;
SET ROLE saver;
SELECT count(*) FROM rsfed.budgets;
RESET ROLE;
DROP ROLE saver;

-- groups: their own budgets, and members that have used up theirs
SELECT rsfed.define_group('pool', options => '{"max_scan_per_day": "1TB"}');
SELECT rsfed.add_member('pool', 'spender');
SELECT rsfed.alter_rollup('by_amount', source => 'pool', populate => false) \g /dev/null
SELECT u.query IS NOT NULL AS found, masked(o.reason) FROM rsfed_catalog.over_budget o JOIN rsfed_catalog.rollup u USING (relation_id) WHERE u.source = 'pool';
SELECT rsfed.alter_group('pool', options => '{"max_scan_per_day": null, "max_seconds_per_day": "10s"}');
ALTER SERVER spender OPTIONS (DROP max_seconds_per_day, DROP budget_timezone);
CALL rsfed.refresh('by_amount') \gset
SELECT b.source, p.run_ms > 0 AS counts, b.used_up FROM rsfed.budgets b, rsfed_catalog.spending p WHERE p.day = b.day AND p.source_id <> 0 AND NOT p.is_gathered AND p.source_id = (SELECT oid FROM pg_foreign_server WHERE srvname = b.source);

SELECT rsfed.drop_set('both');
SELECT rsfed.drop_rollup(r) FROM unnest('{by_id,by_amount}'::regclass[]) r;
SELECT count(*) FROM rsfed_catalog.spending;
SELECT rsfed.drop_group('pool');
SELECT ok FROM rsfed.drop_external_schema('spender', 'budgets', drop_database => true, cascade => true);
SELECT rsfed.drop_server('spender');
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
DROP FUNCTION at, masked;
