-- Queries over live tables at the edges of what the planner does: joins that GEQO
-- orders, grouping by a function that returns a set, samples, collations that
-- conflict, columns that are declared with another type than Redshift's.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
SELECT rsfed.execute('wh', 'CREATE TABLE live_rows (id int, k int, n decimal(12,4), f double precision, t varchar(40), ts timestamp, tz timestamptz)') \g /dev/null
SELECT rsfed.execute('wh', $$INSERT INTO live_rows VALUES (1, 1, 1.5, 0.5, 'a', '2024-01-31 23:59:59.999999', '2024-01-31 23:59:59.999999+00'),
	(2, 1, -1.5, 2.5, 'B', '2024-02-29 00:00:00', '2024-02-29 00:00:00+00'), (3, 2, 2.25, 1.5, 'a', '1970-01-01 00:00:00', '1970-01-01 00:00:00+00'), (4, NULL, NULL, NULL, NULL, NULL, NULL)$$) \g /dev/null
CREATE COLLATION edge_folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FOREIGN TABLE live_rows (id int, k int, n numeric(12,4), f double precision, t text OPTIONS (blank_safe 'on') COLLATE "C",
	tp text OPTIONS (blank_safe 'on', column_name 't') COLLATE "POSIX", tf text OPTIONS (blank_safe 'on', column_name 't') COLLATE edge_folded, ts timestamp, tz timestamptz)
	SERVER wh OPTIONS (schema_name 'public');
CREATE TABLE local_rows AS SELECT * FROM live_rows;
ANALYZE local_rows;
\i test/include/compared.psql

-- GEQO plans each order of joins in memory that it frees; floats are compared here, so that no join is shipped
SET geqo_threshold = 2;
EXPLAIN (COSTS off) SELECT a.id FROM live_rows a LEFT JOIN live_rows b ON a.f = b.f LEFT JOIN live_rows c ON c.f = b.f;
CREATE FUNCTION edge_join(tables int) RETURNS text LANGUAGE sql AS $$
	SELECT 'SELECT count(*), max(r1.id) FROM {t} r1' || string_agg(format(' LEFT JOIN {t} r%s ON r%1$s.f = r%s.f AND r%1$s.tf = r%2$s.tf', i, i - 1), '' ORDER BY i) FROM generate_series(2, tables) i
$$;
SELECT tables, compared(edge_join(tables)) FROM generate_series(2, 8) tables;
-- whole rows, for which no join is shipped
CREATE FUNCTION edge_reasons(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		IF line ~ 'Local: ' THEN RETURN NEXT ltrim(line); END IF;
	END LOOP;
END $$;
SELECT DISTINCT edge_reasons('SELECT q1.id, q2, q3 FROM live_rows q1 JOIN live_rows q2 USING (id) JOIN live_rows q3 USING (id)');
SELECT compared('SELECT q1.id, q2, q3 FROM {t} q1 JOIN {t} q2 USING (id) JOIN {t} q3 USING (id)'), compared('SELECT q1, q2.id, q4 FROM {t} q1 LEFT JOIN {t} q2 ON q2.id = q1.id LEFT JOIN {t} q3 ON q3.id = q2.id JOIN {t} q4 ON q4.id = q1.id');
RESET geqo_threshold;
SELECT compared(edge_join(13));

-- a function that returns a set and reads no column, among what rows are grouped by
SELECT compared(q) FROM (VALUES ('SELECT k, unnest(ARRAY[1, 2]) AS u, sum(n) FROM {t} GROUP BY 1, 2'), ('SELECT unnest(ARRAY[1, 2]) AS u, count(*) FROM {t} GROUP BY 1'),
	('SELECT unnest(ARRAY[1, 2]) AS u FROM {t} GROUP BY 1'), ('SELECT sum(u) FROM (SELECT generate_series(1, 3) AS u, k FROM {t} GROUP BY 1, 2) q'),
	('SELECT k, generate_series(1, count(*)) FROM {t} GROUP BY k'), ('SELECT DISTINCT k, generate_series(1, 2) FROM {t}')) v (q);
-- grouping above it stays here, and what it does not stand in is shipped
EXPLAIN (COSTS off) SELECT k, unnest(ARRAY[1, 2]) AS u, sum(n) FROM live_rows GROUP BY 1, 2;
EXPLAIN (COSTS off) SELECT k, generate_series(1, count(*)) FROM live_rows GROUP BY k;

-- a sample of a partitioned table would have all rows of a live part
CREATE TABLE edge_parted (id int, t text) PARTITION BY RANGE (id);
CREATE TABLE edge_parted_1 PARTITION OF edge_parted FOR VALUES FROM (100) TO (200);
CREATE FOREIGN TABLE edge_parted_2 PARTITION OF edge_parted FOR VALUES FROM (0) TO (100) SERVER wh OPTIONS (schema_name 'public', table_name 'live_rows');
SELECT count(*) FROM edge_parted;
SELECT error_of('SELECT count(*) FROM edge_parted TABLESAMPLE BERNOULLI (0)');
SELECT error_of('EXPLAIN SELECT count(*) FROM edge_parted TABLESAMPLE SYSTEM (50) REPEATABLE (1)');
-- a part that is not read may be one
SELECT count(*) FROM edge_parted TABLESAMPLE BERNOULLI (100) WHERE id > 150;

-- texts of two collations cannot be compared here, so Redshift does not compare them either
SELECT left(error_of(replace(q, '{t}', 'local_rows')), 5) AS here, left(error_of(replace(q, '{t}', 'live_rows')), 5) AS live
FROM (VALUES ('SELECT id FROM {t} WHERE t = tp'), ('SELECT id FROM {t} WHERE t IS NOT DISTINCT FROM tp'), ('SELECT a.id FROM {t} a JOIN {t} b ON a.t = b.tp'),
	('SELECT count(*) FROM {t} WHERE t <> tf'), ('SELECT id FROM {t} WHERE t IN (SELECT tp FROM {t})'), ('SELECT count(DISTINCT coalesce(t, tp)) FROM {t}'),
	('SELECT id FROM {t} WHERE coalesce(t, tp) IN (''a'', ''b'')')) v (q);
SELECT compared('SELECT id FROM {t} WHERE t = tp COLLATE "C"');
EXPLAIN (COSTS off) SELECT id FROM live_rows WHERE t = tp COLLATE "C";

-- a time of whole seconds cannot hold what Redshift has, nor what it computes
CREATE FOREIGN TABLE edge_seconds (id int, ts timestamp(0), tz timestamptz(3)) SERVER wh OPTIONS (schema_name 'public', table_name 'live_rows');
SELECT error_of(q) FROM (VALUES ('SELECT ts FROM edge_seconds'), ('SELECT max(ts) FROM edge_seconds'), ('SELECT id FROM edge_seconds WHERE ts = ''2024-01-31 23:59:59.999999'''),
	('SELECT count(*) FROM edge_seconds GROUP BY ts'), ('SELECT min(tz) FROM edge_seconds'), ('SELECT id FROM edge_seconds ORDER BY tz, id LIMIT 1')) v (q);
SELECT count(*) FROM edge_seconds WHERE id < 3;
ALTER FOREIGN TABLE edge_seconds ALTER ts TYPE timestamp(6);
SELECT max(ts) = '2024-02-29' FROM edge_seconds;

-- numbers that are read as texts are not sorted as texts there
CREATE FOREIGN TABLE edge_texts (id text OPTIONS (blank_safe 'on') COLLATE "C", k text OPTIONS (blank_safe 'on') COLLATE "C", t text OPTIONS (blank_safe 'on') COLLATE "C")
	SERVER wh OPTIONS (schema_name 'public', table_name 'live_rows');
SELECT k FROM edge_texts WHERE t = 'a' ORDER BY k;
SELECT error_of(q) FROM (VALUES ('SELECT k FROM edge_texts ORDER BY k LIMIT 2'), ('SELECT t FROM edge_texts ORDER BY k LIMIT 2'), ('SELECT k, t FROM edge_texts ORDER BY t, k DESC LIMIT 2')) v (q);
-- nor texts that are read as numbers
SELECT rsfed.execute('wh', 'CREATE TABLE edge_digits (v varchar(10), k int)') \g /dev/null
SELECT rsfed.execute('wh', 'INSERT INTO edge_digits VALUES (''9'', 1), (''10'', 2)') \g /dev/null
CREATE FOREIGN TABLE edge_digits (v int, k int) SERVER wh OPTIONS (schema_name 'public');
SELECT error_of(q) FROM (VALUES ('SELECT v FROM edge_digits ORDER BY v LIMIT 1'), ('SELECT v FROM edge_digits UNION ALL SELECT v FROM edge_digits WHERE k > 1 ORDER BY v LIMIT 2'),
	('SELECT v FROM edge_digits UNION ALL SELECT k FROM edge_digits ORDER BY v LIMIT 2'),
	('SELECT x.v FROM (SELECT v FROM edge_digits UNION ALL SELECT v FROM edge_digits ORDER BY v LIMIT 2) x, (VALUES (1)) y')) v (q);
SELECT v FROM edge_digits UNION ALL SELECT v FROM edge_digits WHERE k > 1 ORDER BY v;
SELECT k, v FROM edge_digits UNION ALL SELECT k, v FROM edge_digits WHERE k > 1 ORDER BY k LIMIT 2;
SELECT k, t FROM edge_texts ORDER BY t LIMIT 1;
EXPLAIN (COSTS off) SELECT k, t FROM edge_texts ORDER BY t LIMIT 1;

-- a decimal has 37 digits after its point, and one of 19 digits is kept in 64 bits
SELECT q, compared(q) FROM (VALUES ('SELECT id FROM {t} WHERE n > 0.00000000000000000000000000000000000001'), ('SELECT id FROM {t} WHERE n < 0.0000000000000000000000000000000000001'),
	('SELECT id FROM {t} WHERE n < 9999999999999999999'), ('SELECT id FROM {t} WHERE n > -9999999999.999999999'), ('SELECT sum(CASE WHEN k = 1 THEN 1e-38 ELSE n END) FROM {t}'), ('SELECT id FROM {t} WHERE n + 1e-30 > 1e-38 * n')) v (q);
EXPLAIN (COSTS off) SELECT id FROM live_rows WHERE n < 9999999999999999999 AND n > -9223372036854775807.5 AND n <> 1e-38;
SET plan_cache_mode = force_generic_plan;
PREPARE edge (numeric) AS SELECT id FROM live_rows WHERE n > $1;
EXECUTE edge (1e-38);
EXECUTE edge (-1e-38);
EXECUTE edge (-9999999999999999999);
DEALLOCATE edge;
RESET plan_cache_mode;

DROP TABLE local_rows, edge_parted;
DROP FOREIGN TABLE live_rows, edge_seconds, edge_texts, edge_digits;
SELECT rsfed.execute('wh', 'DROP TABLE edge_digits') \g /dev/null
DROP COLLATION edge_folded;
DROP FUNCTION edge_join, compared;

-- in a database without an encoding, an underscore of LIKE stands for a byte here and for a character there
SELECT rsfed.execute('wh', 'INSERT INTO live_rows (id, t) VALUES (5, ''Zürich''), (6, ''Zurich'')') \g /dev/null
CREATE DATABASE edge_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
SELECT current_database() AS database \gset
\c edge_ascii
SET client_min_messages = warning;
CREATE EXTENSION rsfed CASCADE;
SELECT rsfed.register_server('wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', verify => false) \g /dev/null
CREATE FOREIGN TABLE live_rows (id int, t text OPTIONS (blank_safe 'on')) SERVER wh OPTIONS (schema_name 'public');
SELECT id, 'Zürich' LIKE 'Z_rich' AS here FROM live_rows WHERE t LIKE 'Z_rich';
SELECT id FROM live_rows WHERE t LIKE 'Z__rich';
EXPLAIN (COSTS off) SELECT id FROM live_rows WHERE t LIKE 'Z_rich' OR t NOT LIKE '_';
EXPLAIN (COSTS off) SELECT id FROM live_rows WHERE t LIKE 'Z%';
\c :database
SET client_min_messages = warning;
DROP DATABASE edge_ascii;
SELECT rsfed.execute('wh', 'DROP TABLE live_rows') \g /dev/null
