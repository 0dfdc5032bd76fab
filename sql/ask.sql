-- Asking Redshift directly.
\i test/include/warehouse.psql

-- the example of the documentation
SELECT * FROM rsfed.query('wh', $REDSHIFT$
    SELECT sellerid, sum(pricepaid) sales FROM sales
    WHERE saletime >= '2008-01-01' AND saletime < '2008-02-01'
    GROUP BY sellerid ORDER BY sales DESC
$REDSHIFT$) AS t1 (sellerid int, sales decimal) LIMIT 5;

SELECT * FROM rsfed.describe('wh', 'SELECT sellerid, sum(pricepaid) AS sales, avg(qtysold) AS q, max(saletime) AS t, min(note) AS n FROM trade GROUP BY sellerid');
SELECT rsfed.columns('wh', 'SELECT sellerid, sum(pricepaid) AS sales, count(*) AS "n rows" FROM trade GROUP BY sellerid');

-- a column list that does not fit: the error contains the correct one
SELECT * FROM rsfed.query('wh', 'SELECT sellerid, sum(pricepaid) AS sales FROM trade GROUP BY 1') AS t (sellerid int);
SELECT * FROM rsfed.query('wh', 'SELECT k, d FROM kv') AS t (k int, d int);
SELECT * FROM rsfed.query('wh', 'SELECT max(saletime) AS t FROM trade') AS t (t date);

-- NULLs, an empty result, a comment, a trailing semicolon
SELECT * FROM rsfed.query('wh', 'SELECT k, s, n, d FROM kv ORDER BY k; -- all of it') AS t (k int, s text, n numeric, d date);
SELECT * FROM rsfed.query('wh', 'SELECT k FROM kv WHERE k > 100') AS t (k int);

-- a row type: columns by name; a scalar
CREATE TYPE kv_row AS (s text, k bigint);
SELECT * FROM rsfed.query(NULL::kv_row, 'wh', 'SELECT k, s FROM kv WHERE k < 3 ORDER BY k');
SELECT * FROM rsfed.query(NULL::kv_row, 'wh', 'SELECT k, n FROM kv WHERE k < 3 ORDER BY k');
SELECT * FROM rsfed.query(NULL::int, 'wh', 'SELECT max(k) FROM kv');
DROP TYPE kv_row;

-- JSON without a column list
SELECT rsfed.query_json('wh', 'SELECT k, s, n, d FROM kv ORDER BY k');

-- every type
SELECT * FROM rsfed.describe('wh', $$SELECT 1::smallint a, 2::integer b, 3::bigint c, 4.50::decimal(10,2) d, 5.5::real e, 6.5::double precision f,
	true g, 'h'::char(3) h, 'ii'::varchar(20) i, date '2024-02-29' j, timestamp '2024-02-29 12:34:56.789' k,
	timestamptz '2024-02-29 12:34:56+00' l, time '01:02:03' m, 'lit' n FROM kv$$);
SELECT * FROM rsfed.query('wh', $$SELECT 1::smallint a, 2::integer b, 3::bigint c, 4.50::decimal(10,2) d, 5.5::real e, 6.5::double precision f,
	true g, 'h'::char(3) h, 'ii  '::varchar(20) i, date '2024-02-29' j, timestamp '2024-02-29 12:34:56.789' k,
	timestamptz '2024-02-29 12:34:56+00' l, time '01:02:03' m, 'lit' n FROM kv WHERE k = 1$$)
	AS t (a int2, b int4, c int8, d numeric, e real, f float8, g bool, h text, i text, j date, k timestamp, l timestamptz, m time, n text);

-- a command
SELECT rsfed.execute('wh', 'CREATE TABLE made_here (v integer)');
SELECT rsfed.execute('wh', 'DROP TABLE made_here');
-- a query may not write: the session is read-only, and the text is checked
SELECT * FROM rsfed.query('wh', 'DELETE FROM kv') AS t (k int);
SELECT * FROM rsfed.query('wh', 'SELECT k INTO copy_of_kv FROM kv') AS t (k int);

-- dblink works on a registered server
SELECT * FROM dblink('wh', 'SELECT count(*) FROM kv') AS t (n bigint);

-- a server of postgres_fdw is accepted as a source
CREATE SERVER foreign_server FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host :'wh_host', port :'wh_port', dbname :'wh_dbname', sslmode 'require');
CREATE USER MAPPING FOR CURRENT_USER SERVER foreign_server OPTIONS (user :'wh_user', password :'wh_password');
SELECT * FROM rsfed.query('foreign_server', $REDSHIFT$
    SELECT sellerid, sum(pricepaid) sales FROM sales
    WHERE saletime >= '2008-01-01' AND saletime < '2008-02-01'
    GROUP BY sellerid ORDER BY sales DESC
$REDSHIFT$) AS t1 (sellerid int, sales decimal) LIMIT 2;
DROP USER MAPPING FOR CURRENT_USER SERVER foreign_server;
DROP SERVER foreign_server;
