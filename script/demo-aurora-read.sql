-- What a reader of the subscriber sees, as script/demo aurora runs it.

-- On Aurora's reader, a table like any other, and beside it how old it is:
\connect :reader
SELECT pg_is_in_recovery() AS reader,
    (SELECT count(*) FROM pg_available_extensions WHERE name = 'rsfed') AS rsfed_is_installed;
SELECT *, rsfed.age('sales_by_seller') FROM sales_by_seller ORDER BY revenue DESC LIMIT 3;

-- In the warehouse somebody sells a lot:
\connect :warehouse
INSERT INTO sales VALUES (9000001, 1, 4711, 1, 1, 1827, 8, 99999.00, 14999.85, '2008-12-31 23:59:59');

-- On the reader, four seconds later:
\connect :reader
SELECT pg_sleep(4);
SELECT *, rsfed.age('sales_by_seller') FROM sales_by_seller ORDER BY revenue DESC LIMIT 3;
SELECT relation, state, as_of, age, max_age, changed_at FROM rsfed.freshness;

-- A query that must not be answered from old content says so; here it is new enough:
SELECT count(*) FROM sales_by_seller WHERE rsfed.require_fresh('sales_by_seller');
