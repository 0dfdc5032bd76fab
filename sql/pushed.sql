-- rsfed.pushed(): the remote text of a query over live tables, for define_rollup().
\i test/include/warehouse.psql
SET search_path = public;
CREATE FOREIGN TABLE live_kv (k integer, s text OPTIONS (blank_safe 'on') COLLATE "C", n numeric(18,4), d date) SERVER wh OPTIONS (schema_name 'public', table_name 'kv');
CREATE FOREIGN TABLE "Live ""Sales" (seller integer OPTIONS (column_name 'sellerid'), "Sold" smallint OPTIONS (column_name 'qtysold'), paid numeric(8,2) OPTIONS (column_name 'pricepaid'),
	saletime timestamp, listid integer) SERVER wh OPTIONS (schema_name 'public', table_name 'sales');
CREATE TABLE local_kv AS SELECT * FROM live_kv;
CREATE VIEW live_view AS SELECT d, count(*) AS "Count" FROM live_kv GROUP BY d;
SELECT standin('RESET');

SELECT q AS query, error_of(format('SELECT rsfed.pushed(%L)', q)) AS error FROM unnest(ARRAY[
	'SELECT avg(k) FROM live_kv', 'SELECT k + 1 AS next FROM live_kv', 'SELECT k, k AS again FROM live_kv', 'SELECT count(*) FROM live_kv GROUP BY s', 'SELECT k FROM live_kv WHERE d > current_date - 7',
	'SELECT count(*) FROM live_kv WHERE length(s) = 3', 'SELECT k FROM live_kv WHERE length(s) = 3', 'SELECT k FROM live_kv JOIN local_kv USING (k)', 'SELECT k FROM live_kv WHERE n > (SELECT avg(k) FROM live_kv WHERE s = ''a'')', 'SELECT sum(CASE WHEN k = 1 THEN n ELSE 0 END) AS some FROM live_kv',
	'SELECT k, rank() OVER (ORDER BY k) FROM live_kv', 'SELECT s FROM live_kv UNION ALL SELECT ''x'' FROM live_kv', 'SELECT DISTINCT ON (k) k FROM live_kv', 'SELECT k FROM local_kv', 'SELECT 1', 'SELECT live_kv FROM live_kv',
	'SELECT s, sum(k) FROM live_kv GROUP BY s HAVING avg(n) > 1', 'SELECT k FROM live_kv ORDER BY s COLLATE "en-x-icu" LIMIT 2', 'INSERT INTO local_kv VALUES (1)', 'SELECT 1; SELECT 2', '', 'SELECT $1', 'TABLE nowhere', 'SELECT FROM live_kv', 'VACUUM']) q;
SELECT rsfed.pushed(NULL);
-- like EXPLAIN, it checks the privileges of the caller
GRANT USAGE ON SCHEMA public TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT rsfed.pushed('SELECT k FROM live_kv');
RESET ROLE;

-- relation numbers differ before 16 for views, and since 18 for subqueries with groups
SELECT q AS query, CASE WHEN q ~ 'live_view|EXISTS' THEN regexp_replace(rsfed.pushed(q), '\mr3\M', 'r1', 'g') ELSE rsfed.pushed(q) END AS pushed FROM unnest(ARRAY[
	'SELECT * FROM live_kv', 'SELECT n AS "Total ""n", k FROM live_kv WHERE k > 1 ORDER BY 1', 'SELECT * FROM live_view', 'SELECT s, count(*) AS sum FROM live_kv GROUP BY s HAVING count(*) > 0', 'SELECT DISTINCT d FROM live_kv LIMIT 3',
	'SELECT a.seller, b.s, sum(paid) AS total, count(DISTINCT a.listid) AS lists FROM "Live ""Sales" a LEFT JOIN live_kv b ON a.seller = b.k WHERE a."Sold" > 1 GROUP BY 1, 2',
	'SELECT k FROM live_kv WHERE n > (SELECT max(k) FROM live_kv WHERE s = ''a'')', 'SELECT k AS "Key" FROM live_kv UNION ALL SELECT seller FROM "Live ""Sales"', 'WITH w AS (SELECT d, count(*) AS c FROM live_kv GROUP BY d) SELECT max(c) AS most FROM w',
	'SELECT extract(year FROM saletime) AS y, max(paid) FROM "Live ""Sales" WHERE EXISTS (SELECT FROM live_kv WHERE k = listid) GROUP BY 1']) q;
-- nothing was sent
SELECT value FROM dblink(current_setting('test.wh_conninfo'), 'STANDIN STATUS') AS t (name text, value bigint) WHERE name = 'statements';

-- a rollup of that text has the result of the query
CREATE FUNCTION defines(query text, key text[]) RETURNS TABLE (shown bigint, missing bigint, extra bigint) LANGUAGE plpgsql AS $$
DECLARE
	columns text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE wanted ON COMMIT DROP AS %s', query);
	SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute WHERE attrelid = 'wanted'::regclass AND attnum > 0;
	PERFORM rsfed.define_rollup('pushed_rollup', 'wh', rsfed.pushed(query), key => key);
	RETURN QUERY EXECUTE format('SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM (SELECT %1$s FROM wanted EXCEPT ALL SELECT %1$s FROM pushed_rollup) x), (SELECT count(*) FROM (SELECT %1$s FROM pushed_rollup EXCEPT ALL SELECT %1$s FROM wanted) x)', columns);
	PERFORM rsfed.drop_rollup('pushed_rollup');
	DROP TABLE wanted;
END $$;
SET client_min_messages = warning;
SELECT * FROM defines('SELECT "Sold" AS sold, sum(paid) AS total, count(*) FROM "Live ""Sales" GROUP BY "Sold"', NULL);
SELECT * FROM defines('SELECT sum(paid) AS total, seller FROM "Live ""Sales" WHERE saletime >= ''2008-06-01'' AND seller < 2000 GROUP BY seller HAVING sum(paid) > 100 ORDER BY 1 DESC', NULL);
SELECT * FROM defines('SELECT k, s, n, d FROM live_kv WHERE k IS NOT NULL', '{k}');
SELECT * FROM defines('SELECT extract(month FROM saletime) AS month, b.s AS name, count(*) AS sales, min(paid), max(saletime) FROM "Live ""Sales" a LEFT JOIN live_kv b ON a."Sold" = b.k GROUP BY 1, 2', NULL);
SELECT * FROM defines('SELECT seller, sum(paid) AS total FROM "Live ""Sales" GROUP BY seller ORDER BY total DESC, seller LIMIT 10', NULL);
SELECT * FROM defines('WITH w AS (SELECT seller, sum(paid) AS total FROM "Live ""Sales" GROUP BY seller) SELECT seller, total FROM w WHERE total = (SELECT max(total) FROM w)', '{seller}');
SELECT * FROM defines('SELECT listid FROM "Live ""Sales" WHERE seller NOT IN (SELECT k FROM live_kv WHERE k IS NOT NULL) EXCEPT SELECT k FROM live_kv', '{listid}');

DROP FUNCTION defines;
DROP VIEW live_view;
DROP TABLE local_kv;
DROP FOREIGN TABLE live_kv, "Live ""Sales";
REVOKE USAGE ON SCHEMA public FROM rsfed_stranger;
