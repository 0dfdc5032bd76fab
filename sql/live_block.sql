-- Whole queries over live tables: with their subqueries they are one statement, or
-- EXPLAIN says why not.  The answers are those over the same rows here.
\i test/include/warehouse.psql
CREATE SCHEMA block_live;
CREATE SCHEMA block_here;
SET search_path = block_live, public;
SELECT rsfed.execute('wh', 'CREATE TABLE block_t (id int, k int, b bigint, n decimal(12,2), m decimal(12,4), t varchar(20), c char(8), u varchar(20), d date, f double precision)');
SELECT rsfed.execute('wh', $$INSERT INTO block_t VALUES (1, 1, 10, 1.50, 0.0001, 'a', 'a', 'a ', '2024-01-31', 1), (2, 1, NULL, 2.50, 2, 'b', 'ab', 'a', '2024-02-01', 2), (3, 2, 30, NULL, -1, NULL, 'a', NULL, NULL, NULL),
	(4, NULL, 9000000000, -3, NULL, '', '', '', '2024-01-31', 1), (5, 5, 1, 7.25, 7.25, 'b', NULL, 'x', '1999-12-31', 3), (6, 3, 3, 0, 0, 'Zürich', 'zz', 'zz', '2024-02-29', 0)$$);
SELECT rsfed.execute('wh', 'CREATE TABLE block_s AS SELECT id, k, n, t, d FROM block_t WHERE id > 2');
CREATE FOREIGN TABLE t (id integer, k integer, b bigint, n numeric(12,2), m numeric(12,4), t text OPTIONS (blank_safe 'on') COLLATE "C", c text OPTIONS (blank_safe 'on') COLLATE "C", u text, d date, f double precision)
	SERVER wh OPTIONS (schema_name 'public', table_name 'block_t');
CREATE FOREIGN TABLE s (id integer, k integer, n numeric(12,2), t text OPTIONS (blank_safe 'on') COLLATE "C", d date) SERVER wh OPTIONS (schema_name 'public', table_name 'block_s');
CREATE TABLE block_here.t AS TABLE t;
CREATE TABLE block_here.s AS TABLE s;
CREATE TABLE local_k AS SELECT 1 AS k;

-- the statements of Redshift, or the reason why a step is local; and whether the answers agree
CREATE FUNCTION public.compared(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text; row record; here text[] := '{}'; there text[] := '{}'; scans int := 0; work int := 0; sent text; reasons text[] := '{}';
BEGIN
	SET LOCAL search_path = block_live, public;
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		scans := scans + (line ~ 'Foreign Scan')::int;
		work := work + (line ~ '^ *(->)? *(Hash|Group|Mixed|Partial|Finalize)?Aggregate|Join|Nested Loop|Filter:|Limit|Unique|SubPlan|InitPlan|CTE|Append|SetOp|WindowAgg')::int;
		sent := coalesce(substring(line FROM 'Remote SQL: (.*)'), sent);
		reasons := reasons || coalesce(array_remove(ARRAY[substring(line FROM 'Local: (.*); see')], NULL), '{}');
	END LOOP;
	-- as it is: around it another query would become another statement
	FOR row IN EXECUTE query LOOP there := there || row::text; END LOOP;
	SET LOCAL search_path = block_here, block_live, public;
	FOR row IN EXECUTE query LOOP here := here || row::text; END LOOP;
	SET LOCAL search_path = block_live, public;
	SELECT array_agg(x ORDER BY x COLLATE "C") INTO there FROM unnest(there) x;
	SELECT array_agg(x ORDER BY x COLLATE "C") INTO here FROM unnest(here) x;
	RETURN CASE WHEN here IS DISTINCT FROM there THEN format('DIFFERENT: %s instead of %s', there, here)
		WHEN scans = 1 AND work = 0 THEN sent ELSE 'here: ' || (SELECT string_agg(DISTINCT r, ' | ' ORDER BY r) FROM unnest(reasons) r WHERE r <> 'subquery: it is computed here') END;
END $$;

-- subqueries in FROM, WITH
\pset format unaligned
\pset fieldsep '\n\t'
\pset tuples_only on
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT c, count(*) FROM (SELECT k, count(*) AS c FROM t GROUP BY k) x GROUP BY c',
	'SELECT x.*, y.id FROM (SELECT k, sum(n) AS s, max(t) AS mt FROM t GROUP BY k HAVING count(*) > 0) x JOIN t y ON x.k = y.k AND y.n < x.s',
	'SELECT x.t, x.d FROM (SELECT DISTINCT t, d, 1 AS one FROM t) x',
	'SELECT x.k FROM t LEFT JOIN (SELECT k, ''web'' AS way, 1.50 AS price FROM s) x ON t.k = x.k WHERE x.way IS NULL',
	'SELECT id FROM (SELECT * FROM t ORDER BY id DESC LIMIT 3) x WHERE k > 1',
	'SELECT x.k, avg(x.s) FROM (SELECT k, id, sum(n) AS s FROM t GROUP BY k, id) x GROUP BY x.k',
	'WITH w AS (SELECT k, sum(b) AS sb FROM t GROUP BY k) SELECT w.k FROM w, w v WHERE w.sb = (SELECT max(sb) FROM w) AND v.k = w.k',
	'WITH w AS MATERIALIZED (SELECT k, n FROM t), v AS (SELECT k, max(n) AS x FROM w GROUP BY k), unread AS (SELECT f / 0 FROM t) SELECT * FROM v WHERE x > 0',
	'SELECT id FROM (WITH w AS (SELECT id, k FROM t) SELECT * FROM w) x WHERE k = 1',
	'SELECT t.id, s.id FROM t JOIN (SELECT a.id, b.k FROM s a JOIN t b USING (id) WHERE a.k > 1) s ON t.id = s.id',
	'SELECT k, sum(n) FROM (SELECT k, n, t FROM t WHERE b IS NOT NULL OFFSET 0) x GROUP BY k',
	'SELECT id FROM (SELECT id, CASE WHEN k = 1 THEN t END AS ct FROM t GROUP BY id, k, t) x WHERE ct = ''a''',
	'SELECT id, ct FROM (SELECT DISTINCT id, CASE WHEN k = 1 THEN c END AS ct FROM t) x',
	'SELECT sum(s * 2) FROM (SELECT sum(n) AS s FROM t GROUP BY k) x',
	'SELECT x.r, s.k FROM (SELECT id, rank() OVER (ORDER BY id) AS r FROM t) x JOIN s USING (id)',
	'SELECT l.k FROM (SELECT k FROM t GROUP BY k) x JOIN local_k l ON l.k = x.k',
	'SELECT t.id, x.m FROM t, LATERAL (SELECT max(n) AS m FROM s WHERE s.k = t.k) x',
	'WITH RECURSIVE w AS (SELECT 1 AS k UNION ALL SELECT t.k + 1 FROM w JOIN t ON t.k = w.k) SELECT * FROM w']) q;

-- conditions with subqueries
SELECT q, compared('SELECT id, t FROM t WHERE ' || q) FROM unnest(ARRAY[
	'k IN (SELECT k FROM s GROUP BY k HAVING count(*) > 0)', 'k NOT IN (SELECT k FROM s)', 'k NOT IN (SELECT k FROM s WHERE k IS NOT NULL)', 'NOT k IN (SELECT id FROM s)', 'k <> ALL (SELECT id FROM s)', 'NOT (k <> ALL (SELECT id FROM s))',
	't NOT IN (SELECT t FROM s WHERE t IS NOT NULL)', 'c NOT IN (SELECT t FROM s WHERE t IS NOT NULL)', 'u NOT IN (SELECT t FROM s WHERE t IS NOT NULL)', 'n NOT IN (SELECT k FROM s WHERE k IS NOT NULL)', 'b NOT IN (SELECT id FROM s)',
	'd NOT IN (SELECT d FROM s WHERE d IS NOT NULL UNION SELECT d FROM s WHERE id = 3)', 'k NOT IN (SELECT count(*) FROM s GROUP BY k)', 'k NOT IN (SELECT max(k) FROM s GROUP BY t HAVING max(k) > 2)', 'k NOT IN (SELECT s.k FROM s WHERE s.id = t.id)',
	'(k, id) NOT IN (SELECT k, id FROM s)', 'k > ALL (SELECT k FROM s WHERE k < 3)', '(k NOT IN (SELECT k FROM s) OR id = 1)', 'k IN (SELECT id FROM s ORDER BY id LIMIT 2)',
	'EXISTS (SELECT * FROM s WHERE s.k = t.k AND s.id NOT IN (SELECT t2.id FROM t t2 WHERE t2.n > 7))', 'NOT EXISTS (SELECT FROM s WHERE s.k = t.k AND s.id <> t.id) AND n > (SELECT min(n) FROM s)',
	'EXISTS (SELECT FROM s WHERE s.id > t.id) AND n > (SELECT min(n) FROM s)', 'EXISTS (SELECT FROM s WHERE s.id > 5) AND n > (SELECT min(n) FROM s)', 'EXISTS (SELECT FROM s WHERE s.k = t.k AND EXISTS (SELECT FROM t x WHERE x.id = t.id AND x.k = s.k))',
	'n > (SELECT max(n) FROM s WHERE t IS NULL)', 'n >= (SELECT min(n) FROM s) * 2', 'id > (SELECT min(k) FROM s) + 1', 'n > (SELECT sum(n) * 0.25 FROM s)', 'n > (SELECT avg(n) FROM s)', 'n > (SELECT avg(k) FROM s)', 'n > (SELECT n FROM s WHERE id = 3)',
	'n = (SELECT max(x.n) FROM t x WHERE x.k = t.k)', '(SELECT 0.5 * sum(x.n) FROM t x WHERE t.k = x.k AND x.d = t.d) < n', 'n > (SELECT max(x.n) FROM t x WHERE x.k < t.k)', 'k > (SELECT count(*) FROM t x WHERE x.k = t.k)',
	'k > (SELECT coalesce(max(x.k), 0) FROM t x WHERE x.k = t.k)', '(n = (SELECT max(x.n) FROM t x WHERE x.k = t.k) OR id = 1)', 't = (SELECT max(t) FROM s)', 'n > (SELECT max(x.n) FROM t x WHERE x.k = t.k GROUP BY x.t LIMIT 1)',
	'k IN (SELECT s.k FROM s WHERE length(s.t) = 1)', 'n NOT IN (SELECT x.n FROM (SELECT n FROM s WHERE k > 2) x)']) q;

-- set operations
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT id, t FROM t WHERE k = 1 UNION ALL SELECT id, t FROM t WHERE k = 5', 'SELECT k FROM t UNION SELECT id FROM s', 'SELECT k, d FROM t EXCEPT SELECT k, d FROM s', 'SELECT k FROM t INTERSECT SELECT k FROM s',
	'SELECT k FROM t UNION (SELECT k FROM s INTERSECT SELECT id FROM t) EXCEPT SELECT 1 FROM s', 'SELECT k FROM t EXCEPT (SELECT k FROM s UNION ALL SELECT 1 FROM t) ORDER BY 1 DESC LIMIT 2', 'SELECT k, n FROM t UNION ALL SELECT k, n FROM s',
	'SELECT n FROM t UNION ALL SELECT m FROM t', 'SELECT m FROM t UNION SELECT m FROM t', 'SELECT t FROM t UNION ALL SELECT t FROM s', 'SELECT t FROM t UNION SELECT t FROM t', 'SELECT u FROM t UNION SELECT u FROM t', 'SELECT u FROM t UNION ALL SELECT u FROM t',
	'SELECT f FROM t UNION SELECT f FROM t', 'SELECT k, b FROM t UNION ALL SELECT k, k FROM s', 'SELECT k FROM t EXCEPT ALL SELECT k FROM s', 'SELECT k FROM t INTERSECT ALL SELECT k FROM s', 'SELECT k, count(*) FROM t GROUP BY k UNION ALL SELECT NULL, count(*) FROM s',
	'SELECT k FROM t WHERE id IN (SELECT id FROM s) UNION ALL SELECT k FROM s WHERE EXISTS (SELECT FROM t WHERE t.k = s.k)', '(SELECT k FROM t LIMIT 0) UNION ALL SELECT k FROM s', 'SELECT k FROM t UNION ALL SELECT k FROM local_k']) q;

-- parts of the query itself: a value computed here, groups, DISTINCT, LIMIT, constant columns
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT x.k + 1 AS next, upper(x.t), 7 AS seven FROM (SELECT DISTINCT k, t FROM t) x', 'SELECT avg(n), sum(CASE WHEN k = 1 THEN n ELSE 0 END) / 3 FROM t WHERE id IN (SELECT id FROM s UNION SELECT k FROM t)',
	'SELECT sum(CASE WHEN k = 77 THEN n ELSE 0 END), sum(CASE WHEN k = 1 THEN n WHEN k = 2 THEN m ELSE 1 END), sum(CASE k WHEN 1 THEN 2.5 WHEN 5 THEN n END) FILTER (WHERE id < 6) FROM t', 'SELECT id, (SELECT max(n) FROM s) FROM t',
	'SELECT id, (SELECT max(s.n) FROM s WHERE s.k = t.k) FROM t', 'SELECT k, count(*), (SELECT max(n) FROM s) FROM t GROUP BY k', 'SELECT DISTINCT k % 2 AS odd, max(id) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k', 'SELECT DISTINCT count(*), u > ''b'' AS later FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k, u', 'SELECT DISTINCT count(*) AS c FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k, id', 'SELECT c FROM (SELECT DISTINCT count(*) AS c FROM t GROUP BY k, id) x', 'SELECT DISTINCT avg(id) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY k',
	'SELECT k, sum(n) FROM t GROUP BY k HAVING sum(n) > (SELECT sum(n) * 0.1 FROM t)', 'SELECT k, sum(n) FROM t GROUP BY k HAVING avg(n) > (SELECT min(n) FROM t)', 'SELECT 1 FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY 1 + 0 * 1',
	'SELECT k, t FROM t WHERE n >= (SELECT min(n) FROM s) ORDER BY t DESC, k LIMIT 2 OFFSET 1', 'SELECT t, u FROM t WHERE n >= (SELECT min(n) FROM s) ORDER BY u LIMIT 1', 'SELECT count(*) FROM t WHERE n >= (SELECT min(n) FROM s) OFFSET 0',
	'SELECT t FROM t WHERE random() >= 0 AND n >= (SELECT min(n) FROM s)', 'SELECT x FROM (SELECT DISTINCT k, d FROM t) x',
	'SELECT n, generate_series(1, 2) FROM t WHERE n >= (SELECT min(n) FROM s)', 'SELECT k, count(*) FROM t WHERE n >= (SELECT min(n) FROM s) GROUP BY ROLLUP (k)', 'SELECT f, u FROM t WHERE n >= (SELECT min(n) FROM s)']) q;

-- all rows are one group where nobody reads an aggregate; joins on what always holds; no columns; groups by what is computed here; NULL among decimals of several sizes
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT count(*) FROM (SELECT count(*) FROM t) x', 'SELECT t.id FROM t, (SELECT max(k) FROM s WHERE false) x', 'SELECT x.one, s.id FROM (SELECT count(*) AS c, 1 AS one FROM t) x, s', 'SELECT * FROM (SELECT 1 AS one FROM t HAVING true) x, s',
	'SELECT CASE WHEN true THEN 1 ELSE count(*) END FROM t WHERE id IN (SELECT id FROM s)', 'SELECT CASE WHEN true THEN 1 ELSE count(*) END FROM t WHERE id > 9', 'SELECT DISTINCT CASE WHEN true THEN 1 ELSE count(*) END FROM t WHERE id > 9',
	'WITH w AS (SELECT CASE WHEN true THEN 1 ELSE count(*) END AS c FROM t) SELECT v.c FROM w v, w', 'SELECT id FROM t WHERE k NOT IN (SELECT CASE WHEN true THEN 1 ELSE count(*) END FROM s WHERE id > 9)', 'SELECT id, (SELECT CASE WHEN true THEN 7 ELSE max(k) END FROM s) FROM t',
	'SELECT t.id, s.k FROM t JOIN s ON true WHERE t.id IN (SELECT id FROM s)', 'SELECT t.id, s.k FROM t LEFT JOIN (s JOIN t x ON 1 = 1) ON true WHERE t.id IN (SELECT id FROM s)', 'SELECT t.id, s.k FROM t LEFT JOIN s ON false WHERE t.id NOT IN (SELECT id FROM s)',
	'SELECT FROM t UNION SELECT FROM s', 'SELECT FROM t WHERE id IN (SELECT id FROM s)', 'SELECT k - (SELECT max(k) FROM s) AS g, count(*) FROM t GROUP BY 1', 'SELECT count(*) FROM (SELECT 1 FROM t GROUP BY k - (SELECT max(k) FROM s)) x',
	'SELECT t || c, count(*) FROM t WHERE id IN (SELECT id FROM s) GROUP BY 1', 'SELECT (n / 2)::text, count(*) FROM t WHERE id IN (SELECT id FROM s) GROUP BY n / 2', 'SELECT DISTINCT k - (SELECT max(k) FROM s) AS g FROM t ORDER BY g LIMIT 2', 'SELECT DISTINCT k - (SELECT max(k) FROM s) AS g FROM t', 'SELECT sum(CASE WHEN k = 1 THEN NULL WHEN k = 2 THEN n ELSE m END) FROM t', 'SELECT sum(CASE WHEN k = 1 THEN n WHEN k = 5 THEN NULL ELSE m END) FROM t WHERE id IN (SELECT id FROM s UNION SELECT 1 FROM s)']) q;

-- IN and EXISTS below AND and OR, which are not correlated there
SELECT q, compared('SELECT id, t FROM t WHERE ' || q) FROM unnest(ARRAY[
	'k = 5 OR k IN (SELECT k FROM s WHERE id > 4)', 'k IS NULL OR (n > 1 AND id NOT IN (SELECT k FROM s WHERE k IS NOT NULL))', 'k NOT IN (SELECT k FROM s) OR n < 0', 'k NOT IN (SELECT k FROM s WHERE id > 9) OR id = 2',
	'NOT (k IN (SELECT id FROM s) AND n > 0)', 'id = 1 OR EXISTS (SELECT FROM s WHERE id > 5)', 'n < 0 OR NOT EXISTS (SELECT FROM s WHERE id < 50)', 'id = 1 OR n = (SELECT max(n) FROM s)', 'id = 1 OR k IN (SELECT k FROM s UNION SELECT id FROM s) OR t IN (SELECT max(t) FROM s GROUP BY k)',
	'NOT EXISTS (SELECT FROM s WHERE s.k = t.k AND (s.id = 3 OR s.n IN (SELECT n FROM t x WHERE x.id > 4)))', 'id = 1 OR u IN (SELECT t FROM s)', 'id = 1 OR EXISTS (SELECT FROM s WHERE s.k = t.k)', 'id = 1 OR k IN (SELECT s.k FROM s WHERE s.id = t.id)',
	'id = 1 OR n = (SELECT max(s.n) FROM s WHERE s.k = t.k)', 'EXISTS (SELECT FROM s WHERE s.k = t.k OR s.id = 1)', 'EXISTS (SELECT FROM s WHERE s.k = t.k AND (s.id = 1 OR s.n < t.n))', 'CASE WHEN id = 1 THEN true ELSE k IN (SELECT k FROM s) END', '(k IN (SELECT k FROM s)) IS NOT TRUE',
	'EXISTS (SELECT FROM s LIMIT 2) AND id NOT IN (SELECT id FROM s)', 'EXISTS (SELECT count(*) FROM s WHERE id > 9) AND id NOT IN (SELECT id FROM s)']) q;
SELECT q, compared(q) FROM unnest(ARRAY['SELECT t.id, s.n FROM t JOIN s ON t.id = s.id AND (s.n > 5 OR t.k IN (SELECT x.k FROM s x WHERE x.n < 0 OR x.id = 3))', 'SELECT t.id, s.n FROM t LEFT JOIN s ON t.id = s.id AND (s.n > 5 OR t.k IN (SELECT x.k FROM s x))',
	'SELECT id, k IN (SELECT k FROM s) AS is_in FROM t', 'SELECT k, count(*) FROM t GROUP BY k HAVING max(n) > 7 OR k IN (SELECT k FROM s WHERE id = 3)']) q;

-- groups and subqueries: in HAVING, where Redshift has none, and selected
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT k, sum(n) FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s) AND count(*) > 0 ORDER BY sum(n) DESC NULLS LAST, k LIMIT 2', 'SELECT count(*) FROM t GROUP BY k, d HAVING max(n) > (SELECT min(n) FROM s) ORDER BY k, d LIMIT 3',
	'SELECT DISTINCT count(*) FROM t GROUP BY k HAVING max(n) > (SELECT min(n) FROM s)', 'SELECT sum(n), 7 FROM t HAVING count(*) > (SELECT min(k) FROM s)', 'SELECT sum(n) FROM t WHERE id > 9 HAVING count(*) < (SELECT min(k) FROM s)', 'SELECT 1 FROM t HAVING 1 < (SELECT max(k) FROM s)',
	'SELECT 7 FROM t HAVING count(*) > (SELECT min(k) FROM s)', 'SELECT 1 FROM t GROUP BY 1 + 0 * 1 HAVING count(*) > (SELECT min(k) FROM s)', 'SELECT 1 FROM t WHERE id > 9 GROUP BY 1 + 0 * 1 HAVING 0 < (SELECT min(k) FROM s)', 'SELECT k, avg(n), stddev_pop(n), var_samp(id) FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s)',
	'SELECT avg(b), sum(CASE WHEN k = 1 THEN n WHEN k = 2 THEN m ELSE 1 END) FROM t HAVING 1 <= (SELECT max(id) FROM s)', 'SELECT upper(t), count(*) FROM t GROUP BY t HAVING max(n) >= (SELECT max(n) FROM s) OR t IN (SELECT t FROM s)', 'SELECT k + 1, k % 2, count(*) + 1 FROM t GROUP BY k HAVING k IN (SELECT k FROM s)',
	'SELECT k % 2 AS odd, sum(n) FROM t GROUP BY k % 2 HAVING (k % 2) + 2 > (SELECT min(id) FROM s)', 'SELECT k, max(n) FROM t GROUP BY k HAVING max(n) = (SELECT max(s.n) FROM s WHERE s.k = t.k)', 'SELECT k, max(n) FROM t GROUP BY k HAVING EXISTS (SELECT FROM s WHERE s.k = t.k AND s.n <> max(t.n))',
	'SELECT k FROM t GROUP BY k HAVING sum(n) > (SELECT max(s.n) FROM s WHERE s.n < sum(t.n))', 'SELECT t || c, count(*) FROM t GROUP BY 1 HAVING max(n) > (SELECT min(n) FROM s)', 'SELECT grouping(k), k FROM t GROUP BY k HAVING max(n) > (SELECT min(n) FROM s)',
	'WITH w AS (SELECT k, n FROM t) SELECT k, sum(n) FROM w GROUP BY k HAVING sum(n) > (SELECT min(n) FROM w)', 'WITH w AS (SELECT k, n FROM t) SELECT k, count(*) FROM (SELECT k FROM w WHERE n IN (SELECT n FROM w v)) x GROUP BY k HAVING count(*) >= (SELECT min(n) FROM w)',
	'SELECT x.k, x.s FROM (SELECT k, sum(n) AS s, count(*) AS unread FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s)) x JOIN s ON s.k = x.k', 'SELECT id FROM t WHERE k IN (SELECT k FROM t GROUP BY k HAVING count(*) <= (SELECT min(k) FROM s))', 'SELECT k FROM t WHERE n > (SELECT sum(n) FROM s HAVING count(*) > (SELECT max(k) FROM t))',
	'SELECT k FROM t GROUP BY k HAVING count(*) >= (SELECT min(k) FROM s) UNION ALL SELECT id FROM s', 'SELECT k, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS m, avg(n) FROM t GROUP BY k ORDER BY k LIMIT 4', 'SELECT k, count(*) FROM t GROUP BY k ORDER BY count(*) + (SELECT max(id) FROM s), k LIMIT 2', 'SELECT max(n) - (SELECT min(n) FROM s), count(*) FROM t',
	'SELECT k, max(n) FILTER (WHERE n > (SELECT min(n) FROM s)) FROM t GROUP BY k', 'SELECT k, max(n) FILTER (WHERE n > (SELECT min(n) FROM s)), (SELECT max(n) FROM s) FROM t GROUP BY k HAVING sum(n) FILTER (WHERE n > (SELECT min(n) FROM s)) > 1',
	'SELECT k, sum(n) FROM t GROUP BY k HAVING sum(n) > (SELECT avg(n) FROM s)', 'SELECT k, rank() OVER (ORDER BY sum(n)) FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s)']) q;

-- what a subquery only passes on may come in parts: averages, variances
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT x.k, x.a, x.v, s.id FROM (SELECT k, avg(n) AS a, var_samp(id) AS v, count(*) AS c FROM t GROUP BY k) x JOIN s ON s.k = x.k AND x.c > 0', 'SELECT x.k, x.a + 1 AS more FROM (SELECT k, avg(id) AS a FROM t GROUP BY k) x JOIN s ON s.k = x.k', 'SELECT x.k FROM (SELECT k, avg(n) AS a FROM t GROUP BY k) x JOIN s ON s.k = x.k',
	'WITH w AS (SELECT k, avg(n) AS a FROM t GROUP BY k) SELECT w.k, w.a, v.a FROM w, w v WHERE v.k = w.k', 'SELECT x.k FROM (SELECT k, avg(n) AS a FROM t GROUP BY k) x JOIN s ON s.k = x.k AND x.a > 1', 'SELECT DISTINCT x.a FROM (SELECT k, avg(n) AS a FROM t GROUP BY k) x JOIN s ON s.k = x.k',
	'SELECT max(x.a) FROM (SELECT k, avg(n) AS a FROM t GROUP BY k) x', 'SELECT s.id, y.a FROM s JOIN (SELECT x.k, x.a FROM (SELECT k, avg(n) AS a FROM t GROUP BY k) x JOIN s ON s.k = x.k) y ON y.k = s.k', 'SELECT s.id, x.a FROM s JOIN (SELECT DISTINCT avg(n) AS a, k FROM t GROUP BY k) x USING (k)']) q;

-- LATERAL: without columns of what stands beside it, a subquery as any other
SELECT q, compared(q) FROM unnest(ARRAY[
	'SELECT t.id, x.m FROM t, LATERAL (SELECT max(n) AS m FROM s) x', 'SELECT t.id, x.k FROM t JOIN LATERAL (SELECT k FROM s GROUP BY k) x ON x.k = t.k', 'SELECT t.id, x.id FROM t LEFT JOIN LATERAL (SELECT id FROM s WHERE s.k = t.k ORDER BY id LIMIT 1) x ON true',
	'SELECT t.id, x.id FROM t CROSS JOIN LATERAL (SELECT s.id FROM s WHERE s.k = t.k AND s.id NOT IN (SELECT id FROM t WHERE id = 6)) x', 'SELECT t.id, x.c FROM t CROSS JOIN LATERAL (SELECT count(*) AS c FROM (SELECT k FROM s WHERE s.n > t.n GROUP BY k) y) x']) q;
\pset format aligned
\pset tuples_only off
EXPLAIN (VERBOSE, COSTS off) SELECT k, sum(n) + 1 AS more, avg(n) FROM t x WHERE k IN (SELECT k FROM s GROUP BY k) GROUP BY k ORDER BY more, k;
EXPLAIN (VERBOSE, COSTS off) SELECT x.c, (SELECT max(n) FROM s) AS m FROM (SELECT k, count(*) AS c FROM t GROUP BY k) x;
EXPLAIN (VERBOSE, COSTS off) SELECT k FROM t UNION SELECT id FROM s ORDER BY k;
EXPLAIN (VERBOSE, COSTS off) SELECT k % 2 AS odd, avg(n) * 2 AS twice, (SELECT max(s.n) FROM s WHERE s.k = t.k) AS m FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s) ORDER BY twice, odd;
-- a query without possible rows sends nothing
EXPLAIN (COSTS off) SELECT k FROM t WHERE false AND k NOT IN (SELECT k FROM s);
-- ship_blocks = off
SET rsfed.ship_blocks = off;
SELECT compared('SELECT k FROM t UNION SELECT id FROM s') IS NULL AS in_parts;
RESET rsfed.ship_blocks;
SELECT rsfed.pushed('WITH w AS (SELECT k, sum(n) AS total FROM t GROUP BY k) SELECT total AS "Total", k FROM w UNION ALL SELECT sum(n), k FROM t GROUP BY k');
SELECT rsfed.pushed('SELECT k, sum(n) AS total FROM t GROUP BY k HAVING sum(n) > (SELECT min(n) FROM s)');
SELECT rsfed.pushed('SELECT total AS "Total", k FROM (SELECT k, sum(n) AS total FROM t GROUP BY k) w WHERE total > (SELECT min(n) FROM s)');

-- parameters: their values are inserted at execution, equal to a column of the result or not
SET plan_cache_mode = force_generic_plan;
PREPARE q (int, numeric, text) AS SELECT k + $1 AS kk, count(*), $2 AS given, $3 FROM t WHERE n >= (SELECT min(n) FROM s WHERE t IS DISTINCT FROM $3 AND (n >= $2 OR $2 > 2)) AND k + $1 > 0 GROUP BY k + $1 ORDER BY 1;
EXECUTE q (1, 2.5, 'b');
EXECUTE q (1, NULL, 'b');
EXECUTE q (-1, -5, NULL);
EXPLAIN (COSTS off) EXECUTE q (1, 2.5, 'b');
PREPARE a_few (bigint) AS SELECT id FROM t WHERE id IN (SELECT id FROM s UNION SELECT k FROM s) ORDER BY id LIMIT $1;
EXECUTE a_few (2);
SET plan_cache_mode = force_custom_plan;
EXECUTE a_few (3);
EXPLAIN (COSTS off) EXECUTE a_few (3);
RESET plan_cache_mode;
-- an expression that a condition keeps from failing is computed here
SET plan_cache_mode = force_generic_plan;
PREPARE guarded (int) AS SELECT id FROM t WHERE CASE WHEN $1 <> 0 THEN k > 10 / $1 ELSE id = 1 END AND ($1 < 1 OR k % $1 >= 0) ORDER BY id;
EXECUTE guarded (0);
EXECUTE guarded (4);
EXPLAIN (COSTS off) EXECUTE guarded (4);
-- FILTER, and conditions that read no column, have the same effect
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE FUNCTION of_generic(query text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE 'PREPARE one (int) AS SELECT array_agg(x::text ORDER BY x::text) FROM (' || query || ' OFFSET 0) x';
	EXECUTE format('EXECUTE one (%s)', given) INTO result;
	DEALLOCATE one;
	RETURN coalesce(result, 'nothing');
EXCEPTION WHEN OTHERS THEN
	IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'one') THEN
		DEALLOCATE one;
	END IF;
	RETURN SQLERRM;
END $$;
SELECT q, of_generic(q, '0') AS guarded, of_generic(q, '4') AS computed FROM unnest(ARRAY[
	'SELECT id FROM t WHERE $1 = 0 OR id IN (SELECT id FROM s WHERE id > 10 / $1)',
	'SELECT sum(k * (10 / $1)) FILTER (WHERE $1 <> 0), avg(k + 10 / $1) FILTER (WHERE $1 <> 0) FROM t',
	'SELECT count(k + 10 / $1) FILTER (WHERE $1 <> 0) FROM t WHERE id IN (SELECT id FROM s)',
	'SELECT count(*) FROM t WHERE CASE WHEN $1 > 0 THEN k > $1::positive END',
	'SELECT count(*) FROM t WHERE CASE WHEN $1 > 0 THEN k > ($1 * 10000 - 39999)::smallint END',
	'SELECT id FROM t WHERE $1 <> 0 AND k > 10 / $1 AND id IN (SELECT id FROM s)',
	'SELECT id FROM t WHERE id IN (SELECT id FROM s WHERE $1 <> 0 AND s.id > 10 / $1)',
	'SELECT k FROM t WHERE id IN (SELECT id FROM s) GROUP BY k HAVING $1 <> 0 AND sum(k) > 10 / $1',
	'SELECT max(k + 10 / $1) FROM t WHERE $1 <> 0 AND id IN (SELECT id FROM s)',
	'SELECT k FROM t WHERE $1 <> 0 AND k > 10 / $1 UNION ALL SELECT k FROM s']) q;
DROP FUNCTION of_generic;
DROP DOMAIN positive;
RESET plan_cache_mode;
SELECT l.k, (SELECT count(*) FROM t WHERE l.k = 0 OR t.k > 1 / l.k) FROM (VALUES (0), (1)) l (k);
-- changes invalidate the plan
PREPARE p AS SELECT count(*) FROM t WHERE t NOT IN (SELECT t FROM s WHERE t IS NOT NULL);
EXPLAIN (COSTS off) EXECUTE p;
EXECUTE p;
ALTER FOREIGN TABLE s ALTER t OPTIONS (SET blank_safe 'off');
SELECT compared('SELECT count(*) FROM t WHERE t NOT IN (SELECT t FROM s WHERE t IS NOT NULL)');
EXECUTE p;
ALTER FOREIGN TABLE s ALTER t OPTIONS (SET blank_safe 'on');
ALTER SERVER wh OPTIONS (ADD blank_safe 'on');
SELECT compared('SELECT u FROM t WHERE id > 2 UNION SELECT u FROM t WHERE id > 3') LIKE 'SELECT %' AS shipped;
ALTER SERVER wh OPTIONS (DROP blank_safe);
ALTER FOREIGN TABLE s OPTIONS (ADD max_rows '2');
SELECT error_of('SELECT k FROM t UNION SELECT id FROM s');
ALTER FOREIGN TABLE s OPTIONS (SET max_rows '100');
SELECT compared('SELECT k FROM t UNION SELECT id FROM s');
ALTER FOREIGN TABLE s OPTIONS (DROP max_rows);
CREATE FOREIGN TABLE s_more () INHERITS (s) SERVER wh OPTIONS (schema_name 'public', table_name 'block_s');
SELECT compared('SELECT count(*) FROM t WHERE id NOT IN (SELECT id FROM s)');
DROP FOREIGN TABLE s_more;
-- a column in an expression must have the same type there; a column that is only returned may differ
ALTER FOREIGN TABLE s ALTER k TYPE bigint;
SELECT error_of(q) AS error FROM unnest(ARRAY['SELECT count(*) FROM t WHERE id NOT IN (SELECT x.k FROM (SELECT k, id FROM s) x)', 'SELECT b FROM t EXCEPT SELECT k FROM s', 'SELECT x.k FROM (SELECT DISTINCT k FROM s) x, t WHERE t.n > (SELECT min(n) FROM t)',
	'SELECT b FROM t UNION ALL SELECT k FROM s', 'SELECT id FROM s WHERE id NOT IN (SELECT t.id FROM t WHERE t.k = 1) UNION ALL SELECT max(t.id) FROM t WHERE t.b = (SELECT min(k) FROM s)']) q;
SELECT k, id FROM (SELECT k, id FROM s ORDER BY id LIMIT 3) x WHERE id IN (SELECT id FROM t UNION SELECT 1 FROM t) ORDER BY id;
ALTER FOREIGN TABLE s ALTER k TYPE integer;

-- cursors, functions, an EXCEPTION block, CREATE TABLE AS
BEGIN;
DECLARE forth CURSOR FOR SELECT k FROM t UNION SELECT id FROM s ORDER BY 1;
FETCH 2 FROM forth; FETCH 1 FROM forth;
DECLARE back SCROLL CURSOR FOR SELECT k FROM t UNION SELECT id FROM s ORDER BY 1;
FETCH 2 FROM back; FETCH PRIOR FROM back;
DECLARE held CURSOR WITH HOLD FOR SELECT max(k) FROM t WHERE id NOT IN (SELECT id FROM s);
COMMIT;
FETCH held;
CLOSE held;
CREATE FUNCTION public.block_try(int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT sum(x.k / ($1 - 1)) FROM (SELECT DISTINCT k FROM t WHERE k NOT IN (SELECT id FROM s)) x);
EXCEPTION WHEN division_by_zero THEN
	RETURN (SELECT count(*) FROM t WHERE k NOT IN (SELECT id FROM s));
END $$;
SELECT block_try(2), block_try(1);
SELECT g, (SELECT count(*) FROM t WHERE k NOT IN (SELECT id FROM s WHERE id > g)) FROM generate_series(1, 4) g;
CREATE TABLE made AS SELECT k FROM t EXCEPT SELECT id FROM s;
INSERT INTO made SELECT k FROM s EXCEPT SELECT id FROM t;
SELECT * FROM made ORDER BY k;
DROP TABLE made;

-- privileges: of each table, and those of a view's owner
CREATE VIEW pair AS SELECT k FROM t WHERE id NOT IN (SELECT id FROM s);
CREATE VIEW safe WITH (security_barrier) AS SELECT k, count(*) AS c FROM t GROUP BY k;
SELECT compared('SELECT * FROM pair') LIKE 'SELECT %' AS shipped;
SELECT compared('SELECT c FROM safe WHERE k NOT IN (SELECT id FROM s)');
GRANT USAGE ON SCHEMA block_live, block_here TO rsfed_stranger;
GRANT SELECT ON t, pair TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT k FROM t WHERE id NOT IN (SELECT id FROM s);
SELECT * FROM pair ORDER BY k;
SELECT k FROM t;
RESET ROLE;
SELECT compared('SELECT b.k FROM pair b WHERE b.k NOT IN (SELECT t.k FROM t)');
REVOKE SELECT ON t FROM rsfed_stranger;

SET client_min_messages = warning;
DROP SCHEMA block_live, block_here CASCADE;
DROP FUNCTION compared, block_try;
RESET client_min_messages;
SELECT rsfed.execute('wh', 'DROP TABLE ' || t) FROM unnest('{block_t,block_s}'::text[]) t;
