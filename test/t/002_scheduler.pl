# The scheduler: schedules run, pause, stop on a reload, and survive crashes,
# restarts, DROP DATABASE and DROP EXTENSION.

use strict;
use warnings;

use RsfedTest;
use Test::More;

my $node = start_primary('primary');

warehouse_sql(q{
	DROP TABLE IF EXISTS scheduler_sales;
	CREATE TABLE scheduler_sales (seller integer, price decimal(8,2));
	INSERT INTO scheduler_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});

my $query = 'SELECT seller, sum(price) AS revenue FROM scheduler_sales GROUP BY seller';
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");

sub scheduled_runs
{
	return $node->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs "
		  . "WHERE trigger = 'schedule' AND status IN ('published', 'unchanged')");
}

# The number of successful scheduled runs increases by two within the usual time.
sub runs_go_on
{
	my ($name) = @_;
	my $before = scheduled_runs();
	return poll_for($node, "SELECT count(*) >= $before + 2 FROM rsfed.runs "
		  . "WHERE trigger = 'schedule' AND status IN ('published', 'unchanged')", 't', $name);
}

# No run begins during three ticks of the one-second schedule, after the scheduler
# has ended its current turn.
sub runs_stand_still
{
	my ($name, %options) = @_;
	wait_for_turn($node, "$name: the scheduler has looked") unless $options{off};
	poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', "$name: no run is left");
	my $before = $node->safe_psql('postgres', 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs');
	sleep 3;
	is($node->safe_psql('postgres', 'SELECT coalesce(max(run_id), 0) FROM rsfed.runs'), $before, $name);
}

# A schedule
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
runs_go_on('a schedule runs');
warehouse_sql('UPDATE scheduler_sales SET price = price + 1 WHERE seller = 3');
poll_for($node, 'SELECT revenue FROM revenue WHERE seller = 3', '490.00', 'its content follows the warehouse');
is($node->safe_psql('postgres', 'SELECT state FROM rsfed.freshness'), 'fresh', 'and is fresh');

# An idle worker takes a request without the scheduler
my $scheduler = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'rsfed scheduler' AND datname = 'postgres'");
kill('STOP', $scheduler) or die "there is no scheduler to stop\n";
my $asked = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
like($node->safe_psql('postgres', "SELECT rsfed.wait($asked, '30 s')"), qr/published|unchanged/, 'a request needs no scheduler where a worker is idle');
kill('CONT', $scheduler);
runs_go_on('which goes on');

# A native materialized view with the same kind of schedule, with and without
# CONCURRENTLY
$node->safe_psql('postgres', q{
	CREATE MATERIALIZED VIEW total AS SELECT 1 AS one, sum(revenue) AS total FROM revenue;
	CREATE UNIQUE INDEX ON total (one);
});
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('total', '1 second')");
warehouse_sql('UPDATE scheduler_sales SET price = price + 1 WHERE seller = 4');
poll_for($node, 'SELECT total.total = (SELECT sum(revenue) FROM revenue) AND total.total = 5070 FROM total',
	't', 'a native materialized view is refreshed by its schedule');
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('total')");

# Pause and resume
$node->safe_psql('postgres', "SELECT rsfed.pause('revenue', reason => 'the warehouse moves')");
is($node->safe_psql('postgres', "SELECT state FROM rsfed.freshness WHERE relation = 'revenue'::regclass"),
	'paused', 'a paused rollup says so');
runs_stand_still('a paused schedule does not run');
$node->safe_psql('postgres', "SELECT rsfed.resume('revenue')");
runs_go_on('a resumed schedule runs');
$node->safe_psql('postgres', "SELECT rsfed.pause_all()");
runs_stand_still('pause_all stops every schedule');
$node->safe_psql('postgres', "SELECT rsfed.resume_all()");
runs_go_on('resume_all starts them again');

# rsfed.scheduler = off
stop_scheduler($node);
runs_stand_still('rsfed.scheduler = off stops schedules', off => 1);
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
pass('refresh by hand still works');
$node->append_conf('postgresql.conf', 'rsfed.scheduler = on');
$node->reload;
runs_go_on('rsfed.scheduler = on starts them again');

# Listeners are notified of new content, and of a relation that begins to fail and
# recovers; notifications quote no error message, because it may contain data.
my $heard = '';
$node->psql('postgres', "LISTEN rsfed_published; LISTEN rsfed_event;\n"
	  . "SELECT rsfed.define_rollup('heard', 'warehouse', 'SELECT 1 AS k, count(*) AS n FROM scheduler_sales', key => '{k}', populate => false);\n"
	  . "CALL rsfed.refresh('heard');\n", stdout => \$heard);
like($heard, qr/"rsfed_published" with payload "\{"relation" : "public.heard", "run_id" : \d+, "as_of" : "[^"]+", "inserted" : 1, "updated" : 0, "deleted" : 0\}"/,
	'NOTIFY rsfed_published');
standin('FAULT error_1023');
$node->psql('postgres', "LISTEN rsfed_event;\nCALL rsfed.refresh('heard');\nSELECT 1;\n", stdout => \$heard, on_error_stop => 0);
like($heard, qr/"rsfed_event" with payload "\{"relation" : "public.heard", "run_id" : \d+, "state" : "failing", "sqlstate" : "XX000"\}"/,
	'NOTIFY rsfed_event: failing');
standin_reset();
$node->psql('postgres', "LISTEN rsfed_event;\nCALL rsfed.refresh('heard');\n", stdout => \$heard);
like($heard, qr/"relation" : "public.heard", "run_id" : \d+, "state" : "recovered"/, 'NOTIFY rsfed_event: recovered');
$node->safe_psql('postgres', "SELECT rsfed.drop_rollup('heard')");

# kill -9 of a worker while it waits for the warehouse: the server restarts, the run
# is marked failed, the content is kept and the schedule continues.
$node->safe_psql('postgres', "SELECT rsfed.unschedule_refresh('revenue')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')", '0', 'quiet before the kill');
standin('FAULT stall_before_rows');
my $run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE run_id = $run AND status = 'running' AND pid IS NOT NULL",
	'1', 'a worker took the run');
my $pid = $node->safe_psql('postgres', "SELECT pid FROM rsfed.runs WHERE run_id = $run");
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
kill_process($node, $pid);
standin_reset();
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'failed',
	'after kill -9 of its worker the run is marked failed');
is($node->safe_psql('postgres', 'SELECT count(*) FROM revenue'), '10', 'content is still there');
runs_go_on('schedules go on after a crash');

# A fast shutdown with schedules and a restart
$node->restart;
runs_go_on('schedules go on after a restart');

# DROP DATABASE while its scheduler runs
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
register_warehouse($node, database => 'second');
$node->safe_psql('second', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query')");
$node->safe_psql('second', "SELECT rsfed.schedule_refresh('revenue', '1 second')");
poll_for($node, "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type LIKE 'rsfed%' AND datname = 'second'",
	't', 'a second database has a scheduler of its own');
$node->safe_psql('postgres', 'DROP DATABASE second');
pass('DROP DATABASE does not meet a scheduler');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = 'second'"), '0',
	'and nothing of it is left');

# DROP EXTENSION while its scheduler runs: the servers go with it, the table stays
$node->safe_psql('postgres', 'SET client_min_messages = warning; DROP EXTENSION rsfed CASCADE');
is($node->safe_psql('postgres', 'SELECT count(*) FROM revenue'), '10', 'DROP EXTENSION keeps the table');
poll_for($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'rsfed%' AND datname = 'postgres'",
	'0', 'the scheduler of the database has left');
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rsfed.schedules'), '0', 'a new extension starts empty');

# template1 and databases that allow no connections are never touched
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname IN ('template0', 'template1')"),
	'0', 'templates are left alone');

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|signal 11|signal 6/, 'nothing crashed but what was killed');

$node->stop;
warehouse_sql('DROP TABLE scheduler_sales');
done_testing();
