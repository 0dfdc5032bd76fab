-- Privileges: who may see and do what; runs use the owner's credentials.
\i test/include/warehouse.psql
SET search_path = public;
GRANT CREATE ON SCHEMA public TO rsfed_owner;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_owner;
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_owner');
SET ROLE rsfed_owner;
SELECT rsfed.define_rollup('owned', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k');
SELECT rsfed.schedule_refresh('owned', '@daily');
RESET ROLE;
SELECT relname, relowner::regrole FROM pg_class WHERE relname = 'owned';

-- a stranger sees nothing
SET ROLE rsfed_stranger;
SELECT count(*) FROM rsfed.rollups;
SELECT count(*) FROM rsfed.freshness;
SELECT count(*) FROM rsfed.runs;
SELECT count(*) FROM rsfed.schedules;
SELECT count(*) FROM rsfed.credentials;
RESET ROLE;

-- roles that may read the table see its freshness, not its definition
GRANT SELECT ON owned TO rsfed_analyst;
SET ROLE rsfed_analyst;
SELECT relation, state, message FROM rsfed.freshness;
SELECT rollup, query IS NULL AS query_hidden FROM rsfed.rollups;
SELECT count(*) FROM rsfed.runs;
CALL rsfed.refresh('owned');
RESET ROLE;

-- rsfed.wait() is for roles that may read the table, and for the one that requested the run
SELECT max(run_id) AS run_id FROM rsfed.runs \gset
CREATE FUNCTION wait_for(run bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN RETURN rsfed.wait(run, '1 min');
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || replace(SQLERRM, run::text, 'N'); END $$;
SET ROLE rsfed_analyst;
SELECT wait_for(:run_id);
SET ROLE rsfed_stranger;
SELECT wait_for(:run_id), wait_for(0);
RESET ROLE;
BEGIN;
GRANT rsfed_owner TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT wait_for(:run_id);
CALL rsfed.refresh('owned') \gset
RESET ROLE;
REVOKE rsfed_owner FROM rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT count(*), wait_for(:run_id) FROM rsfed.runs;
ROLLBACK;

-- a member of the owning role may do what the owner may
GRANT rsfed_owner TO rsfed_analyst;
SET ROLE rsfed_analyst;
CALL rsfed.refresh('owned') \gset
\echo :status :rows_changed
SELECT status, requested_by FROM rsfed.runs ORDER BY run_id;
SELECT rsfed.pause('owned', reason => 'maintenance');
SELECT relation, state FROM rsfed.freshness;
SELECT rsfed.resume('owned');
RESET ROLE;
REVOKE rsfed_owner FROM rsfed_analyst;

-- pg_monitor sees everything and may change nothing
GRANT pg_monitor TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT rollup, query FROM rsfed.rollups;
SELECT count(*) > 0 AS sees_runs FROM rsfed.runs;
CALL rsfed.refresh('owned');
RESET ROLE;
REVOKE pg_monitor FROM rsfed_stranger;

-- row security applies to readers, not to refreshes
ALTER TABLE owned ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY only_one ON owned USING (k = 1);
SELECT rsfed.execute('wh', 'INSERT INTO kv VALUES (501, ''rls'', 9, NULL)');
CALL rsfed.refresh('owned') \gset
\echo :status :rows_changed
SET ROLE rsfed_analyst;
SELECT k FROM owned;
RESET ROLE;
SELECT rsfed.execute('wh', 'DELETE FROM kv WHERE k = 501');

-- expressions of the owner's table run as the owner, even if a superuser alters the rollup
CREATE TABLE ran_as (who name);
GRANT INSERT ON ran_as TO rsfed_owner;
SET ROLE rsfed_owner;
CREATE FUNCTION watched(n numeric) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.ran_as VALUES (current_user); RETURN true; END $$;
CREATE FUNCTION watched(n double precision) RETURNS boolean LANGUAGE sql AS 'SELECT public.watched(n::numeric)';
ALTER TABLE owned ADD CHECK (watched(n));
RESET ROLE;
GRANT INSERT ON ran_as TO PUBLIC;
SELECT action FROM rsfed.alter_rollup('owned', columns => 'k integer, n double precision');
SELECT DISTINCT who FROM ran_as;
DROP TABLE ran_as;
-- a new owner who cannot log in is a WARNING
ALTER TABLE owned OWNER TO rsfed_analyst;
ALTER TABLE owned OWNER TO rsfed_owner;
-- passwords are only in the user mapping
SELECT * FROM rsfed.credentials WHERE credentials::text LIKE '%Secret%';
SELECT * FROM rsfed.servers WHERE servers::text LIKE '%Secret%';
SELECT rsfed.drop_rollup('owned');
DROP OWNED BY rsfed_owner;
