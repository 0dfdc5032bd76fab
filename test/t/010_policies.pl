# The policies of a schedule: which failures are retried and when, which runs are
# skipped, when a schedule is paused automatically, and logins that are held.

use strict;
use warnings;

use RsfedTest;
use Test::More;

# failures are quick, so that a test can wait for them
my $node = start_primary('primary');

standin_reset();
warehouse_sql(q{
	DROP TABLE IF EXISTS policy_sales;
	CREATE TABLE policy_sales (seller integer, price decimal(8,2));
	INSERT INTO policy_sales SELECT i, 10 FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM policy_sales GROUP BY seller';

sub sql { return $node->safe_psql('postgres', $_[0]) }

sub define
{
	my ($name, $text) = @_;
	sql("SELECT rsfed.define_rollup('$name', 'warehouse', '" . ($text // $query) . "')");
}

# A schedule that does not become due during a test by itself, made due now.
sub schedule
{
	my ($name, $options, $text) = @_;
	sql("SELECT rsfed.schedule_refresh('$name', '" . ($text // '@yearly') . "', options => '$options')");
}

# due now; rsfed.resume_all() wakes the scheduler, which an update of the table does not
sub make_due
{
	my ($name, $ago) = @_;
	sql("UPDATE rsfed_catalog.schedule SET next_run_at = now() - interval '" . ($ago // '0 s') . "'"
		  . " WHERE relation_id = (SELECT relation_id FROM rsfed_catalog.relation WHERE relation_name = '$name');"
		  . "SELECT rsfed.resume_all()");
}

# One column of the runs of a relation's schedule, oldest first.
sub runs
{
	my ($name, $columns) = @_;
	return sql("SELECT string_agg(concat_ws(':', $columns), ' ' ORDER BY run_id) FROM rsfed.runs "
		  . "WHERE relation_name = 'public.$name' AND trigger = 'schedule'");
}

sub poll_runs
{
	my ($name, $columns, $expected, $what) = @_;
	return poll_for($node, "SELECT string_agg(concat_ws(':', $columns), ' ' ORDER BY run_id) FROM rsfed.runs "
		  . "WHERE relation_name = 'public.$name' AND trigger = 'schedule'", $expected, $what);
}

sub forget_runs { sql("DELETE FROM rsfed_catalog.run WHERE trigger = 'schedule'") }

# --- Failures that are retried, by the stand-in's faults
define('kinds');
my $quick = '{"retry_delay": "100ms", "retry_jitter": 0}';
my $once = '"retries": 1, "retry_delay": "100ms", "retry_jitter": 0';
schedule('kinds', "{$once}");
for my $case (
	[ 'a refused connection', 'refuse_connections', 1 ],
	[ 'too many connections', 'too_many_connections', 1 ],
	[ 'a cut stream', 'cut_after_rows 10', 1 ],
	[ 'garbage', 'garbage', 1 ],
	[ 'a serializable isolation violation', 'error_1023', 1 ],
	[ 'workload management', 'wlm_abort', 1 ],
	[ 'a system abort', q{error XX000 'system requested abort'}, 1 ],
	[ 'a conflict', q{error XX000 'could not complete because of conflict with concurrent transaction'}, 1 ],
	[ 'an administrator\'s shutdown', q{error 57P01 'terminating connection'}, 1 ],
	[ 'a throttled Spectrum', q{error XX000 'Spectrum Scan Error: Access throttled'}, 1 ],
	[ 'a user\'s cancel', 'user_cancel', 0 ],
	[ 'a syntax error', q{error 42601 'syntax error'}, 0 ],
	[ 'a missing privilege', q{error 42501 'permission denied'}, 0 ],
	[ 'an internal error', q{error XX000 'Assert'}, 0 ],
	[ 'a value out of range', q{error 22003 'overflow'}, 0 ])
{
	my ($name, $fault, $retried) = @$case;
	forget_runs();
	# a fault of connections would not affect a kept connection
	sql(q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'rsfed worker'});
	poll_for($node, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'rsfed worker'}, '0', "$name: new workers");
	standin("FAULT $fault");
	make_due('kinds');
	poll_runs('kinds', 'status, attempt', $retried ? 'failed:1 failed:2' : 'failed:1',
		"$name: " . ($retried ? 'tried again' : 'not tried again'));
	standin_reset();
}
is(sql("SELECT count(*) FROM rsfed.runs WHERE status = 'queued' AND relation = 'kinds'::regclass"), '0', 'no retry more than were allowed');
is(sql("SELECT failures FROM rsfed.schedules WHERE relation = 'kinds'::regclass"), '15', 'each counted once');

# Redshift's statement_timeout has the message of a cancel, and is recognized by its
# time
forget_runs();
standin('FAULT slow 60000');
sql(qq(SELECT rsfed.alter_schedule('kinds', 'refresh', options => '{"remote_timeout": "500ms"}')));
make_due('kinds');
poll_runs('kinds', 'status, attempt, sqlstate', 'failed:1:57014 failed:2:57014', 'a time-out in Redshift: tried again');
like(sql("SELECT detail FROM rsfed.runs WHERE trigger = 'schedule' ORDER BY run_id LIMIT 1"),
	qr/statement_timeout of 500 ms/, 'and the run says so');
standin_reset();
forget_runs();
standin('FAULT stall_before_rows');
sql(qq(SELECT rsfed.alter_schedule('kinds', 'refresh', options => '{"remote_timeout": null, "run_timeout": "500ms"}')));
make_due('kinds');
poll_runs('kinds', 'status, attempt, sqlstate', 'failed:1:57014 failed:2:57014', 'a time-out of the run: tried again');
standin_reset();

# --- A retry succeeds
define('passing');
schedule('passing', $quick);
standin('FAULT error_1023 TIMES 2');
make_due('passing');
poll_for($node, q{SELECT string_agg(status, ' ' ORDER BY run_id) FROM rsfed.runs WHERE relation_name = 'public.passing'
	AND trigger = 'schedule'}, 'failed failed unchanged', 'two failures, then a success');
is(sql(q{SELECT count(*) FROM rsfed.runs r JOIN rsfed.runs o ON o.run_id = r.retry_of
	WHERE r.relation_name = 'public.passing' AND r.attempt = o.attempt + 1 AND r.due_at = o.due_at}), '2',
	'each retry names the run before it, and its due time');
is(sql("SELECT failures FROM rsfed.schedules WHERE relation = 'passing'::regclass"), '0', 'no failure is counted');
is(sql("SELECT state FROM rsfed.freshness WHERE relation = 'passing'::regclass"), 'fresh', 'and the relation is fresh');
standin_reset();

# --- A session that waits in a CALL sees the error, and its run is not retried
standin('FAULT error_1023 TIMES 1');
psql_fails($node, "CALL rsfed.refresh('passing')", 'XX000', qr/1023/, 'a CALL fails');
is(sql("SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running') AND relation = 'passing'::regclass"), '0', 'without a retry');
sql("CALL rsfed.refresh('passing')");
standin_reset();

# --- A success in between makes a retry unnecessary, and so does the end of its
# schedule
define('overtaken');
schedule('overtaken', '{"retry_delay": "1 h", "retry_max_delay": "1 h"}');
standin('FAULT error_1023 TIMES 1');
make_due('overtaken');
poll_runs('overtaken', 'status', 'failed queued', 'a retry waits');
is(sql("SELECT retry_at > now() + interval '10 min' FROM rsfed.schedules WHERE relation = 'overtaken'::regclass"),
	't', 'the view says until when');
sql("CALL rsfed.refresh('overtaken', part => '{\"seller\": [1]}')");
is(runs('overtaken', 'status'), 'failed queued', 'a refresh of a part does not replace it');
sql("CALL rsfed.refresh('overtaken')");
is(runs('overtaken', 'status, note'), 'failed skipped:Run ' . last_run($node, 'overtaken', 'run_id') . ' has refreshed it meanwhile.',
	'CALL refresh does');
is(sql("SELECT retry_at IS NULL FROM rsfed.schedules WHERE relation = 'overtaken'::regclass"), 't', 'none waits');

# --- The next due time supersedes a waiting retry, which counts as a failure
standin('FAULT error_1023 TIMES 1');
make_due('overtaken');
poll_runs('overtaken', 'status', 'failed skipped failed queued', 'a retry waits again');
make_due('overtaken');
poll_runs('overtaken', 'status, attempt', 'failed:1 skipped:2 failed:1 skipped:2 unchanged:1', 'the next due time comes first');
is(sql(q{SELECT note FROM rsfed.runs WHERE trigger = 'schedule' AND relation_name = 'public.overtaken' AND status = 'skipped'
	ORDER BY run_id DESC LIMIT 1}), q{The schedule's next time came before it.}, 'the retry says why it was not made');
standin_reset();
standin('FAULT error_1023 TIMES 1');
make_due('overtaken');
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.overtaken' AND status = 'queued'", '1', 'a third retry waits');
sql("SELECT rsfed.unschedule_refresh('overtaken')");
is(sql("SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.overtaken' AND status = 'queued'"), '0',
	'unschedule_refresh takes it along');
standin_reset();

# --- A retry after the schedule's next due time is left to that run
define('frequent');
standin('FAULT error_1023');
schedule('frequent', '{"retry_delay": "1 h", "retry_max_delay": "1 h"}', '1 second');
poll_for($node, q{SELECT count(*) >= 3 FROM rsfed.runs WHERE relation_name = 'public.frequent' AND status = 'failed'},
	't', 'a frequent schedule goes on by itself');
is(sql("SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.frequent' AND attempt > 1"), '0', 'without retries');

# --- max_failures: the schedule is paused once, with a hint how to resume
my $heard = '';
$node->psql('postgres', q{SET statement_timeout = '180s';
	LISTEN rsfed_event;
	SELECT rsfed.alter_schedule('frequent', 'refresh', options => '{"max_failures": 2}');
	DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM rsfed.schedules WHERE paused) LOOP PERFORM pg_sleep(0.1); END LOOP; END $$;
	-- what was told before this is heard with it
	NOTIFY rsfed_event, 'end';
}, stdout => \$heard);
is(() = $heard =~ /"state" : "paused", "sqlstate" : "XX000"/g, 1, 'rsfed_event says once that a schedule has paused itself');
poll_for($node, q{SELECT paused AND paused_by IS NULL AND pause_reason LIKE 'It failed 2 times in a row, the last time with: 1023%'
	FROM rsfed.schedules WHERE relation = 'frequent'::regclass}, 't', 'after max_failures it pauses itself');
is(sql("SELECT state FROM rsfed.freshness WHERE relation = 'frequent'::regclass"), 'failing', 'the relation is failing still');
# written after the commit of the change
$node->wait_for_log(qr/WARNING:  rsfed: relation public.frequent is now paused/);
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
is(() = $log =~ /WARNING:  rsfed: relation public.frequent is now paused/g, 1, 'one WARNING');
is(() = $log =~ /LOG:  schedule "refresh" of public.frequent has paused itself/g, 1, 'and one line that says why');
my ($hint) = $log =~ /HINT:  Once the cause is mended, run (SELECT rsfed.resume\(.*?\);)/;
standin_reset();
sql($hint);
poll_for($node, "SELECT failures = 0 AND NOT paused AND last_status IN ('published', 'unchanged') FROM rsfed.schedules WHERE relation = 'frequent'::regclass",
	't', 'what its hint says starts it again');
sql("SELECT rsfed.unschedule_refresh('frequent')");

# --- Overlap
define('slow');
schedule('slow', '{}');
standin('FAULT stall_before_rows TIMES 1');
make_due('slow');
poll_runs('slow', 'status', 'running', 'a run works');
make_due('slow');
poll_for($node, "SELECT skipped || ' ' || skip_reason FROM rsfed.schedules WHERE relation = 'slow'::regclass",
	'1 overlap: the run before it was still at work', 'overlap skip: the next due time is skipped and counted');
is(runs('slow', 'status'), 'running', 'and leaves no row');
sql(q{SELECT rsfed.alter_schedule('slow', 'refresh', options => '{"overlap": "queue_one", "queue_timeout": "1 d", "priority": 7}')});
make_due('slow');
poll_runs('slow', 'status, priority', 'running:0 queued:7', 'overlap queue_one: it waits');
make_due('slow');
poll_for($node, "SELECT skipped || ' ' || skip_reason FROM rsfed.schedules WHERE relation = 'slow'::regclass",
	'2 overlap: the run before it had not begun yet', 'a second one does not');

# queue_timeout: a run that waits too long is skipped
sql("UPDATE rsfed_catalog.run SET expires_at = now() WHERE status = 'queued' AND expires_at > now() + interval '23 h'");
poll_runs('slow', 'status', 'running skipped', 'queue_timeout: what waited too long is skipped');
like(sql("SELECT note FROM rsfed.runs WHERE relation_name = 'public.slow' AND status = 'skipped'"),
	qr/queue_timeout/, 'with the reason');
standin_reset();
poll_runs('slow', 'status', 'unchanged skipped', 'the run that worked ends well');

# --- Missed
forget_runs();
sql(q{SELECT rsfed.alter_schedule('slow', 'refresh', options => '{"missed": "skip"}')});
make_due('slow', '10 min');
poll_for($node, "SELECT skip_reason FROM rsfed.schedules WHERE relation = 'slow'::regclass",
	'missed: it was over for more than a minute when it could be looked at', 'missed skip: does not run afterwards');
is(sql("SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.slow' AND trigger = 'schedule'"), '0', 'no run');
sql(q{SELECT rsfed.alter_schedule('slow', 'refresh', options => '{"missed": null}')});
make_due('slow', '10 days');
poll_runs('slow', 'status', 'unchanged', 'missed once: runs once, however many times were missed');

# --- start_jitter
forget_runs();
sql(q{SELECT rsfed.alter_schedule('slow', 'refresh', options => '{"start_jitter": "1 h"}')});
make_due('slow');
poll_for($node, q{SELECT not_before > due_at FROM rsfed.runs WHERE relation_name = 'public.slow' AND trigger = 'schedule'},
	't', 'start_jitter: begins later');
sql(q{SELECT rsfed.unschedule_refresh('slow'); DELETE FROM rsfed_catalog.run WHERE status = 'queued'});

# --- The clock was set back by an hour, according to the tables: the next scheduler
# notices it.  (test/schedule checks which times are kept.)
forget_runs();
schedule('slow', '{}', '1 second');
schedule('kinds', '{}', '@yearly');
my $kept = sql("SELECT next_run_at FROM rsfed.schedules WHERE relation = 'kinds'::regclass");
sql('SELECT rsfed.pause_all()');
poll_for($node, q{SELECT count(*) FROM rsfed.runs WHERE status IN ('queued', 'running')}, '0', 'all is quiet');
sql(q{UPDATE rsfed_catalog.schedule SET next_run_at = now() + interval '1 hour' WHERE schedule = '1 second';
	INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, schedule_name, requested_by,
		requested_at, not_before, retry_of, attempt)
	SELECT relation_id, schema_name, relation_name, 'queued', 'schedule', 'refresh', current_user,
		now() + interval '1 hour', now() + interval '1 hour 1 second', 1, 2
	FROM rsfed_catalog.relation WHERE relation_name = 'kinds'});
sql(q{SELECT rsfed.resume_all(); SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'rsfed scheduler'});
poll_for($node, q{SELECT count(*) >= 2 FROM rsfed.runs WHERE relation_name = 'public.slow' AND trigger = 'schedule'}, 't',
	'clock set back: a schedule of seconds does not stand still for an hour');
poll_runs('kinds', 'status, attempt', 'unchanged:2', 'a retry waits no longer than it was meant to');
is(sql("SELECT next_run_at FROM rsfed.schedules WHERE relation = 'kinds'::regclass"), $kept, 'a day\'s time stays');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/LOG:  the clock was set back: schedule "refresh" of public\.slow is due at /,
	'the log names the relation');
sql("SELECT rsfed.unschedule_refresh('slow')");

# --- The view shows the effective options
is(sql(q{SELECT options::text || ' ' || (effective_options ->> 'retries') || ' ' || (effective_options ->> 'retry_delay')
	FROM rsfed.schedules WHERE relation = 'passing'::regclass}),
	'{"retry_delay": "100ms", "retry_jitter": 0} 3 100ms', 'effective_options: what was given over the defaults');

$node->stop;
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/PANIC|TRAP:|signal 11|signal 6/, 'nothing crashed');
warehouse_sql('DROP TABLE policy_sales');
done_testing();
