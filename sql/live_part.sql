-- Subqueries of a query that reads local tables, too: each that Redshift can compute
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

-- every statement that is sent, and whether the answers are the same
CREATE FUNCTION public.sent(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text; row record; here text[] := '{}'; there text[] := '{}'; sent text := ''; reasons text := '';
BEGIN
	SET LOCAL search_path = part_live, public;
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
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

-- in set operations, below what stays here, and several of them
SELECT q, sent(q) FROM unnest(ARRAY[
	'SELECT k, name FROM l UNION ALL SELECT k, max(t) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k', 'SELECT k FROM l EXCEPT SELECT k FROM t WHERE n >= (SELECT min(n) FROM s)', 'SELECT k FROM t WHERE n >= (SELECT min(n) FROM s) UNION SELECT k FROM l ORDER BY k',
	'SELECT k, rank() OVER (ORDER BY c, k) FROM (SELECT k, count(*) AS c FROM t WHERE id IN (SELECT id FROM s UNION SELECT 1 FROM s) GROUP BY k) x', 'SELECT k, count(*) FROM (SELECT k FROM t EXCEPT SELECT id FROM s) x GROUP BY ROLLUP (k)',
	'SELECT l.name, x.k, y.c FROM l JOIN (SELECT k FROM t EXCEPT SELECT id FROM s) x ON x.k = l.k JOIN (SELECT k, count(*) AS c FROM s WHERE n > (SELECT min(n) FROM t) GROUP BY k) y ON y.k <> l.k',
	'SELECT name FROM l JOIN (SELECT k, random() AS r FROM t WHERE n >= (SELECT min(n) FROM s)) x ON x.k = l.k WHERE r >= 0', 'SELECT name FROM l JOIN (SELECT k, row_number() OVER () FROM (SELECT k FROM t INTERSECT SELECT id FROM s) z) x ON x.k = l.k',
	'SELECT name FROM l JOIN (SELECT k, avg(n) AS a FROM t GROUP BY k HAVING avg(n) >= (SELECT avg(n) FROM s)) x ON x.k = l.k', 'SELECT name FROM l JOIN (SELECT t.k, q.name AS other FROM t JOIN l q ON q.k = t.k WHERE t.n >= (SELECT min(n) FROM s WHERE id NOT IN (SELECT k FROM t WHERE k > 1))) x ON x.k = l.k']) q;
\pset format aligned
\pset tuples_only off
