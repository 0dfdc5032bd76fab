-- rsfed.check_group(): differences between members; and the records for Route 53.
\i test/include/warehouse.psql
SET search_path = public;
\getenv reader WAREHOUSE_READER
\getenv reader_password WAREHOUSE_READER_PASSWORD
SELECT count(rsfed.register_server(name, :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port'))
FROM unnest('{big,small}'::name[]) AS name;
SELECT rsfed.define_group('house');
SELECT rsfed.add_member('house', 'big', weight => 3);
SELECT rsfed.add_member('house', 'small');

-- arguments
SELECT error_of('SELECT * FROM rsfed.check_group(' || arguments || ')') FROM unnest(ARRAY[
	$$NULL$$, $$'hous'$$, $$'big'$$, $$'house', '{a.b.c}'$$, $$'house', '{""}'$$, $$'house', ARRAY['a b']$$, $$'house', '{NULL}'$$, $$'house', sample => NULL$$]) AS arguments;
SELECT * FROM rsfed.check_group('house', '{}');

-- both members are the same warehouse; a name without a schema is in public
SELECT * FROM rsfed.check_group('house', '{venue, Public.EVENT, venue}', sample => true) ORDER BY item, server;
SELECT * FROM rsfed.check_group('house', '{nowhere}') ORDER BY item, server;
SELECT count(*) FROM rsfed_catalog.difference;

-- a log-in with fewer privileges: tables that it may not see are reported as missing
SELECT rsfed.execute('big', 'CREATE SCHEMA hidden');
SELECT rsfed.execute('big', 'CREATE TABLE hidden."Odd name" (k integer, "a ""b" varchar(20), amount decimal(8,2), flag boolean)');
SELECT rsfed.execute('big', $$INSERT INTO hidden."Odd name" VALUES (1, 'x', 1.5, true), (2, NULL, NULL, NULL), (3, '', 0, false)$$);
SELECT * FROM rsfed.check_group('house', '{"hidden.\"Odd name\""}', true) ORDER BY item, server;
SELECT rsfed.set_credentials('small', :'reader', :'reader_password');
SELECT server, item, ok, detail FROM rsfed.check_group('house', '{"hidden.\"Odd name\"", venue}', true) ORDER BY item, server;
SELECT group_name, server, state FROM rsfed.groups WHERE group_name = 'house' ORDER BY server;

-- the tables of rollups are compared, and a member without one is not used for that rollup
SELECT rsfed.define_rollup('odd', 'house', 'WITH t AS (SELECT * FROM hidden."Odd name") SELECT k, count(*) AS n FROM t GROUP BY k', key => '{k}', populate => false);
SELECT DISTINCT item FROM rsfed.check_group('house') ORDER BY item;
SELECT severity, subject, problem, remedy FROM rsfed_doctor.difference ORDER BY subject, problem;
-- in turns, every fourth run would go to small
CALL rsfed.refresh('odd') \gset
CALL rsfed.refresh('odd') \gset
CALL rsfed.refresh('odd') \gset
CALL rsfed.refresh('odd') \gset
CALL rsfed.refresh('odd') \gset
SELECT server, count(*) FROM rsfed.runs WHERE relation = 'odd'::regclass GROUP BY server;
SELECT rsfed.alter_member('house', 'big', drain => true);
CALL rsfed.refresh('odd');
SELECT rsfed.alter_member('house', 'big', drain => false);
-- other roles see the findings but do not store theirs
GRANT USAGE ON FOREIGN SERVER house TO rsfed_analyst;
SELECT rsfed.set_credentials('house', :'wh_user', :'wh_password', for_role => 'rsfed_analyst');
SET ROLE rsfed_analyst;
SELECT DISTINCT server, item, ok FROM rsfed.check_group('house', '{"hidden.\"Odd name\""}') ORDER BY item, server;
RESET ROLE;
SET ROLE rsfed_stranger;
SELECT error_of($$SELECT * FROM rsfed.check_group('house')$$);
SELECT error_of($$SELECT rsfed.dns_records('house', 'warehouse.example.com')$$);
SELECT count(*) FROM rsfed_doctor.difference;
RESET ROLE;
SELECT count(*) FROM rsfed_catalog.difference;
-- a check of another log-in changes nothing here; a later check does
SELECT rsfed.set_credentials('small', :'wh_user', :'wh_password');
SELECT count(*) FROM rsfed.check_group('house') WHERE NOT ok;
SELECT count(*) FROM rsfed_catalog.difference;
SELECT state FROM rsfed.groups WHERE group_name = 'house' ORDER BY server;

-- tables are found anywhere in a query, and nothing else is mistaken for a table
SELECT rsfed.define_rollup('reads', 'house', $$
	WITH e AS (SELECT eventid, catname FROM Public.event, category c WHERE c.catid = event.catid), -- FROM comment
	u (id) AS (SELECT userid FROM "users" AS x)
	SELECT EXTRACT(year FROM s.saletime) AS y, TRIM(' ' FROM 'from nowhere') AS t, count(*) AS n
	FROM sales s JOIN e ON e.eventid = s.eventid AND e.catname IN ('from', 'join') LEFT JOIN (listing l INNER JOIN u ON l.sellerid = u.id) ON l.listid = s.listid,
		(SELECT venueid FROM public.venue) v, "big" AS from_big
	WHERE s.sellerid NOT IN (SELECT k FROM kv WHERE k IS NOT NULL) AND from_big.k < 3
	GROUP BY 1, 2
	UNION ALL SELECT 1, 'x', (SELECT count(*) FROM dup) AS n FROM date WHERE dateid < 0$$, key => '{y,t}', method => 'replace', populate => false,
	options => '{"probe": "SELECT max(salesid) FROM trade"}');
SELECT string_agg(DISTINCT item, ', ' ORDER BY item) FROM rsfed.check_group('house') WHERE item LIKE 'relation%';
SELECT count(*) FROM rsfed.check_group('house') WHERE NOT ok;
SELECT rsfed.drop_rollup('reads');

-- a member that cannot be reached
SELECT rsfed.register_server('away', 'localhost', :'wh_dbname', :'wh_user', :'wh_password', 1, verify => false);
-- the WARNING contains a message of the operating system
SET client_min_messages = error;
SELECT rsfed.add_member('house', 'away');
RESET client_min_messages;
SELECT server, item, ok, split_part(detail, E'\n', 1) FROM rsfed.check_group('house', '{trade}') WHERE item = 'connection' ORDER BY server;
SELECT rsfed.remove_member('house', 'away');
SELECT rsfed.drop_server('away');

-- Route 53: the records contain host names
SELECT error_of('SELECT rsfed.dns_records(' || arguments || ')') FROM unnest(ARRAY[
	$$'house', 'warehouse.example.com'$$, $$'house', 'warehouse'$$, $$'house', 'ware house.example.com'$$, $$'house', NULL$$,
	$$'house', '-a.example.com'$$, $$'house', 'warehouse.example.com', -1$$, $$'big', 'warehouse.example.com'$$]) AS arguments;
ALTER SERVER big OPTIONS (SET host 'big.abc.eu-west-1.redshift.amazonaws.com');
ALTER SERVER small OPTIONS (SET host 'small.123.eu-west-1.redshift-serverless.amazonaws.com');
SELECT rsfed.dns_records('house', 'warehouse.example.com');
SELECT rsfed.alter_member('house', 'big', weight => 1000);
CREATE FUNCTION weights() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', c #>> '{ResourceRecordSet,SetIdentifier}', c #>> '{ResourceRecordSet,Weight}', c #>> '{ResourceRecordSet,TTL}'), ', ')
	FROM jsonb_array_elements(rsfed.dns_records('house', '*.example.com.', 300)::jsonb -> 'Changes') AS c $$;
SELECT weights();
SELECT rsfed.alter_member('house', 'big', drain => true);
SELECT weights();
SELECT rsfed.alter_member('house', 'small', weight => 0);
SELECT weights();
ALTER SERVER small OPTIONS (SET port '5440');
SELECT weights();
DROP FUNCTION weights();
SELECT rsfed.remove_member('house', 'big'), rsfed.remove_member('house', 'small');
SELECT error_of($$SELECT rsfed.dns_records('house', 'warehouse.example.com')$$);

SELECT rsfed.drop_group('house', cascade => true);
SELECT rsfed.execute('wh', 'DROP SCHEMA hidden CASCADE');
SELECT rsfed.drop_server('big');
SELECT rsfed.drop_server('small');
