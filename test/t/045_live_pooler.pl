# Live tables behind pgbouncer in transaction mode, and the TCP keep-alives of their
# connections.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RsfedTest;
use Test::More;
use Time::HiRes qw(sleep);

standin_reset();
my $node = start_primary('primary', conf => "listen_addresses = '127.0.0.1'\nrsfed.idle_connection = 1h\nmax_connections = 30\n");
$node->safe_psql('postgres', qq{SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS dblink;
	CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric(18,4), d date) SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv');
	CREATE FOREIGN TABLE live_big (k integer, filler text) SERVER warehouse OPTIONS (schema_name 'public', table_name 'big');
	CREATE ROLE one LOGIN; CREATE ROLE two LOGIN; GRANT USAGE ON FOREIGN SERVER warehouse TO one, two; GRANT SELECT ON live_kv, live_big TO one, two;
	CREATE USER MAPPING FOR one SERVER warehouse OPTIONS (user '$ENV{WAREHOUSE_USER}', password '$ENV{WAREHOUSE_PASSWORD}')});

SKIP:
{
	skip 'a Debian in a folder has no /proc', 2 unless -r '/proc/self/net/tcp';
	# the timers of the kernel's connections to the warehouse: 2 is a keep-alive
	my $session = $node->background_psql('postgres');
	$session->query_safe('SELECT count(*) FROM live_kv');
	my $port = sprintf ':%04X', $ENV{WAREHOUSE_PORT};
	my ($connection) = grep { (split)[2] =~ /$port\z/ && (split)[3] eq '01' } map { split /\n/, slurp_file("/proc/self/net/$_") } grep { -r "/proc/self/net/$_" } qw(tcp tcp6);
	my ($kind, $jiffies) = (split ' ', $connection // '0 0 0 0 0 0:0')[5] =~ /(\w+):(\w+)/;
	is($kind, '02', 'an idle connection has a TCP keep-alive') or diag($connection // 'no connection');
	cmp_ok(hex($jiffies), '<=', 60 * 100, '... within a minute');
	$session->quit;
}

# a session that lives for long does not grow
SKIP:
{
	skip 'pg_backend_memory_contexts came with PostgreSQL 14', 1 if $node->pg_version < 14;
	my $bytes = q{SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'rsfed%'};
	my $ask = q{DO $$ BEGIN FOR i IN 1 .. 300 LOOP PERFORM count(*) FROM live_kv WHERE k = i; END LOOP; END $$};
	my ($before, $after) = split /\n/, $node->safe_psql('postgres', "$ask; $bytes; $ask; $bytes");
	is($after, $before, 'a connection needs no more memory after many statements');
}

my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } (split(/:/, $ENV{PATH}), map { s/bin\z/sbin/r } split /:/, $ENV{PATH});
if (!$pgbouncer)
{
	note 'there is no pgbouncer here';
	$node->stop;
	done_testing();
	exit;
}

# one connection to the server for each role, which all clients take in turns
my $dir = PostgreSQL::Test::Utils::tempdir();
my $port = PostgreSQL::Test::Cluster::get_free_port();
append_to_file("$dir/users.txt", join '', map { qq{"$_" ""\n} } qw(one two postgres));
append_to_file("$dir/pgbouncer.ini", qq{[databases]
postgres = host=@{[ $node->host ]} port=@{[ $node->port ]} dbname=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = $dir
listen_port = $port
auth_type = trust
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 1
max_client_conn = 100
ignore_startup_parameters = extra_float_digits
logfile = $dir/pgbouncer.log
pidfile = $dir/pgbouncer.pid
});
my $libraries = join ':', grep { -d } map { my $prefix = s{/s?bin\z}{}r; glob "$prefix/lib/*-linux-gnu" } map { s{/[^/]*\z}{}r } $pgbouncer;
{
	local $ENV{LD_LIBRARY_PATH} = join ':', grep { length } $libraries, $ENV{LD_LIBRARY_PATH} // '';
	system_or_bail($pgbouncer, '-q', '-d', "$dir/pgbouncer.ini");
}
END
{
	my $status = $?;
	kill 'INT', slurp_file("$dir/pgbouncer.pid") =~ /(\d+)/ if $dir && -e "$dir/pgbouncer.pid";
	$? = $status;
}

sub through
{
	my ($user, $sql) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-X', '-A', '-t', '-q', '-h', $dir, '-p', $port, '-U', $user, '-d', 'postgres', '-f', '-' ], '<', \$sql, '>', \$out, '2>', \$err, IPC::Run::timeout(120));
	chomp $out;
	return ($out, $err);
}
for (1 .. 100) { last if (through('one', 'SELECT 1'))[0] eq '1'; sleep 0.1 }

my ($out, $err) = through('one', 'SELECT count(*), sum(n) FROM live_kv WHERE k > 0;');
is($out, '3|3.7500', 'a query behind pgbouncer') or diag($err);
my $backend = 'SELECT pg_backend_pid();';
is((through('one', $backend))[0], (through('one', $backend))[0], 'the clients share a backend');
my $which = 'EXPLAIN (ANALYZE, COSTS off) SELECT count(*) FROM live_kv;';
like((through('one', $which))[0], qr/Connection: reused/, '... and its connection to the warehouse');
($out, $err) = through('two', 'SELECT count(*) FROM live_kv;');
like($err, qr/user mapping/, 'another role does not have it');

# transactions of clients in turns: cursors, errors, and clients that go
($out, $err) = through('one', "BEGIN; DECLARE c CURSOR FOR SELECT k FROM live_big WHERE length(filler) > 0; FETCH 2 FROM c;\nSELECT 1 / 0;\nROLLBACK;\nSELECT count(*) FROM live_kv;");
like($out, qr/\n4\z/, 'a cursor and an error') or diag($err);
like((through('one', $which))[0], qr/Remote Rows: 1\b/, '... and the next client');
my $sql = "BEGIN; DECLARE c CURSOR FOR SELECT k FROM live_big WHERE length(filler) > 0; FETCH 1 FROM c;\n\\! kill -9 \$PPID\n";
($out, $err) = through('one', $sql);
is((through('one', 'SELECT count(*) FROM live_kv;'))[0], '4', 'a client that is killed in its transaction');
my (@clients, @answers, @queries);
for my $n (0 .. 9)
{
	$queries[$n] = "SELECT sum(k) + $n FROM live_kv;\nBEGIN;\nSELECT count(*) + $n FROM live_kv;\nSELECT count(*) FROM live_kv WHERE k = 1;\nCOMMIT;\n";
	$answers[$n] = '';
	push @clients, IPC::Run::start([ 'psql', '-X', '-A', '-t', '-q', '-h', $dir, '-p', $port, '-U', 'one', '-d', 'postgres', '-f', '-' ], '<', \$queries[$n], '>', \$answers[$n], '2>&1', IPC::Run::timeout(120));
}
$_->finish for @clients;
is(join(' ', map { tr/\n/,/r } @answers), join(' ', map { (6 + $_) . ',' . (4 + $_) . ',1,' } 0 .. 9), 'ten clients over one connection');
is((through('one', 'SELECT count(*) FROM pg_stat_activity WHERE usename = current_user;'))[0], '1', '... which was one');

$node->stop;
done_testing();
