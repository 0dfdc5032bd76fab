-- Dropped objects lose their rows in rsfed's tables; objects that others need cannot be dropped
-- unnoticed.
\i test/include/warehouse.psql
\i test/include/orphans.psql
SET search_path = public;
SET client_min_messages = error;
SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups \g /dev/null
RESET client_min_messages;
\set state '\\echo SQLSTATE :SQLSTATE'
\set define 'SELECT rsfed.define_rollup(:''name'', ''wh'', ''SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k'', options => ''{"probe": "SELECT count(*) FROM kv"}'') \\g /dev/null \\\\ SELECT rsfed.schedule_refresh(:''name'', ''@daily'') \\g /dev/null'
CREATE VIEW known AS SELECT schema_name, relation_name, kind,
	(SELECT count(*) FROM rsfed_catalog.schedule s WHERE s.relation_id = r.relation_id) AS schedules
FROM rsfed_catalog.relation r ORDER BY 1, 2;

-- every way to drop a table
\set name gone
:define
DROP TABLE gone;
TABLE known;
:define
CREATE VIEW gone_view AS SELECT * FROM gone;
SELECT rsfed.drop_rollup('gone');
:state
DROP TABLE gone CASCADE;
CREATE SCHEMA gone_schema;
\set name gone_schema.gone
:define
DROP SCHEMA gone_schema CASCADE;
TABLE known;
SELECT orphans();
-- the history stays
SELECT relation_name, status FROM rsfed.runs WHERE relation_name LIKE '%gone%' ORDER BY run_id;

-- dropped and created again in one transaction, which is then rolled back
\set name gone
:define
BEGIN;
DROP TABLE gone;
CREATE TABLE gone (k integer);
SELECT count(*) FROM rsfed.rollups;
SAVEPOINT a;
DROP TABLE gone;
:define
SELECT rollup, definition FROM rsfed.rollups;
ROLLBACK TO a;
SELECT count(*) FROM rsfed.rollups;
CALL rsfed.refresh('gone');
:state
ROLLBACK;
SELECT rollup, (SELECT count(*) FROM rsfed.schedules) AS schedules FROM rsfed.rollups;
CALL rsfed.refresh('gone') \gset
\echo :status
BEGIN;
SAVEPOINT a;
ALTER TABLE gone RENAME TO came;
ROLLBACK TO a;
COMMIT;
TABLE known;
SELECT orphans();

-- a table that is kept is an ordinary table, and can be adopted again
SELECT rsfed.drop_rollup('gone', keep_table => true);
TABLE known;
SELECT rsfed.define_rollup('gone', 'wh', 'SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k');
:state
SELECT 'gone'::regclass::oid AS gone_oid \gset
DELETE FROM gone WHERE k = 1;
SELECT rsfed.define_rollup('gone', 'wh', 'SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k', adopt => true);
SELECT count(*), 'gone'::regclass::oid = :gone_oid AS same_table FROM gone;
SELECT rsfed.define_rollup('gone', 'wh', 'SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k', if_not_exists => true);
SELECT rsfed.define_rollup('gone', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', max_age => '1 hour',
	options => '{"fillfactor": 50}', if_not_exists => true);
CREATE TABLE mine (k integer, n numeric, extra text DEFAULT 'x');
SELECT rsfed.define_rollup('mine', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', adopt => true);
TABLE mine ORDER BY k;
\d+ mine
CREATE TABLE unfit (k integer);
SELECT rsfed.define_rollup('unfit', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', adopt => true);
:state
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_owner;
GRANT USAGE ON SCHEMA public TO rsfed_owner;
SET ROLE rsfed_owner;
SELECT rsfed.define_rollup('public.unfit', 'wh', 'SELECT k FROM kv', adopt => true);
:state
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_owner;
DROP TABLE unfit, mine;

-- while the event triggers are switched off
SET session_replication_role = replica;
ALTER TABLE gone RENAME TO renamed;
RESET session_replication_role;
CALL rsfed.refresh('renamed') \gset
\echo :status
TABLE known;
SELECT orphans();
\set name other
:define
SET session_replication_role = replica;
ALTER TABLE renamed RENAME TO tmp;
ALTER TABLE other RENAME TO renamed;
ALTER TABLE tmp RENAME TO other;
RESET session_replication_role;
-- a refresh of one makes both known again
CALL rsfed.refresh('other') \gset
\echo :status
SELECT rollup, options FROM rsfed.rollups ORDER BY rollup::text;
SET session_replication_role = replica;
DROP TABLE renamed;
CREATE TABLE renamed (k integer);
RESET session_replication_role;
CALL rsfed.refresh('renamed');
:state
SELECT rollup FROM rsfed.rollups;
ALTER TABLE other RENAME TO again;
TABLE known;
SELECT orphans();
DROP TABLE renamed;

-- servers
CREATE SERVER spare FOREIGN DATA WRAPPER rsfed OPTIONS (host 'localhost', dbname 'dev');
CREATE USER MAPPING FOR PUBLIC SERVER spare;
CREATE USER MAPPING FOR CURRENT_USER SERVER spare;
DROP SERVER spare;
DROP SERVER spare CASCADE;
BEGIN;
DROP USER MAPPING FOR CURRENT_USER SERVER wh;
CALL rsfed.refresh('again');
ROLLBACK;
BEGIN;
DROP USER MAPPING FOR CURRENT_USER SERVER wh;
DROP USER MAPPING IF EXISTS FOR rsfed_owner SERVER wh;
DROP SERVER wh;
ROLLBACK;
SELECT rsfed.drop_server('wh');
:state
BEGIN;
DROP SERVER wh CASCADE;
SELECT rollup, source FROM rsfed.rollups;
SELECT severity, subject, problem, remedy FROM rsfed.doctor() WHERE subject = 'server wh';
CALL rsfed.refresh('again');
ROLLBACK;
BEGIN;
ALTER SERVER wh RENAME TO "Ware ""House""";
SELECT rollup, source FROM rsfed.rollups;
SELECT obj_description('again'::regclass, 'pg_class');
COMMENT ON TABLE again IS 'mine';
ALTER SERVER "Ware ""House""" RENAME TO wh;
SELECT obj_description('again'::regclass, 'pg_class');
ALTER SERVER wh RENAME TO "Ware ""House""";
CALL rsfed.refresh('again') \gset
\echo :status
SELECT rsfed.drop_server('Ware "House"', cascade => true);
TABLE known;
SELECT orphans();
ROLLBACK;
-- the view of another event trigger
CREATE FUNCTION seen_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
	d record;
BEGIN
	FOR d IN SELECT object_type, object_identity FROM pg_event_trigger_dropped_objects() ORDER BY object_identity COLLATE "C"
	LOOP
		RAISE NOTICE 'dropped % %', d.object_type, d.object_identity;
	END LOOP;
END$$;
CREATE SERVER spare FOREIGN DATA WRAPPER rsfed OPTIONS (host 'localhost', dbname 'dev');
CREATE USER MAPPING FOR PUBLIC SERVER spare;
CREATE EVENT TRIGGER seen_drop ON sql_drop EXECUTE FUNCTION seen_drop();
SELECT rsfed.drop_server('spare');
DROP EVENT TRIGGER seen_drop;
DROP FUNCTION seen_drop();

-- owners
ALTER SERVER wh OPTIONS (ADD stall_timeout '2 min');
CALL rsfed.refresh('again') \gset
\echo :status
ALTER SERVER wh OPTIONS (DROP stall_timeout);
CREATE ROLE life_heir;
GRANT USAGE ON FOREIGN SERVER wh TO life_heir;
ALTER TABLE again OWNER TO life_heir;
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'life_heir');
ALTER TABLE again OWNER TO life_heir;
CALL rsfed.refresh('again') \gset
\echo :status
DROP ROLE life_heir;
REVOKE USAGE ON FOREIGN SERVER wh FROM life_heir;
CREATE ROLE life_last;
REASSIGN OWNED BY life_heir TO life_last;
CALL rsfed.refresh('again');
:state
DROP OWNED BY life_last;
TABLE known;
SELECT orphans();
DROP OWNED BY life_heir;
DROP ROLE life_heir, life_last;
-- the owner of the server
BEGIN;
CREATE ROLE life_last;
GRANT USAGE ON FOREIGN DATA WRAPPER rsfed TO life_last;
:define
ALTER SERVER wh OWNER TO life_last;
SAVEPOINT owned;
DROP OWNED BY life_last;
:state
ROLLBACK TO owned;
SET client_min_messages = warning;
DROP OWNED BY life_last CASCADE;
TABLE known;
SELECT orphans();
ROLLBACK;

-- materialized views
CREATE TABLE base (a int);
CREATE MATERIALIZED VIEW mv AS SELECT * FROM base;
CREATE UNIQUE INDEX ON mv (a);
SELECT rsfed.schedule_refresh('mv', '@daily') \g /dev/null
ALTER MATERIALIZED VIEW mv RENAME TO "Mv 2";
CREATE SCHEMA mv_schema;
ALTER TABLE "Mv 2" SET SCHEMA mv_schema;
ALTER SCHEMA mv_schema RENAME TO mv_schema2;
ALTER MATERIALIZED VIEW mv_schema2."Mv 2" RENAME COLUMN a TO b;
TABLE known;
CALL rsfed.refresh('mv_schema2."Mv 2"') \gset
\echo :status
DROP TABLE base CASCADE;
TABLE known;
SELECT orphans();
DROP SCHEMA mv_schema2;

-- every table of rsfed can be published, and none accepts rows from a subscription
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'rsfed_catalog'::regnamespace AND c.relkind = 'r'
	AND (NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
		OR NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'not_replicated' AND t.tgenabled = 'R'));
DROP VIEW known;
