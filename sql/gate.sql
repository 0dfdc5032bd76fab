-- The gate: content that is not published.
\i test/include/warehouse.psql
SET search_path = public;
-- failures inside a transaction come into the history by the scheduler, some time
ALTER SYSTEM SET rsfed.scheduler = off;
SELECT pg_reload_conf();
SELECT rsfed.execute('wh', 'CREATE TABLE stock (item integer, qty integer)');
SELECT rsfed.execute('wh', 'INSERT INTO stock SELECT salesid, 10 FROM trade WHERE salesid BETWEEN 101 AND 200');
\set q '''SELECT item, sum(qty) AS qty FROM stock GROUP BY item'''
-- options that cannot be
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, options => %L)', 'g', 'wh', :q, o)) FROM unnest(ARRAY[
	'{"check": "SELECT 1"}', '{"check": "true); DELETE FROM pg_class; SELECT (true"}', '{"check": "true, false"}', '{"check": ""}', '{"check": "1"}',
	'{"check": "nothing > 1"}', '{"min_rows": -1}', '{"max_shrink_percent": 101}']) o;
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, method => %L, options => %L)', 'g', 'wh', :q, 'replace', '{"max_change_percent": 5}'));
-- the first content is judged too
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, options => %L)', 'g', 'wh', :q, '{"min_rows": 1000}'));
SELECT to_regclass('g');

SELECT rsfed.define_rollup('g', 'wh', :q, options => '{"min_rows": 50, "max_rows": 120, "max_shrink_percent": 20, "max_change_percent": 30,
	"check": "(SELECT sum(qty) FROM new_rows) >= 0.5 * (SELECT sum(qty) FROM old_rows) -- half of it"}');
CREATE TABLE before AS TABLE g;
CREATE VIEW differences AS (TABLE g EXCEPT ALL TABLE before) UNION ALL (TABLE before EXCEPT ALL TABLE g);
-- too few at once
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 175');
CALL rsfed.refresh('g');
SELECT status, sqlstate, message, detail, phase FROM rsfed.runs WHERE relation = 'g'::regclass ORDER BY run_id DESC LIMIT 1;
SELECT state, failures, sqlstate, message FROM rsfed.freshness WHERE relation = 'g'::regclass;
SELECT count(*) FROM differences;
-- inside a transaction
SELECT error_of($$CALL rsfed.refresh('g')$$);
-- the way past it
SET rsfed.ignore_gate = on;
CALL rsfed.refresh('g') \gset
\echo :status :rows_changed
SELECT status, note FROM rsfed.runs WHERE run_id = :run_id;
RESET rsfed.ignore_gate;
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
-- each of the others
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = qty + 1 WHERE item <= 130');
CALL rsfed.refresh('g');
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = 10');
SELECT rsfed.execute('wh', 'INSERT INTO stock SELECT salesid + 1000, 10 FROM trade WHERE salesid BETWEEN 101 AND 190');
CALL rsfed.refresh('g');
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 1000');
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = -700 WHERE item = 101');
CALL rsfed.refresh('g');
SELECT action FROM rsfed.alter_rollup('g', options => '{"max_shrink_percent": null, "max_change_percent": null, "min_rows": 70}', populate => false);
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = 10');
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 160');
CALL rsfed.refresh('g');
SELECT count(*) FROM g;
-- a failure is no refusal, and content that passes ends both
SELECT standin('FAULT cut_after_rows 3');
CALL rsfed.refresh('g');
SELECT standin('RESET');
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
SELECT action FROM rsfed.alter_rollup('g', options => '{"min_rows": null}', populate => false);
CALL rsfed.refresh('g') \gset
\echo :status :rows_changed
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
-- a check acts as the owner, and writes nothing
SELECT action FROM rsfed.alter_rollup('g', options => '{"check": "(SELECT count(*) FROM new_rows n JOIN old_rows o USING (item)) = (SELECT count(*) FROM old_rows) AND public.meddle()"}', populate => false);
CREATE FUNCTION meddle() RETURNS boolean LANGUAGE sql AS 'DELETE FROM public.g RETURNING true';
SELECT error_of($$CALL rsfed.refresh('g')$$);
SELECT count(*) FROM g;
DROP FUNCTION meddle;
-- replace is judged as well
SELECT rsfed.define_rollup('r', 'wh', 'SELECT item, sum(qty) AS qty FROM stock GROUP BY item', method => 'replace', options => '{"max_shrink_percent": 10, "check": "NOT EXISTS (SELECT FROM new_rows WHERE qty < 0)"}');
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 140');
CALL rsfed.refresh('r');
SELECT count(*) FROM r;
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
DROP VIEW differences;
DROP TABLE before;
SELECT rsfed.drop_rollup('g'), rsfed.drop_rollup('r');
SELECT rsfed.execute('wh', 'DROP TABLE stock');
