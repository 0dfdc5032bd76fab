-- Values that are read without their input functions are the same as with them.
\i test/include/warehouse.psql
SET datestyle = ISO;
SET timezone = 'UTC';
SELECT rsfed.execute('wh', 'CREATE TABLE quick (n int, si smallint, i int, bi bigint, d date, ts timestamp, v varchar(30), de decimal(38,10), dn decimal(18,0))');
SELECT rsfed.execute('wh', $$INSERT INTO quick VALUES
	(1, -32768, -2147483648, -9223372036854775808, '0001-01-01', '0001-01-01 00:00:00', '', -123.4500000000, -1),
	(2, 32767, 2147483647, 9223372036854775807, '9999-12-31', '9999-12-31 23:59:59.999999', 'äöü €', 9999999999999999999999999999.9999999999, 999999999999999999),
	(3, 0, 0, 0, '2000-01-01', '2000-01-01 00:00:00', ' ', 0, 0),
	(4, -1, -1, -1, '1999-12-31', '1999-12-31 23:59:59.999999', 'a ', -0.0000000001, -7),
	(5, 7, 1000000, 999999999999999999, '2000-02-29', '2000-02-29 12:30:45.1', '12', 10000.0001, 10000),
	(6, 10, -10, -999999999999999999, '1900-02-28', '1900-02-28 01:02:03.012', 'x', 0.5, 100000000),
	(7, 1, 1, 1000000000000000000, '2024-02-29', '2024-02-29 00:00:00.000001', 'x', 12345678.9, 99999999),
	(8, 1, 1, 1, '0044-03-15 BC', '0044-03-15 12:00:00.5 BC', 'x', -1, 1),
	(9, 1, 1, 1, '12024-01-31', '12024-01-31 01:02:03', 'x', 100, 10),
	(10, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)$$);
SELECT * FROM rsfed.query('wh', 'SELECT n, si, i, bi, d, ts, v, de, dn FROM quick')
	AS t (n int, si smallint, i int, bi bigint, d date, ts timestamp, v text, de numeric, dn numeric) ORDER BY n;
-- equal, byte by byte, to the results of the input functions
SELECT count(*), count(*) FILTER (WHERE NOT record_image_eq(ROW(si, i, bi, d, ts, de, dn),
	ROW(sit::smallint, it::int, bit::bigint, dt::date, tst::timestamp, det::numeric, dnt::numeric))) AS different
FROM rsfed.query('wh', 'SELECT si, i, bi, d, ts, de, dn, si::varchar(40), i::varchar(40), bi::varchar(40), d::varchar(40), ts::varchar(40), de::varchar(60), dn::varchar(60) FROM quick')
	AS t (si smallint, i int, bi bigint, d date, ts timestamp, de numeric, dn numeric, sit text, it text, bit text, dt text, tst text, det text, dnt text);
SELECT count(*), count(*) FILTER (WHERE NOT record_image_eq(ROW(x), ROW(xt::numeric))) AS different
FROM rsfed.query('wh', 'SELECT x, x::varchar(60) FROM (SELECT ((salesid - 2500) * 7919.0007)::decimal(18,6) AS x FROM trade) AS q') AS t (x numeric, xt text);
-- other values are refused as usual
SELECT standin('FAULT replace_text ''2000-02-29'' ''2001-02-29''');
SELECT error_of($$SELECT d FROM rsfed.query('wh', 'SELECT d FROM quick WHERE n = 5') AS t (d date)$$);
SELECT error_of($$SELECT ts FROM rsfed.query('wh', 'SELECT ts FROM quick WHERE n = 5') AS t (ts timestamp)$$);
SELECT standin('RESET');
SELECT standin('FAULT replace_text ''12:30'' ''24:00''');
SELECT error_of($$SELECT ts FROM rsfed.query('wh', 'SELECT ts FROM quick WHERE n = 5') AS t (ts timestamp)$$);
SELECT standin('RESET');
SELECT standin('FAULT replace_text ''1000000'' ''10x''');
SELECT error_of($$SELECT i FROM rsfed.query('wh', 'SELECT i FROM quick WHERE n = 5') AS t (i int)$$);
SELECT standin('RESET');
SELECT standin('FAULT bad_utf8');
SELECT error_of($$SELECT v FROM rsfed.query('wh', 'SELECT v FROM quick WHERE n = 5') AS t (v text)$$);
SELECT standin('RESET');
SELECT rsfed.execute('wh', 'DROP TABLE quick');
