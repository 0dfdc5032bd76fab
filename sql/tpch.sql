-- The 22 queries of TPC-H over live tables: the answers are those over the same rows
-- here, and all but two are one statement of Redshift: 17 and 22 compare with an average.
\i test/include/warehouse.psql
CREATE SCHEMA tpch_here;
SET search_path = tpch_here, public;
SET extra_float_digits = 0;

-- the rows, made by arithmetic: few, but each query finds some
CREATE FUNCTION pick(choices text[], n bigint) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT choices[1 + (n % array_length(choices, 1))::int]';
CREATE TABLE region AS SELECT r AS r_regionkey, (ARRAY['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'])[r + 1] AS r_name, 'region ' || r AS r_comment FROM generate_series(0, 4) r;
CREATE TABLE nation AS SELECT n AS n_nationkey, (ARRAY['ALGERIA', 'ARGENTINA', 'BRAZIL', 'CANADA', 'EGYPT', 'ETHIOPIA', 'FRANCE', 'GERMANY', 'INDIA', 'INDONESIA', 'IRAN', 'IRAQ', 'JAPAN', 'JORDAN', 'KENYA',
	'MOROCCO', 'MOZAMBIQUE', 'PERU', 'CHINA', 'ROMANIA', 'SAUDI ARABIA', 'VIETNAM', 'RUSSIA', 'UNITED KINGDOM', 'UNITED STATES'])[n + 1] AS n_name,
	(ARRAY[0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1])[n + 1] AS n_regionkey, 'nation ' || n AS n_comment FROM generate_series(0, 24) n;
CREATE TABLE supplier AS SELECT s AS s_suppkey, 'Supplier#' || lpad(s::text, 9, '0') AS s_name, 'address ' || s * 31 AS s_address,
	(ARRAY[7, 6, 3, 2, 20, 8, 12, 23, 7, 6])[1 + s % 10] AS s_nationkey, (10 + s % 25) || '-' || 1000 + s AS s_phone, (s * 3917 % 20000 - 5000) / 100.0 AS s_acctbal,
	CASE WHEN s % 9 = 0 THEN 'so Customer said: Complaints' ELSE 'quick supplier ' || s END AS s_comment FROM generate_series(1, 40) s;
CREATE TABLE part AS SELECT p AS p_partkey, pick('{forest green,red lemon,blue ghost,forest khaki,dark green tan}', p * 3) AS p_name, 'Manufacturer#' || 1 + p % 5 AS p_mfgr,
	pick('{Brand#12,Brand#23,Brand#34,Brand#45,Brand#51}', p) AS p_brand,
	pick('{ECONOMY ANODIZED STEEL,PROMO BURNISHED COPPER,LARGE PLATED BRASS,MEDIUM POLISHED TIN,SMALL BRUSHED BRASS,STANDARD BURNISHED NICKEL}', p * 7 / 3) AS p_type,
	(ARRAY[15, 49, 14, 23, 45, 19, 3, 36, 9, 1, 5, 10])[1 + p * 5 % 12] AS p_size, pick('{SM CASE,MED BOX,MED BAG,LG CASE,SM PACK,LG BOX,JUMBO PKG}', p / 2) AS p_container,
	900 + p * 37 % 1000 / 10.0 AS p_retailprice, 'part ' || p AS p_comment FROM generate_series(1, 80) p;
CREATE TABLE partsupp AS SELECT p AS ps_partkey, 1 + (p * 7 + i * 11) % 40 AS ps_suppkey, 1 + (p * 131 + i * 977) % 9999 AS ps_availqty, 1 + (p * 4231 + i * 877) % 99900 / 100.0 AS ps_supplycost,
	'ps ' || p AS ps_comment FROM generate_series(1, 80) p, generate_series(0, 3) i;
CREATE TABLE customer AS SELECT c AS c_custkey, 'Customer#' || lpad(c::text, 9, '0') AS c_name, 'street ' || c AS c_address, (ARRAY[7, 6, 3, 2, 20, 8, 12, 23, 24, 18])[1 + c * 3 % 10] AS c_nationkey,
	(10 + c % 25) || '-' || 100 + c AS c_phone, (c * 7919 % 100000 - 9999) / 100.0 AS c_acctbal, pick('{BUILDING,AUTOMOBILE,MACHINERY,HOUSEHOLD,FURNITURE}', c) AS c_mktsegment, 'customer ' || c AS c_comment
	FROM generate_series(1, 90) c;
CREATE TABLE orders AS SELECT o AS o_orderkey, 1 + o * 17 % 60 AS o_custkey, pick('{F,O,F,P}', o) AS o_orderstatus, 1000 + o * 7717 % 300000 / 7.0::numeric(15,2) AS o_totalprice,
	'1992-01-01'::date + o * 53 % 2400 AS o_orderdate, pick('{1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW}', o * 3) AS o_orderpriority, 'Clerk#' || o % 9 AS o_clerk, 0 AS o_shippriority,
	CASE WHEN o % 13 = 0 THEN 'some special packages, requests' ELSE 'order ' || o END AS o_comment FROM generate_series(1, 500) o;
ALTER TABLE orders ALTER o_totalprice TYPE numeric(15,2);
CREATE TABLE lineitem AS SELECT o_orderkey AS l_orderkey, ps_partkey AS l_partkey, ps_suppkey AS l_suppkey, l AS l_linenumber, (CASE WHEN o_orderkey % 50 = 3 THEN 90 ELSE 1 + (o_orderkey * 3 + l * 7) % 50 END)::numeric(15,2) AS l_quantity,
	(100 + (o_orderkey * 977 + l * 331) % 90000 / 10.0)::numeric(15,2) AS l_extendedprice, ((o_orderkey + l * 3) % 11 / 100.0)::numeric(15,2) AS l_discount, ((o_orderkey + l) % 9 / 100.0)::numeric(15,2) AS l_tax,
	pick('{R,A,N}', o_orderkey + l) AS l_returnflag, pick('{F,O}', o_orderkey) AS l_linestatus, o_orderdate + 1 + (o_orderkey + l) * 13 % 120 AS l_shipdate, o_orderdate + 3 + (o_orderkey + l) * 13 % 120 + (o_orderkey * l) % 40 - 10 AS l_commitdate,
	o_orderdate + 2 + (o_orderkey + l) * 13 % 120 + l % 30 AS l_receiptdate, pick('{DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN}', o_orderkey + l) AS l_shipinstruct,
	pick('{AIR,MAIL,SHIP,AIR REG,TRUCK,RAIL,FOB}', o_orderkey + l * 2) AS l_shipmode, 'item' AS l_comment
	FROM orders, generate_series(1, 4) l, LATERAL (SELECT ps_partkey, ps_suppkey FROM partsupp ORDER BY ps_partkey, ps_suppkey OFFSET (o_orderkey * 29 + l * 101) % 320 LIMIT 1) ps WHERE l <= 1 + o_orderkey % 4;

-- the same in Redshift, and foreign tables of it
CREATE SCHEMA tpch_live;
DO $$
DECLARE
	t text; there text; here text; rows text;
BEGIN
	FOREACH t IN ARRAY '{region,nation,supplier,part,partsupp,customer,orders,lineitem}'::text[] LOOP
		SELECT string_agg(quote_ident(attname) || CASE WHEN attname ~ 'name$|brand|type|container|flag|status|phone|comment|mfgr|instruct|mode|clerk|priority|segment|address' AND atttypid = 'text'::regtype
				THEN CASE WHEN attname ~ 'type|flag|mode|brand' THEN ' char(25)' ELSE ' varchar(79)' END WHEN attname ~ '_(discount|tax)$' THEN ' decimal(4,2)'
				WHEN atttypid = 'numeric'::regtype THEN ' decimal(12,2)' ELSE ' ' || format_type(atttypid, NULL) END, ', ' ORDER BY attnum),
			string_agg(quote_ident(attname) || CASE WHEN atttypid = 'text'::regtype THEN ' text OPTIONS (blank_safe ''on'') COLLATE "C"' WHEN attname ~ '_(discount|tax)$' THEN ' numeric(4,2)'
				WHEN atttypid = 'numeric'::regtype THEN ' numeric(12,2)' ELSE ' ' || format_type(atttypid, NULL) END, ', ' ORDER BY attnum)
			INTO there, here FROM pg_attribute WHERE attrelid = ('tpch_here.' || t)::regclass AND attnum > 0;
		PERFORM rsfed.execute('wh', format('CREATE TABLE tpch_%s (%s)', t, there));
		EXECUTE format('SELECT string_agg(''('' || (SELECT string_agg(quote_nullable(value), '', '' ORDER BY n) FROM json_each_text(to_json(q)) WITH ORDINALITY e (key, value, n)) || '')'', '', '') FROM tpch_here.%I q', t) INTO rows;
		PERFORM rsfed.execute('wh', format('INSERT INTO tpch_%s VALUES %s', t, rows));
		EXECUTE format('CREATE FOREIGN TABLE tpch_live.%I (%s) SERVER wh OPTIONS (schema_name ''public'', table_name ''tpch_%s'')', t, here, t);
		EXECUTE format('DROP TABLE tpch_here.%I', t);
		EXECUTE format('CREATE TABLE tpch_here.%I AS SELECT * FROM tpch_live.%I', t, t);
	END LOOP;
END $$;
ANALYZE;

CREATE TABLE queries (number int PRIMARY KEY, query text);
INSERT INTO queries VALUES
(1, $$SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price, sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
	sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge, avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc, count(*) AS count_order
	FROM lineitem WHERE l_shipdate <= date '1998-12-01' - interval '90' day GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus$$),
(2, $$SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment FROM part, supplier, partsupp, nation, region
	WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS' AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
	AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
	ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100$$),
(3, $$SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority FROM customer, orders, lineitem
	WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < date '1995-03-15' AND l_shipdate > date '1995-03-15'
	GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10$$),
(4, $$SELECT o_orderpriority, count(*) AS order_count FROM orders WHERE o_orderdate >= date '1993-07-01' AND o_orderdate < date '1993-07-01' + interval '3' month
	AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate) GROUP BY o_orderpriority ORDER BY o_orderpriority$$),
(5, $$SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation, region
	WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'ASIA'
	AND o_orderdate >= date '1994-01-01' AND o_orderdate < date '1994-01-01' + interval '1' year GROUP BY n_name ORDER BY revenue DESC$$),
(6, $$SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem
	WHERE l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-01' + interval '1' year AND l_discount BETWEEN .06 - 0.01 AND .06 + 0.01 AND l_quantity < 24$$),
(7, $$SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation, extract(year FROM l_shipdate) AS l_year, l_extendedprice * (1 - l_discount) AS volume
	FROM supplier, lineitem, orders, customer, nation n1, nation n2 WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
	AND ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY') OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE')) AND l_shipdate BETWEEN date '1995-01-01' AND date '1996-12-31') AS shipping
	GROUP BY supp_nation, cust_nation, l_year ORDER BY supp_nation, cust_nation, l_year$$),
(8, $$SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share FROM (SELECT extract(year FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation
	FROM part, supplier, lineitem, orders, customer, nation n1, nation n2, region WHERE p_partkey = l_partkey AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey
	AND n1.n_regionkey = r_regionkey AND r_name = 'AMERICA' AND s_nationkey = n2.n_nationkey AND o_orderdate BETWEEN date '1995-01-01' AND date '1996-12-31' AND p_type = 'ECONOMY ANODIZED STEEL') AS all_nations
	GROUP BY o_year ORDER BY o_year$$),
(9, $$SELECT nation, o_year, sum(amount) AS sum_profit FROM (SELECT n_name AS nation, extract(year FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
	FROM part, supplier, lineitem, partsupp, orders, nation WHERE s_suppkey = l_suppkey AND ps_suppkey = l_suppkey AND ps_partkey = l_partkey AND p_partkey = l_partkey AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey
	AND p_name LIKE '%green%') AS profit GROUP BY nation, o_year ORDER BY nation, o_year DESC$$),
(10, $$SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment FROM customer, orders, lineitem, nation
	WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate >= date '1993-10-01' AND o_orderdate < date '1993-10-01' + interval '3' month AND l_returnflag = 'R' AND c_nationkey = n_nationkey
	GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment ORDER BY revenue DESC LIMIT 20$$),
(11, $$SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY' GROUP BY ps_partkey
	HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps_supplycost * ps_availqty) * 0.0100 FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY') ORDER BY value DESC$$),
(12, $$SELECT l_shipmode, sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count, sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
	FROM orders, lineitem WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate AND l_receiptdate >= date '1994-01-01'
	AND l_receiptdate < date '1994-01-01' + interval '1' year GROUP BY l_shipmode ORDER BY l_shipmode$$),
(13, $$SELECT c_count, count(*) AS custdist FROM (SELECT c_custkey, count(o_orderkey) FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS c_orders (c_custkey, c_count)
	GROUP BY c_count ORDER BY custdist DESC, c_count DESC$$),
(14, $$SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue FROM lineitem, part
	WHERE l_partkey = p_partkey AND l_shipdate >= date '1995-09-01' AND l_shipdate < date '1995-09-01' + interval '1' month$$),
(15, $$WITH revenue (supplier_no, total_revenue) AS (SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount)) FROM lineitem WHERE l_shipdate >= date '1996-01-01' AND l_shipdate < date '1996-01-01' + interval '3' month GROUP BY l_suppkey)
	SELECT s_suppkey, s_name, s_address, s_phone, total_revenue FROM supplier, revenue WHERE s_suppkey = supplier_no AND total_revenue = (SELECT max(total_revenue) FROM revenue) ORDER BY s_suppkey$$),
(16, $$SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt FROM partsupp, part WHERE p_partkey = ps_partkey AND p_brand <> 'Brand#45' AND p_type NOT LIKE 'MEDIUM POLISHED%'
	AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9) AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier WHERE s_comment LIKE '%Customer%Complaints%') GROUP BY p_brand, p_type, p_size ORDER BY supplier_cnt DESC, p_brand, p_type, p_size$$),
(17, $$SELECT sum(l_extendedprice) / 7.0 AS avg_yearly FROM lineitem, part WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX'
	AND l_quantity < (SELECT 0.2 * avg(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)$$),
(18, $$SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) FROM customer, orders, lineitem WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 300)
	AND c_custkey = o_custkey AND o_orderkey = l_orderkey GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice ORDER BY o_totalprice DESC, o_orderdate LIMIT 100$$),
(19, $$SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue FROM lineitem, part
	WHERE (p_partkey = l_partkey AND p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') AND l_quantity >= 1 AND l_quantity <= 11 AND p_size BETWEEN 1 AND 5 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
	OR (p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') AND l_quantity >= 10 AND l_quantity <= 20 AND p_size BETWEEN 1 AND 10 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
	OR (p_partkey = l_partkey AND p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG') AND l_quantity >= 20 AND l_quantity <= 30 AND p_size BETWEEN 1 AND 15 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')$$),
(20, $$SELECT s_name, s_address FROM supplier, nation WHERE s_suppkey IN (SELECT ps_suppkey FROM partsupp WHERE ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')
	AND ps_availqty > (SELECT 0.5 * sum(l_quantity) FROM lineitem WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey AND l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-01-01' + interval '1' year))
	AND s_nationkey = n_nationkey AND n_name = 'CANADA' ORDER BY s_name$$),
(21, $$SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate
	AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey)
	AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
	AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100$$),
(22, $$SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode, c_acctbal FROM customer WHERE substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')
	AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0.00 AND substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')) AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)) AS custsale
	GROUP BY cntrycode ORDER BY cntrycode$$);

-- differences, numbers of rows, and the number of statements
CREATE FUNCTION compared(query text) RETURNS TABLE (result text, n bigint, there text) LANGUAGE plpgsql AS $$
DECLARE
	live text; here text; line text; scans int := 0; work int := 0;
BEGIN
	SET LOCAL search_path = tpch_here, public;
	EXECUTE format('SELECT count(*), array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (%s) q', query) INTO n, here;
	SET LOCAL search_path = tpch_live, public;
	EXECUTE format('SELECT array_agg(q::text ORDER BY q::text COLLATE "C")::text FROM (%s) q', query) INTO live;
	result := CASE WHEN live IS NOT DISTINCT FROM here THEN 'same' ELSE format('DIFFERENT: %s instead of %s', live, here) END;
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		scans := scans + (line ~ 'Foreign Scan')::int;
		work := work + (line ~ 'Aggregate|Join|Nested Loop|Filter:|Limit|Unique|SubPlan|InitPlan|CTE')::int;
	END LOOP;
	there := CASE WHEN scans = 1 AND work = 0 THEN 'one statement' ELSE scans || ' scans' END;
	RETURN NEXT;
END $$;
CREATE TABLE results AS SELECT number, c.* FROM queries, LATERAL compared(query) c;
SELECT number, result, n > 0 AS found, there FROM results ORDER BY number;
SELECT count(*) FILTER (WHERE result = 'same') AS same, count(*) FILTER (WHERE there = 'one statement') AS one_statement FROM results;

SET client_min_messages = warning;
DROP SCHEMA tpch_here, tpch_live CASCADE;
RESET client_min_messages;
SELECT rsfed.execute('wh', 'DROP TABLE tpch_' || t) FROM unnest('{region,nation,supplier,part,partsupp,customer,orders,lineitem}'::text[]) t;
