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
