-- Arrays, structs and maps of a lake, and SUPER: read as JSON, and navigated here.
\i test/include/warehouse.psql
SET search_path = public;
SET client_min_messages = warning;
CREATE FUNCTION at(command text) RETURNS void LANGUAGE sql AS $$ SELECT rsfed.execute('wh', command) $$;
-- a string as Redshift reads it, and a field of a file
CREATE FUNCTION far(value text) RETURNS text LANGUAGE sql AS $$ SELECT '''' || replace(replace(value, '\', '\\'), '''', '''''') || '''' $$;
CREATE FUNCTION field(value jsonb) RETURNS text LANGUAGE sql AS $$ SELECT coalesce('"' || replace(value::text, '"', '""') || '"', '') $$;
SELECT ok FROM rsfed.drop_external_schema('wh', 'nested_lake', drop_database => true, cascade => true) \g /dev/null
SELECT ok FROM rsfed.create_external_schema('wh', 'nested_lake', 'nested_db', 'arn:aws:iam::123456789012:role/lake', options => '{"create_database": true}');
SELECT at($$CREATE EXTERNAL TABLE nested_lake.orders (id int, k int, name struct<given:string,family:string>, tags array<string>, prices map<int,decimal(30,3)>) STORED AS PARQUET LOCATION 's3://nested/orders/'$$) \g /dev/null

-- the same values in a local table, in a file of the lake, and in a table with SUPER
CREATE TABLE local_rows (id int, k int, name jsonb, tags jsonb, prices jsonb);
INSERT INTO local_rows VALUES (1, 1, '{"given": "John", "family": "Smith"}', '["a", "b"]', '{"1": 100.50, "2": 99.125}'),
	(2, 1, '{"given": "Zoë", "family": "Müller 日本"}', '[]', '{}'), (3, 2, NULL, NULL, NULL),
	(4, NULL, '{"given": null, "family": ""}', '[null, "", "a"]', '{"7": 123456789012345678901234567.125}'),
	(5, 3, '{"given": "{\"first\": \"Ann\"}", "family": "O''Neil \\ \"x\""}', '["[1, 2]", {"n": [true, {"m": -0.5}]}]', '{"9": 0.000}');
SELECT at('SELECT standin.put(''s3://nested/orders/part-0'', ' || far(string_agg(concat_ws(',', id, coalesce(k::text, ''), field(name), field(tags), field(prices)), E'\n' ORDER BY id)) || ')') FROM local_rows \g /dev/null
SELECT at('SELECT standin.put(''s3://nested/orders/part-1'', '''')') \g /dev/null
SELECT at('CREATE TABLE nested_super (id int, k int, name super, tags super, prices super)') \g /dev/null
SELECT at('INSERT INTO nested_super VALUES ' || string_agg(format('(%s, %s, %s, %s, %s)', id, coalesce(k::text, 'NULL'), coalesce('json_parse(' || far(name::text) || ')', 'NULL'),
	coalesce('json_parse(' || far(tags::text) || ')', 'NULL'), coalesce('json_parse(' || far(prices::text) || ')', 'NULL')), ', ')) FROM local_rows \g /dev/null
CREATE SCHEMA nested_lake;
SET client_min_messages = notice;
IMPORT FOREIGN SCHEMA nested_lake FROM SERVER wh INTO nested_lake;
SET client_min_messages = warning;
ALTER FOREIGN TABLE nested_lake.orders RENAME TO live_rows;
CREATE SCHEMA nested_super;
CREATE FOREIGN TABLE nested_super.live_rows (id int, k int, name jsonb, tags jsonb, prices jsonb) SERVER wh OPTIONS (schema_name 'public', table_name 'nested_super');

\i test/include/compared.psql
CREATE FUNCTION compared_both(query text, OUT lake text, OUT super text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', 'nested_lake, public', true);
	lake := compared(query);
	PERFORM set_config('search_path', 'nested_super, public', true);
	super := compared(query);
	PERFORM set_config('search_path', 'public', true);
END $$;
SELECT q AS query, c.* FROM unnest(ARRAY['SELECT * FROM {t}', 'SELECT id, tags FROM {t} WHERE k = 1', 'SELECT name FROM {t} WHERE id < 0', 'SELECT prices FROM {t} ORDER BY id LIMIT 2',
	'SELECT id FROM {t} WHERE tags IS NULL', 'SELECT id FROM {t} WHERE name IS NOT NULL AND k > 0', 'SELECT count(tags), count(*) FROM {t}', 'SELECT id FROM {t} WHERE tags @> ''["a"]''', 'SELECT id, name ->> ''family'' FROM {t} WHERE name ->> ''given'' = ''Zoë''',
	'SELECT id, p.* FROM {t}, jsonb_each(prices) p', 'SELECT a.id, b.name, a.tags FROM {t} a JOIN {t} b ON a.k = b.k', 'SELECT a.id, b.name FROM {t} a LEFT JOIN {t} b ON a.id = b.k WHERE b.id IS NULL', 'SELECT a.id, b.tags FROM {t} a LEFT JOIN {t} b ON a.id = b.k AND b.tags IS NOT NULL',
	'SELECT tags, count(*) FROM {t} GROUP BY tags', 'SELECT DISTINCT name -> ''given'' FROM {t}', 'SELECT q.tags FROM (SELECT k, tags FROM {t} ORDER BY id LIMIT 3) q WHERE k = 1', 'SELECT tags FROM {t} WHERE id IN (SELECT k FROM {t})',
	'SELECT tags FROM {t} UNION ALL SELECT tags FROM {t} WHERE k = 1', 'SELECT jsonb_array_length(tags) AS n, sum(k) FROM {t} GROUP BY n', 'SELECT coalesce(tags, ''[]'') FROM {t}', 'SELECT id FROM {t} WHERE CASE WHEN k = 1 THEN tags END IS NULL']) q, compared_both(q) c;
EXPLAIN (VERBOSE, COSTS off) SELECT id, name FROM nested_lake.live_rows WHERE tags IS NULL AND k = 2;
ANALYZE nested_lake.live_rows;
SELECT attname, round(null_frac::numeric, 1) AS null_frac FROM pg_stats WHERE schemaname = 'nested_lake' AND attname IN ('tags', 'id') ORDER BY 1;

-- other settings of the user: paths are shipped, whole values are not
SELECT * FROM rsfed.query('wh', 'SELECT n.id, n.name.family FROM nested_lake.orders n WHERE n.id = 1') AS q (id int, family text);
SELECT error_of('SELECT * FROM rsfed.query_json(''wh'', ''SELECT name FROM nested_lake.orders'')');
-- a value that is too long is NULL, as doc/live.md says
SELECT at('SELECT standin.put(''s3://nested/orders/part-1'', ' || far('6,6,,"[""' || repeat('x', 65535) || '""]",') || ')') \g /dev/null
SELECT id, tags FROM nested_lake.live_rows WHERE id = 6;
-- as json or text; values that jsonb cannot store
CREATE FOREIGN TABLE nested_text (id int, name text, tags json) SERVER wh OPTIONS (schema_name 'nested_lake', table_name 'orders');
SELECT * FROM nested_text WHERE id IN (2, 4) ORDER BY id;
SELECT at('SELECT standin.put(''s3://nested/orders/part-1'', ' || far('6,6,,"[""\u0000""]",') || ')') \g /dev/null
SELECT error_of('SELECT tags FROM nested_lake.live_rows');
SELECT tags FROM nested_text WHERE id = 6;

SELECT ok FROM rsfed.drop_external_schema('wh', 'nested_lake', drop_database => true, cascade => true);
SELECT at('DROP TABLE nested_super') \g /dev/null
DROP FOREIGN TABLE nested_text;
DROP SCHEMA nested_lake, nested_super CASCADE;
DROP TABLE local_rows;
DROP FUNCTION at, far, field, compared, compared_both;
