-- Data of the shape of TICKIT, Amazon Redshift's sample database: who sold how
-- many tickets for what in 2008.  Made, not copied, and the same on each run:
-- every value follows from its row's number.
--
--   psql -v rows=172456 -f tickit.sql
--
-- rows is the number of sales (172,456 as in the original, by default); users,
-- events and listings keep their proportion to it.  Runs on the stand-in's
-- direct port, as the user that is to own the tables.

\set ON_ERROR_STOP on
\if :{?rows}
\else
	\set rows 172456
\endif
SET client_min_messages = warning;

BEGIN;

DROP TABLE IF EXISTS sales, listing, event, date, category, venue, users;

-- As in the Redshift documentation, less DISTKEY and SORTKEY.
CREATE TABLE users
(
	userid integer NOT NULL,
	username char(8),
	firstname varchar(30),
	lastname varchar(30),
	city varchar(30),
	state char(2),
	email varchar(100),
	phone char(14),
	likesports boolean,
	liketheatre boolean,
	likeconcerts boolean,
	likejazz boolean,
	likeclassical boolean,
	likeopera boolean,
	likerock boolean,
	likevegas boolean,
	likebroadway boolean,
	likemusicals boolean
);
CREATE TABLE venue
(
	venueid smallint NOT NULL,
	venuename varchar(100),
	venuecity varchar(30),
	venuestate char(2),
	venueseats integer
);
CREATE TABLE category
(
	catid smallint NOT NULL,
	catgroup varchar(10),
	catname varchar(10),
	catdesc varchar(50)
);
CREATE TABLE date
(
	dateid smallint NOT NULL,
	caldate date NOT NULL,
	day char(3) NOT NULL,
	week smallint NOT NULL,
	month char(5) NOT NULL,
	qtr char(5) NOT NULL,
	year smallint NOT NULL,
	holiday boolean
);
CREATE TABLE event
(
	eventid integer NOT NULL,
	venueid smallint NOT NULL,
	catid smallint NOT NULL,
	dateid smallint NOT NULL,
	eventname varchar(200),
	starttime timestamp
);
CREATE TABLE listing
(
	listid integer NOT NULL,
	sellerid integer NOT NULL,
	eventid integer NOT NULL,
	dateid smallint NOT NULL,
	numtickets smallint NOT NULL,
	priceperticket decimal(8,2),
	totalprice decimal(8,2),
	listtime timestamp
);
CREATE TABLE sales
(
	salesid integer NOT NULL,
	listid integer NOT NULL,
	sellerid integer NOT NULL,
	buyerid integer NOT NULL,
	eventid integer NOT NULL,
	dateid smallint NOT NULL,
	qtysold smallint NOT NULL,
	pricepaid decimal(8,2),
	commission decimal(8,2),
	saletime timestamp
);

-- A number from 0 to n - 1 that depends on the row and on what it is for, by
-- arithmetic that every server has: the square of a multiple modulo a prime.
CREATE FUNCTION pg_temp.square(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
'SELECT $1 * $1 % 2147483647';
CREATE FUNCTION pg_temp.pick(i bigint, use_for bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
'SELECT pg_temp.square(($1 * 48271 + $2 * 1043618065) % 2147483647) / 8 % $3';

SELECT ceil(49990 * share)::bigint AS users, ceil(8798 * share)::bigint AS events,
	ceil(192497 * share)::bigint AS listings
FROM (SELECT :rows / 172456::float8 AS share) AS shares \gset

INSERT INTO users
SELECT i,
	chr(65 + pg_temp.pick(i, 1, 26)::integer) || chr(65 + pg_temp.pick(i, 2, 26)::integer)
		|| lpad(i::varchar, 6, '0'),
	split_part('Ada Ben Cara Dean Edda Finn Gwen Hugo Iris Jack Kyra Liam Mona Nils Oona Paul', ' ', (1 + pg_temp.pick(i, 3, 16))::integer),
	split_part('Abel Byrd Cruz Dale Ekholm Frost Gray Hale Ivers Joyce Kemp Lowe Moss Nash Odom Pratt', ' ', (1 + pg_temp.pick(i, 4, 16))::integer),
	split_part('Seattle Boston Austin Denver Miami Chicago Portland Phoenix', ' ', city::integer),
	split_part('WA MA TX CO FL IL OR AZ', ' ', city::integer),
	'user' || i || '@example.com',
	'(' || lpad((200 + pg_temp.pick(i, 5, 800))::varchar, 3, '0') || ') 555-'
		|| lpad(pg_temp.pick(i, 6, 10000)::varchar, 4, '0'),
	-- three-valued, as in the original: many never said
	(likes & 1 = 1), (likes & 2 = 2), nullif(likes & 12 = 12, false), nullif(likes & 16 = 0, true),
	(likes & 32 = 32), nullif(likes & 64 = 0, true), (likes & 128 = 128), (likes & 256 = 256),
	nullif(likes & 512 = 0, true), (likes & 1024 = 1024)
FROM (SELECT i, 1 + pg_temp.pick(i, 7, 8) AS city, pg_temp.pick(i, 8, 2048) AS likes
	  FROM generate_series(1, :users) AS i) AS picked;

INSERT INTO venue
SELECT i,
	split_part('Grand Civic Lakeside Harbor Union Royal Summit Garden', ' ', (1 + pg_temp.pick(i, 11, 8))::integer)
		|| ' ' || split_part('Theatre Arena Stadium Hall Opera', ' ', (1 + pg_temp.pick(i, 12, 5))::integer) || ' ' || i,
	split_part('Seattle Boston Austin Denver Miami Chicago Portland Phoenix', ' ', city::integer),
	split_part('WA MA TX CO FL IL OR AZ', ' ', city::integer),
	CASE WHEN pg_temp.pick(i, 13, 3) > 0 THEN 1000 * (10 + pg_temp.pick(i, 14, 80)) END
FROM (SELECT i, 1 + pg_temp.pick(i, 15, 8) AS city FROM generate_series(1, 202) AS i) AS picked;

INSERT INTO category VALUES
	(1, 'Sports', 'MLB', 'Major League Baseball'),
	(2, 'Sports', 'NHL', 'National Hockey League'),
	(3, 'Sports', 'NFL', 'National Football League'),
	(4, 'Sports', 'NBA', 'National Basketball Association'),
	(5, 'Sports', 'MLS', 'Major League Soccer'),
	(6, 'Shows', 'Musicals', 'Musical theatre'),
	(7, 'Shows', 'Plays', 'All non-musical theatre'),
	(8, 'Shows', 'Opera', 'All opera and light opera'),
	(9, 'Concerts', 'Pop', 'All rock and pop music concerts'),
	(10, 'Concerts', 'Jazz', 'All jazz singers and bands'),
	(11, 'Concerts', 'Classical', 'All symphony, concerto, and choir concerts');

-- 1827 is the first of January 2008, as in the original
INSERT INTO date
SELECT 1827 + i, day, upper(left(to_char(day, 'Dy'), 2)), extract(week FROM day)::smallint,
	upper(to_char(day, 'Mon')), 1 + i / 92, 2008,
	to_char(day, 'MM-DD') IN ('01-01', '07-04', '11-27', '12-25')
FROM (SELECT i, '2008-01-01'::date + i AS day FROM generate_series(0, 365) AS i) AS days;

INSERT INTO event
SELECT i, 1 + pg_temp.pick(i, 21, 202), 6 + pg_temp.pick(i, 22, 6), 1827 + day,
	split_part('Macbeth,Tosca,The Lion King,Blue Note Night,Carmen,Hamlet,Summer Tour,Requiem,Wicked,Cabaret,Unplugged,La Traviata', ',', (1 + pg_temp.pick(i, 23, 12))::integer),
	'2008-01-01'::timestamp + day * '1 day'::interval + (14 + pg_temp.pick(i, 24, 7)) * '1 hour'::interval
FROM (SELECT i, pg_temp.pick(i, 25, 366) AS day FROM generate_series(1, :events) AS i) AS picked;

INSERT INTO listing
SELECT i, seller, event, 1827 + day, tickets, price, tickets * price,
	'2008-01-01'::timestamp + day * '1 day'::interval + pg_temp.pick(i, 31, 86400) * '1 second'::interval
FROM (SELECT i, 1 + pg_temp.pick(i, 32, :users) AS seller, 1 + pg_temp.pick(i, 33, :events) AS event,
		pg_temp.pick(i, 34, 360) AS day, 1 + pg_temp.pick(i, 35, 24) AS tickets,
		20 + pg_temp.pick(i, 36, 380) AS price
	  FROM generate_series(1, :listings) AS i) AS picked;

-- A sale takes some of a listing's tickets up to five days after it was listed.
INSERT INTO sales
SELECT salesid, listid, sellerid, 1 + pg_temp.pick(salesid, 41, :users), eventid,
	1827 + (saletime::date - '2008-01-01'::date), quantity, quantity * priceperticket,
	quantity * priceperticket * 0.15, saletime
FROM (SELECT i AS salesid, l.*, 1 + pg_temp.pick(i, 42, least(numtickets, 8)) AS quantity,
		listtime + pg_temp.pick(i, 43, 5 * 86400) * '1 second'::interval AS saletime
	  FROM generate_series(1, :rows) AS i
	  JOIN listing AS l ON l.listid = 1 + pg_temp.pick(i, 44, :listings)) AS picked;

CREATE INDEX ON sales (salesid);
GRANT SELECT ON users, venue, category, date, event, listing, sales TO PUBLIC;

COMMIT;

ANALYZE users, venue, category, date, event, listing, sales;
