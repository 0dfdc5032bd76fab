-- A node and what it publishes, as script/demo aurora runs it: psql -a shows each
-- statement and what it answers.  The variables hold the addresses.

-- On the node, which runs rsfed.  Where the warehouse is, and who logs in there:
SELECT rsfed.register_server('warehouse', :'warehouse_host', :'warehouse_dbname',
                             :'warehouse_user', password => :'warehouse_password',
                             port => :warehouse_port);

-- A rollup.  A key without NULLs becomes its primary key, which subscribers need
-- to find the rows that change:
SELECT rsfed.define_rollup('sales_by_seller', 'warehouse', $$
    SELECT sellerid, count(*) AS sales, sum(pricepaid) AS revenue
    FROM sales
    GROUP BY sellerid
$$, key => '{sellerid}', max_age => '10 seconds', options => '{"not_null": ["sellerid"]}');

-- Kept fresh from now on (every few minutes or hours would be usual):
SELECT rsfed.schedule_refresh('sales_by_seller', '2 seconds');

-- Published, by PostgreSQL's logical replication, and the role that subscribers
-- log in as:
SELECT rsfed.publish('{sales_by_seller}');
CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'demo';
GRANT pg_read_all_data TO replicator;
SELECT * FROM rsfed.publications;
