# The stand-in's own faults and counters, and error messages (redshift.md section 3).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Standin;
use Test::More;
use Time::HiRes qw(time sleep);

start();
fault('RESET');
my $c = connect_to();
$c->query('DROP TABLE IF EXISTS faults');
$c->query('CREATE TABLE faults (i int, v varchar(20))');
$c->query("INSERT INTO faults VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
my $read = 'SELECT i, v FROM faults ORDER BY i';

# connections
fault('FAULT refuse_connections');
like(refused()->{M}, qr/^connect: Connection refused/, 'refuse_connections');
is($c->value('SELECT 1'), 1, '... open ones stay');
$c->query('STANDIN RESET');
is(ref connect_to(), 'Standin', '... until RESET, at once');
fault('FAULT refuse_connections TIMES 1');
like(refused()->{M}, qr/^(closed|connect: )/, '... with TIMES they are reset');
is(ref connect_to(), 'Standin', '... n of them');
fault('FAULT reject_logins TIMES 1');
is(refused()->{C}, '28000', 'reject_logins');
fault('FAULT too_many_connections TIMES 1');
is(refused()->{C}, '53300', 'too_many_connections');
fault('FAULT hang_connect TIMES 1');
like(psql('host=localhost connect_timeout=2', '-c', 'SELECT 1'), qr/timeout expired/, 'hang_connect');

fault('FAULT black_hole');
my $gone = connect_to(port => env('CONTROL_PORT'));
is($gone->value('SELECT 1'), 1, 'black_hole: not the control port');
like(psql('host=localhost connect_timeout=2', '-c', 'SELECT 1'), qr/timeout expired/, '... nobody gets in');
$c->send('Q', "SELECT 2\0");
my $socket = '';
vec($socket, fileno($c->{socket}), 1) = 1;
is(select(my $ready_now = $socket, undef, undef, 0.3), 0, '... nobody is answered');
fault('RESET');
is($c->answer->{rows}[0][0], 2, '... until RESET');
my $cut = connect_to();
fault('FAULT reset_connections');
is($cut->query('SELECT 1')->{closed}, 1, 'reset_connections');
is(ref connect_to(), 'Standin', '... once');
$c = connect_to();

# errors, before the first row and after some
my %expected = (
	wlm_abort => qr/^57014 Query \(\d+\) cancelled by WLM abort action of Query Monitoring Rule "/,
	user_cancel => qr/^57014 Query \(\d+\) cancelled on user's request$/,
	error_1023 => qr/^XX000 1023$/,
	"error 40001 'it''s'" => qr/^40001 it's$/);
for my $name (sort keys %expected)
{
	for my $rows (0, 2)
	{
		for my $how ('query', 'extended')
		{
			fault("FAULT $name $rows TIMES 1");
			$c->query('BEGIN');
			my $answer = $c->$how($read);
			like("$answer->{error}{C} $answer->{error}{M}", $expected{$name}, "$name after $rows rows, $how (section 3)");
			is(scalar @{ $answer->{rows} }, $rows, '... so many rows came');
			is($answer->{status}, 'E', '... and the transaction is aborted');
			like($c->error('SELECT 1'), qr/^25P02/, '... in the server too');
			$c->query('ROLLBACK');
			is(scalar @{ $c->$how($read)->{rows} }, 4, '... and then all is well');
		}
	}
}
fault('FAULT error_1023 TIMES 1');
like($c->query($read)->{error}{D}, qr/^Serializable isolation violation on table - \d+/, '1023 has a DETAIL (section 3, GH aws-sdk-pandas#665)');

# the stream
fault('FAULT cut_after_rows 2 TIMES 1');
my $d = connect_to();
my $answer = $d->query($read);
is("$answer->{closed} " . @{ $answer->{rows} }, '1 2', 'cut_after_rows');
fault('FAULT cut_after_bytes 10 TIMES 1');
$answer = connect_to()->query($read);
is("$answer->{closed} " . @{ $answer->{rows} }, '1 0', 'cut_after_bytes');
for my $stall ('stall_before_rows', 'stall_after_rows 2')
{
	fault("FAULT $stall TIMES 1");
	$d = connect_to();
	$d->send('Q', "$read\0");
	my ($count, $rows) = (0, $stall =~ /(\d)/ ? $1 : 0);
	while ($count < $rows) { my ($kind) = $d->receive or last; $count++ if $kind eq 'D' }
	my $ready = '';
	vec($ready, fileno($d->{socket}), 1) = 1;
	while (select(my $got = $ready, undef, undef, 0.3)) { my ($kind) = $d->receive; $count++ if $kind eq 'D' }
	is($count, $rows, $stall);
	fault('RESET');
	is(scalar(@{ $d->answer->{rows} }), 4 - $count, '... goes on after RESET');
}
# the faults of a statement or connection end with the first RESET after they were
# taken, whether it already waits or not
for my $stall ('stall_before_rows', 'stall_after_rows 2')
{
	fault('FAULT slow 1000 TIMES 1');
	fault("FAULT $stall TIMES 1");
	$d = connect_to();
	$d->send('Q', "$read\0");
	wait_for_slow();
	fault('RESET');
	my $came = eval {
		local $SIG{ALRM} = sub { die "silent\n" };
		alarm 20;
		scalar @{ $d->answer->{rows} };
	};
	alarm 600;
	is($came, 4, "$stall, RESET before the silence begins");
}
is(scalar `PYTHONPATH=$FindBin::Bin/../proxy python3 -B -c '
import socket, threading
from faults import State
from session import Session
state = State()
state.arm("hang_connect", [], 1)
client, peer = socket.socketpair()
faults = state.connection_faults()
state.reset()
session = Session.__new__(Session)
session.client, session.state = client, state
waiting = threading.Thread(target=session.hang, args=(faults,), daemon=True)
waiting.start()
waiting.join(5)
print(waiting.is_alive())'`, "False\n", 'hang_connect, RESET before the silence begins');

fault('FAULT garbage TIMES 1');
is(eval { connect_to()->query($read); 1 }, undef, 'garbage');
fault('FAULT garbage_after_bytes 60 2 TIMES 1');
my $noise = eval { connect_to()->query($read) };
ok(!defined $noise || $noise->{closed} || $noise->{error}, 'garbage_after_bytes');

# time
my $start = time;
fault('FAULT slow 300 TIMES 2');
$c->query($read);
$c->extended($read);
cmp_ok(time - $start, '>', 0.6, 'slow');
$start = time;
fault('FAULT slow_rows 100 1 TIMES 1');
is(scalar @{ $c->query($read)->{rows} }, 4, 'slow_rows');
cmp_ok(time - $start, '>', 0.4, '... is slow');

# the contents of the answer
fault('RESET');
fault('FAULT column_type i 20 -1');
fault('FAULT column_name v w');
is_deeply([ map { "$_->{name} $_->{oid}" } @{ $c->query($read)->{columns} } ], [ 'i 20', 'w 1043' ], 'column_type, column_name');
$c->query('BEGIN');
is($c->describe($read)->{columns}[0]{oid}, 20, '... of Describe too');
$c->query('ROLLBACK');
fault('RESET');
fault('FAULT bad_utf8 TIMES 1');
is($c->query($read)->{rows}[0][1], "\xff", 'bad_utf8');
fault("FAULT replace_text 'a' 'xyz' TIMES 1");
is($c->query($read)->{rows}[0][1], 'xyz', 'replace_text');
fault('FAULT drop_notice TIMES 1');
is(scalar @{ $c->query('SELECT now(), i FROM faults')->{notices} }, 0, 'drop_notice');

fault('FAULT no_function GetDate');
is($c->error('SELECT getdate ()'), '42883 function GetDate() does not exist', 'no_function');
is($c->value("SELECT 'getdate()'"), 'getdate()', '... by that name');
fault('RESET');
like($c->value('SELECT getdate()'), qr/^\d/, '... until RESET');

# statements that are targets
fault("FAULT error 'XX000' 'boo'");
is($c->value('SELECT 1'), 1, 'statements without a user table are no target');
is($c->query('SET query_group TO x')->{error}, undef, 'nor are settings');
is($c->error('/* rsfed 1 */ SELECT 1'), 'XX000 boo', 'the label makes one');
is(connect_to(port => env('CONTROL_PORT'))->query($read)->{error}, undef, 'faults do not touch the control port');

# STANDIN and its counters
fault('RESET');
my $number = fault('STATUS')->{statements};
is($number, 0, 'RESET clears the counters');
$c->query('BEGIN');
$c->query('ROLLBACK');
is(fault('STATUS')->{billed_seconds}, 0, 'BEGIN and ROLLBACK cost nothing');
$c->query($read) for 1 .. 3;
my $status = fault('STATUS');
is($status->{statements}, 5, 'statements are counted');
is($status->{billed_seconds}, 60, 'a burst is billed with 60 s at least');
is("$status->{running_most} $status->{runs_most}", '1 0', 'targets at one time are counted');
$c->query("/* rsfed rollup 7 */ $read");
is(join(' ', @{ fault('STATUS') }{qw(running runs runs_most)}), '0 0 1', 'and refreshes of rollups among them');
$d = connect_to();
is(fault('STATUS')->{connections_made}, 1, 'connections are counted');
$c->query('BEGIN; SELECT nosuch');
is_deeply([ map { $_->[0] } @{ $c->query('STANDIN STATUS')->{rows} } ], [qw(connections_open connections_made statements billed_seconds cancels running running_most runs runs_most)], 'STANDIN works in an aborted transaction');
is($c->query('STANDIN RESET')->{status}, 'E', '... and leaves it aborted');
$c->query('ROLLBACK');
like($c->error('STANDIN FAULT nosuch'), qr/unknown fault "nosuch"/, 'an unknown fault');
like($c->error('STANDIN FAULT slow'), qr/takes 1/, 'a missing argument');
done_testing();
