-- Ways to read live tables: inner sides of nested loops, correlated subqueries, LIMIT
-- by parameter, partitions.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
SELECT rsfed.execute('wh', 'CREATE TABLE path_rows (id int, k int, i8 bigint, n decimal(12,4), t varchar(40), tb varchar(40), c char(6), d date, ts timestamp)');
SELECT rsfed.execute('wh', $$INSERT INTO path_rows VALUES (1, 1, 10, 1.5, 'a', 'a', 'a', '2024-01-31', '2024-01-31 00:00:00'),
	(2, 1, -10, -1.5, 'B', 'a ', 'B', '2024-02-29', '2024-02-29 12:00:00'), (3, 2, 0, 0, '', '', '', '1970-01-01', '1970-01-01 00:00:00'),
	(4, 3, 9223372036854775807, 99999999.9999, 'Zürich', 'b', 'zz', '9999-12-31', NULL), (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(6, 3, 7, 2.25, 'it''s \\ "x"', 'x', 'ab cd', '0044-03-15 BC', '2024-01-31 23:59:59.5')$$);
CREATE FOREIGN TABLE path_rows (id int, k int, i8 bigint, n numeric(12,4), t text OPTIONS (blank_safe 'on') COLLATE "C", tb text COLLATE "C",
	c text OPTIONS (blank_safe 'on') COLLATE "C", d date, ts timestamp) SERVER wh OPTIONS (schema_name 'public');
CREATE TABLE path_local AS SELECT * FROM path_rows;
CREATE TABLE path_outer (id int, k int, n numeric, t text COLLATE "C", d date, ts timestamp);
INSERT INTO path_outer VALUES (1, 1, 1.5, 'a', '2024-01-31', '2024-01-31'), (2, 1, 'NaN', 'a ', 'infinity', '-infinity'), (3, 3, 2.25, 'Zürich', '9999-12-31', '2024-01-31 23:59:59.5'),
	(4, NULL, NULL, NULL, NULL, NULL), (5, 1, 1.50, E'B\t', '0044-03-15 BC', '0044-03-15 BC'), (6, 7, 1e40, 'it''s \ "x"', '1970-01-01', '1970-01-01'), (7, 1, 0, '', NULL, NULL);
ANALYZE path_local, path_outer;
CREATE VIEW standin_status AS SELECT name, value FROM dblink(current_setting('test.wh_conninfo'), 'STANDIN STATUS') AS t (name text, value bigint);

-- the statements that are sent, by kind of plan
CREATE FUNCTION path_plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		-- the number of a table differs between versions
		RETURN NEXT regexp_replace(line, '\mr\d+\M', 'rN', 'g');
	END LOOP;
END $$;
-- equal answers over the foreign table and over local rows; the number of statements
CREATE FUNCTION path_compared(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	live text; here text; sent bigint; before bigint;
BEGIN
	SELECT value INTO before FROM standin_status WHERE name = 'statements';
	EXECUTE format('SELECT array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (SELECT * FROM (%s) x OFFSET 0) q', replace(query, '{t}', 'path_rows')) INTO live;
	SELECT value - before INTO sent FROM standin_status WHERE name = 'statements';
	EXECUTE format('SELECT array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (SELECT * FROM (%s) x OFFSET 0) q', replace(query, '{t}', 'path_local')) INTO here;
	RETURN concat_ws(', ', CASE WHEN live IS NOT DISTINCT FROM here THEN 'same' ELSE format('DIFFERENT: %s instead of %s', live, here) END, sent || ' statements');
END $$;
SELECT path_compared('SELECT id FROM {t}') IS NOT NULL AS connected;

-- one outer row: its value is sent; with many, a hash join over all rows is cheaper
SELECT path_plan('SELECT o.id, a.id FROM path_outer o JOIN path_rows a ON a.k >= o.k WHERE o.id = 3');
CREATE TABLE path_many AS SELECT g AS id, g AS k FROM generate_series(1, 5000) g;
ANALYZE path_many;
SELECT path_plan('SELECT o.id, a.id FROM path_many o JOIN path_rows a ON a.k = o.k');
SELECT path_compared('SELECT o.id, a.id FROM path_many o JOIN {t} a ON a.k = o.k');
DROP TABLE path_many;

-- a statement for each outer row: NULL needs none, the value of the previous row no other one,
-- and a value that Redshift does not have is compared here
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT path_plan('SELECT o.id, a.id FROM path_outer o JOIN path_rows a ON a.k >= o.k AND a.n > o.n');
SELECT q AS query, path_compared(q) FROM unnest(ARRAY['SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.n = o.n', 'SELECT o.id, a.id FROM path_outer o LEFT JOIN {t} a ON a.n < o.n',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.t = o.t', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.c = o.t', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.tb = o.t',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.t >= o.t', 'SELECT o.id, a.id FROM path_outer o LEFT JOIN {t} a ON a.d = o.d', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.d > o.d AND a.k = o.k',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.ts = o.ts', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.d = o.ts', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.k IS NOT DISTINCT FROM o.k',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.id = o.k + 1 AND a.t <> lower(o.t)', 'SELECT o.id, a.id, b.id FROM path_outer o JOIN {t} a ON a.id = o.id JOIN path_outer b ON b.k = a.k AND a.n <> b.n',
	'SELECT o.id, x.id FROM path_outer o, LATERAL (SELECT a.id FROM {t} a WHERE a.k = o.k ORDER BY a.id LIMIT o.k) x', 'SELECT o.id FROM path_outer o WHERE NOT EXISTS (SELECT FROM {t} a WHERE a.d = o.d)',
	'SELECT o.id, a.id, (SELECT count(*) FROM {t} x WHERE x.id <= a.id) FROM path_outer o JOIN {t} a ON a.k >= o.k']) q;
-- the value of the previous row
SELECT path_compared('SELECT o.id, a.id FROM (SELECT * FROM path_outer WHERE k = 1 ORDER BY id OFFSET 0) o JOIN {t} a ON a.k = o.k');
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;

-- correlated subqueries send a statement for each outer row
SELECT q AS query, path_compared(q) FROM unnest(ARRAY['SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.k = o.k) FROM path_outer o', 'SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.d = o.d) FROM path_outer o WHERE d > ''0001-01-01'' AND d < ''infinity'' OR d IS NULL',
	'SELECT id, ARRAY(SELECT a.id FROM {t} a WHERE a.d <= o.d ORDER BY a.id) FROM path_outer o', 'SELECT id, (SELECT a.id FROM {t} a WHERE a.k = o.k AND a.n <> o.n ORDER BY a.id LIMIT 1) FROM path_outer o WHERE n < 1000']) q;
-- Redshift computes the aggregate, so a value that cannot be shipped is an error
SELECT error_of('SELECT id, (SELECT max(a.id) FROM path_rows a WHERE a.d = o.d) FROM path_outer o');
-- a table that is known to be small is read once for all outer rows
ANALYZE path_rows;
SELECT path_plan('SELECT id, (SELECT max(a.id) FROM path_rows a WHERE a.k = o.k) FROM path_outer o');
SELECT q AS query, path_compared(q) FROM unnest(ARRAY['SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.k = o.k) FROM path_outer o', 'SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.d = o.d) FROM path_outer o',
	'SELECT id, (SELECT a.id FROM {t} a WHERE a.k = o.k ORDER BY id LIMIT 1) FROM path_outer o', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.k = o.k']) q;

-- LIMIT and OFFSET by parameter
CREATE FUNCTION path_limited(way text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text[] := '{}'; result text; name text;
BEGIN
	PERFORM set_config('plan_cache_mode', way, true);
	FOREACH name IN ARRAY ARRAY['path_rows', 'path_local'] LOOP
		EXECUTE format('PREPARE limited (bigint, bigint, int) AS SELECT array_agg(id)::text FROM (SELECT id FROM %I WHERE id > $3 ORDER BY n DESC NULLS LAST, id LIMIT $1 OFFSET $2) q', name);
		BEGIN
			EXECUTE format('EXECUTE limited (%s)', given) INTO result;
		EXCEPTION WHEN OTHERS THEN
			result := SQLSTATE || ' ' || SQLERRM;
		END;
		DEALLOCATE limited;
		answer := answer || coalesce(result, 'no rows');
	END LOOP;
	RETURN CASE WHEN answer[1] = answer[2] THEN 'same: ' || answer[1] ELSE 'DIFFERENT: ' || answer::text END;
END $$;
SELECT way, given, path_limited(way, given) FROM unnest(ARRAY['force_generic_plan', 'force_custom_plan']) way,
	unnest(ARRAY['2, 0, 0', '2, 1, 0', 'NULL, 2, 1', '3, NULL, 1', 'NULL, NULL, 4', '0, 0, 0', '100, 4, 0', '1, 100, 0', '-1, 0, 0', '1, -1, 0', '-1, -1, 0', '2147483647, 0, 3', 'NULL, 0, NULL']) given ORDER BY way, given;
PREPARE path_top (bigint, bigint) AS SELECT id FROM path_rows ORDER BY id DESC LIMIT $1 OFFSET $2;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS off) EXECUTE path_top (2, 1);
EXECUTE path_top (2, 1); EXECUTE path_top (1, NULL);
-- nothing is sent for an invalid LIMIT
SELECT standin('RESET');
SELECT error_of('EXECUTE path_top (-1, 0)'), error_of('EXECUTE path_top (3000000000, 0)'), error_of('EXECUTE path_top (1, -1)');
SELECT value AS statements FROM standin_status WHERE name = 'statements';
PREPARE path_groups (int) AS SELECT k, count(*) FROM path_rows GROUP BY k ORDER BY k LIMIT $1 + 1;
EXPLAIN (COSTS off) EXECUTE path_groups (1);
EXECUTE path_groups (1); EXECUTE path_groups (NULL);
RESET plan_cache_mode;
DEALLOCATE ALL;

-- rows that must wait for another scan go to a file, and none is lost
CREATE FOREIGN TABLE path_big (k integer, v bigint, filler text) SERVER wh OPTIONS (schema_name 'public', table_name 'big');
SET work_mem = '64kB';
SELECT count(*), sum(v), sum(length(filler)), sum(m) FROM (SELECT v, filler, (SELECT max(a.id) FROM path_rows a WHERE a.k = b.k % 2 + 1) AS m FROM path_big b OFFSET 0) x;
RESET work_mem;
DROP FOREIGN TABLE path_big;

-- partitions of two sources, one of them with another order of columns, and a local one
SELECT rsfed.register_server('path_wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
SELECT rsfed.execute('wh', format('CREATE TABLE path_part_%s AS SELECT id, k, n, t FROM path_rows WHERE k = %s', k, k)) FROM generate_series(1, 2) k;
CREATE TABLE path_parts (id int, k int, n numeric(12,4), t text COLLATE "C") PARTITION BY LIST (k);
CREATE FOREIGN TABLE path_part_1 PARTITION OF path_parts FOR VALUES IN (1) SERVER wh OPTIONS (schema_name 'public');
CREATE FOREIGN TABLE path_part_2 (gone date, t text OPTIONS (blank_safe 'on') COLLATE "C", n numeric(12,4), k int NOT NULL, "Id" int OPTIONS (column_name 'id')) SERVER path_wh OPTIONS (schema_name 'public');
ALTER FOREIGN TABLE path_part_2 DROP gone;
ALTER FOREIGN TABLE path_part_2 RENAME "Id" TO id;
ALTER TABLE path_parts ATTACH PARTITION path_part_2 FOR VALUES IN (2);
CREATE TABLE path_part_3 PARTITION OF path_parts FOR VALUES IN (3, NULL);
INSERT INTO path_part_3 SELECT id, k, n, t FROM path_local WHERE k = 3 OR k IS NULL;
CREATE TABLE path_whole AS SELECT id, k, n, t FROM path_local;
SELECT path_plan('SELECT id, t FROM path_parts WHERE n > 0');
SELECT path_plan('SELECT id FROM path_parts WHERE k = 2 AND t = ''a''');
CREATE FUNCTION path_parted(VARIADIC queries text[]) RETURNS TABLE (query text, result text) LANGUAGE plpgsql AS $$
DECLARE
	live text; here text;
BEGIN
	FOREACH query IN ARRAY queries LOOP
		EXECUTE format('SELECT array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (%s) q', replace(query, '{t}', 'path_parts')) INTO live;
		EXECUTE format('SELECT array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (%s) q', replace(query, '{t}', 'path_whole')) INTO here;
		result := CASE WHEN live = here THEN 'same' ELSE format('DIFFERENT: %s instead of %s', live, here) END;
		RETURN NEXT;
	END LOOP;
END $$;
SET enable_partitionwise_aggregate = on; SET enable_partitionwise_join = on;
SELECT path_plan('SELECT k, count(*), avg(n) FROM path_parts WHERE k < 3 GROUP BY k');
SELECT path_plan('SELECT a.id, b.t FROM path_parts a JOIN path_parts b USING (k) WHERE k < 3');
SELECT * FROM path_parted('SELECT * FROM {t}', 'SELECT id FROM {t} WHERE t = ''''', 'SELECT k, count(*), sum(n), avg(n), max(t) FROM {t} GROUP BY k', 'SELECT count(*), avg(id) FROM {t}', 'SELECT a.id, b.t FROM {t} a JOIN {t} b USING (k)',
	'SELECT a.id, b.id FROM {t} a LEFT JOIN {t} b ON a.k = b.k AND b.n > a.n', 'SELECT id FROM {t} ORDER BY n DESC NULLS LAST, id LIMIT 2', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.k = o.k WHERE o.id IN (1, 3)',
	'SELECT o.id, x.id FROM path_outer o, LATERAL (SELECT a.id FROM {t} a WHERE a.k >= o.k ORDER BY a.id LIMIT 2) x', 'SELECT id, (SELECT count(*) FROM {t} b WHERE b.k = a.k AND b.id >= a.id) FROM {t} a',
	'SELECT id FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.k = a.k AND b.id > a.id)', 'SELECT id FROM {t} UNION ALL SELECT k FROM {t}', 'SELECT (a).id, (a).t FROM {t} a');
RESET enable_partitionwise_aggregate; RESET enable_partitionwise_join;
SELECT tableoid::regclass AS part, count(*) FROM path_parts GROUP BY 1 ORDER BY 1;
PREPARE path_pruned (int) AS SELECT id FROM path_parts WHERE k = $1 ORDER BY id;
SET plan_cache_mode = force_generic_plan;
EXECUTE path_pruned (1); EXECUTE path_pruned (2); EXECUTE path_pruned (3);
RESET plan_cache_mode;
DEALLOCATE path_pruned;
ANALYZE path_parts;
SELECT relname, reltuples FROM pg_class WHERE relname LIKE 'path_part%' ORDER BY 1;
SELECT attname, null_frac, n_distinct FROM pg_stats WHERE tablename = 'path_parts' AND inherited ORDER BY 1;
SELECT error_of(c) FROM unnest(ARRAY['INSERT INTO path_parts VALUES (9, 2)', 'INSERT INTO path_part_2 (k) VALUES (2)', 'UPDATE path_parts SET n = 0', 'DELETE FROM path_parts WHERE k = 1', 'UPDATE path_parts SET k = 1 WHERE k = 3', 'TRUNCATE path_part_1']) c;
INSERT INTO path_parts VALUES (9, 3);
DELETE FROM path_parts WHERE k = 3 AND id = 9;
-- with connections of their own, partitions of one source are read concurrently, too
ALTER SERVER wh OPTIONS (ADD one_snapshot 'off');
SELECT path_plan('SELECT k FROM path_rows WHERE n > 0 UNION ALL SELECT id FROM path_part_1 UNION ALL SELECT id FROM path_outer');
SELECT count(*), sum(k) FROM (SELECT k FROM path_rows WHERE n > 0 UNION ALL SELECT id FROM path_part_1 UNION ALL SELECT id FROM path_rows) x;
ALTER SERVER wh OPTIONS (DROP one_snapshot);
SELECT path_plan('SELECT k FROM path_rows WHERE n > 0 UNION ALL SELECT id FROM path_part_1 UNION ALL SELECT id FROM path_outer');
-- an error in one of several partitions
SELECT error_of('SELECT k / (id - 3) FROM path_parts');
SELECT rsfed.execute('wh', 'DROP TABLE path_part_2');
SELECT regexp_replace(error_of('SELECT * FROM path_parts'), '\mr\d+\M', 'rN', 'g');
SELECT count(*) FROM path_part_1;

-- a foreign table that inherits
CREATE TABLE path_parent (id int, k int);
CREATE FOREIGN TABLE path_child () INHERITS (path_parent) SERVER wh OPTIONS (schema_name 'public', table_name 'path_rows');
INSERT INTO path_parent VALUES (100, 1);
SELECT path_plan('SELECT * FROM path_parent WHERE k = 1');
SELECT * FROM path_parent WHERE k = 1 ORDER BY id;
SELECT k, count(*) FROM path_parent GROUP BY k ORDER BY k;
SELECT * FROM ONLY path_parent;
SELECT error_of(c) FROM unnest(ARRAY['UPDATE path_parent SET k = 2', 'DELETE FROM path_parent']) c;
ALTER TABLE path_parent ADD n numeric(12,4);
SELECT id, n FROM path_parent WHERE id IN (1, 100) ORDER BY 1;
DROP TABLE path_parent CASCADE;
DROP TABLE path_parts, path_whole;
DROP FUNCTION path_parted;
SELECT rsfed.drop_server('path_wh'), rsfed.execute('wh', 'DROP TABLE path_part_1');

DROP VIEW standin_status;
DROP FUNCTION path_limited, path_compared, path_plan;
DROP TABLE path_local, path_outer;
DROP FOREIGN TABLE path_rows;
SELECT rsfed.execute('wh', 'DROP TABLE path_rows');
