-- Defining, refreshing, altering and dropping rollups.
\i test/include/warehouse.psql
SET search_path = public;

SELECT rsfed.define_rollup('sales_by_seller', 'wh',
	'SELECT sellerid, sum(pricepaid) AS sales, count(*) AS n FROM trade GROUP BY sellerid');
\d+ sales_by_seller
SELECT count(*), sum(sales), sum(n) FROM sales_by_seller;
SELECT rollup, source, method, key, query, timezone, definition FROM rsfed.rollups;
SELECT relation, state, is_late, failures FROM rsfed.freshness;

-- without changes no row is written
CALL rsfed.refresh('sales_by_seller', run_id => NULL, status => NULL, rows_changed => NULL, as_of => NULL, elapsed => NULL) \gset
\echo :status :rows_changed

-- new, changed and deleted rows
SELECT rsfed.execute('wh', 'INSERT INTO trade VALUES (9001, 777, 1, 1, 10.00, 1, ''2008-05-01'', ''new'')');
SELECT rsfed.execute('wh', 'UPDATE trade SET pricepaid = pricepaid + 1 WHERE sellerid = 3 AND salesid < 100');
SELECT rsfed.execute('wh', 'DELETE FROM trade WHERE sellerid = 4');
CALL rsfed.refresh('sales_by_seller') \gset
\echo :status :rows_changed
SELECT sellerid, n FROM sales_by_seller WHERE sellerid IN (3, 4, 777) ORDER BY 1;
SELECT status, trigger, rows_received, rows_inserted, rows_updated, rows_deleted FROM rsfed.runs ORDER BY run_id;

-- the same inside a transaction block that is rolled back
BEGIN;
SELECT rsfed.execute('wh', 'DELETE FROM trade WHERE sellerid = 777');
CALL rsfed.refresh('sales_by_seller') \gset
\echo :status :rows_changed
SELECT count(*) FROM sales_by_seller WHERE sellerid = 777;
ROLLBACK;
SELECT count(*) FROM sales_by_seller WHERE sellerid = 777;
CALL rsfed.refresh('sales_by_seller') \gset
\echo :status :rows_changed

-- objects that the owner adds to the table stay
CREATE INDEX ON sales_by_seller (sales);
ALTER TABLE sales_by_seller ADD COLUMN remark text DEFAULT 'none';
ALTER TABLE sales_by_seller ADD CONSTRAINT positive CHECK (n >= 0);
UPDATE sales_by_seller SET remark = 'mine' WHERE sellerid = 1;
SELECT rsfed.execute('wh', 'UPDATE trade SET pricepaid = pricepaid + 1 WHERE salesid = 1');
CALL rsfed.refresh('sales_by_seller') \gset
\echo :status :rows_changed
SELECT sellerid, remark FROM sales_by_seller WHERE sellerid IN (1, 2) ORDER BY 1;

-- a key with a NULL group, text keys
SELECT rsfed.define_rollup('by_k', 'wh', 'SELECT k, max(s) AS s, sum(n) AS n FROM kv GROUP BY k');
TABLE by_k ORDER BY k;
SELECT rsfed.define_rollup('by_text', 'wh', 'SELECT s, count(*) AS n FROM kv GROUP BY s', max_age => '1 hour');
TABLE by_text ORDER BY s;
CALL rsfed.refresh('by_k') \gset
\echo :status :rows_changed

-- a trailing blank in a key is reported
SELECT rsfed.define_rollup('by_name', 'wh', 'SELECT name, sum(v) AS v FROM blanks GROUP BY name');

-- without a key: replace
SELECT rsfed.define_rollup('totals', 'wh', 'SELECT count(*) AS n, sum(pricepaid) AS total FROM trade', method => 'replace');
CALL rsfed.refresh('totals') \gset
\echo :status :rows_changed
SELECT rsfed.execute('wh', 'DELETE FROM trade WHERE salesid = 2');
CALL rsfed.refresh('totals') \gset
\echo :status :rows_changed
SELECT n FROM totals;

-- a primary key, pinned columns, options
SELECT rsfed.define_rollup('pinned', 'wh', 'SELECT sellerid, sum(pricepaid) FROM trade GROUP BY sellerid',
	columns => 'seller int, "Total paid" numeric(12,2)', options => '{"not_null": ["seller"], "fillfactor": 70}');
\d pinned
SELECT unnest(reloptions) AS reloption FROM pg_class WHERE oid = 'pinned'::regclass;
-- swapped values of another unique index
SELECT rsfed.define_rollup('swap', 'wh', 'SELECT k, sum(v) AS v FROM (SELECT 1 AS k, 1 AS v FROM kv WHERE k = 1 UNION ALL SELECT 2, 2 FROM kv WHERE k = 1) x GROUP BY k');
CREATE UNIQUE INDEX ON swap (v);
SELECT action, regexp_replace(detail, 'run \d+', 'run N') AS detail FROM rsfed.alter_rollup('swap', query => 'SELECT k, sum(v) AS v FROM (SELECT 1 AS k, 2 AS v FROM kv WHERE k = 1 UNION ALL SELECT 2, 1 FROM kv WHERE k = 1) x GROUP BY k');
TABLE swap ORDER BY k;

-- a query with other columns: the table keeps its oid
SELECT 'by_k'::regclass::oid AS before \gset
SELECT action, regexp_replace(detail, 'run \d+', 'run N') AS detail FROM rsfed.alter_rollup('by_k', query => 'SELECT k, count(*) AS rows_seen, max(d) AS d FROM kv GROUP BY k');
TABLE by_k ORDER BY k;
SELECT 'by_k'::regclass::oid = :before AS same_table;
SELECT definition, key, query FROM rsfed.definitions WHERE rollup = 'by_k'::regclass ORDER BY 1;

-- alter_rollup brings back a column of the key that was dropped here, and the key
ALTER TABLE by_k DROP COLUMN k;
CALL rsfed.refresh('by_k');
SELECT action, regexp_replace(detail, 'run \d+', 'run N') AS detail FROM rsfed.alter_rollup('by_k');
SELECT k, rows_seen FROM by_k ORDER BY k;
CALL rsfed.refresh('by_k') \gset
\echo :status :rows_changed

-- an index that contains a column twice is not an index on the key
SELECT rsfed.define_rollup('two_keys', 'wh', 'SELECT k, s, sum(n) AS n FROM kv GROUP BY k, s', populate => false);
DROP INDEX two_keys_k_s_idx;
CREATE UNIQUE INDEX ON two_keys (k, k);
CALL rsfed.refresh('two_keys');
DROP TABLE two_keys;

-- renamed and moved, it is still the same rollup
ALTER TABLE by_text RENAME TO "By ""Text"".ü";
CREATE SCHEMA "Über.all";
ALTER TABLE "By ""Text"".ü" SET SCHEMA "Über.all";
CALL rsfed.refresh('"Über.all"."By ""Text"".ü"') \gset
\echo :status :rows_changed
-- a name of 63 bytes with quotes, dots and umlauts
SELECT rsfed.define_rollup('"Über.all"."äöü.""' || repeat('x', 55) || '"', 'wh', 'SELECT k, count(*) AS "n ""quoted""" FROM kv GROUP BY k');
SELECT octet_length(relname), relname FROM pg_class WHERE relname LIKE 'äöü%' AND relkind = 'r';
SELECT rsfed.define_rollup('"Über.all"."äöü.""' || repeat('x', 55) || '"', 'wh', 'SELECT k, count(*) AS n FROM kv GROUP BY k', if_not_exists => true);

-- inside another procedure the context is shown once
CREATE PROCEDURE call_it(name text) LANGUAGE plpgsql AS $$
DECLARE r bigint; s text; n bigint; a timestamptz; e interval;
BEGIN CALL rsfed.refresh(name::regclass, NULL, NULL, NULL, NULL, r, s, n, a, e); END $$;
SET rsfed.max_result_rows = 1;
CALL call_it('by_k');
RESET rsfed.max_result_rows;
DROP PROCEDURE call_it;

-- a table that was dropped unnoticed is no obstacle
ALTER EVENT TRIGGER rsfed_drop DISABLE;
DROP TABLE swap;
ALTER EVENT TRIGGER rsfed_drop ENABLE;
SELECT rsfed.define_rollup('swap', 'wh', 'SELECT k, sum(v) AS v FROM dup GROUP BY k', populate => false);

-- dropping
SELECT rsfed.drop_rollup('swap');
SELECT to_regclass('swap');
SELECT rsfed.drop_rollup('totals', keep_table => true);
SELECT count(*) FROM totals;
DROP TABLE totals, pinned;
DROP SCHEMA "Über.all" CASCADE;
SELECT rollup FROM rsfed.rollups ORDER BY rollup::text;
DROP TABLE by_k, by_name;
