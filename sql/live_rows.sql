-- For each row of rsfed.pushdown there is an example here, which Redshift computes if
-- the row is shipped, and which gives the answer of PostgreSQL over the same rows.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
SELECT rsfed.execute('wh', 'CREATE TABLE live_rows (id int, i2 smallint, i4 int, i8 bigint, n decimal(12,4), n38 decimal(38,10), b boolean, t varchar(40), c char(6), cc char(6), d date, ts timestamp, tz timestamptz, f double precision)') \g /dev/null
-- small values first, then extremes, BC, the end of time, both sides of a clock change, inner blanks, control characters, NULL
SELECT rsfed.execute('wh', $$INSERT INTO live_rows VALUES
	(1, 1, 10, 100, 1.5, 1.0000000001, true, 'a', 'a', 'a', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-03-31 01:59:59+01', 0.1),
	(2, -1, -10, -100, -1.5, -1.0000000001, false, 'B', 'B', 'B', '2024-02-29', '2024-02-29 00:00:00', '2024-03-31 03:00:00+02', -0.2),
	(3, 7, 3, 9, 0.0001, 0.0000000003, true, 'ab cd', 'ab cd', 'ab cd', '2024-01-31', '2024-01-31 00:00:00', '2023-10-29 02:30:00+02', 'NaN'),
	(4, 7, 3, 9, 2.2500, 2.25, false, 'Zürich', 'zz', 'zz', '2023-12-25', '2023-12-25 07:08:09.5', '2023-10-29 02:30:00+01', 2.5),
	(5, 1, 10, 100, 1.5, 1.5, NULL, 'a', 'a', 'A', '2024-12-30', '2024-12-30 12:00:00', '2024-03-31 00:59:59+00', 0.1),
	(6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(7, 32767, 2147483647, 9223372036854775807, 99999999.9999, 1234567890123456789012345678.0123456789, true, '日本', 'q', 'q', '9999-12-31', '9999-12-31 12:00:00', '2999-12-31 12:00:00+00', 1e300),
	(8, -32768, -2147483648, -9223372036854775807, -99999999.9999, -1234567890123456789012345678.0123456789, false, 'it''s \\ "x"', '', '', '0001-01-01', '0001-01-01 00:00:00', '1900-01-01 12:00:00+00', -1e300),
	(9, 0, 0, 0, 0, 0, true, '', 'A', 'B', '0044-03-15 BC', '0044-03-15 12:00:00 BC', '1970-01-01 00:00:00+00', 'Infinity')$$) \g /dev/null
CREATE FOREIGN TABLE live_rows (id int, i2 smallint, i4 int, i8 bigint, n numeric(12,4), n38 numeric(38,10), b boolean,
	t text OPTIONS (blank_safe 'on') COLLATE "C", c text OPTIONS (is_char 'on') COLLATE "C", cc char(6) OPTIONS (is_char 'on') COLLATE "C",
	d date, ts timestamp, tz timestamptz, f double precision) SERVER wh OPTIONS (schema_name 'public');
CREATE TABLE local_rows AS SELECT * FROM live_rows;
ANALYZE local_rows;
SELECT count(*) FROM local_rows WHERE f = 'NaN' OR d < '0001-01-01' OR i8 IS NULL;
\i test/include/compared.psql
-- both answers, or both errors
CREATE FUNCTION compared_or_failed(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE here text; there text;
BEGIN
	RETURN compared(query);
EXCEPTION WHEN OTHERS THEN
	BEGIN
		EXECUTE replace(query, '{t}', 'local_rows');
	EXCEPTION WHEN OTHERS THEN here := SQLSTATE;
	END;
	BEGIN
		EXECUTE replace(query, '{t}', 'live_rows');
	EXCEPTION WHEN OTHERS THEN there := SQLSTATE;
	END;
	RETURN CASE WHEN here = there THEN 'same error ' || here ELSE format('DIFFERENT: error %s instead of %s', there, here) END;
END $$;

CREATE TEMPORARY TABLE example (kind text, item text, query text);
-- operators: each column of one class with each of the other, and with extreme constants of the other
CREATE TEMPORARY TABLE operand (class text, term text);
INSERT INTO operand VALUES ('integer', 'i2'), ('integer', 'i4'), ('integer', 'i8'), ('integer', '7'), ('integer', '2147483648'), ('numeric', 'n'), ('numeric', 'n38'), ('numeric', '1.50'), ('numeric', '-0.0001'),
	('boolean', 'b'), ('boolean', 'true'), ('text', 't'), ('text', 'c'), ('text', '''a'''), ('text', '''Zürich'''), ('text', ''''''), ('char', 'cc'), ('char', '''a''::char(6)'),
	('date', 'd'), ('date', '''2024-01-31''::date'), ('date', '''0044-03-15 BC''::date'), ('timestamp', 'ts'), ('timestamp', '''2024-01-31''::timestamp'), ('timestamp', '''9999-12-31 12:00''::timestamp'),
	('timestamptz', 'tz'), ('timestamptz', '''2024-03-31 01:00:00+00''::timestamptz');
WITH item AS (
	SELECT p.item, o.op, m[2] AS "left", m[3] AS "right"
	FROM rsfed.pushdown p, regexp_match(p.item, '^(.*) \((\w+), (\w+)\)$') m, regexp_split_to_table(m[1], ' ') o (op)
	WHERE p.kind = 'operator' AND p.shipped <> 'no'
	UNION ALL SELECT p.item, m[2], m[1], m[3] FROM rsfed.pushdown p, regexp_match(p.item, '^(\w+) (\S+) (\w+)$') m
	WHERE p.kind = 'operator' AND p.shipped <> 'no' AND m[2] !~ '~'
	UNION ALL SELECT p.item, m[1], NULL, m[2] FROM rsfed.pushdown p, regexp_match(p.item, '^(\S+) (\w+)$') m
	WHERE p.kind = 'operator' AND p.shipped <> 'no'),
term AS (
	SELECT i.item, i.op ~ '[=<>]' AS is_condition, format('%s %s %s', l.term, i.op, r.term) AS term
	FROM item i LEFT JOIN operand l ON l.class = i."left" JOIN operand r ON r.class = i."right"
	-- two constants are computed here, and a date has no sum with a bigint
	WHERE (i."left" IS NULL OR l.term IS NOT NULL) AND concat(l.term, '|', r.term) ~ '(^|\|)[a-z]\w*($|\|)'
		AND (i."left" IS DISTINCT FROM 'date' OR r.term NOT IN ('i8', '2147483648')))
INSERT INTO example SELECT 'operator', item, q FROM term, unnest(CASE WHEN is_condition THEN ARRAY[
		format('SELECT id FROM {t} WHERE %s', term), format('SELECT %s AS x, count(*) FROM {t} GROUP BY x', term), format('SELECT id FROM {t} WHERE id < 0 AND %s', term)]
	ELSE ARRAY[format('SELECT %s AS x, count(*) FROM {t} WHERE id <= 6 GROUP BY x', term), format('SELECT max(%s) FROM {t}', term), format('SELECT max(%s) FROM {t} WHERE id < 0', term)] END) q;
INSERT INTO example SELECT 'operator', item, format('SELECT id FROM {t} WHERE %s %s %L', c, CASE item WHEN 'text ~~ text' THEN 'LIKE' ELSE 'NOT LIKE' END, p)
FROM unnest('{text ~~ text,text !~~ text}'::text[]) item, unnest('{t,c}'::text[]) c, unnest('{a%,ab%,it''s%,B%,zz%,%,Z%}'::text[]) p;
-- functions: their values by groups; functions of date fields, for each field
INSERT INTO example SELECT 'function', item, format(q, e) FROM (VALUES
	('int4(integer)', 'i2::int'), ('int4(integer)', '(i8 % 1000)::int'), ('int8(integer)', 'i4::bigint'), ('int8(integer)', 'i2::bigint'), ('int2(integer)', '(i4 % 100)::smallint'),
	('numeric(integer)', 'i8::numeric'), ('numeric(integer)', 'i4::numeric'), ('timestamp(date)', 'd::timestamp'), ('date(timestamp)', 'ts::date'), ('abs(integer)', 'abs(i4 % 1000)'), ('abs(integer)', 'abs(i8)')) e (item, e),
	unnest(ARRAY['SELECT %s AS x, count(*) FROM {t} GROUP BY x', 'SELECT max(%s) FROM {t} WHERE id < 0']) q;
INSERT INTO example VALUES ('function', 'int4(integer)', 'SELECT i8::int AS x, count(*) FROM {t} GROUP BY x'), ('function', 'int2(integer)', 'SELECT i4::smallint AS x, count(*) FROM {t} GROUP BY x'), ('function', 'abs(integer)', 'SELECT max(abs(i4)) FROM {t}');
INSERT INTO example SELECT 'function', item, format('SELECT id FROM {t} WHERE %s %s %s', replace(replace(f, '#', field), '@', c), op, v)
FROM (VALUES ('date_part(text, timestamp)', 'date_part(''#'', @)', 'ts'), ('date_part(text, date)', 'date_part(''#'', @)', 'd'),
	('extract(text, timestamp)', 'extract(# FROM @)', 'ts'), ('extract(text, date)', 'extract(# FROM @)', 'd')) f (item, f, c),
	unnest('{year,quarter,month,day,doy,dow,hour,minute}'::text[]) field, unnest('{=,<,>}'::text[]) op, unnest('{2024,1,7,-43,31}'::text[]) v
WHERE NOT (c = 'd' AND field IN ('hour', 'minute'));
-- of floats, only NULL is examined there
INSERT INTO example SELECT 'function', item, replace(replace(q, '#', field), '@', c)
FROM (VALUES ('date_part(text, timestamp)', 'ts'), ('date_part(text, date)', 'd')) f (item, c), unnest('{year,quarter,month,day,doy,dow}'::text[]) field,
	unnest(ARRAY['SELECT id FROM {t} WHERE date_part(''#'', @) IS NULL', 'SELECT count(date_part(''#'', @)) FROM {t}']) q;
INSERT INTO example SELECT 'function', 'date_trunc(text, timestamp)', format('SELECT date_trunc(%L, ts) AS x, count(*) FROM {t} GROUP BY x', field) FROM unnest('{year,quarter,month,week,day,hour,minute,second}'::text[]) field;
-- aggregates: of all rows, of none, in groups, of NULLs only
INSERT INTO example SELECT 'aggregate', item, replace(q, '@', a) FROM (VALUES
	('count()', 'count(*)'), ('count(any)', 'count(f), count(t), count(tz)'), ('count(any)', 'count(DISTINCT i4), count(DISTINCT t)'), ('sum(integer)', 'sum(i2)'), ('sum(integer)', 'sum(i4)'), ('sum(integer)', 'sum(i8)'),
	('sum(numeric)', 'sum(n)'), ('sum(numeric)', 'sum(n38)'), ('avg(integer)', 'avg(i2), avg(i4)'), ('avg(integer)', 'avg(i8)'), ('avg(numeric)', 'avg(n)'), ('avg(numeric)', 'avg(n38)'),
	('min max(integer)', 'min(i2), max(i2), min(i4), max(i4), min(i8), max(i8)'), ('min max(numeric)', 'min(n), max(n), min(n38), max(n38)'), ('min max(date)', 'min(d), max(d)'), ('min max(timestamp)', 'min(ts), max(ts)'),
	('min max(timestamptz)', 'min(tz), max(tz)'), ('min max(text)', 'min(t), max(t), min(c), max(c)'), ('bool_and bool_or(boolean)', 'bool_and(b), bool_or(b)'), ('every(boolean)', 'every(b)'),
	('sum(integer)', 'sum(DISTINCT i2), sum(DISTINCT i8)'), ('sum(numeric)', 'sum(DISTINCT n)'), ('avg(integer)', 'avg(DISTINCT i4)'), ('avg(numeric)', 'avg(DISTINCT n) FILTER (WHERE b)'), ('min max(integer)', 'min(DISTINCT i4), bool_or(DISTINCT b)'),
	('bit_and bit_or(integer)', 'bit_and(i2), bit_or(i2), bit_and(i4), bit_or(i4), bit_and(i8), bit_or(i8)')) a (item, a),
	unnest(ARRAY['SELECT @ FROM {t}', 'SELECT @ FROM {t} WHERE id < 0', 'SELECT i2, @ FROM {t} GROUP BY i2', 'SELECT @ FROM {t} WHERE id = 6']) q;
-- variances and standard deviations: of values of all sizes, of one value, of none, with FILTER
INSERT INTO example SELECT 'aggregate', format('stddev stddev_samp stddev_pop variance var_samp var_pop(%s)', class), replace(replace(q, '@',
	'stddev(x), stddev_samp(x), stddev_pop(x), variance(x), var_samp(x), var_pop(x)'), '(x)', format('(%s)', x))
FROM (VALUES ('integer', 'i2'), ('integer', 'i4'), ('integer', 'i4 % 1000'), ('integer', 'i2 * 0 + 7'), ('numeric', 'n'), ('numeric', 'n * 2'), ('numeric', '-n'), ('numeric', 'i4::numeric'), ('numeric', 'CASE WHEN b THEN n END')) x (class, x),
	unnest(ARRAY['SELECT @ FROM {t}', 'SELECT @ FROM {t} WHERE id < 0', 'SELECT i2, @ FROM {t} GROUP BY i2', 'SELECT @ FROM {t} WHERE id = 6', 'SELECT @ FROM {t} WHERE id = 1', 'SELECT @ FROM {t} WHERE id IN (1, 3, 4)',
		'SELECT b, stddev(x) FILTER (WHERE n > 0), var_pop(x) FILTER (WHERE id < 0), count(*) FROM {t} GROUP BY b', 'SELECT 1 + stddev_pop(x) / 2 FROM {t} WHERE i4 BETWEEN -10 AND 10', 'SELECT i2, count(*) FROM {t} GROUP BY i2 HAVING stddev(x) > 0.1',
		'SELECT i2, @ FROM {t} WHERE i4 IN (SELECT max(i4) FROM {t} GROUP BY i2) GROUP BY i2', 'SELECT i2 + 1, q.v FROM (SELECT i2, variance(x) AS v FROM {t} GROUP BY i2) q']) q;
INSERT INTO example VALUES
	('clause', 'AND OR NOT', 'SELECT id FROM {t} WHERE (i4 = 10 AND b) OR NOT (n < 0 OR d > ''2024-01-31'')'),
	('clause', 'IS NULL', 'SELECT id FROM {t} WHERE f IS NULL OR t IS NOT NULL'),
	('clause', 'IS TRUE', 'SELECT id FROM {t} WHERE b IS NOT TRUE AND (i4 > 3) IS NOT UNKNOWN OR (n > 0) IS FALSE'),
	('clause', 'IN (list)', 'SELECT id FROM {t} WHERE i4 IN (10, 3, NULL) OR t IN (''a'', ''it''''s \ "x"'', ''日本'')'), ('clause', 'IN (list)', 'SELECT id FROM {t} WHERE n NOT IN (1.5, 0)'),
	('clause', 'IS DISTINCT FROM', 'SELECT id FROM {t} WHERE i4 IS DISTINCT FROM i2'), ('clause', 'IS DISTINCT FROM', 'SELECT id FROM {t} WHERE t IS NOT DISTINCT FROM c'),
	('clause', 'CASE', 'SELECT CASE WHEN b THEN i4 WHEN n > 0 THEN 5 END AS x, count(*) FROM {t} GROUP BY x'), ('clause', 'CASE', 'SELECT sum(CASE i2 WHEN 1 THEN n ELSE 0.0000 END) FROM {t}'),
	('clause', 'COALESCE', 'SELECT coalesce(i4, i2, -1) AS x, count(*) FROM {t} GROUP BY x'), ('clause', 'COALESCE', 'SELECT id FROM {t} WHERE coalesce(t, ''none'') = ''none'''),
	('clause', 'NULLIF', 'SELECT nullif(i4, 3) AS x, nullif(i8, i2) AS y, count(*) FROM {t} GROUP BY 1, 2'), ('clause', 'NULLIF', 'SELECT count(nullif(t, ''a'')), count(nullif(c, ''zz'')), count(nullif(cc, c)), sum(nullif(n, 1.5)), sum(nullif(n38, 0)), avg(nullif(i4, 0)), max(nullif(d, ''9999-12-31'')), min(nullif(ts, d)) FROM {t}'),
	('clause', 'NULLIF', 'SELECT id FROM {t} WHERE nullif(t, ''a'') = ''B'' OR nullif(b, false) OR nullif(cc, ''zz'') = ''q'' OR nullif(n, n38) < 0'),
	('clause', 'GREATEST, LEAST', 'SELECT greatest(i4, i2) AS x, least(i8, 5) AS y, least(i2, NULL) AS z, count(*) FROM {t} GROUP BY 1, 2, 3'), ('clause', 'GREATEST, LEAST', 'SELECT id FROM {t} WHERE greatest(d, ''2024-01-31'') = d AND least(ts, ''2024-01-31'') < ts OR least(tz, ''1970-01-01 00:00:00+00'') = tz'),
	('clause', 'GREATEST, LEAST', 'SELECT max(greatest(d, NULL)), min(least(ts, ts)), sum(least(i2, 0)) FROM {t}'),
	('clause', 'constants and parameters', 'SELECT id FROM {t} WHERE t = ''it''''s \ "x"'' OR n = 1.50 OR tz = ''2023-10-29 02:30:00+02'' OR d = ''2024-02-29'''), ('clause', 'constants and parameters', 'SELECT id FROM {t} WHERE d = ''0044-03-15 BC'''),
	('clause', 'WHERE', 'SELECT i4, t FROM {t} WHERE id > 3'), ('clause', 'WHERE', 'SELECT * FROM {t} WHERE id < 0'),
	('clause', 'INNER JOIN', 'SELECT a.id, b.id FROM {t} a JOIN {t} b ON a.i4 = b.i4 AND a.b'), ('clause', 'INNER JOIN', 'SELECT a.id, b.t FROM {t} a JOIN {t} b ON a.t = b.c WHERE b.id < 0'),
	('clause', 'LEFT, RIGHT JOIN', 'SELECT a.id, b.id, b.t FROM {t} a LEFT JOIN {t} b ON a.i4 = b.i2 AND b.n > 0'), ('clause', 'LEFT, RIGHT JOIN', 'SELECT a.id, b.id FROM {t} a RIGHT JOIN {t} b ON a.i4 = b.i2 AND a.b'),
	('clause', 'FULL JOIN', 'SELECT a.id, b.id FROM {t} a FULL JOIN {t} b ON a.i4 = b.i2'),
	('clause', 'EXISTS, IN (subquery)', 'SELECT id FROM {t} a WHERE NOT EXISTS (SELECT FROM {t} b WHERE b.i2 = a.i2 AND b.id <> a.id)'), ('clause', 'EXISTS, IN (subquery)', 'SELECT id FROM {t} WHERE i4 IN (SELECT i4 FROM {t} WHERE b)'),
	('clause', 'UNION, INTERSECT, EXCEPT', 'SELECT i4 FROM {t} WHERE b UNION SELECT i4 FROM {t} WHERE n > 0'), ('clause', 'UNION, INTERSECT, EXCEPT', 'SELECT t, d FROM {t} WHERE b UNION ALL SELECT t, d FROM {t} WHERE id > 4'),
	('clause', 'UNION, INTERSECT, EXCEPT', 'SELECT n, t FROM {t} EXCEPT SELECT n, t FROM {t} WHERE b'), ('clause', 'UNION, INTERSECT, EXCEPT', 'SELECT i2, ts FROM {t} INTERSECT SELECT i2, ts FROM {t} WHERE id <> 3'),
	('clause', 'subqueries in FROM, WITH', 'SELECT max(s), count(*) FROM (SELECT i2, sum(i4) AS s FROM {t} GROUP BY i2) q'), ('clause', 'subqueries in FROM, WITH', 'WITH w AS (SELECT i2, count(*) AS c FROM {t} GROUP BY i2) SELECT c, count(*) FROM w GROUP BY c'),
	('clause', 'scalar subqueries', 'SELECT id FROM {t} WHERE i4 = (SELECT max(i4) FROM {t} WHERE b)'), ('clause', 'scalar subqueries', 'SELECT id FROM {t} a WHERE i4 = (SELECT max(b.i4) FROM {t} b WHERE b.i2 = a.i2)'),
	('clause', 'scalar subqueries', 'SELECT id FROM {t} WHERE i4 < (SELECT max(i4) FROM {t} WHERE id < 0)'),
	('clause', 'correlated subqueries', 'SELECT id, (SELECT min(b.t) FROM {t} b WHERE b.i2 = a.i2) FROM {t} a'),
	('clause', 'joins with what is not there', 'SELECT g, a.t FROM generate_series(1, 3) g LEFT JOIN {t} a ON a.i4 = g * 10 - 20'),
	('clause', 'GROUP BY', 'SELECT i2, n, b, d, ts, tz, t, c, count(*) FROM {t} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8'), ('clause', 'GROUP BY', 'SELECT i2, count(*) FROM {t} WHERE id < 0 GROUP BY i2'),
	('clause', 'HAVING', 'SELECT i2, count(*) FROM {t} GROUP BY i2 HAVING count(*) > 1 OR max(n) > 0'), ('clause', 'HAVING', 'SELECT sum(i4) FROM {t} WHERE id < 0 HAVING count(*) > 100'),
	('clause', 'FILTER', 'SELECT count(*) FILTER (WHERE b), sum(i4) FILTER (WHERE n > 0), avg(n) FILTER (WHERE id < 0) FROM {t}'),
	('clause', 'DISTINCT', 'SELECT DISTINCT i2, t, b FROM {t}'),
	('clause', 'ORDER BY with LIMIT', 'SELECT t, id FROM {t} ORDER BY t, id LIMIT 5'), ('clause', 'ORDER BY with LIMIT', 'SELECT id FROM {t} ORDER BY n DESC NULLS LAST, id LIMIT 2 OFFSET 1'), ('clause', 'ORDER BY with LIMIT', 'SELECT id FROM {t} ORDER BY d DESC, id LIMIT 0');

CREATE TEMPORARY TABLE outcome AS SELECT kind, item, query, compared_or_failed(query) AS result FROM example;
-- differences; a value out of range, or a division by zero, is an error in both
SELECT kind, item, query, result FROM outcome WHERE result !~ '^same(,| error 22)' ORDER BY 1, 2, 3;
-- rows that are shipped without an example that Redshift computed: add one above
SELECT p.kind, p.item FROM rsfed.pushdown p WHERE p.shipped <> 'no'
	AND NOT EXISTS (SELECT FROM outcome o WHERE (o.kind, o.item) = (p.kind, p.item) AND (o.result = 'same, there'
		-- these are asked for by what is here
		OR o.result = 'same, here' AND p.item IN ('correlated subqueries', 'joins with what is not there'))) ORDER BY 1, 2;
-- what stays: each such row has examples here, too, which are computed here, and are the same
CREATE TEMPORARY TABLE staying (kind text, item text, query text);
INSERT INTO staying SELECT 'operator', item, format('SELECT id FROM {t} WHERE %s', c) FROM (VALUES ('/ % (numeric, numeric)', 'n / 3 > 1 OR n % 2 = 1'), ('= <> < <= > >= (timestamp, timestamptz)', 'ts < tz'), ('= <> < <= > >= (date, timestamptz)', 'd >= tz'),
	('text || text', 't || c = ''aa'''), ('= <> < <= > >= + - * / (float, float)', 'f = f + 1'), ('= <> < <= > >= + - * / (float, float)', 'f > 1'), ('= <> < <= > >= + - * / (float, float)', 'f - f <> 0')) v (item, c);
INSERT INTO staying SELECT 'function', item, format('SELECT %s AS x, count(*) FROM {t} GROUP BY x', x) FROM (VALUES ('numeric(numeric, integer)', 'n::numeric(12,1)'), ('date_trunc(text, timestamptz)', 'date_trunc(''day'', tz)'), ('float8 float4(any)', 'i4::float8'),
	('float8 float4(any)', 'n::float4'), ('round(numeric, integer)', 'round(n, 1)'), ('upper lower(text)', 'upper(t)'), ('upper lower(text)', 'lower(c)'), ('now()', 'tz < now() + id * interval ''1 day''')) v (item, x);
INSERT INTO staying SELECT 'aggregate', item, format('SELECT i2, %s FROM {t} WHERE f < 1e10 GROUP BY i2', x) FROM (VALUES ('sum avg min max(float)', 'min(f), max(f)'), ('sum avg min max(float)', 'sum(f), avg(f)'), ('string_agg(text, text)', 'string_agg(t, '','' ORDER BY id)'), ('array_agg(any)', 'array_agg(i4 ORDER BY id)'),
	('stddev stddev_samp stddev_pop variance var_samp var_pop(float)', 'stddev(f), var_pop(f)')) v (item, x);
INSERT INTO staying VALUES ('clause', 'DISTINCT ON', 'SELECT DISTINCT ON (i2) i2, id FROM {t} ORDER BY i2, id'),
	('clause', 'GROUPING SETS, ROLLUP, CUBE', 'SELECT i2, b, count(*) FROM {t} GROUP BY CUBE (i2, b)'), ('clause', 'window functions', 'SELECT id, rank() OVER (PARTITION BY i2 ORDER BY n) FROM {t}'), ('clause', 'row comparisons', 'SELECT id FROM {t} WHERE (i2, i4) < (7, 3)'),
	('clause', 'json, jsonb', 'SELECT id FROM {t} WHERE to_jsonb(i4) = ''10'''), ('clause', 'whole rows, system columns', 'SELECT count(q) FROM {t} q WHERE q IS NOT NULL');
SELECT kind, item, query, compared_or_failed(query) AS result FROM staying WHERE compared_or_failed(query) <> 'same, here' ORDER BY 1, 2, 3;
-- EXPLAIN says of each why it stays
CREATE FUNCTION says_why(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || replace(query, '{t}', 'live_rows') LOOP
		IF line ~ '^ +Local: .*; see doc/pushdown.md$' THEN RETURN true; END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT kind, item, query FROM staying WHERE NOT says_why(query);
SELECT q AS query, says_why(q) FROM unnest(ARRAY['SELECT a.id, x FROM {t} a JOIN {t} x USING (id)', 'SELECT a.id, b.tableoid FROM {t} a JOIN {t} b USING (id)', 'SELECT a.id FROM {t} a JOIN {t} b USING (id) FOR UPDATE', 'SELECT i2 FROM {t} ORDER BY i2 FETCH FIRST 2 ROWS WITH TIES', 'SELECT i2 FROM {t} ORDER BY i2 OFFSET 2', 'SELECT i2 FROM {t} OFFSET 2']) q;
SELECT kind, item FROM rsfed.pushdown WHERE shipped = 'no' EXCEPT SELECT kind, item FROM staying;
SELECT kind, item FROM staying EXCEPT SELECT kind, item FROM rsfed.pushdown WHERE shipped = 'no';
-- of others they stay
SELECT q AS query, compared_or_failed(q) AS result FROM unnest(ARRAY['SELECT id FROM {t} WHERE greatest(n, n38) > 0', 'SELECT id FROM {t} WHERE least(t, c) = ''a''', 'SELECT id FROM {t} WHERE greatest(i2, i4, i8) > 3', 'SELECT id FROM {t} WHERE least(f, 1) < 0', 'SELECT id FROM {t} WHERE nullif(f, 1) > 0', 'SELECT id FROM {t} WHERE nullif(ts, tz) IS NULL',
	'SELECT nullif(t, ''a'') AS x, count(*) FROM {t} GROUP BY 1', 'SELECT min(nullif(t, ''a'')) FROM {t}', 'SELECT sum(nullif(n, 1.5) * 2) FROM {t}']) q;
-- examples without a row
SELECT DISTINCT kind, item FROM example EXCEPT SELECT kind, item FROM rsfed.pushdown WHERE shipped <> 'no';
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE result = 'same, there') > 900 AS most_there FROM outcome;

-- standard deviations of many groups: each is rounded once, although sqrt() has more digits
SELECT rsfed.execute('wh', 'CREATE TABLE live_spread (g int, i int, n decimal(14,3))') \g /dev/null
CREATE TABLE local_spread AS SELECT x % 1000 AS g, (x::bigint * x * x % 5003 - 1000)::int AS i,
	((x::bigint * 104723 % 1299709) * (x % 1000) / 7.0)::numeric(14,3) AS n FROM generate_series(1, 4000) x;
SELECT rsfed.execute('wh', 'INSERT INTO live_spread VALUES ' || string_agg(format('(%s, %s, %s)', g, i, n), ', ')) FROM local_spread \g /dev/null
CREATE FOREIGN TABLE live_spread (g int, i int, n numeric(14,3)) SERVER wh OPTIONS (schema_name 'public');
SELECT count(*) > 10 AS it_matters FROM (SELECT stddev(i) AS s, variance(i) AS v FROM local_spread GROUP BY g) q WHERE s <> round(sqrt(v), scale(v));
SELECT count(*) AS groups, count(*) FILTER (WHERE here IS DISTINCT FROM there) AS different FROM
	(SELECT g, (stddev(i), stddev_pop(i), variance(i), var_pop(i), stddev(n), stddev_pop(n), variance(n), var_pop(n))::text AS here FROM local_spread GROUP BY g) h
	FULL JOIN (SELECT g, row(stddev(i), stddev_pop(i), variance(i), var_pop(i), stddev(n), stddev_pop(n), variance(n), var_pop(n))::text AS there FROM live_spread GROUP BY g) t USING (g);
EXPLAIN (VERBOSE, COSTS off) SELECT g, stddev(i), var_pop(n) FILTER (WHERE i > 0) FROM live_spread GROUP BY g;
-- computed here: squares with too many digits
EXPLAIN (VERBOSE, COSTS off) SELECT stddev(i::bigint) FROM live_spread;
EXPLAIN (VERBOSE, COSTS off) SELECT variance(n * n) FROM live_spread;
SELECT error_of('SELECT rsfed.pushed(''SELECT variance(DISTINCT i) AS v FROM live_spread'')');
SELECT error_of('SELECT rsfed.pushed(''SELECT g, stddev(i) AS s FROM live_spread GROUP BY g'')');

DROP FOREIGN TABLE live_rows, live_spread;
DROP TABLE local_spread;
SELECT rsfed.execute('wh', 'DROP TABLE live_spread') \g /dev/null
DROP TABLE local_rows, example, operand, outcome, staying;
DROP FUNCTION compared, compared_or_failed, says_why;
SELECT rsfed.execute('wh', 'DROP TABLE live_rows') \g /dev/null
