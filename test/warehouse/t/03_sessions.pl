# Cursors, prepared statements, cancels and the protocol (redshift.md sections 2, 3 and 11).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IO::Socket::INET;
use Standin;
use Test::More;
use Time::HiRes qw(time);

start();
fault('RESET');
my $c = connect_to();
$c->query('DROP TABLE IF EXISTS sessions');
$c->query('CREATE TABLE sessions (i int, "Name" varchar(20))');
$c->query("INSERT INTO sessions VALUES (1, 'a'), (2, 'b'), (3, 'c')");

# cursors
$c->query('BEGIN');
is($c->query('DECLARE a CURSOR FOR SELECT i FROM sessions ORDER BY i')->{error}, undef, 'a cursor');
my $answer = $c->query('FETCH 2 FROM a');
is_deeply($answer->{rows}, [ [1], [2] ], 'FETCH with a bare count works (section 2)');
is($answer->{tags}[0], 'FETCH', 'its tag has no count (section 11)');
is($c->error('DECLARE b CURSOR FOR SELECT 1'),
	'0A000 opening multiple cursors from within the same client connection is not allowed.', 'one cursor a session (section 2, DG:declare)');
$c->query('ROLLBACK');
$c->query('BEGIN');
$c->query('DECLARE a CURSOR FOR SELECT i FROM sessions');
like($c->error('FETCH 1001 FROM a'), qr/Fetch size 1001 exceeds the limit of 1000 for a single node configuration/, 'FETCH over 1000 (section 2, DG:fetch)');
$c->query('ROLLBACK');
for my $fetch ('FETCH ALL FROM a', 'FETCH FORWARD ALL FROM a', 'MOVE 1 IN a', 'FETCH BACKWARD 1 FROM a')
{
	$c->query('BEGIN; DECLARE a CURSOR FOR SELECT i FROM sessions');
	ok($c->query($fetch)->{error}, "$fetch is refused (section 2)");
	$c->query('ROLLBACK');
}
$c->query('SET standin.single_node = off');
$c->query('BEGIN; DECLARE a CURSOR FOR SELECT i FROM sessions');
is($c->query('FETCH 5000 FROM a')->{error}, undef, 'a cluster of several nodes has no limit');
is($c->query('CLOSE a; DECLARE b CURSOR FOR SELECT 1')->{error}, undef, 'after CLOSE another cursor opens');
$c->query('ROLLBACK');
like($c->error('DECLARE a CURSOR FOR SELECT 1'), qr/transaction blocks/, 'no cursor without a transaction (section 2)');

$c->query('BEGIN; DECLARE a CURSOR FOR SELECT 6 / i AS n FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 0) AS x');
like($c->error('FETCH 1 FROM a'), qr/division by zero/, 'the first FETCH computes all rows (section 2, DG:declare)');
$c->query('ROLLBACK');
$c->query('BEGIN; DECLARE a CURSOR FOR SELECT i FROM sessions ORDER BY i');
is_deeply([ map { $c->value('FETCH 1 FROM a') } 1 .. 4 ], [ 1, 2, 3, undef ], 'and later ones read on, to the end');
$c->query('COMMIT');

# prepared statements
$c->query('PREPARE p AS SELECT i FROM sessions WHERE i = 1');
is($c->value('EXECUTE p'), 1, 'PREPARE and EXECUTE (section 2)');
is($c->query('DEALLOCATE p')->{error}, undef, 'DEALLOCATE name (section 2, DG:r_DEALLOCATE)');
$answer = $c->extended('SELECT i, "Name" FROM sessions ORDER BY i');
is(scalar @{ $answer->{rows} }, 3, 'PQexecParams outside a transaction is fine (section 11)');
is($answer->{tags}[0], 'SELECT', 'the tag of SELECT has no count (section 11)');

# Describe
my $d = connect_to();
ok($d->describe('SELECT i FROM sessions')->{closed}, 'Describe of a statement outside a transaction ends the connection (section 11)');
$d = connect_to();
$d->query('BEGIN');
$answer = $d->describe('SELECT i, "Name" FROM sessions');
is_deeply([ map { "$_->{name} $_->{oid}" } @{ $answer->{columns} } ], [ 'i 23', 'name 1043' ], 'inside one it works');
is($d->query('ROLLBACK')->{status}, 'I', 'and ends with ROLLBACK');
$d->send('P', "\0BEGIN\0\0\0");
$d->send('B', "\0\0\0\0\0\0\0\0");
$d->send('E', "\0\0\0\0\0");
is($d->describe('SELECT 1')->{closed}, undef, 'BEGIN may come in the same pipeline');
$d->query('ROLLBACK');

# the row limit of Execute is not reliable
$d->send('P', "\0SELECT i FROM sessions\0\0\0");
$d->send('B', "\0\0\0\0\0\0\0\0");
$d->send('E', "\0" . pack('N', 1));
$d->send('S', '');
is(scalar @{ $d->answer->{rows} }, 3, 'Execute with a limit returns everything (section 3, GH node-pg-cursor#14)');

# the rules apply in the extended protocol, too, which postgres_fdw uses
$d->query('BEGIN');
$d->extended('DECLARE a CURSOR FOR SELECT 1');
like($d->extended('DECLARE b CURSOR FOR SELECT 1')->{error}{M}, qr/^opening multiple cursors/, 'one cursor, in the extended protocol');
$d->query('ROLLBACK; BEGIN');
is($d->extended('SAVEPOINT s')->{error}{C}, '0A000', 'no SAVEPOINT in the extended protocol');
$d->query('ROLLBACK');
is($d->extended('SET lock_timeout = 1')->{error}{C}, '42704', 'nor unknown settings');

# identifiers
is($c->query('SELECT "NAME" AS "X Y" FROM "Sessions"')->{columns}[0]{name}, 'x y', 'quoted identifiers fold (section 4, DG:r_names)');
$c->query('SET enable_case_sensitive_identifier TO on');
like($c->error('SELECT "NAME" FROM sessions'), qr/^42703 column "NAME" does not exist/, 'unless the session keeps their case (section 4)');
is($c->query('SELECT 1 AS "X"')->{columns}[0]{name}, 'X', 'in results too');
is($c->{parameters}{enable_case_sensitive_identifier}, undef, 'clients are not told');
$c->query('BEGIN; SET enable_case_sensitive_identifier TO off; ROLLBACK');
is($c->query('SELECT 1 AS "X"')->{columns}[0]{name}, 'X', 'a rollback takes the setting back');
$c->query('RESET enable_case_sensitive_identifier');
$c->query('SET describe_field_name_in_uppercase TO on');
is($c->query('SELECT i FROM sessions')->{columns}[0]{name}, 'I', 'describe_field_name_in_uppercase (section 1)');
$c->query('RESET describe_field_name_in_uppercase');

# strings
is($c->value("SELECT 'a\\\\b'"), 'a\b', 'a backslash escapes in plain strings (section 4, DG:pattern-matching-conditions-posix)');
is($c->value("SELECT 'a\\'b'"), "a'b", 'and keeps a quote');

# arrays in ANY
is($c->query("SELECT i FROM sessions WHERE i = ANY ('{1,2}'::integer[])")->{error}, undef, '= ANY over a constant array (section 2)');
like($c->error("SELECT i FROM sessions WHERE i <> ALL ('{1,2}'::integer[])"), qr/^0A000 /, '<> ALL is refused (section 2)');
$c->query('BEGIN');
$c->send('P', "\0SELECT i FROM sessions WHERE i = ANY (\$1)\0\0\0");
$c->send('S', '');
is($c->answer->{error}{M}, 'Only constant arrays supported in IN/ANY/ALL operation', 'a bound array (section 2, GH python-driver#45)');
$c->query('ROLLBACK');

# cancelling
fault('FAULT slow 60000 TIMES 3');
my $start = time;
$c->send('Q', "SELECT i FROM sessions\0");
wait_for_slow();
my $cancel = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => env('PORT'));
$cancel->syswrite(pack('NN', 16, 80877102) . $c->{key});
$answer = $c->answer;
like("$answer->{error}{C} $answer->{error}{M}", qr/^57014 Query \(\d+\) cancelled on user's request$/, 'CancelRequest (section 3)');
# of another session: PostgreSQL signals process and group, and the later signal may
# arrive in the next statement
$c = connect_to();
my ($pid) = unpack 'N', $c->{key};
$c->send('Q', "SELECT i FROM sessions\0");
wait_for_slow();
$answer = $d->query("CANCEL $pid");
is_deeply($answer->{tags}, ['CANCEL'], 'CANCEL pid (section 3, DG:r_CANCEL)');
is($c->answer->{error}{C}, '57014', 'it arrives');
# acknowledged immediately, it cancels the statement that runs when it takes effect
for my $way ('CancelRequest', 'CANCEL')
{
	my $begun = time;
	fault('FAULT late_cancel 700 TIMES 1');
	if ($way eq 'CANCEL')
	{
		is_deeply($d->query("CANCEL $pid")->{tags}, ['CANCEL'], 'late_cancel: acknowledged');
	}
	else
	{
		my $late = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => env('PORT'));
		$late->syswrite(pack('NN', 16, 80877102) . $c->{key});
		is($late->sysread(my $nothing, 1), 0, 'late_cancel: acknowledged');
	}
	is($c->value('SELECT 1'), 1, "... $way does not act yet");
	like($c->error('SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d'), qr/^57014 /, '... but later');
	cmp_ok(time - $begun, '>', 0.6, '... as late as was said');
}
$c->query('SET statement_timeout = 200');
like($c->error('SELECT i FROM sessions'), qr/^57014 Query \(\d+\) cancelled on user's request/, 'statement_timeout has the same words (section 3)');
$c->query('RESET statement_timeout');
cmp_ok(time - $start, '<', 50, 'none of them waits to its end');
is(fault('STATUS')->{cancels}, 2, 'cancel requests are counted');
fault('RESET');

# the log
$c->query("SELECT 'in the log'");
ok(scalar(grep { /in the log/ } log_texts()), 'the proxy logs what clients send');
done_testing();
