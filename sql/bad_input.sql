-- Bad input: each with its SQLSTATE, message, detail and hint, and with the
-- last good content still there.
\i test/include/warehouse.psql
SET search_path = public;
\set state '\\echo SQLSTATE :SQLSTATE'

-- the content that must survive all errors
SELECT rsfed.define_rollup('good', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k');
CREATE TABLE good_before AS TABLE good;

-- unknown names, with the most similar one
SELECT * FROM rsfed.describe('whh', 'SELECT 1 AS a');
:state
CALL rsfed.refresh('good_before');
:state
SELECT rsfed.drop_rollup('good_befor');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k', options => '{"filfactor": 80}');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k', options => '{"fillfactor": 5}');
:state
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, options => %L)', 'bad', 'wh', 'SELECT k FROM kv GROUP BY k', o)) FROM unnest(ARRAY[
	'{"max_result_rows": 1.5}', '{"max_result_rows": "1.5"}', '{"max_result_rows": "0x10"}', '{"max_result_rows": "10 kB"}', '{"max_result_rows": ""}',
	'{"max_result_rows": 5000000000}', '{"max_result_rows": 1e30}', '{"max_result_rows": true}']) o;
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k', method => 'merg');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k', timezone => 'Europe/Berlni');
:state
SELECT rsfed.define_rollup('no_such_schema.bad', 'wh', 'SELECT k FROM kv GROUP BY k');
:state
SELECT rsfed.define_rollup('good', 'wh', 'SELECT k FROM kv GROUP BY k');
:state

-- servers
SELECT rsfed.register_server('wh', 'localhost', 'dev', 'x', 'y');
:state
SELECT rsfed.register_server('wrong_password', :'wh_host', :'wh_dbname', :'wh_user', 'wrong', :'wh_port', verify => false);
SELECT * FROM rsfed.query('wrong_password', 'SELECT 1 AS a') AS t (a int);
:state
-- a server to which the log-in fails is kept, with a WARNING
SELECT rsfed.set_credentials('wrong_password', :'wh_user', 'still wrong');
:state
SELECT item, ok FROM rsfed.check_server('wrong_password');
-- a warehouse without the functions that a check uses: the other results are shown
SELECT standin('FAULT no_function getdate');
SELECT item, ok, regexp_replace(detail, '[0-9.]+ ms', 'N ms') AS detail FROM rsfed.check_server('wh') WHERE item IN ('latency', 'clock');
SELECT standin('RESET');
SELECT standin('FAULT no_function has_schema_privilege');
SELECT item, ok, CASE WHEN NOT ok THEN detail END AS detail FROM rsfed.check_server('wh');
SELECT standin('RESET');
-- a user mapping without a password, as a dump or rsfed.export() makes it
ALTER USER MAPPING FOR CURRENT_USER SERVER wrong_password OPTIONS (DROP password);
SELECT * FROM rsfed.query('wrong_password', 'SELECT 1 AS a') AS t (a int);
\echo :SQLSTATE
SELECT rsfed.register_server('bad_mode', 'localhost', 'dev', 'x', 'y', sslmode => 'verify-ful');
:state
SELECT rsfed.register_server('bad_option', 'localhost', 'dev', 'x', 'y', options => '{"statement_timout": "1 min"}');
:state
SELECT rsfed.register_server('bad_option', 'localhost', 'dev', 'x', 'y', options => '{"statement_timeout": "1 parsec"}');
:state
-- a certificate with another name, and one of another CA
SELECT rsfed.register_server('wrong_name', '127.0.0.1', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', verify => false);
SELECT error_of($$SELECT * FROM rsfed.query('wrong_name', 'SELECT 1 AS a') AS t (a int)$$);
SELECT rsfed.register_server('wrong_ca', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port',
	options => jsonb_build_object('sslrootcert', :'wh_other_ca'), verify => false);
SELECT error_of($$SELECT * FROM rsfed.query('wrong_ca', 'SELECT 1 AS a') AS t (a int)$$);
-- a server that does not answer: connect_timeout ends the attempt
SELECT standin('FAULT hang_connect');
SELECT rsfed.register_server('slow', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port',
	options => '{"connect_timeout": 1}', verify => false);
SELECT clock_timestamp() AS before \gset
SELECT error_of($$SELECT * FROM rsfed.query('slow', 'SELECT 1 AS a') AS t (a int)$$);
SELECT clock_timestamp() - :'before'::timestamptz < interval '40 seconds' AS in_time;
SELECT standin('RESET');
-- a port on which nothing listens
SELECT rsfed.register_server('nobody', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', 1, verify => false);
SELECT error_of($$SELECT * FROM rsfed.query('nobody', 'SELECT 1 AS a') AS t (a int)$$);
SELECT rsfed.drop_server(s) FROM unnest('{wrong_password,wrong_name,wrong_ca,slow,nobody}'::name[]) s;

-- the query
SELECT * FROM rsfed.query('wh', 'SELECT k, FROM kv') AS t (k int);
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, sum(n) AS n FORM kv GROUP BY k');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM no_such_table GROUP BY k');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k; SELECT 1');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'DELETE FROM kv');
:state
SELECT rsfed.define_rollup('bad', 'wh', '  -- nothing');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT ''never closed');
:state
-- the result's columns
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, k, sum(n) AS n FROM kv GROUP BY k');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, sum(n) AS "xmin" FROM kv GROUP BY k');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, sum(n) + 1 FROM kv GROUP BY k');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, ' || (SELECT string_agg('1 AS c' || i, ', ') FROM generate_series(1, 1600) i) || ' FROM kv GROUP BY k', key => '{k}');
:state
-- the key
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', key => '{kk}');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT max(k) AS k FROM kv GROUP BY s');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT count(*) AS n FROM kv');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, v FROM dup', key => '{k}');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, s FROM kv', key => '{k}', options => '{"not_null": ["s"]}');
:state
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, s FROM kv', key => '{k}', options => '{"not_null": ["sss"]}');
:state
-- values
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, max(v) * 1000000000 AS v FROM big WHERE k = 7 GROUP BY k', columns => 'k int, v int');
:state
SELECT * FROM rsfed.query('wh', 'SELECT max(v) * 1000000 AS v FROM big') AS t (v int);
:state
SELECT standin('FAULT bad_utf8');
SELECT * FROM rsfed.query('wh', 'SELECT s FROM kv WHERE k = 1') AS t (s text);
:state
SELECT standin('RESET');
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, max(v) AS v FROM big GROUP BY k', options => '{"max_result_rows": 1000}');
:state
SET rsfed.max_result_rows = 1000;
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k, max(v) AS v FROM big GROUP BY k');
RESET rsfed.max_result_rows;

-- a rollup whose result has changed since its definition
SELECT rsfed.execute('wh', 'CREATE TABLE shifting (k integer, v integer, w integer)');
SELECT rsfed.execute('wh', 'INSERT INTO shifting VALUES (1, 2, 3)');
SELECT rsfed.define_rollup('shifted', 'wh', 'SELECT k, v, w FROM shifting', key => '{k}');
SELECT rsfed.execute('wh', 'DROP TABLE shifting');
SELECT rsfed.execute('wh', 'CREATE TABLE shifting (k integer, v varchar(10), w integer)');
CALL rsfed.refresh('shifted');
:state
SELECT rsfed.execute('wh', 'DROP TABLE shifting');
SELECT rsfed.execute('wh', 'CREATE TABLE shifting (k integer, v integer)');
CALL rsfed.refresh('shifted');
:state
TABLE shifted;
SELECT status, phase, sqlstate, message FROM rsfed.runs WHERE relation = 'shifted'::regclass AND status = 'failed' ORDER BY run_id;
SELECT relation, state, failures, sqlstate FROM rsfed.freshness WHERE relation = 'shifted'::regclass;
SELECT rsfed.drop_rollup('shifted');
-- the same if the query itself still works: one column is new, one is gone
SELECT rsfed.define_rollup('shifted', 'wh', 'SELECT * FROM shifting', key => '{k}');
SELECT rsfed.execute('wh', 'ALTER TABLE shifting ADD COLUMN w integer');
CALL rsfed.refresh('shifted');
:state
SELECT rsfed.execute('wh', 'ALTER TABLE shifting DROP COLUMN w');
SELECT rsfed.execute('wh', 'ALTER TABLE shifting DROP COLUMN v');
CALL rsfed.refresh('shifted');
:state
SELECT rsfed.drop_rollup('shifted');
SELECT rsfed.execute('wh', 'DROP TABLE shifting');

-- schedules
SELECT rsfed.schedule_refresh('good', '61 * * * *');
:state
SELECT rsfed.schedule_refresh('good', '* * * *');
:state
SELECT rsfed.schedule_refresh('good', '0 0 30 2 *');
:state
SELECT rsfed.schedule_refresh('good', '*/0 * * * *');
:state
SELECT rsfed.schedule_refresh('good', '0 5 * foo *');
:state
SELECT rsfed.schedule_refresh('good', '@reboot');
:state
SELECT rsfed.schedule_refresh('good', '0 seconds');
:state
SELECT rsfed.schedule_refresh('good', '1 month');
:state
SELECT rsfed.schedule_refresh('good', '@daily', timezone => 'Mars/Olympus');
:state
SELECT rsfed.schedule_refresh('good_before', '@daily');
:state
SELECT rsfed.schedule_refresh('good', '@daily', method => 'windw');
:state
SELECT rsfed.unschedule_refresh('good');
:state

-- privileges
SET ROLE rsfed_stranger;
CALL rsfed.refresh('good');
:state
SELECT rsfed.schedule_refresh('good', '@daily');
:state
SELECT rsfed.drop_rollup('good');
:state
SELECT * FROM rsfed.query('wh', 'SELECT 1 AS a') AS t (a int);
:state
SELECT rsfed.execute('wh', 'SELECT 1');
:state
RESET ROLE;
-- no user mapping for the owner
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_analyst;
GRANT CREATE ON SCHEMA public TO rsfed_analyst;
SET ROLE rsfed_analyst;
SELECT rsfed.define_rollup('bad', 'wh', 'SELECT k FROM kv GROUP BY k');
:state
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_analyst;
REVOKE CREATE ON SCHEMA public FROM rsfed_analyst;

-- tables that a refresh cannot write
CREATE FUNCTION public.noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE UPDATE ON good FOR EACH ROW EXECUTE FUNCTION noop();
CALL rsfed.refresh('good');
:state
DROP TRIGGER t ON good;
DROP FUNCTION noop();
-- a constraint that the owner added
SELECT rsfed.execute('wh', 'INSERT INTO kv VALUES (77, ''x'', -1, NULL)');
ALTER TABLE good ADD CONSTRAINT not_negative CHECK (n >= 0);
CALL rsfed.refresh('good');
:state
ALTER TABLE good DROP CONSTRAINT not_negative;
SELECT rsfed.execute('wh', 'DELETE FROM kv WHERE k = 77');

-- cancel in the middle of the stream
SELECT standin('FAULT slow_rows 50 100');
SET statement_timeout = '1s';
SELECT * FROM rsfed.query('wh', 'SELECT k, filler FROM big') AS t (k int, filler text);
:state
RESET statement_timeout;
SELECT standin('RESET');

-- a drop of a server that rollups use
SELECT rsfed.drop_server('wh');
:state

-- after all errors
(TABLE good EXCEPT ALL TABLE good_before) UNION ALL (TABLE good_before EXCEPT ALL TABLE good);
SELECT to_regclass('bad') AS never_made;
DROP TABLE good_before;
SELECT rsfed.drop_rollup('good');
