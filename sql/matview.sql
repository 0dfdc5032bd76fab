-- Native materialized views with a schedule.
\i test/include/warehouse.psql
SET search_path = public;
CREATE TABLE base (k int, v int);
INSERT INTO base VALUES (1, 1), (2, 2);
CREATE MATERIALIZED VIEW mv AS SELECT k, sum(v) AS v FROM base GROUP BY k;
-- without a unique index, readers would be locked out
SELECT rsfed.schedule_refresh('mv', '@daily');
CREATE UNIQUE INDEX ON mv (k);
SELECT rsfed.schedule_refresh('mv', '@hourly', name => 'often');
SELECT relation, name, schedule, timezone FROM rsfed.schedules ORDER BY 1, 2;
INSERT INTO base VALUES (3, 3);
CALL rsfed.refresh('mv') \gset
\echo :status
TABLE mv ORDER BY k;
SELECT relation, state FROM rsfed.freshness WHERE relation = 'mv'::regclass;
-- neither a rollup nor a scheduled view
CREATE VIEW v AS SELECT 1 AS a;
SELECT rsfed.schedule_refresh('v', '@daily');
SELECT rsfed.unschedule_refresh('mv', 'often');
SELECT rsfed.unschedule_refresh('mv');
SELECT count(*) FROM rsfed.schedules;
-- expressions in an index of the owner are not evaluated as the role that schedules
CREATE ROLE rsfed_watched;
CREATE FUNCTION watched(i int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN RAISE WARNING 'as %', current_user; RETURN true; END $$;
CREATE MATERIALIZED VIEW watched_mv AS SELECT k FROM base WITH NO DATA;
ALTER MATERIALIZED VIEW watched_mv OWNER TO rsfed_watched;
SET client_min_messages = error;
CREATE UNIQUE INDEX ON watched_mv (k) WHERE watched(1);
RESET client_min_messages;
SELECT rsfed.schedule_refresh('watched_mv', '@daily');
DROP MATERIALIZED VIEW watched_mv;
DROP FUNCTION watched;
DROP ROLE rsfed_watched;
DROP MATERIALIZED VIEW mv;
DROP TABLE base;
DROP VIEW v;
