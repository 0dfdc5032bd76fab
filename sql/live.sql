-- Live tables: what is read, what Redshift computes, and that the results are equal.
-- test/live runs random queries.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.execute('wh', 'CREATE TABLE live_rows (id int, i2 smallint, i4 int, i8 bigint, n decimal(12,4), n38 decimal(38,10),'
	' b boolean, t varchar(40), tb varchar(40), c char(6), d date, ts timestamp, tz timestamptz, f double precision, "Tag" int)');
SELECT rsfed.execute('wh', $$INSERT INTO live_rows VALUES
	(1, 1, 10, 100, 1.5, 1.0000000001, true, 'a', 'a', 'a', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-03-31 01:59:59+01', 0.1, 1),
	(2, -1, -10, -100, -1.5, -1.0000000001, false, 'B', 'a ', 'B', '2024-02-29', '2024-02-29 00:00:00', '2024-03-31 03:00:00+02', 0.2, 2),
	(3, 0, 0, 0, 0, 0, true, '', '', '', '1970-01-01', '1970-01-01 00:00:00', '1970-01-01 00:00:00+00', -0.3, 3),
	(4, 32767, 2147483647, 9223372036854775807, 99999999.9999, 1234567890123456789012345678.0123456789, false, 'Zürich', 'b', 'zz', '9999-12-31', '9999-12-31 12:00:00', '2999-12-31 12:00:00+00', 1e300, 4),
	(5, -32767, -2147483647, -9223372036854775807, -99999999.9999, -1234567890123456789012345678.0123456789, true, 'äöü', 'b  ', 'ab cd', '0001-01-01', '0001-01-01 00:00:00', '1900-01-01 12:00:00+00', -1e300, 5),
	(6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(7, 1, 10, 100, 1.5, 1.0000000001, true, 'a', 'A', 'a', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-03-31 01:59:59+01', 0.1, 1),
	(8, 7, 3, 9, 0.0001, 0.0000000003, false, 'it''s \\ "x"', 'x', 'q', '2023-12-25', '2023-12-25 07:08:09.5', '2023-10-29 02:30:00+02', 2.5, 7),
	(9, 7, NULL, 9, NULL, 0.5, NULL, 'B', 'x', NULL, '2023-12-25', NULL, '2023-10-29 02:30:00+01', NULL, 7)$$);
CREATE FOREIGN TABLE live_rows (id int, i2 smallint, i4 int, i8 bigint, n numeric(12,4), n38 numeric(38,10),
	b boolean, t text OPTIONS (blank_safe 'on') COLLATE "C", tb text COLLATE "C",
	c text OPTIONS (blank_safe 'on') COLLATE "C", d date, ts timestamp, tz timestamptz, f double precision,
	tag int OPTIONS (column_name 'Tag')) SERVER wh OPTIONS (schema_name 'public');
SELECT * FROM live_rows ORDER BY id;
CREATE TABLE local_rows AS SELECT * FROM live_rows;
ANALYZE local_rows;

\i test/include/compared.psql
CREATE FUNCTION compared_where(VARIADIC conditions text[]) RETURNS TABLE (condition text, result text) LANGUAGE sql AS $$
	SELECT c, compared('SELECT id FROM {t} WHERE ' || c) FROM unnest(conditions) WITH ORDINALITY u (c, o) ORDER BY o $$;
CREATE FUNCTION compared_select(VARIADIC lists text[]) RETURNS TABLE (list text, result text) LANGUAGE sql AS $$
	SELECT l, compared('SELECT ' || replace(l, 'GROUP BY', 'FROM {t} GROUP BY') || CASE WHEN l ~ 'GROUP BY' THEN '' ELSE ' FROM {t}' END)
	FROM unnest(lists) WITH ORDINALITY u (l, o) ORDER BY o $$;

-- operators: each pair of classes
SELECT * FROM compared_where('i4 = 10', 'i4 <> 10', 'i2 < i4', 'i4 <= i8', 'i8 > i2', 'i8 >= 9', 'i4 = -10', 'i8 = 9223372036854775807', 'i2 = -32767::smallint',
	'n = 1.5', 'n <> 1.50', 'n < n38', 'n <= 0', 'n > -1.50000', 'n38 >= 1234567890123456789012345678.0123456789', 'n = i4', 'n = 99999999.9999', 'n > ''NaN''',
	'n38 < 9999999999999999999', 'n > -999999999.9999999999', 'n38 > 999999999999999999', 'n38 IN (9999999999999999999, 1.5)',
	'd = ''2024-02-29''', 'd <> ''2024-02-29''', 'd < ''2024-01-31''', 'd <= ts', 'd > ''infinity''', 'd >= ''0044-03-15 BC''',
	'ts = ''2024-01-31 23:59:59.999999''', 'ts < ''2024-01-31 23:59:59.999999''', 'ts > d', 'ts = d', 'ts <> d', 'ts < d', 'ts <= d', 'ts >= d', 'ts >= ''1970-01-01''',
	'd + 1 > ''2024-02-01''', 'd - 1 < ''2024-01-31''', 'd - ''2024-01-01''::date > 3', 'd = ts', 'd <> ts', 'd < ts', 'd >= ts',
	'tz = ''2024-03-31 01:00:00+00''', 'tz < ''2024-03-31 01:00:00+00''', 'tz > ts', 'tz <> ''2023-10-29 00:30:00+00''', 'tz >= now()', 'd < current_date',
	'b', 'NOT b', 'b = true', 'b <> false', 'b IS TRUE', 'b IS NOT TRUE', 'b IS FALSE', 'b IS NOT FALSE', 'b IS UNKNOWN', 'b IS NOT UNKNOWN', 'b < true');
SELECT * FROM compared_where('t = ''a''', 't = ''a ''', 't <> ''B''', 't < ''a''', 't >= ''Zürich''', 't = ''''', 't = ''it''''s \ "x"''', 't IN (''a'', ''B'')', 't NOT IN (''a'', ''B'')', 't IN (''a'', NULL)',
	'tb = ''a''', 'tb = ''a ''', 'tb IN (''a'')', 't = c', 't > c', 'c = ''ab cd''', 't LIKE ''%ü%''', 't LIKE ''Z_rich%''', 't LIKE ''%ric_''', 't LIKE ''ab %''', 'c LIKE ''ab%''', 'c LIKE ''%d''', 'c NOT LIKE ''a%b%''', 't NOT LIKE ''a%''', 't LIKE ''%\\%''', 't ILIKE ''b''', 't = lower(t)', 't COLLATE "POSIX" < ''b''',
	'i4 IN (10, 3, NULL)', 'i4 NOT IN (10, 3)', 'i4 <> ALL (''{10, NULL}'')', 'i8 IN (9, 100)', 'n IN (1.5, 0)', 'd IN (''2024-01-31'', ''1970-01-01'')', 'i4 > ANY (''{3, 10}'')', 'f > 0', 'f IN (0.1)',
	'i4 IS NULL', 't IS NOT NULL', 'f IS NULL', 'tb IS NOT NULL', 'i4 IS DISTINCT FROM 10', 'i4 IS NOT DISTINCT FROM i2', 't IS DISTINCT FROM c', 'n IS DISTINCT FROM NULL', 'tb IS DISTINCT FROM ''a''',
	'i4 = 10 AND (b OR n < 0)', 'NOT (i4 = 10 OR i4 IS NULL)', 'CASE WHEN i4 > 0 THEN b ELSE n > 0 END', 'CASE i2 WHEN 1 THEN 5 WHEN 7 THEN 6 END = 5', 'COALESCE(i4, i2) = 7', 'COALESCE(t, ''none'') = ''none''', 'COALESCE(n, 0) = 0',
	'NULLIF(i4, 10) IS NULL', 'GREATEST(i4, i2) > 5', '(i4, i2) > (0, 0)', 'i4 % 4 = 2', 'i4 / 3 = 3', 'i2 * 2 = 14', 'i4 - i2 > 5', '- i4 = 10', 'n * n > 2', 'n38 * n38 > 2', 'n + 0.5 = 2', '- n > 1', 'n / 3 > 0.1', 'n - i4 < 0', 'n::numeric(12,1) = 1.5', 'abs(i4) = 10', 'i4::bigint = 10', 'i8::int = 9 AND id > 7', 'ts::date = d', 'd::timestamp = ts',
	'extract(year FROM d) = 2024', 'extract(month FROM ts) = 2', 'extract(epoch FROM ts) > 0', 'date_part(''hour'', ts) = 7', 'extract(dow FROM d) = 1', 'extract(doy FROM d) > 60', 'extract(quarter FROM ts) = 4', 'extract(minute FROM ts) = 8', 'extract(hour FROM tz) = 1', 'date_trunc(''month'', ts) = ''2024-01-01''', 'date_trunc(''week'', ts) = ''2024-01-29''', 'date_trunc(''decade'', ts) = ''2020-01-01''', 'date_trunc(''day'', tz) = ''2024-03-31''');
-- 64 bits, in which Redshift keeps up to 19 digits, do not hold every number of 19
SELECT rsfed.pushed('SELECT count(*) FROM live_rows WHERE n38 < 9999999999999999999 AND n38 > 999999999999999999.5 AND n < 99999999999999999.5');
EXPLAIN (VERBOSE, COSTS off) SELECT sum(CASE WHEN b THEN 999999999999999999 ELSE 0.5 END) FROM live_rows;
CREATE FUNCTION live_is_even(int) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT $1 % 2 = 0';
SELECT * FROM compared_where('live_is_even(id)');

-- aggregates, groups
SELECT * FROM compared_select('count(*)', 'count(f), count(t), count(DISTINCT i4), count(DISTINCT t)', 'count(DISTINCT tb)', 'sum(i2), sum(i4)', 'sum(i8)', 'sum(n), sum(n38)', 'avg(i2), avg(i4), avg(i8)', 'avg(n), avg(n38)',
	'min(i2), max(i4), min(i8), max(n), min(n38)', 'min(d), max(d), min(ts), max(ts), min(tz), max(tz)', 'min(t), max(t)', 'max(tb)', 'min(t COLLATE "C"), max(c)', 'bool_and(b), bool_or(b), every(b)', 'sum(f) FILTER (WHERE id NOT IN (4, 5)), avg(f) FILTER (WHERE id > 5)', 'max(f)', 'stddev(n), variance(i4)', 'string_agg(t, '','' ORDER BY id)', 'array_agg(id ORDER BY id)',
	'sum(i4) FILTER (WHERE i2 > 0), count(*) FILTER (WHERE b), avg(n) FILTER (WHERE i4 > 0), count(DISTINCT i2) FILTER (WHERE b)', 'sum(DISTINCT i4)', 'sum(n * (1 - n))', 'sum(n38 * n)', 'sum(CASE WHEN b THEN n END)', 'sum(CASE WHEN b THEN n ELSE 0 END)', 'sum(CASE WHEN b THEN 999999999999999999 ELSE 0.5 END)', 'sum(i2 + 1) * 2 + count(*), round(avg(n), 2)',
	'i2, count(*) GROUP BY i2', 'n, sum(i4) GROUP BY n', 'b, avg(n) GROUP BY b', 'd, ts, tz, count(*) GROUP BY d, ts, tz', 't, count(*) GROUP BY t', 'tb, count(*) GROUP BY tb', 'c, count(*) GROUP BY c', 'coalesce(c, t) AS x, count(*) GROUP BY x', 'min(coalesce(t, c))', 'f, count(*) GROUP BY f', 'extract(year FROM d) AS y, count(*) GROUP BY y', 'date_trunc(''month'', ts) AS m, sum(n) GROUP BY m', 'i2 + 1 AS x, (i2 + 1) * 2, max(n) GROUP BY x', 'i2 > 0 AS p, count(*) GROUP BY p', '1 AS one, count(*) GROUP BY one',
	'i2, count(*) GROUP BY i2 HAVING count(*) > 1', 'i2, avg(n) GROUP BY i2 HAVING avg(n) > 0', 'i2, count(*) GROUP BY i2 HAVING max(f) > 1', 'count(*) GROUP BY ()', 'i2, b, count(*) GROUP BY ROLLUP (i2, b)', 'i2, sum(count(*)) OVER (ORDER BY i2) GROUP BY i2', 'DISTINCT i2, b', 'DISTINCT tb', 'DISTINCT i2 + 1 AS x', 'DISTINCT count(*) GROUP BY i2', 'DISTINCT ON (i2) i2');
-- empty tables
SELECT compared('SELECT count(*), sum(i4), avg(n), min(d), bool_or(b), sum(i8) FROM {t} WHERE id < 0'), compared('SELECT i4, sum(i8) FROM {t} WHERE id < 0 GROUP BY i4'), compared('SELECT sum(i4) FROM {t} HAVING count(*) > 100');

-- LIMIT
SELECT q AS query, compared(q) FROM unnest(ARRAY[
	'SELECT id, i4 FROM {t} ORDER BY i4, id LIMIT 3', 'SELECT id FROM {t} ORDER BY n DESC, id DESC LIMIT 4', 'SELECT id FROM {t} ORDER BY n DESC NULLS LAST, id LIMIT 2 OFFSET 1',
	'SELECT t, id FROM {t} ORDER BY t, id LIMIT 5', 'SELECT tb FROM {t} ORDER BY tb, id LIMIT 3', 'SELECT id FROM {t} ORDER BY f, id LIMIT 3', 'SELECT id + 1 AS x FROM {t} WHERE i4 > 0 ORDER BY d DESC, id LIMIT 2',
	'SELECT i2, sum(n) AS s FROM {t} GROUP BY i2 ORDER BY s DESC, i2 LIMIT 2', 'SELECT i2, avg(n) AS a FROM {t} GROUP BY i2 ORDER BY a DESC, i2 LIMIT 2', 'SELECT DISTINCT i2 FROM {t} ORDER BY i2 DESC LIMIT 3', 'SELECT count(*) FROM {t} LIMIT 1', 'SELECT id FROM {t} ORDER BY id LIMIT 0',
	'SELECT id FROM {t} ORDER BY id FETCH FIRST 2 ROWS WITH TIES', 'SELECT id FROM {t} ORDER BY id DESC LIMIT (SELECT 2)', 'SELECT id FROM {t} ORDER BY i4 LIMIT NULL', 'SELECT i2, count(*) FROM {t} GROUP BY i2 ORDER BY count(*) DESC, i2 NULLS FIRST LIMIT 3']) q;

-- joins and subqueries
SELECT q AS query, compared(q) FROM unnest(ARRAY[
	'SELECT a.id, b.id FROM {t} a JOIN {t} b ON a.i4 = b.i4', 'SELECT a.id, b.id FROM {t} a LEFT JOIN {t} b ON a.i4 = b.i2 AND b.n > 0', 'SELECT a.id, b.id FROM {t} a LEFT JOIN {t} b ON a.i4 = b.i2 WHERE b.id IS NULL',
	'SELECT a.id, b.id FROM {t} a RIGHT JOIN {t} b ON a.i4 = b.i2 AND a.b', 'SELECT a.id, b.id FROM {t} a FULL JOIN {t} b ON a.i4 = b.i2', 'SELECT a.id, b.id FROM {t} a JOIN {t} b ON a.tb = b.tb', 'SELECT a.id, b.id FROM {t} a JOIN {t} b ON a.t = b.c', 'SELECT a.id, b.id FROM {t} a CROSS JOIN {t} b WHERE a.id < 3',
	'SELECT a.i2, count(b.id), sum(b.n) FROM {t} a LEFT JOIN {t} b ON a.id = b.i2 GROUP BY a.i2', 'SELECT a.id, b.id FROM {t} a JOIN {t} b ON a.id = b.id WHERE a.f > 0', 'SELECT a.id FROM {t} a LEFT JOIN (SELECT * FROM {t} WHERE i2 > 0) b ON a.id = b.id WHERE a.b',
	'SELECT id FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.i2 = a.id AND b.b)', 'SELECT id FROM {t} a WHERE NOT EXISTS (SELECT FROM {t} b WHERE b.i2 = a.id)', 'SELECT id FROM {t} WHERE i4 IN (SELECT i4 FROM {t} WHERE b)', 'SELECT id FROM {t} WHERE i4 NOT IN (SELECT i4 FROM {t} WHERE b)',
	'SELECT count(*) FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.i2 = a.id)', 'SELECT id FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.i2 > a.id)', 'SELECT id FROM {t} a WHERE NOT EXISTS (SELECT FROM {t} b WHERE b.i2 = a.i2 AND b.id > a.id)', 'SELECT id FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.i2 = a.i2 AND b.id <> a.id)', 'SELECT id FROM {t} a WHERE NOT EXISTS (SELECT FROM {t} b WHERE b.i2 = a.i2 AND b.i4 <> a.i4 AND b.b) AND EXISTS (SELECT FROM {t} b WHERE b.i2 = a.i2 AND b.t <> a.t)', 'SELECT id FROM {t} a WHERE EXISTS (SELECT FROM {t} b WHERE b.id <> a.id)', 'SELECT a.id, c.id FROM {t} a JOIN {t} c ON a.i2 = c.i2 WHERE EXISTS (SELECT FROM {t} b WHERE b.i4 = a.i4)', 'SELECT id FROM {t} WHERE n > (SELECT avg(n) FROM {t})', 'SELECT id, (SELECT max(b.id) FROM {t} b WHERE b.i2 = a.i2) FROM {t} a',
	'SELECT a.id, b.id, c.id FROM {t} a LEFT JOIN {t} b ON a.i4 = b.i4 LEFT JOIN {t} c ON b.i2 = c.i2 AND c.b WHERE a.id > 2', 'SELECT a.id FROM {t} a LEFT JOIN {t} b ON a.id = b.i2 LEFT JOIN {t} c ON b.id = c.id WHERE c.i4 IS NULL', 'SELECT id FROM {t} UNION SELECT i4 FROM {t}', 'SELECT a FROM {t} a WHERE i4 = 10', 'SELECT a, b.id FROM {t} a JOIN {t} b USING (id)', 'SELECT tableoid::regclass::text ~ ''_rows$'' FROM {t}', 'SELECT id FROM {t} WHERE false', 'SELECT count(*) FROM {t} WHERE (SELECT false)', 'SELECT a.id, x.m FROM {t} a, LATERAL (SELECT max(b.n) AS m FROM {t} b WHERE b.i2 = a.i2) x',
	'SELECT w.r, w.id FROM (SELECT id, rank() OVER (ORDER BY i4) AS r FROM {t}) w', 'WITH w AS MATERIALIZED (SELECT i2, sum(n) AS s FROM {t} GROUP BY i2) SELECT * FROM w JOIN {t} USING (i2)']) q;

-- expressions that have one value for all rows, known only at execution
SELECT q AS query, compared(q) FROM unnest(ARRAY['SELECT current_date AS x, count(*) FROM {t} GROUP BY 1', 'SELECT current_date AS x, count(*) FROM {t} WHERE id < 0 GROUP BY 1',
	'SELECT current_date AS x, i2, count(*) FROM {t} GROUP BY 1, 2 HAVING max(d) < current_date OR count(*) > 1', 'SELECT 7 AS x, count(*) FROM {t} WHERE id < 0 GROUP BY 1', 'SELECT DISTINCT current_date, i2 FROM {t}', 'SELECT DISTINCT current_date FROM {t} WHERE d < current_date',
	'SELECT i2, id FROM {t} ORDER BY 1 + 1, id DESC LIMIT 3', 'SELECT i2, id FROM {t} ORDER BY current_date, i2, id DESC LIMIT 3']) q;
PREPARE fixed (int, date) AS SELECT $1 AS x, count(*), min(d) FILTER (WHERE d < $2) FROM live_rows WHERE id > $1 GROUP BY 1;
PREPARE fixed_order (int) AS SELECT id, i2 FROM live_rows ORDER BY $1, id DESC LIMIT 3;
PREPARE fixed_distinct (int) AS SELECT DISTINCT $1 AS x, id > $1 AS y FROM live_rows ORDER BY 2;
SET plan_cache_mode = force_generic_plan;
EXECUTE fixed (2, '2024-01-01'); EXECUTE fixed (100, NULL); EXECUTE fixed_order (2); EXECUTE fixed_distinct (4);
RESET plan_cache_mode;
DEALLOCATE ALL;

-- values outside of the range of an integer type
SELECT error_of(format('SELECT id FROM %s WHERE id IN (2, 4) AND %s', t, c)), c FROM unnest(ARRAY['live_rows', 'local_rows']) t,
	unnest(ARRAY['i2 + i2 > 3', 'i4 * i2 < 0', 'i8 + id > 0', 'i2 + ''-2147483648''::int < 0', 'abs(i8 - i4 - 2147483649) > 0']) c ORDER BY c, t;

DROP FUNCTION compared_where, compared_select, compared, live_is_even;
DROP TABLE local_rows;
DROP FOREIGN TABLE live_rows;
SELECT rsfed.execute('wh', 'DROP TABLE live_rows');
