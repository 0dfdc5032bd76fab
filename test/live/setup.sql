-- The two sides of the random comparison: schema far has foreign tables, schema
-- near has the same rows here, near_only is local for both.
SET client_min_messages = error;
DROP SCHEMA IF EXISTS far, near CASCADE;
DROP TABLE IF EXISTS near_only;
DROP FUNCTION IF EXISTS answer, plan_of, compared;
RESET client_min_messages;
CREATE SCHEMA far;
CREATE SCHEMA near;

-- One query on one side.  An error is told by its SQLSTATE and message.
CREATE FUNCTION answer(side text, query text, is_ordered boolean, prepared text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	wrapped text := format('SELECT array_agg(q::text%s)::text FROM (%s) q', CASE WHEN is_ordered THEN '' ELSE ' ORDER BY q::text COLLATE "C"' END, query);
BEGIN
	PERFORM set_config('search_path', side || ', public', true);
	IF prepared IS NULL THEN
		EXECUTE wrapped INTO result;
	ELSE
		EXECUTE format('PREPARE random_query (%s) AS %s', prepared, wrapped);
		EXECUTE format('EXECUTE random_query (%s)', given) INTO result;
		DEALLOCATE random_query;
	END IF;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'random_query') THEN
		DEALLOCATE random_query;
	END IF;
	RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
END $$;

-- The plan over the foreign tables.
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	PERFORM set_config('search_path', 'far, public', true);
	FOR line IN EXECUTE 'EXPLAIN (COSTS off, VERBOSE) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END $$;

-- The verdict, and what is told of it if the answers differ.  "settings" is set for
-- both sides.
CREATE FUNCTION compared(query text, is_ordered boolean, prepared text, given text, settings text)
	RETURNS TABLE (verdict text, seconds float8, told text) LANGUAGE plpgsql AS $$
DECLARE
	here text;
	there text;
	plan text := '';
BEGIN
	seconds := extract(epoch FROM clock_timestamp());
	EXECUTE settings;
	here := answer('near', query, is_ordered, prepared, given);
	there := answer('far', query, is_ordered, prepared, given);
	IF prepared IS NULL AND coalesce(here, '') NOT LIKE 'error %' THEN
		plan := plan_of(query);
	END IF;
	verdict := CASE
		WHEN here IS NOT DISTINCT FROM there AND here LIKE 'error %' THEN 'same error'
		WHEN here IS NOT DISTINCT FROM there AND plan = '' THEN 'same'
		WHEN here IS NULL AND there IS NULL THEN 'same, no rows'
		WHEN here IS NOT DISTINCT FROM there AND plan ~ '^Foreign Scan' AND plan !~ '\n\s+Filter:' THEN 'same, one statement'
		WHEN here IS NOT DISTINCT FROM there THEN 'same, in parts'
		WHEN here LIKE 'error %' AND left(there, 11) = left(here, 11) THEN 'same error'
		WHEN there LIKE 'error 0A000 %' THEN 'refused'
		-- Redshift has 38 digits, which doc/pushdown.md says
		WHEN there LIKE 'error % Numeric data overflow%' THEN 'refused'
		-- which condition PostgreSQL looks at first is open, and so which row fails one
		WHEN here LIKE 'error 22%' THEN 'error only here'
		ELSE 'DIFFERENT' END;
	IF verdict IN ('DIFFERENT', 'refused') THEN
		told := concat_ws(E'\n', query, 'given: ' || given, 'settings: ' || settings,
			'here:  ' || coalesce(left(here, 2000), 'NULL'), 'there: ' || coalesce(left(there, 2000), 'NULL'), plan);
	END IF;
	seconds := extract(epoch FROM clock_timestamp()) - seconds;
	RETURN NEXT;
END $$;
