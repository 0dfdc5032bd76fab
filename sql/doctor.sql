-- rsfed.doctor(): what it finds, and that each remedy runs as pasted.  In a
-- database of its own, so that nothing else is found.
\set tests :DBNAME
CREATE DATABASE rsfed_doctor;
\c rsfed_doctor
SET client_min_messages = warning;
CREATE EXTENSION rsfed CASCADE;
\i test/include/warehouse.psql
SET timezone = 'UTC';
SET client_min_messages = error;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/doctor_remedies.sql'
\set json :folder '/results/doctor_credentials.json'
\set query 'SELECT 1 AS k, count(*) AS n FROM trade'
-- without times, numbers of runs and addresses
CREATE FUNCTION mask(t text) RETURNS text LANGUAGE sql RETURN regexp_replace(regexp_replace(regexp_replace(
	regexp_replace(t, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00', '<time>', 'g'), 'run_id = \d+', 'run_id = <run>', 'g'),
	'port \d+', 'port <port>', 'g'), '\d+ [kM]B|\d{5,}', '<number>', 'g');
CREATE VIEW look AS SELECT severity, subject, mask(problem) AS problem, mask(remedy) AS remedy FROM rsfed.doctor();
SELECT rsfed.register_server('wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');

-- nothing found
SELECT * FROM rsfed.doctor();
SELECT severity, problem FROM rsfed.doctor(remote => true);

-- relations, with any legal name
CREATE SCHEMA "the ""schema's %s";
SELECT rsfed.define_rollup('"the ""schema''s %s"."a \ table''s %I"', 'wh', :'query', key => '{k}', max_age => '1 millisecond') AS defined \gset
SELECT rsfed.define_rollup('never', 'wh', :'query', key => '{k}', populate => false);
SELECT rsfed.define_rollup('stopped', 'wh', :'query', key => '{k}');
SELECT rsfed.schedule_refresh('stopped', '@daily', name => 'it''s "stopped"');
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name LIKE 'it%';
SELECT rsfed.define_rollup('refused', 'wh', :'query', key => '{k}', options => '{"max_rows": 0}', populate => false);
SELECT error_of('CALL rsfed.refresh(''refused'')');
\set VERBOSITY sqlstate
CALL rsfed.refresh('refused');
SELECT rsfed.define_rollup('window', 'wh', $$SELECT date_trunc('month', saletime) AS month, count(*) AS n FROM trade
	WHERE saletime >= {from} AND saletime < {to} GROUP BY 1$$, method => 'window',
	options => '{"start": "2008-01-01", "bucket": "1 month"}');
SELECT severity, subject, problem, remedy FROM look;

-- failures: of the query, of the way there, of the log-in
SELECT rsfed.register_server('a "server''s %', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', sslmode => 'require');
SELECT rsfed.define_rollup('fails', 'wh', :'query', key => '{k}');
SELECT rsfed.define_rollup('fails_elsewhere', 'a "server''s %', :'query', key => '{k}');
SELECT standin('FAULT error_1023');
CALL rsfed.refresh('fails');
CALL rsfed.refresh('fails');
SELECT standin('RESET');
SELECT standin('FAULT hang_connect');
ALTER SERVER "a ""server's %" OPTIONS (ADD connect_timeout '1');
CALL rsfed.refresh('fails_elsewhere');
SELECT standin('RESET');
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'server|fails';
SELECT standin('FAULT reject_logins');
CALL rsfed.refresh('fails_elsewhere');
SELECT severity, problem FROM rsfed.doctor(remote => true) WHERE subject ~ 'server wh';
SELECT standin('RESET');
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'server';
CALL rsfed.refresh('fails_elsewhere') \gset

-- a log-in that is held, a schedule that paused itself
SELECT rsfed.schedule_refresh('fails_elsewhere', '@yearly', name => 'paused itself');
UPDATE rsfed_catalog.schedule SET failures = 3, paused_at = now(), pause_reason = 'It failed 3 times in a row, the last time with: error' WHERE schedule_name = 'paused itself';
SELECT standin('FAULT reject_logins');
CALL rsfed.refresh('fails_elsewhere');
SELECT standin('RESET');
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'fails_elsewhere';
SELECT rsfed.resume('fails_elsewhere');
CALL rsfed.refresh('fails_elsewhere') \gset
SELECT rsfed.unschedule_refresh('fails_elsewhere', 'paused itself');
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'fails_elsewhere';

-- sets: never refreshed, failing, and schedules that stopped, paused themselves or are overdue
SELECT rsfed.define_set('the set''s "%s"', '{stopped}');
SELECT rsfed.schedule_set('the set''s "%s"', '@yearly', name => 'stops');
SELECT rsfed.schedule_set('the set''s "%s"', '@yearly', name => 'paused itself');
SELECT rsfed.pause_all();
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name = 'stops';
UPDATE rsfed_catalog.schedule SET failures = 3, paused_at = now(), pause_reason = 'It failed 3 times in a row, the last time with: error' WHERE schedule_name = 'paused itself';
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'set';
SELECT rsfed.resume_all();
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'of set|^set';
BEGIN;
UPDATE rsfed_catalog.schedule SET paused_at = NULL, next_run_at = now() - interval '1 hour' WHERE schedule_name = 'paused itself';
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'of set';
ROLLBACK;
SELECT standin('FAULT error_1023');
CALL rsfed.refresh_set('the set''s "%s"');
SELECT standin('RESET');
SELECT severity, subject, problem, regexp_replace(remedy, '\d+', '<run>', 'g') AS remedy FROM look WHERE subject ~ '^set';
CALL rsfed.refresh_set('the set''s "%s"') \gset

-- runs that wait because as many as may be are at work
ALTER SERVER wh OPTIONS (ADD max_runs '1');
BEGIN;
INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, requested_by, requested_at, owner)
SELECT relation_id, schema_name, relation_name, CASE relation_name WHEN 'never' THEN 'running' ELSE 'queued' END, 'request', 'x', now() - interval '11 minutes', 1
FROM rsfed_catalog.relation WHERE relation_name IN ('never', 'refused', 'fails_elsewhere') OR kind = 'set';
SELECT severity, subject, problem, remedy FROM look WHERE problem ~ 'max_runs';
SELECT remedy FROM look WHERE problem ~ 'max_runs' \gexec
SELECT count(*) FROM look WHERE problem ~ 'max_runs';
ROLLBACK;
ALTER SERVER wh OPTIONS (DROP max_runs);

-- credentials that end
CREATE ROLE "rsfed's role";
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'public', valid_until => '2001-01-01', verify => false);
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'rsfed''s role', valid_until => now() + interval '6 days', verify => false);
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'credentials';
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'rsfed''s role', valid_until => now() + interval '8 days', verify => false);
ALTER USER MAPPING FOR public SERVER wh OPTIONS (DROP valid_until, DROP password, ADD credentials_file '/nonexistent/credentials');
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'credentials';
COPY (SELECT jsonb_build_object('dbUser', 'IAM:x', 'dbPassword', 'Very-Secret', 'expiration', now() - interval '1 minute')) TO :'json';
SELECT format('ALTER USER MAPPING FOR public SERVER wh OPTIONS (SET credentials_file %L)', :'json') AS sql \gset
:sql;
SELECT severity, subject, problem, remedy FROM look WHERE subject ~ 'credentials';
COPY (SELECT '{"dbPassword": "Very-Secret", "expiration": ') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM look WHERE subject ~ 'credentials';
-- nothing of what the file holds is shown, whatever stands where
COPY (SELECT '{"DbUser": "u", "DbPassword": "p", "Expiration": "Very-Secret"}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM look WHERE subject ~ 'credentials';
COPY (SELECT '{"dbUser": "u", "dbPassword": "p", "expiration": "1.2.3"}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM look WHERE subject ~ 'credentials';
COPY (SELECT '{"dbUser": "u", "dbPassword": "p", "expiration": 1e30}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM look WHERE subject ~ 'credentials';
DROP USER MAPPING FOR public SERVER wh;

-- served tables
SELECT rsfed.define_rollup('bloated', 'wh', 'SELECT k, v FROM big', key => '{k}');
ALTER TABLE bloated SET (autovacuum_enabled = off);
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
UPDATE bloated SET v = v + 1;
ANALYZE bloated;
DELETE FROM pg_statistic WHERE starelid = 'stopped'::regclass;
CREATE PUBLICATION "a ""pub" FOR ALL TABLES;
ALTER TABLE fails REPLICA IDENTITY NOTHING;
DO $$ BEGIN FOR i IN 1..300 LOOP
	EXIT WHEN EXISTS (SELECT FROM rsfed.doctor() WHERE problem ~ 'row versions');
	PERFORM pg_sleep(0.1), pg_stat_clear_snapshot();
END LOOP; END $$;
SELECT severity, subject, problem, remedy FROM look WHERE subject IN ('public.bloated', 'public.stopped')
	OR problem ~ 'published';

-- the extension of another version
UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'rsfed';
SELECT severity, subject, regexp_replace(problem, 'the library of version [^ ]*\.', 'the library of version <version>.') AS problem, remedy
FROM rsfed.doctor() WHERE subject ~ 'extension';
SELECT extension_version FROM rsfed.scheduler;
UPDATE pg_extension e SET extversion = s.library_version FROM rsfed.scheduler s WHERE extname = 'rsfed';

-- who sees what
CREATE ROLE rsfed_doctor_owner;
ALTER TABLE never OWNER TO rsfed_doctor_owner;
GRANT SELECT ON fails TO PUBLIC;
SET ROLE rsfed_stranger;
SELECT severity, regexp_replace(problem, ':.*', '') AS problem FROM rsfed.doctor();
SET ROLE rsfed_doctor_owner;
SELECT severity, subject, problem FROM rsfed.doctor();
RESET ROLE;
CREATE ROLE rsfed_doctor_monitor IN ROLE pg_monitor;
CREATE TEMP TABLE superuser_sees AS SELECT * FROM rsfed.doctor();
GRANT SELECT ON superuser_sees TO PUBLIC;
SET ROLE rsfed_doctor_monitor;
SELECT * FROM (TABLE superuser_sees EXCEPT SELECT * FROM rsfed.doctor()) AS missing;
RESET ROLE;

SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_doctor_owner');

-- each remedy, as pasted
\a
\t
\o :file
SELECT remedy FROM rsfed.doctor();
\o
\t
\a
SELECT count(*) AS problems, count(remedy) AS remedies FROM rsfed.doctor();
\set ECHO none
\set ON_ERROR_STOP 1
\set VERBOSITY default
\o /dev/null
\i :file
\o
\set ON_ERROR_STOP 0
\set ECHO all
-- what is left: where the remedy is to look
SELECT severity, subject, problem, remedy FROM look;

-- a topic that cannot be looked at is a row, not an error
CREATE OR REPLACE VIEW rsfed_doctor.version AS
SELECT 'error' AS severity, 'x' AS subject, (1 / (SELECT 0))::text COLLATE "C" AS problem, ''::text AS remedy, false AS on_primary;
SELECT severity, subject, problem, remedy FROM rsfed.doctor() WHERE subject ~ 'rsfed.doctor';

SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication \gexec
SELECT rsfed.drop_set('the set''s "%s"');
SELECT rsfed.drop_server('a "server''s %', cascade => true);
SELECT rsfed.drop_server('wh', cascade => true);
DROP OWNED BY rsfed_doctor_owner;
DROP ROLE rsfed_doctor_owner;
DROP ROLE rsfed_doctor_monitor;
DROP ROLE "rsfed's role";
\c :tests
DROP DATABASE rsfed_doctor;
