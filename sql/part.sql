-- Refreshing some keys only, and the probe.
\i test/include/warehouse.psql
SET search_path = public;
SET datestyle = 'ISO';
SELECT rsfed.execute('wh', 'CREATE TABLE visit (tenant_id integer, d date, at timestamptz, page varchar(40), ok boolean, n integer)');
SELECT rsfed.execute('wh', $$INSERT INTO visit SELECT salesid % 60, '2024-01-01'::date + salesid % 7, '2024-01-01 00:00+00'::timestamptz + (salesid % 3) * interval '1 hour', 'it''s \\ ' || (salesid % 5)::varchar(5), salesid % 2 = 0, 1 FROM trade WHERE salesid <= 600$$);
SELECT rsfed.define_rollup('visits', 'wh', 'SELECT tenant_id, d, sum(n) AS n FROM visit GROUP BY tenant_id, d -- by day');
CREATE TABLE before AS TABLE visits;
SELECT rsfed.execute('wh', 'UPDATE visit SET n = n + 1 WHERE tenant_id IN (41, 42, 43)');
SELECT rsfed.execute('wh', 'DELETE FROM visit WHERE tenant_id = 57');
SELECT rsfed.execute('wh', $$INSERT INTO visit VALUES (NULL, '2024-02-01', NULL, NULL, NULL, 1)$$);
SELECT as_of AS as_of_before FROM rsfed.freshness WHERE relation = 'visits'::regclass \gset
CALL rsfed.refresh('visits', part => '{"tenant_id": [42, 57, null]}') \gset
\echo :status :rows_changed
SELECT part, rows_received, rows_inserted, rows_updated, rows_deleted FROM rsfed.runs WHERE run_id = :run_id;
SELECT count(*) FROM visits WHERE tenant_id = 57;
-- other rows are not touched, and as_of stays
SELECT count(*) FROM (TABLE visits EXCEPT TABLE before) x WHERE tenant_id NOT IN (42, 57);
SELECT :'as_of' > :'as_of_before' AS run_is_newer;
SELECT as_of = :'as_of_before' AS as_of_stays FROM rsfed.freshness WHERE relation = 'visits'::regclass;
CALL rsfed.refresh('visits', part => '{"tenant_id": 41, "d": ["2024-01-01", "2024-01-02"]}') \gset
\echo :status :rows_changed
CALL rsfed.refresh('visits') \gset
\echo :status :rows_changed
DROP TABLE before;
-- every type that may be in a key
SELECT rsfed.define_rollup('pages', 'wh', 'SELECT page, ok, at, d, count(*) AS n FROM visit GROUP BY page, ok, at, d');
SELECT rsfed.execute('wh', $$DELETE FROM visit WHERE page LIKE '%3'$$);
CALL rsfed.refresh('pages', part => $${"page": ["it's \\ 3"], "ok": true, "at": ["2024-01-01 01:00+01", "2024-01-01T01:00:00Z", "2024-01-01 02:00Z"], "d": ["2024-01-01","2024-01-02","2024-01-03","2024-01-04","2024-01-05","2024-01-06","2024-01-07"]}$$) \gset
\echo :status
SELECT ok, count(*) FROM pages WHERE page = E'it''s \\ 3' GROUP BY ok ORDER BY ok;
CALL rsfed.refresh('pages') \gset
\echo :status
-- with pinned names
SELECT rsfed.define_rollup('pinned', 'wh', 'SELECT tenant_id, sum(n) FROM visit WHERE tenant_id IS NOT NULL GROUP BY 1', columns => 'tenant int, visits bigint', key => '{tenant}');
SELECT rsfed.execute('wh', 'DELETE FROM visit WHERE tenant_id = 1');
CALL rsfed.refresh('pinned', part => '{"tenant": "1"}') \gset
\echo :status :rows_changed
-- errors
SELECT error_of(format('CALL rsfed.refresh(%L, part => %L)', 'visits', p)) FROM unnest(ARRAY[
	'{"tenant": 1}', '{"n": 1}', '{"tenant_id": "abc"}', '{"tenant_id": 99999999999}', '{"tenant_id": []}', '{"tenant_id": {"a": 1}}',
	'{"tenant_id": [[1]]}', '{}', '[1]', '7', '{"d": "2024-02-30"}', '{"d": true}']) p;
SELECT error_of($$CALL rsfed.refresh('visits', method => 'replace', part => '{"tenant_id": 1}')$$);
CREATE MATERIALIZED VIEW native AS SELECT 1 AS a;
SELECT error_of($$CALL rsfed.refresh('native', part => '{"a": 1}')$$);
DROP MATERIALIZED VIEW native;
-- equal requests become one
\i test/include/stop_scheduler.psql
SELECT rsfed.request_refresh('visits', part => '{"tenant_id": [1, 2]}') AS one \gset
SELECT rsfed.request_refresh('visits', part => '{"tenant_id": [1, 2]}') = :one AS same,
	rsfed.request_refresh('visits', part => '{"tenant_id": [1]}') > :one AS other, rsfed.request_refresh('visits') > :one AS all_of_it;
SELECT count(*) FROM rsfed.runs WHERE relation = 'visits'::regclass AND status = 'queued';
SELECT count(rsfed.cancel(run_id)) FROM rsfed.runs WHERE relation = 'visits'::regclass AND status = 'queued';
-- a session cannot wait for a run that its own transaction, or statement, has requested
SELECT error_of($$SELECT rsfed.wait(rsfed.request_refresh('visits'), '1 s')$$);
BEGIN;
SELECT rsfed.request_refresh('visits') AS one \gset
SELECT error_of(format('SELECT rsfed.wait(%s, %L)', :one, '1 s'));
ROLLBACK;
-- with a window
SELECT rsfed.define_rollup('windowed', 'wh', 'SELECT d, tenant_id, sum(n) AS n FROM visit WHERE d >= {from} AND d < {to} GROUP BY 1, 2', method => 'window', options => '{"start": "2024-01-01"}');
SELECT rsfed.execute('wh', 'UPDATE visit SET n = 100');
CALL rsfed.refresh('windowed', part => '{"tenant_id": [2, 4]}', since => '2024-01-03', until => '2024-01-05') \gset
\echo :status :rows_changed
SELECT min(d), max(d), array_agg(DISTINCT tenant_id ORDER BY tenant_id) FROM windowed WHERE n >= 100;
CALL rsfed.refresh('windowed', part => '{"tenant_id": [2]}') \gset
\echo :status :rows_changed
SELECT error_of($$CALL rsfed.refresh('windowed', since => '3024-01-03')$$) ~ 'there is no bucket to refresh' AS refused;

-- the probe: with the same answer, the query is not sent
SELECT error_of($$SELECT rsfed.define_rollup('probed', 'wh', 'SELECT d, sum(n) AS n FROM visit GROUP BY d', options => '{"probe": "DELETE FROM visit"}')$$);
SELECT error_of($$SELECT rsfed.define_rollup('probed', 'wh', 'SELECT d, sum(n) AS n FROM visit GROUP BY d', options => '{"probe": "SELECT max(n) FROM visit WHERE d > {from}"}')$$);
SELECT rsfed.define_rollup('probed', 'wh', 'SELECT d, sum(n) AS n FROM visit GROUP BY d', options => '{"probe": "SELECT count(*), max(n) FROM visit"}');
SELECT as_of AS as_of_before, changed_at AS changed_before FROM rsfed.freshness WHERE relation = 'probed'::regclass \gset
CALL rsfed.refresh('probed') \gset
\echo :status :rows_changed
SELECT rows_received FROM rsfed.runs WHERE run_id = :run_id;
SELECT as_of > :'as_of_before' AS moves_on, changed_at = :'changed_before' AS unchanged FROM rsfed.freshness WHERE relation = 'probed'::regclass;
-- a change that the probe does not show, and one that it shows
SELECT rsfed.execute('wh', 'UPDATE visit SET n = 50 WHERE tenant_id = 9');
CALL rsfed.refresh('probed') \gset
\echo :status :rows_changed
SELECT rsfed.execute('wh', 'UPDATE visit SET n = 101 WHERE tenant_id = 10');
CALL rsfed.refresh('probed') \gset
\echo :status
CALL rsfed.refresh('probed') \gset
\echo :status
-- a new definition needs a new answer
SELECT action FROM rsfed.alter_rollup('probed', query => 'SELECT d, sum(n) + 1 AS n FROM visit GROUP BY d') WHERE action = 'refresh';
CALL rsfed.refresh('probed') \gset
\echo :status :rows_changed
-- a failed run keeps the stored answer
SELECT rsfed.execute('wh', 'UPDATE visit SET n = 102 WHERE tenant_id = 10');
SELECT standin('FAULT cut_after_rows 3');
CALL rsfed.refresh('probed');
SELECT standin('RESET');
CALL rsfed.refresh('probed') \gset
\echo :status

SELECT rsfed.drop_rollup(r) FROM unnest('{visits, pages, pinned, windowed, probed}'::regclass[]) r;
SELECT rsfed.execute('wh', 'DROP TABLE visit');
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
