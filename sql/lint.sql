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
-- none of it: names, strings and comments only look like it
SELECT rsfed.define_rollup('lint', 'wh', 'SELECT sellerid AS "now()", count(*) AS avg /* avg(x) now() */ FROM trade WHERE note <> ''now()::text'' GROUP BY sellerid', populate => false);
SELECT rsfed.drop_rollup('lint');
