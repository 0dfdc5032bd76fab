# No run is lost: a run whose process died, with its server or by a failover, is
# failed with a reason, is retried at once, and is never applied twice.

use strict;
use warnings;

use RsfedTest;
use Test::More;
use Time::HiRes qw(time);

my $primary = start_primary('primary');
my $replica = start_replica($primary, 'replica');

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS durable_sales;
	CREATE TABLE durable_sales (seller integer, price decimal(8,2));
	INSERT INTO durable_sales SELECT i, 10 FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM durable_sales GROUP BY seller';
$primary->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query');"
	  . "SELECT rsfed.schedule_refresh('revenue', '\@yearly')");
$primary->safe_psql('postgres', 'CREATE MATERIALIZED VIEW bell AS SELECT 1 AS one; CREATE UNIQUE INDEX ON bell (one)');

my $price = 10;
my $node = $primary;

sub sql { return $node->safe_psql('postgres', $_[0]) }

# A run of the schedule that waits for the warehouse; returns its number.
sub run_that_waits
{
	my ($name) = @_;
	$price++;
	warehouse_sql("UPDATE durable_sales SET price = $price");
	sql('DELETE FROM rsfed_catalog.run');
	standin('FAULT stall_before_rows TIMES 1');
	sql(q{UPDATE rsfed_catalog.schedule SET next_run_at = now(); SELECT rsfed.request_refresh('bell'), rsfed.resume_all()});
	poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation = 'revenue'::regclass AND status = 'running'", '1', "$name: a run waits for the warehouse");
	poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation = 'bell'::regclass AND status IN ('queued', 'running')", '0', "$name: it is the only one");
	# it must wait in the statement that the fault applies to
	poll_for($node, "SELECT phase FROM rsfed.progress", 'waiting for Redshift', "$name: Redshift works");
	return sql("SELECT run_id FROM rsfed.runs WHERE status = 'running'");
}

# The expected state after the process of that run has ended.
sub goes_on
{
	my ($name, $run, $since) = @_;
	poll_for($node, "SELECT status || ' ' || sqlstate FROM rsfed.runs WHERE run_id = $run", 'failed 57P02',
		"$name: the run is failed with a reason");
	note(sprintf('%s: failed after %.1f s', $name, time - $since));
	is(sql("SELECT attempt || ' ' || (not_before IS NULL)::text FROM rsfed.runs WHERE retry_of = $run"), '2 true',
		"$name: its retry is due at once");
	poll_for($node, "SELECT status FROM rsfed.runs WHERE retry_of = $run", 'published', "$name: and succeeds");
	note(sprintf('%s: published after %.1f s', $name, time - $since));
	is(sql("SELECT count(*), sum(revenue) FROM revenue"), '100|' . 100 * $price . '.00', "$name: the content is there");
	is(sql("SELECT state || ' ' || failures FROM rsfed.freshness WHERE relation = 'revenue'::regclass"), 'fresh 0', "$name: and fresh");
	is(sql("SELECT count(*) FROM rsfed.runs WHERE relation = 'revenue'::regclass"), '2', "$name: no other run was made");
	is(sql("SELECT next_run_at > now() + interval '1 min' FROM rsfed.schedules WHERE relation = 'revenue'::regclass"), 't',
		"$name: the schedule keeps its next time");
	standin_reset();
}

# --- kill -9 of the worker: the server restarts
my $run = run_that_waits('kill -9');
my $since = time;
kill_process($node, sql("SELECT pid FROM rsfed.runs WHERE run_id = $run"));
goes_on('kill -9', $run, $since);

# --- pg_terminate_backend of the worker: the server stays
$run = run_that_waits('terminated');
$since = time;
sql("SELECT pg_terminate_backend(pid) FROM rsfed.runs WHERE run_id = $run");
goes_on('terminated', $run, $since);

# --- Immediate stop and restart: nothing is due, and only the open run requires a
# scheduler
$run = run_that_waits('immediate stop');
$node->stop('immediate');
$node->start;
$since = time;
goes_on('immediate stop', $run, $since);

# --- A request whose process died is retried as well
standin('FAULT stall_before_rows TIMES 1');
$run = sql("SELECT rsfed.request_refresh('revenue')");
poll_for($node, "SELECT count(*) FROM rsfed.progress WHERE run_id = $run AND phase = 'waiting for Redshift'", '1', 'a request waits for the warehouse');
$node->stop('immediate');
$node->start;
poll_for($node, "SELECT status FROM rsfed.runs WHERE retry_of = $run", 'unchanged', 'a request is tried again');
standin_reset();

# --- A run that an earlier incarnation of the server took has no process, even if
# another process has the same number; the result of that process is not applied
$run = run_that_waits('another writer');
sql("UPDATE rsfed_catalog.run SET writer = 'another' WHERE run_id = $run");
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'failed', 'another writer: the run is failed');
is(sql("SELECT sum(revenue) FROM revenue"), 100 * ($price - 1) . '.00', 'another writer: nothing is applied yet');
standin_reset();
poll_for($node, "SELECT status FROM rsfed.runs WHERE retry_of = $run", 'published', 'another writer: the retry is');
is(sql("SELECT status || ' ' || rows_updated FROM rsfed.runs WHERE retry_of = $run"), 'published 100', 'another writer: by itself, all of it');
is(sql("SELECT status FROM rsfed.runs WHERE run_id = $run"), 'failed', 'another writer: the run stays failed');
ok($node->wait_for_log(qr/run $run is not running in this process/), 'another writer: its process was told so');

# --- Promotion of the replica during a run
$run = run_that_waits('promotion');
$primary->wait_for_catchup($replica);
$primary->stop('immediate');
$replica->promote;
$since = time;
$node = $replica;
goes_on('promotion', $run, $since);

$replica->stop;
for my $server ($primary, $replica)
{
	unlike(PostgreSQL::Test::Utils::slurp_file($server->logfile), qr/PANIC|TRAP:|signal 11|signal 6/, 'nothing crashed but what was killed');
}
warehouse_sql('DROP TABLE durable_sales');
done_testing();
