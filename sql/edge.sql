-- Extreme values: NULL for every argument of every function, times and
-- intervals far away, empty names; and the state after a change that fails.
\i test/include/warehouse.psql
SET search_path = public;
SET timezone = 'UTC';

-- The error of a call with these arguments; its changes are rolled back.
CREATE FUNCTION edge_outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = 'it ran';
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'ZZZZZ' THEN SQLERRM ELSE SQLSTATE || ': ' || SQLERRM END;
END $$;
-- only NULLs: each function names the argument that it needs, or accepts NULL as "not specified"
SELECT f.name, edge_outcome(format(CASE WHEN p.prokind = 'p' THEN 'CALL %s(%s)' WHEN p.prorettype = 'record'::regtype AND p.proallargtypes IS NULL
		THEN 'SELECT * FROM %s(%s) AS t (a int)' ELSE 'SELECT * FROM %s(%s)' END,
	p.oid::regproc, (SELECT string_agg(CASE t WHEN 'anyelement'::regtype THEN 'NULL::pg_catalog.int4' ELSE 'NULL::' || t::regtype END, ', ' ORDER BY n)
		FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)))) AS outcome
FROM pg_proc p, LATERAL (SELECT regexp_replace(p.oid::regprocedure::text, '^rsfed\.', '') AS name) f
WHERE p.pronamespace = 'rsfed'::regnamespace AND p.pronargs > 0
ORDER BY f.name COLLATE "C";

-- no max_age is too long, as in rsfed.freshness
SELECT rsfed.define_rollup('edge', 'wh', 'SELECT k, sum(n) AS n FROM kv GROUP BY k', max_age => '178000000 years');
SELECT state, is_late, max_age FROM rsfed.freshness WHERE relation = 'edge'::regclass;
SELECT rsfed.require_fresh('edge'), rsfed.require_fresh('edge', '2147483647 days'), rsfed.require_fresh('edge', '1 month -29 days');
SELECT split_part(error_of(format('SELECT rsfed.require_fresh(%L, %L)', 'edge', i)), E'\n', 1) FROM unnest(ARRAY['0', '-178000000 years', '1 month -31 days']) i;

-- a password that is valid until infinity has not expired
SELECT error_of(format('SELECT rsfed.set_credentials(%L, %L, %L, for_role => %L, valid_until => %L, verify => false)', 'wh', 'u', 'p', 'public', t))
FROM unnest(ARRAY['-infinity', '0044-03-15 12:00:00+00 BC']) t;
SELECT valid_until FROM rsfed.credentials WHERE server = 'wh' AND for_role = 'public';
SELECT rsfed.set_credentials('wh', 'u', 'p', for_role => 'public', valid_until => '0001-01-01 00:00:00+00 BC', verify => false);
SELECT valid_until FROM rsfed.credentials WHERE server = 'wh' AND for_role = 'public';
SELECT rsfed.set_credentials('wh', 'u', 'p', for_role => 'public', valid_until => '294276-12-31 23:59:59+00', verify => false);
SELECT valid_until FROM rsfed.credentials WHERE server = 'wh' AND for_role = 'public';
SELECT rsfed.set_credentials('wh', 'u', 'p', for_role => 'public', valid_until => 'infinity', verify => false);
SELECT valid_until FROM rsfed.credentials WHERE server = 'wh' AND for_role = 'public';
DROP USER MAPPING FOR public SERVER wh;

-- invalid names
SELECT error_of($$SELECT rsfed.register_server('', 'localhost', 'dev', 'u', verify => false)$$);
SELECT error_of($$SELECT rsfed.define_group('')$$);

-- a changed definition that fails is rolled back, and the rollup is not failing
SELECT error_of($$SELECT rsfed.alter_rollup('edge', query => 'SELECT k, sum(n) / 0 AS n FROM kv GROUP BY k')$$);
SELECT error_of($$SELECT rsfed.alter_rollup('edge', options => '{"min_rows": 1000000}')$$);
DO $$ BEGIN
	WHILE (SELECT count(*) < 3 FROM rsfed.runs WHERE relation = 'edge'::regclass) LOOP PERFORM pg_sleep(0.1); END LOOP;
END $$;
SELECT trigger, status, message, note FROM rsfed.runs WHERE relation = 'edge'::regclass ORDER BY run_id;
SELECT state, failures, failing_since, message FROM rsfed.freshness WHERE relation = 'edge'::regclass;
SELECT count(*) FROM rsfed.doctor() WHERE subject = 'public.edge';
-- a refresh that fails in a transaction is a failure of the rollup
SELECT action FROM rsfed.alter_rollup('edge', options => '{"min_rows": 1000000}', populate => false);
BEGIN;
CALL rsfed.refresh('edge');
ROLLBACK;
DO $$ BEGIN
	WHILE (SELECT count(*) < 4 FROM rsfed.runs WHERE relation = 'edge'::regclass) LOOP PERFORM pg_sleep(0.1); END LOOP;
END $$;
SELECT trigger, status, note FROM rsfed.runs WHERE relation = 'edge'::regclass ORDER BY run_id DESC LIMIT 1;
SELECT state, failures FROM rsfed.freshness WHERE relation = 'edge'::regclass;

SELECT rsfed.drop_rollup('edge');
DROP FUNCTION edge_outcome(text);
