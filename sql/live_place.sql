-- Parameters with a value that Redshift does not have: they are compared by their place among
-- its values, in plans that know the value only at execution.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
SET plan_cache_mode = force_generic_plan;
SELECT rsfed.execute('wh', 'CREATE TABLE live_place (id int, n decimal(12,4), m decimal(38,37), w decimal(38,0), t varchar(20), c char(6), d date, ts timestamp, tz timestamptz)') \g /dev/null
SELECT rsfed.execute('wh', $$INSERT INTO live_place VALUES
	(1, 1.5, 1.5, 99999999999999999999999999999999999999, 'a', 'a', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-03-31 01:59:59+01'),
	(2, -1.5, -9.9999999999999999999999999999999999999, -99999999999999999999999999999999999999, 'a b', 'a b', '9999-12-31', '9999-12-31 12:00:00', '2999-12-31 12:00:00+00'),
	(3, 0.3333, 0.3333333333333333333333333333333333333, 0, '', '', '0001-01-01', '0001-01-01 00:00:00', '1900-01-01 12:00:00+00'),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, 0.3334, 0.3333333333333333333333333333333333334, 1, 'b', 'a!', '2024-02-01', '2024-01-31 00:00:00', '1970-01-01 00:00:00+00')$$) \g /dev/null
CREATE FOREIGN TABLE live_place (id int, n numeric(12,4), m numeric(38,37), w numeric(38,0), t text OPTIONS (blank_safe 'on') COLLATE "C", c text OPTIONS (is_char 'on') COLLATE "C",
	d date, ts timestamp, tz timestamptz) SERVER wh OPTIONS (schema_name 'public');
CREATE TABLE local_place AS TABLE live_place;
-- each operator with each value, on either side, negated, and in a group and a subquery, which are shipped
CREATE FUNCTION answers(side text, type text, value text, conditions text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE condition text; answer text; result text[] := '{}';
BEGIN
	FOREACH condition IN ARRAY conditions LOOP
		EXECUTE format('PREPARE placed (%s) AS %s', type, replace(condition, '{t}', side));
		EXECUTE format('EXECUTE placed (%L)', value) INTO answer;
		DEALLOCATE placed;
		result := result || coalesce(answer, 'NULL');
	END LOOP;
	RETURN result;
END $$;
CREATE TEMPORARY TABLE placed AS SELECT v.*, answers('live_place', type, value, q) AS there, answers('local_place', type, value, q) AS here
FROM (VALUES ('n', 'numeric', 'NaN'), ('n', 'numeric', '0.33333333333333333333333333333333333333333333'), ('n', 'numeric', '-1.50000000000000000000000000000000000000000001'), ('n', 'numeric', '1.50000000000000000000000000000000000000000000'), ('n', 'numeric', '1e40'), ('n', 'numeric', '-1e40'),
	('m', 'numeric', '0.33333333333333333333333333333333333334999'), ('m', 'numeric', '-8.00000000000000000000000000000000000010001'), ('m', 'numeric', '12345678901234567890.1234567890123456789012345'), ('w', 'numeric', '0.00000000000000000000000000000000000000001'), ('w', 'numeric', '99999999999999999999999999999999999998.5'),
	('t', 'text', 'a '), ('t', 'text', 'a  '), ('t', 'text', '  '), ('t', 'text', 'b '), ('c', 'text', 'a '), ('c', 'text', ' '), ('d', 'date', 'infinity'), ('d', 'date', '-infinity'), ('ts', 'timestamp', 'infinity'), ('ts', 'timestamp', '-infinity'),
	('tz', 'timestamptz', 'infinity'), ('tz', 'timestamptz', '-infinity')) v (name, type, value),
	LATERAL (SELECT array_agg(format(q, name, op)) AS q FROM unnest('{=,<>,<,<=,>,>=}'::text[]) op,
		unnest(ARRAY['SELECT array_agg(id ORDER BY id) FROM {t} WHERE %s %s $1', 'SELECT array_agg(id ORDER BY id) FROM {t} WHERE $1 %2$s %1$s', 'SELECT count(*) FROM {t} WHERE NOT (%s %s $1) OR id = 4',
			'SELECT sum(CASE WHEN %s %s $1 THEN 1 WHEN NOT (%1$s %2$s $1) THEN 10 ELSE 100 END) FROM {t}', 'SELECT count(*) FROM {t} a WHERE a.id IN (SELECT b.id FROM {t} b WHERE b.%s %s $1)']) q) q;
SELECT count(*) AS values, sum(cardinality(here)) AS queries FROM placed;
SELECT name, type, value, here, there FROM placed WHERE here <> there;
-- Redshift gets complete statements
PREPARE placed (numeric, text) AS SELECT count(*), sum(id) FROM live_place WHERE n < $1 AND $2 > t;
EXPLAIN (VERBOSE, COSTS off) EXECUTE placed ('NaN', 'a ');
EXECUTE placed ('NaN', 'b ');
-- values whose place is not known
SELECT error_of(q) FROM unnest(ARRAY['EXECUTE placed (1, E''a\t'')']) q;

DEALLOCATE placed;
DROP FOREIGN TABLE live_place;
DROP TABLE local_place, placed;
DROP FUNCTION answers;
SELECT rsfed.execute('wh', 'DROP TABLE live_place') \g /dev/null
