# Members of a group that only some runs may use: runs that may use only a full
# member wait in the queue, and a run whose statement fails on one member continues
# on another.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = start_primary('primary', register => 0,
	conf => "rsfed.max_workers = 2\nrsfed.ssl_root_cert = '" . all_authorities() . "'\n");

sub everywhere { my ($do) = @_; return map { at_warehouse($_, $do) } 1 .. 3; }
sub sql { return $node->safe_psql('postgres', $_[0]); }
sub at { my ($n, $sql) = @_; return at_warehouse($n, sub { warehouse_sql($sql) }); }

everywhere(sub {
	standin_reset();
	warehouse_sql(q{
		DROP TABLE IF EXISTS part_sales CASCADE;
		DROP FUNCTION IF EXISTS part_twice(integer);
		CREATE TABLE part_sales (seller integer, price integer);
		INSERT INTO part_sales SELECT i % 10, 10 FROM generate_series(1, 100) AS i;
	});
});
for my $n (1 .. 3)
{
	at_warehouse($n, sub { register_warehouse($node, name => "w$n") });
	sql("ALTER SERVER w$n OPTIONS (SET sslmode 'disable')");
}
sql(q{
	ALTER SERVER w1 OPTIONS (ADD max_runs '1');
	SELECT rsfed.define_group('house'), rsfed.add_member('house', 'w1'), rsfed.add_member('house', 'w2'), rsfed.add_member('house', 'w3');
});
my $query = 'SELECT seller, sum(price) AS revenue FROM part_sales GROUP BY seller';

# The states of the runs of rollups: name and status, in order.
sub status
{
	my ($names) = @_;
	return sql("SELECT string_agg(relation_name::text || ' ' || status, ', ' ORDER BY relation_name::text, run_id)"
		  . " FROM rsfed_catalog.run WHERE schedule_name IS NOT NULL AND relation_name::text ~ '$names'");
}

# Schedules rollups for one run, now: name and options of each.
sub due
{
	my (%schedules) = @_;
	sql(join('; ', 'BEGIN',
		(map { "SELECT rsfed.schedule_refresh('$_', '1 day', options => '$schedules{$_}')" } sort keys %schedules),
		"UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '1 s' * (SELECT count(*) FROM rsfed_catalog.relation r WHERE r.relation_id >= schedule.relation_id)",
		'COMMIT'));
	return;
}

sub forget
{
	my ($names) = @_;
	sql("SELECT rsfed.unschedule_refresh(relation, name) FROM rsfed.schedules WHERE relation::text ~ '$names'");
	return;
}

# Runs with option member, or with all others excluded, wait for their member in the
# queue: both workers stay available for other runs
sql("SELECT rsfed.define_rollup('$_', 'house', '$query', populate => false)") for qw(a_one b_two c_three d_any);
at_warehouse(1, sub { standin('FAULT slow 6000') });
due(a_one => '{"member": "w1"}', b_two => '{"member": "w1"}', c_three => '{"not_members": ["w2", "w3"]}',
	d_any => '{"not_members": ["w1"]}');
poll_for($node, "SELECT string_agg(status, ' ') FROM rsfed_catalog.run WHERE relation_name = 'd_any' AND schedule_name IS NOT NULL", 'published',
	'a run for another member is done');
like(status('^[abc]_'), qr/^a_one running, b_two queued, c_three queued$/, 'while those for the full one wait in the queue');
is(sql("SELECT running, max_runs FROM rsfed.groups WHERE server = 'w1'"), '1|1', 'which has what it may have');
at_warehouse(1, sub { standin_reset() });
poll_for($node, "SELECT count(*) FROM rsfed_catalog.run WHERE status IN ('queued', 'running')", '0', 'they run one after the other');
is(status('^[abc]_'), 'a_one published, b_two published, c_three published', 'and are published');
is(sql("SELECT string_agg(DISTINCT server::text, ' ') FROM rsfed.runs WHERE relation_name ~ '^public.[abc]_' AND status = 'published'"),
	'w1', 'at their member');
forget('^[abcd]_');

# A member that differs in a relation that a rollup reads is not used for it, even
# if it has room
sql("SELECT rsfed.alter_member('house', 'w3', weight => 0)");
at(2, 'ALTER TABLE part_sales RENAME TO part_sold');
sql("SELECT rsfed.check_group('house')");
is(sql("SELECT string_agg(server::text, ' ') FROM rsfed.groups WHERE state = 'differs'"), 'w2', 'w2 differs');
at(2, 'CREATE TABLE part_other (a integer); INSERT INTO part_other VALUES (1)');
at(1, 'CREATE TABLE part_other (a integer); INSERT INTO part_other VALUES (1)');
sql("SELECT rsfed.define_rollup('e_other', 'house', 'SELECT a FROM part_other GROUP BY a', populate => false)");
at_warehouse(1, sub { standin('FAULT slow 6000') });
due(a_one => '{}', b_two => '{}', e_other => '{"member": "w2"}');
poll_for($node, "SELECT string_agg(status, ' ') FROM rsfed_catalog.run WHERE relation_name = 'e_other' AND schedule_name IS NOT NULL", 'published',
	'a run for another member is done');
like(status('^[ab]_'), qr/a_one running, b_two published, b_two queued$/, 'while one waits for the only member that is right');
at_warehouse(1, sub { standin_reset() });
poll_for($node, "SELECT count(*) FROM rsfed_catalog.run WHERE status IN ('queued', 'running')", '0', 'it runs then');
forget('^[abe]_');
at(2, 'ALTER TABLE part_sold RENAME TO part_sales');
everywhere(sub { warehouse_sql('DROP TABLE IF EXISTS part_other CASCADE') });
sql(q{SELECT rsfed.drop_rollup('e_other'); SELECT rsfed.check_group('house'); SELECT rsfed.alter_member('house', 'w3', weight => 1)});
is(sql("SELECT string_agg(DISTINCT state, ' ') FROM rsfed.groups"), 'healthy', 'all are alike again');
sql("ALTER SERVER w1 OPTIONS (DROP max_runs)");

# One member lacks a function: the run continues on another one, and the member is
# no longer used for the rollup
at($_, "CREATE FUNCTION part_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'") for 1 .. 3;
sql("SELECT rsfed.alter_group('house', 'failover'), rsfed.alter_member('house', 'w2', priority => 2), rsfed.alter_member('house', 'w3', priority => 3)");
sql(q{SELECT rsfed.define_rollup('twice', 'house', 'SELECT seller, sum(part_twice(price)) AS revenue FROM part_sales GROUP BY seller')});
at(1, 'DROP FUNCTION part_twice(integer)');
at($_, 'UPDATE part_sales SET price = 11') for 1 .. 3;
sql("CALL rsfed.refresh('twice')");
is(last_run($node, 'twice', 'status, server, moved_from, attempt, rows_updated, sqlstate IS NULL'), 'published|w2|w1|1|10|t', 'the run moves');
like(last_run($node, 'twice', 'note'),
	qr/^Member "w1" refuses the query, which member "w2" takes: function part_twice\(integer\) does not exist\.$/, 'and tells why');
is(sql('SELECT DISTINCT revenue FROM twice'), '220', 'the content is right');
is(sql("SELECT string_agg(server || ' ' || state, ', ' ORDER BY server) FROM rsfed.groups"), 'w1 differs, w2 healthy, w3 healthy',
	'the member is told from the others');
is(sql("SELECT subject, problem, remedy FROM rsfed.doctor() WHERE subject ~ '^server w1 of'"),
	'server w1 of group house|It differs from the other members, and rollup public.twice does not use it: it refuses the query, which "w2" takes: '
	  . "function part_twice(integer) does not exist.|SELECT * FROM rsfed.check_group('house') WHERE NOT ok;", 'doctor() says so');
at_warehouse(1, sub { standin_reset() });
sql("CALL rsfed.refresh('twice')");
is(last_run($node, 'twice', 'status, server, moved_from, note'), 'unchanged|w2||', 'the next run does not go there');
is(at_warehouse(1, sub { my ($n) = standin('STATUS') =~ /^connections_made\|(\d+)$/m; $n }), 0, 'not even to ask');
sql("CALL rsfed.refresh('a_one')");
is(last_run($node, 'a_one', 'server'), 'w1', 'other rollups use it as before');

# check_group() checks again, and ends this
is(sql("SELECT server, item, ok, detail FROM rsfed.check_group('house') WHERE item ~ '^query'"),
	'w1|query of rollup public.twice|f|function part_twice(integer) does not exist', 'check_group() shows the query that is refused');
at(1, "CREATE FUNCTION part_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'");
is(sql("SELECT server, item, ok, detail FROM rsfed.check_group('house') WHERE item ~ '^query'"),
	'w1|query of rollup public.twice|t|taken', 'and sees that it is taken now');
is(sql("SELECT string_agg(DISTINCT state, ' ') FROM rsfed.groups"), 'healthy', 'the member is like the others');
sql("CALL rsfed.refresh('twice')");
is(last_run($node, 'twice', 'status, server'), 'unchanged|w1', 'and used again');

# It applies to the definition that it was found with
at(1, 'DROP FUNCTION part_twice(integer)');
sql("CALL rsfed.refresh('twice')");
is(last_run($node, 'twice', 'server, moved_from'), 'w2|w1', 'it is lost again');
sql(q{SELECT * FROM rsfed.alter_rollup('twice', 'SELECT seller, sum(2 * price) AS revenue FROM part_sales GROUP BY seller')});
is(sql("SELECT string_agg(DISTINCT state, ' ') FROM rsfed.groups"), 'healthy', 'another query is another matter');
sql("CALL rsfed.refresh('twice')");
is(last_run($node, 'twice', 'server'), 'w1', 'and asked there');
is(sql("SELECT count(*) FROM rsfed.doctor() WHERE subject ~ '^server w1 of'"), '0', 'doctor() is content');

# The same for a set, also in a transaction block
at(1, "CREATE FUNCTION part_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'");
sql(q{SELECT * FROM rsfed.alter_rollup('twice', 'SELECT seller, sum(part_twice(price)) AS revenue FROM part_sales GROUP BY seller')});
at(1, 'DROP FUNCTION part_twice(integer)');
sql(q{SELECT rsfed.define_set('both', ARRAY['a_one', 'twice']::regclass[])});
sql("BEGIN; CALL rsfed.refresh_set('both'); COMMIT");
is(sql("SELECT server, moved_from, status FROM rsfed.runs WHERE set_run_id IS NOT NULL ORDER BY relation_name"),
	"w2|w1|unchanged\nw2|w1|unchanged", 'a set moves as a whole');
sql("CALL rsfed.refresh_set('both')");
is(sql("SELECT string_agg(DISTINCT concat_ws(' ', server, moved_from), ', ') FROM rsfed.runs WHERE set_run_id IS NOT NULL AND run_id > (SELECT max(run_id) - 3 FROM rsfed.runs)"),
	'w2', 'and then goes where both work');

# If all members refuse it, the error is in the query: it is reported, and no member
# is excluded
sql("SELECT rsfed.drop_set('both')");
sql(q{DELETE FROM rsfed_catalog.difference});
at($_, 'DROP FUNCTION part_twice(integer)') for 2, 3;
psql_fails($node, "CALL rsfed.refresh('twice')", '42883',
	qr/Member "w1" of group "house" refuses the query; so do "w2", "w3"\./, 'the error names who refuses it');
is(last_run($node, 'twice', 'status, server, moved_from'), 'failed|w1|', 'the run has not moved');
is(sql("SELECT count(*) FROM rsfed_catalog.difference"), '0', 'nobody is kept away');
at_warehouse($_, sub { standin('FAULT refuse_connections') }) for 2, 3;
psql_fails($node, "CALL rsfed.refresh('twice')", '42883',
	qr/Member "w1" of group "house" refuses the query; no other member could be asked\.\nHINT: .*rsfed\.check_group\('house'\)/s, 'or that nobody else could be asked');
everywhere(\&standin_reset);

# An error that depends on the data is the query's own, with any SQLSTATE
at($_, "CREATE FUNCTION part_twice(n integer) RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN missing(n); END'") for 1 .. 3;
poll_for($node, "SELECT * FROM rsfed.query('w2', 'SELECT 1') AS t (n integer); SELECT * FROM rsfed.query('w3', 'SELECT 1') AS t (n integer); SELECT string_agg(DISTINCT state, ' ') FROM rsfed.groups",
	"1\n1\nhealthy", 'all work');
psql_fails($node, "CALL rsfed.refresh('twice')", '42883', qr/function missing\(integer\) does not exist/, 'an error at work');
is(last_run($node, 'twice', 'status, server, moved_from'), 'failed|w1|', 'does not move');

# A member that is being removed is waited for, and nothing is recorded for it
at($_, q{DROP FUNCTION part_twice(integer); CREATE FUNCTION part_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'}) for 2, 3;
at(1, 'DROP FUNCTION part_twice(integer)');
my $remover = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c',
	"BEGIN; SELECT rsfed.remove_member('house', 'w1'); SELECT pg_sleep(5); COMMIT" ]);
poll_for($node, "SELECT count(*) FROM pg_locks WHERE relation = 'rsfed_catalog.member'::regclass AND mode = 'RowExclusiveLock'", '1', 'a member is being removed');
sql("CALL rsfed.refresh('twice')");
ok($remover->finish, 'it has been removed');
is(last_run($node, 'twice', 'status, server, moved_from'), 'unchanged|w2|w1', 'a run that began before ends well');
is(sql("SELECT count(*) FROM rsfed_catalog.difference"), '0', 'and nothing is remembered of it');
sql("SELECT rsfed.drop_rollup('twice')");

everywhere(sub { warehouse_sql('DROP TABLE IF EXISTS part_sales CASCADE; DROP FUNCTION IF EXISTS part_twice(integer)') });
$node->stop;
done_testing();
