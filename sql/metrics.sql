-- rsfed.metrics: figures for Prometheus, and the columns of freshness and runs
-- that they come from.
\i test/include/warehouse.psql
SET client_min_messages = error;
CREATE VIEW figures AS SELECT name, labels - 'relation' AS labels, value FROM rsfed.metrics
WHERE labels ->> 'relation' = 'public.measured';
SELECT rsfed.define_rollup('measured', 'wh', 'SELECT k, v FROM dup WHERE k > 1', key => '{k}', max_age => '1 day');
SELECT name, labels, value FROM figures WHERE name ~ '_total$' AND name !~ 'seconds|bytes' ORDER BY name COLLATE "C", labels::text;
CALL rsfed.refresh('measured') \gset
SELECT standin('FAULT error_1023');
\set VERBOSITY sqlstate
CALL rsfed.refresh('measured');
\set VERBOSITY default
SELECT standin('RESET');
SELECT name, labels, value FROM figures WHERE name IN ('rsfed_runs_total', 'rsfed_state', 'rsfed_consecutive_failures', 'rsfed_late', 'rsfed_max_age_seconds')
ORDER BY name COLLATE "C", labels::text;
SELECT name FROM figures WHERE value > 0 AND name IN ('rsfed_run_seconds_total', 'rsfed_received_bytes_total', 'rsfed_age_seconds',
	'rsfed_as_of_timestamp_seconds', 'rsfed_changed_timestamp_seconds', 'rsfed_failing_since_timestamp_seconds') ORDER BY name COLLATE "C";
-- names: by the conventions, unique, and with a value
SELECT name FROM rsfed.metrics WHERE name !~ '^rsfed_[a-z_]+$' OR value IS NULL OR jsonb_typeof(labels) <> 'object';
SELECT name, labels FROM rsfed.metrics GROUP BY name, labels HAVING count(*) > 1;
-- counters outlive the history of the runs
DELETE FROM rsfed_catalog.run WHERE relation_name = 'measured';
SELECT sum(value) FROM figures WHERE name = 'rsfed_runs_total';
-- the last run that failed, as alerts read it
CALL rsfed.refresh('measured') \gset
SELECT relation, state, as_of < now() AS as_of, age > '0' AS age, max_age, is_late, data_through = as_of AS data_through,
	changed_at > as_of AS changed_at, last_run_id = :run_id AS last_run_id, failing_since, failures, sqlstate, message, next_run_at
FROM rsfed.freshness WHERE relation = 'measured'::regclass;
-- and the number of its statement in SYS_QUERY_HISTORY
SELECT label = format('rsfed:%s:%s', current_database(), run_id) AS label, remote_pid > 0 AS remote_pid, server
FROM rsfed.runs WHERE run_id = :run_id;
-- lateness follows the comparison of intervals
SELECT i, CASE WHEN isfinite(late_at) THEN late_at - '2024-01-31 12:00+00' END AS after, age_is_greater FROM unnest('{1 ms,1 day,1 month,1 year 2 mons 3 days 04:05:06.5,178000000 years}'::interval[]) i,
	LATERAL rsfed_catalog.late_at('2024-01-31 12:00+00', i) late_at,
	LATERAL (SELECT CASE WHEN isfinite(late_at) THEN late_at - '2024-01-31 12:00+00' > i END) AS g (age_is_greater);
-- a set has the metrics of a relation except rows, which are counted for its members
SELECT rsfed.define_set('measured together', '{measured}');
CALL rsfed.refresh_set('measured together') \gset
SELECT standin('FAULT error_1023');
\set VERBOSITY sqlstate
CALL rsfed.refresh_set('measured together');
\set VERBOSITY default
SELECT standin('RESET');
SELECT name, labels, CASE WHEN name !~ 'seconds' THEN value END AS value, value > 0 AS positive FROM rsfed.metrics WHERE labels ->> 'set' = 'measured together'
ORDER BY name COLLATE "C", labels::text;
SELECT rsfed.drop_set('measured together');
SELECT count(*) FROM rsfed.metrics WHERE labels ? 'set';
-- a materialized view has no max_age, so it is never late
CREATE MATERIALIZED VIEW measured_mv AS SELECT * FROM measured;
SELECT rsfed.schedule_refresh('measured_mv', '@yearly');
CALL rsfed.refresh('measured_mv') \gset
SELECT relation, state, as_of < now() AS as_of, max_age, is_late, data_through = as_of AS data_through, last_run_id = :run_id AS last_run_id,
	failures, next_run_at > now() AS next_run_at
FROM rsfed.freshness WHERE relation = 'measured_mv'::regclass;
-- who may read them
SET ROLE rsfed_stranger;
SELECT count(*) FROM rsfed.metrics;
RESET ROLE;
CREATE ROLE rsfed_metrics_monitor IN ROLE pg_monitor;
SET ROLE rsfed_metrics_monitor;
SELECT count(*) > 10 AS read FROM rsfed.metrics;
RESET ROLE;
DROP ROLE rsfed_metrics_monitor;
DROP MATERIALIZED VIEW measured_mv;
DROP VIEW figures;
SELECT rsfed.drop_rollup('measured');
SELECT count(*) FROM rsfed_catalog.counter n WHERE NOT EXISTS (SELECT FROM rsfed_catalog.relation r WHERE r.relation_id = n.relation_id);
