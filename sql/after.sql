-- Schedules that come after others: names, cycles, renames and drops.  What
-- they do when they are due is in test/t.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS rsfed CASCADE;
SET client_min_messages = error;
\set state '\\echo SQLSTATE :SQLSTATE'
SELECT rsfed.pause_all(reason => 'nothing shall run');
CREATE SCHEMA after_s;
CREATE MATERIALIZED VIEW after_s.raw AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW "odd/na""me" AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW after_mid AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW after_top AS SELECT 1 AS a;
SELECT rsfed.schedule_refresh('after_s.raw', '@daily');
SELECT rsfed.schedule_refresh('"odd/na""me"', '@daily');
SELECT rsfed.schedule_refresh('"odd/na""me"', '@daily', name => 'ni/ght "ly');

-- any legal identifier is accepted, and the names that views show can be used as input
SELECT rsfed.schedule_refresh('after_mid', '@daily',
	options => '{"run_timeout": "5 min", "after": ["After_S.RAW", "\"odd/na\"\"me\"", "\"odd/na\"\"me\"/ni/ght \"ly", "after_s.raw/refresh"]}');
SELECT rsfed.schedule_refresh('after_top', '@daily', options => '{"after": ["after_mid"]}');
SELECT relation, name, options, after FROM rsfed.schedules ORDER BY relation::text, name;
SELECT rsfed.alter_schedule('after_mid', 'refresh', options => jsonb_build_object('after', after))
FROM rsfed.schedules WHERE relation = 'after_mid'::regclass;
SELECT after FROM rsfed.schedules WHERE relation = 'after_mid'::regclass;
-- options without this key keep it; null and [] reset it
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"run_timeout": "1 min"}');
SELECT options, after FROM rsfed.schedules WHERE relation = 'after_top'::regclass;
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": null}');
SELECT options, after FROM rsfed.schedules WHERE relation = 'after_top'::regclass;
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["after_mid"]}');

-- unknown names
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["after_mit"]}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["\"odd/na\"\"me\"/nightly"]}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["pg_class"]}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["a.b.c.d"]}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["\"open"]}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": "after_mid"}');
:state
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": [1]}');
:state
SELECT rsfed.schedule_refresh('after_top', '@daily', name => 'new', options => '{"after": ["after_top/new"]}');
:state

-- cycles are refused, and the error shows the cycle
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["after_top"]}');
:state
SELECT rsfed.alter_schedule('after_s.raw', 'refresh', options => '{"after": ["after_top"]}');
:state
SELECT rsfed.alter_schedule('after_mid', 'refresh', options => '{"after": ["\"odd/na\"\"me\"", "after_top"]}');
:state
SELECT relation, name, after FROM rsfed.schedules ORDER BY relation::text, name;
-- two schedules of one relation are different schedules
SELECT rsfed.schedule_refresh('after_s.raw', '@daily', name => 'second', options => '{"after": ["after_s.raw", "after_top"]}');
-- a diamond is not a cycle
SELECT rsfed.alter_schedule('after_top', 'refresh', options => '{"after": ["after_mid", "after_s.raw"]}');

-- only relations that the caller may see can be named
CREATE ROLE after_user;
GRANT USAGE ON SCHEMA after_s TO after_user;
CREATE MATERIALIZED VIEW after_theirs AS SELECT 1 AS a;
ALTER MATERIALIZED VIEW after_theirs OWNER TO after_user;
SET ROLE after_user;
SELECT rsfed.schedule_refresh('after_theirs', '@daily', options => '{"after": ["after_s.raw"]}');
:state
SELECT rsfed.schedule_refresh('after_theirs', '@daily', options => '{"after": ["after_s.rau"]}');
:state
SELECT rsfed.schedule_refresh('after_theirs', '@daily', options => '{"after": ["after_s.raw/no_such"]}');
:state
RESET ROLE;
GRANT SELECT ON after_s.raw TO after_user;
SET ROLE after_user;
SELECT rsfed.schedule_refresh('after_theirs', '@daily', options => '{"after": ["after_s.raw"]}');
RESET ROLE;

-- renamed and moved relations are followed
ALTER MATERIALIZED VIEW after_s.raw RENAME TO raw2;
ALTER SCHEMA after_s RENAME TO "After S";
ALTER MATERIALIZED VIEW "odd/na""me" SET SCHEMA "After S";
SELECT relation, name, after FROM rsfed.schedules ORDER BY relation::text, name;

-- nobody waits for a schedule that is gone, and those that waited get a notice
SET client_min_messages = notice;
SELECT rsfed.unschedule_refresh('after_mid');
DROP MATERIALIZED VIEW "After S".raw2;
SELECT relation, name, after FROM rsfed.schedules ORDER BY relation::text, name;
SELECT count(*) FROM rsfed_catalog.schedule_after;
SET client_min_messages = warning;
DROP MATERIALIZED VIEW after_theirs, after_top, after_mid;
DROP SCHEMA "After S" CASCADE;
SELECT count(*) FROM rsfed_catalog.schedule_after;
DROP ROLE after_user;
SELECT rsfed.resume_all();
