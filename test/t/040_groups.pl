# Groups over three stand-ins: shares, members that fail and return, runs that
# continue on another member, max_runs, and groups in a dump and after a crash.

use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = start_primary('primary', register => 0,
	conf => "rsfed.max_workers = 8\nmax_connections = 60\nrsfed.ssl_root_cert = '" . all_authorities() . "'\n");

# Runs code at every stand-in.
sub everywhere
{
	my ($do) = @_;
	return map { at_warehouse($_, $do) } 1 .. 3;
}

sub sql { return $node->safe_psql('postgres', $_[0]); }

everywhere(sub {
	standin_reset();
	warehouse_sql(q{
		DROP TABLE IF EXISTS group_sales;
		CREATE TABLE group_sales (seller integer, price integer);
		INSERT INTO group_sales SELECT i % 10, 10 FROM generate_series(1, 100) AS i;
	});
});
for my $n (1 .. 3)
{
	at_warehouse($n, sub {
		register_warehouse($node, name => "w$n");
		sql("ALTER SERVER w$n OPTIONS (SET sslmode 'disable')");
	});
}
my $query = 'SELECT seller, sum(price) AS revenue FROM group_sales GROUP BY seller';
my $ask = 'SELECT * FROM rsfed.query(%s, %s) AS t (n bigint)';
my $count = sprintf($ask, "'house'", "'SELECT count(*) FROM group_sales'");

sql(q{
	SELECT rsfed.define_group('house', options => '{"retry_delay": "3s", "retry_max_delay": "4s"}');
	SELECT rsfed.add_member('house', 'w1', 5), rsfed.add_member('house', 'w2', 3), rsfed.add_member('house', 'w3', 2);
});

# The values of a column of rsfed.groups for each member, by name.
sub members
{
	my ($column, $group) = @_;
	return sql("SELECT string_agg(coalesce($column\::text, '-'), ' ' ORDER BY server) FROM rsfed.groups WHERE group_name = '"
		  . ($group // 'house') . "'");
}

# The number of connections to each stand-in since its last reset.
sub connections
{
	return everywhere(sub { my ($n) = standin('STATUS') =~ /^connections_made\|(\d+)$/m; $n });
}

# 2,000 statements of 20 backends, counted at the stand-ins
is(members('state'), 'healthy healthy healthy', 'the log-ins of rsfed.register_server have worked');
everywhere(\&standin_reset);
my $loop = "DO \$\$ BEGIN FOR i IN 1..100 LOOP PERFORM * FROM rsfed.query('house', 'SELECT count(*) FROM group_sales') AS t (n bigint); END LOOP; END \$\$";
my @psql = map {
	IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $loop ])
} 1 .. 20;
ok((grep { $_->finish } @psql) == 20, '20 backends have sent 100 statements each');
my @made = connections();
my @share = (1000, 600, 400);
for my $n (0 .. 2)
{
	ok(abs($made[$n] - $share[$n]) <= 0.05 * $share[$n], 'w' . ($n + 1) . " has had $made[$n] of them, to have $share[$n]");
}
is(sql('SELECT bool_and(abs(share - 10 * weight) < 1) FROM rsfed.groups'), 't', 'rsfed.groups says so');
is(members('running'), '0 0 0', 'and nothing runs any more');

# An unreachable member is not used after its first failure, by all sessions
at_warehouse(1, sub { standin('FAULT too_many_connections') });
my ($before) = connections();
is(sql("$count; $count; $count; $count; $count; $count"), join("\n", (100) x 6), 'every statement is answered');
is(members('state'), 'broken healthy healthy', 'w1 is broken');
like(members('last_error'), qr/could not connect to Redshift server "w1"/, 'rsfed.groups says why');
my ($after) = connections();
is($after - $before, 1, 'it was tried once');

# ... and is used again by itself once it works
at_warehouse(1, sub { standin_reset() });
poll_for($node, "$count; SELECT state FROM rsfed.groups WHERE server = 'w1'", "100\nhealthy", 'w1 works again');

# A run continues on another member within its attempt
sql("SELECT rsfed.define_rollup('sellers', 'house', '$query')");
sql("SELECT rsfed.alter_group('house', 'failover'), rsfed.alter_member('house', 'w2', priority => 2), rsfed.alter_member('house', 'w3', priority => 3)");
for my $fault ("error 57P01 'terminating connection due to administrator command'", 'cut_after_rows 3', 'cut_after_bytes 1', 'refuse_connections')
{
	everywhere(sub { warehouse_sql('UPDATE group_sales SET price = price + 1') });
	at_warehouse(1, sub { standin("FAULT $fault") });
	sql("CALL rsfed.refresh('sellers')");
	is(last_run($node, 'sellers', "status, attempt, server, moved_from, note ~ 'Member \"w1\" failed: ', sqlstate IS NULL, rows_updated"),
		'published|1|w2|w1|t|t|10', "$fault: the run moves on");
	at_warehouse(1, sub { standin_reset() });
	poll_for($node, "$count; SELECT state FROM rsfed.groups WHERE server = 'w1'", "100\nhealthy", 'and w1 comes back');
}
is(sql('SELECT sum(revenue) FROM sellers'), sql(sprintf($ask, "'w3'", "'SELECT sum(price) FROM group_sales'")), 'the content is right');

# An error of the query itself does not move the run
at_warehouse(1, sub { standin("FAULT error 22012 'division by zero'") });
psql_fails($node, "CALL rsfed.refresh('sellers')", '22012', qr/division by zero/, 'an error of the query is raised');
is(last_run($node, 'sellers', 'status, server, moved_from'), 'failed|w1|', 'and was tried nowhere else');
is(members('state'), 'healthy healthy healthy', 'nobody is blamed for it');
at_warehouse(1, sub { standin_reset() });

# A login that one member rejects does not affect other logins
at_warehouse(1, sub { standin('FAULT reject_logins') });
is(sql($count), '100', 'another member takes it');
is(members('state'), 'healthy healthy healthy', 'the member is not broken');
at_warehouse(1, sub { standin_reset() });

# A query continues on another member, too, also after some of its rows
at_warehouse(1, sub { standin('FAULT cut_after_rows 50') });
is(sql("SELECT count(*), sum(price) = (SELECT sum(revenue) FROM sellers) FROM rsfed.query('house', 'SELECT seller, price FROM group_sales') AS t (seller integer, price integer)"),
	'100|t', 'no row is missing, and none is there twice');
at_warehouse(1, sub { standin_reset() });

# All members fail: each was tried, and the error says so; the first one that works
# is used at once
everywhere(sub { standin('FAULT refuse_connections') });
psql_fails($node, $count, '08001', qr/Member "w\d" failed: .*Member "w\d" failed: /s, 'the error names every member');
psql_fails($node, "CALL rsfed.refresh('sellers')", '08001', qr/could not connect/, 'a run, too');
at_warehouse(3, sub { standin_reset() });
is(sql($count), '100', 'one is enough');
everywhere(\&standin_reset);
poll_for($node, "$count; SELECT string_agg(state, ' ') FROM rsfed.groups", "100\nhealthy healthy healthy", 'all are back');

sql("SELECT rsfed.alter_group('house', 'weighted')");

# max_runs of a member limits the runs of its groups and its own
sql(q{
	ALTER SERVER w1 OPTIONS (ADD max_runs '2');
	ALTER SERVER w2 OPTIONS (ADD max_runs '1');
	SELECT rsfed.alter_member('house', 'w3', drain => true, reason => 'maintenance');
});
is(members('state'), 'healthy healthy draining', 'w3 drains');
is(members('max_runs'), '2 1 -', 'rsfed.groups shows max_runs');
sql("SELECT rsfed.define_rollup('slow_$_', CASE WHEN $_ <= 9 THEN 'house' ELSE 'w1' END::name, '$query', populate => false)") for 1 .. 12;
my $since = warehouse_sql(q{SELECT now() AT TIME ZONE 'UTC'});
everywhere(sub { standin_reset(); standin('FAULT slow 1000') });
my $first = sql("SELECT min(id) FROM (SELECT rsfed.request_refresh(format('slow_%s', i)::regclass) AS id FROM generate_series(1, 12) AS i) AS r");
my @most = (0, 0, 0);
my $until = time + 60;
while (time < $until && sql("SELECT count(*) FROM rsfed.runs WHERE run_id >= $first AND finished_at IS NULL") > 0)
{
	my @now = everywhere(sub { warehouse_sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* rsfed rollup%'") });
	$most[$_] = $now[$_] > $most[$_] ? $now[$_] : $most[$_] for 0 .. 2;
}
ok($most[0] <= 2 && $most[1] <= 1 && $most[2] == 0, 'at no time more than max_runs run at a member, and none at the one that drains') or diag "@most";
# by the warehouses' own history, since not every moment is seen on a busy machine
my $at_once = qq{WITH q AS (SELECT start_time, end_time FROM sys_query_history WHERE query_text LIKE '%rsfed rollup%' AND elapsed_time >= 1000000 AND start_time >= '$since')
	SELECT max((SELECT count(*) FROM q AS b WHERE b.start_time <= a.start_time AND b.end_time > a.start_time)) FROM q AS a};
is(join(' ', map { at_warehouse($_, sub { warehouse_sql($at_once) }) } 1, 2), '2 1', '... and as many do run');
is(sql("SELECT string_agg(DISTINCT status, ' '), count(*) FROM rsfed.runs WHERE run_id >= $first"), 'published|12', 'all of them are published');
is(sql("SELECT string_agg(DISTINCT server, ' ' ORDER BY server) FROM rsfed.runs WHERE run_id >= $first"), 'w1 w2', 'at both');
everywhere(\&standin_reset);
sql("SELECT rsfed.alter_member('house', 'w3', drain => false)");

# A session that is terminated releases its slots
at_warehouse(3, sub { standin('FAULT slow 20000') });
my $hanging = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c',
	sprintf($ask, "'w3'", "'SELECT count(*) FROM group_sales'") ], '2>', \my $err);
poll_for($node, "SELECT running FROM rsfed.groups WHERE server = 'w3'", '1', 'a statement by the name of the server is counted');
sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%''w3''%' AND pid <> pg_backend_pid()");
$hanging->finish;
poll_for($node, "SELECT running FROM rsfed.groups WHERE server = 'w3'", '0', 'and given back when its session is ended');
at_warehouse(3, sub { standin_reset() });

# A dump contains groups and members
sql("CREATE DATABASE restored");
sql("COMMENT ON SERVER house IS 'the house'");
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'a database with groups is dumped');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'and restored');
is($node->safe_psql('restored', "SELECT string_agg(concat_ws(' ', group_name, strategy, server, weight, priority), ', ' ORDER BY server) FROM rsfed.groups"),
	'house weighted w1 5 1, house weighted w2 3 2, house weighted w3 2 3', 'with strategy, weights and priorities');

# Without preloading, each session has its own state of the members
my $plain = new_node('plain', conf => "rsfed.ssl_root_cert = '" . all_authorities() . "'\n");
$plain->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$plain->start;
$plain->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
at_warehouse($_, sub { register_warehouse($plain, name => "w$_") }) for 1, 2;
$plain->safe_psql('postgres', "SELECT rsfed.define_group('house'), rsfed.add_member('house', 'w1', 2), rsfed.add_member('house', 'w2')");
at_warehouse(2, sub { standin('FAULT refuse_connections') });
is($plain->safe_psql('postgres', "$count; $count; $count; SELECT string_agg(state, ' ' ORDER BY server) FROM rsfed.groups"),
	"100\n100\n100\nhealthy broken", 'without preloading a session passes over what it found broken');
is($plain->safe_psql('postgres', "SELECT string_agg(state, ' ' ORDER BY server) FROM rsfed.groups"),
	'unknown unknown', 'and another session has to find out');
at_warehouse(2, sub { standin_reset() });

$plain->stop;
$node->stop;
done_testing();
