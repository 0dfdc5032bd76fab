-- The gate: content that is not published.
\i test/include/warehouse.psql
SET search_path = public;
-- the scheduler adds failures inside a transaction to the history, some time
\i test/include/stop_scheduler.psql
SELECT rsfed.execute('wh', 'CREATE TABLE stock (item integer, qty integer)');
SELECT rsfed.execute('wh', 'INSERT INTO stock SELECT salesid, 10 FROM trade WHERE salesid BETWEEN 101 AND 200');
\set q '''SELECT item, sum(qty) AS qty FROM stock GROUP BY item'''
-- invalid options
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, options => %L)', 'g', 'wh', :q, o)) FROM unnest(ARRAY[
	'{"check": "SELECT 1"}', '{"check": "true); DELETE FROM pg_class; SELECT (true"}', '{"check": "true, false"}', '{"check": ""}', '{"check": "1"}',
	'{"check": "nothing > 1"}', '{"min_rows": -1}', '{"max_shrink_percent": 101}']) o;
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, method => %L, options => %L)', 'g', 'wh', :q, 'replace', '{"max_change_percent": 5}'));
-- the first content is checked, too
SELECT error_of(format('SELECT rsfed.define_rollup(%L, %L, %L, options => %L)', 'g', 'wh', :q, '{"min_rows": 1000}'));
SELECT to_regclass('g');
-- the first content of an existing, empty rollup is checked, too
SELECT rsfed.define_rollup('g', 'wh', :q, options => '{"min_rows": 1000}', populate => false);
CALL rsfed.refresh('g');
SELECT rsfed.drop_rollup('g');

SELECT rsfed.define_rollup('g', 'wh', :q, options => '{"min_rows": 50, "max_rows": 120, "max_shrink_percent": 20, "max_change_percent": 30,
	"check": "(SELECT sum(qty) FROM new_rows) >= 0.5 * (SELECT sum(qty) FROM old_rows) -- half of it"}');
CREATE TABLE before AS TABLE g;
CREATE VIEW differences AS (TABLE g EXCEPT ALL TABLE before) UNION ALL (TABLE before EXCEPT ALL TABLE g);
-- too few rows at once
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 175');
CALL rsfed.refresh('g');
SELECT status, sqlstate, message, detail, phase FROM rsfed.runs WHERE relation = 'g'::regclass ORDER BY run_id DESC LIMIT 1;
SELECT state, failures, sqlstate, message FROM rsfed.freshness WHERE relation = 'g'::regclass;
SELECT count(*) FROM differences;
-- inside a transaction
SELECT error_of($$CALL rsfed.refresh('g')$$);
-- how to publish anyway
SET rsfed.ignore_gate = on;
CALL rsfed.refresh('g') \gset
\echo :status :rows_changed
SELECT status, note FROM rsfed.runs WHERE run_id = :run_id;
RESET rsfed.ignore_gate;
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
-- each of the other checks
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
-- a failure is not a refusal, and accepted content ends both
SELECT standin('FAULT cut_after_rows 3');
CALL rsfed.refresh('g');
SELECT standin('RESET');
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
SELECT action FROM rsfed.alter_rollup('g', options => '{"min_rows": null}', populate => false);
CALL rsfed.refresh('g') \gset
\echo :status :rows_changed
SELECT state, failures FROM rsfed.freshness WHERE relation = 'g'::regclass;
-- a check runs as the owner, and cannot write
SELECT action FROM rsfed.alter_rollup('g', options => '{"check": "(SELECT count(*) FROM new_rows n JOIN old_rows o USING (item)) = (SELECT count(*) FROM old_rows) AND public.meddle()"}', populate => false);
CREATE FUNCTION meddle() RETURNS boolean LANGUAGE sql AS 'DELETE FROM public.g RETURNING true';
SELECT error_of($$CALL rsfed.refresh('g')$$);
SELECT count(*) FROM g;
DROP FUNCTION meddle;
-- method replace is checked, too
SELECT rsfed.define_rollup('r', 'wh', 'SELECT item, sum(qty) AS qty FROM stock GROUP BY item', method => 'replace', options => '{"max_shrink_percent": 10, "check": "NOT EXISTS (SELECT FROM new_rows WHERE qty < 0)"}');
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item > 140');
CALL rsfed.refresh('r');
SELECT count(*) FROM r;
-- NULL in a column of not_null: refused with figures, for each method, and a NOT NULL constraint cannot be bypassed
SELECT rsfed.define_rollup('n', 'wh', 'SELECT item, qty FROM stock', key => '{item}', options => '{"not_null": ["item", "qty"]}');
SELECT rsfed.define_rollup('o', 'wh', 'SELECT item, qty FROM stock', method => 'replace', options => '{"not_null": ["qty"]}');
CREATE TABLE n_before AS TABLE n;
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = NULL WHERE item IN (105, 103, 110)');
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = 11 WHERE item = 101');
SELECT rsfed.execute('wh', 'INSERT INTO stock VALUES (NULL, 5), (1, NULL)');
SET rsfed.ignore_gate = on;
CALL rsfed.refresh('n');
CALL rsfed.refresh('o');
RESET rsfed.ignore_gate;
CALL rsfed.refresh('n');
SELECT status, sqlstate, message, detail FROM rsfed.runs WHERE relation = 'n'::regclass ORDER BY run_id DESC LIMIT 1;
SELECT state, failures, sqlstate FROM rsfed.freshness WHERE relation IN ('n'::regclass, 'o'::regclass) ORDER BY relation::text;
SELECT count(*) FROM ((TABLE n EXCEPT ALL TABLE n_before) UNION ALL (TABLE n_before EXCEPT ALL TABLE n)) x;
SELECT count(*), count(qty) FROM o;
SELECT error_of($$SELECT rsfed.define_rollup('never', 'wh', 'SELECT item, qty FROM stock', key => '{item}', options => '{"not_null": ["qty"]}')$$);
SELECT error_of($$SELECT rsfed.define_rollup('never', 'wh', 'SELECT item, qty FROM stock', method => 'replace', options => '{"not_null": ["item"]}')$$);
-- violating a NOT NULL constraint that the owner added is a failure
SELECT rsfed.execute('wh', 'DELETE FROM stock WHERE item IS NULL OR item = 1');
SELECT action FROM rsfed.alter_rollup('n', options => '{"not_null": ["item"]}', populate => false);
ALTER TABLE n ALTER COLUMN qty SET NOT NULL;
CALL rsfed.refresh('n');
SELECT status, detail, hint FROM rsfed.runs WHERE relation = 'n'::regclass ORDER BY run_id DESC LIMIT 1;
-- without the constraint, which the owner dropped, the option still refuses; that can be bypassed
SELECT action FROM rsfed.alter_rollup('o', options => '{"not_null": null}', populate => false);
SELECT rsfed.drop_rollup('n');
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = 1 WHERE qty IS NULL');
SELECT rsfed.define_rollup('n', 'wh', 'SELECT item, qty FROM stock', key => '{item}', options => '{"not_null": ["qty"]}');
ALTER TABLE n ALTER COLUMN qty DROP NOT NULL;
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = NULL WHERE item = 105');
CALL rsfed.refresh('n');
SET rsfed.ignore_gate = on;
CALL rsfed.refresh('n') \gset
\echo :status :rows_changed
RESET rsfed.ignore_gate;
CALL rsfed.refresh('n');
SELECT rsfed.execute('wh', 'UPDATE stock SET qty = 1 WHERE item = 105');
CALL rsfed.refresh('n') \gset
\echo :status :rows_changed
DROP TABLE n_before;
SELECT rsfed.drop_rollup('n'), rsfed.drop_rollup('o');
ALTER SYSTEM RESET rsfed.scheduler;
SELECT pg_reload_conf();
DROP VIEW differences;
DROP TABLE before;
SELECT rsfed.drop_rollup('g'), rsfed.drop_rollup('r');
SELECT rsfed.execute('wh', 'DROP TABLE stock');
