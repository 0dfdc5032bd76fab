-- The freshness of an answer, in the query of that answer: rsfed.as_of, rsfed.age and
-- rsfed.require_fresh, and look-ups of one relation in the views.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
\set query 'SELECT k, sum(n) AS n FROM kv GROUP BY k'
SELECT rsfed.define_rollup('served', 'wh', :'query', key => '{k}', max_age => '1 day');
SELECT rsfed.define_rollup('unfilled', 'wh', :'query', key => '{k}', populate => false);
CREATE MATERIALIZED VIEW served_mv AS SELECT count(*) FROM served;
CREATE TABLE not_served AS SELECT 1 AS k;
-- the results of the three functions agree with the view
PREPARE agree AS SELECT f.relation, rsfed.as_of(f.relation) IS NOT DISTINCT FROM f.as_of AS as_of,
	rsfed.age(f.relation) IS NOT DISTINCT FROM f.age AS age, f.state, f.as_of IS NOT NULL AS filled
FROM rsfed.freshness f WHERE f.relation::text ~ 'served|unfilled' ORDER BY f.relation::text;
EXECUTE agree;
SELECT k, n, rsfed.as_of('served') = (SELECT as_of FROM rsfed.freshness WHERE relation = 'served'::regclass) AS as_of,
	rsfed.age('served') < '1 hour' AS young FROM served WHERE k = 1 AND rsfed.require_fresh('served');
SELECT rsfed.as_of(NULL) IS NULL AS nothing, rsfed.age(NULL) IS NULL AS nothing;

-- errors
SELECT error_of('SELECT rsfed.as_of(''not_served'')') ~ '^42809: .*HINT: .*public.served' AS says_which;
\set VERBOSITY terse
SELECT rsfed.as_of('not_served');
SELECT rsfed.age('served_mv');
SELECT rsfed.require_fresh('not_served');
SELECT rsfed.as_of(0::regclass);
SELECT rsfed.require_fresh(NULL);
\set VERBOSITY default
SELECT rsfed.require_fresh('unfilled');
SELECT rsfed.require_fresh('unfilled', '1 day');
SELECT error_of($$SELECT rsfed.require_fresh('served', '0')$$) ~ '^55000: rollup "served" is older than .*DETAIL: It is as of .*HINT: ' AS too_old;

-- a materialized view that is refreshed by rsfed
CREATE UNIQUE INDEX ON served_mv (count);
CALL rsfed.refresh('served_mv') \gset
SELECT rsfed.as_of('served_mv') = :'as_of' AS as_of, rsfed.require_fresh('served_mv', '1 hour');
SELECT rsfed.require_fresh('served_mv');

-- a member of a set has an as_of of its own
SELECT rsfed.define_set('served_set', '{served,unfilled}');
CALL rsfed.refresh_set('served_set') \gset
SELECT rsfed.as_of('served') = :'as_of' AS of_the_set, rsfed.as_of('unfilled') = :'as_of' AS of_the_set;
CALL rsfed.refresh('served') \gset
SELECT rsfed.as_of('served') = :'as_of' AS its_own, rsfed.as_of('unfilled') = s.as_of AS of_the_set FROM rsfed.sets s WHERE name = 'served_set';
SELECT rsfed.drop_set('served_set');

-- a transaction sees its own refresh, but not after a rollback to a savepoint
SELECT rsfed.as_of('served') AS before \gset
BEGIN;
SAVEPOINT a;
CALL rsfed.refresh('served') \gset
SELECT rsfed.as_of('served') > :'before' AS newer, rsfed.as_of('served') = :'as_of' AS its_own;
ROLLBACK TO a;
SELECT rsfed.as_of('served') = :'before' AS as_before;
COMMIT;
DO $$
DECLARE
	before timestamptz := rsfed.as_of('served');
	seen timestamptz[];
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			seen := array_append(seen, rsfed.as_of('served'));
			UPDATE rsfed_catalog.freshness SET as_of = as_of + interval '1 second' WHERE as_of = before;
			seen := array_append(seen, rsfed.as_of('served'));
			IF i = 2 THEN RAISE EXCEPTION 'undone'; END IF;
		EXCEPTION WHEN raise_exception THEN
			seen := array_append(seen, rsfed.as_of('served'));
		END;
		IF i <> 2 THEN UPDATE rsfed_catalog.freshness SET as_of = before WHERE as_of = before + interval '1 second'; END IF;
	END LOOP;
	RAISE WARNING 'seconds after: %', (SELECT array_agg(extract(epoch FROM s - before)::int ORDER BY n) FROM unnest(seen) WITH ORDINALITY AS u (s, n));
END $$;

-- evaluated for each row of a large result, for more than one relation
SELECT count(*), count(DISTINCT rsfed.as_of(r)), count(*) FILTER (WHERE rsfed.as_of(r) = f.as_of) AS right
FROM generate_series(1, 1000) AS i, LATERAL (SELECT CASE i % 2 WHEN 0 THEN 'served' ELSE 'unfilled' END::regclass AS r) AS x
JOIN rsfed.freshness f ON f.relation = x.r;

-- in parallel workers; an error there is the same
CREATE TABLE large AS SELECT i FROM generate_series(1, 20000) AS i;
ALTER TABLE large SET (parallel_workers = 2);
ANALYZE large;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION plan_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP plan := plan || line || E'\n'; END LOOP;
	RETURN plan;
END $$;
\set in_workers 'SELECT count(*), bool_and(rsfed.require_fresh(x::regclass, ''1 hour'')), min(rsfed.as_of(x::regclass)) = rsfed.as_of(''served'') AS one FROM large, LATERAL (SELECT CASE WHEN i > 0 THEN ''served'' END::text) AS y (x)'
SELECT plan_of(:'in_workers') ~ 'Gather' AND plan_of(:'in_workers') ~ 'Partial Aggregate' AS in_workers;
:in_workers;
\set VERBOSITY terse
SELECT count(*) FROM large WHERE rsfed.require_fresh((CASE WHEN i > 0 THEN 'not_served' END)::regclass);
\set VERBOSITY default
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
DROP TABLE large;

-- prepared statements work after changes of the relation and of rsfed's tables
PREPARE ask AS SELECT rsfed.as_of('served') IS NOT NULL AS as_of, rsfed.require_fresh('served', '1 day') AS fresh,
	(SELECT state FROM rsfed.freshness WHERE relation = 'served'::regclass);
SET plan_cache_mode = force_generic_plan;
EXECUTE ask;
ALTER TABLE served RENAME TO served_2;
EXECUTE ask;
ALTER TABLE served_2 RENAME TO served;
SELECT action FROM rsfed.alter_rollup('served', options => '{"max_rows": 100000}', populate => false);
EXECUTE ask;
SET client_min_messages = error;
REINDEX TABLE CONCURRENTLY rsfed_catalog.relation_oid;
REINDEX INDEX rsfed_catalog.freshness_pkey;
VACUUM FULL rsfed_catalog.freshness;
SET client_min_messages = warning;
EXECUTE ask;
-- without its index, a table is read completely
BEGIN;
ALTER EXTENSION rsfed DROP TABLE rsfed_catalog.freshness;
ALTER TABLE rsfed_catalog.freshness DROP CONSTRAINT freshness_pkey;
EXECUTE ask;
ROLLBACK;
EXECUTE ask;
DROP MATERIALIZED VIEW served_mv;
SELECT rsfed.drop_rollup('served');
EXECUTE ask;
SELECT rsfed.define_rollup('served', 'wh', :'query', key => '{k}', max_age => '1 day');
DEALLOCATE ask;
RESET plan_cache_mode;

-- the last known place of a row contains another row by now
SELECT rsfed.as_of('served') AS before, relation_id AS served FROM rsfed_catalog.relation_oid WHERE relid = 'served'::regclass \gset
-- wait until no snapshot, such as the scheduler's, sees the deleted rows
CREATE PROCEDURE see_no_more() LANGUAGE plpgsql AS $$
BEGIN
	WHILE EXISTS (SELECT FROM pg_stat_activity
		WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()) LOOP
		PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
	END LOOP;
END $$;
CREATE TEMP TABLE aside AS SELECT * FROM rsfed_catalog.freshness WHERE relation_id = :served;
DELETE FROM rsfed_catalog.freshness WHERE relation_id = :served;
CALL see_no_more();
VACUUM rsfed_catalog.freshness;
INSERT INTO rsfed_catalog.freshness (relation_id, as_of) SELECT -i, '2000-01-01' FROM generate_series(1, 5000) AS i;
SELECT rsfed.as_of('served') AS of_another;
INSERT INTO rsfed_catalog.freshness SELECT * FROM aside;
SELECT rsfed.as_of('served') = :'before' AS its_own;
-- or the table has become shorter
DELETE FROM rsfed_catalog.freshness WHERE relation_id = :served OR relation_id < 0;
CALL see_no_more();
VACUUM rsfed_catalog.freshness;
SELECT rsfed.as_of('served') AS cut_off;
INSERT INTO rsfed_catalog.freshness SELECT * FROM aside;
SELECT rsfed.as_of('served') = :'before' AS its_own;
DROP TABLE aside;
DROP PROCEDURE see_no_more();
-- the table is no longer a rollup, then it becomes another one
SELECT rsfed.drop_rollup('served', keep_table => true);
SELECT error_of('SELECT rsfed.as_of(''served'')') ~ '^42809: "served" is not a rollup' AS no_rollup;
DROP TABLE served;
SELECT rsfed.define_rollup('served', 'wh', :'query', key => '{k}', max_age => '1 day');
SELECT rsfed.as_of('served') > :'before' AS its_own;

-- as after a restore without oids: relations are found by name until they are used
SELECT rsfed.schedule_refresh('served', '@yearly');
BEGIN;
DELETE FROM rsfed_catalog.relation_oid;
EXECUTE agree;
SELECT rsfed.require_fresh('served');
SELECT relation, state FROM rsfed.freshness WHERE relation = 'served'::regclass;
SELECT rollup, source FROM rsfed.rollups WHERE rollup = 'served'::regclass;
SELECT relation, name FROM rsfed.schedules WHERE relation = 'served'::regclass;
SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'could not look';
-- another relation with that name is not used if an oid is known
INSERT INTO rsfed_catalog.relation_oid SELECT relation_id, 1 FROM rsfed_catalog.relation WHERE relation_name = 'served';
SELECT relation FROM rsfed.freshness WHERE relation = 'served'::regclass;
DELETE FROM rsfed_catalog.relation_oid;
CALL rsfed.refresh('served') \gset
SELECT relation, relation_name, status = :'status' AS status FROM rsfed.runs WHERE run_id = :run_id;
SELECT relid::regclass FROM rsfed_catalog.relation_oid;
ROLLBACK;

-- one relation is found by an index, in every view
CREATE FUNCTION is_indexed(condition text) RETURNS boolean LANGUAGE sql AS $$
	SELECT plan ~ 'Index Cond: \(relid = ''' AND plan !~ 'Seq Scan on (relation|relation_oid|freshness|rollup|run)\M'
	FROM plan_of('SELECT * FROM rsfed.' || condition || ' = ''served''::regclass') AS plan $$;
SET enable_seqscan = off;
SELECT v AS view, is_indexed(v) FROM unnest('{freshness WHERE relation,rollups WHERE rollup,definitions WHERE rollup,runs WHERE relation}'::text[]) AS v;
-- the last runs without looking at all of them
SET enable_sort = off;
SELECT plan_of('SELECT * FROM rsfed.runs ORDER BY run_id DESC LIMIT 10') !~ 'Sort' AS no_sort;
RESET enable_seqscan;
RESET enable_sort;

-- with thousands of schedules and no statistics, a view does not cause JIT compilation
BEGIN;
INSERT INTO rsfed_catalog.relation (relation_id, schema_name, relation_name, kind) SELECT -i, 'x', i, 'rollup' FROM generate_series(1, 10000) AS i;
INSERT INTO rsfed_catalog.relation_oid SELECT relation_id, 4000000000 - relation_id FROM rsfed_catalog.relation WHERE relation_id < 0;
INSERT INTO rsfed_catalog.schedule (relation_id, schedule_name, schedule, timezone, anchor, next_run_at)
	SELECT relation_id, 'refresh', '@yearly', 'UTC', now(), now() FROM rsfed_catalog.relation WHERE relation_id < 0;
DO $$
DECLARE
	plan json;
	name text;
BEGIN
	FOREACH name IN ARRAY '{rollups,definitions,freshness,schedules,sets,groups,costs,progress,servers}'::text[] LOOP
		EXECUTE 'EXPLAIN (FORMAT JSON) SELECT * FROM rsfed.' || name INTO plan;
		IF (plan->0->'Plan'->>'Total Cost')::float > current_setting('jit_above_cost')::float THEN
			RAISE WARNING 'rsfed.% costs %', name, plan->0->'Plan'->>'Total Cost';
		END IF;
	END LOOP;
END $$;
ROLLBACK;

-- privileges: roles with SELECT, the owner even without it, and pg_monitor
GRANT CREATE ON SCHEMA public TO rsfed_owner;
SET client_min_messages = error;
ALTER TABLE served OWNER TO rsfed_owner;
SET client_min_messages = warning;
SET ROLE rsfed_stranger;
SELECT rsfed.as_of('served');
SELECT rsfed.age('served');
SELECT rsfed.require_fresh('served');
RESET ROLE;
GRANT pg_monitor TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT rsfed.as_of('served') IS NOT NULL AS as_of, rsfed.age('served') IS NOT NULL AS age, rsfed.require_fresh('served');
RESET ROLE;
REVOKE pg_monitor FROM rsfed_stranger;
REVOKE SELECT ON served FROM rsfed_owner;
SET ROLE rsfed_owner;
SELECT rsfed.as_of('served') IS NOT NULL AS as_of, rsfed.require_fresh('served');
SELECT count(*) > 0 AS sees_runs FROM rsfed.runs;
RESET ROLE;
GRANT SELECT ON served TO rsfed_analyst;
SET ROLE rsfed_analyst;
SELECT rsfed.as_of('served') IS NOT NULL AS as_of, rsfed.require_fresh('served');
-- a function of a user gets no rows that the user may not see
CREATE FUNCTION pg_temp.tell(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
$$BEGIN RAISE WARNING 'told %', $1; RETURN true; END$$;
SELECT relation FROM rsfed.freshness WHERE pg_temp.tell(relation);
SELECT count(*) FROM rsfed.runs WHERE pg_temp.tell(message) AND pg_temp.tell(relation);
SELECT count(*) FROM (SELECT * FROM rsfed.runs WHERE pg_temp.tell(status) ORDER BY run_id DESC LIMIT 10) AS r;
RESET ROLE;
DROP FUNCTION pg_temp.tell(anyelement);
GRANT SELECT ON served TO rsfed_owner;
REVOKE CREATE ON SCHEMA public FROM rsfed_owner;

-- the extension is dropped and created again
\set tests :DBNAME
CREATE DATABASE rsfed_serving;
\c rsfed_serving
SET client_min_messages = error;
CREATE EXTENSION rsfed CASCADE;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;
CALL rsfed.refresh('m') \gset
SELECT rsfed.as_of('m') = :'as_of' AS as_of;
DROP EXTENSION rsfed;
CREATE EXTENSION rsfed;
SELECT rsfed.as_of('m');
-- the number of one relation now belongs to another
CREATE MATERIALIZED VIEW n AS SELECT 1 AS a;
CALL rsfed.refresh('n') \gset
SELECT rsfed.as_of('m');
SELECT rsfed.as_of('n') = :'as_of' AS as_of;
CALL rsfed.refresh('m') \gset
SELECT rsfed.as_of('m') = :'as_of' AS as_of, state FROM rsfed.freshness WHERE relation = 'm'::regclass;
\c :tests
DROP DATABASE rsfed_serving;
SET client_min_messages = warning;
SELECT rsfed.drop_rollup('served');
SELECT rsfed.drop_rollup('unfilled');
DROP TABLE not_served;
DROP FUNCTION is_indexed(text);
DROP FUNCTION plan_of(text);
