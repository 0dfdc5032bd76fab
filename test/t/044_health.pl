# Members of groups are checked by logins at an interval, and by a query, if the
# group's options say so: a member that fails is taken out of use before a statement
# fails on it, and is used again without a statement.
use strict;
use warnings;

use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = start_primary('primary', register => 0,
	conf => "rsfed.max_workers = 2\nrsfed.ssl_root_cert = '" . all_authorities() . "'\n");

sub sql { return $node->safe_psql('postgres', $_[0]); }

for my $n (1, 2)
{
	at_warehouse($n, sub { standin_reset(); register_warehouse($node, name => "w$n"); });
}
sql("SELECT rsfed.define_group('house', options => '{\"retry_delay\": \"1min\"}'), rsfed.add_member('house', 'w1', verify => false), rsfed.add_member('house', 'w2', verify => false)");
my $count = "SELECT n FROM rsfed.query('house', 'SELECT count(*) FROM trade') AS t (n bigint)";

# The number of connections to a stand-in since its last reset.
sub connections
{
	my ($n) = @_;
	return at_warehouse($n, sub { my ($made) = standin('STATUS') =~ /^connections_made\|(\d+)$/m; $made });
}

# Waits until a stand-in has had that many more connections.
sub wait_for_connections
{
	my ($n, $more, $name) = @_;
	my ($from, $until) = (connections($n), time + 60);
	sleep 0.2 while connections($n) < $from + $more && time < $until;
	return ok(connections($n) >= $from + $more, $name);
}

# The value of a column of rsfed.groups for w2.
sub w2 { return "SELECT $_[0] FROM rsfed.groups WHERE server = 'w2'" }

# Sends a command to stand-in 2.
sub fault { my ($command) = @_; return at_warehouse(2, sub { standin($command) }); }

# Does w2 have that state in all checks during three seconds?
sub stays
{
	my ($state, $name) = @_;
	my ($until, $other) = (time + 3);
	while (time < $until && !defined $other)
	{
		my $now = sql(w2('state'));
		$other = $now if $now ne $state;
	}
	is($other // $state, $state, $name);
}

# off: no checks are sent
at_warehouse($_, \&standin_reset) for 1, 2;
sleep 3;
is(connections(1) + connections(2), 0, 'without the option nobody logs in');

# log-ins
sql(q{SELECT rsfed.alter_group('house', options => '{"health_interval": "1s"}')});
wait_for_connections($_, 3, "w$_ is checked again and again") for 1, 2;
is(sql("SELECT string_agg(state, ' '), bool_and(latency_ms IS NOT NULL), sum(served) FROM rsfed.groups"), 'healthy healthy|t|0', 'they work, their latency is known, and no statement of anybody is counted');
my $before = connections(2);
my $from = time;
sleep 4;
my $made = connections(2) - $before;
ok($made >= 2 && $made <= time - $from + 2, "in four seconds there are $made log-ins");

my $log = -s $node->logfile;
fault('FAULT refuse_connections');
poll_for($node, w2('state'), 'broken', 'a member that cannot be reached leaves the rotation without a statement');
like(sql(w2('last_error')), qr/could not connect to Redshift server "w2"/, '... and rsfed.groups says why');
$node->wait_for_log(qr/Redshift server "w2" is passed over in group "house" for some time/, $log);
is(sql("SELECT string_agg(n::text, ' ') FROM generate_series(1, 6) i CROSS JOIN LATERAL (SELECT * FROM rsfed.query('house', 'SELECT ' || i || '::int8') AS t (n bigint)) q"), '1 2 3 4 5 6', 'statements go elsewhere');
is(sql(w2('coalesce(served, 0)')), '0', '... all of them');
fault('RESET');
# its retry_delay is one minute
poll_for($node, w2('state'), 'healthy', 'it comes back without a statement', 20);
is(sql(w2('coalesce(served, 0)')), '0', '... indeed');

# a query, too
sql(q{SELECT rsfed.alter_group('house', options => '{"health_query": "SELECT count(*) FROM trade WHERE 1 = 2"}')});
fault(q{FAULT error 57P01 'terminating connection due to administrator command'});
poll_for($node, w2('state'), 'broken', 'a member that lets in, and answers no query, leaves the rotation');
stays('broken', '... and stays away, though log-ins work');
fault('RESET');
poll_for($node, w2('state'), 'healthy', 'it comes back', 20);
fault('FAULT slow 5000');
poll_for($node, w2('state'), 'broken', 'so does one that is slower than the interval');
fault('RESET');
poll_for($node, w2('state'), 'healthy', 'it comes back, too', 20);
ok(at_warehouse(2, sub { warehouse_sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%1 = 2%' AND state = 'active'") }) <= 1, 'nothing is left behind');

# an error of the query itself does not mark a member as broken
$log = -s $node->logfile;
sql(q{SELECT rsfed.alter_group('house', options => '{"health_query": "SELECT no_such_column FROM trade"}')});
poll_for($node, w2("last_error ~ 'no_such_column'"), 't', 'an error of the query is told');
$node->wait_for_log(qr/member "w2" of group "house" could not be checked: .*no_such_column/, $log);
stays('healthy', '... and breaks nobody');
is(() = slurp_file($node->logfile, $log) =~ /member "w2" of group "house" could not be checked/g, 1, '... nor is it told each time');
sql(q{SELECT rsfed.alter_group('house', options => '{"health_query": null}')});

# a rejected login is no reason to exclude the member for others
fault('FAULT reject_logins');
wait_for_connections(2, 2, 'log-ins that are refused');
is(sql(w2('state')), 'healthy', '... break nobody');
fault('RESET');

# statements and checks together: no statement is lost
my $bench = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c',
	"DO \$\$ BEGIN FOR i IN 1..300 LOOP PERFORM * FROM rsfed.query('house', 'SELECT count(*) FROM trade') AS t (n bigint); PERFORM pg_sleep(0.02); END LOOP; END \$\$" ]);
for (1 .. 3)
{
	fault('FAULT refuse_connections');
	sleep 1;
	fault('RESET');
	sleep 1;
}
ok($bench->finish, 'no statement fails while a member comes and goes');
poll_for($node, w2('state'), 'healthy', 'and it is back', 20);

# a member that takes no statements is not checked
sql("SELECT rsfed.alter_member('house', 'w2', drain => true, reason => 'maintenance')");
sleep 1.5;
$before = connections(2);
wait_for_connections(1, 3, 'w1 is checked');
is(connections(2), $before, '... a member that drains is not');
sql("SELECT rsfed.alter_member('house', 'w2', drain => false)");
wait_for_connections(2, 1, '... until it does not');

# the login is that of the group's owner
sql("CREATE ROLE keeper; GRANT USAGE ON FOREIGN DATA WRAPPER rsfed TO keeper; ALTER SERVER house OWNER TO keeper");
sleep 1.5;
$before = connections(1);
sleep 3;
is(connections(1), $before, 'without a log-in of the owner nobody is checked');
is(sql("SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'is not checked each health_interval: keeper'"), '2', '... and doctor() says so');
at_warehouse(1, sub { sql("SELECT rsfed.set_credentials('house', '$ENV{WAREHOUSE_USER}', '$ENV{WAREHOUSE_PASSWORD}', for_role => 'keeper', verify => false)") });
wait_for_connections(1, 2, 'with one they are');

# off again
sql(q{SELECT rsfed.alter_group('house', options => '{"health_interval": null}')});
sleep 2;
my @before = map { connections($_) } 1, 2;
sleep 3;
is(join(' ', map { connections($_) } 1, 2), "@before", 'without the option nobody logs in any more');
psql_fails($node, q{SELECT rsfed.alter_group('house', options => '{"health_query": "SELECT 1"}')}, '22023', qr/option "health_query" needs "health_interval"/, 'a query alone is refused');

$node->stop;
done_testing();
