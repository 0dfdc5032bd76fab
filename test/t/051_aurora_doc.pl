# The SQL of doc/aurora.md, block by block on the server that its first line names:
# a node, or a server without rsfed.  No statement may raise an error.  Where the
# page runs the script of the subscriber, the test runs it, too.

use strict;
use warnings;

use IPC::Run;
use RsfedTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('node', conf => "wal_level = logical\n");
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "wal_retrieve_retry_interval = '200ms'\n");
$subscriber->start;
$subscriber->safe_psql('postgres', 'CREATE DATABASE app');
my $connection = 'host=' . $node->host . ' port=' . $node->port . ' dbname=postgres user=replicator password=My-Secret-1';
my %server = (node => [ $node, 'postgres' ], subscriber => [ $subscriber, 'app' ]);

# The newest script, as the application's role and then as a role that may create
# subscriptions.
sub run_script
{
	my ($name) = @_;
	my $script = $node->safe_psql('postgres', 'SELECT rsfed.subscriber_script()');
	for my $role ('app', $ENV{PGUSER} // scalar(getpwuid($<)))
	{
		my $out = '';
		IPC::Run::run([ 'psql', '-X', '-q', '-h', $subscriber->host, '-p', $subscriber->port, '-U', $role, '-d', 'app',
				'-v', "connection=$connection", '-f', '-' ], '<', \$script, '>', \$out, '2>&1');
		is($? >> 8, 0, "$name, as $role") or diag($out);
	}
	poll_for($node, q{SELECT bool_and(connected AND problem IS NULL) FROM rsfed.subscribers}, 't', "$name: the subscriber has announced itself");
	ok($subscriber->poll_query_until('app', q{SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel}), "$name: all is copied");
	ok($subscriber->poll_query_until('app', q{SELECT bool_and(state = 'fresh') FROM rsfed.freshness}), "$name: and fresh");
}

my $page = slurp_file("$ENV{RSFED_SOURCES}/doc/aurora.md");
my ($blocks, $scripts) = (0, 0);
while ($page =~ /^```(sql|sh)\n(.*?)^```$/gms)
{
	my ($language, $text) = ($1, $2);
	my $line = 1 + (substr($page, 0, $-[0]) =~ tr/\n//);
	if ($language eq 'sh')
	{
		like($text, qr/rsfed\.subscriber_script\(\).*-v connection=.*-f subscriber\.sql/s, "line $line runs the script");
		# a promoted standby does not have the slot
		$node->safe_psql('postgres', 'SELECT pg_drop_replication_slot(slot) FROM rsfed.subscribers') if $text =~ /new-node/;
		run_script("line $line");
		$scripts++;
		next;
	}
	my ($where) = $text =~ /\A-- On the (node|subscriber)\n/;
	ok($where, "line $line says where it runs") or next;
	my ($out, $err) = ('', '');
	my ($server, $database) = @{ $server{$where} };
	my $code = $server->psql($database, $text, stdout => \$out, stderr => \$err, on_error_stop => 1);
	is($code, 0, "line $line runs on the $where") or diag($err);
	# the terminated apply worker has released the slot
	poll_for($node, 'SELECT count(*) FROM pg_replication_slots WHERE active', '0', "line $line: the slot is left") if $text =~ /DROP SUBSCRIPTION/;
	$blocks++;
}
cmp_ok($blocks, '>', 10, "blocks of SQL: $blocks");
is($scripts, 3, 'the script runs three times');
is($subscriber->safe_psql('app', 'SELECT count(*), sum(revenue), max(last_sale) FROM sales_by_seller'),
	$node->safe_psql('postgres', 'SELECT count(*), sum(revenue), max(last_sale) FROM sales_by_seller'), 'both sides are equal in the end');
is($subscriber->safe_psql('app', 'SELECT severity, problem FROM rsfed.doctor()'), 'ok|Nothing found.', 'and doctor() there finds nothing');

# links within the page have a target
my %title = map { my $t = lc; $t =~ s/[^\w -]//g; $t =~ tr/ /-/; ($t => 1) } $page =~ /^#+ (.*)$/mg;
is_deeply([ grep { !$title{$_} } $page =~ /\]\(#([^)]+)\)/g ], [], 'every link within the page leads to a title');

$subscriber->stop;
$node->stop;
done_testing();
