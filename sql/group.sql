-- Groups: several servers behind one name, which is a foreign server, too.
\i test/include/warehouse.psql
SET search_path = public;
SELECT count(rsfed.register_server(name, :'wh_host', :'wh_dbname', :'wh_user', :'wh_password', :'wh_port'))
FROM unnest('{big,small}'::name[]) AS name;

-- a group has members and a strategy, but no options of a server
SELECT rsfed.define_group('house');
SELECT error_of(statement) FROM unnest(ARRAY[
	$$SELECT rsfed.define_group('house')$$,
	$$SELECT rsfed.define_group('x', 'wieghted')$$,
	$$SELECT rsfed.define_group('x', NULL)$$,
	$$SELECT rsfed.define_group(NULL)$$,
	$$SELECT rsfed.define_group('x', options => '{"host": "somewhere"}')$$,
	$$SELECT rsfed.define_group('x', options => '{"strategy": "failover"}')$$,
	$$ALTER SERVER big OPTIONS (ADD strategy 'weighted')$$,
	$$ALTER SERVER house OPTIONS (ADD host 'somewhere')$$,
	$$SELECT * FROM rsfed.query('house', 'SELECT 1') AS t (one integer)$$]) AS statement;

SELECT rsfed.add_member('house', 'big', weight => 3);
SELECT rsfed.add_member('house', 'small');
SELECT error_of('SELECT rsfed.' || call) FROM unnest(ARRAY[
	$$add_member('house', 'small')$$,
	$$add_member('house', 'house')$$,
	$$add_member('house', 'smal')$$,
	$$add_member('big', 'small')$$,
	$$add_member('hous', 'small')$$,
	$$add_member('house', 'wh', weight => -1)$$,
	$$add_member('house', 'wh', priority => 0)$$,
	$$add_member('house', NULL)$$,
	$$alter_member('house', 'smal', weight => 1)$$,
	$$alter_member('house', 'small', weight => 1001)$$,
	$$alter_member('house', 'small', reason => 'resize')$$,
	$$remove_member('house', 'wh')$$]) AS call;
SELECT * FROM rsfed.query('house', 'SELECT 1') AS t (one integer);
SELECT rsfed.columns('house', 'SELECT 1 AS one');

-- a drained member gets no queries
SELECT rsfed.alter_member('house', 'big', weight => 2, priority => 5);
SELECT rsfed.alter_member('house', 'small', drain => true, reason => 'resize');
SELECT group_name, server, weight, priority, draining_since IS NOT NULL AS draining, drained_by = current_user AS by_me, drain_reason
FROM rsfed_catalog.member ORDER BY server COLLATE "C";
SELECT rsfed.alter_member('house', 'big', drain => true);
SELECT error_of($$SELECT rsfed.columns('house', 'SELECT 1 AS one')$$);
SELECT rsfed.alter_member('house', 'big', drain => false);
SELECT rsfed.alter_member('house', 'small', drain => false);

-- using a group requires USAGE on it; changing its members requires the grant option on the members
GRANT USAGE ON FOREIGN SERVER house TO rsfed_analyst;
SELECT rsfed.set_credentials('house', :'wh_user', :'wh_password', for_role => 'rsfed_analyst', verify => false);
SET ROLE rsfed_analyst;
SELECT * FROM rsfed.query('house', 'SELECT 1') AS t (one integer);
SELECT error_of($$SELECT rsfed.columns('big', 'SELECT 1 AS one')$$);
SELECT error_of('SELECT rsfed.' || call) FROM unnest(ARRAY[
	$$define_group('mine')$$,
	$$alter_group('house', 'failover')$$,
	$$add_member('house', 'wh')$$,
	$$remove_member('house', 'small')$$,
	$$drop_group('house')$$]) AS call;
RESET ROLE;
SET ROLE rsfed_stranger;
SELECT error_of($$SELECT rsfed.columns('house', 'SELECT 1 AS one')$$);
RESET ROLE;
GRANT USAGE ON FOREIGN DATA WRAPPER rsfed TO rsfed_analyst;
SET ROLE rsfed_analyst;
SELECT rsfed.define_group('mine', 'failover');
SELECT error_of($$SELECT rsfed.add_member('mine', 'big')$$);
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER big TO rsfed_analyst WITH GRANT OPTION;
SET ROLE rsfed_analyst;
SELECT rsfed.add_member('mine', 'big');
SELECT error_of($$SELECT rsfed.columns('mine', 'SELECT 1 AS one')$$);
SELECT rsfed.drop_group('mine');
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER big FROM rsfed_analyst;
REVOKE USAGE ON FOREIGN DATA WRAPPER rsfed FROM rsfed_analyst;

-- a command is for one member or for all of them, which must be specified
SELECT error_of($$SELECT rsfed.execute('house', 'CREATE TABLE of_all (i integer)')$$);
SELECT error_of($$SELECT rsfed.execute('house', 'CREATE TABLE of_all (i integer)', on_members => 'any')$$);
SELECT rsfed.execute('house', 'CREATE TABLE of_all (i integer)', on_members => 'one');
SELECT error_of($$SELECT rsfed.execute('house', 'CREATE TABLE of_all (i integer)', on_members => 'all')$$);
SELECT rsfed.execute('house', 'DROP TABLE IF EXISTS of_all', on_members => 'all');
SELECT rsfed.execute('big', 'DROP TABLE IF EXISTS of_all', on_members => 'all');

-- schedules can be limited to some of the members
SELECT rsfed.define_rollup('of_group', 'house', 'SELECT 1 AS one, 2 AS two', key => '{one}');
SELECT rsfed.define_rollup('of_server', 'wh', 'SELECT 1 AS one, 2 AS two', key => '{one}');
SELECT error_of(format('SELECT rsfed.schedule_refresh(%L, %L, options => %L)', r, '@yearly', o)) FROM (VALUES
	('of_server', '{"member": "wh"}'), ('of_group', '{"member": "wh"}'), ('of_group', '{"not_members": ["big", "small"]}'),
	('of_group', '{"not_members": "big"}'), ('of_group', '{"member": "big", "not_members": ["small"]}')) AS v (r, o);
SELECT rsfed.schedule_refresh('of_group', '@yearly', 'nightly', options => '{"member": "big"}');
SELECT rsfed.schedule_refresh('of_group', '@yearly', 'often', options => '{"not_members": ["big"]}');

-- what the views show
SELECT server, host, port, sslmode, options, members FROM rsfed.servers WHERE server IN ('house') ORDER BY server COLLATE "C";
SELECT group_name, strategy, server, weight, priority, state, running, max_runs FROM rsfed.groups ORDER BY server COLLATE "C";
SELECT line FROM regexp_split_to_table(rsfed.export(), E'\n') AS line WHERE line ~ 'member|SERVER.*house';

-- renamed servers are followed, and a server in use is not dropped
ALTER SERVER big RENAME TO "Big one";
ALTER SERVER house RENAME TO "The house";
SELECT group_name, server FROM rsfed_catalog.member ORDER BY server COLLATE "C";
SELECT schedule_name, options FROM rsfed_catalog.schedule WHERE schedule_name IN ('nightly', 'often') ORDER BY schedule_name;
SELECT rsfed.drop_rollup(r) FROM unnest('{of_group,of_server}'::regclass[]) AS r;
SELECT rsfed.define_rollup('of_house', 'The house', 'SELECT 1 AS one, 2 AS two', key => '{one}');
SELECT error_of(statement) FROM unnest(ARRAY[
	$$SELECT rsfed.drop_server('Big one')$$,
	$$SELECT rsfed.drop_group('Big one')$$,
	$$SELECT rsfed.drop_group('The house')$$]) AS statement;
SELECT rsfed.alter_group('The house', 'failover');
SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'The house';
SELECT rsfed.drop_server('Big one', cascade => true);
SELECT group_name, server FROM rsfed_catalog.member ORDER BY server COLLATE "C";
CALL rsfed.refresh('of_house') \gset
\echo :status :rows_changed
SELECT rsfed.remove_member('The house', 'small');
SELECT error_of($$CALL rsfed.refresh('of_house')$$);
SELECT rsfed.add_member('The house', 'small');
SELECT rsfed.drop_group('The house', cascade => true);
SELECT count(*) FROM rsfed_catalog.member;
SELECT rsfed.drop_server('small');

-- checks of members: which ones are billed, which options exclude each other
SET client_min_messages = warning;
BEGIN;
SELECT rsfed.register_server('cloud', 'wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com', 'dev', 'u', 'p', verify => false);
SELECT rsfed.define_group('The house', options => '{"health_interval": "30s", "health_query": "SELECT 1"}');
SELECT rsfed.add_member('The house', 'cloud', verify => false);
SELECT rsfed.alter_group('The house', options => '{"health_interval": "4min"}');
SELECT rsfed.alter_group('The house', options => '{"health_interval": "5min"}');
SELECT error_of($$SELECT rsfed.alter_group('The house', options => '{"health_interval": null}')$$);
SELECT error_of($$SELECT rsfed.alter_group('The house', options => '{"health_interval": "2 days"}')$$);
SELECT rsfed.alter_group('The house', options => '{"health_interval": "1s", "health_query": null}');
SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'The house';
SELECT rsfed.alter_group('The house', options => '{"health_interval": null}');
SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'The house';
ROLLBACK;
