-- rsfed.doctor(): the problems it finds, and that each remedy runs as pasted.  In a
-- database of its own, so that nothing else is found.  What needs a server of its
-- own is in test/t/032_doctor_servers.pl, which also sees to it that no row and
-- no text of doctor() is without a test.
\set tests :DBNAME
CREATE DATABASE rsfed_doctor;
\c rsfed_doctor
SET client_min_messages = warning;
CREATE EXTENSION rsfed CASCADE;
-- until the launcher has looked at this database
DO $$ BEGIN
	WHILE (SELECT state IN ('unknown', 'starting') FROM rsfed.scheduler) LOOP PERFORM pg_sleep(0.1); END LOOP;
END $$;
\i test/include/warehouse.psql
\i test/include/doctor_rows.psql
SET timezone = 'UTC';
SET client_min_messages = error;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/results/doctor_remedies.sql'
\set json :folder '/results/doctor_credentials.json'
\set paste 'test/include/paste.psql'
\set remote false
\set query 'SELECT 1 AS k, count(*) AS n FROM trade'
-- the rows without times, numbers of runs and addresses
CREATE FUNCTION mask(t text) RETURNS text LANGUAGE sql AS $$SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(
	regexp_replace(regexp_replace(replace(t, E'\n', ' / '), '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00', '<time>', 'g'), ' for \d{4}-\d\d-\d\d', ' for <day>', 'g'),
	'(run_id = |WHERE )\d+', '\1<run>', 'g'), 'port \d+', 'port <port>', 'g'), '\d+ [kM]B|\d{5,}', '<number>', 'g'),
	'library of version [^ ]+\.', 'library of version <version>.')$$;
-- rows about something, times as a look and no more
PREPARE left_of(text) AS SELECT count(*) FROM rsfed.doctor() WHERE concat(subject, ': ', problem) ~ $1;
SELECT rsfed.register_server('wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');

-- no problem
\set about 'Nothing found'
\i :paste
\set remote true
\i :paste
\set remote false

-- relations, with any legal name
CREATE SCHEMA "the ""schema's %s";
SELECT rsfed.define_rollup('"the ""schema''s %s"."a \ table''s %I"', 'wh', :'query', key => '{k}', max_age => '1 hour') AS defined \gset
SELECT rsfed.define_rollup('never', 'wh', :'query', key => '{k}', populate => false);
SELECT rsfed.define_rollup('paused', 'wh', :'query', key => '{k}', max_age => '1 hour');
SELECT rsfed.pause('paused');
SELECT rsfed.define_rollup('late', 'wh', :'query', key => '{k}', max_age => '1 hour');
SELECT rsfed.schedule_refresh('late', '@yearly');
UPDATE rsfed_catalog.freshness SET as_of = now() - interval '2 hours'
FROM rsfed_catalog.rollup u WHERE u.relation_id = freshness.relation_id AND u.max_age IS NOT NULL;
\set about 'max_age|never been filled'
\i :paste
EXECUTE left_of(:'about');

-- manual pauses: of one relation, and of all, with and without an end; none without a schedule
SELECT rsfed.schedule_refresh('paused', '@yearly');
SELECT rsfed.pause('late', '2100-01-01', 'the "reason''s" %s');
SELECT rsfed.pause_all();
\set about ' paused since'
CREATE ROLE rsfed_doctor_reader;
SET ROLE rsfed_doctor_reader;
EXECUTE left_of(:'about');
\set about 'Nothing found'
\i :paste
RESET ROLE;
-- roles that may not end the pause of all see it, too
ALTER TABLE paused OWNER TO rsfed_doctor_reader;
SET ROLE rsfed_doctor_reader;
\set about 'All schedules are paused since'
\i :paste
RESET ROLE;
ALTER TABLE paused OWNER TO CURRENT_USER;
DROP ROLE rsfed_doctor_reader;
\set about ' paused since'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.pause_all('2100-01-01', 'the warehouse moves');
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.unschedule_refresh('paused'), rsfed.pause('paused');

-- a window without a full merge
SELECT rsfed.define_rollup('window', 'wh', $$SELECT date_trunc('month', saletime) AS month, count(*) AS n FROM trade
	WHERE saletime >= {from} AND saletime < {to} GROUP BY 1$$, method => 'window',
	options => '{"start": "2008-01-01", "bucket": "1 month"}');
\set about 'window'
\i :paste
EXECUTE left_of(:'about');

-- a schedule that has no next time
SELECT rsfed.define_rollup('stopped', 'wh', :'query', key => '{k}');
SELECT rsfed.schedule_refresh('stopped', '@daily', name => 'it''s "stopped"');
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name LIKE 'it%';
\set about 'has stopped'
\i :paste
EXECUTE left_of(:'about');

-- a schedule that pauses itself after failures
SELECT rsfed.define_rollup('fails', 'wh', :'query', key => '{k}');
SELECT rsfed.schedule_refresh('fails', '1 second', name => 'pauses itself', options => '{"max_failures": 1, "retries": 0}');
SELECT standin('FAULT error_1023');
\set about 'has paused itself'
SELECT count(*) FROM doctor_rows(:'about');
SELECT standin('RESET');
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.unschedule_refresh('fails', 'pauses itself');
CALL rsfed.refresh('fails') \gset

-- a refresh that fails once, fails again, and then is late
\set VERBOSITY sqlstate
SELECT standin('FAULT error_1023');
CALL rsfed.refresh('fails');
\set about 'public.fails'
\i :paste
CALL rsfed.refresh('fails');
UPDATE rsfed_catalog.rollup SET max_age = '1 hour' FROM rsfed_catalog.relation r WHERE r.relation_id = rollup.relation_id AND relation_name = 'fails';
UPDATE rsfed_catalog.freshness SET as_of = now() - interval '2 hours'
FROM rsfed_catalog.relation r WHERE r.relation_id = freshness.relation_id AND relation_name = 'fails';
\i :paste
SELECT standin('RESET');
CALL rsfed.refresh('fails') \gset
EXECUTE left_of(:'about');

-- content that is refused
SELECT rsfed.define_rollup('refused', 'wh', :'query', key => '{k}', options => '{"max_rows": 0}', populate => false);
SELECT error_of('CALL rsfed.refresh(''refused'')');
CALL rsfed.refresh('refused');
\set about 'public.refused'
\i :paste
SET rsfed.ignore_gate = on;
CALL rsfed.refresh('refused') \gset
RESET rsfed.ignore_gate;
EXECUTE left_of(:'about');

-- a certificate that is not verified
SELECT rsfed.register_server('a "server''s %', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', sslmode => 'require');
CREATE SERVER by_hand FOREIGN DATA WRAPPER postgres_fdw;
SELECT format('ALTER SERVER by_hand OPTIONS (ADD host %L, ADD port %L, ADD dbname %L)', :'wh_host', :'wh_port', :'wh_dbname') AS host,
	format('CREATE USER MAPPING FOR CURRENT_USER SERVER by_hand OPTIONS (user %L, password %L)', :'wh_user', :'wh_password') AS log_in \gset
:host;
:log_in;
SELECT rsfed.define_rollup('by_hand', 'by_hand', :'query', key => '{k}', populate => false);
\set about 'sslmode'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.drop_server('by_hand', cascade => true);

-- a server that does not answer: one row, regardless of the number of relations
SELECT rsfed.define_rollup('elsewhere_' || i, 'a "server''s %', :'query', key => '{k}') FROM generate_series(1, 7) AS i;
ALTER SERVER "a ""server's %" OPTIONS (ADD connect_timeout '1');
SELECT rsfed.define_set('elsewhere''s', '{elsewhere_7}');
CALL rsfed.refresh_set('elsewhere''s') \gset
SELECT standin('FAULT hang_connect');
CALL rsfed.refresh('elsewhere_1');
CALL rsfed.refresh_set('elsewhere''s');
SELECT standin('RESET');
SELECT standin('FAULT refuse_connections');
CALL rsfed.refresh('elsewhere_2');
CALL rsfed.refresh('elsewhere_3');
SELECT standin('RESET');
SELECT standin('FAULT hang_connect');
CALL rsfed.refresh('elsewhere_3');
SELECT standin('RESET');
UPDATE rsfed_catalog.rollup SET max_age = '1 hour' FROM rsfed_catalog.relation r WHERE r.relation_id = rollup.relation_id AND relation_name ~ 'elsewhere_[13]';
UPDATE rsfed_catalog.freshness SET as_of = now() - interval '2 hours'
FROM rsfed_catalog.relation r WHERE r.relation_id = freshness.relation_id AND relation_name ~ 'elsewhere_[13]';
\set about 'server a|server "a|elsewhere'
\i :paste
CALL rsfed.refresh('elsewhere_1') \gset
CALL rsfed.refresh('elsewhere_2') \gset
CALL rsfed.refresh_set('elsewhere''s') \gset
-- now it answers other log-ins
\i :paste
CALL rsfed.refresh('elsewhere_3') \gset
EXECUTE left_of(:'about');

-- a log-in that is rejected: one row for it
SELECT standin('FAULT reject_logins');
CALL rsfed.refresh('elsewhere_1');
CALL rsfed.refresh_set('elsewhere''s');
UPDATE rsfed_catalog.freshness SET as_of = now() - interval '2 hours'
FROM rsfed_catalog.relation r WHERE r.relation_id = freshness.relation_id AND relation_name ~ 'elsewhere_1';
\i :paste
EXECUTE left_of('log-in is held');
\set about 'server wh'
\set remote true
\i :paste
\set remote false
SELECT standin('RESET');
-- a successful log-in solves it; the earlier failure stays until the next refresh
\set about 'server a|server "a|elsewhere'
\i :paste
EXECUTE left_of('log-in is held');
\i :paste
CALL rsfed.refresh('elsewhere_1') \gset
CALL rsfed.refresh_set('elsewhere''s') \gset
EXECUTE left_of(:'about');

-- checks of the servers: problems, and a server that cannot be checked
ALTER SERVER "a ""server's %" OPTIONS (SET sslmode 'disable');
\set about 'not encrypted|go unencrypted'
\set remote true
\i :paste
\set remote false
CREATE ROLE rsfed_doctor_owner;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_doctor_owner;
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'rsfed_doctor_owner', verify => false);
REVOKE EXECUTE ON FUNCTION rsfed.check_server FROM PUBLIC;
SET ROLE rsfed_doctor_owner;
\set about 'server wh'
\set remote true
\i :paste
\set remote false
RESET ROLE;
GRANT EXECUTE ON FUNCTION rsfed.check_server TO PUBLIC;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_doctor_owner;
DROP USER MAPPING FOR rsfed_doctor_owner SERVER wh;

-- sets: never refreshed, failing once and repeatedly, refused
SELECT rsfed.define_set('the set''s "%s"', '{stopped}');
\set about 'the set'
\i :paste
EXECUTE left_of(:'about');
SELECT standin('FAULT error_1023');
CALL rsfed.refresh_set('the set''s "%s"');
\i :paste
CALL rsfed.refresh_set('the set''s "%s"');
\i :paste
SELECT standin('RESET');
SELECT action FROM rsfed.alter_rollup('stopped', options => '{"max_rows": 0}', populate => false);
CALL rsfed.refresh_set('the set''s "%s"');
\set about '^set'
\i :paste
SELECT action FROM rsfed.alter_rollup('stopped', options => '{"max_rows": null}', populate => false);
CALL rsfed.refresh_set('the set''s "%s"') \gset
EXECUTE left_of('the set');
-- and their schedules
SELECT rsfed.schedule_set('the set''s "%s"', '@yearly', name => 'stops');
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name = 'stops';
SELECT rsfed.schedule_set('the set''s "%s"', '1 second', name => 'pauses itself', options => '{"max_failures": 1, "retries": 0}');
SELECT standin('FAULT error_1023');
\set about 'has paused itself'
SELECT count(*) FROM doctor_rows(:'about');
SELECT standin('RESET');
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.unschedule_set('the set''s "%s"', 'pauses itself');
SELECT rsfed.pause_set('the set''s "%s"', reason => 'for now');
\set about ' paused since'
\i :paste
EXECUTE left_of(:'about');
\set about 'has stopped'
\i :paste
EXECUTE left_of(:'about');
CALL rsfed.refresh_set('the set''s "%s"') \gset
EXECUTE left_of('the set');

-- budgets: used up, and without the necessary figures
SELECT rsfed.define_rollup('spends', 'wh', :'query', key => '{k}', options => '{"max_seconds_per_day": "1s"}');
SELECT rsfed.define_group('pool', options => '{"max_seconds_per_day": "1s"}');
ALTER SERVER wh OPTIONS (ADD max_seconds_per_day '1s', ADD max_scan_per_day '1TB');
INSERT INTO rsfed_catalog.spending SELECT s.oid, o.relation_id, true, current_date, 2000 FROM rsfed_catalog.relation_oid o, (SELECT oid FROM pg_foreign_server WHERE srvname IN ('wh', 'pool') UNION ALL SELECT 0) s WHERE o.relid = 'spends'::regclass;
UPDATE rsfed_catalog.spending SET run_ms = 0 WHERE NOT is_gathered;
\set about 'used up|gather costs'
\i :paste
EXECUTE left_of(:'about');
ALTER SERVER wh OPTIONS (SET gather_costs 'off');
\i :paste
EXECUTE left_of(:'about');
ALTER SERVER wh OPTIONS (DROP max_seconds_per_day, DROP max_scan_per_day, DROP gather_costs);
SELECT rsfed.drop_group('pool'), rsfed.drop_rollup('spends');

-- members that are never checked
BEGIN;
CREATE ROLE rsfed_doctor_keeper SUPERUSER;
SELECT rsfed.define_group('pool', options => '{"health_interval": "1h"}'), rsfed.add_member('pool', 'wh', verify => false);
ALTER SERVER pool OWNER TO rsfed_doctor_keeper;
COMMIT;
\set about 'is not checked'
\i :paste
SELECT rsfed.alter_group('pool', options => '{"health_interval": null}');
EXECUTE left_of(:'about');
SELECT rsfed.drop_group('pool');
DROP ROLE rsfed_doctor_keeper;

-- credentials that expire
CREATE ROLE "rsfed's role";
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'public', valid_until => '2001-01-01', verify => false);
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'rsfed''s role', valid_until => now() + interval '6 days', verify => false);
\set about 'credentials'
\i :paste
SET ROLE "rsfed's role";
\i :paste
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER wh TO "rsfed's role";
\i :paste
-- since 16, a member is not always allowed to SET ROLE
BEGIN;
CREATE ROLE rsfed_doctor_member;
GRANT USAGE ON SCHEMA rsfed_catalog TO rsfed_doctor_member;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_doctor_member;
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000
	THEN 'GRANT "rsfed''s role" TO rsfed_doctor_member WITH SET FALSE' ELSE '' END AS sql \gset
:sql;
SET ROLE rsfed_doctor_member;
SELECT rsfed_catalog.check_statement('wh', oid) FROM pg_roles WHERE rolname = 'rsfed''s role';
ROLLBACK;
SELECT rsfed.set_credentials('wh', 'nobody', 'none', for_role => 'rsfed''s role', valid_until => now() + interval '8 days', verify => false);
ALTER USER MAPPING FOR public SERVER wh OPTIONS (DROP valid_until, DROP password, ADD credentials_file '/nonexistent/credentials');
\i :paste
COPY (SELECT jsonb_build_object('dbUser', 'IAM:x', 'dbPassword', 'Very-Secret', 'expiration', now() - interval '1 minute')) TO :'json';
SELECT format('ALTER USER MAPPING FOR public SERVER wh OPTIONS (SET credentials_file %L)', :'json') AS sql \gset
:sql;
\i :paste
COPY (SELECT '{"dbPassword": "Very-Secret", "expiration": ') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM rsfed.doctor() WHERE subject ~ 'credentials';
-- the contents of the file are never shown
COPY (SELECT '{"DbUser": "u", "DbPassword": "p", "Expiration": "Very-Secret"}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM rsfed.doctor() WHERE subject ~ 'credentials';
COPY (SELECT '{"dbUser": "u", "dbPassword": "p", "expiration": "1.2.3"}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM rsfed.doctor() WHERE subject ~ 'credentials';
COPY (SELECT '{"dbUser": "u", "dbPassword": "p", "expiration": 1e30}') TO :'json';
SELECT severity, subject, regexp_replace(problem, '".*"', '"<file>"') AS problem FROM rsfed.doctor() WHERE subject ~ 'credentials';
DROP USER MAPPING FOR public SERVER wh;
EXECUTE left_of(:'about');

-- owners without a user mapping or USAGE: one row each, regardless of the number of relations
ALTER TABLE never OWNER TO rsfed_doctor_owner;
ALTER TABLE fails OWNER TO rsfed_doctor_owner;
\set about 'owner rsfed_doctor_owner'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_doctor_owner');
EXECUTE left_of(:'about');
-- a check uses the log-in of the owner
SELECT rsfed.set_credentials('wh', 'awsuser', 'wrong', for_role => 'rsfed_doctor_owner', verify => false);
CALL rsfed.refresh('never');
\set about 'rsfed_doctor_owner'
\i :paste
EXECUTE left_of(:'about');
-- the recovered log-in of another owner on that server is reported separately
SELECT standin('FAULT reject_logins TIMES 1');
CALL rsfed.refresh('late');
SELECT standin('RESET');
\set about 'server wh|public.late'
\i :paste
\i :paste
CALL rsfed.refresh('late') \gset
\set about 'rsfed_doctor_owner'
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_doctor_owner');
CALL rsfed.refresh('never') \gset
EXECUTE left_of(:'about');
ALTER TABLE never OWNER TO CURRENT_USER;
ALTER TABLE fails OWNER TO CURRENT_USER;

-- a server that does not exist any more
DROP SERVER "a ""server's %" CASCADE;
CALL rsfed.refresh('elsewhere_1');
CALL rsfed.refresh_set('elsewhere''s');
\set about 'server a|server "a|elsewhere'
\i :paste
SELECT rsfed.register_server('a "server''s %', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
\i :paste
CALL rsfed.refresh('elsewhere_1') \gset
CALL rsfed.refresh_set('elsewhere''s') \gset
EXECUTE left_of(:'about');
SELECT rsfed.drop_set('elsewhere''s');

-- groups
SELECT rsfed.define_group('crowd');
\set about 'group crowd'
\i :paste
SELECT rsfed.register_server(name, :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port') FROM unnest('{wh_one,wh_two}'::name[]) AS name;
SELECT rsfed.add_member('crowd', 'wh_one', weight => 0), rsfed.add_member('crowd', 'wh_two', weight => 0);
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.alter_member('crowd', 'wh_one', drain => true, reason => 'resize');
UPDATE rsfed_catalog.member SET draining_since = now() - interval '2 days' WHERE server = 'wh_one';
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.alter_member('crowd', 'wh_two', weight => 1);
SELECT rsfed.define_rollup('by_crowd', 'crowd', :'query', key => '{k}', populate => false);
ALTER SERVER wh_two OPTIONS (SET port '1');
SELECT count(*) FROM generate_series(1, 4) AS i, LATERAL rsfed.query('crowd', 'SELECT ' || i) AS t (n integer);
\i :paste
SELECT rsfed.schedule_refresh('by_crowd', '@yearly', options => '{"member": "wh_two"}');
SELECT rsfed.remove_member('crowd', 'wh_two');
\set about 'by_crowd: Schedule'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.add_member('crowd', 'wh_two');
ALTER EVENT TRIGGER rsfed_drop DISABLE;
DROP SERVER wh_two CASCADE;
ALTER EVENT TRIGGER rsfed_drop ENABLE;
\set about 'group crowd'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.drop_group('crowd', cascade => true);
SELECT rsfed.drop_server('wh_one');

-- members that differ
SELECT rsfed.define_group('pair');
SELECT rsfed.register_server(name, :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port') FROM unnest('{wh_one,wh two}'::name[]) AS name;
SELECT rsfed.add_member('pair', 'wh_one'), rsfed.add_member('pair', 'wh two');
INSERT INTO rsfed_catalog.difference (group_name, server, schema_name, relation_name, kind, problem, remedies, server_options)
SELECT 'pair', srvname, v.*, srvoptions FROM pg_foreign_server, (VALUES
	('public', 'trade', 'grant', 'the first', ARRAY['GRANT SELECT ON "public"."trade" TO "reader"', 'GRANT USAGE ON SCHEMA public TO "reader"']),
	('public', 'trade', 'content', 'the second', '{}'), ('lake', '', 'schema', 'the third', '{}')) v WHERE srvname = 'wh two';
SELECT rsfed.define_rollup('paired', 'pair', 'SELECT k, v FROM big WHERE k <= 10', key => '{k}', populate => false);
INSERT INTO rsfed_catalog.difference (group_name, server, schema_name, relation_name, kind, problem, remedies, server_options, relation_id, definition)
SELECT 'pair', srvname, 'public', 'paired', 'query', 'it refuses the query', '{}', srvoptions, relation_id, definition
FROM pg_foreign_server, rsfed_catalog.rollup JOIN rsfed_catalog.relation USING (relation_id) WHERE srvname = 'wh two' AND relation_name = 'paired';
\set about 'of group pair'
\i :paste
EXECUTE left_of(:'about');
SELECT rsfed.drop_rollup('paired');
SELECT rsfed.drop_group('pair');
SELECT rsfed.drop_server(server) FROM unnest('{wh_one,wh two}'::name[]) AS server;

-- served tables
SELECT rsfed.define_rollup('bloated', 'wh', 'SELECT k, v FROM big WHERE k <= 50000', key => '{k}');
ALTER TABLE bloated SET (autovacuum_enabled = off), ADD filler text;
UPDATE bloated SET filler = repeat('x', 300);
UPDATE bloated SET filler = NULL;
-- report the statistics of this session before those of vacuum
SELECT current_setting('server_version_num')::int >= 150000 AS can_flush \gset
\if :can_flush
SELECT pg_stat_force_next_flush() \g /dev/null
\else
SELECT pg_sleep(1) \g /dev/null
\endif
ANALYZE bloated;
\i test/include/nobody_sees.psql
\set about 'row versions'
\i :paste
\set about 'bloated'
\i :paste
EXECUTE left_of(:'about');
DELETE FROM pg_statistic WHERE starelid = 'stopped'::regclass;
\set about 'statistics'
\i :paste
EXECUTE left_of(:'about');
CREATE PUBLICATION "a ""pub" FOR ALL TABLES;
ALTER TABLE fails REPLICA IDENTITY NOTHING;
ALTER TABLE late REPLICA IDENTITY DEFAULT;
CREATE UNIQUE INDEX by_n ON paused (n);
ALTER TABLE paused ALTER n SET NOT NULL;
ALTER TABLE paused REPLICA IDENTITY USING INDEX by_n;
EXECUTE left_of('public.paused: .* published');
DROP INDEX by_n;
\set about 'published'
\i :paste
EXECUTE left_of(:'about');

-- the extension of a version that no script knows
UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'rsfed';
SELECT extension_version FROM rsfed.scheduler;
\set about 'no script'
\i :paste
UPDATE pg_extension e SET extversion = s.library_version FROM rsfed.scheduler s WHERE extname = 'rsfed';

-- who sees what
ALTER TABLE never OWNER TO rsfed_doctor_owner;
DROP USER MAPPING FOR rsfed_doctor_owner SERVER wh;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_doctor_owner;
UPDATE rsfed_catalog.schedule SET next_run_at = 'infinity' WHERE schedule_name LIKE 'it%';
GRANT SELECT ON fails TO PUBLIC;
SET ROLE rsfed_stranger;
SELECT severity, regexp_replace(problem, ':.*', '') AS problem FROM rsfed.doctor();
SET ROLE rsfed_doctor_owner;
SELECT severity, subject, problem, remedy FROM rsfed.doctor();
RESET ROLE;
CREATE ROLE rsfed_doctor_monitor IN ROLE pg_monitor;
CREATE TEMP TABLE superuser_sees AS SELECT * FROM rsfed.doctor();
SELECT count(*) FROM superuser_sees;
GRANT SELECT ON superuser_sees TO PUBLIC;
SET ROLE rsfed_doctor_monitor;
SELECT * FROM (TABLE superuser_sees EXCEPT SELECT * FROM rsfed.doctor()) AS missing;
RESET ROLE;

-- a topic that fails is a row, not an error
CREATE OR REPLACE VIEW rsfed_doctor.version AS
SELECT 'error' AS severity, 'x' AS subject, (1 / (SELECT 0))::text COLLATE "C" AS problem, ''::text AS remedy, false AS on_primary;
\set about '^rsfed.doctor'
\i :paste

SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication \gexec
SELECT rsfed.drop_set('the set''s "%s"');
SELECT rsfed.drop_server('a "server''s %', cascade => true);
SELECT rsfed.drop_server('wh', cascade => true);
DROP OWNED BY rsfed_doctor_owner;
DROP ROLE rsfed_doctor_owner;
DROP ROLE rsfed_doctor_monitor;
DROP OWNED BY "rsfed's role";
DROP ROLE "rsfed's role";
\c :tests
DROP DATABASE rsfed_doctor;
