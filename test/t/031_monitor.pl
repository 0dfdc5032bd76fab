# The tests of events, history and metrics that need a separate server: the log, a
# replica, and elapsed time.

use strict;
use warnings;

use CPAN::Meta::YAML;
use RsfedTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_primary('primary');
my $replica = start_replica($node, 'replica');

warehouse_sql(q{
	DROP TABLE IF EXISTS doctor_sales;
	CREATE TABLE doctor_sales (seller integer, price decimal(8,2));
	INSERT INTO doctor_sales SELECT i % 10, i FROM generate_series(1, 100) AS i;
});
my $query = 'SELECT seller, sum(price) AS revenue FROM doctor_sales GROUP BY seller';

# The rows of doctor() with that severity and text on one node.
sub finds
{
	my ($node, $severity, $pattern, $name) = @_;
	my $got = $node->safe_psql('postgres', "SELECT severity || ' | ' || subject || ' | ' || problem FROM rsfed.doctor()");
	like($got, qr/^$severity \| .*$pattern/m, $name);
}

my $position = 0;

# Waits for a line in the log of a node after the last one that was found.
sub log_says
{
	my ($node, $pattern, $name) = @_;
	ok($node->wait_for_log($pattern, $position), $name);
}

poll_for($node, 'SELECT state FROM rsfed.scheduler', 'running', 'the scheduler of a new extension runs');
is($node->safe_psql('postgres', 'SELECT severity FROM rsfed.doctor()'), 'ok', 'nothing found');

# Late: reported once, at its time, to listeners and in the log, also if the scheduler was idle.
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('revenue', 'warehouse', '$query', max_age => '1 second')");
# notifications from before this session's own NOTIFY arrive with it
my $wait_for_late = "DO \$\$ BEGIN FOR i IN 1..1800 LOOP EXIT WHEN (SELECT late FROM rsfed_catalog.freshness); "
	. "PERFORM pg_sleep(0.1); END LOOP; END \$\$;\nNOTIFY rsfed_event, 'end';\n";
my $heard = '';
$node->psql('postgres', "LISTEN rsfed_event;\nCALL rsfed.refresh('revenue');\n$wait_for_late", stdout => \$heard);
like($heard, qr/"rsfed_event" with payload "\{"relation" : "public.revenue", "run_id" : null, "state" : "late", "sqlstate" : null\}"/,
	'NOTIFY rsfed_event: late');
log_says($node, qr/WARNING:  rsfed: relation public\.revenue is now late/, 'and a line in the log');
is($node->safe_psql('postgres', 'SELECT state, is_late FROM rsfed.freshness'), 'late|t', 'rsfed.freshness says so');
$node->wait_for_catchup($replica);
is($replica->safe_psql('postgres', 'SELECT state, is_late, age > max_age, failures, next_run_at IS NULL FROM rsfed.freshness'),
	'late|t|t|0|t', 'on the replica too');
finds($replica, 'warning', 'older than its max_age.*No schedule refreshes it. Run the remedy on the primary', 'doctor() says so there');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");
$position = -s $node->logfile;
$node->psql('postgres', "LISTEN rsfed_event;\n$wait_for_late" . "CALL rsfed.refresh('revenue');\n$wait_for_late", stdout => \$heard);
like($heard, qr/"run_id" : \d+, "state" : "recovered", .*"state" : "late"/s, 'recovered, and late again');
log_says($node, qr/WARNING:  rsfed: relation public\.revenue is now recovered\n.*Run \d+ succeeded/, 'the log says recovered');
my ($told, $recovered);
# the scheduler writes its line after the commit that was seen
for (1 .. 600)
{
	$told = () = slurp_file($node->logfile) =~ /public\.revenue is now late/g;
	$recovered = () = slurp_file($node->logfile) =~ /public\.revenue is now recovered/g;
	last if $told > $recovered;
	select(undef, undef, undef, 0.1);
}
is($told, $recovered + 1, 'each lateness is told once');
# a rolled-back event is not reported
$node->psql('postgres', "BEGIN;\nCALL rsfed.refresh('revenue');\nROLLBACK;\nSELECT pg_sleep(0);\n");
is(scalar(() = slurp_file($node->logfile) =~ /public\.revenue is now recovered/g), $recovered, 'a recovery that is rolled back is not told');
is($node->safe_psql('postgres', 'SELECT late FROM rsfed_catalog.freshness'), 't', 'it is still late');

# A failure in a worker: one WARNING, then only LOG
$position = -s $node->logfile;
standin('FAULT error_1023');
for my $try (1, 2)
{
	my $run = $node->safe_psql('postgres', "SELECT rsfed.request_refresh('revenue')");
	poll_for($node, "SELECT status FROM rsfed.runs WHERE run_id = $run", 'failed', "the refresh fails ($try)");
}
standin_reset();
log_says($node, qr/LOG:  refresh of public\.revenue failed: 1023/, 'what failed is in the log');
my $log = substr(slurp_file($node->logfile), $position);
is(scalar(() = $log =~ /WARNING:  rsfed: relation public\.revenue is now failing\n.*Run \d+ ended with SQLSTATE XX000/g), 1,
	'that it is failing is said once');
$node->safe_psql('postgres', "CALL rsfed.refresh('revenue')");

# History: old runs are removed, runs that are still needed are kept
$node->safe_psql('postgres', "SELECT rsfed.define_rollup('other', 'warehouse', '$query')");
$node->safe_psql('postgres', "SELECT rsfed.schedule_refresh('other', '\@yearly', name => 'yearly')");
$node->safe_psql('postgres', q{
	CREATE FUNCTION add_runs(name text, n integer, age interval, schedule name, state text) RETURNS bigint LANGUAGE sql AS $$
		WITH new AS (INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, schedule_name,
				requested_by, requested_at, due_at, started_at, finished_at)
			SELECT relation_id, schema_name, relation_name, state, 'schedule', schedule, 'postgres', now() - age, now() - age,
				CASE WHEN state <> 'queued' THEN now() - age END, CASE WHEN state NOT IN ('queued', 'running') THEN now() - age END
			FROM rsfed_catalog.relation, generate_series(1, n) WHERE relation_name = name RETURNING run_id)
		SELECT max(run_id) FROM new
	$$;
	SELECT rsfed.pause_all();
	-- numbered before the runs that were made above would be: give these newer ones behind them
	SELECT add_runs('revenue', 2500, '31 days', NULL, 'published');
	SELECT add_runs('revenue', 1500, '1 day', NULL, 'published');
	SELECT add_runs('other', 10, '40 days', 'yearly', 'failed');
	SELECT add_runs('other', 10, '35 days', NULL, 'published');
	-- of a relation that is gone, and of a schedule that is
	SELECT add_runs('other', 5, '40 days', 'gone', 'published');
	INSERT INTO rsfed_catalog.run (relation_id, schema_name, relation_name, status, trigger, requested_by, finished_at)
	SELECT 9999, 'public', 'dropped', 'published', 'call', 'postgres', now() - interval '31 days';
	CREATE TABLE fresh AS SELECT last_run_id FROM rsfed_catalog.freshness f JOIN rsfed_catalog.relation USING (relation_id) WHERE relation_name = 'other';
});
$node->restart;
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.revenue'", '1001',
	'a relation keeps rsfed.history_runs, and the run that its freshness names');
poll_for($node, "SELECT count(*) FROM rsfed_catalog.run WHERE relation_id = 9999", '0', 'nothing stays of a relation that is gone');
is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE finished_at < now() - interval '30 days') FROM rsfed.runs WHERE relation_name = 'public.revenue'"),
	'1001|0', 'and none that is older than rsfed.history_time');
is($node->safe_psql('postgres', "SELECT schedule_name, count(*), bool_or(run_id IN (TABLE fresh)) FROM rsfed.runs WHERE relation_name = 'public.other' GROUP BY 1 ORDER BY 1"),
	"gone|1|f\nyearly|1|f\n|1|t", 'the last run of all, of a schedule, and the one that freshness names stay');
is($node->safe_psql('postgres', q{SELECT sum(value) FROM rsfed.metrics WHERE name = 'rsfed_runs_total' AND labels ->> 'relation' = 'public.other'}),
	'1', 'counters count what ran, whatever history keeps');
# 0 keeps everything
$node->append_conf('postgresql.conf', "rsfed.history_runs = 0\nrsfed.history_time = 0");
$node->safe_psql('postgres', "SELECT add_runs('other', 1200, '400 days', NULL, 'published'); SELECT add_runs('other', 1, '1 s', NULL, 'published')");
$node->restart;
poll_for($node, 'SELECT state FROM rsfed.scheduler', 'running', 'a scheduler runs again');
$node->append_conf('postgresql.conf', "rsfed.history_runs = 3\nrsfed.history_time = '30 d'");
is($node->safe_psql('postgres', "SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.other'"), '1204', 'with 0 all runs stay');
$node->restart;
poll_for($node, "SELECT count(*) FROM rsfed.runs WHERE relation_name = 'public.other'", '3', 'then three');
is($node->safe_psql('postgres', "SELECT run_id IN (TABLE fresh) FROM rsfed.runs WHERE relation_name = 'public.other' ORDER BY run_id LIMIT 1"), 't',
	'of which one is the run that freshness names');
$node->safe_psql('postgres', 'SELECT rsfed.resume_all()');

# Metrics on a replica, for a monitoring role
$node->safe_psql('postgres', 'CREATE ROLE watcher LOGIN IN ROLE pg_monitor');
$node->wait_for_catchup($replica);
is($replica->safe_psql('postgres', q{SET ROLE watcher; SELECT value FROM rsfed.metrics WHERE name = 'rsfed_runs_total'
	AND labels = '{"relation": "public.other", "status": "published"}'}), $node->safe_psql('postgres',
	q{SELECT value FROM rsfed.metrics WHERE name = 'rsfed_runs_total' AND labels = '{"relation": "public.other", "status": "published"}'}),
	'counters are read on the replica');
is($replica->safe_psql('postgres', q{SELECT value FROM rsfed.metrics WHERE name = 'rsfed_scheduler_up'}), '0', 'where no scheduler runs');

# The collector file for sql_exporter: its YAML is valid, its query runs, and all
# metrics are there with the right type
$node->safe_psql('postgres', $_) for "SELECT rsfed.define_set('both', '{other}'), rsfed.schedule_set('both', '\@yearly')", "CALL rsfed.refresh_set('both')",
	q{ALTER SERVER warehouse OPTIONS (ADD max_seconds_per_day '1d', ADD max_scan_per_day '1TB')},
	q{SELECT rsfed.alter_rollup('other', options => '{"max_seconds_per_day": "1d", "max_scan_per_day": "1TB"}', populate => false)};
my $yaml = CPAN::Meta::YAML->read("$ENV{RSFED_SOURCES}/doc/rsfed.collector.yml") or die CPAN::Meta::YAML->errstr;
my $collector = $yaml->[0];
my $exporter_query = $collector->{queries}[0]{query};
$node->safe_psql('postgres', "SELECT rsfed.set_credentials('warehouse', 'u', 'p', for_role => 'watcher', valid_until => '2999-01-01', verify => false)");
$node->safe_psql('postgres', "SET ROLE watcher; CREATE TEMP TABLE exported AS $exporter_query; RESET ROLE; CREATE TABLE exported_columns AS "
	  . "SELECT attname AS name, atttypid::regtype::text AS type FROM pg_attribute WHERE attrelid = 'exported'::regclass AND attnum > 0");
my %column = map { split /\|/ } split /\n/, $node->safe_psql('postgres', 'SELECT name, type FROM exported_columns');
my %known = map { split /\|/, $_, 2 } split /\n/, $node->safe_psql('postgres',
	q{SELECT name, string_agg(DISTINCT key, ' ' ORDER BY key) FROM rsfed.metrics LEFT JOIN jsonb_object_keys(labels) key ON true GROUP BY name});
for my $metric (@{ $collector->{metrics} })
{
	my $name = $metric->{metric_name};
	my @labels = @{ $metric->{key_labels} // [] };
	is_deeply([ map { $column{$_} // 'missing' } $name, @labels ], [ 'double precision', map { 'text' } @labels ], "$name: columns of the query");
	is($metric->{type}, $name =~ /_total$/ ? 'counter' : 'gauge', "$name: type");
	is(delete $known{$name} // '', join(' ', sort @labels), "$name: labels") unless $name =~ /failing_since/;
	is_deeply([ $metric->{query_ref}, @{ $metric->{values} } ], [ $collector->{queries}[0]{query_name}, $name ], "$name: where it comes from");
}
is_deeply([ keys %known ], [], 'no metric is missing in the collector file');

$node->stop;
$replica->stop;
warehouse_sql('DROP TABLE doctor_sales');
done_testing();
