-- The quick start, as script/demo runs it: psql -a shows each statement and
-- what it answers.  The variables hold the addresses of the demo's servers.

-- On the primary.  Where the warehouse is, and who logs in there:
SELECT rsfed.register_server('warehouse', :'warehouse_host', :'warehouse_dbname',
                             :'warehouse_user', password => :'warehouse_password',
                             port => :warehouse_port);

-- Redshift says what a query would give; the query does not run:
SELECT column_name, data_type, redshift_type, note
FROM rsfed.describe('warehouse', $$
    SELECT sellerid, count(*) AS sales, sum(pricepaid) AS revenue, max(saletime) AS last_sale
    FROM sales
    GROUP BY sellerid
$$);

-- The query, run inside Redshift, becomes a local table:
SELECT rsfed.define_rollup('sales_by_seller', 'warehouse', $$
    SELECT sellerid, count(*) AS sales, sum(pricepaid) AS revenue, max(saletime) AS last_sale
    FROM sales
    GROUP BY sellerid
$$);

-- Kept fresh from now on (every few minutes or hours would be usual):
SELECT rsfed.schedule_refresh('sales_by_seller', '2 seconds');

-- On the replica, a moment later, a table like any other:
\connect :replica
SELECT pg_sleep(1);
SELECT pg_is_in_recovery() AS replica, * FROM sales_by_seller ORDER BY revenue DESC LIMIT 3;

-- In the warehouse somebody sells a lot:
\connect :warehouse
INSERT INTO sales VALUES (9000001, 1, 4711, 1, 1, 1827, 8, 99999.00, 14999.85, '2008-12-31 23:59:59');

-- On the replica, four seconds later:
\connect :replica
SELECT pg_sleep(4);
SELECT * FROM sales_by_seller ORDER BY revenue DESC LIMIT 3;

-- How old is what the replica serves, and what came of the latest refreshes?
SELECT relation, state, as_of, age, changed_at FROM rsfed.freshness;
SELECT run_id, status, rows_received, rows_inserted, rows_updated, rows_deleted
FROM rsfed.runs ORDER BY run_id DESC LIMIT 4;
