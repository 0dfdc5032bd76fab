-- Tests without a warehouse: options of servers, schedule texts, schedules of
-- native materialized views.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS rsfed CASCADE;
RESET client_min_messages;
\set state '\\echo SQLSTATE :SQLSTATE'

-- the wrapper's options are checked
CREATE SERVER off FOREIGN DATA WRAPPER rsfed OPTIONS (host 'localhost', port '5439', dbname 'dev', connect_timeout '5');
ALTER SERVER off OPTIONS (ADD statement_timeout '5 min', ADD stall_timeout '30s');
ALTER SERVER off OPTIONS (ADD passfile '/etc/passwd');
:state
ALTER SERVER off OPTIONS (ADD service 'x');
:state
ALTER SERVER off OPTIONS (ADD statement_timout '5 min');
:state
ALTER SERVER off OPTIONS (SET statement_timeout '5 parsecs');
:state
ALTER SERVER off OPTIONS (ADD max_runs '1.5');
:state
ALTER SERVER off OPTIONS (SET port '0x1F');
:state
CREATE USER MAPPING FOR CURRENT_USER SERVER off OPTIONS (user 'u', password 'p', pasword 'q');
:state
-- a foreign table requires a user mapping
CREATE FOREIGN TABLE off_table (a int) SERVER off;
SELECT * FROM off_table;
:state
SELECT rsfed.drop_server('off');
:state
DROP FOREIGN TABLE off_table;
BEGIN READ ONLY;
SELECT rsfed.drop_server('off');
:state
ROLLBACK;
SELECT server, host, port, dbname FROM rsfed.servers WHERE server = 'off';
SELECT rsfed.drop_server('off');
SELECT rsfed.drop_server('off');
:state

-- what becomes of a query over live tables needs no warehouse: it is decided and written when the query is planned
CREATE SERVER off FOREIGN DATA WRAPPER rsfed OPTIONS (host '127.0.0.1', port '1', dbname 'nowhere', connect_timeout '5');
CREATE FOREIGN TABLE off_table (id int, "Select" bigint OPTIONS (column_name 'tag'), n numeric(12,4), t text OPTIONS (blank_safe 'on') COLLATE "C", d date, ts timestamp, f float8) SERVER off OPTIONS (schema_name 'a "b"', table_name 'open');
CREATE FUNCTION off_text(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		RETURN QUERY SELECT regexp_replace(trim(line), '\mr\d+\M', 'rN', 'g') WHERE line ~ 'Remote SQL|Local: ';
	END LOOP;
END $$;
SELECT q AS query, t AS text FROM unnest(ARRAY['SELECT id, "Select" FROM off_table WHERE t = ''it''''s \ "x"'' AND ts >= ''2024-01-31'' AND id = ANY (''{1,2}'') AND n <> -1.50', 'SELECT avg(id), sum("Select") FILTER (WHERE id > 1), count(DISTINCT t) FROM off_table',
	'SELECT id FROM off_table WHERE n IS DISTINCT FROM 2.25 AND d > ts - interval ''1 day'' ORDER BY t DESC, id LIMIT 3', 'SELECT date_trunc(''month'', ts) AS m, max(n) FROM off_table GROUP BY 1 HAVING count(*) > 2', 'SELECT id FROM off_table WHERE f > 1 OR sqrt(id) > 2',
	'SELECT a.id FROM off_table a JOIN off_table b USING (id) WHERE a.n = 1 / 3.0', 'SELECT id FROM off_table WHERE id IN (SELECT id FROM off_table WHERE t LIKE ''a%'' EXCEPT SELECT id FROM off_table)']) WITH ORDINALITY q (q, n), off_text(q) WITH ORDINALITY t (t, m) ORDER BY n, m;
DROP FUNCTION off_text;
DROP FOREIGN TABLE off_table;
SELECT rsfed.drop_server('off');

-- schedule texts
CREATE TABLE off_base (a int);
CREATE MATERIALIZED VIEW off_mv AS SELECT * FROM off_base;
CREATE UNIQUE INDEX ON off_mv (a);
SET client_min_messages = error;
SELECT rsfed.schedule_refresh('off_mv', s, name => 'n' || n)
FROM unnest('{*/15 * * * *,0 3 * * mon-fri,30 4 1\,15 * 5,@hourly,@daily,@weekly,@monthly,@yearly,30 seconds,5 min,1 hour 30 min,0 0 29 2 *}'::text[])
	WITH ORDINALITY AS t (s, n);
SELECT name, schedule, timezone, next_run_at > now() AS in_future FROM rsfed.schedules
WHERE relation = 'off_mv'::regclass ORDER BY length(name), name;
SELECT rsfed.alter_schedule('off_mv', 'n1', schedule => '@weekly');
SELECT rsfed.alter_schedule('off_mv', 'n99', schedule => '@weekly');
:state
SELECT rsfed.alter_schedule('off_mv', 'n1', options => '{"run_timeout": "10 min"}');
SELECT rsfed.alter_schedule('off_mv', 'n1', options => '{"retries": 1.5}');
:state
SELECT rsfed.schedule_refresh('off_mv', '@daily', 'delays', options => '{"retry_delay": "20 min"}');
:state
SELECT rsfed.schedule_refresh('off_mv', '@daily', 'delays', options => '{"retry_max_delay": "10 s"}');
SELECT rsfed.schedule_refresh('off_mv', '@daily', 'delays', options => '{"retry_delay": "20 min", "retry_max_delay": "20 min"}');
SELECT rsfed.alter_schedule('off_mv', 'delays', options => '{"retry_max_delay": "10 s"}');
:state
SELECT rsfed.unschedule_refresh('off_mv', 'delays');
SELECT name, schedule, options FROM rsfed.schedules WHERE relation = 'off_mv'::regclass AND name = 'n1';
SELECT rsfed.pause('off_mv', until => '2999-01-01', reason => 'tests');
SELECT relation, state FROM rsfed.freshness WHERE relation = 'off_mv'::regclass;
SELECT rsfed.resume('off_mv');
SELECT rsfed.pause_all(reason => 'tests');
SELECT relation, state FROM rsfed.freshness WHERE relation = 'off_mv'::regclass;
SELECT rsfed.resume_all();
RESET client_min_messages;
-- a renamed relation keeps its schedules; DROP removes them
ALTER MATERIALIZED VIEW off_mv RENAME TO "off ""mv""";
SELECT count(*) FROM rsfed.schedules WHERE relation = '"off ""mv"""'::regclass;
-- as after a restore, without oids
CREATE TEMP TABLE kept AS TABLE rsfed_catalog.relation;
DELETE FROM rsfed_catalog.relation;
DELETE FROM rsfed_catalog.relation_oid;
INSERT INTO rsfed_catalog.relation TABLE kept;
SELECT relid::regclass FROM rsfed_catalog.relation_oid;
DROP TABLE kept;
-- ALTER INDEX renames any relation
ALTER INDEX "off ""mv""" RENAME TO off_mv2;
SELECT count(*) FROM rsfed.schedules WHERE relation = 'off_mv2'::regclass;
ALTER INDEX off_mv2 RENAME TO "off ""mv""";
CALL rsfed.refresh('"off ""mv"""') \gset
\echo :status
-- a run keeps the name that its relation had
ALTER MATERIALIZED VIEW "off ""mv""" RENAME TO off_mv3;
CALL rsfed.refresh('off_mv3') \gset
SELECT relation, relation_name FROM rsfed.runs ORDER BY run_id;
DROP MATERIALIZED VIEW off_mv3;
SELECT relation, relation_name FROM rsfed.runs ORDER BY run_id;
SELECT count(*) FROM rsfed_catalog.relation;
SELECT count(*) FROM rsfed_catalog.schedule;
DROP TABLE off_base;

-- a new relation with the name of one that vanished unnoticed does not inherit its schedules
CREATE MATERIALIZED VIEW off_mv AS SELECT 1 AS a;
CREATE UNIQUE INDEX ON off_mv (a);
SET client_min_messages = error;
SELECT rsfed.schedule_refresh('off_mv', '@daily');
RESET client_min_messages;
ALTER EVENT TRIGGER rsfed_drop DISABLE;
DROP MATERIALIZED VIEW off_mv;
ALTER EVENT TRIGGER rsfed_drop ENABLE;
CREATE MATERIALIZED VIEW off_mv AS SELECT 2 AS a;
SELECT count(*) FROM rsfed.freshness WHERE relation = 'off_mv'::regclass;
CALL rsfed.refresh('off_mv') \gset
\echo :status
SELECT count(*) FROM rsfed.schedules WHERE relation = 'off_mv'::regclass;
DROP MATERIALIZED VIEW off_mv;

-- objects that do not exist
SELECT * FROM rsfed.describe('nowhere', 'SELECT 1 AS a');
:state
SELECT rsfed.wait(-1);
:state
SELECT rsfed.cancel(-1);
:state
