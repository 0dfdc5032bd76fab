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

-- what is sent, by which kind of plan
CREATE FUNCTION path_plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		-- the number of a table differs between versions
		RETURN NEXT regexp_replace(line, '\mr\d+\M', 'rN', 'g');
	END LOOP;
END $$;
-- the same over the foreign table and over the same rows here; how many statements were sent
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

-- one row outside: its value is sent; with many that is dearer than to read all and hash
SELECT path_plan('SELECT o.id, a.id FROM path_outer o JOIN path_rows a ON a.k = o.k WHERE o.id = 3');
CREATE TABLE path_many AS SELECT g AS id, g AS k FROM generate_series(1, 5000) g;
ANALYZE path_many;
SELECT path_plan('SELECT o.id, a.id FROM path_many o JOIN path_rows a ON a.k = o.k');
SELECT path_compared('SELECT o.id, a.id FROM path_many o JOIN {t} a ON a.k = o.k');
DROP TABLE path_many;

-- each row outside asks: NULL needs no statement, the value of the row before no other one,
-- and what Redshift has not is looked at here
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT path_plan('SELECT o.id, a.id FROM path_outer o JOIN path_rows a ON a.k = o.k AND a.n > o.n');
SELECT q AS query, path_compared(q) FROM unnest(ARRAY['SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.n = o.n', 'SELECT o.id, a.id FROM path_outer o LEFT JOIN {t} a ON a.n < o.n',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.t = o.t', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.c = o.t', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.tb = o.t',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.t >= o.t', 'SELECT o.id, a.id FROM path_outer o LEFT JOIN {t} a ON a.d = o.d', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.d > o.d AND a.k = o.k',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.ts = o.ts', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.d = o.ts', 'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.k IS NOT DISTINCT FROM o.k',
	'SELECT o.id, a.id FROM path_outer o JOIN {t} a ON a.id = o.k + 1 AND a.t <> lower(o.t)', 'SELECT o.id, a.id, b.id FROM path_outer o JOIN {t} a ON a.id = o.id JOIN path_outer b ON b.k = a.k AND a.n <> b.n',
	'SELECT o.id, x.id FROM path_outer o, LATERAL (SELECT a.id FROM {t} a WHERE a.k = o.k ORDER BY a.id LIMIT o.k) x', 'SELECT o.id FROM path_outer o WHERE NOT EXISTS (SELECT FROM {t} a WHERE a.d = o.d)']) q;
-- the value of the row before
SELECT path_compared('SELECT o.id, a.id FROM (SELECT * FROM path_outer WHERE k = 1 ORDER BY id OFFSET 0) o JOIN {t} a ON a.k = o.k');
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;

-- correlated subqueries ask for each row outside
SELECT q AS query, path_compared(q) FROM unnest(ARRAY['SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.k = o.k) FROM path_outer o', 'SELECT id, (SELECT max(a.id) FROM {t} a WHERE a.d = o.d) FROM path_outer o WHERE d > ''0001-01-01'' AND d < ''infinity'' OR d IS NULL',
	'SELECT id, ARRAY(SELECT a.id FROM {t} a WHERE a.d <= o.d ORDER BY a.id) FROM path_outer o', 'SELECT id, (SELECT a.id FROM {t} a WHERE a.k = o.k AND a.n <> o.n ORDER BY a.id LIMIT 1) FROM path_outer o WHERE n < 1000']) q;
-- an aggregate is computed there, so a value that Redshift has not is an error
SELECT error_of('SELECT id, (SELECT max(a.id) FROM path_rows a WHERE a.d = o.d) FROM path_outer o');
-- a table that is known to be small is read once for all rows outside
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
-- nothing is sent for what is no LIMIT
SELECT standin('RESET');
SELECT error_of('EXECUTE path_top (-1, 0)'), error_of('EXECUTE path_top (3000000000, 0)'), error_of('EXECUTE path_top (1, -1)');
SELECT value AS statements FROM standin_status WHERE name = 'statements';
PREPARE path_groups (int) AS SELECT k, count(*) FROM path_rows GROUP BY k ORDER BY k LIMIT $1 + 1;
EXPLAIN (COSTS off) EXECUTE path_groups (1);
EXECUTE path_groups (1); EXECUTE path_groups (NULL);
RESET plan_cache_mode;
DEALLOCATE ALL;

DROP VIEW standin_status;
DROP FUNCTION path_limited, path_compared, path_plan;
DROP TABLE path_local, path_outer;
DROP FOREIGN TABLE path_rows;
SELECT rsfed.execute('wh', 'DROP TABLE path_rows');
