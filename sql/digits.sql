-- Option float_digits: the digits of floats that count in comparisons.
\i test/include/warehouse.psql
SET search_path = public;
SET extra_float_digits = 1;
SELECT rsfed.execute('wh', 'CREATE TABLE reading (k integer, f double precision, r real, n integer)');
CREATE FUNCTION load(VARIADIC numbers text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM rsfed.execute('wh', 'DELETE FROM reading');
	FOR i IN 1 .. array_length(numbers, 1) LOOP
		PERFORM rsfed.execute('wh', format('INSERT INTO reading VALUES (%s, %s::double precision, %s, 0)', i, quote_nullable(numbers[i]),
			CASE WHEN abs(numbers[i]::float8) BETWEEN 1e-40 AND 1e30 OR numbers[i] ~ 'N|I|^-?0$' THEN quote_nullable(numbers[i]) || '::real' ELSE 'NULL' END));
	END LOOP;
END $$;
\set q 'SELECT k, f, r, n FROM reading'
-- invalid values
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, key => %L, options => %L)', 'd', 'wh', :'q', '{k}', o))
FROM unnest(ARRAY['{"float_digits": 0}', '{"float_digits": 18}', '{"float_digits": "many"}']) o;
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, method => %L, options => %L)', 'd', 'wh', :'q', 'replace', '{"float_digits": 6}'));

SELECT load('1.4999999', '-123456.4', '0', '-0', 'NaN', 'Infinity', '-Infinity', '1e300', '-1e-30', '5e-324', '9.999999', NULL, '1e-17', '1', '1');
SELECT rsfed.define_rollup('d', 'wh', :'q', key => '{k}', options => '{"float_digits": 6}');
-- values on both sides of a boundary of rounding; zeros; infinities and NaN
SELECT load('1.5000001', '-123456.1', '-0', '0', 'NaN', 'Infinity', '-Infinity', '1.0000004e300', '-1.000001e-30', '5e-324', '10.00001', NULL, '1.000001e-17', '1.000002', '0.9999991');
CREATE TABLE before AS TABLE d;
SELECT kind, key, local, remote FROM rsfed.compare('d');
CALL rsfed.refresh('d') \gset
\echo :status :rows_changed
SELECT count(*) FROM (TABLE d EXCEPT ALL TABLE before) x;
-- other numbers
SELECT load('1.50001', '123456.4', '1e-300', '-1e-17', '0', '1e300', 'Infinity', 'Infinity', '1e-30', '1e-323', '10.0002', '0', '-1e-17', 'NaN', NULL);
SELECT kind, key, (local->>'f')::float8 AS local, (remote->>'f')::float8 AS remote FROM rsfed.compare('d', max_rows => NULL);
CALL rsfed.refresh('d') \gset
\echo :status :rows_changed
SELECT k, f, r FROM d ORDER BY k;
SELECT key FROM rsfed.compare('d', max_rows => 0);
-- small steps do not add up: the stored value is compared
SELECT load('100');
CALL rsfed.refresh('d') \gset
SELECT load('100.0004');
CALL rsfed.refresh('d') \gset
\echo :status
SELECT load('100.0008');
CALL rsfed.refresh('d') \gset
\echo :status
SELECT f, r FROM d;
-- in a row that is updated because of another column, values that agree stay
SELECT load('100.0009');
SELECT rsfed.execute('wh', 'UPDATE reading SET n = 1');
SELECT kind, local, remote FROM rsfed.compare('d') WHERE kind = 'different';
CALL rsfed.refresh('d') \gset
\echo :status :rows_changed
SELECT f, n FROM d;
-- without the option, every bit counts
SELECT action FROM rsfed.alter_rollup('d', options => '{"float_digits": null}', populate => false);
CALL rsfed.refresh('d') \gset
\echo :status :rows_changed
SELECT f FROM d;
SELECT load('100');
CALL rsfed.refresh('d') \gset
-- one digit, and all digits
SELECT action FROM rsfed.alter_rollup('d', options => '{"float_digits": 1}', populate => false);
SELECT load('140');
CALL rsfed.refresh('d') \gset
\echo :status
SELECT load('151');
CALL rsfed.refresh('d') \gset
\echo :status
SELECT action FROM rsfed.alter_rollup('d', options => '{"float_digits": 17}', populate => false);
SELECT load('151.00000000000003');
CALL rsfed.refresh('d') \gset
\echo :status
-- the option does not apply to floats in the key
SELECT rsfed.drop_rollup('d');
SELECT rsfed.define_rollup('d', 'wh', 'SELECT f, k AS n FROM reading', key => '{f}', options => '{"float_digits": 3}');
SELECT load('151.01');
CALL rsfed.refresh('d') \gset
\echo :status :rows_changed
SELECT f FROM d;
SELECT rsfed.drop_rollup('d');
SELECT rsfed.execute('wh', 'DROP TABLE reading');
DROP TABLE before;
DROP FUNCTION load;
