-- The first content of a rollup: frozen, indexed and analyzed; and what can go wrong.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.execute('wh', 'CREATE TABLE first_rows (k varchar(20), i int, n int)');
SELECT rsfed.execute('wh', 'INSERT INTO first_rows VALUES (''a'', 1, 1), (''b'', 2, 2), (''m'', 3, 3), (''z'', 4, 4), (NULL, NULL, 5)');
-- from 16 on some empty pages are added in advance
CREATE VIEW known AS SELECT relname, reltuples > 0 AS analyzed, relallvisible > 0 AND relpages - relallvisible < 64 AS frozen
	FROM pg_class WHERE relname LIKE 'first\_%' AND relkind = 'r' ORDER BY 1;

-- many rows, in more than one batch
SELECT rsfed.define_rollup('first_many', 'wh', 'SELECT k, v FROM big', key => ARRAY['k']);
SELECT count(*), count(DISTINCT k), sum(v) FROM first_many;
SELECT rsfed.define_rollup('first_primary', 'wh', 'SELECT i, n FROM first_rows WHERE i > 0', key => ARRAY['i'], options => '{"not_null": ["i"]}');
SELECT rsfed.define_rollup('first_unkeyed', 'wh', 'SELECT n FROM first_rows', method => 'replace');
SELECT rsfed.define_rollup('first_empty', 'wh', 'SELECT i, n FROM first_rows WHERE n < 0', key => ARRAY['i']);
-- sorted here
SELECT rsfed.define_rollup('first_float', 'wh', 'SELECT n / 2::float AS f, n FROM first_rows', key => ARRAY['f']);
TABLE known;
SELECT conname, contype FROM pg_constraint WHERE conrelid = 'first_primary'::regclass AND contype = 'p';
SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'first\_%' ORDER BY indexname;
CALL rsfed.refresh('first_many') \gset
\echo :status :rows_changed
CALL rsfed.refresh('first_empty') \gset
\echo :status :rows_changed

-- a ROLLBACK removes everything; a refresh in the same transaction updates frozen rows
BEGIN;
SAVEPOINT s;
SELECT rsfed.define_rollup('first_gone', 'wh', 'SELECT i, n FROM first_rows', key => ARRAY['i']);
ROLLBACK TO s;
SELECT to_regclass('first_gone');
SELECT rsfed.define_rollup('first_kept', 'wh', 'SELECT i, n FROM first_rows', key => ARRAY['i']);
SELECT rsfed.execute('wh', 'UPDATE first_rows SET n = n + 10 WHERE i = 1');
SET LOCAL client_min_messages = warning;
CALL rsfed.refresh('first_kept') \gset
\echo :status :rows_changed
COMMIT;
TABLE first_kept ORDER BY i;
-- inside an exception block the table belongs to that subtransaction
DO $$
BEGIN
	PERFORM rsfed.define_rollup('first_block', 'wh', 'SELECT i, n FROM first_rows', key => ARRAY['i']);
	RAISE EXCEPTION 'no';
EXCEPTION WHEN raise_exception THEN
	PERFORM rsfed.define_rollup('first_block', 'wh', 'SELECT i, n FROM first_rows', key => ARRAY['i']);
END $$;
SELECT count(*) FROM first_block;

-- a duplicate key in ordered rows, in unordered rows, and in rows sorted here; NULL counts as a value
SELECT rsfed.execute('wh', 'INSERT INTO first_rows VALUES (''m'', 3, 6), (NULL, NULL, 7), (NULL, NULL, 8)');
SELECT error_of($$SELECT rsfed.define_rollup('first_twice', 'wh', 'SELECT i, n FROM first_rows', key => ARRAY['i'])$$);
SELECT standin('FAULT replace_text ''a'' ''y''');
SELECT error_of($$SELECT rsfed.define_rollup('first_twice', 'wh', 'SELECT k, n FROM first_rows WHERE k IS NOT NULL', key => ARRAY['k'])$$);
SELECT error_of($$SELECT rsfed.define_rollup('first_twice', 'wh', 'SELECT k, n FROM first_rows WHERE k IS NULL OR k < ''c''', key => ARRAY['k'])$$);
SELECT standin('RESET');
SELECT error_of($$SELECT rsfed.define_rollup('first_twice', 'wh', 'SELECT i::float AS f, n FROM first_rows', key => ARRAY['f'])$$);
-- an unexpected order is accepted, and stored
SELECT standin('FAULT replace_text ''a'' ''y''');
SELECT rsfed.define_rollup('first_surprise', 'wh', 'SELECT k, sum(n) AS n FROM first_rows GROUP BY k');
SELECT standin('RESET');
TABLE first_surprise ORDER BY k;
SELECT r.relation_name, s.reason FROM rsfed_catalog.local_sort s JOIN rsfed_catalog.relation r USING (relation_id);
SELECT note FROM rsfed.runs ORDER BY run_id DESC LIMIT 1;
CALL rsfed.refresh('first_surprise') \gset
\echo :status :rows_changed
-- after an error in the middle there is neither a table nor a definition
SELECT standin('FAULT error XX000 ''node lost'' 2');
SELECT rsfed.define_rollup('first_error', 'wh', 'SELECT k, v FROM big', key => ARRAY['k']);
SELECT standin('RESET');
SELECT to_regclass('first_error'), count(*) FROM rsfed_catalog.relation WHERE relation_name = 'first_error';

-- first filled by a refresh: not frozen, but analyzed
SELECT rsfed.define_rollup('first_later', 'wh', 'SELECT k, v FROM big', key => ARRAY['k'], populate => false);
SELECT reltuples > 0 AS analyzed FROM pg_class WHERE relname = 'first_later';
CALL rsfed.refresh('first_later') \gset
\echo :status :rows_changed
SELECT reltuples > 0 AS analyzed, relallvisible FROM pg_class WHERE relname = 'first_later';
-- a default that reads the table sees the earlier rows
SELECT rsfed.define_rollup('first_places', 'wh', 'SELECT i, sum(n) AS n FROM first_rows GROUP BY i', populate => false);
CREATE FUNCTION next_place() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM public.first_places';
ALTER TABLE first_places ADD COLUMN place bigint DEFAULT next_place();
CALL rsfed.refresh('first_places') \gset
\echo :status :rows_changed
SELECT place FROM first_places ORDER BY place;

-- publications contain the first rows, too
SET client_min_messages = error;
CREATE PUBLICATION first_all FOR ALL TABLES;
RESET client_min_messages;
SELECT rsfed.define_rollup('first_published', 'wh', 'SELECT i, sum(n) AS n FROM first_rows GROUP BY i');
DROP PUBLICATION first_all;

DROP VIEW known;
DROP TABLE first_many, first_primary, first_unkeyed, first_empty, first_float, first_kept, first_block, first_surprise,
	first_later, first_places, first_published;
DROP FUNCTION next_place();
SELECT rsfed.execute('wh', 'DROP TABLE first_rows');
