# Scans of live tables that are not read to their end, and the state of the
# connection afterwards.

use strict;
use warnings;

use RsfedTest;
use Test::More;
use Time::HiRes qw(time);

standin_reset();
my $node = start_primary('primary', conf => "jit = off\n");
$node->safe_psql('postgres', q{SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS dblink;
	CREATE FOREIGN TABLE live_kv (k integer, s text, n numeric(18,4), d date) SERVER warehouse OPTIONS (schema_name 'public', table_name 'kv');
	CREATE FOREIGN TABLE live_big (k integer, filler text) SERVER warehouse OPTIONS (schema_name 'public', table_name 'big')});

# a command to the stand-in from within a session, and a check whether the session's
# connection is new
my $control = sprintf q{dblink_exec('host=%s port=%s dbname=%s user=%s password=%s sslmode=disable', 'STANDIN %%s')},
	@ENV{qw(WAREHOUSE_HOST WAREHOUSE_CONTROL_PORT WAREHOUSE_DBNAME WAREHOUSE_USER WAREHOUSE_PASSWORD)};
my $which = 'EXPLAIN (ANALYZE, VERBOSE, COSTS off) SELECT count(*) FROM live_kv';
sub fault { return "SELECT " . sprintf($control, $_[0]) . ";\n" }

# the output of psql, including errors: a session continues after them
sub session
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');

	$node->psql('postgres', "SET client_min_messages = error;\n$sql", stdout => \$out, stderr => \$err, on_error_stop => 0);
	return wantarray ? ($out, $err) : $out;
}

# Ends scans early in some way ten times in one session; each time the next
# statement should use the existing connection.  A busy machine may be too slow for
# some or for most of them: then they are repeated once.
sub stays
{
	my ($leave, $name) = @_;
	my ($out, $err, $reused, $new);

	for (1 .. 5)
	{
		($out, $err) = session("$which;\n" . "$leave\n$which;\n" x 10);
		$reused = () = $out =~ /Connection: reused/g;
		$new = () = $out =~ /Connection: new/g;
		last if $reused >= 3;
	}
	cmp_ok($reused, '>=', 3, $name) or diag("$out\n$err");
	is($reused + $new, 11, "$name: each time there is an answer");
	return $err;
}

my $left = 'SELECT count(*) FROM (SELECT k FROM live_big WHERE length(filler) > 0 LIMIT 5) x;';
stays($left, 'a LIMIT that is applied here');
stays('SELECT count(*) FROM (SELECT k FROM live_kv WHERE length(s) > 0 LIMIT 1) x;', 'a small result');
stays('BEGIN; DECLARE c CURSOR FOR SELECT * FROM live_big; FETCH 3 FROM c; CLOSE c; COMMIT;', 'a cursor that is closed');
stays('BEGIN; DECLARE c CURSOR FOR SELECT * FROM live_big; FETCH 3 FROM c; COMMIT;', 'one that COMMIT closes');
stays('BEGIN; DECLARE c CURSOR FOR SELECT * FROM live_big; FETCH 3 FROM c; ROLLBACK;', 'one that ROLLBACK closes');
like(stays('SELECT 1 / (k - 3) FROM live_big WHERE length(filler) > 0;', 'an error here'), qr/division by zero/, 'it is one');
like(stays('SELECT k / (k - 3) FROM live_big;', 'an error there'), qr/divi(sion|de) by zero/i, 'it is one');
stays(q{DO $$ BEGIN PERFORM 1 / (k - 3) FROM live_big WHERE length(filler) > 0; EXCEPTION WHEN division_by_zero THEN END $$;}, 'an error that is caught');

# in a transaction block there: no such block stays open
my $two = 'SELECT count(*) FROM (SELECT a.k / (a.k - %d) FROM live_big a, live_kv b WHERE length(a.filler) > 0 AND length(b.s) > 0 LIMIT 30) x;';
stays(sprintf($two, 0), 'two scans');
like(stays('SELECT 1 / (a.k - 3) FROM live_big a, live_kv b WHERE length(a.filler) > 0 AND length(b.s) > 0;', 'an error in two scans'),
	qr/division by zero/, 'it is one');
is(warehouse_sql(q{SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'}), '0', 'no transaction is left open there');

# a cancel ends the statement there, and the connection stays in use
like(stays("SET statement_timeout = '100ms'; SELECT count(*) FROM live_big a, live_big b, live_big c WHERE length(a.filler) + length(b.filler) > 0; RESET statement_timeout;",
		'statement_timeout'), qr/statement timeout/, 'it ended it');
poll_for($node, q{SELECT count(*) FROM dblink('warehouse', $$SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* rsfed live%'$$) AS t (x integer)},
	'0', 'nothing runs there any more');

# A cancel that is acknowledged but takes effect later must not end the next
# statement: that statement must always return its answer, and is sent once more if
# it was cancelled.
my ($again, $wrong) = (0, 0);
my $counted = q{SELECT count(*) FROM sys_query_history WHERE query_text LIKE '%rsfed live%SELECT count%'};
for my $turn (1 .. 30)
{
	my $before = warehouse_sql($counted);
	# the rows must end after the cancel is acknowledged, but soon
	my $pause = 15 + 5 * ($turn % 5);
	# the cancel must meet the statement after it: a slow machine gets there later
	my $late = $turn < 12 ? 100 + 200 * $turn : 2500;
	my $slow = 2 * $late;

	standin_reset();
	my ($out, $err) = session("SELECT count(*) FROM live_kv;\n"
		  . fault("FAULT late_cancel $late TIMES 1") . fault("FAULT slow_rows $pause 1 TIMES 1")
		  . "SELECT k FROM live_kv WHERE length(s) > 0 LIMIT 1;\n"
		  . fault("FAULT slow $slow TIMES 1") . 'SELECT count(*) FROM live_kv;');
	$wrong++, diag("$out\n$err") if $out !~ /\n4\z/ || $err ne '';
	my $sent = warehouse_sql($counted) - $before;
	$again++ if $sent == 3;
	last if $again == 2;
}
standin_reset();
is($wrong, 0, 'a late cancel does no harm');
cmp_ok($again, '>', 0, 'what it met was sent once more');

# unresponsive or lost hosts, after more rows than libpq 17 waits for (a chunk of 64):
# the session does not wait, and the next statement has
# a new connection
for my $fault ('stall_after_rows 300', 'cut_after_rows 300', 'garbage_after_bytes 300 4')
{
	for my $query ('SELECT k FROM live_big WHERE length(filler) > 0 LIMIT 1;', 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM live_big; FETCH 1 FROM c; ROLLBACK;')
	{
		my $begun = time;
		my ($out, $err) = session("SELECT count(*) FROM live_kv;\n" . fault("FAULT $fault TIMES 1") . "$query\nSELECT sum(k), count(*) FROM live_kv;\n");

		like($out, qr/\|4\z/, "$fault: an answer after it") or diag($err);
		cmp_ok(time - $begun, '<', 6, '... soon');
		standin_reset();
	}
}
my $begun = time;
my ($out, $err) = session('BEGIN; DECLARE c CURSOR FOR SELECT * FROM live_big; FETCH 1 FROM c;' . fault('FAULT black_hole') . 'CLOSE c; COMMIT;' . fault('RESET') . 'SELECT count(*) FROM live_kv;');
like($out, qr/\n4\z/, 'a network that is gone') or diag($err);
cmp_ok(time - $begun, '<', 8, '... is waited for about a second');
standin_reset();

# statements that share one connection: a failed one does not affect the others
$node->safe_psql('postgres', q{ALTER SERVER warehouse OPTIONS (ADD pool_size '1');
	CREATE FUNCTION careful(a integer) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		RETURN (SELECT max(1 / (k - a)) FROM live_big WHERE length(filler) > 0);
	EXCEPTION WHEN division_by_zero OR connection_failure THEN
		RETURN sqlstate || ' ' || (SELECT count(*) FROM live_kv);
	END $$});
is(scalar(session("SELECT count(*), min(careful(3)), max(careful(4)) FROM live_kv WHERE length(s) > 0;")), '3|22012 4|22012 4', 'a connection that is shared');
($out, $err) = session("SELECT count(*) FROM live_kv;" . fault('FAULT cut_after_rows 2000 TIMES 1') . 'SELECT careful(0);');
like($out, qr/\n08006 4\z/, 'one that was lost is replaced') or diag($err);
standin_reset();
($out, $err) = session("SELECT count(*) FROM live_kv;" . fault('FAULT cut_after_rows 2000 TIMES 2') .
	q{SELECT min(x), max(x) FROM (SELECT careful(CASE WHEN s = 'no key' THEN 0 ELSE 3 END) AS x FROM live_kv WHERE length(s) > 0 ORDER BY s) y;});
like($out, qr/\n08006 4\|22012 4\z/, 'and the errors after that end nothing else') or diag("$out\n$err");
standin_reset();
$node->safe_psql('postgres', q{ALTER SERVER warehouse OPTIONS (DROP pool_size, ADD one_snapshot 'off')});

# a rescan of a scan that was left early, when the connection had to be closed
($out, $err) = session("SELECT count(*) FROM live_kv;" . fault('FAULT stall_after_rows 1000 TIMES 1') .
	q{SELECT string_agg(x::text, ',') FROM (SELECT (SELECT k FROM live_big WHERE k >= g AND length(filler) > 0 LIMIT 1) x FROM generate_series(7, 9) g) y;});
is($out =~ /([^\n]*)\z/ ? $1 : '', '7,8,9', 'a scan that begins anew') or diag($err);
standin_reset();

$node->stop;
done_testing();
