# max_worker_processes is exhausted: runs wait, the log and the scheduler's state
# show the reason, and the runs continue by themselves when a process ends.

use strict;
use warnings;

use RsfedTest;
use Test::More;

# PostgreSQL's own launcher, that of rsfed, and two more
my $node = start_primary('primary', conf => "max_worker_processes = 4\n");

$node->safe_psql('postgres', 'CREATE MATERIALIZED VIEW one AS SELECT 1 AS a; CREATE UNIQUE INDEX ON one (a)');
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT rsfed.schedule_refresh('one', '\@yearly')");

# The scheduler of another database takes the last one
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', 'SET client_min_messages = warning; CREATE EXTENSION rsfed CASCADE');
$node->safe_psql('second', 'CREATE MATERIALIZED VIEW one AS SELECT 1 AS a');
$node->safe_psql('second', 'CREATE MATERIALIZED VIEW two AS SELECT 1 AS a');
$node->safe_psql('second', q{SET client_min_messages = error; SELECT rsfed.schedule_refresh('two', '@yearly');
	SELECT rsfed.schedule_refresh('one', '@yearly', options => '{"after": ["two"]}');
	UPDATE rsfed_catalog.schedule SET next_run_at = now() WHERE relation_id =
		(SELECT relation_id FROM rsfed_catalog.relation WHERE relation_name = 'one');
	SELECT rsfed.alter_schedule('one', 'refresh')});
ok($node->poll_query_until('second', "SELECT count(*) = 1 FROM rsfed.runs WHERE status = 'queued' AND waits_for IS NOT NULL"),
	'one with a run that waits for another schedule, so that it does not leave');
poll_for($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'rsfed scheduler'", '2',
	'two databases have their scheduler');

my $run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('one')");
poll_for($node, 'SELECT starved FROM rsfed_catalog.scheduler_state()', 't', 'the scheduler finds no process for the run');
is($node->safe_psql('postgres', "SELECT status FROM rsfed.runs WHERE run_id = $run"), 'queued', 'which waits');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile),
	qr/no free background worker slot for "rsfed worker.*Raise max_worker_processes/s, 'the log says so, and what to do');
isnt($node->safe_psql('postgres', "SELECT count(*) FROM rsfed.doctor() WHERE problem ~ 'worker'"), '0', 'and doctor()');

$node->safe_psql('postgres', 'DROP DATABASE second');
poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'published', 'with a process free, it runs by itself');
poll_for($node, 'SELECT starved FROM rsfed_catalog.scheduler_state()', 'f', 'and nothing is short any more');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
like($log, qr/a background worker slot is free again for "rsfed worker/, 'the log says that, too');
my @told = $log =~ /no free background worker slot for "rsfed worker/g;
is(scalar(@told), 1, 'each once');

$node->stop;
done_testing();
