-- Definitions that would give silently wrong numbers get a WARNING.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid, avg(qtysold) AS average FROM trade GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid, sum(pricepaid::decimal) AS cut FROM trade GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid, max(note::text) AS cut FROM trade GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid, count(*) AS n FROM trade WHERE saletime < now() GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT name, sum(v) AS v FROM blanks GROUP BY name');
SELECT rsfed.drop_rollup('lint');
-- no WARNING: names, strings and comments that only look like these constructs
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid AS "now()", count(*) AS avg /* avg(x) now() */ FROM trade WHERE note <> ''now()::text'' GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
-- a cause that occurs twice in a column is reported once, with all rewrites
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid, listagg(distinct note::varchar, '','') WITHIN GROUP (ORDER BY note::VARCHAR) AS notes, avg(qtysold) + avg(sellerid) + avg(qtysold) AS sums, count(pricepaid::decimal) AS c, sum(pricepaid::decimal) AS d FROM trade GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
SELECT column_name, note FROM rsfed.describe('wh', 'SELECT sellerid, avg(qtysold) / avg(qtysold) AS q, (SELECT sellerid FROM trade LIMIT 1) + (SELECT sellerid FROM trade LIMIT 1) AS one, random() + random() AS r FROM trade GROUP BY sellerid');
