-- Sets: several rollups from one snapshot of the warehouse, published together.
\i test/include/warehouse.psql
SET search_path = public;
SELECT rsfed.execute('wh', 'CREATE TABLE booking (id integer, account integer, amount integer, day date)');
SELECT rsfed.execute('wh', 'INSERT INTO booking SELECT k, k % 5, 10, date ''2024-01-01'' + k % 10 FROM big WHERE k <= 100');
-- SYSDATE is the start of the transaction: it shows that there was only one
SELECT rsfed.define_rollup('by_account', 'wh', 'SELECT account, sum(amount) AS total, count(*) AS n, max(SYSDATE) AS read_in FROM booking GROUP BY account', key => '{account}', timezone => 'Europe/Berlin');
SELECT rsfed.define_rollup('grand_total', 'wh', 'SELECT 1 AS one, sum(amount) AS total, max(SYSDATE) AS read_in FROM booking', key => '{one}', timezone => 'Europe/Berlin');
CREATE TABLE plain (i integer);
SELECT rsfed.register_server('wh_other', :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port');
SELECT rsfed.define_rollup('elsewhere', 'wh_other', 'SELECT account, count(*) AS n FROM booking GROUP BY account', populate => false);

-- errors
SELECT error_of(format('SELECT rsfed.define_set(%L, %L)', n, r)) FROM (VALUES
	('s', '{}'), ('s', '{by_account,NULL}'), ('s', '{by_account,by_account}'), ('s', '{by_account,elsewhere}'),
	('', '{by_account}'), (repeat('x', 64), '{by_account}'), (NULL, '{by_account}'), ('s', NULL)) v (n, r);
SELECT split_part(error_of($$SELECT rsfed.define_set('s', '{by_account,plain}')$$), E'\n', 1);
SELECT error_of($$CALL rsfed.refresh_set('nothing')$$);
SELECT * FROM rsfed.sets;

SELECT rsfed.define_set('books', '{grand_total,by_account}');
SELECT error_of($$SELECT rsfed.define_set('books', '{grand_total}')$$);
SELECT error_of($$SELECT rsfed.drop_set('boks')$$);
SELECT name, rollups, owner = current_user::regrole AS mine, source, state, as_of, failures FROM rsfed.sets;
-- the order of the members is kept, also by rsfed.export()
SELECT line FROM regexp_split_to_table(rsfed.export(), E'\n') AS line WHERE line LIKE '%define_set%';

-- all members or none, as of one time
SELECT rsfed.execute('wh', 'UPDATE booking SET amount = 11 WHERE account = 3');
CALL rsfed.refresh_set('books') \gset
\echo :status :rows_changed
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total,
	(SELECT count(DISTINCT read_in) FROM (SELECT read_in FROM by_account UNION ALL SELECT read_in FROM grand_total) r) AS transactions;
SELECT relation, relation_name, set_name, status, trigger, set_run_id = :run_id AS of_the_set, as_of = :'as_of' AS same_as_of, rows_received, rows_updated, server, remote_pid > 0 AS pid
FROM rsfed.runs WHERE run_id >= :run_id ORDER BY run_id;
SELECT count(*), count(DISTINCT as_of), bool_and(as_of = :'as_of') FROM rsfed.freshness WHERE relation IN ('by_account'::regclass, 'grand_total'::regclass);
SELECT name, state, as_of = :'as_of' AS same_as_of, last_run_id = :run_id AS last_run FROM rsfed.sets;
-- separate refreshes are two transactions, as the columns show
CALL rsfed.refresh('by_account') \gset
CALL rsfed.refresh('grand_total') \gset
SELECT count(DISTINCT read_in) AS transactions FROM (SELECT read_in FROM by_account UNION ALL SELECT read_in FROM grand_total) r;

-- the second one fails
SELECT rsfed.execute('wh', 'UPDATE booking SET amount = 12 WHERE account = 3');
SELECT action FROM rsfed.alter_rollup('grand_total', options => '{"min_rows": 2}', populate => false);
CALL rsfed.refresh_set('books');
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total;
SELECT relation, set_name, status, sqlstate, message, detail, phase FROM rsfed.runs ORDER BY run_id DESC LIMIT 3;
SELECT relation, state, failures, message FROM rsfed.freshness WHERE relation IN ('by_account'::regclass, 'grand_total'::regclass) ORDER BY 1;
SELECT name, state, failures, sqlstate, message FROM rsfed.sets;
-- doctor() reports it, and its remedy shows the cause
SELECT severity, subject, regexp_replace(problem, '[0-9]{4}-[0-9 :+-]+', '<time>: ') AS problem, remedy AS look FROM rsfed.doctor() WHERE subject = 'set books' \gset
\echo :severity :subject :problem
:look
SELECT action FROM rsfed.alter_rollup('grand_total', options => '{"min_rows": null}', populate => false);
SELECT rsfed.execute('wh', 'CREATE TABLE rate (r integer)');
SELECT rsfed.execute('wh', 'INSERT INTO rate VALUES (1)');
SELECT action FROM rsfed.alter_rollup('grand_total', 'SELECT 1 AS one, sum(amount * r) AS total, max(SYSDATE) AS read_in FROM booking, rate', populate => false);
SELECT rsfed.execute('wh', 'DROP TABLE rate');
CALL rsfed.refresh_set('books');
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total;
SELECT relation, set_name, status, sqlstate, message, phase FROM rsfed.runs ORDER BY run_id DESC LIMIT 3;
-- a failure that no member caused
SELECT standin('FAULT reject_logins');
CALL rsfed.refresh_set('books');
SELECT standin('RESET');
SELECT relation, set_name, status, sqlstate, phase FROM rsfed.runs ORDER BY run_id DESC LIMIT 3;
SELECT action FROM rsfed.alter_rollup('grand_total', 'SELECT 1 AS one, sum(amount) AS total, max(SYSDATE) AS read_in FROM booking', populate => false);
-- in a transaction that is rolled back, then in one that is not
BEGIN;
CALL rsfed.refresh_set('books') \gset
\echo :status :rows_changed
SELECT (SELECT sum(total) FROM by_account) = (SELECT total FROM grand_total) AS consistent, (SELECT total FROM grand_total);
ROLLBACK;
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total;
BEGIN;
CALL rsfed.refresh_set('books') \gset
COMMIT;
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total;
SELECT relation, state, failures FROM rsfed.freshness WHERE relation IN ('by_account'::regclass, 'grand_total'::regclass) ORDER BY 1;
SELECT name, state, failures FROM rsfed.sets;

-- probes: nothing is read if all of them find no change
SELECT action FROM rsfed.alter_rollup('grand_total', 'SELECT 1 AS one, sum(amount) AS total FROM booking', options => '{"probe": "SELECT sum(amount) FROM booking"}', populate => false);
SELECT action FROM rsfed.alter_rollup('by_account', 'SELECT account, sum(amount) AS total FROM booking GROUP BY account', options => '{"probe": "SELECT sum(amount) FROM booking"}', populate => false);
CALL rsfed.refresh_set('books') \gset
CALL rsfed.refresh_set('books') \gset
\echo :status :rows_changed
SELECT relation, set_name, status, rows_received, as_of = :'as_of' AS same_as_of FROM rsfed.runs WHERE run_id >= :run_id ORDER BY run_id;
SELECT rsfed.execute('wh', 'UPDATE booking SET amount = 13 WHERE account = 3');
CALL rsfed.refresh_set('books') \gset
\echo :status :rows_changed
-- with a member without a probe, all are read
SELECT action FROM rsfed.alter_rollup('by_account', options => '{"probe": null}', populate => false);
CALL rsfed.refresh_set('books') \gset
SELECT relation, set_name, status, rows_received FROM rsfed.runs WHERE run_id >= :run_id ORDER BY run_id;

-- a filled window, in another time zone; and a rollup without a key
SELECT rsfed.define_rollup('by_day', 'wh', 'SELECT day, sum(amount) AS total FROM booking WHERE day >= {from} AND day < {to} GROUP BY day',
	method => 'window', timezone => 'America/New_York', populate => false, options => '{"start": "2024-01-01", "batch": "2 days", "lookback": "20000 days"}');
SELECT rsfed.define_rollup('rows_of_it', 'wh', 'SELECT account, amount FROM booking', method => 'replace', populate => false);
SELECT rsfed.alter_set('books', '{by_day,rows_of_it,grand_total,by_account}');
CALL rsfed.refresh_set('books');
CALL rsfed.refresh('by_day', since => '2024-01-01') \gset
\echo :status
SELECT rsfed.execute('wh', 'UPDATE booking SET amount = 14 WHERE account = 3');
CALL rsfed.refresh_set('books') \gset
\echo :status
SELECT (SELECT sum(total) FROM by_account) AS by_account, (SELECT total FROM grand_total) AS grand_total, (SELECT sum(total) FROM by_day) AS by_day, (SELECT sum(amount) FROM rows_of_it) AS rows_of_it;
SELECT relation, state, as_of = :'as_of' AS same_as_of FROM rsfed.freshness WHERE relation = ANY ('{by_day,rows_of_it,grand_total,by_account}'::regclass[]) ORDER BY 1;

-- members are renamed, moved, removed
CREATE SCHEMA archive;
ALTER TABLE by_account RENAME TO per_account;
ALTER TABLE per_account SET SCHEMA archive;
SELECT rollups FROM rsfed.sets;
CALL rsfed.refresh_set('books') \gset
\echo :status
DROP TABLE archive.per_account;
SELECT rsfed.drop_rollup('by_day');
SELECT rsfed.drop_rollup('rows_of_it', keep_table => true);
SELECT rollups FROM rsfed.sets;
CALL rsfed.refresh_set('books') \gset
\echo :status
DROP TABLE rows_of_it;

-- schedules
SELECT rsfed.schedule_set('books', '@daily', timezone => 'Europe/Berlin');
SELECT rsfed.schedule_set('books', '*/5 6-20 * * mon-fri', name => 'day', options => '{"run_timeout": "10 min"}');
SELECT relation, set_name, name, schedule, timezone, options, next_run_at > now() AS next, paused FROM rsfed.schedules WHERE set_name = 'books' ORDER BY name;
SELECT rsfed.alter_set_schedule('books', 'day', '@hourly', options => '{"run_timeout": null}');
SELECT rsfed.pause_set('books', reason => 'audit');
SELECT name, schedule, options, paused, pause_reason FROM rsfed.schedules WHERE set_name = 'books' ORDER BY name;
SELECT state FROM rsfed.sets;
SELECT rsfed.resume_set('books');
UPDATE rsfed_catalog.schedule SET paused_at = now(), pause_reason = 'It failed 2 times in a row.' WHERE schedule_name = 'day';
SELECT severity, subject, split_part(problem, ': ', 2) AS why, remedy FROM rsfed.doctor() WHERE subject ~ 'set books';
SELECT rsfed.resume_set('books');
SELECT count(*) FROM rsfed.doctor() WHERE subject ~ 'set books';
SELECT rsfed.unschedule_set('books', 'day');
-- schedules after others
SELECT rsfed.schedule_refresh('grand_total', '@daily');
SELECT rsfed.alter_set_schedule('books', 'refresh', options => '{"after": ["grand_total"]}');
SELECT set_name, name, after FROM rsfed.schedules WHERE set_name IS NOT NULL;
SELECT rsfed.unschedule_refresh('grand_total');
SELECT set_name, name, after FROM rsfed.schedules WHERE set_name IS NOT NULL;
-- and others after them
SELECT rsfed.schedule_set('books', '@daily', name => 'ni/ght ly');
SELECT rsfed.schedule_refresh('grand_total', '@daily', options => '{"after": ["SET Books", "set books/ni/ght ly"]}');
CREATE MATERIALIZED VIEW last_of_all AS SELECT 1 AS a;
CREATE UNIQUE INDEX ON last_of_all (a);
SELECT rsfed.define_set('Odd "set"/name', '{grand_total}');
SELECT rsfed.schedule_set('Odd "set"/name', '@daily', options => '{"after": ["grand_total"]}');
SELECT rsfed.schedule_refresh('last_of_all', '@daily', options => '{"after": ["set \"Odd \"\"set\"\"/name\""]}');
SELECT relation, set_name, name, after FROM rsfed.schedules ORDER BY relation::text, set_name, name;
SELECT count(rsfed.alter_schedule(relation, name, options => jsonb_build_object('after', after))) FROM rsfed.schedules WHERE relation IS NOT NULL;
SELECT line FROM regexp_split_to_table(rsfed.export(), E'\n') AS line WHERE line LIKE '%"after"%';
SELECT error_of(format($$SELECT rsfed.alter_set_schedule('books', 'refresh', options => '{"after": [%s]}')$$, to_json(a)))
FROM unnest('{set books,set books/ni/ght ly,set boks,set books/x,set,"set ",set a.b,"set \"open",set \"Books\",set Odd}'::text[]) a;
GRANT CREATE ON SCHEMA public TO rsfed_owner;
SET ROLE rsfed_owner;
CREATE MATERIALIZED VIEW no_look AS SELECT 1 AS a;
SELECT error_of($$SELECT rsfed.schedule_refresh('no_look', '@daily', options => '{"after": ["set books"]}')$$);
DROP MATERIALIZED VIEW no_look;
RESET ROLE;
SELECT rsfed.unschedule_set('books', 'ni/ght ly');
SELECT rsfed.drop_set('Odd "set"/name');
SELECT rsfed.unschedule_refresh('grand_total');
DROP MATERIALIZED VIEW last_of_all;
SELECT error_of(s) FROM unnest(ARRAY[
	$$SELECT rsfed.schedule_set('books', '@daily', options => '{"since": "3 days ago"}')$$,
	$$SELECT rsfed.schedule_set('books', 'never')$$,
	$$SELECT rsfed.schedule_set('boks', '@daily')$$,
	$$SELECT rsfed.alter_set_schedule('books', 'dai', '@daily')$$,
	$$SELECT rsfed.unschedule_set('books', 'day')$$,
	$$SELECT rsfed.pause_set('boks')$$]) s;

-- rsfed.export() contains the set
SELECT line FROM regexp_split_to_table(rsfed.export(), E'\n') AS line WHERE line LIKE '%books%';

-- queued for a worker; a request that equals a queued one gets its number
BEGIN;
SELECT rsfed.request_set_refresh('books') AS requested \gset
SELECT rsfed.request_set_refresh('books') = :requested AS same;
COMMIT;
SELECT rsfed.wait(:requested);
SET ROLE rsfed_stranger;
SELECT replace(error_of('SELECT rsfed.wait(' || :requested || ')'), :'requested', 'N');
RESET ROLE;
SELECT relation, set_name, status, trigger FROM rsfed.runs WHERE run_id = :requested OR set_run_id = :requested ORDER BY run_id;

-- privileges
GRANT USAGE ON FOREIGN SERVER wh TO rsfed_owner;
SELECT rsfed.set_credentials('wh', :'wh_user', :'wh_password', for_role => 'rsfed_owner');
SET ROLE rsfed_owner;
SELECT rsfed.define_rollup('owned_1', 'wh', 'SELECT account, sum(amount) AS total FROM booking GROUP BY account');
SELECT rsfed.define_rollup('owned_2', 'wh', 'SELECT 1 AS one, sum(amount) AS total FROM booking', key => '{one}');
SELECT error_of($$SELECT rsfed.define_set('owned', '{owned_1,grand_total}')$$);
SELECT rsfed.define_set('owned', '{owned_1,owned_2}');
CALL rsfed.refresh_set('owned') \gset
\echo :status
SELECT name, owner FROM rsfed.sets;
RESET ROLE;
SELECT error_of($$SELECT rsfed.define_set('mixed', '{owned_1,grand_total}')$$);
SET ROLE rsfed_stranger;
SELECT count(*) FROM rsfed.sets;
-- a hint does not contain their names, either
SELECT error_of($$CALL rsfed.refresh_set('owne')$$);
SELECT count(*) FROM rsfed.schedules;
SELECT count(*) FROM rsfed.runs;
SELECT error_of(s) FROM unnest(ARRAY[$$CALL rsfed.refresh_set('owned')$$, $$SELECT rsfed.request_set_refresh('owned')$$, $$SELECT rsfed.drop_set('owned')$$,
	$$SELECT rsfed.alter_set('owned', '{owned_1}')$$, $$SELECT rsfed.schedule_set('owned', '@daily')$$, $$SELECT rsfed.pause_set('owned')$$]) s;
RESET ROLE;
GRANT SELECT ON owned_1 TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT count(*) FROM rsfed.sets;
-- roles that may read a member see its name in errors; others do not
SELECT error_of($$CALL rsfed.refresh_set('owned')$$);
RESET ROLE;
GRANT SELECT ON owned_2 TO rsfed_stranger;
SET ROLE rsfed_stranger;
SELECT name, rollups, state, message FROM rsfed.sets;
SELECT error_of($$CALL rsfed.refresh_set('owne')$$);
RESET ROLE;
-- a member with another owner stops the set; both owners may remove it
ALTER TABLE owned_2 OWNER TO CURRENT_USER;
CALL rsfed.refresh_set('owned');
SET ROLE rsfed_owner;
SELECT error_of($$CALL rsfed.refresh_set('owned')$$);
SELECT rsfed.drop_set('owned');
RESET ROLE;
-- a member with another source stops it, too
SELECT rsfed.define_set('drift', '{grand_total,owned_2}');
SELECT action FROM rsfed.alter_rollup('owned_2', source => 'wh_other', populate => false);
CALL rsfed.refresh_set('drift');

-- the set is dropped with its last member
SELECT rsfed.drop_rollup('grand_total');
SELECT name, rollups FROM rsfed.sets;
DROP TABLE owned_2;
SELECT count(*) FROM rsfed.sets;
SELECT count(*) FROM rsfed.schedules WHERE set_name IS NOT NULL;
SELECT count(*) FROM rsfed_catalog.relation WHERE kind = 'set';
DROP SCHEMA archive;
DROP TABLE plain;
SELECT rsfed.drop_rollup('owned_1'), rsfed.drop_rollup('elsewhere');
SELECT rsfed.drop_server('wh_other');
DROP USER MAPPING FOR rsfed_owner SERVER wh;
REVOKE USAGE ON FOREIGN SERVER wh FROM rsfed_owner;
REVOKE CREATE ON SCHEMA public FROM rsfed_owner;
SELECT rsfed.execute('wh', 'DROP TABLE booking');
