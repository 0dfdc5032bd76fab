-- Subqueries of a query that also reads local tables: each that Redshift can compute
-- is one statement.  The answers are those over the same rows here.
\i test/include/warehouse.psql
CREATE SCHEMA part_live;
CREATE SCHEMA part_here;
SET search_path = part_live, public;
SELECT rsfed.execute('wh', 'CREATE TABLE part_t (id int, k int, n decimal(12,2), t varchar(20), d date)');
SELECT rsfed.execute('wh', $$INSERT INTO part_t VALUES (1, 1, 1.50, 'a', '2024-01-31'), (2, 1, 2.50, 'b', '2024-02-01'), (3, 2, NULL, NULL, NULL),
	(4, NULL, -3, '', '2024-01-31'), (5, 5, 7.25, 'b', '1999-12-31'), (6, 3, 0, 'Zürich', '2024-02-29')$$);
SELECT rsfed.execute('wh', 'CREATE TABLE part_s AS SELECT id, k, n, t FROM part_t WHERE id > 2');
CREATE FOREIGN TABLE t (id integer, k integer, n numeric(12,2), t text OPTIONS (blank_safe 'on') COLLATE "C", d date) SERVER wh OPTIONS (schema_name 'public', table_name 'part_t');
CREATE FOREIGN TABLE s (id integer, k integer, n numeric(12,2), t text OPTIONS (blank_safe 'on') COLLATE "C") SERVER wh OPTIONS (schema_name 'public', table_name 'part_s');
CREATE TABLE part_here.t AS TABLE t;
CREATE TABLE part_here.s AS TABLE s;
CREATE TABLE l (k int, name text COLLATE "C", at date);
INSERT INTO l VALUES (1, 'one', '2024-01-01'), (2, 'two', NULL), (3, 'three', '1999-12-31'), (NULL, 'none', NULL), (1, 'b', '2024-01-31');
CREATE TABLE writes (k int, name text COLLATE "C", at date);
ANALYZE l;

-- each statement that is sent, and whether the answers agree
CREATE FUNCTION public.sent(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text; row record; here text[] := '{}'; there text[] := '{}'; sent text := ''; reasons text := '';
BEGIN
	SET LOCAL search_path = part_live, public;
	FOR line IN EXECUTE 'EXPLAIN (COSTS off, VERBOSE) ' || query LOOP
		sent := sent || coalesce(E'\n\t' || substring(line FROM 'Remote SQL: (.*)'), '');
		reasons := reasons || coalesce(E'\n\tLocal: ' || substring(line FROM 'Local: (.*); see'), '');
	END LOOP;
	FOR row IN EXECUTE query LOOP there := there || row::text; END LOOP;
	SET LOCAL search_path = part_here, part_live, public;
	FOR row IN EXECUTE query LOOP here := here || row::text; END LOOP;
	SET LOCAL search_path = part_live, public;
	SELECT array_agg(x ORDER BY x COLLATE "C") INTO there FROM unnest(there) x;
	SELECT array_agg(x ORDER BY x COLLATE "C") INTO here FROM unnest(here) x;
	RETURN CASE WHEN here IS DISTINCT FROM there THEN format('DIFFERENT: %s instead of %s', there, here) ELSE coalesce(cardinality(here), 0) || ' rows' END || sent || reasons;
END $$;

-- the same for queries that are only planned
CREATE FUNCTION public.planned(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		RETURN QUERY SELECT trim(line) WHERE line ~ 'Remote SQL|Local|Filter';
	END LOOP;
END $$;

\pset format unaligned
\pset fieldsep '\n'
\pset tuples_only on
-- in FROM and WITH, with the conditions of the query around it
SELECT q, sent(q) FROM unnest(ARRAY[
	'SELECT l.name, x.c, x.a FROM l JOIN (SELECT k, count(*) AS c, avg(n) AS a, max(t) AS unread FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s)) x ON x.k = l.k',
	'SELECT l.name, x FROM l JOIN (SELECT k, count(*) AS c FROM t WHERE id NOT IN (SELECT k FROM s WHERE k IS NOT NULL) GROUP BY k) x ON x.k = l.k WHERE x.k > 0 AND x.c + 1 >= 2 AND l.at IS NOT NULL',
	'SELECT l.name, x.c FROM l LEFT JOIN (SELECT k, count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x ON x.k = l.k AND x.k < 3 WHERE x.c IS NULL OR x.c > 1',
	'SELECT l.name FROM l LEFT JOIN (SELECT k, count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x ON x.k = l.k',
	'WITH w AS (SELECT k, sum(n) AS total FROM t WHERE id NOT IN (SELECT id FROM s WHERE n > 5) GROUP BY k) SELECT l.name, w.total FROM w JOIN l USING (k)',
	'WITH w AS (SELECT k, sum(n) AS total FROM t WHERE id NOT IN (SELECT id FROM s WHERE n > 5) GROUP BY k) SELECT l.name, w.total, (SELECT count(*) FROM w) FROM w JOIN l USING (k)',
	'SELECT l.name, x.* FROM l JOIN (SELECT k FROM t UNION SELECT id FROM s) x ON x.k = l.k WHERE x.k <> 5',
	'SELECT l.name, x.* FROM l JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k = l.k WHERE x.k <> 5',
	'SELECT l.name, x.id FROM l, (SELECT * FROM t WHERE k IN (SELECT k FROM s GROUP BY k HAVING count(*) > 0) ORDER BY id DESC LIMIT 3) x WHERE x.id <> 5',
	'SELECT l.name, x.id FROM l, (SELECT * FROM t WHERE k IN (SELECT k FROM s GROUP BY k HAVING count(*) > 0) ORDER BY t, id) x WHERE x.id <> 5 AND l.k = 1',
	'SELECT l.name, x.id FROM l, (SELECT DISTINCT k, id FROM t WHERE n >= (SELECT min(n) FROM s)) x WHERE x.id > 2 AND l.k = x.k',
	'SELECT count(*) FROM l, (SELECT t.id FROM t WHERE n >= (SELECT min(n) FROM s)) x',
	'SELECT l.name, x.up FROM l JOIN (SELECT k, upper(max(t)) || ''!'' AS up, sum(n) / 3 AS third FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x ON x.k = l.k AND x.third > 0']) q;

-- in expressions
SELECT q, sent(q) FROM unnest(ARRAY[
	'SELECT name FROM l WHERE k IN (SELECT k FROM t WHERE n >= (SELECT min(n) FROM s))', 'SELECT name FROM l WHERE k NOT IN (SELECT k FROM t WHERE k IS NOT NULL EXCEPT SELECT id FROM s)',
	'SELECT name FROM l WHERE k > (SELECT min(c) FROM (SELECT k, count(*) AS c FROM t GROUP BY k) x)', 'SELECT name, (SELECT max(n) FROM t WHERE k NOT IN (SELECT id FROM s)) AS m FROM l', 'SELECT name FROM l WHERE EXISTS (SELECT k FROM t EXCEPT SELECT id FROM s)',
	'SELECT name FROM l WHERE NOT EXISTS (SELECT FROM t WHERE n > (SELECT max(n) FROM s))', 'SELECT name, ARRAY(SELECT k FROM t UNION SELECT id FROM s ORDER BY k DESC) FROM l', 'SELECT name FROM l WHERE k = ANY (SELECT k FROM t INTERSECT SELECT id FROM s) OR name = ''two''',
	'SELECT k, count(*) FROM l GROUP BY k HAVING count(*) >= (SELECT count(*) FROM (SELECT k FROM t EXCEPT SELECT id FROM s) x)', 'SELECT name FROM l ORDER BY k + (SELECT max(id) FROM t WHERE id NOT IN (SELECT id FROM s)), name LIMIT 2',
	'SELECT name, CASE WHEN k = 1 THEN (SELECT max(n) FROM t WHERE k NOT IN (SELECT id FROM s)) END FROM l', 'SELECT name, CASE WHEN true THEN k ELSE (SELECT 1 / 0 FROM t WHERE k NOT IN (SELECT id FROM s) LIMIT 1) END FROM l',
	'SELECT name, (SELECT count(*) FROM t WHERE t.k = l.k AND n >= (SELECT min(n) FROM s)) FROM l', 'SELECT name FROM l, LATERAL (SELECT k FROM t WHERE t.k = l.k UNION SELECT l.k FROM s) x', 'SELECT name FROM l WHERE (k, 1) IN (SELECT k, count(*) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k)']) q;

-- in set operations, below steps that are local, and several of them
SELECT q, sent(q) FROM unnest(ARRAY[
	'SELECT k, name FROM l UNION ALL SELECT k, max(t) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k', 'SELECT k FROM l EXCEPT SELECT k FROM t WHERE n >= (SELECT min(n) FROM s)', 'SELECT k FROM t WHERE n >= (SELECT min(n) FROM s) UNION SELECT k FROM l ORDER BY k',
	'SELECT k, rank() OVER (ORDER BY c, k) FROM (SELECT k, count(*) AS c FROM t WHERE id IN (SELECT id FROM s UNION SELECT 1 FROM s) GROUP BY k) x', 'SELECT k, count(*) FROM (SELECT k FROM t EXCEPT SELECT id FROM s) x GROUP BY ROLLUP (k)',
	'SELECT l.name, x.k, y.c FROM l JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k = l.k JOIN (SELECT k, count(*) AS c FROM s WHERE n > (SELECT min(n) FROM t) GROUP BY k) y ON y.k <> l.k',
	'SELECT name FROM l JOIN (SELECT k, random() AS r FROM t WHERE n >= (SELECT min(n) FROM s)) x ON x.k = l.k WHERE r >= 0', 'SELECT name FROM l JOIN (SELECT k, row_number() OVER () FROM (SELECT k FROM t INTERSECT SELECT id FROM s) z) x ON x.k = l.k',
	'SELECT name FROM l JOIN (SELECT k, avg(n) AS a FROM t GROUP BY k HAVING avg(n) >= (SELECT avg(n) FROM s)) x ON x.k = l.k', 'SELECT name FROM l JOIN (SELECT t.k, q.name AS other FROM t JOIN l q ON q.k = t.k WHERE t.n >= (SELECT min(n) FROM s WHERE id NOT IN (SELECT k FROM t WHERE k > 1))) x ON x.k = l.k']) q;
\pset format aligned
\pset tuples_only off
EXPLAIN (VERBOSE, COSTS off) SELECT l.name, x.k + 1 AS next, x.a FROM l, (SELECT k, avg(n) AS a, max(t) AS unread FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x;

\pset format unaligned
\pset tuples_only on
-- arms of a UNION that are sorted
SET enable_hashagg = off;
SELECT q, sent(q) FROM unnest(ARRAY['SELECT k, d FROM t WHERE n >= (SELECT max(n) FROM s WHERE s.k = t.k) UNION SELECT k, at FROM l',
	'SELECT k FROM (SELECT k, d FROM t WHERE id NOT IN (SELECT id FROM s) UNION SELECT k, at FROM l) x ORDER BY k', 'SELECT k FROM l INTERSECT SELECT k FROM t WHERE n >= (SELECT min(n) FROM s)']) q;
RESET enable_hashagg;
-- columns by a correlated subquery, and subqueries in ON, which go to WHERE
SELECT q, sent(q) FROM unnest(ARRAY[
	'SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS m, 1 + (SELECT sum(s.id) FROM s WHERE s.t = t.t AND s.k > 1) AS n FROM t', 'SELECT x.m, count(*) FROM (SELECT id, (SELECT sum(s.n) FROM s WHERE s.k = t.k) AS m FROM t) x GROUP BY x.m',
	'SELECT id, (SELECT count(*) FROM s WHERE s.k = t.k) FROM t', 'SELECT id, (SELECT s.n FROM s WHERE s.id = t.id) FROM t', 'SELECT id, (SELECT max(s.n) FROM s WHERE s.k > t.k) FROM t', 'SELECT DISTINCT k, (SELECT max(s.n) FROM s WHERE s.k = t.k) FROM t',
	'SELECT k, (SELECT max(s.n) FROM s WHERE s.k = t.k), count(*) FROM t GROUP BY k', 'SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS m FROM t ORDER BY m, id LIMIT 2', 'SELECT id, CASE WHEN k = 1 THEN (SELECT min(s.n) FROM s WHERE s.t = t.t) END FROM t WHERE n >= (SELECT min(n) FROM s)',
	'SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k AND s.id IN (SELECT x.id FROM t x WHERE x.d IS NOT NULL)) FROM t', 'SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k) FROM t UNION ALL SELECT k, n FROM s',
	'SELECT t.id, s.id FROM t JOIN s ON t.k = s.k AND t.n >= (SELECT max(x.n) FROM s x WHERE x.k = t.k)', 'SELECT t.id, s.id FROM t JOIN s ON t.id NOT IN (SELECT k FROM s WHERE k IS NOT NULL) LEFT JOIN t y ON y.id = s.k', 'SELECT t.id, y.id FROM t y LEFT JOIN (t JOIN s ON t.k = s.k AND EXISTS (SELECT FROM s x WHERE x.k = t.k)) ON y.id = s.id',
	'SELECT t.id, s.id FROM t LEFT JOIN s ON t.k = s.k AND s.n = (SELECT max(n) FROM s)', 'SELECT l.name, x.m FROM l JOIN (SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS m FROM t) x ON x.id = l.k WHERE x.m > 0',
	'WITH w AS MATERIALIZED (SELECT id, d, 1 + (SELECT max(s.id) FROM s WHERE s.k = t.k) + (SELECT min(s.k) FROM s WHERE s.id = t.id) AS m, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS z FROM t) SELECT l.name, w.id, w.m, z FROM w JOIN l ON w.id = l.k']) q;
SELECT error_of('SELECT id, (SELECT s.n FROM s WHERE s.n <> t.n) FROM t'), error_of('SELECT name, (SELECT k FROM t UNION SELECT id FROM s) FROM l');
\pset format aligned
\pset tuples_only off

-- parameters: a value without a literal only makes more rows come here
SET plan_cache_mode = force_generic_plan;
PREPARE q (int, text) AS SELECT l.name, x.c, x.m FROM l JOIN (SELECT k, count(*) AS c, max(t) AS m FROM t WHERE n >= (SELECT min(n) FROM s WHERE id > $1) GROUP BY k) x ON x.k = l.k WHERE x.k >= $1 AND x.m <> $2 ORDER BY name;
SELECT planned($$EXECUTE q (1, 'a')$$);
EXECUTE q (1, 'a');
EXECUTE q (1, 'a ');
EXECUTE q (1, NULL);
EXECUTE q (3, '');
RESET plan_cache_mode;
-- changes invalidate the plan
PREPARE r AS SELECT name FROM l WHERE k IN (SELECT k FROM t EXCEPT SELECT id FROM s) ORDER BY name;
SELECT planned('EXECUTE r');
EXECUTE r;
ALTER FOREIGN TABLE s ALTER id OPTIONS (ADD column_name 'k');
SELECT planned('EXECUTE r');
EXECUTE r;
ALTER FOREIGN TABLE s ALTER id OPTIONS (DROP column_name);
ALTER FOREIGN TABLE s OPTIONS (ADD max_rows '2');
SELECT error_of('EXECUTE r');
ALTER FOREIGN TABLE s OPTIONS (DROP max_rows);
SELECT planned('EXECUTE r');
SET rsfed.ship_blocks = off;
SELECT planned('SELECT name FROM l WHERE k IN (SELECT k FROM t EXCEPT SELECT id FROM s)');
RESET rsfed.ship_blocks;

-- repeated executions; a LIMIT that ends early
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT planned('SELECT l.name, x.k FROM l LEFT JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k > l.k');
SELECT l.name, x.k FROM l LEFT JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k > l.k ORDER BY 1, 2;
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;
SELECT count(*) FROM (SELECT 1 FROM l, (SELECT k FROM t UNION ALL SELECT id FROM s) x LIMIT 3) y;
SELECT g, (SELECT max(c) FROM (SELECT k, count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x) FROM generate_series(1, 2) g;

-- queries that write or lock, and scrollable cursors
INSERT INTO writes SELECT k, max(t) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k;
SELECT planned('UPDATE writes SET name = x.name FROM (SELECT k, min(t) AS name, sum(n) AS unread FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x WHERE x.k = writes.k AND x.k < 3');
UPDATE writes SET name = x.name FROM (SELECT k, min(t) AS name, sum(n) AS unread FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x WHERE x.k = writes.k AND x.k < 3;
SELECT k, name FROM writes ORDER BY k;
DELETE FROM writes USING (SELECT k FROM t EXCEPT SELECT id FROM s) x WHERE x.k = writes.k;
SELECT k, name FROM writes ORDER BY k;
SELECT l.name, x.k FROM l JOIN (SELECT k, count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k) x ON x.k = l.k ORDER BY l.name FOR UPDATE OF l;
BEGIN;
DECLARE back SCROLL CURSOR FOR SELECT l.name FROM l JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k = l.k ORDER BY 1;
FETCH 2 FROM back; FETCH PRIOR FROM back;
COMMIT;

-- privileges: of each table, and those of a view's owner; a security barrier keeps conditions out
CREATE VIEW pair AS SELECT k, count(*) AS c FROM t WHERE id NOT IN (SELECT id FROM s) GROUP BY k;
CREATE VIEW safe WITH (security_barrier) AS SELECT k, count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k;
CREATE FUNCTION looks(bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
\pset format unaligned
\pset tuples_only on
SELECT q, sent(q) FROM unnest(ARRAY['SELECT name, c FROM l JOIN pair USING (k) WHERE k > 0', 'SELECT name, c FROM l JOIN safe USING (k) WHERE looks(c) AND c * 2 > 1']) q;
\pset format aligned
\pset tuples_only off
GRANT USAGE ON SCHEMA part_live TO rsfed_stranger;
GRANT SELECT ON t, l, pair TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT name FROM l WHERE k IN (SELECT k FROM t EXCEPT SELECT id FROM s);
SELECT name FROM l WHERE EXISTS (SELECT FROM t WHERE id > (SELECT min(id) FROM s));
SELECT name, c FROM l LEFT JOIN pair USING (k) ORDER BY name;
RESET ROLE;

-- a statement that returns all rows of a subquery, or one for each row beside it: what the estimates say is much cheaper
SELECT rsfed.execute('wh', $$CREATE TABLE part_big AS SELECT ((((a.id * 6 + b.id) * 6 + c.id) * 6 + d.id) * 6 + e.id) * 6 + f.id AS id, f.n FROM part_t a, part_t b, part_t c, part_t d, part_t e, part_t f$$);
CREATE FOREIGN TABLE big (id integer, n numeric(12,2)) SERVER wh OPTIONS (schema_name 'public', table_name 'part_big');
ANALYZE big;
UPDATE pg_class SET reltuples = 5000000 WHERE oid = 'big'::regclass;
CREATE VIEW chosen AS SELECT id, n FROM big WHERE n >= (SELECT min(n) FROM s) AND id NOT IN (SELECT id FROM t);
CREATE VIEW chosen_counts AS SELECT n, count(*) AS c FROM chosen GROUP BY n;
CREATE TABLE keys AS SELECT 9330 + i AS id, i AS other FROM generate_series(1, 100) i;
ANALYZE keys;
SELECT count(*) AS by_key FROM planned('SELECT k.other, c.n FROM keys k JOIN chosen c USING (id) WHERE k.other <= 3') p WHERE p ~ '"part_big" .*"id" = \$\d';
SELECT planned('SELECT k.other, c.n FROM keys k JOIN chosen c USING (id)');
SELECT planned('SELECT k.other, c.n FROM keys k, chosen c LIMIT 5');
SELECT planned('SELECT k.other, c.c FROM keys k JOIN chosen_counts c ON c.n = k.other WHERE k.other <= 3');
SELECT count(*), sum(n) FROM keys JOIN chosen USING (id) WHERE other <= 3;
SET rsfed.ship_blocks = off;
SELECT count(*), sum(n) FROM keys JOIN chosen USING (id) WHERE other <= 3;
RESET rsfed.ship_blocks;

SET client_min_messages = warning;
DROP SCHEMA part_live, part_here CASCADE;
DROP FUNCTION sent, planned;
DEALLOCATE ALL;
RESET client_min_messages;
SELECT rsfed.execute('wh', 'DROP TABLE ' || t) FROM unnest('{part_t,part_s,part_big}'::text[]) t;
