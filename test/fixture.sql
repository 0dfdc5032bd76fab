-- What the regression tests find in the warehouse; Redshift's dialect.
CREATE TABLE trade (salesid integer, sellerid integer, buyerid integer, qtysold smallint,
	pricepaid decimal(8,2), commission decimal(8,2), saletime timestamp, note varchar(100));
INSERT INTO trade
SELECT g, g % 50, g % 77, g % 4 + 1, (g % 1000) + 0.25, (g % 1000) * 0.15,
	timestamp '2008-01-01 00:00:00' + g * interval '17 minutes', 'sale ' || g
FROM generate_series(1, 5000) g;

CREATE TABLE kv (k integer, s varchar(20), n decimal(18,4), d date);
INSERT INTO kv VALUES (1, 'one', 1.5, '2024-01-01');
INSERT INTO kv VALUES (2, 'two', 2.25, '2024-02-29');
INSERT INTO kv VALUES (3, NULL, NULL, NULL);
INSERT INTO kv VALUES (NULL, 'no key', 0, '2024-12-31');

CREATE TABLE dup (k integer, v integer);
INSERT INTO dup VALUES (1, 10);
INSERT INTO dup VALUES (1, 11);
INSERT INTO dup VALUES (1, 12);
INSERT INTO dup VALUES (2, 20);

CREATE TABLE big (k integer, v bigint, filler varchar(60));
INSERT INTO big SELECT g, g * 3, 'row number ' || g FROM generate_series(1, 100000) g;

CREATE TABLE blanks (name varchar(10), v integer);
INSERT INTO blanks VALUES ('a', 1);
INSERT INTO blanks VALUES ('b  ', 2);

CREATE TABLE secret (v integer);
REVOKE ALL ON secret FROM PUBLIC;

-- a column of every type that Redshift has, with values at the edges
CREATE TABLE shapes (n integer, si smallint, bi bigint, de decimal(38,10), re real, dp double precision,
	bo boolean, ch char(5), vc varchar(200), da date, ts timestamp, tz timestamptz, ti time, tt timetz,
	su super, vb varbyte(100), hl hllsketch, ge geometry, gg geography,
	ym interval year to month, ds interval day to second);
INSERT INTO shapes VALUES (1, -32768, 9223372036854775807, 1234567890123456789012345678.0123456789, 3.4028235e38, 1.7976931348623157e308,
	true, 'ab', 'Grüße, 世界 ''quoted'' \\ back', '2024-02-29', '2024-02-29 23:59:59.999999', '2024-02-29 23:59:59.5+02', '23:59:59.999999', '12:00:00+05:30',
	'{"a": [1, "b c", null], "n": 1.50}', 'abc', 'sketch', '0101000000', '0101000001', interval '1 year 2 months', interval '1 day 02:03:04.5');
INSERT INTO shapes VALUES (2, 32767, -9223372036854775808, -0.0000000001, 1e-37, 2.2250738585072014e-308,
	false, '', '', '0001-01-01', '1970-01-01', '1969-12-31 23:59:59.999999+00', '00:00:00', '00:00:00-08',
	'"text"', '', '', '', '', interval '-1 month', interval '-2 seconds');
INSERT INTO shapes (n) VALUES (3);
