-- From five relations on, one problem is one row of rsfed.doctor(), with one
-- statement as remedy for all of them.  In a database of its own, as doctor.sql;
-- test/t/032_doctor_servers.pl reads what is pasted here as well.
\set tests :DBNAME
CREATE DATABASE rsfed_doctor_many;
\c rsfed_doctor_many
SET client_min_messages = warning;
CREATE EXTENSION rsfed CASCADE;
\i test/include/warehouse.psql
\i test/include/doctor_rows.psql
SET timezone = 'UTC';
SET client_min_messages = error;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/doctor_many_remedies.sql'
\set paste 'test/include/paste.psql'
\set remote false
\set query 'SELECT 1 AS k, count(*) AS n FROM trade'
-- without times and numbers of runs
CREATE FUNCTION mask(t text) RETURNS text LANGUAGE sql AS $$SELECT regexp_replace(regexp_replace(t,
	'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00', '<time>', 'g'), '(run_id = |WHERE )\d+', '\1<run>', 'g')$$;
PREPARE left_of(text) AS SELECT count(*) FROM rsfed.doctor() WHERE concat(subject, ': ', problem) ~ $1;
SELECT rsfed.register_server('wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
CREATE SCHEMA "many's %s";
SET search_path = "many's %s", public;

-- never filled: four relations are four rows, seven are one row
SELECT count(rsfed.define_rollup(format('"%%s $$ %s"', i), 'wh', :'query', key => '{k}', populate => false)) FROM generate_series(1, 4) AS i;
SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'been filled';
SELECT count(rsfed.define_rollup(format('"%%s $$ %s"', i), 'wh', :'query', key => '{k}', populate => false)) FROM generate_series(5, 7) AS i;
-- a role that owns six of them and may read the seventh
CREATE ROLE rsfed_doctor_other;
GRANT USAGE, CREATE ON SCHEMA "many's %s" TO rsfed_doctor_other;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_doctor_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO rsfed_doctor_other;
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_doctor_other');
SELECT format('ALTER TABLE %s OWNER TO rsfed_doctor_other', relation) FROM rsfed.freshness WHERE relation::text !~ '7' \gexec
GRANT SELECT ON "%s $$ 7" TO rsfed_doctor_other;
\set about 'never been filled'
SET ROLE rsfed_doctor_other;
SELECT count(*) FROM rsfed.freshness;
\i :paste
RESET ROLE;
-- the workers refresh them
DO $$ BEGIN
	WHILE EXISTS (SELECT FROM rsfed.runs WHERE status IN ('queued', 'running')) LOOP PERFORM pg_sleep(0.1); END LOOP;
END $$;
SELECT status, trigger, count(*) FROM rsfed.runs GROUP BY 1, 2;
-- the remaining problem is a row of its own
\i :paste
EXECUTE left_of(:'about');
SELECT format('ALTER TABLE %s OWNER TO CURRENT_USER', relation) FROM rsfed.freshness \gexec

-- late; without workers the session refreshes them
\i test/include/stop_scheduler.psql
UPDATE rsfed_catalog.rollup SET max_age = '1 hour';
UPDATE rsfed_catalog.freshness SET as_of = now() - interval '2 hours';
\set about 'older than their max_age'
\i :paste
EXECUTE left_of(:'about');

-- failing for two causes, one of which many relations share
UPDATE rsfed_catalog.freshness f SET failures = 1, failing_since = now() - interval '1 hour' * r.relation_id, message = 'it''s ' || relation_name,
	sqlstate = CASE WHEN relation_name ~ '[12]$' THEN '42P01' ELSE 'XX000' END
FROM rsfed_catalog.relation r WHERE r.relation_id = f.relation_id;
\set about '%s'
\i :paste
SELECT relation, message FROM rsfed.freshness WHERE state = 'failing' AND sqlstate = 'XX000' ORDER BY failing_since;
-- refused
UPDATE rsfed_catalog.freshness SET failures = 0, failing_since = NULL, sqlstate = NULL, refused = true;
\i :paste
UPDATE rsfed_catalog.freshness SET refused = false, message = NULL;
EXECUTE left_of(:'about');

-- schedules: stopped, paused by themselves, overdue
SELECT count(rsfed.schedule_refresh(relation, '@yearly', name => 'it''s ' || relation, method => 'replace')) FROM rsfed.freshness;
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity';
\set about 'schedules have'
\i :paste
EXECUTE left_of(:'about');
UPDATE rsfed_catalog.schedule SET paused_at = now(), pause_reason = 'reason of ' || schedule_name;
\i :paste
EXECUTE left_of(:'about');
UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '6 minutes';
\set about 'schedules are'
\i :paste
SELECT status, trigger, method, count(*) FROM rsfed.runs WHERE method = 'replace' GROUP BY 1, 2, 3;
UPDATE rsfed_catalog.schedule SET next_run_at = now() + interval '1 day';
-- paused manually
SELECT count(rsfed.pause(relation)) FROM rsfed.freshness;
\set about 'relations are paused'
\i :paste
SELECT count(rsfed.resume(relation)) FROM rsfed.freshness;
EXECUTE left_of(:'about');

-- sets and their schedules
SELECT count(rsfed.define_set('it''s ' || relation, ARRAY[relation])) FROM rsfed.freshness;
\set about ' sets have never'
\i :paste
EXECUTE left_of(:'about');
UPDATE rsfed_catalog.freshness f SET failures = 1, failing_since = now() - interval '1 hour' * r.relation_id, message = 'it''s ' || relation_name, sqlstate = 'XX000'
FROM rsfed_catalog.relation r WHERE r.relation_id = f.relation_id AND kind = 'set';
\set about ' sets'
\i :paste
UPDATE rsfed_catalog.freshness f SET failures = 0, failing_since = NULL, sqlstate = NULL, refused = true
FROM rsfed_catalog.relation r WHERE r.relation_id = f.relation_id AND kind = 'set';
\i :paste
UPDATE rsfed_catalog.freshness SET refused = false, message = NULL;
SELECT count(rsfed.schedule_set(s.name, '@yearly', name => 'of ' || s.name)) FROM rsfed.sets s;
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name ~ '^of';
\set about 'schedules of sets'
\i :paste
EXECUTE left_of(:'about');
UPDATE rsfed_catalog.schedule SET paused_at = now(), pause_reason = 'reason of ' || schedule_name WHERE schedule_name ~ '^of';
\i :paste
EXECUTE left_of(:'about');
UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '6 minutes' WHERE schedule_name ~ '^of';
\i :paste
SELECT count(*) FROM rsfed.runs WHERE set_name IS NOT NULL AND trigger = 'call';
UPDATE rsfed_catalog.schedule SET next_run_at = now() + interval '1 day' WHERE schedule_name ~ '^of';
SELECT count(rsfed.pause_set(name)) FROM rsfed.sets;
\set about 'sets are paused'
\i :paste
SELECT count(rsfed.resume_set(name)) FROM rsfed.sets;
EXECUTE left_of(:'about');

-- served tables
DELETE FROM pg_statistic WHERE starelid IN (SELECT relation FROM rsfed.freshness);
UPDATE pg_class SET reltuples = 1 WHERE oid IN (SELECT relation FROM rsfed.freshness);
\set about 'statistics'
\i :paste
EXECUTE left_of(:'about');
UPDATE pg_class SET relpages = 100000 WHERE oid IN (SELECT relation FROM rsfed.freshness);
\set about 'three times'
\i :paste
EXECUTE left_of(:'about');
CREATE PUBLICATION "all" FOR ALL TABLES;
SELECT format('ALTER TABLE %s REPLICA IDENTITY NOTHING', relation) FROM rsfed.freshness \gexec
\set about 'replica identity'
\i :paste
EXECUTE left_of(:'about');
SELECT count(rsfed.define_rollup('dead_' || i, 'wh', 'SELECT k, v FROM big WHERE k <= 11000', key => '{k}')) FROM generate_series(1, 5) AS i;
SELECT format('ALTER TABLE %s SET (autovacuum_enabled = off)', relation) FROM rsfed.freshness WHERE relation::text ~ 'dead' \gexec
SELECT format('UPDATE %s SET v = v', relation) FROM rsfed.freshness WHERE relation::text ~ 'dead' \gexec
-- report the statistics of this session before those of vacuum
SELECT current_setting('server_version_num')::int >= 150000 AS can_flush \gset
\if :can_flush
SELECT pg_stat_force_next_flush() \g /dev/null
\else
SELECT pg_sleep(1) \g /dev/null
\endif
SELECT 1 \g /dev/null
\i test/include/nobody_sees.psql
\set about 'row versions'
\i :paste
EXECUTE left_of(:'about');
SELECT count(rsfed.define_rollup('window_' || i, 'wh', $$SELECT date_trunc('month', saletime) AS month, count(*) AS n FROM trade
	WHERE saletime >= {from} AND saletime < {to} GROUP BY 1$$, method => 'window',
	options => '{"start": "2008-01-01", "bucket": "1 year"}', populate => false)) FROM generate_series(1, 5) AS i;
\set about 'windows'
\i :paste
EXECUTE left_of(:'about');

-- budgets
SELECT count(rsfed.define_rollup('budget_' || i, 'wh', 'SELECT 1 AS k, 2 AS n', key => '{k}', options => '{"max_seconds_per_day": "1s"}')) FROM generate_series(1, 5) AS i;
UPDATE rsfed_catalog.spending SET run_ms = 1000;
\set about 'Budgets'
\i :paste
UPDATE rsfed_catalog.spending SET run_ms = 0;
EXECUTE left_of(:'about');

-- the worst problems come first, single or not
SELECT severity, problem FROM rsfed.doctor();
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
SELECT rsfed.drop_server('wh', cascade => true);
DROP OWNED BY rsfed_doctor_other;
DROP ROLE rsfed_doctor_other;
\c :tests
DROP DATABASE rsfed_doctor_many;
