-- rsfed.runs.query_id: Redshift's number of the query of a run.
\i test/include/warehouse.psql
SET client_min_messages = error;
-- a query that returns its own number
SELECT rsfed.define_rollup('told', 'wh', 'SELECT 1 AS k, pg_last_query_id() + 1 AS id', key => '{k}');
SELECT r.query_id = t.id AS is_its_own FROM told t, rsfed.runs r WHERE relation = 'told'::regclass;
CALL rsfed.refresh('told') \gset
SELECT r.query_id = t.id AS is_its_own, note FROM told t, rsfed.runs r WHERE run_id = :run_id;
CALL rsfed.refresh('told', method => 'replace') \gset
SELECT r.query_id = t.id AS is_its_own FROM told t, rsfed.runs r WHERE run_id = :run_id;
-- if the probe finds no change, no query is sent
SELECT action FROM rsfed.alter_rollup('told', options => '{"probe": "SELECT max(k) FROM big"}', populate => false);
CALL rsfed.refresh('told') \gset
CALL rsfed.refresh('told') \gset
SELECT status, query_id FROM rsfed.runs WHERE run_id = :run_id;

-- the number of a failed query comes from Redshift's error
SELECT rsfed.define_rollup('failed', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', key => '{k}');
\set VERBOSITY sqlstate
SELECT standin('FAULT wlm_abort');
CALL rsfed.refresh('failed');
SELECT standin('RESET');
SELECT status, message = format('Query (%s) cancelled by WLM abort action of Query Monitoring Rule "rsfed_rule".', query_id) AS of_message FROM rsfed.runs ORDER BY run_id DESC LIMIT 1;
SELECT action FROM rsfed.alter_rollup('failed', query => 'SELECT k, (n + 99999999999999)::numeric(38,20) * 99999999999999 AS n FROM kv', populate => false);
CALL rsfed.refresh('failed');
SELECT status, sqlstate, message, query_id = substring(detail FROM 'query: +([0-9]+)')::bigint AS of_detail FROM rsfed.runs ORDER BY run_id DESC LIMIT 1;
SELECT standin($$FAULT error 42501 'permission denied'$$);
CALL rsfed.refresh('failed');
SELECT standin('RESET');
SELECT status, sqlstate, query_id FROM rsfed.runs ORDER BY run_id DESC LIMIT 1;
\set VERBOSITY default

-- the connection breaks or stalls after the last row: the content is published
SELECT rsfed.define_rollup('empty', 'wh', 'SELECT k, n FROM kv WHERE k < 0', key => '{k}');
INSERT INTO empty VALUES (1, 1);
SELECT standin('FAULT cut_after_rows 1');
CALL rsfed.refresh('empty') \gset
SELECT status, rows_deleted, query_id, note FROM rsfed.runs WHERE run_id = :run_id;
INSERT INTO empty VALUES (1, 1);
SELECT standin('RESET');
SELECT standin('FAULT stall_after_rows 1');
CALL rsfed.refresh('empty') \gset
SELECT status, rows_deleted, query_id, note FROM rsfed.runs WHERE run_id = :run_id;
SELECT standin('RESET');
CALL rsfed.refresh('empty') \gset
SELECT status, query_id > 0 AS query_id, note FROM rsfed.runs WHERE run_id = :run_id;

-- each member of a set has a number of its own
SELECT rsfed.define_set('two', '{told,empty}');
CALL rsfed.refresh_set('two') \gset
SELECT relation, status, CASE relation WHEN 'told'::regclass THEN query_id = (SELECT id FROM told) ELSE query_id > 0 END AS query_id, set_name
FROM rsfed.runs WHERE run_id >= :run_id ORDER BY run_id;
-- the transaction of the set needs the connection
SELECT rsfed.define_set('one', '{empty}');
SELECT standin('FAULT cut_after_rows 1');
CALL rsfed.refresh_set('one');
SELECT standin('RESET');
SELECT rsfed.drop_set(s) FROM unnest('{one,two}'::text[]) s;
SELECT rsfed.drop_rollup(r) FROM unnest('{told,failed,empty}'::regclass[]) r;
