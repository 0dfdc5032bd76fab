# Live tables on a replica, and the connections of a session.

use strict;
use warnings;

use RsfedTest;
use Test::More;
use Time::HiRes qw(time);

standin_reset();
my $primary = start_primary('primary', conf => "rsfed.idle_connection = 2s\n");
$primary->safe_psql('postgres', q{CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric(18,4), d date)
	SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv')});
my $replica = start_replica($primary, 'replica');
$primary->wait_for_catchup('replica');

# a replica reads as the primary does: filtered, grouped, joined, in two scans
my $query = q{SELECT count(*), sum(n), avg(k), max(d) FROM live_kv WHERE k > 0;
	SELECT a.s, b.k FROM live_kv a JOIN live_kv b ON a.k = b.k WHERE length(b.s) = 3 ORDER BY 2;
	SELECT s FROM live_kv ORDER BY k DESC NULLS LAST LIMIT 2};
is($replica->safe_psql('postgres', $query), "3|3.7500|2.0000000000000000|2024-02-29\none|1\ntwo|2\n\ntwo", 'on a replica');
is($primary->safe_psql('postgres', $query), $replica->safe_psql('postgres', $query), 'as on the primary');
like($replica->safe_psql('postgres', 'EXPLAIN SELECT sum(n) FROM live_kv'), qr/Remote SQL: SELECT sum/, 'planned there, too');

# an idle session closes its connection, and opens a new one for its next query
my $open = sprintf q{SELECT value FROM dblink('host=%s port=%s dbname=%s user=%s password=%s sslmode=disable', 'STANDIN STATUS')
	AS t (name text, value bigint) WHERE name = 'connections_open'},
	@ENV{qw(WAREHOUSE_HOST WAREHOUSE_CONTROL_PORT WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD)};
poll_for($primary, $open, '0', 'nothing is open any more');
my $seen = $primary->safe_psql('postgres',
	"SELECT count(*) FROM live_kv; $open; SELECT count(*) FROM live_kv; $open; SELECT 'idle' FROM pg_sleep(6); $open; SELECT count(*) FROM live_kv; $open");
is($seen, "4\n1\n4\n1\nidle\n0\n4\n1", 'an idle connection is closed while the session sleeps');

# a connection that is used again and again takes no more memory
SKIP: {
	skip 'no view of memory contexts before PostgreSQL 14', 1 if $primary->pg_version < 14;
	my $memory = "SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name = 'rsfed connection'";
	my $reads = q{DO $$BEGIN FOR i IN 1..%d LOOP PERFORM count(*) FROM live_kv; END LOOP; END$$};
	my @used = split /\n/, $primary->safe_psql('postgres',
		join(';', sprintf($reads, 10), $memory, sprintf($reads, 300), $memory));

	is($used[1], $used[0], 'a connection that is used again and again takes no more memory');
}

# the duration of a statement in seconds, and its output
sub timed
{
	my ($node, $sql) = @_;
	my $begun = time;
	my ($status, $out, $err) = $node->psql('postgres', $sql);

	return (time - $begun, $out, $err);
}

# the sums of queries, and the seconds that each takes if the stand-in waits a
# second before each statement: in one session, whose connections are already open
sub slow_seconds
{
	my ($node, @queries) = @_;
	my $control = sprintf q{SELECT dblink_exec('host=%s port=%s dbname=%s user=%s password=%s sslmode=disable', 'STANDIN %%s')},
	  @ENV{qw(WAREHOUSE_HOST WAREHOUSE_CONTROL_PORT WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD)};
	my $sql = join('', map { "$_->[0]; $_->[1];\n" } @queries) . sprintf("$control;\n", 'FAULT slow 1000 TIMES 50');

	$sql .= "$_->[0]; SELECT clock_timestamp() AS begun \\gset\n$_->[1];\nSELECT extract(epoch FROM clock_timestamp() - :'begun');\n" for @queries;
	my @lines = split /\n/, $node->safe_psql('postgres', "SET client_min_messages = error;\n$sql" . sprintf("$control;\n", 'RESET'));
	# after the first answers and that of FAULT
	return @lines[ @queries + 1 .. 3 * @queries ];
}

# two sources are queried at the same time; scans of one read one snapshot, or have
# separate connections
$primary->safe_psql('postgres', sprintf q{SET client_min_messages = error; SELECT rsfed.register_server('other', '%s', '%s', '%s', '%s', %d);
	CREATE FOREIGN TABLE there_1 (k integer) SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv');
	CREATE FOREIGN TABLE there_2 (k integer) SERVER other OPTIONS (schema_name 'public', table_name 'kv')},
	@ENV{qw(WAREHOUSE_HOST WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD WAREHOUSE_PORT)});
my $both = 'SELECT sum(k) FROM (SELECT k FROM there_1 UNION ALL SELECT k FROM there_2) x';
my $twice = 'SELECT sum(k) FROM (SELECT k FROM there_1 UNION ALL SELECT k FROM there_1 UNION ALL SELECT g - 1 FROM generate_series(1, 1) g) x';
SKIP:
{
	skip 'an Append waits for one after the other before PostgreSQL 14', 8 if $primary->pg_version < 14;
	my ($sum, $side_by_side, $same, $one_by_one) = slow_seconds($primary, [ 'SET enable_async_append = on', $both ], [ 'SET enable_async_append = off', $both ]);
	is("$sum $same", '12 12', 'the rows of two sources');
	cmp_ok($side_by_side, '<', 0.8 * $one_by_one, 'two sources are asked side by side');
	my ($own_sum, $own, $shared_sum, $shared) = slow_seconds($primary, [ q{ALTER SERVER warehouse OPTIONS (ADD one_snapshot 'off')}, $twice ],
		[ q{ALTER SERVER warehouse OPTIONS (DROP one_snapshot)}, $twice ]);
	is("$own_sum $shared_sum", '12 12', 'the rows of one source');
	cmp_ok($own, '<', 0.8 * $shared, 'one source is asked side by side without one_snapshot');

	# a wait for several is cancelled, too, and a connection that sends nothing for
	# too long ends
	standin('FAULT slow 20000 TIMES 20');
	my ($seconds, undef, $error) = timed($primary, "SET statement_timeout = '500ms'; $both");
	like($error, qr/statement timeout/, 'a wait for two sources is cancelled');
	cmp_ok($seconds, '<', 4, 'within a second');
	standin_reset();
	$primary->safe_psql('postgres', q{ALTER SERVER other OPTIONS (ADD stall_timeout '2s'); ALTER SERVER warehouse OPTIONS (ADD stall_timeout '2s');
		CREATE FOREIGN TABLE big_1 (k integer, filler text) SERVER warehouse OPTIONS (schema_name 'public', table_name 'big');
		CREATE FOREIGN TABLE big_2 (k integer, filler text) SERVER other OPTIONS (schema_name 'public', table_name 'big')});
	standin('FAULT stall_after_rows 1000 TIMES 2');
	($seconds, undef, $error) = timed($primary, 'SELECT count(*) FROM (SELECT k, filler FROM big_1 UNION ALL SELECT k, filler FROM big_2 OFFSET 0) x');
	like($error, qr/fell silent in the middle of a result/, 'one of two sources that is silent');
	cmp_ok($seconds, '<', 8, 'ends the wait');
	standin_reset();
	$primary->safe_psql('postgres', q{ALTER SERVER other OPTIONS (DROP stall_timeout); ALTER SERVER warehouse OPTIONS (DROP stall_timeout)});
}

# a statement is cancelled within a second, on both sides
standin('FAULT slow 20000 TIMES 20');
my ($seconds, undef, $error) = timed($primary, "SET statement_timeout = '500ms'; SELECT count(*) FROM live_kv");
like($error, qr/statement timeout/, 'statement_timeout ends a statement');
cmp_ok($seconds, '<', 4, 'within a second');
standin_reset();
poll_for($primary, q{SELECT count(*) FROM dblink('warehouse', $$SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* rsfed live%'$$) AS t (x integer)},
	'0', 'nothing runs there any more');

# a LIMIT that is applied here ends the statement there: to read all rows would take
# long
$primary->safe_psql('postgres', q{CREATE FOREIGN TABLE live_big (k integer, filler text) SERVER warehouse OPTIONS (schema_name 'public', table_name 'big')});
standin('FAULT slow_rows 200 1000 TIMES 20');
($seconds, my $rows) = timed($primary, q{SELECT count(*) FROM (SELECT k FROM live_big WHERE length(filler) > 0 LIMIT 5) x});
is($rows, '5', 'the first rows');
cmp_ok($seconds, '<', 5, 'the others are not waited for');
standin_reset();

# memory does not increase with the result
SKIP:
{
	skip 'a Debian in a folder has no /proc', 2 unless -e '/proc/self/status';
	warehouse_sql(q{DROP VIEW IF EXISTS live_wide; CREATE VIEW live_wide AS SELECT a.k, repeat('x', 300)::varchar(300) AS filler FROM big a, kv b});
	my $peak = q{SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\s+(\d+)'))[1]::integer / 1024};
	my ($before, $count, $after) = split /\n/, $primary->safe_psql('postgres', qq{CREATE FOREIGN TABLE live_wide (k integer, filler text) SERVER warehouse OPTIONS (schema_name 'public');
		SELECT count(*) FROM live_kv; $peak; SELECT sum(length(filler)) FROM (SELECT filler FROM live_wide OFFSET 0) x; $peak}) =~ s/\A4\n//r;
	is($count, 120_000_000, 'a result of 120 MB');
	cmp_ok($after - $before, '<', 40, 'is read within a bounded memory');
}

$replica->stop;
$primary->stop;
done_testing();
