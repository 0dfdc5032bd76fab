-- Three warehouses, one lake, one name, as script/demo group runs it: psql -a
-- shows each statement and what it answers.  The variables hold the addresses.

-- Three warehouses of different size.  Where they are, and who logs in there:
SELECT rsfed.register_server('big', :'host', 'dev', 'awsuser', password => :'password', port => :big_port),
       rsfed.register_server('medium', :'host', 'dev', 'awsuser', password => :'password', port => :medium_port),
       rsfed.register_server('small', :'host', 'dev', 'awsuser', password => :'password', port => :small_port);

-- One name for them.  A member that fails is tried again after 2 to 4 seconds:
SELECT rsfed.define_group('analytics', 'weighted', options => '{"retry_delay": "2s", "retry_max_delay": "4s"}');
SELECT rsfed.add_member('analytics', 'big', weight => 3),
       rsfed.add_member('analytics', 'medium', weight => 2),
       rsfed.add_member('analytics', 'small', weight => 1);

-- The external schema, in each of them by one call:
SELECT * FROM rsfed.create_external_schema('analytics', 'lake', 'sales_db',
    'arn:aws:iam::123456789012:role/lake', options => '{"create_database": true}');

-- An external table is in the catalog that they share, so one of them makes it.
-- A local table is made in each of them:
SELECT rsfed.execute('analytics', $$
    CREATE EXTERNAL TABLE lake.sales (store integer, amount decimal(12,2))
    PARTITIONED BY (saledate date) STORED AS PARQUET LOCATION 's3://bucket/sales/'
    TABLE PROPERTIES ('numRows'='110000')
$$, on_members => 'one');
SELECT rsfed.execute('analytics', 'CREATE TABLE stores (store integer, region varchar(20))', on_members => 'all');
SELECT rsfed.execute('analytics', $$
    INSERT INTO stores VALUES (1, 'north'), (2, 'east'), (3, 'south'), (4, 'west')
$$, on_members => 'all');

-- The lake has a year of files.  A partition that nobody has registered gives no
-- rows, and no error:
SELECT * FROM rsfed.query('analytics', 'SELECT count(*) FROM lake.sales') AS t (rows bigint);
SELECT server, count(*), min(partition_values ->> 'saledate'), max(partition_values ->> 'saledate')
FROM rsfed.missing_partitions('analytics', 'lake.sales', since => '2025-01-01', until => '2026-01-01')
GROUP BY server ORDER BY server;

-- The partitions of the year, by one call; the members share the catalog:
SELECT * FROM rsfed.add_partitions('analytics', 'lake.sales',
    location => 's3://bucket/sales/saledate={date}/', since => '2025-01-01', until => '2026-01-01');
SELECT * FROM rsfed.query('analytics', 'SELECT count(*) FROM lake.sales') AS t (rows bigint);

-- Are the members alike?
SELECT server, count(*) AS items, bool_and(ok) AS alike
FROM rsfed.check_group('analytics', '{lake.sales, public.stores}') GROUP BY server ORDER BY server;

-- What refreshes read in S3 is asked of the warehouses (5 is the price of a TB):
ALTER SERVER big OPTIONS (ADD gather_costs 'on');
ALTER SERVER medium OPTIONS (ADD gather_costs 'on');
ALTER SERVER small OPTIONS (ADD gather_costs 'on');
SET rsfed.price_per_tb = 5;

-- A rollup over the lake.  The name of the group is its source:
SELECT rsfed.define_rollup('sales_by_region', 'analytics', $$
    SELECT saledate AS day, region, count(*) AS sales, sum(amount) AS revenue
    FROM lake.sales JOIN stores USING (store)
    GROUP BY saledate, region
$$, key => '{day,region}', options => '{"lake_table": "lake.sales", "lake_key": {"saledate": "day"}}');
SELECT count(*), min(day), max(day), sum(revenue) FROM sales_by_region;

-- Nothing is new: one question to the catalog, and nothing is read in S3:
CALL rsfed.refresh('sales_by_region');

-- What all of that has read:
SELECT * FROM rsfed.gather_costs();
SELECT day, server, runs, partitions_read, s3_files, s3_bytes, round(price::numeric, 6) AS price
FROM rsfed.costs WHERE relation = 'sales_by_region'::regclass;
SELECT sum(s3_bytes) AS bytes FROM rsfed.costs WHERE relation = 'sales_by_region'::regclass \gset full_

-- A new day lands in S3 (that of the stand-ins), and its partition is registered:
SELECT rsfed.execute('big', format('SELECT standin.put(%L, %L)',
    's3://bucket/sales/saledate=2026-01-01/part-0.parquet', repeat(E'1,10.00\n2,20.00\n3,30.00\n4,40.00\n', 75)));
SELECT * FROM rsfed.add_partitions('analytics', 'lake.sales',
    location => 's3://bucket/sales/saledate={date}/', since => '2025-01-01', until => '2026-01-02');

-- Only that day is read:
CALL rsfed.refresh('sales_by_region');
SELECT run_id, server, status, rows_received, note FROM rsfed.runs LIMIT 3;
SELECT * FROM rsfed.gather_costs();
SELECT :full_bytes AS bytes_of_the_year, sum(s3_bytes) - :full_bytes AS bytes_of_the_new_day
FROM rsfed.costs WHERE relation = 'sales_by_region'::regclass;
SELECT * FROM sales_by_region ORDER BY day DESC, region LIMIT 4;
