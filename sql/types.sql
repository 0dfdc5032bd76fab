-- Every type of Redshift arrives right: in a query, in JSON and in a rollup.
\i test/include/warehouse.psql
SET search_path = public;
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
SELECT column_name, data_type, redshift_type, note FROM rsfed.describe('wh', 'SELECT * FROM shapes');
\x on
SELECT * FROM rsfed.query('wh', 'SELECT * FROM shapes ORDER BY n')
	AS t (n int, si smallint, bi bigint, de numeric, re real, dp double precision, bo boolean, ch text, vc text,
	da date, ts timestamp, tz timestamptz, ti time, tt timetz, su jsonb, vb bytea, hl text, ge text, gg text,
	ym interval, ds interval);
SELECT jsonb_pretty(j) FROM rsfed.query_json('wh', 'SELECT * FROM shapes WHERE n = 1') j;
\x off

-- independent of the formats of dates and numbers in the session
SET datestyle = 'German';
SET intervalstyle = 'sql_standard';
SET timezone = 'America/New_York';
SET extra_float_digits = -10;
SELECT rsfed.define_rollup('shapes_here', 'wh', 'SELECT * FROM shapes', key => '{n}');
RESET extra_float_digits;
SET intervalstyle = 'postgres';
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
\d shapes_here
\x on
TABLE shapes_here ORDER BY n;
\x off
-- the same values again: nothing is written
CALL rsfed.refresh('shapes_here') \gset
\echo :status :rows_changed
SELECT rsfed.drop_rollup('shapes_here');

-- keys of other types than integers
SELECT rsfed.define_rollup('key_types', 'wh', 'SELECT vc, da, ts, de, bo, count(*) AS n FROM shapes GROUP BY vc, da, ts, de, bo');
SELECT rsfed.execute('wh', 'UPDATE shapes SET da = ''2024-03-01'' WHERE n = 1');
CALL rsfed.refresh('key_types') \gset
\echo :status :rows_changed
SELECT da, n FROM key_types ORDER BY da;
SELECT rsfed.execute('wh', 'UPDATE shapes SET da = ''2024-02-29'' WHERE n = 1');
SELECT rsfed.drop_rollup('key_types');

-- intervals of Redshift's own types
SELECT rsfed.execute('wh', 'CREATE TABLE spans (k integer, ym interval year to month, ds interval day to second)');
SELECT rsfed.execute('wh', $$INSERT INTO spans VALUES (1, interval '1 year 2 months', interval '1 day 02:03:04.5')$$);
SELECT column_name, data_type, redshift_type FROM rsfed.describe('wh', 'SELECT * FROM spans');
SELECT * FROM rsfed.query('wh', 'SELECT * FROM spans') AS t (k int, ym interval, ds interval);
SELECT rsfed.execute('wh', 'DROP TABLE spans');
