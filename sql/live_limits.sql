-- Live tables and queries at the limits: expressions that grow, very many
-- relations, generated columns, impossible names.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
SELECT rsfed.execute('wh', 'CREATE TABLE live_limits (id int, k int, b boolean, t varchar(20))') \g /dev/null
SELECT rsfed.execute('wh', $$INSERT INTO live_limits VALUES (1, 1, true, 'a'), (2, 2, false, 'B'), (3, 3, NULL, NULL), (4, NULL, true, '')$$) \g /dev/null
CREATE FOREIGN TABLE live_limits (id int, k int, b boolean, t text COLLATE "C") SERVER wh OPTIONS (schema_name 'public');
CREATE TABLE local_rows AS SELECT * FROM live_limits;
-- the count over both
CREATE FUNCTION both_counts(condition text) RETURNS TABLE (live bigint, here bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT count(*) FROM live_limits WHERE ' || condition INTO live;
	EXECUTE 'SELECT count(*) FROM local_rows WHERE ' || condition INTO here;
	RETURN NEXT;
END $$;

-- an expression whose text doubles or triples with each level is computed here
CREATE FUNCTION nested(start text, part text, depth integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..depth LOOP
		start := replace(part, '?', start);
	END LOOP;
	RETURN start;
END $$;
SET statement_timeout = '2min';
SELECT * FROM both_counts(nested('b', '(? IS DISTINCT FROM b)', 2));
SELECT * FROM both_counts(nested('b', '(? IS DISTINCT FROM b)', 40));
SELECT * FROM both_counts(nested('b', '(b IS NOT DISTINCT FROM ?)', 40));
SELECT * FROM both_counts('2 = ' || nested('k', '(CASE ? WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 1 ELSE k END)', 2));
SELECT * FROM both_counts('2 = ' || nested('k', '(CASE ? WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 1 ELSE k END)', 40));
SELECT * FROM both_counts((SELECT 't IN (' || string_agg(quote_literal(repeat('x', 3000) || i), ', ') || ', ''a'')' FROM generate_series(1, 400) i));
-- the columns of the longest expression that is shipped, and of one that is not
CREATE FUNCTION stays_for(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		IF line ~ 'Local: ' THEN
			RETURN NEXT regexp_replace(line, '^\s+', '');
		END IF;
	END LOOP;
END $$;
SELECT * FROM stays_for('SELECT 1 FROM live_limits WHERE ' || nested('b', '(? IS DISTINCT FROM b)', 5));
SELECT * FROM stays_for('SELECT 1 FROM live_limits WHERE ' || nested('b', '(? IS DISTINCT FROM b)', 20));
-- each of several expressions has the maximal length
SELECT * FROM both_counts(nested('b', '(? IS DISTINCT FROM b)', 9) || ' AND ' || nested('k = 1', '(? IS DISTINCT FROM b)', 9) || ' AND ' || nested('k = 2', '(? IS DISTINCT FROM b)', 9));

-- 21 relations joined by one value are planned quickly
SET statement_timeout = '30s';
DO $$ BEGIN EXECUTE nested('SELECT k FROM live_limits', 'SELECT k FROM live_limits WHERE k IN (?)', 20); END $$;
SET rsfed.ship_blocks = off;
DO $$ BEGIN EXECUTE nested('SELECT k FROM live_limits', 'SELECT k FROM live_limits WHERE k IN (?)', 20); END $$;
RESET rsfed.ship_blocks;
RESET statement_timeout;

-- a stored generated column is a column there, too
CREATE FOREIGN TABLE live_generated (id int, k int GENERATED ALWAYS AS (id * 10) STORED, t text) SERVER wh OPTIONS (schema_name 'public', table_name 'live_limits');
SELECT * FROM live_generated ORDER BY id;
SELECT id FROM live_generated WHERE k > 1 ORDER BY id;
SELECT sum(k), count(k) FROM live_generated;
SELECT a.k, b.id FROM live_generated a JOIN live_limits b USING (id) ORDER BY 2;
ANALYZE live_generated;

-- a name with the byte that marks parameters in the text
ALTER FOREIGN TABLE live_limits ALTER t OPTIONS (ADD column_name E't\x01999c\x01');
SELECT id FROM live_limits;
ALTER FOREIGN TABLE live_limits ALTER t OPTIONS (SET column_name 't'), OPTIONS (SET schema_name E'public\x01');
SELECT t FROM live_limits;
ALTER FOREIGN TABLE live_limits OPTIONS (SET schema_name 'public', ADD table_name E'\x01');
SELECT t FROM live_limits;

-- a stored row is in use while another scan makes the remaining rows go to a file
SELECT rsfed.execute('wh', $$CREATE TABLE live_fat AS SELECT id, repeat(chr(96 + id), 60000) AS a, repeat(chr(96 + id), 60000) AS b, repeat(chr(96 + id), 60000) AS c
	FROM (SELECT a.id * 4 + b.id - 4 AS id FROM live_limits a, live_limits b) x$$) \g /dev/null
ALTER FOREIGN TABLE live_limits OPTIONS (DROP table_name);
CREATE FOREIGN TABLE live_fat (id int, a text, b text, c text) SERVER wh OPTIONS (schema_name 'public');
SET work_mem = '1MB';
SET rsfed.ship_blocks = off;
-- the first two rows are read from Redshift, the third from the stored rows of the second
SELECT g, length(y), y = repeat(left(y, 1), 180001) AS is_whole, n FROM generate_series(1, 4) g, LATERAL (
	SELECT CASE WHEN g > 2 THEN (SELECT count(*) FROM live_limits WHERE k < g) END AS n, left(a, 1) || a || b || c AS y
	FROM (SELECT * FROM live_fat WHERE length(a) > 1) f LIMIT 1) x ORDER BY g;
RESET rsfed.ship_blocks;
RESET work_mem;

-- the limits of server and table on the rows of one statement: the table's goes before the server's, and the lowest of several tables counts
CREATE FOREIGN TABLE live_other (id int, k int) SERVER wh OPTIONS (schema_name 'public', table_name 'live_limits');
ALTER SERVER wh OPTIONS (ADD max_rows '3');
SELECT q AS query, error_of(q) FROM unnest(ARRAY['SELECT id FROM live_limits', 'SELECT id FROM live_limits WHERE id < 4', 'SELECT count(*), sum(k) FROM live_limits', 'SELECT a.id FROM live_limits a JOIN live_other b USING (id)',
	'SELECT id FROM live_limits WHERE id IN (SELECT id FROM live_other)', 'SELECT id FROM live_limits UNION SELECT k FROM live_other', 'SELECT max(k) FROM live_limits WHERE id NOT IN (SELECT k FROM live_other WHERE k > 2)', 'SELECT id FROM live_limits ORDER BY id LIMIT 3',
	'SELECT g, x.* FROM generate_series(1, 2) g, (SELECT id FROM live_limits EXCEPT SELECT id FROM live_other WHERE id < 0) x']) q;
SELECT count(*) FROM (SELECT id FROM live_limits WHERE length(t) >= 0 OR t IS NULL LIMIT 3) x;
ALTER FOREIGN TABLE live_limits OPTIONS (ADD max_rows '0');
SELECT error_of('SELECT id FROM live_limits'), error_of('SELECT id FROM live_other'), error_of('SELECT a.id FROM live_limits a JOIN live_other b USING (id)');
ALTER SERVER wh OPTIONS (DROP max_rows);
ALTER FOREIGN TABLE live_limits OPTIONS (SET max_rows '2');
SELECT error_of('SELECT a.id FROM live_limits a JOIN live_other b USING (id)'), error_of('SELECT id FROM live_other'), error_of('SELECT count(*) FROM live_limits a JOIN live_other b USING (id)');
ALTER FOREIGN TABLE live_limits OPTIONS (DROP max_rows);
DROP FOREIGN TABLE live_other;
-- an average is two columns of the statement, which has 1664 at most: 832 averages go there, of 833 the rows do
CREATE FUNCTION averages(many integer, rest text) RETURNS TABLE (averages integer, sent text, reason text, same boolean) LANGUAGE plpgsql AS $$
DECLARE
	query text := (SELECT 'SELECT array[' || string_agg(calls, '] || array[' ORDER BY part) || '] AS a' FROM (SELECT i / 50 AS part, string_agg(format('avg(k + %s)', i), ', ' ORDER BY i) AS calls FROM generate_series(1, many) i GROUP BY 1) x) || ' FROM ' || rest;
	line text; here text; there text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		sent := concat_ws('; ', sent, left(substring(line FROM 'Remote SQL: (.*)'), 23));
		reason := coalesce(substring(line FROM 'Local: (.*); see'), reason);
	END LOOP;
	EXECUTE query INTO there;
	EXECUTE replace(query, 'live_limits', 'local_rows') INTO here;
	RETURN QUERY SELECT many, sent, reason, here = there;
END $$;
SELECT a.* FROM (VALUES (832, 'live_limits'), (833, 'live_limits'), (832, 'live_limits WHERE id IN (SELECT id FROM live_limits GROUP BY id)'), (833, 'live_limits WHERE id IN (SELECT id FROM live_limits GROUP BY id)'),
	(831, 'live_limits HAVING count(*) > (SELECT min(id) FROM live_limits)'), (833, 'live_limits HAVING count(*) > (SELECT min(id) FROM live_limits)')) q (many, rest), averages(many, rest) a;
DROP FUNCTION averages;

-- a server that is dropped before the first FETCH from a cursor over a join
SELECT rsfed.register_server('limits_wh', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port') \g /dev/null
CREATE FOREIGN TABLE live_going (id int, k int) SERVER limits_wh OPTIONS (schema_name 'public', table_name 'live_limits');
BEGIN;
DECLARE c CURSOR FOR SELECT a.id FROM live_going a JOIN live_going b USING (k);
DROP SERVER limits_wh CASCADE;
FETCH 1 FROM c;
ROLLBACK;
SELECT count(*) FROM live_going a JOIN live_going b USING (k);
DROP SERVER limits_wh CASCADE;

SELECT rsfed.execute('wh', 'DROP TABLE live_limits, live_fat') \g /dev/null
DROP FOREIGN TABLE live_limits, live_generated, live_fat;
DROP TABLE local_rows;
DROP FUNCTION both_counts, nested, stays_for;
