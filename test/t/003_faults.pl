# Failures of the warehouse: the failed run is recorded, the last good content stays
# readable, the next refresh succeeds, and no connection to the warehouse is left
# behind.

use strict;
use warnings;

use IPC::Run ();
use RsfedTest;
use Test::More;
use Time::HiRes qw(time);

my $node = start_primary('primary');

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS fault_sales;
	CREATE TABLE fault_sales (seller integer, price decimal(8,2));
	INSERT INTO fault_sales SELECT i, 10 FROM generate_series(1, 5000) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM fault_sales GROUP BY seller';
$node->safe_psql('postgres',
	"SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");

my $total = 'SELECT count(*), sum(revenue) FROM revenue';
my $price = 10;

# Makes a refresh fail, and checks the state after it.
#   fault      STANDIN FAULT words, or a sub that breaks something
#   heal       a sub that repairs it (always together with STANDIN RESET)
#   sqlstate   of the error that the caller sees
#   message    pattern of that error, as psql shows it
# Any of these faults ends long before stall_timeout, which is 60 s.
sub survives
{
	my ($name, %fault) = @_;
	my $before = $node->safe_psql('postgres', $total);

	# there is a change to fetch, so that a success would be visible
	$price++;
	warehouse_sql("UPDATE fault_sales SET price = $price");

	ref $fault{fault} ? $fault{fault}->() : standin("FAULT $fault{fault}");
	my $start = time;
	psql_fails($node, ($fault{before} // '') . "CALL rsfed.refresh('revenue')",
		$fault{sqlstate}, $fault{message}, "$name: the caller sees it");
	cmp_ok(time - $start, '<', 40, "$name: in time");

	is(last_run($node, 'revenue', 'status'), $fault{status} // 'failed', "$name: the run is recorded");
	is(last_run($node, 'revenue', 'sqlstate'), $fault{sqlstate}, "$name: with its SQLSTATE");
	is($node->safe_psql('postgres', $total), $before, "$name: the last good content is there");
	is($node->safe_psql('postgres', "SELECT failures FROM rsfed.freshness WHERE relation = 'revenue'::regclass"),
		'1', "$name: freshness counts the failure")
	  if ($fault{status} // 'failed') eq 'failed';

	standin_reset();
	$fault{heal}->() if $fault{heal};
	nothing_is_left($name);

	$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
	is($node->safe_psql('postgres', $total), '5000|' . 5000 * $price . '.00', "$name: the next refresh succeeds");
	is($node->safe_psql('postgres', "SELECT state, failures FROM rsfed.freshness WHERE relation = 'revenue'::regclass"),
		'fresh|0', "$name: freshness recovers");
}

# The sessions that the test opened have ended, so the only connections may be those
# of idle workers, for up to rsfed.idle_connection.
sub nothing_is_left
{
	my ($name) = @_;
	my ($left, $until) = (undef, time + 120);
	do { $left = warehouse_count(); select(undef, undef, undef, 0.1) if $left; } while ($left && time < $until);
	is($left, 0, "$name: no connection to the warehouse is left");
}

nothing_is_left('before');

survives('connection refused', fault => 'refuse_connections', sqlstate => '08001', message => qr/warehouse/);
survives('stream cut', fault => 'cut_after_rows 1000', sqlstate => '08006', message => qr/warehouse|connection/);
survives('silence in the stream',
	fault => sub {
		$node->safe_psql('postgres', "ALTER SERVER warehouse OPTIONS (ADD stall_timeout '2s')");
		standin('FAULT stall_after_rows 1000');
	},
	heal => sub { $node->safe_psql('postgres', 'ALTER SERVER warehouse OPTIONS (DROP stall_timeout)') },
	sqlstate => '08006', message => qr/silent|stall/i);
survives('serializable isolation violation', fault => 'error_1023 1000', sqlstate => 'XX000', message => qr/1023/);
survives('aborted by workload management', fault => 'wlm_abort 1000', sqlstate => '57014', message => qr/WLM|Query \(/,
	status => 'failed');
survives('wrong password',
	fault => sub { $node->safe_psql('postgres',
			"SET client_min_messages = error; SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', 'wrong', verify => false)") },
	heal => sub { $node->safe_psql('postgres',
			"SELECT rsfed.set_credentials('warehouse', '$ENV{WAREHOUSE_USER}', " . quote_literal($ENV{WAREHOUSE_PASSWORD}) . ')') },
	sqlstate => '28P01', message => qr/password authentication failed/);
survives('a time limit here', fault => 'stall_after_rows 1000', before => "SET statement_timeout = '2s'; ",
	sqlstate => '57014', message => qr/statement timeout/);

# No log contains a password
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/\Q$ENV{WAREHOUSE_PASSWORD}\E/,
	'no password in the log');

# Cancel by rsfed.cancel from another session while rows are received
standin('FAULT stall_after_rows 1000');
my $run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
poll_for($node, "SELECT phase FROM rsfed.progress WHERE run_id = $run", 'receiving', 'a worker receives rows');
my $start = time;
is($node->safe_psql('postgres', "SELECT rsfed.cancel($run)"), 't', 'rsfed.cancel finds it');
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'cancelled', 'the run is cancelled');
cmp_ok(time - $start, '<', 40, 'long before stall_timeout');
is($node->safe_psql('postgres', $total), '5000|' . 5000 * $price . '.00', 'the content is as it was');
standin_reset();

# The session that waits in CALL refresh ends: nothing of it is left
standin('FAULT stall_after_rows 1000');
my $psql = IPC::Run::start(
	[ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "CALL rsfed.refresh('revenue')" ],
	'>', \my $out, '2>', \my $err);
poll_for($node, 'SELECT phase FROM rsfed.progress', 'receiving', 'a session refreshes');
$run = last_run($node, 'revenue', 'run_id');
$node->safe_psql('postgres',
	"SELECT pg_terminate_backend(pid) FROM rsfed.runs WHERE status = 'running'");
$psql->finish;
poll_for($node, "SELECT status IN ('failed', 'cancelled') FROM rsfed.runs WHERE run_id = $run", 't',
	'the run of a terminated session is closed');
standin_reset();
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
pass('the next refresh works');

# Cancelled twice, the second time while it waits for the canceller's commit
standin('FAULT stall_after_rows 1000');
$psql = IPC::Run::start(
	[ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "CALL rsfed.refresh('revenue')", '-c', 'SELECT pg_sleep(30)' ],
	'>', \$out, '2>', \$err);
poll_for($node, 'SELECT phase FROM rsfed.progress', 'receiving', 'a session refreshes again');
$run = last_run($node, 'revenue', 'run_id');
my $refresher = $node->safe_psql('postgres', "SELECT pid FROM rsfed.runs WHERE run_id = $run");
# cancelled again while it waits for this session
$node->safe_psql('postgres', "SET statement_timeout = '120s'; BEGIN; SELECT rsfed.cancel($run); "
	  . "DO 'BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE pid = $refresher AND NOT granted) LOOP PERFORM pg_sleep(0.05); END LOOP; END'; "
	  . "SELECT rsfed.cancel($run); SELECT pg_sleep(1); COMMIT");
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'cancelled', 'it is cancelled all the same');
is($node->safe_psql('postgres', "SELECT pg_terminate_backend($refresher)"), 't', 'and its session goes on');
$psql->kill_kill;
standin_reset();

# A run whose row is not yet visible to others, because it is inside a transaction:
# it is in rsfed.progress, and can be cancelled by any role that may cancel runs of
# that relation
$node->safe_psql('postgres', q{CREATE ROLE newcomer LOGIN; CREATE ROLE fellow; CREATE ROLE bystander; GRANT newcomer TO fellow;
	GRANT CREATE ON SCHEMA public TO newcomer; GRANT USAGE ON FOREIGN SERVER warehouse TO newcomer;
	SELECT rsfed.set_credentials('warehouse', } . quote_literal($ENV{WAREHOUSE_USER}) . ', ' . quote_literal($ENV{WAREHOUSE_PASSWORD})
	  . q{, for_role => 'newcomer')});
for my $unseen (
	[ 'a definition', 'newcomer', "SELECT rsfed.define_rollup('unseen', 'warehouse', 'SELECT sellerid, count(*) AS n FROM trade GROUP BY sellerid')", 'fellow' ],
	[ 'CALL refresh in a block', $node->safe_psql('postgres', 'SELECT current_user'), "BEGIN; CALL rsfed.refresh('revenue')", undef ])
{
	my ($what, $starter, $sql, $may) = @$unseen;
	my $cancel = sub {
		my ($role, $number) = @_;
		my ($said, $error) = ('', '');
		$node->psql('postgres', "SET ROLE $role; SELECT rsfed.cancel($number)", stdout => \$said, stderr => \$error);
		return "$said$error";
	};
	standin('FAULT stall_before_rows');
	$psql = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('postgres') . " user=$starter", '-v', 'VERBOSITY=verbose', '-c', $sql ],
		'>', \$out, '2>', \$err);
	poll_for($node, 'SELECT phase FROM rsfed.progress', 'waiting for Redshift', "$what waits");
	$run = $node->safe_psql('postgres', 'SELECT run_id FROM rsfed.progress');
	is($node->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs WHERE run_id = $run"), '0', 'its row is not to be seen');
	like($cancel->('bystander', $run), qr/ERROR:  permission denied/, 'not everybody cancels it');
	like($cancel->($starter, $run + 1000), qr/ERROR:  run \d+ does not exist/, 'nor a run that there is not');
	is($node->safe_psql('postgres', "SET ROLE $may; SELECT count(*) FROM rsfed.progress WHERE run_id = $run"), '1', 'the owners see it at work') if $may;
	is($cancel->($may // $starter, $run), 't', 'who may does');
	$psql->finish;
	like($err, qr/57014: canceling statement due to user request/, 'and it ends');
	standin_reset();
	poll_for($node, 'SELECT count(*) FROM rsfed.progress', '0', 'nothing is at work');
	like($cancel->($starter, $run), qr/^f$|does not exist/, 'then there is nothing to cancel');
}

# rsfed.wait() for such a run: it waits until the transaction ends, even long after
# the run
$node->safe_psql('postgres', 'CREATE ROLE wait_stranger');
for my $end ('COMMIT', 'ROLLBACK')
{
	my ($said, $error) = ('', '');
	my $block = $node->background_psql('postgres');
	$block->query_safe('SET client_min_messages = warning');
	standin('FAULT stall_before_rows');
	$block->query_until(qr/begins/, "\\echo begins\nBEGIN;\nCALL rsfed.refresh('revenue');\n\\echo refreshed\n");
	poll_for($node, 'SELECT phase FROM rsfed.progress', 'waiting for Redshift', 'a run inside a transaction waits');
	$run = $node->safe_psql('postgres', 'SELECT run_id FROM rsfed.progress');
	is($node->safe_psql('postgres', "SELECT rsfed.wait($run, '10 ms')"), 'running', 'wait() knows that it runs');
	psql_fails($node, "SET ROLE wait_stranger; SELECT rsfed.wait($run, '10 ms')", '42501', qr/permission denied to wait for run $run\nDETAIL:  .*HINT:/s, 'and tells only who may know');
	my $waiting = IPC::Run::start([ 'psql', '-X', '-A', '-t', '-d', $node->connstr('postgres'), '-c', "SELECT rsfed.wait($run)" ], '>', \$said, '2>', \$error);
	standin_reset();
	poll_for($node, 'SELECT count(*) FROM rsfed.progress', '0', 'the run is over');
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT rsfed.wait($run)' AND state = 'active'"), '1', 'and still waited for');
	$block->query_safe($end);
	$waiting->finish;
	if ($end eq 'COMMIT') { like($said, qr/^(published|unchanged)$/, 'its status is there with the commit') }
	else { like($error, qr/ERROR:  run $run does not exist\nDETAIL:  The transaction in which it worked was rolled back/, 'or there is none') }
	$block->quit;
}

# The failure of a run cannot be recorded, as on a full disk, and its session
# continues: the run must not block the relation for as long as the session exists
my $refuse = q{ALTER TABLE rsfed_catalog.run ADD CONSTRAINT refuse CHECK (status <> 'failed') NOT VALID};
$node->safe_psql('postgres', $refuse);
standin('FAULT cut_after_rows 1000');
$psql = IPC::Run::start(
	[ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "CALL rsfed.refresh('revenue')", '-c', 'SELECT pg_sleep(60)' ],
	'>', \$out, '2>', \$err);
poll_for($node, "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'", '1',
	'a session goes on after a refresh whose failure could not be written');
is(last_run($node, 'revenue', 'status'), 'running', 'its run has no outcome');
standin_reset();
$node->safe_psql('postgres', 'ALTER TABLE rsfed_catalog.run DROP CONSTRAINT refuse');
poll_for($node, "SELECT status || ' ' || message FROM rsfed.runs ORDER BY run_id DESC LIMIT 1",
	'failed the refresh ended without an outcome', 'the scheduler finds it');
$psql->kill_kill;
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'");

# The same for a session that does not report its activity
my $silent = $node->background_psql('postgres', on_error_stop => 0);
$silent->query_safe('SET track_activities = off');
$node->safe_psql('postgres', $refuse);
standin('FAULT cut_after_rows 1000');
$silent->query("CALL rsfed.refresh('revenue')");
is(last_run($node, 'revenue', 'status'), 'running', 'with track_activities off: its run has no outcome');
standin_reset();
$node->safe_psql('postgres', 'ALTER TABLE rsfed_catalog.run DROP CONSTRAINT refuse');
poll_for($node, "SELECT status || ' ' || message FROM rsfed.runs ORDER BY run_id DESC LIMIT 1",
	'failed the refresh ended without an outcome', 'the scheduler finds that, too');
# but it is not considered lost while it is active
standin('FAULT stall_after_rows 1000');
$silent->query_until(qr/begins/, "\\echo begins\nCALL rsfed.refresh('revenue');\n");
poll_for($node, "SELECT count(*) FROM rsfed.progress WHERE phase = 'receiving'", '1', 'one that is at work');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
wait_for_turn($node, 'which the scheduler looks at');
is($node->safe_psql('postgres', "SELECT status FROM rsfed.runs WHERE run_id = $run - 1"), 'running', 'is left alone');
standin_reset();
like($silent->query("SELECT 'goes on'"), qr/^goes on$/m, 'and ends');
like($node->safe_psql('postgres', "SELECT status FROM rsfed.runs WHERE run_id = $run - 1"), qr/published|unchanged/, 'as it should');
like($node->safe_psql('postgres', "SELECT rsfed.wait($run)"), qr/published|unchanged/, 'and the next one, too');
$silent->quit;

# alter_rollup is cancelled while it waits for its lock: the session, which may
# belong to a pool, has the same state as after any other error
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM revenue');
$psql = IPC::Run::start(
	[ 'psql', '-XAt', '-d', $node->connstr('postgres'),
		'-c', "SELECT * FROM rsfed.alter_rollup('revenue', query => "
		  . "'SELECT seller, sum(price) AS revenue, count(*) AS n FROM fault_sales GROUP BY seller')",
		'-c', "SELECT 'usable'" ],
	'>', \$out, '2>', \$err);
poll_for($node, "SELECT count(pg_cancel_backend(pid)) FROM pg_locks WHERE relation = 'revenue'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted",
	'1', 'alter_rollup waits');
$psql->finish;
like($err, qr/canceling statement due to user request/, 'alter_rollup is ended while it waits for its lock');
unlike("$err$out", qr/transaction is aborted/, 'and the session is not left in an aborted transaction');
like($out, qr/usable/, 'but can be used');
$reader->quit;

# Inside a transaction block a failure rolls back everything
my $before = $node->safe_psql('postgres', $total);
standin('FAULT cut_after_rows 1000');
psql_fails($node, "BEGIN; CREATE TABLE beside (a integer); CALL rsfed.refresh('revenue'); COMMIT",
	'08006', undef, 'a failure inside a transaction block is raised');
standin_reset();
is($node->safe_psql('postgres', "SELECT to_regclass('beside') IS NULL"), 't', 'and rolls the block back');
is($node->safe_psql('postgres', $total), $before, 'the content is as it was');
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status = 'failed' AND sqlstate = '08006' AND note LIKE '%rolled back%'",
	'1', 'and the scheduler writes the failed run into the history');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");

# A host that accepts connections and never answers: the connection timeout applies
standin('FAULT hang_connect');
$node->safe_psql('postgres', "ALTER SERVER warehouse OPTIONS (ADD connect_timeout '2')");
my $start_connect = time;
psql_fails($node, "SELECT * FROM rsfed.query('warehouse', 'SELECT 1 AS a') AS t (a integer)", '08001',
	qr/Nothing answered within 2 s/, 'a host that does not answer is an error');
cmp_ok(time - $start_connect, '<', 40, 'after the connect time-out');
$node->safe_psql('postgres', 'ALTER SERVER warehouse OPTIONS (DROP connect_timeout)');
standin_reset();

# A host that stopped before the first row: not even Redshift's message about its
# statement_timeout arrives
$node->safe_psql('postgres', "ALTER SERVER warehouse OPTIONS (ADD statement_timeout '1s', ADD stall_timeout '1s')");
standin('FAULT stall_before_rows');
psql_fails($node, "CALL rsfed.refresh('revenue')", '08006', qr/does not answer any more/,
	'a host that does not answer a query is given up');
standin_reset();
$node->safe_psql('postgres', 'ALTER SERVER warehouse OPTIONS (DROP statement_timeout, DROP stall_timeout)');

# The same while a worker keeps its connection: the settings of the next run are not
# answered; the limit is the connection timeout
$node->safe_psql('postgres', "ALTER SERVER warehouse OPTIONS (ADD connect_timeout '5')");
$run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
poll_for($node, "SELECT status IN ('published', 'unchanged') FROM rsfed.runs WHERE run_id = $run", 't', 'a worker has a connection');
standin('FAULT black_hole');
$run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
poll_for($node, "SELECT status || ' ' || sqlstate FROM rsfed.runs WHERE run_id = $run", 'failed 08006',
	'a kept connection into nowhere is given up');
standin_reset();
$node->safe_psql('postgres', 'ALTER SERVER warehouse OPTIONS (DROP connect_timeout)');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");

nothing_is_left('at the end');
$node->stop;
warehouse_sql('DROP TABLE fault_sales');
done_testing();
