-- Reading live tables: connections, rescans, errors, privileges.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric, d date) SERVER wh OPTIONS (schema_name 'public', table_name 'kv');
CREATE FOREIGN TABLE live_big (k integer, v bigint, filler text) SERVER wh OPTIONS (schema_name 'public', table_name 'big');
CREATE VIEW standin_status AS SELECT name, value FROM dblink(current_setting('test.wh_conninfo'), 'STANDIN STATUS') AS t (name text, value bigint);

-- a plan with two scans that cannot be one statement; a LIMIT that is not shipped
SELECT count(*), sum(a.v) FROM live_big a JOIN live_kv b ON b.k = a.k AND (b.s || '') <> 'none' || random()::text;
SELECT k FROM (SELECT k, row_number() OVER () FROM live_big) x LIMIT 2;
-- a connection, in case that the scan that was left has closed its own
SELECT count(*) FROM live_kv;
-- the inner side of a nested loop is read once, and replayed
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT standin('RESET');
SELECT count(*) FROM generate_series(1, 4) g, live_kv b WHERE (b.s || g) IS NOT NULL;
SELECT value FROM standin_status WHERE name = 'statements';
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;
-- a scan whose rows are stored for a rescan, interrupted by another scan during its first pass
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT g, q.n, q.rows FROM generate_series(1, 3) g LEFT JOIN (SELECT sum(c.k) AS n, count(*) AS rows FROM live_kv a
	LEFT JOIN LATERAL (SELECT l.k FROM live_big l WHERE l.k = a.k ORDER BY l.k LIMIT 2) c ON true HAVING bool_or(sqrt(a.k) >= 0)) q ON g > 0;
SET work_mem = '64kB';
SELECT g, q.n, q.rows FROM generate_series(1, 3) g LEFT JOIN (SELECT sum(c.k) AS n, count(*) AS rows FROM (SELECT k, repeat('x', 1000) AS wide FROM live_big WHERE k <= 300) a
	LEFT JOIN LATERAL (SELECT l.k FROM live_kv l WHERE l.k = a.k ORDER BY l.k LIMIT 2) c ON true HAVING bool_or(sqrt(a.k) >= 0)) q ON g > 0;
RESET work_mem; RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;
-- a correlated scan, by parameter
SELECT g, (SELECT s FROM live_kv WHERE k = g) FROM generate_series(1, 4) g;
-- a scan that stops at its first row, and is repeated
SELECT g, (SELECT true FROM live_big WHERE k >= g OR v < 0 OFFSET random() * 0 LIMIT 1) AS found FROM generate_series(1, 3) g;

-- several cursors, and a function that reads while a scan is in progress
BEGIN;
DECLARE one CURSOR FOR SELECT k FROM live_big;
DECLARE two CURSOR FOR SELECT v FROM live_big ORDER BY k LIMIT 5;
FETCH 2 FROM one; FETCH 2 FROM two; FETCH 1 FROM one; FETCH 1 FROM two;
COMMIT;
ALTER SERVER wh OPTIONS (ADD pool_size '1');
BEGIN;
DECLARE one CURSOR FOR SELECT k FROM live_big;
DECLARE two CURSOR FOR SELECT v FROM live_big;
FETCH 2 FROM one; FETCH 2 FROM two; FETCH 1 FROM one; FETCH 1 FROM two;
CLOSE one;
FETCH 1 FROM two;
COMMIT;
CREATE FUNCTION live_name(int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT s FROM live_kv WHERE k = $1); END $$;
SELECT k, live_name(k) FROM live_kv WHERE k IS NOT NULL ORDER BY k;
ALTER SERVER wh OPTIONS (DROP pool_size);
SELECT k, live_name(k) FROM live_kv WHERE k IS NOT NULL ORDER BY k;

-- errors in Redshift, here, and in an EXCEPTION block
CREATE FUNCTION live_try() RETURNS text LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
	BEGIN
		SELECT sum(1 / (k - 2)) INTO n FROM live_kv;
	EXCEPTION WHEN division_by_zero THEN
		SELECT count(*) INTO n FROM live_kv;
	END;
	RETURN n || ' ' || (SELECT max(s COLLATE "C") FROM live_kv);
END $$;
SELECT live_try();
BEGIN;
SAVEPOINT s;
SELECT sum(1 / (k - 2)) FROM live_kv;
ROLLBACK TO s;
SELECT count(*) FROM live_kv;
COMMIT;
SELECT standin('FAULT cut_after_rows 100 TIMES 1');
SELECT count(*) FROM (SELECT k FROM live_big OFFSET 0) x;
SELECT standin('RESET');
SELECT count(*) FROM (SELECT k FROM live_big OFFSET 0) x;
SET statement_timeout = '500ms';
SELECT standin('FAULT slow 20000 TIMES 1');
SELECT count(*) FROM live_kv;
RESET statement_timeout;
SELECT standin('RESET');

-- parameters: generic and custom plans
PREPARE by_key (int, text) AS SELECT k, s FROM live_kv WHERE k = $1 AND d < coalesce($2::date, '2100-01-01');
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS off) EXECUTE by_key (1, NULL);
EXECUTE by_key (1, NULL); EXECUTE by_key (NULL, NULL); EXECUTE by_key (2, '2024-02-01');
EXECUTE by_key (1, 'infinity');
RESET plan_cache_mode;
EXECUTE by_key (1, 'infinity');
EXPLAIN (COSTS off) SELECT k FROM live_kv WHERE d < current_date;

-- options take effect immediately; conditions on texts are shipped only if that is safe
ALTER FOREIGN TABLE live_kv ALTER s OPTIONS (ADD blank_safe 'on');
EXPLAIN (COSTS off) SELECT k FROM live_kv WHERE s IN ('one', 'it''s \');
SELECT k FROM live_kv WHERE s IN ('one', 'it''s \');
PREPARE by_name (text) AS SELECT k FROM live_kv WHERE s = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE by_name ('two');
EXECUTE by_name ('two ');
SELECT error_of('EXECUTE by_name (E''two\t'')');
RESET plan_cache_mode;
EXECUTE by_name ('two ');
ALTER FOREIGN TABLE live_kv OPTIONS (SET table_name 'no such table');
SELECT error_of('SELECT * FROM live_kv');
ALTER FOREIGN TABLE live_kv OPTIONS (SET table_name 'kv', ADD max_rows '3');
SELECT error_of('SELECT * FROM live_kv');
SELECT count(*) FROM live_kv WHERE k = 1;
ALTER FOREIGN TABLE live_kv OPTIONS (DROP max_rows);
SELECT error_of('CREATE FOREIGN TABLE bad (k int OPTIONS (colum_name ''x'')) SERVER wh');
SELECT error_of('CREATE FOREIGN TABLE bad (k int) SERVER wh OPTIONS (blank_safe ''perhaps'')');

-- columns and tables that differ from their declaration
CREATE FOREIGN TABLE drifted (k text, s int, n numeric(10,2), d timestamp, x int OPTIONS (column_name 'gone')) SERVER wh OPTIONS (schema_name 'public', table_name 'kv');
SELECT k, d FROM drifted ORDER BY 1 NULLS FIRST;
SELECT error_of('SELECT s FROM drifted');
SELECT error_of('SELECT n FROM drifted');
SELECT error_of('SELECT x FROM drifted');
SELECT error_of('SELECT count(*) FROM drifted WHERE d > ''2024-01-01''');
SELECT error_of('SELECT sum(n) FROM drifted');
SELECT count(*) FROM drifted;

-- read-only
SELECT error_of(c) FROM unnest(ARRAY['INSERT INTO live_kv VALUES (1)', 'UPDATE live_kv SET k = 1', 'DELETE FROM live_kv', 'EXPLAIN DELETE FROM live_kv']) c;
SELECT is_insertable_into FROM information_schema.tables WHERE table_name = 'live_kv';
-- a local table may be changed from a foreign one
CREATE TABLE local_kv AS SELECT k, s FROM live_kv;
UPDATE local_kv l SET s = b.s || '!' FROM live_kv b JOIN live_kv c USING (k) WHERE b.k = l.k;
INSERT INTO local_kv SELECT 100, max(s COLLATE "C") FROM live_kv;
TABLE local_kv ORDER BY k, s;
SELECT k FROM live_kv WHERE k = 1 FOR UPDATE;

-- privileges: whose user mapping is used
GRANT SELECT ON live_kv TO rsfed_stranger, rsfed_analyst;
GRANT USAGE, CREATE ON SCHEMA public TO rsfed_analyst, rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT error_of('SELECT count(*) FROM live_kv');
RESET ROLE;
CREATE VIEW seen AS SELECT count(*) FROM live_kv;
GRANT SELECT ON seen TO rsfed_stranger;
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_stranger;
SET ROLE rsfed_stranger;
TABLE seen;
SELECT error_of('SELECT count(*) FROM live_kv');
SELECT error_of('SELECT count(*) FROM live_kv, seen');
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_stranger;
-- conditions of a user are not evaluated before those of a security barrier
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM live_kv WHERE random() >= 0;
CREATE FUNCTION live_plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		-- the number of a table differs between versions
		RETURN NEXT regexp_replace(line, '\mr\d+\M', 'rN', 'g');
	END LOOP;
END $$;
SELECT live_plan('SELECT k FROM barrier WHERE 10 / k > 1');

-- one transaction in Redshift for all scans of a statement
SELECT standin('RESET');
SELECT (SELECT count(*) FROM live_kv WHERE random() >= 0) + (SELECT count(*) FROM live_kv WHERE random() >= 0) AS eight;
SELECT value AS statements FROM standin_status WHERE name = 'statements';
ALTER SERVER wh OPTIONS (ADD one_snapshot 'off');
SELECT standin('RESET');
SELECT (SELECT count(*) FROM live_kv WHERE random() >= 0) + (SELECT count(*) FROM live_kv WHERE random() >= 0) AS eight;
SELECT name, value FROM standin_status WHERE name IN ('statements', 'connections_made') ORDER BY 1;
ALTER SERVER wh OPTIONS (DROP one_snapshot);
-- so they see the same rows, though some are added in between, and a statement after them sees those
SELECT rsfed.execute('wh', 'CREATE TABLE live_more (id int)'), rsfed.execute('wh', 'INSERT INTO live_more VALUES (1), (2)');
CREATE FOREIGN TABLE live_more (id int) SERVER wh OPTIONS (schema_name 'public');
CREATE FUNCTION put_more(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM rsfed.execute('wh', format('INSERT INTO live_more VALUES (%s)', n)); RETURN n; END $$;
SELECT (SELECT count(*) FROM live_more WHERE random() >= 0) AS before, put_more(3) AS put, (SELECT count(*) FROM live_more WHERE random() >= 0) AS after;
SELECT count(*) FROM live_more;
ALTER SERVER wh OPTIONS (ADD one_snapshot 'off');
SELECT (SELECT count(*) FROM live_more WHERE random() >= 0) AS before, put_more(4) AS put, (SELECT count(*) FROM live_more WHERE random() >= 0) AS after;
-- a statement after one whose connection another cursor still shares has its own snapshot
ALTER SERVER wh OPTIONS (DROP one_snapshot, ADD pool_size '2');
BEGIN;
DECLARE one CURSOR FOR SELECT id FROM live_more WHERE random() >= 0; DECLARE two CURSOR FOR SELECT id FROM live_more WHERE random() >= 0; DECLARE three CURSOR FOR SELECT id FROM live_more WHERE random() >= 0;
FETCH 1 FROM one; FETCH 1 FROM two; FETCH 1 FROM three;
CLOSE two; CLOSE one;
SELECT put_more(5);
SELECT count(*) FROM live_more WHERE random() >= 0;
COMMIT;
ALTER SERVER wh OPTIONS (DROP pool_size);
-- the output of EXPLAIN ANALYZE
CREATE FUNCTION live_facts(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS off, SUMMARY off) ' || query LOOP
		IF line ~ 'Remote|Connection|Redshift|Local' THEN
			RETURN NEXT regexp_replace(line, '(Time|Query): [0-9.]+', '\1: N');
		END IF;
	END LOOP;
END $$;
SELECT live_facts('SELECT k FROM live_kv WHERE sqrt(k) > 1');
-- of several scans in one transaction there, too; a server that has no such number must not end it
SELECT live_facts('SELECT (SELECT count(*) FROM live_more WHERE random() >= 0) + (SELECT max(id) FROM live_more WHERE random() >= 0)');
SELECT standin('FAULT no_function pg_last_query_id');
SELECT live_facts('SELECT (SELECT count(*) FROM live_more WHERE random() >= 0) + (SELECT max(id) FROM live_more WHERE random() >= 0)');
SELECT standin('RESET');
DROP FUNCTION put_more;
DROP FOREIGN TABLE live_more;
SELECT rsfed.execute('wh', 'DROP TABLE live_more');

-- a table of a group: another member replaces one that cannot be reached
SET client_min_messages = error;
SELECT rsfed.register_server('live_one', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
SELECT rsfed.register_server('live_two', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', 1, verify => false);
SELECT rsfed.define_group('live_group');
SELECT rsfed.add_member('live_group', 'live_one'), rsfed.add_member('live_group', 'live_two');
SET client_min_messages = warning;
CREATE FOREIGN TABLE live_member (k integer, s text) SERVER live_group OPTIONS (schema_name 'public', table_name 'kv');
SELECT count(*) FROM live_member;
SELECT count(*) FROM live_member;
BEGIN;
DECLARE one CURSOR FOR SELECT k FROM live_member ORDER BY k;
FETCH 1 FROM one;
SELECT count(*) FROM live_member;
FETCH 1 FROM one;
COMMIT;
SELECT live_facts('SELECT k FROM live_member WHERE k = 1');
SELECT error_of('SELECT rsfed.drop_group(''live_group'')');
DROP FOREIGN TABLE live_member;
-- a member that failed is not in use any more while the transaction goes on at another one
SET client_min_messages = error;
SELECT rsfed.register_server('live_gone', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', 1, verify => false);
SELECT rsfed.define_group('live_failover', 'failover');
SELECT rsfed.add_member('live_failover', 'live_gone', verify => false), rsfed.add_member('live_failover', 'live_one', priority => 2, verify => false);
SET client_min_messages = warning;
CREATE FOREIGN TABLE live_member (k integer) SERVER live_failover OPTIONS (schema_name 'public', table_name 'kv');
BEGIN;
DECLARE one CURSOR FOR SELECT k FROM live_member ORDER BY k;
FETCH 1 FROM one;
SELECT server, state, running FROM rsfed.groups WHERE group_name = 'live_failover' ORDER BY server;
COMMIT;
DROP FOREIGN TABLE live_member;
SELECT rsfed.drop_group('live_group'), rsfed.drop_group('live_failover'), rsfed.drop_server('live_one'), rsfed.drop_server('live_two'), rsfed.drop_server('live_gone');

-- cursors across a savepoint and a commit, a loop that commits, partitions
BEGIN;
DECLARE one CURSOR FOR SELECT k FROM live_big;
DECLARE held CURSOR WITH HOLD FOR SELECT k FROM live_big WHERE k < 10;
SAVEPOINT a; FETCH 2 FROM one; SELECT 1 / (k - 1) FROM live_big; ROLLBACK TO a;
FETCH 2 FROM one; FETCH 1 FROM held;
COMMIT;
FETCH 2 FROM held;
CLOSE held;
CREATE PROCEDURE live_loop(INOUT n int) LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
	FOR r IN SELECT k FROM live_big WHERE k <= 1000 LOOP n := n + 1; IF n % 300 = 0 THEN COMMIT; END IF; END LOOP;
END $$;
CALL live_loop(0);
DROP PROCEDURE live_loop;
CREATE TABLE parted (k integer, s text, n numeric(18,4)) PARTITION BY RANGE (k);
CREATE FOREIGN TABLE part_there PARTITION OF parted FOR VALUES FROM (0) TO (100) SERVER wh OPTIONS (schema_name 'public', table_name 'kv');
CREATE TABLE part_here PARTITION OF parted FOR VALUES FROM (100) TO (200);
INSERT INTO parted VALUES (150, 'here', 1);
SELECT * FROM parted WHERE k > 0 ORDER BY k;
SET enable_partitionwise_aggregate = on;
SELECT k, sum(n), avg(n) FROM parted WHERE k > 0 GROUP BY k HAVING count(*) = 1 ORDER BY k;
RESET enable_partitionwise_aggregate;
SELECT error_of(c) FROM unnest(ARRAY['INSERT INTO parted VALUES (5)', 'UPDATE parted SET n = 0', 'DELETE FROM parted']) c;
DROP TABLE parted;

-- statistics come from a sample
ANALYZE live_kv, live_big;
SELECT relname, reltuples FROM pg_class WHERE relname IN ('live_kv', 'live_big') ORDER BY 1;
SELECT attname, null_frac, n_distinct FROM pg_stats WHERE tablename = 'live_kv' ORDER BY 1;
SELECT count(*) FROM pg_stats WHERE tablename = 'live_big' AND n_distinct < -0.9;

-- IMPORT FOREIGN SCHEMA
SELECT rsfed.execute('wh', 'CREATE SCHEMA imported');
SELECT rsfed.execute('wh', 'CREATE TABLE imported.plain (id int, name varchar(10), code char(3), price decimal(8,2), "Open" date)');
SELECT rsfed.execute('wh', 'CREATE TABLE imported.other (id int)');
SELECT rsfed.execute('wh', 'CREATE VIEW imported.late AS SELECT id, name FROM imported.plain WITH NO SCHEMA BINDING');
SELECT rsfed.execute('wh', 'CREATE TABLE imported.shapes AS SELECT * FROM public.shapes');
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA imported EXCEPT (other) FROM SERVER wh INTO imported;
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attfdwoptions FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE relnamespace = 'imported'::regnamespace AND attnum > 0 ORDER BY 1, attnum;
SELECT * FROM imported.shapes ORDER BY n LIMIT 1;
SELECT * FROM imported.late;
IMPORT FOREIGN SCHEMA imported LIMIT TO (other) FROM SERVER wh INTO imported;
SELECT count(*) FROM imported.other;
SELECT error_of('IMPORT FOREIGN SCHEMA nowhere FROM SERVER wh INTO imported');
SELECT error_of('IMPORT FOREIGN SCHEMA imported FROM SERVER wh INTO imported OPTIONS (x ''1'')');

-- changes in Redshift are carried over, and dependent objects stay
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'imported', 'imported');
SELECT count(*), count(DISTINCT table_name) FROM rsfed.remote_columns('wh', 'imported') WHERE table_name <> 'shapes';
SELECT rsfed.execute('wh', 'DROP VIEW imported.late'), rsfed.execute('wh', 'DROP TABLE imported.plain'), rsfed.execute('wh', 'DROP TABLE imported.other'),
	rsfed.execute('wh', 'CREATE TABLE imported.plain (id bigint, code char(5), price decimal(10,3), "Open" timestamp, "odd ""name" char(2), added date)'),
	rsfed.execute('wh', 'CREATE TABLE imported.fresh (a smallint, c char(2))');
CREATE VIEW imported.on_price AS SELECT price FROM imported.plain;
GRANT SELECT ON imported.plain TO rsfed_stranger;
COMMENT ON COLUMN imported.plain.code IS 'kept';
SELECT error_of('SELECT name FROM imported.plain');
SELECT error_of('SELECT id FROM imported.plain WHERE id > 0');
SET client_min_messages = notice;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'imported', 'imported');
SELECT attname, format_type(atttypid, atttypmod), attfdwoptions, col_description(attrelid, attnum) FROM pg_attribute
WHERE attrelid = 'imported.plain'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT has_table_privilege('rsfed_stranger', 'imported.plain', 'SELECT') AS still_granted, count(*) FROM imported.plain WHERE id > 0;
DROP VIEW imported.on_price;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'imported', 'imported', add_tables => true);
SELECT * FROM imported.fresh;
SELECT * FROM rsfed.refresh_foreign_schema('wh', 'imported', 'imported', true) WHERE action <> 'table is gone';
SELECT error_of('SELECT rsfed.refresh_foreign_schema(''wh'', ''imported'', ''nowhere'')');
SELECT error_of('SELECT rsfed.refresh_foreign_schema(''wh'', ''nowhere'', ''imported'')');
SELECT error_of('SELECT rsfed.refresh_foreign_schema(''no such'', ''imported'', ''imported'')');
SELECT rsfed.execute('wh', 'ALTER TABLE imported.fresh ADD COLUMN b int');
SET ROLE rsfed_stranger;
SELECT error_of('SELECT rsfed.refresh_foreign_schema(''wh'', ''imported'', ''imported'')');
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA imported CASCADE;
SELECT rsfed.execute('wh', 'DROP SCHEMA imported CASCADE');

REVOKE ALL ON SCHEMA public FROM rsfed_analyst, rsfed_stranger;
GRANT USAGE ON SCHEMA public TO PUBLIC;
DROP FOREIGN TABLE live_kv, live_big, drifted CASCADE;
DROP TABLE local_kv;
DROP FUNCTION live_try, live_name, live_facts, live_plan;
DROP VIEW standin_status;
