-- Merging rows as they arrive, in Redshift's order of the key.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.execute('wh', 'CREATE TABLE streamed (k varchar(20), i int, d date, n int)');
SELECT rsfed.execute('wh', 'INSERT INTO streamed VALUES (''Anna'', 1, ''2024-01-01'', 1), (''anna'', 2, ''2024-01-02'', 2),'
	' (''m'', 3, NULL, 3), (''äöü'', 4, ''2024-01-04'', 4), (NULL, 5, ''2024-01-05'', 5), (''z'', NULL, NULL, 6)');
CREATE VIEW sorted_here AS SELECT r.relation_name, s.definition, s.reason
	FROM rsfed_catalog.local_sort s JOIN rsfed_catalog.relation r USING (relation_id) ORDER BY 1;
CREATE VIEW last_run AS SELECT status, rows_received, rows_inserted, rows_updated, rows_deleted, note, message
	FROM rsfed.runs ORDER BY run_id DESC LIMIT 1;

-- texts, NULL, two columns, several types: the expected order, and no note
SELECT rsfed.define_rollup('by_text_key', 'wh', 'SELECT k, sum(n) AS n FROM streamed GROUP BY k; -- the end');
SELECT rsfed.define_rollup('by_two', 'wh', 'WITH w AS (SELECT * FROM streamed) SELECT d, i, sum(n) AS n FROM w GROUP BY d, i');
SELECT rsfed.define_rollup('by_union', 'wh', 'SELECT i, n FROM streamed UNION SELECT i + 10, n FROM streamed WHERE i < 3', key => ARRAY['i']);
TABLE by_text_key ORDER BY k COLLATE "C";
TABLE by_two ORDER BY d, i;
TABLE by_union ORDER BY i;
-- a query with ORDER BY or LIMIT, floats, booleans: sorted here from the beginning
SELECT rsfed.define_rollup('by_limit', 'wh', 'SELECT i, n FROM streamed ORDER BY n DESC LIMIT 3', key => ARRAY['i']);
TABLE by_limit ORDER BY i;
SELECT rsfed.define_rollup('by_float', 'wh', 'SELECT n / 2::float AS f, i > 2 AS b, sum(n) AS n FROM streamed GROUP BY 1, 2');
SELECT * FROM by_float ORDER BY f;
-- an index of the owner in another direction
DROP INDEX by_two_d_i_idx;
CREATE UNIQUE INDEX ON by_two (i DESC NULLS LAST, d);
SELECT rsfed.execute('wh', 'UPDATE streamed SET n = n + 10 WHERE i IN (1, 4)');
SELECT rsfed.execute('wh', 'DELETE FROM streamed WHERE i = 2');
SELECT rsfed.execute('wh', 'INSERT INTO streamed VALUES (''new'', 9, ''2024-02-01'', 9)');
CALL rsfed.refresh('by_two') \gset
\echo :status :rows_changed
CALL rsfed.refresh('by_text_key') \gset
\echo :status :rows_changed
TABLE by_two ORDER BY d, i;
TABLE sorted_here;

-- rows in an unexpected order are merged, and this is stored
SELECT standin('FAULT replace_text ''m'' ''A''');
CALL rsfed.refresh('by_text_key') \gset
\echo :status :rows_changed
SELECT standin('RESET');
TABLE by_text_key ORDER BY k COLLATE "C";
TABLE last_run;
TABLE sorted_here;
CALL rsfed.refresh('by_text_key') \gset
\echo :status :rows_changed
TABLE last_run;
-- a new definition is tried again
SELECT action, regexp_replace(detail, 'run \d+', 'run N') AS detail FROM rsfed.alter_rollup('by_text_key', query => 'SELECT k, sum(n) AS n FROM streamed WHERE i > 0 GROUP BY k');
SELECT count(*) FROM rsfed_catalog.local_sort s JOIN rsfed_catalog.rollup r USING (relation_id, definition);
-- the same inside a transaction block
BEGIN;
SELECT standin('FAULT replace_text ''m'' ''A''');
CALL rsfed.refresh('by_text_key') \gset
\echo :status :rows_changed
SELECT standin('RESET');
COMMIT;
TABLE sorted_here;
CALL rsfed.refresh('by_text_key') \gset
\echo :status :rows_changed

-- control characters and trailing blanks in a key
SELECT rsfed.execute('wh', 'CREATE TABLE odd_texts (k varchar(20), n int)');
SELECT rsfed.execute('wh', 'INSERT INTO odd_texts VALUES (''a'', 1), (''a'' || chr(9), 2), (''b'', 3)');
SELECT rsfed.define_rollup('by_control', 'wh', 'SELECT k, n FROM odd_texts', key => ARRAY['k']);
CALL rsfed.refresh('by_control') \gset
\echo :status :rows_changed
SELECT rsfed.execute('wh', 'DELETE FROM odd_texts WHERE n = 2');
SELECT rsfed.define_rollup('by_blank', 'wh', 'SELECT k, n FROM odd_texts', key => ARRAY['k']);
SELECT rsfed.execute('wh', 'INSERT INTO odd_texts VALUES (''a '', 4)');
CALL rsfed.refresh('by_blank') \gset
\echo :status :rows_changed
SELECT '"' || k || '"' AS k, n FROM by_blank ORDER BY n;
TABLE sorted_here;

-- a duplicate key in the middle of the stream, with the number of its rows; nothing changes
SELECT rsfed.define_rollup('by_number', 'wh', 'SELECT i, n FROM streamed', key => ARRAY['i']);
SELECT rsfed.execute('wh', 'UPDATE streamed SET n = 100 WHERE i = 1');
SELECT rsfed.execute('wh', 'INSERT INTO streamed SELECT k, 4, d, n FROM streamed WHERE i IN (4, 5)');
CALL rsfed.refresh('by_number');
TABLE by_number ORDER BY i;
SELECT rsfed.execute('wh', 'DELETE FROM streamed WHERE i = 4');
SELECT rsfed.execute('wh', 'INSERT INTO streamed VALUES (''n'', NULL, NULL, 7)');
CALL rsfed.refresh('by_number');
SELECT rsfed.execute('wh', 'DELETE FROM streamed WHERE i IS NULL');

-- an error, and an end of the connection, after some rows; more rows than allowed; a bad value
SELECT standin('FAULT error XX000 ''node lost'' 2');
CALL rsfed.refresh('by_number');
SELECT standin('RESET');
SELECT standin('FAULT cut_after_rows 2');
SELECT error_of($$CALL rsfed.refresh('by_number')$$);
SELECT rsfed.register_server('plain', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port', sslmode => 'disable');
SELECT error_of($$SELECT * FROM rsfed.query_json('plain', 'SELECT i FROM streamed')$$);
SELECT rsfed.drop_server('plain');
SELECT standin('RESET');
BEGIN;
SET LOCAL rsfed.max_result_rows = 2;
SELECT error_of($$CALL rsfed.refresh('by_number')$$);
COMMIT;
SELECT standin('FAULT replace_text ''9'' ''x''');
SELECT error_of($$CALL rsfed.refresh('by_number')$$);
SELECT standin('RESET');
TABLE by_number ORDER BY i;
CALL rsfed.refresh('by_number') \gset
\echo :status :rows_changed
TABLE by_number ORDER BY i;

DROP VIEW sorted_here, last_run;
DROP TABLE by_text_key, by_two, by_union, by_limit, by_float, by_control, by_blank, by_number;
SELECT count(*) FROM rsfed_catalog.local_sort;
SELECT rsfed.execute('wh', 'DROP TABLE streamed');
SELECT rsfed.execute('wh', 'DROP TABLE odd_texts');
