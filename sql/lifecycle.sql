-- The effect on rollups when their table, schema, owner or server is renamed,
-- altered, moved or dropped by PostgreSQL's own commands.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = error;
SELECT rsfed.drop_rollup(rollup) FROM rsfed.rollups \g /dev/null
RESET client_min_messages;
\set state '\\echo SQLSTATE :SQLSTATE'
\set define 'SELECT rsfed.define_rollup(:''name'', ''wh'', ''SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k'')'
\set refresh 'CALL rsfed.refresh(:''name'') \\gset \\\\ \\echo :status :rows_changed'

\i test/include/orphans.psql
CREATE VIEW known AS SELECT rollup, source, (SELECT count(*) FROM rsfed.schedules s WHERE s.relation = r.rollup) AS schedules
FROM rsfed.rollups r ORDER BY rollup::text;

-- the name, the schema, the schema's name
\set name life
:define;
SELECT rsfed.schedule_refresh('life', '@daily');
ALTER TABLE life RENAME TO "Life ""2""";
TABLE known;
CREATE SCHEMA life_a;
ALTER TABLE "Life ""2""" SET SCHEMA life_a;
ALTER SCHEMA life_a RENAME TO "Leben ü";
TABLE known;
\set name '"Leben ü"."Life ""2"""'
:refresh
ALTER INDEX "Leben ü"."Life ""2""" RENAME TO life;
ALTER TABLE "Leben ü".life SET SCHEMA public;
\set name life
TABLE known;
:refresh

-- two relations that exchange their names
SELECT rsfed.define_rollup('other', 'wh', 'SELECT count(*) AS n FROM kv', method => 'replace');
BEGIN;
ALTER TABLE life RENAME TO tmp;
ALTER TABLE other RENAME TO life;
ALTER TABLE tmp RENAME TO other;
SELECT rollup, method FROM rsfed.rollups ORDER BY rollup::text;
ROLLBACK;

-- the same for a member of another extension
CREATE SCHEMA life_dblink;
ALTER EXTENSION dblink ADD TABLE life;
ALTER EXTENSION dblink SET SCHEMA life_dblink;
TABLE known;
ALTER EXTENSION dblink SET SCHEMA public;
ALTER EXTENSION dblink DROP TABLE life;
TABLE known;

-- columns: a rename is followed
ALTER TABLE life RENAME COLUMN s TO "S ""t""";
ALTER TABLE life RENAME COLUMN k TO kk;
SELECT key, columns, definition FROM rsfed.rollups WHERE rollup = 'life'::regclass;
SELECT rsfed.execute('wh', 'INSERT INTO kv VALUES (4, ''four'', 4, ''2024-04-04'')');
:refresh
TABLE life ORDER BY kk;
SELECT action FROM rsfed.alter_rollup('life');
ALTER TABLE life ADD COLUMN remark text;
ALTER TABLE life RENAME COLUMN remark TO note;
SELECT definition FROM rsfed.rollups WHERE rollup = 'life'::regclass;
ALTER TABLE life DROP COLUMN note;
ALTER TABLE life RENAME COLUMN kk TO k;
ALTER TABLE life RENAME COLUMN "S ""t""" TO s;
:refresh
SELECT rsfed.execute('wh', 'DELETE FROM kv WHERE k = 4');

-- columns that the rollup needs
ALTER TABLE life DROP COLUMN s;
CALL rsfed.refresh('life');
:state
SELECT action, detail FROM rsfed.alter_rollup('life', columns => '') WHERE action <> 'refresh';
:refresh
ALTER TABLE life DROP COLUMN k;
CALL rsfed.refresh('life');
:state
SELECT action, detail FROM rsfed.alter_rollup('life') WHERE action <> 'refresh';
:refresh
\d life

-- their types
ALTER TABLE life ALTER COLUMN n TYPE numeric(12,1);
:refresh
ALTER TABLE life ALTER COLUMN n TYPE text;
:refresh
ALTER TABLE life ALTER COLUMN n TYPE boolean USING true;
CALL rsfed.refresh('life');
:state
ALTER TABLE life ALTER COLUMN n TYPE numeric USING NULL;
:refresh

-- the key's index
DROP INDEX life_k_idx;
CALL rsfed.refresh('life');
:state
CREATE UNIQUE INDEX life_key ON life (k);
:refresh

-- kinds of tables
ALTER TABLE life SET UNLOGGED;
:refresh
ALTER TABLE life SET LOGGED;
ALTER TABLE life CLUSTER ON life_key;
CLUSTER life;
:refresh
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE rsfed_life LOCATION '';
ALTER TABLE life SET TABLESPACE rsfed_life;
:refresh
TABLE known;
ALTER TABLE life SET TABLESPACE pg_default;
DROP TABLESPACE rsfed_life;
RESET allow_in_place_tablespaces;
CREATE TABLE life_parent (k integer);
ALTER TABLE life INHERIT life_parent;
:refresh
ALTER TABLE life NO INHERIT life_parent;
DROP TABLE life_parent;
ALTER TABLE life ENABLE ROW LEVEL SECURITY;
:refresh
ALTER TABLE life FORCE ROW LEVEL SECURITY;
:refresh
ALTER TABLE life NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
CREATE TABLE life_whole (LIKE life) PARTITION BY RANGE (k);
ALTER TABLE life_whole ATTACH PARTITION life DEFAULT;
CALL rsfed.refresh('life');
:state
ALTER TABLE life_whole DETACH PARTITION life;
DROP TABLE life_whole;
:refresh
SELECT orphans();
DROP TABLE other;
SELECT rsfed.drop_rollup('life');
DROP VIEW known;
DROP SCHEMA "Leben ü", life_dblink;
